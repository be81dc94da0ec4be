/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_JAVA_JSON_H
#define TREATY_SRC_FORMAT_AVRO_JAVA_JSON_H

/*
 * JSON as the reference holds it once it has read it, which decides what it
 * prints: invariant 7 of schema.h. Defaults and attributes pass through here;
 * names and structure need it not.
 *
 *     {"b": 1e3, "a": -0, "b": 2}   becomes   {"b":2,"a":0}
 */
#include "base/json.h"

/* Where the copies go, and the text whose bytes need no copy. */
struct treaty_java_keep {
    struct treaty_arena *arena;
    struct treaty_str text;
    bool no_positions; /* offsets become TREATY_NO_OFFSET */
};

/* A copy of `value` in the reference's terms, or NULL when memory ran out. */
const struct treaty_json *
treaty_java_keep_json(const struct treaty_java_keep *keep,
                      const struct treaty_json *value);

/* `s` if its bytes lie in the text, else a copy; `.data` NULL: no memory. */
struct treaty_str treaty_java_keep_str(const struct treaty_java_keep *keep,
                                       struct treaty_str s);

/*
 * The members of `object` that count, in the order in which the reference
 * prints them: each name once, with its last value. Returns an array on
 * `arena` of `*ret_count`, or NULL when memory ran out.
 */
const struct treaty_json **treaty_java_members(struct treaty_arena *arena,
                                               const struct treaty_json *object,
                                               uint32_t *ret_count);

/*
 * A string that stands for a float or double: true and the number, as Java's
 * Double.parseDouble reads it ("NaN", " 1.5 ", "1e3f"); hexadecimal forms are
 * not taken.
 */
bool treaty_java_parse_double(struct treaty_str text, double *ret);

/* A NUMBER that stands for `value`, placed where `at` was; NULL: no memory. */
const struct treaty_json *
treaty_java_number(const struct treaty_java_keep *keep, double value,
                   const struct treaty_json *at);

/* Print a kept value; NUMBERs that are not finite in quotes. */
void treaty_java_json_put(struct treaty_buf *out,
                          const struct treaty_json *value);

#endif
