/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_CHECK_H
#define TREATY_SRC_FORMAT_PROTOBUF_CHECK_H

/*
 * protoc's checks of a linked file, shared by their files:
 *
 *     check.c          the walk; imports, services, extensions
 *     check_message.c  what the fields of a message must not have in common
 *     check_field.c    labels, types and defaults of a field
 *     check_enum.c     constants
 *     check_range.c    numbers that are used twice, by fields or ranges
 *     check_feature.c  what an edition allows where
 *     check_declaration.c  extensions that their range declares
 *
 * What refuses a text while it is parsed, or while its names are resolved, is
 * not repeated here.
 */
#include "format/protobuf/features.h"
#include "format/protobuf/loader.h"

enum { TREATY_PROTO_FIELD_MAX = 536870911 };

struct treaty_proto_checker {
    struct treaty_proto_loader *loader;
    struct treaty_arena *scratch;
    const struct treaty_proto_file *file;
    struct treaty_map extensions; /* of the file, by message and number */
    const struct treaty_proto_message *extendee; /* the last one */
    bool is_set;                                 /* a message set */
    enum treaty_code code; /* out of memory, or TREATY_OK */
};

/* Object on behalf of protoc. */
void treaty_proto_refuse(struct treaty_proto_checker *c, enum treaty_code code,
                         size_t pos, const char *format, ...)
    TREATY_PRINTF(4, 5);

/* Has protoc said all that will be kept? Then no check is of use. */
static inline bool treaty_proto_is_refused(const struct treaty_proto_checker *c)
{
    return c->code || c->loader->tree->objections[TREATY_PROTO_PROTOC].raised;
}

void treaty_proto_check_message(struct treaty_proto_checker *c,
                                const struct treaty_proto_message *message);
void treaty_proto_check_field(struct treaty_proto_checker *c,
                              const struct treaty_proto_field *field);
void treaty_proto_check_enum(struct treaty_proto_checker *c,
                             const struct treaty_proto_enum *enumeration);

/* Numbers of a message or an enum; the fields' must differ, the ranges' must
 * not overlap with each other and hold no field. */
void treaty_proto_check_message_numbers(
    struct treaty_proto_checker *c, const struct treaty_proto_message *message);
void treaty_proto_check_enum_numbers(
    struct treaty_proto_checker *c,
    const struct treaty_proto_enum *enumeration);

/* Names that `reserved` has twice, or that `is_used` finds in use. */
struct treaty_proto_reserved_names {
    const struct treaty_proto_ranges *statements;
    uint32_t count;
    struct treaty_map names; /* name -> range */
};
void treaty_proto_reserve_names(struct treaty_proto_checker *c,
                                struct treaty_proto_reserved_names *reserved);

/* The declarations of a range, and an extension against them. */
void treaty_proto_check_declarations(struct treaty_proto_checker *c,
                                     const struct treaty_proto_ranges *ranges);
void treaty_proto_check_declared(struct treaty_proto_checker *c,
                                 const struct treaty_proto_field *field,
                                 const struct treaty_proto_ranges *ranges);

/* Features of everything in the file. */
void treaty_proto_check_features(struct treaty_proto_checker *c);
void treaty_proto_check_field_features(struct treaty_proto_checker *c,
                                       const struct treaty_proto_field *field);

#endif
