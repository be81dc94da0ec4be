/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second, plain decoder: it follows the payload tag by tag and says what each
 * byte is. It shares nothing with the plan, so that a hexdump can be held
 * against what the plan decoded.
 *
 *     0a         sku   tag      1, length
 *     03         sku   length   3
 *     41 2d 31   sku   string   "A-1"
 *
 * The cursor's first error sticks: after it reads yield zeros and nothing more
 * is given out.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/protobuf/codec.h"

enum {
    DEPTH_MAX = 256,
    SPANS_MAX = 1 << 20,
    VALUE_SHOWN = 48, /* bytes of a string or blob that are shown */
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_LENGTH = 2,
    WIRE_GROUP = 3,
    WIRE_END = 4,
    WIRE_32 = 5,
};

struct cursor {
    const struct treaty_proto_tree *tree;
    struct treaty_str payload;
    size_t at;
    size_t end; /* of the innermost message */
    struct treaty_arena arena;
    struct treaty_map *fields; /* of messages, by id; made when needed */
    struct treaty_buf path;
    struct treaty_buf value;
    treaty_span_fn give;
    void *ctx;
    struct treaty_error *err;
    enum treaty_code code;
    uint32_t depth;
    uint32_t spans;
};

/* A tag that was read, and the field that it means, or NULL. */
struct tag {
    uint32_t number;
    unsigned wire;
    const struct treaty_proto_field *field;
};

static void fail(struct cursor *c, enum treaty_code code, size_t offset,
                 const char *what)
{
    if (c->code)
        return;
    c->code = treaty_fail(c->err, code, offset, "%s", what);
    if (c->err)
        treaty_error_set_path(c->err, treaty_buf_str(&c->path));
}

/* Give the bytes from `from` to the cursor, with `c->value` as their value. */
static void give(struct cursor *c, size_t from, struct treaty_str type)
{
    struct treaty_span span = {from, c->at - from, treaty_buf_str(&c->path),
                               type, treaty_buf_str(&c->value)};

    if (!c->code && ++c->spans > SPANS_MAX)
        fail(c, TREATY_ELIMIT, from, "the event has too many pieces to show");
    if (!c->code)
        c->give(c->ctx, &span);
    treaty_buf_clear(&c->value);
}

static uint64_t read_varint(struct cursor *c, const char *what)
{
    size_t from = c->at;
    uint64_t bits = 0;

    for (unsigned shift = 0; shift < 70 && !c->code; shift += 7) {
        uint8_t byte;

        if (c->at >= c->end) {
            fail(c, TREATY_ETRUNCATED, from, what);
            return 0;
        }
        byte = (uint8_t)c->payload.data[c->at++];
        if (shift == 63 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return bits;
    }
    fail(c, TREATY_EVARINT, from, "this integer has more than 64 bits");
    return 0;
}

/* Little-endian, whatever the machine. */
static uint64_t read_fixed(struct cursor *c, size_t len)
{
    uint64_t bits = 0;

    if (c->code || c->end - c->at < len) {
        fail(c, TREATY_ETRUNCATED, c->at, "the event ends inside a number");
        return 0;
    }
    for (size_t i = 0; i < len; i++)
        bits |= (uint64_t)(uint8_t)c->payload.data[c->at + i] << (8 * i);
    c->at += len;
    return bits;
}

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

    if (!message || !message->field_count || c->code)
        return NULL;
    map = &c->fields[message->id];
    if (!map->live && !fill_fields(c, map, message)) {
        c->code = treaty_fail_nomem(c->err);
        return NULL;
    }
    return treaty_map_find(map, key_of(&wide));
}

/* Values. */

static void put_float(struct cursor *c, uint64_t bits)
{
    uint32_t narrow = (uint32_t)bits;
    float value;

    memcpy(&value, &narrow, sizeof(value));
    treaty_json_put_float(&c->value, value);
}

static void put_double(struct cursor *c, uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    treaty_json_put_double(&c->value, value);
}

static void put_enum(struct cursor *c, const struct treaty_proto_field *field,
                     int32_t number)
{
    const struct treaty_proto_constant *constant =
        treaty_proto_constant_by_number(field->ref.enumeration, number);

    treaty_buf_put_i64(&c->value, number);
    if (!constant)
        return;
    treaty_buf_put_z(&c->value, " = ");
    treaty_buf_put(&c->value, constant->name);
}

static int64_t unzigzag(uint64_t bits)
{
    return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

/* NOLINTNEXTLINE(readability-function-size): one flat switch over the types */
static void put_number(struct cursor *c, const struct treaty_proto_field *field,
                       uint64_t bits)
{
    switch (field->ref.type) {
    case TREATY_PROTO_DOUBLE:
        put_double(c, bits);
        return;
    case TREATY_PROTO_FLOAT:
        put_float(c, bits);
        return;
    case TREATY_PROTO_INT64:
    case TREATY_PROTO_SFIXED64:
        treaty_buf_put_i64(&c->value, (int64_t)bits);
        return;
    case TREATY_PROTO_INT32:
    case TREATY_PROTO_SFIXED32:
        treaty_buf_put_i64(&c->value, (int32_t)(uint32_t)bits);
        return;
    case TREATY_PROTO_UINT32:
        treaty_buf_put_u64(&c->value, (uint32_t)bits);
        return;
    case TREATY_PROTO_SINT32:
        treaty_buf_put_i64(&c->value, unzigzag((uint32_t)bits));
        return;
    case TREATY_PROTO_SINT64:
        treaty_buf_put_i64(&c->value, unzigzag(bits));
        return;
    case TREATY_PROTO_BOOL:
        treaty_buf_put_z(&c->value, bits ? "true" : "false");
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
        treaty_buf_put_u64(&c->value, bits);
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
    size_t from = c->at;
    uint64_t bits;

    if (wire == WIRE_VARINT)
        bits = read_varint(c, "the event ends inside an integer");
    else
        bits = read_fixed(c, wire == WIRE_32 ? 4 : 8);
    if (c->code)
        return;
    if (field)
        put_number(c, field, bits);
    else
        treaty_buf_put_u64(&c->value, bits);
    give(c, from, type_of(field));
}

static void put_shown(struct cursor *c, struct treaty_str data, bool is_text)
{
    struct treaty_str shown = treaty_str_sub(data, 0, VALUE_SHOWN);

    if (is_text) {
        shown.len = treaty_utf8_check(shown);
        treaty_json_quote(&c->value, shown);
    } else {
        treaty_buf_put_hex(&c->value, shown.data, shown.len);
    }
    if (shown.len < data.len)
        treaty_buf_printf(&c->value, "... (%zu bytes)", data.len);
    if (is_text && !treaty_utf8_valid(data))
        treaty_buf_put_z(&c->value, " not UTF-8");
}

static void walk_blob(struct cursor *c, const struct treaty_proto_field *field,
                      size_t len)
{
    bool is_text = field && field->ref.type == TREATY_PROTO_STRING;
    size_t from = c->at;

    c->at += len;
    if (len == 0)
        return;
    put_shown(c, treaty_str_sub(c->payload, from, len), is_text);
    give(c, from, type_of(field));
}

static void walk_message(struct cursor *c,
                         const struct treaty_proto_message *message,
                         uint32_t group);

/* The bytes up to `end`, as a message or as packed numbers. */
static void walk_inside(struct cursor *c,
                        const struct treaty_proto_field *field, size_t end)
{
    size_t outer = c->end;
    size_t path_len = c->path.len;
    unsigned long long index = 0;

    c->end = end;
    if (field->ref.message) {
        walk_message(c, field->ref.message, 0);
    } else {
        while (c->at < c->end && !c->code) {
            treaty_buf_printf(&c->path, "[%llu]", index++);
            walk_number(c, field, treaty_proto_wire(field));
            c->path.len = path_len;
        }
    }
    c->end = outer;
}

static void walk_length(struct cursor *c, const struct tag *tag, bool is_packed)
{
    size_t from = c->at;
    uint64_t len = read_varint(c, "the event ends before a length");
    bool is_message =
        tag->field && tag->field->ref.message && !tag->field->is_delimited;

    if (!c->code && len > c->end - c->at)
        fail(c, TREATY_ETRUNCATED, from,
             "this length reaches past the end of the event");
    if (c->code)
        return;
    treaty_buf_put_u64(&c->value, len);
    give(c, from, TREATY_STR("length"));
    if (is_message || is_packed)
        walk_inside(c, tag->field, c->at + (size_t)len);
    else
        walk_blob(c, tag->field, (size_t)len);
}

static bool is_packed_run(const struct tag *tag)
{
    return tag->field && tag->wire == WIRE_LENGTH &&
           treaty_proto_is_many(tag->field) &&
           treaty_proto_wire(tag->field) != WIRE_LENGTH &&
           treaty_proto_wire(tag->field) != WIRE_GROUP;
}

static void walk_value(struct cursor *c, const struct tag *tag)
{
    switch (tag->wire) {
    case WIRE_LENGTH:
        walk_length(c, tag, is_packed_run(tag));
        return;
    case WIRE_GROUP:
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

    treaty_buf_printf(&c->path, "[%llu]", (unsigned long long)count);
    if (treaty_map_put(counts, key, (void *)(count + 1)) && !c->code)
        c->code = treaty_fail_nomem(c->err);
}

static void put_step(struct cursor *c, struct treaty_map *counts,
                     const struct tag *tag)
{
    if (c->path.len)
        treaty_buf_put_c(&c->path, '.');
    if (!tag->field) {
        treaty_buf_printf(&c->path, "#%u", (unsigned)tag->number);
        return;
    }
    treaty_buf_put(&c->path, tag->field->name);
    if (treaty_proto_is_many(tag->field) && !is_packed_run(tag))
        put_index(c, counts, tag->field);
}

/* A field with another wire type than the schema's is an unknown one. */
static bool read_tag(struct cursor *c,
                     const struct treaty_proto_message *message,
                     struct tag *ret)
{
    size_t from = c->at;
    uint64_t bits = read_varint(c, "the event ends inside a tag");

    if (!c->code && (bits >> 3 == 0 || bits > UINT32_MAX))
        fail(c, TREATY_ETAG, from, "no field can have this number");
    if (!c->code && (bits & 7) > WIRE_32)
        fail(c, TREATY_ETAG, from, "there is no wire type 6 or 7");
    if (c->code)
        return false;
    ret->number = (uint32_t)(bits >> 3);
    ret->wire = bits & 7;
    ret->field = find_field(c, message, ret->number);
    if (ret->field && ret->wire != treaty_proto_wire(ret->field) &&
        !is_packed_run(ret))
        ret->field = NULL;
    return !c->code;
}

static void give_tag(struct cursor *c, const struct tag *tag, size_t from)
{
    static const char *const wires[] = {"varint", "64 bits", "length",
                                        "group",  "end",     "32 bits"};

    treaty_buf_printf(&c->value, "%u, %s", (unsigned)tag->number,
                      wires[tag->wire]);
    give(c, from, TREATY_STR("tag"));
}

/* False at the end of the group that is walked. */
static bool walk_field(struct cursor *c,
                       const struct treaty_proto_message *message,
                       uint32_t group, struct treaty_map *counts)
{
    size_t from = c->at;
    size_t path_len = c->path.len;
    struct tag tag;

    if (!read_tag(c, message, &tag))
        return false;
    if (tag.wire == WIRE_END) {
        if (tag.number != group)
            fail(c, TREATY_ETAG, from, "this group did not begin here");
        give_tag(c, &tag, from);
        return false;
    }
    put_step(c, counts, &tag);
    give_tag(c, &tag, from);
    if (!c->code)
        walk_value(c, &tag);
    if (!c->code)
        c->path.len = path_len;
    return !c->code;
}

/* Up to `c->end`, or to the end of the group. */
static void walk_message(struct cursor *c,
                         const struct treaty_proto_message *message,
                         uint32_t group)
{
    struct treaty_map counts;
    bool is_open = true;

    if (c->depth >= DEPTH_MAX)
        fail(c, TREATY_EDEPTH, c->at, "the event is nested too deeply to show");
    if (c->code)
        return;
    treaty_map_init(&counts, NULL);
    c->depth++;
    while (is_open && c->at < c->end)
        is_open = walk_field(c, message, group, &counts);
    c->depth--;
    treaty_map_release(&counts);
    if (is_open && group)
        fail(c, TREATY_ETRUNCATED, c->at,
             "the event ends before the group that was begun");
}

enum treaty_code treaty_proto_annotate(const struct treaty_schema *schema,
                                       struct treaty_str payload,
                                       treaty_span_fn give_span, void *ctx,
                                       struct treaty_error *err)
{
    struct cursor c = {.tree = treaty_proto_tree(schema),
                       .payload = payload,
                       .end = payload.len,
                       .give = give_span,
                       .ctx = ctx,
                       .err = err};

    treaty_buf_init(&c.path, 4096);
    treaty_buf_init(&c.value, 4096);
    c.fields = TREATY_ARENA_NEW_N(&c.arena, struct treaty_map,
                                  (size_t)c.tree->message_count + 1);
    if (c.fields)
        walk_message(&c, treaty_proto_part_of(schema), 0);
    else
        c.code = treaty_fail_nomem(err);
    if (!c.code)
        c.code = treaty_buf_status(&c.path, err);
    treaty_buf_release(&c.path);
    treaty_buf_release(&c.value);
    treaty_arena_release(&c.arena);
    return c.code;
}
