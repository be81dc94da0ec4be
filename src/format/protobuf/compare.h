/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_COMPARE_H
#define TREATY_SRC_FORMAT_PROTOBUF_COMPARE_H

/*
 * Confluent's verdict on two .proto files. What its reader must read is called
 * old here and the reader's own file new, as the reference does, whichever was
 * registered first; so a thing that only `old` has was removed.
 *
 *     compare.c          files, messages, enums
 *     compare_member.c   which field or oneof of the one is which of the other
 *     compare_field.c    the types of one field
 *
 * Rules (confluent.md 5.3 and 12, and the corpus):
 *
 *  1. Messages, enums and oneofs are matched by name, fields by number within
 *     their message, whatever oneof they are in. Of several with the same key,
 *     which the reference accepts, the last one counts.
 *  2. Groups, their messages, extensions, reserved ranges, services and all
 *     options are not looked at. Entry messages of maps come and go freely.
 *  3. The body of a message is compared where it is defined. It is compared
 *     again, once per use, where a field uses it and it is not of the same file
 *     on both sides: of another subject, another version or moved to an import.
 *  4. Labels count only where both sides write one.
 *
 * A body under rule 3 gives the same findings wherever it is used, as paths
 * begin anew at its name; so each pair is compared once and copied. While it
 * is being compared it counts as compatible, which ends recursion. Past
 * FINDINGS_MAX further findings are left out, but never the first breaking one.
 */
#include "format/protobuf/format.h"
#include "format/protobuf/match.h"

struct treaty_proto_compare {
    struct treaty_findings *out; /* of the file, or of a body under rule 3 */
    struct treaty_arena *arena;  /* what findings lie on */
    struct treaty_arena scratch;
    struct treaty_map bodies; /* rule 3: pair of messages -> findings */
    uint32_t nesting;
    bool by_oneof; /* release 8.3: oneof by oneof, not field by field */
    enum treaty_code failed;
};

/* Where things are; `path` of a message, and what is below it. */
struct treaty_proto_place {
    struct treaty_str path;
    struct treaty_str oneof; /* empty: none */
    int64_t number;
    bool has_number;
    size_t old_pos;
    size_t new_pos;
};

enum treaty_proto_harm {
    TREATY_PROTO_HARMLESS,
    TREATY_PROTO_BREAKING,
};

/* Add a finding; `detail` lies on `c->arena`, is static, or empty. */
void treaty_proto_found(struct treaty_proto_compare *c, const char *rule,
                        enum treaty_proto_harm harm,
                        const struct treaty_proto_place *place,
                        struct treaty_str detail);

/* "old -> new", for `detail`. */
struct treaty_str treaty_proto_change(struct treaty_proto_compare *c,
                                      struct treaty_str old,
                                      struct treaty_str new);

void treaty_proto_compare_fail(struct treaty_proto_compare *c,
                               enum treaty_code code);

/* Both bodies, the one of `new` being at `path`. */
void treaty_proto_compare_messages(struct treaty_proto_compare *c,
                                   const struct treaty_proto_message *old,
                                   const struct treaty_proto_message *new,
                                   struct treaty_str path);

/* Fields and oneofs of both. */
void treaty_proto_compare_members(struct treaty_proto_compare *c,
                                  const struct treaty_proto_message *old,
                                  const struct treaty_proto_message *new,
                                  struct treaty_str path);

/* Two fields that stand for each other; the positions are set here. */
void treaty_proto_compare_fields(struct treaty_proto_compare *c,
                                 const struct treaty_proto_field *old,
                                 const struct treaty_proto_field *new,
                                 struct treaty_proto_place place);

/* Rule 3: the body that a field uses, unless both are of the same file. */
bool treaty_proto_compare_body(struct treaty_proto_compare *c,
                               const struct treaty_proto_message *old,
                               const struct treaty_proto_message *new,
                               const struct treaty_proto_place *place);

/* The name that a message has in its package. */
struct treaty_str
treaty_proto_local_name(const struct treaty_proto_message *message);

#endif
