/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_OPTIONS_H
#define TREATY_SRC_FORMAT_PROTOBUF_OPTIONS_H

/*
 * What options mean. An option statement sets a field of a message that
 * descriptor.proto defines, one for each kind of element, or an extension of
 * it, or something within:
 *
 *     option deprecated = true;             MessageOptions.deprecated
 *     option (shop.owner).team = "a";       extension 50001, field team
 *     option (shop.owner) = { team: "a" };  the same as an aggregate
 *
 * The definition in force is the one that the file imports, else the one that
 * we carry. Names are looked up from the inside out, as names of types are,
 * among what the file imports.
 */
#include "format/protobuf/dynamic.h"

enum treaty_proto_target {
    TREATY_PROTO_TARGET_FILE,
    TREATY_PROTO_TARGET_RANGE, /* `extensions 4 to 9` */
    TREATY_PROTO_TARGET_MESSAGE,
    TREATY_PROTO_TARGET_FIELD,
    TREATY_PROTO_TARGET_ONEOF,
    TREATY_PROTO_TARGET_ENUM,
    TREATY_PROTO_TARGET_CONSTANT,
    TREATY_PROTO_TARGET_SERVICE,
    TREATY_PROTO_TARGET_RPC,
    TREATY_PROTO_TARGETS,
};

/* The element that options stand at. */
struct treaty_proto_place {
    enum treaty_proto_target target;
    struct treaty_str full; /* its full name; of a range that of its message;
                               of a file not asked for */
    const struct treaty_proto_options *options;
};

/* Reads the options of one file; everything it makes lies on its arena. */
struct treaty_proto_interpreter {
    const struct treaty_proto_tree *tree;
    const struct treaty_proto_file *file;
    struct treaty_arena arena;
    struct treaty_map visible; /* path -> file: what it imports, and itself */
    const struct treaty_proto_message *messages[TREATY_PROTO_TARGETS];
};

/* `tree` is linked, and outlives the interpreter. On failure (TREATY_ENOMEM)
 * there is nothing to release. */
TREATY_MUST_CHECK enum treaty_code treaty_proto_interpreter_init(
    struct treaty_proto_interpreter *in, const struct treaty_proto_tree *tree,
    const struct treaty_proto_file *file, struct treaty_error *err);
void treaty_proto_interpreter_release(struct treaty_proto_interpreter *in);

/*
 * The options of `place` as a message, which may be empty. TREATY_ESCHEMA with
 * the offset in the file's text when protoc would object: to a name that means
 * nothing here, a value of the wrong type, an option set twice. Without
 * `err`'s place in the text where the file came from a descriptor.
 */
TREATY_MUST_CHECK enum treaty_code treaty_proto_options_read(
    struct treaty_proto_interpreter *in, const struct treaty_proto_place *place,
    struct treaty_proto_dynamic **ret, struct treaty_error *err);

/* What we carry, for those who have no file: the options of a kind, and the
 * file that extends them by Confluent's. Both live as long as the process. */
struct treaty_proto_standard {
    const struct treaty_proto_message *type;
    const struct treaty_proto_file *confluent;
};
TREATY_MUST_CHECK enum treaty_code
treaty_proto_options_standard(enum treaty_proto_target target,
                              struct treaty_proto_standard *ret,
                              struct treaty_error *err);

/* The first objection to an option of `file`, in the order of the text; or
 * TREATY_OK. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_options_check(const struct treaty_proto_tree *tree,
                           const struct treaty_proto_file *file,
                           struct treaty_error *err);

#endif
