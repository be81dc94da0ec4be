/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logical types (Avro 1.12, "Logical Types"). One whose attributes are not
 * sound is as good as absent; the attributes stay, as ordinary ones.
 */
#include "base/str.h"
#include "format/avro/parser.h"

struct rule {
    const char *name;
    enum treaty_avro_kind kind;
    uint32_t size; /* of a FIXED */
};

static const struct rule rules[] = {
    {"big-decimal", TREATY_AVRO_BYTES, 0},
    {"date", TREATY_AVRO_INT, 0},
    {"duration", TREATY_AVRO_FIXED, 12},
    {"local-timestamp-micros", TREATY_AVRO_LONG, 0},
    {"local-timestamp-millis", TREATY_AVRO_LONG, 0},
    {"local-timestamp-nanos", TREATY_AVRO_LONG, 0},
    {"time-micros", TREATY_AVRO_LONG, 0},
    {"time-millis", TREATY_AVRO_INT, 0},
    {"timestamp-micros", TREATY_AVRO_LONG, 0},
    {"timestamp-millis", TREATY_AVRO_LONG, 0},
    {"timestamp-nanos", TREATY_AVRO_LONG, 0},
    {"uuid", TREATY_AVRO_FIXED, 16},
    {"uuid", TREATY_AVRO_STRING, 0},
};

static const struct treaty_json *find_prop(const struct treaty_avro_node *node,
                                           const char *name)
{
    for (uint32_t i = 0; i < node->props.count; i++) {
        if (treaty_str_eq_z(node->props.items[i].name, name))
            return node->props.items[i].value;
    }
    return NULL;
}

static bool is_sound(const struct treaty_avro_node *node,
                     struct treaty_str logical)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];

        if (rule->kind == node->kind && rule->size == node->size &&
            treaty_str_eq_z(logical, rule->name))
            return true;
    }
    return false;
}

static bool read_int32(const struct treaty_json *json, int32_t *ret)
{
    int64_t value;

    if (!json || !treaty_json_to_i64(json, &value) || value < INT32_MIN ||
        value > INT32_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

/*
 * Decimal digits that `size` bytes of two's complement always hold:
 * floor(log10(2) * (8 * size - 1)).
 */
static int64_t digits_of(uint32_t size)
{
    const double log10_of_2 = 0.30102999566398119521;

    if (size == 0)
        return -1;
    return (int64_t)(log10_of_2 * (8.0 * size - 1));
}

static bool read_decimal(const struct treaty_avro_node *node,
                         int32_t *ret_precision, int32_t *ret_scale)
{
    const struct treaty_json *scale = find_prop(node, "scale");

    if (node->kind != TREATY_AVRO_BYTES && node->kind != TREATY_AVRO_FIXED)
        return false;
    if (!read_int32(find_prop(node, "precision"), ret_precision))
        return false;
    if (scale && !read_int32(scale, ret_scale))
        return false;
    if (node->kind == TREATY_AVRO_FIXED &&
        *ret_precision > digits_of(node->size))
        return false;
    return *ret_precision > 0 && *ret_scale >= 0 &&
           *ret_scale <= *ret_precision;
}

void treaty_avro_read_logical(struct treaty_avro_node *node)
{
    const struct treaty_json *logical = find_prop(node, "logicalType");
    int32_t precision = 0;
    int32_t scale = 0;

    if (!logical || logical->kind != TREATY_JSON_STRING)
        return;
    if (treaty_str_eq_z(logical->text, "decimal")) {
        if (!read_decimal(node, &precision, &scale))
            return;
        node->precision = precision;
        node->scale = scale;
    } else if (!is_sound(node, logical->text)) {
        return;
    }
    node->logical = logical->text;
}
