/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_DESCRIPTOR_READ_H
#define TREATY_SRC_FORMAT_PROTOBUF_DESCRIPTOR_READ_H

/* The parts of reading a descriptor:
 *
 *     descriptor_read.c     the file, its messages, enums and services
 *     descriptor_field.c    fields and extensions
 *     descriptor_option.c   what stands in an options message
 *     reader.c           the bytes
 */
#include "format/protobuf/options.h"
#include "format/protobuf/reader.h"

/* A field as it came: what it means depends on what is read later. */
struct treaty_proto_raw_field {
    struct treaty_proto_field *field;
    const char *start;
    struct treaty_str type_name;
    struct treaty_str extendee;
    struct treaty_str default_text; /* .data NULL: none */
    struct treaty_str options;
    int64_t type;
    int64_t label;
    int64_t oneof; /* -1: none */
    bool is_optional_3;
};

struct treaty_proto_raw_fields {
    struct treaty_proto_raw_field *items;
    uint32_t count;
};

/* Add the field to `fields`. */
void treaty_proto_raw_read(struct treaty_proto_reader *r,
                           struct treaty_proto_raw_fields *fields,
                           struct treaty_str bytes);

/* Where fields belong, once all of it is read. */
struct treaty_proto_owner {
    struct treaty_proto_file *file;         /* its syntax is known */
    struct treaty_proto_message *message;   /* NULL: the file's */
    struct treaty_proto_message **messages; /* in which groups are defined */
    uint32_t message_count;
};

/* Give a field its label, type, default and options. */
void treaty_proto_raw_settle(struct treaty_proto_reader *r,
                             const struct treaty_proto_owner *owner,
                             struct treaty_proto_raw_field *raw);

/* Neighbours that extend the same message become one `extend`. */
void treaty_proto_raw_extends(struct treaty_proto_reader *r,
                              const struct treaty_proto_owner *owner,
                              struct treaty_proto_raw_fields *raw,
                              struct treaty_proto_extend **ret,
                              uint32_t *ret_count);

/* An options message of that kind as statements. */
struct treaty_proto_options
treaty_proto_raw_options(struct treaty_proto_reader *r,
                         enum treaty_proto_target target,
                         struct treaty_str bytes);

/* Count a name, a range or an import; one past the limit fails. */
void treaty_proto_raw_count(struct treaty_proto_reader *r, const char *at);

/* A name that is defined, one that is used, and any text: copied. */
struct treaty_str
treaty_proto_raw_name(struct treaty_proto_reader *r,
                      const struct treaty_proto_wire_field *f);
struct treaty_str
treaty_proto_raw_full_name(struct treaty_proto_reader *r,
                           const struct treaty_proto_wire_field *f);
struct treaty_str
treaty_proto_raw_text(struct treaty_proto_reader *r,
                      const struct treaty_proto_wire_field *f);

#endif
