/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which message of one text a consumer takes for one of another. Messages are
 * paired by their name within the package, as the reference does it: nothing
 * in an event says what the package is, so a new one changes no event. A text
 * stands for its first message, so when neither side knows the other's first
 * one by name, these are taken for each other: it was renamed. A consumer reads
 * an event of an unknown name as its own message, too.
 */
#include "format/protobuf/compare.h"

#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/load.h"

/* The message of `file` that is called `local` within its package, or NULL. */
static struct treaty_proto_message *
find_local(struct treaty_arena *scratch, const struct treaty_proto_tree *tree,
           struct treaty_str local)
{
    struct treaty_str full = local;
    struct treaty_proto_message *found = NULL;

    if (tree->file->package.len)
        full = treaty_arena_join(scratch, tree->file->package, '.', local);
    if (full.data)
        found = treaty_proto_find_message(tree, full);
    return found && found->file == tree->file ? found : NULL;
}

static struct treaty_proto_message *
find_partner(struct treaty_arena *scratch, const struct treaty_proto_tree *tree,
             const struct treaty_proto_message *message)
{
    return find_local(scratch, tree, treaty_proto_local_name(message));
}

/* The first message of `reader`, unless `writer` has one of its name. */
static struct treaty_proto_message *
find_renamed(struct treaty_arena *scratch,
             const struct treaty_proto_tree *reader,
             const struct treaty_proto_tree *writer)
{
    struct treaty_proto_message *first =
        reader->file->message_count ? reader->file->messages[0] : NULL;

    return first && !find_partner(scratch, writer, first) ? first : NULL;
}

enum treaty_code treaty_proto_pair(struct treaty_schema *reader,
                                   struct treaty_schema *writer, size_t index,
                                   struct treaty_schema **ret_reader,
                                   struct treaty_schema **ret_writer,
                                   struct treaty_error *err)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(writer);
    const struct treaty_proto_message *message;
    struct treaty_proto_message *partner;
    struct treaty_arena scratch = {0};
    enum treaty_code code = TREATY_OK;

    if (index >= tree->file->message_count)
        return TREATY_ENOMESSAGE;
    message = tree->file->messages[index];
    partner = find_partner(&scratch, treaty_proto_tree(reader), message);
    if (!partner && index == 0)
        partner = find_renamed(&scratch, treaty_proto_tree(reader), tree);
    *ret_reader = NULL;
    *ret_writer = NULL;
    if (partner)
        code = treaty_proto_part(reader, partner->full, ret_reader, err);
    if (partner && !code)
        code = treaty_proto_part(writer, message->full, ret_writer, err);
    treaty_arena_release(&scratch);
    return code;
}
