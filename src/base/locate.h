/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_LOCATE_H
#define TREATY_SRC_BASE_LOCATE_H

/*
 * From a byte offset to what a person needs: line, column (in characters, both
 * from 1), and the line with a caret under the place.
 *
 *     new.avsc:3:31: string value must be in double quotes
 *         {"name": "currency", "default": USD}
 *                                         ^
 */
#include "base/buf.h"

struct treaty_place {
    size_t line;
    size_t column;
    struct treaty_str text; /* that line, without its end */
};

struct treaty_place treaty_locate(struct treaty_str text, size_t offset);

/*
 * Print `err` against the input it came from, in the form above. `name` is
 * the file's name; without an offset only "name: message" is printed.
 */
void treaty_locate_print(struct treaty_buf *out, const char *name,
                         struct treaty_str text,
                         const struct treaty_error *err);

#endif
