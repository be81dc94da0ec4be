/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_DYNAMIC_H
#define TREATY_SRC_FORMAT_PROTOBUF_DYNAMIC_H

/*
 * A message whose type is known only from a tree: what options are collected
 * in before they are written. Everything lies on an arena. Fields are kept in
 * the order of their numbers, which is the order that they are written in.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "format/protobuf/tree.h"

struct treaty_proto_dynamic;

struct treaty_proto_dynamic_value {
    struct treaty_proto_dynamic_value *next;
    uint64_t bits;           /* integers, sign extended; floats as they are */
    struct treaty_str bytes; /* strings and bytes */
    struct treaty_proto_dynamic *message;
};

struct treaty_proto_dynamic_field {
    struct treaty_proto_dynamic_field *next;
    const struct treaty_proto_field *field;
    struct treaty_proto_dynamic_value *first;
    struct treaty_proto_dynamic_value *last;
};

struct treaty_proto_dynamic {
    const struct treaty_proto_message *type;
    struct treaty_proto_dynamic_field *fields;
};

/* NULL when memory ran out. */
struct treaty_proto_dynamic *
treaty_proto_dynamic_new(struct treaty_arena *arena,
                         const struct treaty_proto_message *type);

/* What `field`, of the type or an extension of it, is set to; or NULL. */
struct treaty_proto_dynamic_field *
treaty_proto_dynamic_find(const struct treaty_proto_dynamic *message,
                          const struct treaty_proto_field *field);

/* A member of the oneof of `field` that is set and is not `field`; or NULL. */
const struct treaty_proto_field *
treaty_proto_dynamic_rival(const struct treaty_proto_dynamic *message,
                           const struct treaty_proto_field *field);

/*
 * One more value of `field`, cleared; other members of its oneof are no longer
 * set. NULL when memory ran out.
 */
struct treaty_proto_dynamic_value *
treaty_proto_dynamic_add(struct treaty_arena *arena,
                         struct treaty_proto_dynamic *message,
                         const struct treaty_proto_field *field);

/* `field` is no longer set. */
void treaty_proto_dynamic_drop(struct treaty_proto_dynamic *message,
                               const struct treaty_proto_field *field);

/* A required field that is not set, here or further down; or NULL. */
const struct treaty_proto_field *
treaty_proto_dynamic_missing(const struct treaty_proto_dynamic *message);

/* What must not leave the compiler: options with RETENTION_SOURCE. */
bool treaty_proto_is_source_only(const struct treaty_proto_field *field);

/* Write the fields. Those that are for the source only are left out unless
 * `with_source` is true, as is what an implicit field's zero says. */
void treaty_proto_dynamic_put(const struct treaty_proto_dynamic *message,
                              bool with_source, struct treaty_buf *out);

#endif
