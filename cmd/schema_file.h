/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_SCHEMA_FILE_H
#define TREATY_CMD_SCHEMA_FILE_H

#include "format/format.h"

/* What an offline command takes: the gate reads files of up to 64 MiB. */
enum { TREATY_SCHEMA_FILE_MAX = 64 << 20 };

/*
 * Read and parse a schema file ("-": standard input). The caller owns one
 * count of `*ret`. False after telling on standard error what is wrong, with
 * file, line, column and a caret; the exit status is then 2.
 */
bool treaty_schema_file_load(const char *path, const char *format,
                             struct treaty_schema **ret);

/* Tell `err` on standard error, against the text it came from. */
void treaty_schema_file_complain(const char *name, struct treaty_str text,
                                 const struct treaty_error *err);

#endif
