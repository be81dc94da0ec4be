/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_SCHEMA_FILE_H
#define TREATY_CMD_SCHEMA_FILE_H

#include "cmd/import_options.h"
#include "format/format.h"

/* What an offline command takes: the gate reads files of up to 64 MiB. */
enum { TREATY_SCHEMA_FILE_MAX = 64 << 20 };

/* All but the path may be zero. */
struct treaty_schema_file {
    const char *path;       /* "-": standard input */
    struct treaty_str text; /* when the file was read before */
    const char *format;     /* as treaty_schema_file_format has it */
    const char *message;    /* the full name of the one that is meant */
    const struct treaty_import_options *imports; /* what was read of flags */
    struct treaty_client *client;                /* for their references */
    enum treaty_strictness strictness;
};

/*
 * The format that the flag names or, without one, that the file's ending
 * does: "protobuf" for .proto, else "avro".
 */
const char *treaty_schema_file_format(const char *flag, const char *path);

/*
 * Read and parse a schema file. The caller owns one count of `*ret`. False
 * after telling on standard error what is wrong, with file, line, column and a
 * caret; the exit status is then 2.
 */
bool treaty_schema_file_open(const struct treaty_schema_file *file,
                             struct treaty_schema **ret);

/* The same, for a new schema that is alone. */
bool treaty_schema_file_load(const char *path, const char *format,
                             struct treaty_schema **ret);

/* Tell `err` on standard error, against the text it came from. */
void treaty_schema_file_complain(const char *name, struct treaty_str text,
                                 const struct treaty_error *err);

#endif
