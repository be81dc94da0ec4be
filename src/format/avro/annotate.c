/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/avro/format.h"
#include "format/avro/schema.h"

/*
 * A second, plain decoder: it follows the schema tree byte by byte and says
 * what each byte is. It shares nothing with the plan, so that a hexdump can be
 * held against what the plan decoded.
 *
 * The cursor's first error sticks: after it reads yield zeros and nothing more
 * is given out.
 */
enum {
    DEPTH_MAX = 256,
    SPANS_MAX = 1 << 20, /* an array of nulls costs no bytes */
    VALUE_SHOWN = 48,    /* bytes of a string or blob that are shown */
};

struct cursor {
    const struct treaty_str payload;
    size_t at;
    struct treaty_buf path;
    struct treaty_buf value;
    treaty_span_fn give;
    void *ctx;
    struct treaty_error *err;
    enum treaty_code code;
    uint32_t depth;
    uint32_t spans;
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

static int64_t read_long(struct cursor *c, const char *what)
{
    uint64_t bits = 0;
    size_t from = c->at;

    for (unsigned shift = 0; shift < 70 && !c->code; shift += 7) {
        uint8_t byte;

        if (c->at >= c->payload.len) {
            fail(c, TREATY_ETRUNCATED, from, what);
            return 0;
        }
        byte = (uint8_t)c->payload.data[c->at++];
        if (shift == 63 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    }
    fail(c, TREATY_EVARINT, from, "this integer has more than 64 bits");
    return 0;
}

static const char *read_raw(struct cursor *c, size_t len, const char *what)
{
    const char *data = c->payload.data + c->at;

    if (c->code || c->payload.len - c->at < len) {
        fail(c, TREATY_ETRUNCATED, c->at, what);
        return NULL;
    }
    c->at += len;
    return data;
}

static void walk(struct cursor *c, const struct treaty_avro_node *node);

static void walk_boolean(struct cursor *c)
{
    size_t from = c->at;
    const char *byte = read_raw(c, 1, "the payload ends before a boolean");

    if (!byte)
        return;
    treaty_buf_put_z(&c->value, *byte == 1 ? "true" : "false");
    give(c, from, TREATY_STR("boolean"));
}

static void walk_integer(struct cursor *c, const struct treaty_avro_node *node)
{
    size_t from = c->at;
    int64_t value = read_long(c, "the payload ends inside an integer");

    if (node->kind == TREATY_AVRO_INT &&
        (value < INT32_MIN || value > INT32_MAX))
        fail(c, TREATY_EVARINT, from, "this int has more than 32 bits");
    treaty_buf_put_i64(&c->value, value);
    if (node->logical.len) {
        treaty_buf_put_z(&c->value, " ");
        treaty_buf_put(&c->value, node->logical);
    }
    give(c, from, treaty_avro_type_name(node));
}

/* Little-endian, whatever the machine. */
static uint64_t little_endian(const char *bytes, size_t len)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < len; i++)
        bits |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return bits;
}

static void walk_float(struct cursor *c)
{
    size_t from = c->at;
    const char *bytes = read_raw(c, 4, "the payload ends inside a float");
    uint32_t bits;
    float value;

    if (!bytes)
        return;
    bits = (uint32_t)little_endian(bytes, 4);
    memcpy(&value, &bits, sizeof(value));
    treaty_json_put_float(&c->value, value);
    give(c, from, TREATY_STR("float"));
}

static void walk_double(struct cursor *c)
{
    size_t from = c->at;
    const char *bytes = read_raw(c, 8, "the payload ends inside a double");
    uint64_t bits;
    double value;

    if (!bytes)
        return;
    bits = little_endian(bytes, 8);
    memcpy(&value, &bits, sizeof(value));
    treaty_json_put_double(&c->value, value);
    give(c, from, TREATY_STR("double"));
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
}

static void walk_blob(struct cursor *c, const struct treaty_avro_node *node)
{
    bool is_text = node->kind == TREATY_AVRO_STRING;
    size_t from = c->at;
    int64_t len = read_long(c, "the payload ends before a length");
    const char *data;

    if (len < 0 || (uint64_t)len > c->payload.len - c->at) {
        fail(c, len < 0 ? TREATY_ELENGTH : TREATY_ETRUNCATED, from,
             "this length reaches past the end of the payload");
        return;
    }
    treaty_buf_put_i64(&c->value, len);
    give(c, from, TREATY_STR("length"));
    from = c->at;
    data = read_raw(c, (size_t)len, "the payload ends inside a string");
    if (!data || len == 0)
        return;
    put_shown(c, (struct treaty_str){data, (size_t)len}, is_text);
    if (is_text && !treaty_utf8_valid((struct treaty_str){data, (size_t)len}))
        treaty_buf_put_z(&c->value, " not UTF-8");
    give(c, from, treaty_avro_type_name(node));
}

static void walk_fixed(struct cursor *c, const struct treaty_avro_node *node)
{
    size_t from = c->at;
    const char *data =
        read_raw(c, node->size, "the payload ends inside a fixed");

    if (!data)
        return;
    put_shown(c, (struct treaty_str){data, node->size}, false);
    give(c, from, treaty_avro_type_name(node));
}

static void walk_enum(struct cursor *c, const struct treaty_avro_node *node)
{
    size_t from = c->at;
    int64_t symbol = read_long(c, "the payload ends before an enum");

    treaty_buf_put_i64(&c->value, symbol);
    if (!c->code && (symbol < 0 || symbol >= node->symbol_count)) {
        fail(c, TREATY_ESYMBOL, from, "the enum has no symbol of this number");
        return;
    }
    if (!c->code) {
        treaty_buf_put_z(&c->value, " = ");
        treaty_buf_put(&c->value, node->symbols[symbol]);
    }
    give(c, from, treaty_avro_type_name(node));
}

static void walk_union(struct cursor *c, const struct treaty_avro_node *node)
{
    size_t from = c->at;
    int64_t branch = read_long(c, "the payload ends before a union");

    if (!c->code && (branch < 0 || branch >= node->branch_count))
        fail(c, TREATY_EBRANCH, from, "the union has no branch of this number");
    if (c->code)
        return;
    treaty_buf_put_i64(&c->value, branch);
    treaty_buf_put_z(&c->value, " = ");
    treaty_buf_put(&c->value, treaty_avro_type_name(node->branches[branch]));
    give(c, from, TREATY_STR("branch"));
    walk(c, node->branches[branch]);
}

static void walk_record(struct cursor *c, const struct treaty_avro_node *node)
{
    size_t len = c->path.len;

    for (uint32_t i = 0; i < node->field_count && !c->code; i++) {
        if (len)
            treaty_buf_put_c(&c->path, '.');
        treaty_buf_put(&c->path, node->fields[i].name);
        walk(c, node->fields[i].type);
        c->path.len = len;
    }
}

static void walk_entry(struct cursor *c, const struct treaty_avro_node *node,
                       uint64_t index)
{
    static const struct treaty_avro_node key_node = {.kind =
                                                         TREATY_AVRO_STRING};
    size_t len = c->path.len;

    if (node->kind == TREATY_AVRO_MAP) {
        treaty_buf_printf(&c->path, "{%llu}", (unsigned long long)index);
        walk(c, &key_node);
    } else {
        treaty_buf_printf(&c->path, "[%llu]", (unsigned long long)index);
    }
    walk(c, node->item);
    c->path.len = len;
}

/* Blocks of items: a count, negative when a size in bytes follows. */
static void walk_items(struct cursor *c, const struct treaty_avro_node *node)
{
    uint64_t index = 0;

    while (!c->code) {
        size_t from = c->at;
        int64_t count = read_long(c, "the payload ends before a block");
        uint64_t items = (uint64_t)count;

        if (count < 0) {
            items = 0 - items;
            (void)read_long(c, "the payload ends before a block's size");
        }
        treaty_buf_printf(&c->value, "%llu items", (unsigned long long)items);
        give(c, from, count ? TREATY_STR("block") : TREATY_STR("end"));
        if (!count)
            return;
        for (uint64_t i = 0; i < items && !c->code; i++)
            walk_entry(c, node, index++);
    }
}

static void walk_null(struct cursor *c)
{
    treaty_buf_put_z(&c->value, "null");
    give(c, c->at, TREATY_STR("null"));
}

static void walk_kind(struct cursor *c, const struct treaty_avro_node *node)
{
    switch (node->kind) {
    case TREATY_AVRO_NULL:
        walk_null(c);
        return;
    case TREATY_AVRO_BOOLEAN:
        walk_boolean(c);
        return;
    case TREATY_AVRO_INT:
    case TREATY_AVRO_LONG:
        walk_integer(c, node);
        return;
    case TREATY_AVRO_FLOAT:
        walk_float(c);
        return;
    case TREATY_AVRO_DOUBLE:
        walk_double(c);
        return;
    case TREATY_AVRO_BYTES:
    case TREATY_AVRO_STRING:
        walk_blob(c, node);
        return;
    case TREATY_AVRO_FIXED:
        walk_fixed(c, node);
        return;
    case TREATY_AVRO_ENUM:
        walk_enum(c, node);
        return;
    case TREATY_AVRO_RECORD:
        walk_record(c, node);
        return;
    case TREATY_AVRO_ARRAY:
    case TREATY_AVRO_MAP:
        walk_items(c, node);
        return;
    case TREATY_AVRO_UNION:
        walk_union(c, node);
        return;
    }
}

static void walk(struct cursor *c, const struct treaty_avro_node *node)
{
    if (c->depth >= DEPTH_MAX)
        fail(c, TREATY_EDEPTH, c->at, "the event is nested too deeply to show");
    if (c->code)
        return;
    c->depth++;
    walk_kind(c, node);
    c->depth--;
}

enum treaty_code treaty_avro_annotate(const struct treaty_schema *schema,
                                      struct treaty_str payload,
                                      treaty_span_fn give_span, void *ctx,
                                      struct treaty_error *err)
{
    struct cursor c = {
        .payload = payload, .give = give_span, .ctx = ctx, .err = err};

    treaty_buf_init(&c.path, 4096);
    treaty_buf_init(&c.value, 4096);
    walk(&c, treaty_avro_tree(schema)->root);
    if (!c.code)
        c.code = treaty_buf_status(&c.path, err);
    treaty_buf_release(&c.path);
    treaty_buf_release(&c.value);
    return c.code;
}
