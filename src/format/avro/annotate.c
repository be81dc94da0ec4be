/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second, plain decoder: it follows the schema tree byte by byte and says
 * what each byte is.
 */
#include "base/str.h"
#include "format/avro/format.h"
#include "format/avro/schema.h"
#include "format/spans.h"

static int64_t read_long(struct treaty_spans *s, const char *what)
{
    return treaty_spans_unzigzag(treaty_spans_varint(s, what));
}

static void walk(struct treaty_spans *s, const struct treaty_avro_node *node);

static void walk_boolean(struct treaty_spans *s)
{
    size_t from = s->at;
    const char *byte =
        treaty_spans_bytes(s, 1, "the payload ends before a boolean");

    if (!byte)
        return;
    treaty_buf_put_z(&s->value, *byte == 1 ? "true" : "false");
    treaty_spans_give(s, from, TREATY_STR("boolean"));
}

static void walk_integer(struct treaty_spans *s,
                         const struct treaty_avro_node *node)
{
    size_t from = s->at;
    int64_t value = read_long(s, "the payload ends inside an integer");

    if (node->kind == TREATY_AVRO_INT &&
        (value < INT32_MIN || value > INT32_MAX))
        treaty_spans_fail(s, TREATY_EVARINT, from,
                          "this int has more than 32 bits");
    treaty_buf_put_i64(&s->value, value);
    if (node->logical.len) {
        treaty_buf_put_z(&s->value, " ");
        treaty_buf_put(&s->value, node->logical);
    }
    treaty_spans_give(s, from, treaty_avro_type_name(node));
}

static void walk_float(struct treaty_spans *s)
{
    size_t from = s->at;
    uint64_t bits = treaty_spans_fixed(s, 4, "the payload ends inside a float");

    treaty_spans_put_float(s, bits);
    treaty_spans_give(s, from, TREATY_STR("float"));
}

static void walk_double(struct treaty_spans *s)
{
    size_t from = s->at;
    uint64_t bits =
        treaty_spans_fixed(s, 8, "the payload ends inside a double");

    treaty_spans_put_double(s, bits);
    treaty_spans_give(s, from, TREATY_STR("double"));
}

static void walk_blob(struct treaty_spans *s,
                      const struct treaty_avro_node *node)
{
    bool is_text = node->kind == TREATY_AVRO_STRING;
    size_t from = s->at;
    int64_t len = read_long(s, "the payload ends before a length");
    const char *data;

    if (len < 0 || (uint64_t)len > s->end - s->at) {
        treaty_spans_fail(s, len < 0 ? TREATY_ELENGTH : TREATY_ETRUNCATED, from,
                          "this length reaches past the end of the payload");
        return;
    }
    treaty_buf_put_i64(&s->value, len);
    treaty_spans_give(s, from, TREATY_STR("length"));
    from = s->at;
    data =
        treaty_spans_bytes(s, (size_t)len, "the payload ends inside a string");
    if (!data || len == 0)
        return;
    treaty_spans_put_data(s, (struct treaty_str){data, (size_t)len}, is_text);
    treaty_spans_give(s, from, treaty_avro_type_name(node));
}

static void walk_fixed(struct treaty_spans *s,
                       const struct treaty_avro_node *node)
{
    size_t from = s->at;
    const char *data =
        treaty_spans_bytes(s, node->size, "the payload ends inside a fixed");

    if (!data)
        return;
    treaty_spans_put_data(s, (struct treaty_str){data, node->size}, false);
    treaty_spans_give(s, from, treaty_avro_type_name(node));
}

static void walk_enum(struct treaty_spans *s,
                      const struct treaty_avro_node *node)
{
    size_t from = s->at;
    int64_t symbol = read_long(s, "the payload ends before an enum");

    treaty_buf_put_i64(&s->value, symbol);
    if (!s->code && (symbol < 0 || symbol >= node->symbol_count)) {
        treaty_spans_fail(s, TREATY_ESYMBOL, from,
                          "the enum has no symbol of this number");
        return;
    }
    if (!s->code) {
        treaty_buf_put_z(&s->value, " = ");
        treaty_buf_put(&s->value, node->symbols[symbol]);
    }
    treaty_spans_give(s, from, treaty_avro_type_name(node));
}

static void walk_union(struct treaty_spans *s,
                       const struct treaty_avro_node *node)
{
    size_t from = s->at;
    int64_t branch = read_long(s, "the payload ends before a union");

    if (!s->code && (branch < 0 || branch >= node->branch_count))
        treaty_spans_fail(s, TREATY_EBRANCH, from,
                          "the union has no branch of this number");
    if (s->code)
        return;
    treaty_buf_put_i64(&s->value, branch);
    treaty_buf_put_z(&s->value, " = ");
    treaty_buf_put(&s->value, treaty_avro_type_name(node->branches[branch]));
    treaty_spans_give(s, from, TREATY_STR("branch"));
    walk(s, node->branches[branch]);
}

static void walk_record(struct treaty_spans *s,
                        const struct treaty_avro_node *node)
{
    size_t len = s->path.len;

    for (uint32_t i = 0; i < node->field_count && !s->code; i++) {
        if (len)
            treaty_buf_put_c(&s->path, '.');
        treaty_buf_put(&s->path, node->fields[i].name);
        walk(s, node->fields[i].type);
        s->path.len = len;
    }
}

static void walk_entry(struct treaty_spans *s,
                       const struct treaty_avro_node *node, uint64_t index)
{
    static const struct treaty_avro_node key_node = {.kind =
                                                         TREATY_AVRO_STRING};
    size_t len = s->path.len;

    if (node->kind == TREATY_AVRO_MAP) {
        treaty_buf_printf(&s->path, "{%llu}", (unsigned long long)index);
        walk(s, &key_node);
    } else {
        treaty_buf_printf(&s->path, "[%llu]", (unsigned long long)index);
    }
    walk(s, node->item);
    s->path.len = len;
}

/* Blocks of items: a count, negative when a size in bytes follows. */
static void walk_items(struct treaty_spans *s,
                       const struct treaty_avro_node *node)
{
    uint64_t index = 0;

    while (!s->code) {
        size_t from = s->at;
        int64_t count = read_long(s, "the payload ends before a block");
        uint64_t items = (uint64_t)count;

        if (count < 0) {
            items = 0 - items;
            (void)read_long(s, "the payload ends before a block's size");
        }
        treaty_buf_printf(&s->value, "%llu items", (unsigned long long)items);
        treaty_spans_give(s, from,
                          count ? TREATY_STR("block") : TREATY_STR("end"));
        if (!count)
            return;
        for (uint64_t i = 0; i < items && !s->code; i++)
            walk_entry(s, node, index++);
    }
}

static void walk_null(struct treaty_spans *s)
{
    treaty_buf_put_z(&s->value, "null");
    treaty_spans_give(s, s->at, TREATY_STR("null"));
}

static void walk_kind(struct treaty_spans *s,
                      const struct treaty_avro_node *node)
{
    switch (node->kind) {
    case TREATY_AVRO_NULL:
        walk_null(s);
        return;
    case TREATY_AVRO_BOOLEAN:
        walk_boolean(s);
        return;
    case TREATY_AVRO_INT:
    case TREATY_AVRO_LONG:
        walk_integer(s, node);
        return;
    case TREATY_AVRO_FLOAT:
        walk_float(s);
        return;
    case TREATY_AVRO_DOUBLE:
        walk_double(s);
        return;
    case TREATY_AVRO_BYTES:
    case TREATY_AVRO_STRING:
        walk_blob(s, node);
        return;
    case TREATY_AVRO_FIXED:
        walk_fixed(s, node);
        return;
    case TREATY_AVRO_ENUM:
        walk_enum(s, node);
        return;
    case TREATY_AVRO_RECORD:
        walk_record(s, node);
        return;
    case TREATY_AVRO_ARRAY:
    case TREATY_AVRO_MAP:
        walk_items(s, node);
        return;
    case TREATY_AVRO_UNION:
        walk_union(s, node);
        return;
    }
}

static void walk(struct treaty_spans *s, const struct treaty_avro_node *node)
{
    if (!treaty_spans_enter(s))
        return;
    walk_kind(s, node);
    treaty_spans_leave(s);
}

enum treaty_code treaty_avro_annotate(const struct treaty_schema *schema,
                                      struct treaty_str payload,
                                      treaty_span_fn give, void *ctx,
                                      struct treaty_error *err)
{
    struct treaty_spans s;

    treaty_spans_init(&s, payload, give, ctx, err);
    walk(&s, treaty_avro_tree(schema)->root);
    return treaty_spans_finish(&s);
}
