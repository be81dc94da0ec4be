/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_NAME_H
#define TREATY_SRC_FORMAT_AVRO_NAME_H

/*
 * Avro names.
 *
 * A record, enum or fixed type is known by its fullname, which a schema may
 * spell in three ways. This module is the only place that tells them apart:
 *
 *     {"name": "a.b.C"}                     the dots decide
 *     {"name": "C", "namespace": "a.b"}     the attribute decides
 *     {"name": "C"}                         the enclosing namespace decides
 *
 * An empty namespace attribute means "none", which differs from leaving it
 * out; so does a name that begins with a dot and has no other.
 */
#include "format/format.h"

struct treaty_avro_spelling {
    struct treaty_str name;
    struct treaty_str ns; /* .data is NULL when the attribute is absent */
    struct treaty_str enclosing; /* the namespace in force around the schema */
};

struct treaty_avro_name {
    struct treaty_str full;
    struct treaty_str ns;   /* the part of `full` before the last dot */
    struct treaty_str name; /* the part after it */
};

/*
 * Resolve `in` to its fullname. On success fill `ret`, whose bytes belong to
 * `arena` or are those of `in`; no part of it has been checked. TREATY_ENOMEM
 * otherwise.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_name_resolve(struct treaty_arena *arena,
                         const struct treaty_avro_spelling *in,
                         struct treaty_avro_name *ret);

/*
 * Check one identifier: a letter or `_`, then letters, digits and `_`. Letters
 * are those of ASCII; for TREATY_STORED also every character from U+0080 up.
 * TREATY_ENAME says which character is wrong; `what` begins the sentence
 * ("field name").
 */
TREATY_MUST_CHECK enum treaty_code treaty_avro_identifier_check(
    struct treaty_str s, enum treaty_strictness strictness, const char *what,
    size_t pos, struct treaty_error *err);

/* Byte offsets of where a name and its namespace are spelled, for errors. */
struct treaty_avro_name_place {
    size_t name;
    size_t ns;
};

/*
 * Check the name of a definition: the last part always, the namespace only for
 * TREATY_NEW, and that it does not hide a primitive type.
 */
TREATY_MUST_CHECK enum treaty_code treaty_avro_name_check(
    const struct treaty_avro_name *name, enum treaty_strictness strictness,
    const struct treaty_avro_name_place *at, struct treaty_error *err);

/* `name` as the reference prints it where `ns` is in force. */
struct treaty_str treaty_avro_name_relative(const struct treaty_avro_name *name,
                                            struct treaty_str ns);

/* A fullname taken apart. */
struct treaty_avro_name treaty_avro_name_split(struct treaty_str full);

#endif
