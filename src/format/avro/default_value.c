/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults, from the JSON of a schema to Avro's binary encoding. Encoding puts
 * these bytes into events as they are; decoding reads them with the reader's
 * own plan, so a default looks in memory just like a value that was sent.
 *
 * A schema may hold a default that is no value of its type. Everything is
 * checked here, whatever the parser let pass.
 */
#include "format/avro/plan.h"

#include "base/str.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

/*
 * Fields that fall back to defaults whose fields fall back to defaults can go
 * on for ever, or double at every step, from a schema of a few lines.
 */
enum { NEST_MAX = 512, STEPS_MAX = 1 << 20 };

struct maker {
    struct treaty_buf *out;
    uint32_t nest;
    uint32_t steps;
};

static bool put_value(struct maker *m, const struct treaty_avro_node *node,
                      const struct treaty_json *json);

static void put_long(struct treaty_buf *out, int64_t value)
{
    uint64_t raw = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);

    while (raw >= 0x80) {
        treaty_buf_put_c(out, (char)(raw | 0x80));
        raw >>= 7;
    }
    treaty_buf_put_c(out, (char)raw);
}

static void put_little(struct treaty_buf *out, uint64_t bits, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        treaty_buf_put_c(out, (char)(bits >> 8 * i));
}

static bool put_null(struct maker *m, const struct treaty_avro_node *node,
                     const struct treaty_json *json)
{
    (void)m;
    (void)node;
    return json->kind == TREATY_JSON_NULL;
}

static bool put_boolean(struct maker *m, const struct treaty_avro_node *node,
                        const struct treaty_json *json)
{
    (void)node;
    if (json->kind != TREATY_JSON_BOOL)
        return false;
    treaty_buf_put_c(m->out, (char)json->truth);
    return true;
}

static bool put_integer(struct maker *m, const struct treaty_avro_node *node,
                        const struct treaty_json *json)
{
    int64_t value;

    if (json->kind != TREATY_JSON_NUMBER || !treaty_json_to_i64(json, &value))
        return false;
    if (node->kind == TREATY_AVRO_INT && (int32_t)value != value)
        return false;
    put_long(m->out, value);
    return true;
}

/* What JSON cannot spell as a number is given as text. */
static bool to_double(const struct treaty_json *json, double *ret)
{
    static const struct {
        const char *text;
        double value;
    } odd[] = {
        {"NaN", (double)NAN},
        {"Infinity", (double)INFINITY},
        {"-Infinity", -(double)INFINITY},
    };

    if (json->kind == TREATY_JSON_NUMBER && json->text.len)
        return treaty_json_to_double(json, ret);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        if (json->kind == TREATY_JSON_STRING &&
            treaty_str_eq_z(json->text, odd[i].text)) {
            *ret = odd[i].value;
            return true;
        }
    }
    return false;
}

static bool put_float(struct maker *m, const struct treaty_avro_node *node,
                      const struct treaty_json *json)
{
    double value;
    float narrow;
    uint64_t bits;
    uint32_t narrow_bits;

    if (!to_double(json, &value))
        return false;
    if (node->kind == TREATY_AVRO_DOUBLE) {
        memcpy(&bits, &value, sizeof(bits));
        put_little(m->out, bits, 8);
        return true;
    }
    narrow = (float)value;
    memcpy(&narrow_bits, &narrow, sizeof(narrow_bits));
    put_little(m->out, narrow_bits, 4);
    return true;
}

static bool put_string(struct maker *m, const struct treaty_avro_node *node,
                       const struct treaty_json *json)
{
    (void)node;
    if (json->kind != TREATY_JSON_STRING)
        return false;
    put_long(m->out, (int64_t)json->text.len);
    treaty_buf_put(m->out, json->text);
    return true;
}

/* One character a byte; false for characters above U+00FF. */
static bool put_latin1(struct treaty_buf *out, struct treaty_str text)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t cp = treaty_utf8_next(text, &at);

        if (cp > 0xFF)
            return false;
        treaty_buf_put_c(out, (char)cp);
    }
    return true;
}

static size_t count_chars(struct treaty_str text)
{
    size_t count = 0;

    for (size_t at = 0; at < text.len; count++)
        (void)treaty_utf8_next(text, &at);
    return count;
}

static bool put_bytes(struct maker *m, const struct treaty_avro_node *node,
                      const struct treaty_json *json)
{
    size_t len = count_chars(json->text);

    if (json->kind != TREATY_JSON_STRING)
        return false;
    if (node->kind == TREATY_AVRO_FIXED && len != node->size)
        return false;
    if (node->kind == TREATY_AVRO_BYTES)
        put_long(m->out, (int64_t)len);
    return put_latin1(m->out, json->text);
}

static bool put_enum(struct maker *m, const struct treaty_avro_node *node,
                     const struct treaty_json *json)
{
    int32_t symbol = -1;

    if (json->kind == TREATY_JSON_STRING)
        symbol = treaty_avro_symbol_find(node, json->text);
    if (symbol < 0)
        return false;
    put_long(m->out, symbol);
    return true;
}

/* Fields that the default leaves out have defaults of their own. */
static bool put_record(struct maker *m, const struct treaty_avro_node *node,
                       const struct treaty_json *json)
{
    if (json->kind != TREATY_JSON_OBJECT)
        return false;
    for (uint32_t i = 0; i < node->field_count; i++) {
        const struct treaty_avro_field *field = &node->fields[i];
        const struct treaty_json *value =
            treaty_json_get_str(json, field->name);

        if (!value)
            value = field->default_json;
        if (!value || !put_value(m, field->type, value))
            return false;
    }
    return true;
}

static bool put_array(struct maker *m, const struct treaty_avro_node *node,
                      const struct treaty_json *json)
{
    if (json->kind != TREATY_JSON_ARRAY)
        return false;
    if (json->count)
        put_long(m->out, json->count);
    for (const struct treaty_json *item = json->child; item;
         item = item->next) {
        if (!put_value(m, node->item, item))
            return false;
    }
    treaty_buf_put_c(m->out, 0);
    return true;
}

static bool put_map(struct maker *m, const struct treaty_avro_node *node,
                    const struct treaty_json *json)
{
    if (json->kind != TREATY_JSON_OBJECT)
        return false;
    if (json->count)
        put_long(m->out, json->count);
    for (const struct treaty_json *value = json->child; value;
         value = value->next) {
        put_long(m->out, (int64_t)value->name.len);
        treaty_buf_put(m->out, value->name);
        if (!put_value(m, node->item, value))
            return false;
    }
    treaty_buf_put_c(m->out, 0);
    return true;
}

static bool put_union(struct maker *m, const struct treaty_avro_node *node,
                      const struct treaty_json *json)
{
    int32_t branch = treaty_avro_default_branch(node, json);

    if (branch < 0)
        return false;
    put_long(m->out, branch);
    return put_value(m, node->branches[branch], json);
}

static bool put_value(struct maker *m, const struct treaty_avro_node *node,
                      const struct treaty_json *json)
{
    static bool (*const writers[])(struct maker *,
                                   const struct treaty_avro_node *,
                                   const struct treaty_json *) = {
        [TREATY_AVRO_NULL] = put_null,     [TREATY_AVRO_BOOLEAN] = put_boolean,
        [TREATY_AVRO_INT] = put_integer,   [TREATY_AVRO_LONG] = put_integer,
        [TREATY_AVRO_FLOAT] = put_float,   [TREATY_AVRO_DOUBLE] = put_float,
        [TREATY_AVRO_BYTES] = put_bytes,   [TREATY_AVRO_STRING] = put_string,
        [TREATY_AVRO_FIXED] = put_bytes,   [TREATY_AVRO_ENUM] = put_enum,
        [TREATY_AVRO_RECORD] = put_record, [TREATY_AVRO_ARRAY] = put_array,
        [TREATY_AVRO_MAP] = put_map,       [TREATY_AVRO_UNION] = put_union,
    };
    bool ok;

    if (m->nest == NEST_MAX || m->steps == STEPS_MAX)
        return false;
    m->steps++;
    m->nest++;
    ok = writers[node->kind](m, node, json);
    m->nest--;
    return ok && m->out->failed == TREATY_OK;
}

bool treaty_avro_put_default(struct treaty_buf *out,
                             const struct treaty_avro_node *node,
                             const struct treaty_json *json)
{
    struct maker maker = {.out = out};

    return put_value(&maker, node, json);
}
