/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a text as parts of its schema, and how a frame names them:
 *
 *     00                      the first message, by far the most frequent
 *     count index index ...   zigzag varints, the outermost message first
 *
 * 00 is also a count of none, so both are read as the first message.
 */
#include "format/protobuf/format.h"

#include "base/error.h"
#include "base/str.h"
#include "format/schema.h"

enum { VARINT_MAX = 10 }; /* bytes */

/* The first failure sticks; from then on `at` is the end. */
struct cursor {
    struct treaty_str bytes;
    size_t at;
    size_t bad_at;
    bool failed;
};

static int64_t read_zigzag(struct cursor *c)
{
    size_t start = c->at;
    uint64_t value = 0;

    for (size_t i = 0; i < VARINT_MAX && start + i < c->bytes.len; i++) {
        unsigned char byte = (unsigned char)c->bytes.data[start + i];

        if (i == VARINT_MAX - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            c->at = start + i + 1;
            return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
        }
    }
    if (!c->failed)
        c->bad_at = start;
    c->failed = true;
    c->at = c->bytes.len;
    return 0;
}

static struct treaty_proto_message *
child_at(const struct treaty_proto_file *file,
         const struct treaty_proto_message *parent, int64_t index)
{
    uint32_t count = parent ? parent->message_count : file->message_count;
    struct treaty_proto_message **list =
        parent ? parent->messages : file->messages;

    return index >= 0 && index < count ? list[index] : NULL;
}

static void put_zigzag(struct treaty_buf *out, uint32_t value)
{
    uint64_t rest = (uint64_t)value << 1;

    while (rest >= 0x80) {
        treaty_buf_put_c(out, (char)(rest | 0x80));
        rest >>= 7;
    }
    treaty_buf_put_c(out, (char)rest);
}

static void put_path(struct treaty_buf *out,
                     const struct treaty_proto_message *message)
{
    if (message->parent)
        put_path(out, message->parent);
    put_zigzag(out, message->index);
}

static struct treaty_str
make_indexes(struct treaty_arena *arena,
             const struct treaty_proto_message *message)
{
    const struct treaty_proto_message *up = message;
    struct treaty_str ret = {0};
    struct treaty_buf out;
    uint32_t depth = 0;

    if (!message->parent && message->index == 0)
        return treaty_arena_dup(arena, (struct treaty_str){"", 1});
    for (; up; up = up->parent)
        depth++;
    treaty_buf_init(&out, 0);
    put_zigzag(&out, depth);
    put_path(&out, message);
    if (treaty_buf_status(&out, NULL) == TREATY_OK)
        ret = treaty_arena_dup(arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return ret;
}

static enum treaty_code make_part(struct treaty_schema *schema,
                                  const struct treaty_proto_message *message,
                                  struct treaty_schema **ret,
                                  struct treaty_error *err)
{
    struct treaty_schema *whole = schema->whole ? schema->whole : schema;
    struct treaty_schema *part;

    if (schema->part == message || whole->part == message) {
        *ret = treaty_schema_ref(schema->part == message ? schema : whole);
        return TREATY_OK;
    }
    part = treaty_schema_part_new(whole);
    if (!part)
        return treaty_fail_nomem(err);
    part->name = message->full;
    part->part = message;
    part->indexes = make_indexes(&part->arena, message);
    if (!part->indexes.data) {
        treaty_schema_unref(part);
        return treaty_fail_nomem(err);
    }
    *ret = part;
    return TREATY_OK;
}

/* The message of that full name. In a file that protoc refuses something else
 * may have the name before it: a group called `w` is in a field called so. */
static const struct treaty_proto_message *
find_named(const struct treaty_proto_tree *tree, struct treaty_str name)
{
    const struct treaty_proto_message *message =
        treaty_proto_find_message(tree, name);

    if (message)
        return message;
    do
        message = treaty_proto_next_message(tree->file, message);
    while (message && !treaty_str_eq(message->full, name));
    return message;
}

enum treaty_code treaty_proto_part(struct treaty_schema *schema,
                                   struct treaty_str name,
                                   struct treaty_schema **ret,
                                   struct treaty_error *err)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(schema);
    const struct treaty_proto_message *message = find_named(tree, name);

    if (!message || message->file != tree->file || message->is_synthetic)
        return treaty_fail(err, TREATY_ENOMESSAGE, TREATY_NO_OFFSET,
                           "the schema has no message '%.*s'",
                           TREATY_STR_ARG(name));
    return make_part(schema, message, ret, err);
}

/* Follow `count` indexes; `c` is behind the count. */
static enum treaty_code walk_indexes(struct cursor *c, int64_t count,
                                     const struct treaty_proto_file *file,
                                     const struct treaty_proto_message **ret,
                                     struct treaty_error *err)
{
    const struct treaty_proto_message *message = NULL;

    for (int64_t i = 0; i < count; i++) {
        size_t pos = c->at;
        int64_t index = read_zigzag(c);

        if (c->failed)
            return treaty_fail(err, TREATY_EFRAME, c->bad_at,
                               "message index %lld of %lld is cut or too long",
                               (long long)i + 1, (long long)count);
        message = child_at(file, message, index);
        if (!message)
            return treaty_fail(err, TREATY_ENOMESSAGE, pos,
                               "message index %lld of %lld is %lld; the schema "
                               "has no such message",
                               (long long)i + 1, (long long)count,
                               (long long)index);
    }
    *ret = message;
    return TREATY_OK;
}

enum treaty_code treaty_proto_part_at(struct treaty_schema *schema,
                                      struct treaty_str payload,
                                      size_t *ret_len,
                                      struct treaty_schema **ret,
                                      struct treaty_error *err)
{
    const struct treaty_proto_file *file = treaty_proto_tree(schema)->file;
    const struct treaty_proto_message *message = child_at(file, NULL, 0);
    struct cursor c = {.bytes = payload};
    int64_t count = read_zigzag(&c);
    enum treaty_code code = TREATY_OK;

    if (c.failed || count < 0)
        return treaty_fail(err, TREATY_EFRAME, 0,
                           "the count of message indexes is missing, negative "
                           "or too long");
    if (count > 0)
        code = walk_indexes(&c, count, file, &message, err);
    if (!code && !message)
        code = treaty_fail(err, TREATY_ENOMESSAGE, 0,
                           "the schema defines no message");
    if (!code)
        code = make_part(schema, message, ret, err);
    if (!code)
        *ret_len = c.at;
    return code;
}
