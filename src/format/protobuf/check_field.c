/* SPDX-License-Identifier: Apache-2.0 */
/* What protoc refuses in a field. */
#include "format/protobuf/check.h"
#include "format/protobuf/number.h"

#include "base/error.h"

enum { RESERVED_FIRST = 19000, RESERVED_LAST = 19999 };

static void check_number(struct treaty_proto_checker *c,
                         const struct treaty_proto_field *field)
{
    const int64_t number = field->number;

    if (number <= 0)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->number_pos,
                            "the number of a field is 1 or more");
    else if (number > TREATY_PROTO_FIELD_MAX && !field->extendee)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->number_pos,
                            "the number of a field is %d or less",
                            TREATY_PROTO_FIELD_MAX);
    else if (number >= RESERVED_FIRST && number <= RESERVED_LAST)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->number_pos,
                            "numbers %d to %d belong to Protobuf itself",
                            RESERVED_FIRST, RESERVED_LAST);
}

/* The range of integers that a type takes, 0 for what is none. */
static const struct {
    uint64_t max;
    uint64_t min; /* how far below zero */
} integers[] = {
    [TREATY_PROTO_INT32] = {INT32_MAX, (uint64_t)INT32_MAX + 1},
    [TREATY_PROTO_SINT32] = {INT32_MAX, (uint64_t)INT32_MAX + 1},
    [TREATY_PROTO_SFIXED32] = {INT32_MAX, (uint64_t)INT32_MAX + 1},
    [TREATY_PROTO_UINT32] = {UINT32_MAX, 0},
    [TREATY_PROTO_FIXED32] = {UINT32_MAX, 0},
    [TREATY_PROTO_INT64] = {INT64_MAX, (uint64_t)INT64_MAX + 1},
    [TREATY_PROTO_SINT64] = {INT64_MAX, (uint64_t)INT64_MAX + 1},
    [TREATY_PROTO_SFIXED64] = {INT64_MAX, (uint64_t)INT64_MAX + 1},
    [TREATY_PROTO_UINT64] = {UINT64_MAX, 0},
    [TREATY_PROTO_FIXED64] = {UINT64_MAX, 0},
    [TREATY_PROTO_SINT64 + 1] = {0, 0},
};

/* NULL, or what is wrong with it. */
static const char *judge_integer(const struct treaty_proto_field *field,
                                 const struct treaty_proto_value *value)
{
    const enum treaty_proto_type type = field->ref.type;
    uint64_t number;

    if (value->kind != TREATY_PROTO_VALUE_NUMBER)
        return "must be an integer";
    if (value->negative && integers[type].min == 0)
        return "cannot be negative";
    if (!treaty_proto_read_integer(value->text, &number))
        return "must be an integer that fits";
    if (number > (value->negative ? integers[type].min : integers[type].max))
        return "does not fit";
    return NULL;
}

static const char *judge_float(const struct treaty_proto_value *value)
{
    if (value->kind == TREATY_PROTO_VALUE_NUMBER ||
        (value->kind == TREATY_PROTO_VALUE_IDENT &&
         (treaty_str_eq_z(value->text, "inf") ||
          treaty_str_eq_z(value->text, "nan"))))
        return NULL;
    return "must be a number, inf or nan";
}

static const char *judge_bool(const struct treaty_proto_value *value)
{
    if (value->kind == TREATY_PROTO_VALUE_IDENT && !value->negative &&
        (treaty_str_eq_z(value->text, "true") ||
         treaty_str_eq_z(value->text, "false")))
        return NULL;
    return "must be true or false";
}

/* A constant is a symbol beside its enum: no need to go through all. */
static bool has_constant(struct treaty_proto_checker *c,
                         const struct treaty_proto_enum *e,
                         struct treaty_str name)
{
    const struct treaty_str scope =
        e->parent ? e->parent->full : e->file->package;
    const struct treaty_proto_constant *constant;
    struct treaty_str full = name;

    if (scope.len)
        full = treaty_arena_join(c->scratch, scope, '.', name);
    if (!full.data) {
        c->code = treaty_fail_nomem(c->loader->err);
        return true;
    }
    constant =
        treaty_proto_find(c->loader->tree, TREATY_PROTO_SYMBOL_CONSTANT, full);
    return e->constant_count && constant >= e->constants &&
           constant < e->constants + e->constant_count;
}

static const char *judge_enum(struct treaty_proto_checker *c,
                              const struct treaty_proto_field *field,
                              const struct treaty_proto_value *value)
{
    const struct treaty_proto_enum *e = field->ref.enumeration;

    if (value->kind != TREATY_PROTO_VALUE_IDENT || value->negative)
        return "must be the name of a constant";
    return has_constant(c, e, value->text) ? NULL
                                           : "is no constant of its enum";
}

static const char *judge_value(struct treaty_proto_checker *c,
                               const struct treaty_proto_field *field,
                               const struct treaty_proto_value *value)
{
    const enum treaty_proto_type type = field->ref.type;

    if (type == TREATY_PROTO_BOOL)
        return judge_bool(value);
    if (type == TREATY_PROTO_ENUM)
        return judge_enum(c, field, value);
    if (type == TREATY_PROTO_FLOAT || type == TREATY_PROTO_DOUBLE)
        return judge_float(value);
    if (type == TREATY_PROTO_STRING || type == TREATY_PROTO_BYTES)
        return value->kind == TREATY_PROTO_VALUE_STRING
                   ? NULL
                   : "must be a string in quotes";
    return integers[type].max ? judge_integer(field, value) : NULL;
}

static void check_default(struct treaty_proto_checker *c,
                          const struct treaty_proto_field *field)
{
    const struct treaty_proto_value *value = &field->default_value->value;
    const char *why = NULL;

    if (c->file->syntax == TREATY_PROTO_3)
        why = "cannot be given, as proto3 has none";
    else if (field->presence == TREATY_PROTO_MANY)
        why = "cannot be given for what is repeated";
    else if (field->ref.type == TREATY_PROTO_MESSAGE ||
             field->ref.type == TREATY_PROTO_GROUP)
        why = "cannot be given for a message";
    else
        why = judge_value(c, field, value);
    if (why)
        treaty_proto_refuse(c, TREATY_EDEFAULT, value->pos,
                            "the default of %s \"%.*s\" %s",
                            treaty_proto_type_name(field->ref.type),
                            TREATY_STR_ARG(field->name), why);
}

static void check_json_name(struct treaty_proto_checker *c,
                            const struct treaty_proto_field *field)
{
    const struct treaty_proto_value *value = &field->json_name->value;
    const struct treaty_str name = value->text;

    if (value->kind != TREATY_PROTO_VALUE_STRING)
        treaty_proto_refuse(c, TREATY_ESCHEMA, value->pos,
                            "\"json_name\" is a string in quotes");
    else if (field->extendee)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->json_name->pos,
                            "an extension has no \"json_name\"; JSON knows it "
                            "by its full name");
    else if (treaty_str_has(name, '\0'))
        treaty_proto_refuse(c, TREATY_ESCHEMA, value->pos,
                            "\"json_name\" cannot hold a NUL");
    else if (name.len > 1 && name.data[0] == '[' &&
             name.data[name.len - 1] == ']')
        treaty_proto_refuse(c, TREATY_ESCHEMA, value->pos,
                            "\"json_name\" cannot be in brackets, which mark "
                            "extensions");
}

static bool is_set(const struct treaty_proto_field *field, const char *option)
{
    return treaty_proto_option_true(&field->options, option);
}

static bool is_long(enum treaty_proto_type type)
{
    return integers[type].max > UINT32_MAX;
}

static void check_options(struct treaty_proto_checker *c,
                          const struct treaty_proto_field *field)
{
    const enum treaty_proto_type type = field->ref.type;
    const struct treaty_proto_option *jstype =
        treaty_proto_option_find(&field->options, "jstype");

    if (is_set(field, "packed") && (field->label != TREATY_PROTO_REPEATED ||
                                    !treaty_proto_is_packable(type)))
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->name_pos,
                            "\"packed\" is for repeated numbers, bools and "
                            "enums only");
    if ((is_set(field, "lazy") || is_set(field, "unverified_lazy")) &&
        (type != TREATY_PROTO_MESSAGE || field->is_delimited))
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->name_pos,
                            "\"lazy\" is for fields that are messages with a "
                            "length only");
    if (jstype && !is_long(type) &&
        !treaty_str_eq_z(jstype->value.text, "JS_NORMAL"))
        treaty_proto_refuse(c, TREATY_ESCHEMA, jstype->pos,
                            "\"jstype\" is for integers of 64 bits only");
}

/* The enum of a proto3 field has an answer to a number that it does not
 * know. */
static void check_enum_use(struct treaty_proto_checker *c,
                           const struct treaty_proto_field *field,
                           const struct treaty_proto_ref *ref)
{
    const struct treaty_proto_enum *e = ref->enumeration;

    if (!e)
        return;
    if (c->file->syntax == TREATY_PROTO_3 && e->is_closed && !field->extendee)
        treaty_proto_refuse(c, TREATY_ETYPE, ref->pos,
                            "enum \"%.*s\" is closed, being of proto2; a "
                            "message of proto3 needs an open one",
                            TREATY_STR_ARG(e->full));
    if (field->is_map && e->constant_count && e->constants[0].number != 0)
        treaty_proto_refuse(c, TREATY_ETYPE, ref->pos,
                            "the first constant of enum \"%.*s\" must be 0 for "
                            "it to be the value of a map",
                            TREATY_STR_ARG(e->full));
}

void treaty_proto_check_field(struct treaty_proto_checker *c,
                              const struct treaty_proto_field *field)
{
    check_number(c, field);
    if (field->is_group && c->file->syntax == TREATY_PROTO_3)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->pos,
                            "proto3 has no groups; define a message");
    check_enum_use(c, field, field->is_map ? &field->value : &field->ref);
    if (field->default_value)
        check_default(c, field);
    if (field->json_name)
        check_json_name(c, field);
    if (field->options.count)
        check_options(c, field);
    if (c->file->syntax == TREATY_PROTO_EDITION)
        treaty_proto_check_field_features(c, field);
}
