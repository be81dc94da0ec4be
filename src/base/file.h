/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_FILE_H
#define TREATY_SRC_BASE_FILE_H

#include "base/arena.h"

/*
 * Read a whole file ("-": standard input) onto the arena, terminated by a NUL
 * that is not counted. TREATY_EIO with the system's reason, TREATY_ELIMIT
 * past `size_max`, TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_file_read(struct treaty_arena *arena, const char *path, size_t size_max,
                 struct treaty_str *ret, struct treaty_error *err);

#endif
