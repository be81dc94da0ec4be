/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults by value. What has none written starts at zero, at the empty string
 * or at the first constant of its enum; so a field may get or lose a written
 * default, or another spelling of it, and start as before.
 */
#include "format/protobuf/wire_rules.h"

#include "base/str.h"
#include "format/protobuf/number.h"

#include <math.h>

/* Text or number; a number is an integer as long as it can be. */
struct value {
    bool is_text;
    bool is_double;
    bool negative;
    uint64_t integer;
    double number;
    struct treaty_str text;
};

static struct value integer_of(uint64_t value, bool negative)
{
    return (struct value){.negative = negative && value, .integer = value};
}

static struct value read_number(const struct treaty_proto_value *v)
{
    struct value ret = {.is_double = true};
    uint64_t integer;
    struct treaty_str text = v->text;

    if (treaty_proto_read_integer(text, &integer))
        return integer_of(integer, v->negative);
    if (text.len && (text.data[text.len - 1] | 0x20) == 'f')
        text.len--; /* "1.5f" */
    if (!treaty_str_to_double(text, &ret.number))
        ret.number = NAN;
    if (v->negative)
        ret.number = -ret.number;
    if (ret.number == 0)
        return integer_of(0, false);
    return ret;
}

static struct value read_constant(const struct treaty_proto_enum *e,
                                  struct treaty_str name)
{
    int64_t number = e->constant_count ? e->constants[0].number : 0;

    for (uint32_t i = 0; name.data && i < e->constant_count; i++) {
        if (treaty_str_eq(e->constants[i].name, name))
            number = e->constants[i].number;
    }
    if (number < 0)
        return integer_of(0 - (uint64_t)number, true);
    return integer_of((uint64_t)number, false);
}

/* inf and nan, true and false. */
static struct value read_word(const struct treaty_proto_value *v)
{
    struct value ret = {.is_double = true, .number = NAN};

    if (treaty_str_eq_z(v->text, "true"))
        return integer_of(1, false);
    if (treaty_str_eq_z(v->text, "false"))
        return integer_of(0, false);
    if (treaty_str_eq_z(v->text, "inf"))
        ret.number = v->negative ? -INFINITY : INFINITY;
    return ret;
}

static struct value written_or_first(const struct treaty_proto_field *field)
{
    const struct treaty_proto_option *option = field->default_value;
    const struct treaty_proto_enum *e = field->ref.enumeration;
    const bool is_text = field->ref.type == TREATY_PROTO_STRING ||
                         field->ref.type == TREATY_PROTO_BYTES;

    if (is_text)
        return (struct value){.is_text = true,
                              .text =
                                  option ? option->value.text : TREATY_STR("")};
    if (e)
        return read_constant(e, option ? option->value.text
                                       : (struct treaty_str){NULL, 0});
    if (!option)
        return integer_of(0, false);
    if (option->value.kind == TREATY_PROTO_VALUE_NUMBER)
        return read_number(&option->value);
    return read_word(&option->value);
}

static struct value default_of(const struct treaty_proto_field *field)
{
    struct value ret = written_or_first(field);

    if (field->ref.type == TREATY_PROTO_FLOAT)
        ret.number = (double)(float)ret.number;
    return ret;
}

static bool is_zero(const struct value *v)
{
    return v->is_text ? v->text.len == 0 : !v->is_double && v->integer == 0;
}

static double as_double(const struct value *v)
{
    if (v->is_double)
        return v->number;
    return v->negative ? -(double)v->integer : (double)v->integer;
}

bool treaty_proto_same_default(const struct treaty_proto_field *old,
                               const struct treaty_proto_field *new)
{
    const struct value a = default_of(old);
    const struct value b = default_of(new);

    if (is_zero(&a) || is_zero(&b))
        return is_zero(&a) && is_zero(&b);
    if (a.is_text || b.is_text)
        return a.is_text && b.is_text && treaty_str_eq(a.text, b.text);
    if (!a.is_double && !b.is_double)
        return a.integer == b.integer && a.negative == b.negative;
    if (isnan(as_double(&a)) || isnan(as_double(&b)))
        return isnan(as_double(&a)) && isnan(as_double(&b));
    return as_double(&a) == as_double(&b);
}
