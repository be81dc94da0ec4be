/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second, plain decoder: it follows the payload tag by tag and says what each
 * byte is.
 *
 *     0a         sku   tag      1, length
 *     03         sku   length   3
 *     41 2d 31   sku   string   "A-1"
 */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/codec.h"
#include "format/spans.h"

struct cursor {
    struct treaty_spans spans; /* up to the end of the innermost message */
    struct treaty_arena arena;
    struct treaty_map *fields; /* of messages, by id; made when needed */
};

/* A tag that was read, and the field that it means, or NULL. */
struct tag {
    uint32_t number;
    unsigned wire;
    const struct treaty_proto_field *field;
};

/* Fields by number. */

static struct treaty_str key_of(const int64_t *number)
{
    return (struct treaty_str){(const char *)number, sizeof(*number)};
}

/* The table of a message; false without memory. */
static bool fill_fields(struct cursor *c, struct treaty_map *map,
                        const struct treaty_proto_message *message)
{
    treaty_map_init(map, &c->arena);
    for (uint32_t i = 0; i < message->field_count; i++) {
        struct treaty_proto_field *field = message->fields[i];

        if (treaty_map_put(map, key_of(&field->number), field))
            return false;
    }
    return true;
}

static const struct treaty_proto_field *
find_field(struct cursor *c, const struct treaty_proto_message *message,
           uint32_t number)
{
    const int64_t wide = number;
    struct treaty_map *map;

    if (!message || !message->field_count || c->spans.code)
        return NULL;
    map = &c->fields[message->id];
    if (!map->live && !fill_fields(c, map, message)) {
        c->spans.code = treaty_fail_nomem(c->spans.err);
        return NULL;
    }
    return treaty_map_find(map, key_of(&wide));
}

/* Values. */

static void put_enum(struct cursor *c, const struct treaty_proto_field *field,
                     int32_t number)
{
    const struct treaty_proto_constant *constant =
        treaty_proto_constant_by_number(field->ref.enumeration, number);

    treaty_buf_put_i64(&c->spans.value, number);
    if (!constant)
        return;
    treaty_buf_put_z(&c->spans.value, " = ");
    treaty_buf_put(&c->spans.value, constant->name);
}

/* NOLINTNEXTLINE(readability-function-size): one flat switch over the types */
static void put_number(struct cursor *c, const struct treaty_proto_field *field,
                       uint64_t bits)
{
    switch (field->ref.type) {
    case TREATY_PROTO_DOUBLE:
        treaty_spans_put_double(&c->spans, bits);
        return;
    case TREATY_PROTO_FLOAT:
        treaty_spans_put_float(&c->spans, bits);
        return;
    case TREATY_PROTO_INT64:
    case TREATY_PROTO_SFIXED64:
        treaty_buf_put_i64(&c->spans.value, (int64_t)bits);
        return;
    case TREATY_PROTO_INT32:
    case TREATY_PROTO_SFIXED32:
        treaty_buf_put_i64(&c->spans.value, (int32_t)(uint32_t)bits);
        return;
    case TREATY_PROTO_UINT32:
        treaty_buf_put_u64(&c->spans.value, (uint32_t)bits);
        return;
    case TREATY_PROTO_SINT32:
        treaty_buf_put_i64(&c->spans.value,
                           treaty_spans_unzigzag((uint32_t)bits));
        return;
    case TREATY_PROTO_SINT64:
        treaty_buf_put_i64(&c->spans.value, treaty_spans_unzigzag(bits));
        return;
    case TREATY_PROTO_BOOL:
        treaty_buf_put_z(&c->spans.value, bits ? "true" : "false");
        return;
    case TREATY_PROTO_ENUM:
        put_enum(c, field, (int32_t)(uint32_t)bits);
        return;
    case TREATY_PROTO_UINT64:
    case TREATY_PROTO_FIXED32:
    case TREATY_PROTO_FIXED64:
    case TREATY_PROTO_UNRESOLVED:
    case TREATY_PROTO_STRING:
    case TREATY_PROTO_GROUP:
    case TREATY_PROTO_MESSAGE:
    case TREATY_PROTO_BYTES:
        treaty_buf_put_u64(&c->spans.value, bits);
        return;
    }
}

static struct treaty_str type_of(const struct treaty_proto_field *field)
{
    if (!field)
        return TREATY_STR("unknown");
    return treaty_str_z(treaty_proto_type_name(field->ref.type));
}

/* One number of wire type `wire`; `field` NULL: an unknown one. */
static void walk_number(struct cursor *c,
                        const struct treaty_proto_field *field, unsigned wire)
{
    size_t from = c->spans.at;
    uint64_t bits;

    if (wire == TREATY_WIRE_VARINT)
        bits =
            treaty_spans_varint(&c->spans, "the event ends inside an integer");
    else
        bits = treaty_spans_fixed(&c->spans, wire == TREATY_WIRE_32 ? 4 : 8,
                                  "the event ends inside a number");
    if (c->spans.code)
        return;
    if (field)
        put_number(c, field, bits);
    else
        treaty_buf_put_u64(&c->spans.value, bits);
    treaty_spans_give(&c->spans, from, type_of(field));
}

static void walk_blob(struct cursor *c, const struct treaty_proto_field *field,
                      size_t len)
{
    bool is_text = field && field->ref.type == TREATY_PROTO_STRING;
    size_t from = c->spans.at;

    c->spans.at += len;
    if (len == 0)
        return;
    treaty_spans_put_data(&c->spans,
                          treaty_str_sub(c->spans.payload, from, len), is_text);
    treaty_spans_give(&c->spans, from, type_of(field));
}

static void walk_message(struct cursor *c,
                         const struct treaty_proto_message *message,
                         uint32_t group);

/* The bytes up to `end`, as a message or as packed numbers. */
static void walk_inside(struct cursor *c,
                        const struct treaty_proto_field *field, size_t end)
{
    size_t outer = c->spans.end;
    size_t path_len = c->spans.path.len;
    unsigned long long index = 0;

    c->spans.end = end;
    if (field->ref.message) {
        walk_message(c, field->ref.message, 0);
    } else {
        while (c->spans.at < c->spans.end && !c->spans.code) {
            treaty_buf_printf(&c->spans.path, "[%llu]", index++);
            walk_number(c, field, treaty_proto_wire(field));
            c->spans.path.len = path_len;
        }
    }
    c->spans.end = outer;
}

static void walk_length(struct cursor *c, const struct tag *tag, bool is_packed)
{
    size_t from = c->spans.at;
    uint64_t len =
        treaty_spans_varint(&c->spans, "the event ends before a length");
    bool is_message =
        tag->field && tag->field->ref.message && !tag->field->is_delimited;

    if (!c->spans.code && len > c->spans.end - c->spans.at)
        treaty_spans_fail(&c->spans, TREATY_ETRUNCATED, from,
                          "this length reaches past the end of the event");
    if (c->spans.code)
        return;
    treaty_buf_put_u64(&c->spans.value, len);
    treaty_spans_give(&c->spans, from, TREATY_STR("length"));
    if (is_message || is_packed)
        walk_inside(c, tag->field, c->spans.at + (size_t)len);
    else
        walk_blob(c, tag->field, (size_t)len);
}

static bool is_packed_run(const struct tag *tag)
{
    return tag->field && tag->wire == TREATY_WIRE_LEN &&
           treaty_proto_is_many(tag->field) &&
           treaty_proto_wire(tag->field) != TREATY_WIRE_LEN &&
           treaty_proto_wire(tag->field) != TREATY_WIRE_GROUP;
}

static void walk_value(struct cursor *c, const struct tag *tag)
{
    switch (tag->wire) {
    case TREATY_WIRE_LEN:
        walk_length(c, tag, is_packed_run(tag));
        return;
    case TREATY_WIRE_GROUP:
        walk_message(c, tag->field ? tag->field->ref.message : NULL,
                     tag->number);
        return;
    default:
        walk_number(c, tag->field, tag->wire);
        return;
    }
}

/* How many of a repeated field's values there were in this message. */
static void put_index(struct cursor *c, struct treaty_map *counts,
                      const struct treaty_proto_field *field)
{
    struct treaty_str key = key_of(&field->number);
    uintptr_t count = (uintptr_t)treaty_map_find(counts, key);

    treaty_buf_printf(&c->spans.path, "[%llu]", (unsigned long long)count);
    if (treaty_map_put(counts, key, (void *)(count + 1)) && !c->spans.code)
        c->spans.code = treaty_fail_nomem(c->spans.err);
}

static void put_step(struct cursor *c, struct treaty_map *counts,
                     const struct tag *tag)
{
    if (c->spans.path.len)
        treaty_buf_put_c(&c->spans.path, '.');
    if (!tag->field) {
        treaty_buf_printf(&c->spans.path, "#%u", (unsigned)tag->number);
        return;
    }
    treaty_buf_put(&c->spans.path, tag->field->name);
    if (treaty_proto_is_many(tag->field) && !is_packed_run(tag))
        put_index(c, counts, tag->field);
}

/* A field with another wire type than the schema's is an unknown one. */
static bool read_tag(struct cursor *c,
                     const struct treaty_proto_message *message,
                     struct tag *ret)
{
    size_t from = c->spans.at;
    uint64_t bits =
        treaty_spans_varint(&c->spans, "the event ends inside a tag");

    if (!c->spans.code && (bits >> 3 == 0 || bits > UINT32_MAX))
        treaty_spans_fail(&c->spans, TREATY_ETAG, from,
                          "no field can have this number");
    if (!c->spans.code && (bits & 7) > TREATY_WIRE_32)
        treaty_spans_fail(&c->spans, TREATY_ETAG, from,
                          "there is no wire type 6 or 7");
    if (c->spans.code)
        return false;
    ret->number = (uint32_t)(bits >> 3);
    ret->wire = bits & 7;
    ret->field = find_field(c, message, ret->number);
    if (ret->field && ret->wire != treaty_proto_wire(ret->field) &&
        !is_packed_run(ret))
        ret->field = NULL;
    return !c->spans.code;
}

static void give_tag(struct cursor *c, const struct tag *tag, size_t from)
{
    static const char *const wires[] = {"varint", "64 bits", "length",
                                        "group",  "end",     "32 bits"};

    treaty_buf_printf(&c->spans.value, "%u, %s", (unsigned)tag->number,
                      wires[tag->wire]);
    treaty_spans_give(&c->spans, from, TREATY_STR("tag"));
}

/* False at the end of the group that is walked. */
static bool walk_field(struct cursor *c,
                       const struct treaty_proto_message *message,
                       uint32_t group, struct treaty_map *counts)
{
    size_t from = c->spans.at;
    size_t path_len = c->spans.path.len;
    struct tag tag;

    if (!read_tag(c, message, &tag))
        return false;
    if (tag.wire == TREATY_WIRE_GROUP_END) {
        if (tag.number != group)
            treaty_spans_fail(&c->spans, TREATY_ETAG, from,
                              "this group did not begin here");
        give_tag(c, &tag, from);
        return false;
    }
    put_step(c, counts, &tag);
    give_tag(c, &tag, from);
    if (!c->spans.code)
        walk_value(c, &tag);
    if (!c->spans.code)
        c->spans.path.len = path_len;
    return !c->spans.code;
}

/* Up to `c->spans.end`, or to the end of the group. */
static void walk_message(struct cursor *c,
                         const struct treaty_proto_message *message,
                         uint32_t group)
{
    struct treaty_map counts;
    bool is_open = true;

    if (!treaty_spans_enter(&c->spans))
        return;
    treaty_map_init(&counts, NULL);
    while (is_open && c->spans.at < c->spans.end)
        is_open = walk_field(c, message, group, &counts);
    treaty_map_release(&counts);
    treaty_spans_leave(&c->spans);
    if (is_open && group)
        treaty_spans_fail(&c->spans, TREATY_ETRUNCATED, c->spans.at,
                          "the event ends before the group that was begun");
}

enum treaty_code treaty_proto_annotate(const struct treaty_schema *schema,
                                       struct treaty_str payload,
                                       treaty_span_fn give, void *ctx,
                                       struct treaty_error *err)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(schema);
    struct cursor c = {0};

    treaty_spans_init(&c.spans, payload, give, ctx, err);
    c.fields = TREATY_ARENA_NEW_N(&c.arena, struct treaty_map,
                                  (size_t)tree->message_count + 1);
    if (c.fields)
        walk_message(&c, treaty_proto_part_of(schema), 0);
    else
        c.spans.code = treaty_fail_nomem(err);
    treaty_arena_release(&c.arena);
    return treaty_spans_finish(&c.spans);
}
