/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_FEATURES_H
#define TREATY_SRC_FORMAT_PROTOBUF_FEATURES_H

/*
 * What editions call features: properties of a file that everything in it has,
 * unless it says otherwise for itself and what is in it. proto2 and proto3 are
 * two sets of them that nothing overrides.
 *
 *                          proto2           proto3        2023
 *     field_presence       EXPLICIT         IMPLICIT      EXPLICIT
 *     enum_type            CLOSED           OPEN          OPEN
 *     repeated_field_enc.  EXPANDED         PACKED        PACKED
 *     utf8_validation      NONE             VERIFY        VERIFY
 *     message_encoding     LENGTH_PREFIXED, everywhere
 *     json_format          LEGACY_BEST_E.   ALLOW         ALLOW
 */
#include "format/protobuf/tree.h"

enum treaty_proto_feature {
    TREATY_PROTO_FIELD_PRESENCE,
    TREATY_PROTO_ENUM_TYPE,
    TREATY_PROTO_REPEATED_ENCODING,
    TREATY_PROTO_UTF8_VALIDATION,
    TREATY_PROTO_MESSAGE_ENCODING,
    TREATY_PROTO_JSON_FORMAT,
};

/* Values of them; the numbers are descriptor.proto's. */
enum {
    TREATY_PROTO_PRESENCE_EXPLICIT = 1,
    TREATY_PROTO_PRESENCE_IMPLICIT = 2,
    TREATY_PROTO_PRESENCE_LEGACY_REQUIRED = 3,
    TREATY_PROTO_ENUM_OPEN = 1,
    TREATY_PROTO_ENUM_CLOSED = 2,
    TREATY_PROTO_REPEATED_PACKED = 1,
    TREATY_PROTO_REPEATED_EXPANDED = 2,
    TREATY_PROTO_UTF8_VERIFY = 2,
    TREATY_PROTO_UTF8_NONE = 3,
    TREATY_PROTO_MESSAGE_LENGTH_PREFIXED = 1,
    TREATY_PROTO_MESSAGE_DELIMITED = 2,
    TREATY_PROTO_JSON_ALLOW = 1,
    TREATY_PROTO_JSON_LEGACY_BEST_EFFORT = 2,
};

/*
 * Set the features that are in force in a file, or in a message, whose parent
 * has its own by then. They are kept, as each of many fields asks.
 */
void treaty_proto_settle_file(struct treaty_proto_file *file);
void treaty_proto_settle_message(struct treaty_proto_message *message);

/* The value that `options` themselves give to a feature, or 0; where that
 * stands in `*ret_pos`. UINT8_MAX: a word that is none of its values. */
uint8_t treaty_proto_feature_set(const struct treaty_proto_options *options,
                                 enum treaty_proto_feature feature,
                                 size_t *ret_pos);

/* "field_presence" and so on. */
const char *treaty_proto_feature_name(enum treaty_proto_feature feature);

/* Set what follows from the features: is_closed of the enum; presence,
 * is_packed, checks_utf8 and is_delimited of the field, whose type is known.
 * What is around them is settled. */
void treaty_proto_settle_enum(struct treaty_proto_enum *enumeration);
void treaty_proto_settle_field(const struct treaty_proto_file *file,
                               struct treaty_proto_field *field);

/* Can a repeated field of this type be packed? */
bool treaty_proto_is_packable(enum treaty_proto_type type);

#endif
