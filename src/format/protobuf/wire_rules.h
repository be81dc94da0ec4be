/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_WIRE_RULES_H
#define TREATY_SRC_FORMAT_PROTOBUF_WIRE_RULES_H

/*
 * A second opinion on a change: the rules of buf's categories WIRE and
 * WIRE_JSON under their published names (buf.build/docs/breaking/rules). They
 * have no direction: the new file is held against the old one.
 *
 *     wire_file.c      what is held against what; files, services
 *     wire_rules.c     messages, and how findings are made
 *     wire_reserved.c  what is reserved
 *     wire_enum.c      enums
 *     wire_field.c     fields and extensions
 *     wire_default.c   are two defaults the same value?
 *
 *  1. Files are matched by path, the schema with the schema; in them messages,
 *     enums and services by full name, fields and enum values by number,
 *     extensions by number and the message that they extend. What has no
 *     partner there is not looked into, and is no finding by itself: none of
 *     the rules forbids deleting a type, or moving it to an import.
 *  2. A finding stands where the new file has the thing or, after a deletion,
 *     what contained it. One within an import stands at its import statement.
 *  3. Keys and values of two maps are held against each other at the fields.
 */
#include "format/protobuf/format.h"
#include "format/protobuf/match.h"

/* Rules and the categories that they belong to. X(name, WIRE, WIRE_JSON) */
#define TREATY_PROTO_WIRE_RULES(X)                                             \
    X(ENUM_SAME_JSON_FORMAT, false, true)                                      \
    X(ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED, false, true)                  \
    X(ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED, true, true)                 \
    X(ENUM_VALUE_SAME_NAME, false, true)                                       \
    X(FIELD_NO_DELETE_UNLESS_NAME_RESERVED, false, true)                       \
    X(FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED, true, true)                      \
    X(FIELD_SAME_DEFAULT, true, true)                                          \
    X(FIELD_SAME_JSON_NAME, false, true)                                       \
    X(FIELD_SAME_NAME, false, true)                                            \
    X(FIELD_SAME_ONEOF, true, true)                                            \
    X(FIELD_WIRE_COMPATIBLE_CARDINALITY, true, false)                          \
    X(FIELD_WIRE_COMPATIBLE_TYPE, true, false)                                 \
    X(FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY, false, true)                     \
    X(FIELD_WIRE_JSON_COMPATIBLE_TYPE, false, true)                            \
    X(FILE_SAME_PACKAGE, true, true)                                           \
    X(MESSAGE_SAME_JSON_FORMAT, false, true)                                   \
    X(MESSAGE_SAME_REQUIRED_FIELDS, true, true)                                \
    X(RESERVED_ENUM_NO_DELETE, true, true)                                     \
    X(RESERVED_MESSAGE_NO_DELETE, true, true)                                  \
    X(RPC_SAME_CLIENT_STREAMING, true, true)                                   \
    X(RPC_SAME_IDEMPOTENCY_LEVEL, true, true)                                  \
    X(RPC_SAME_REQUEST_TYPE, true, true)                                       \
    X(RPC_SAME_RESPONSE_TYPE, true, true)                                      \
    X(RPC_SAME_SERVER_STREAMING, true, true)

enum treaty_proto_wire_rule {
#define TREATY_PROTO_WIRE_ENUM(name, wire, json) TREATY_PROTO_##name,
    TREATY_PROTO_WIRE_RULES(TREATY_PROTO_WIRE_ENUM)
#undef TREATY_PROTO_WIRE_ENUM
};

struct treaty_proto_wire {
    struct treaty_findings *out;
    struct treaty_arena scratch;
    const struct treaty_proto_tree *old;
    const struct treaty_proto_tree *new;
    const struct treaty_proto_file *old_file; /* of what is compared now */
    const struct treaty_proto_file *new_file;
    enum treaty_code failed;
};

/* Where a finding stands: the element's full name, and a number in it. */
struct treaty_proto_spot {
    struct treaty_str full;
    int64_t number; /* 0: none */
    size_t old_pos;
    size_t new_pos;
};

/* Does the category that was asked for have the rule? */
bool treaty_proto_wire_asks(const struct treaty_proto_wire *w,
                            enum treaty_proto_wire_rule rule);

/* Add a finding unless the category lacks the rule. "old -> new", or `old`
 * alone when `new` has no `.data`. */
void treaty_proto_wire_found(struct treaty_proto_wire *w,
                             enum treaty_proto_wire_rule rule,
                             const struct treaty_proto_spot *spot,
                             struct treaty_str old, struct treaty_str new);

/* The place of `keyword` where it stands before the name at `pos`, else that:
 * a declaration begins there. */
size_t treaty_proto_statement(const struct treaty_proto_file *file, size_t pos,
                              const char *keyword);

void treaty_proto_wire_fail(struct treaty_proto_wire *w, enum treaty_code code);

/* Room for `size` entries in `list`; false when memory ran out. */
bool treaty_proto_wire_index(struct treaty_proto_wire *w,
                             struct treaty_proto_index *list, size_t size);

/* For `new` of treaty_proto_wire_found. */
#define TREATY_PROTO_NOTHING ((struct treaty_str){NULL, 0})

/* What a message or an enum reserves: its `reserved` statements together. */
struct treaty_proto_reserved {
    struct treaty_proto_reserved_span *spans; /* sorted, with gaps between */
    size_t span_count;
    struct treaty_proto_index names;
};

/* False when memory ran out. */
bool treaty_proto_read_reserved(struct treaty_proto_wire *w,
                                const struct treaty_proto_ranges *statements,
                                uint32_t count,
                                struct treaty_proto_reserved *ret);
bool treaty_proto_reserves_number(const struct treaty_proto_reserved *reserved,
                                  int64_t number);
bool treaty_proto_reserves_name(const struct treaty_proto_reserved *reserved,
                                struct treaty_str name);

/* What the statement `old` reserves must stay so; `rule` is the message's or
 * the enum's. */
void treaty_proto_wire_reserved(struct treaty_proto_wire *w,
                                enum treaty_proto_wire_rule rule,
                                const struct treaty_proto_ranges *old,
                                const struct treaty_proto_reserved *reserved,
                                struct treaty_proto_spot spot);

/* Is proto3's JSON defined for what has the options `own` in `around`? */
bool treaty_proto_has_json(const struct treaty_proto_file *file,
                           const struct treaty_proto_message *around,
                           const struct treaty_proto_options *own);

void treaty_proto_wire_messages(struct treaty_proto_wire *w,
                                const struct treaty_proto_message *old,
                                const struct treaty_proto_message *new);
void treaty_proto_wire_enums(struct treaty_proto_wire *w,
                             const struct treaty_proto_enum *old,
                             const struct treaty_proto_enum *new);

/* Two fields, or two extensions, that have the same number. */
void treaty_proto_wire_field(struct treaty_proto_wire *w,
                             const struct treaty_proto_field *old,
                             const struct treaty_proto_field *new);

/* Do both fields, neither of which is a message, start with the same value? */
bool treaty_proto_same_default(const struct treaty_proto_field *old,
                               const struct treaty_proto_field *new);

/* What treaty_proto_compare calls for the rules of its row. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_wire_compare(const struct treaty_proto_tree *old,
                          const struct treaty_proto_tree *new,
                          struct treaty_findings *out);

#endif
