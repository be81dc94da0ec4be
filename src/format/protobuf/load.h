/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_LOAD_H
#define TREATY_SRC_FORMAT_PROTOBUF_LOAD_H

/*
 * From a text, or from a file that a descriptor gave, to a linked tree.
 *
 *     text --parse--> file --+--> imports, theirs, ... --link--> tree
 *     descriptor -----> file-+    (source->imports, built-in files)
 *
 * Which authority must agree follows from `source->strictness`: a new schema
 * needs one of the two, a strict one protoc, a stored one none, as long as a
 * tree can be made of it at all. protoc's checks are run for the first two
 * only; its first objection stays in `tree->objections` either way. An
 * objection within an import says so in its message, with line and column,
 * and has that file in `file`.
 */
#include "format/format.h"
#include "format/protobuf/tree.h"

/*
 * `source->text` must live as long as `arena`, as the tree has views of it;
 * texts of imports are copied. On failure `err` has the offset in the text, or
 * none when the trouble lies in an import; the codes are those of a format's
 * parse.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_load(struct treaty_arena *arena,
                  const struct treaty_source *source,
                  struct treaty_proto_tree **ret, struct treaty_error *err);

/*
 * The same for a file that was built otherwise, on `arena`, as the parser
 * would have built it: everything that is not "by link.c" is set.
 */
TREATY_MUST_CHECK enum treaty_code treaty_proto_load_file(
    struct treaty_arena *arena, const struct treaty_source *source,
    struct treaty_proto_file *file, struct treaty_proto_tree **ret,
    struct treaty_error *err);

static inline const struct treaty_proto_tree *
treaty_proto_tree(const struct treaty_schema *schema)
{
    return schema->root;
}

/* By full name, with or without a leading dot; NULL when there is none. */
struct treaty_proto_message *
treaty_proto_find_message(const struct treaty_proto_tree *tree,
                          struct treaty_str full);
struct treaty_proto_enum *
treaty_proto_find_enum(const struct treaty_proto_tree *tree,
                       struct treaty_str full);
/* Any symbol of that name and kind: its element, or NULL. */
void *treaty_proto_find(const struct treaty_proto_tree *tree,
                        enum treaty_proto_symbol_kind kind,
                        struct treaty_str full);

/* The first field of that number or name, oneofs and groups included. */
struct treaty_proto_field *
treaty_proto_field_by_number(const struct treaty_proto_message *message,
                             int64_t number);
struct treaty_proto_field *
treaty_proto_field_by_name(const struct treaty_proto_message *message,
                           struct treaty_str name);

/* The first constant of that number or name, or NULL. */
const struct treaty_proto_constant *
treaty_proto_constant_by_number(const struct treaty_proto_enum *enumeration,
                                int64_t number);
const struct treaty_proto_constant *
treaty_proto_constant_by_name(const struct treaty_proto_enum *enumeration,
                              struct treaty_str name);

/* "int32" and the like; UNRESOLVED for what is no scalar's name. */
enum treaty_proto_type treaty_proto_scalar_find(struct treaty_str name);
/* The name of a type, "message", "enum" and "group" included. */
const char *treaty_proto_type_name(enum treaty_proto_type type);

/*
 * Every message of a file in the order of the text, a message before those in
 * it, synthetic ones left out: start with NULL; NULL at the end.
 */
struct treaty_proto_message *
treaty_proto_next_message(const struct treaty_proto_file *file,
                          const struct treaty_proto_message *after);

/* The last option of that plain name (one part, no parentheses), or NULL. */
const struct treaty_proto_option *
treaty_proto_option_find(const struct treaty_proto_options *options,
                         const char *name);
/* Is there such an option, and is it `true`? */
bool treaty_proto_option_true(const struct treaty_proto_options *options,
                              const char *name);

/* Has the file the rules of proto2? It has when it does not say. */
static inline bool treaty_proto_is_2(const struct treaty_proto_file *file)
{
    return file->syntax == TREATY_PROTO_UNSAID ||
           file->syntax == TREATY_PROTO_2;
}

#endif
