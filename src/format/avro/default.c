/* SPDX-License-Identifier: Apache-2.0 */
/* Does a default fit its type? (Avro 1.12, "Complex Types", the table of
 * defaults, as far as the reference looks.) */
#include "base/error.h"
#include "base/str.h"
#include "format/avro/parser.h"

/* What may stand as a default, for people. */
static const char *const wanted[] = {
    [TREATY_AVRO_NULL] = "null",
    [TREATY_AVRO_BOOLEAN] = "true or false",
    [TREATY_AVRO_INT] = "a whole number of 32 bits",
    [TREATY_AVRO_LONG] = "a whole number of 64 bits",
    [TREATY_AVRO_FLOAT] = "a number",
    [TREATY_AVRO_DOUBLE] = "a number",
    [TREATY_AVRO_BYTES] = "a string, one character a byte",
    [TREATY_AVRO_STRING] = "a string",
    [TREATY_AVRO_FIXED] = "a string, one character a byte",
    [TREATY_AVRO_ENUM] = "a symbol in quotes",
    [TREATY_AVRO_RECORD] = "an object with each field that has no default",
    [TREATY_AVRO_ARRAY] = "an array whose items fit",
    [TREATY_AVRO_MAP] = "an object whose values fit",
    [TREATY_AVRO_UNION] = "a value of one of the branches",
};

enum { SHOWN_MAX = 40 }; /* bytes of the default that a message quotes */

/* A name that is not known yet stands as "?.name". */
static bool is_placeholder(const struct treaty_avro_node *node)
{
    return treaty_str_starts(node->full, TREATY_STR("?."));
}

/* As much of a text as is shown, and never a part of a character. */
static struct treaty_str cut_text(struct treaty_str s)
{
    size_t len = SHOWN_MAX;

    if (s.len <= len)
        return s;
    while (len > 0 && ((unsigned char)s.data[len] & 0xc0) == 0x80)
        len--;
    return treaty_str_sub(s, 0, len);
}

enum treaty_code treaty_avro_fail_default(struct treaty_avro_parser *p,
                                          const struct treaty_avro_field *field,
                                          const struct treaty_json *json)
{
    const struct treaty_avro_node *type = field->type;
    struct treaty_str type_name = treaty_avro_type_name(type);
    struct treaty_str shown =
        treaty_str_sub(p->keep.text, json->pos, json->end - json->pos);
    const char *more = shown.len > SHOWN_MAX ? "..." : "";

    shown = cut_text(shown);
    if (is_placeholder(type))
        return treaty_fail(p->err, TREATY_EDEFAULT, json->pos,
                           "the default of field \"%.*s\" is %.*s%s, but "
                           "its type is defined only further down; define the "
                           "type here, where it is used first",
                           TREATY_STR_ARG(field->name), TREATY_STR_ARG(shown),
                           more);
    if (json->kind == TREATY_JSON_NULL && type->kind != TREATY_AVRO_UNION)
        return treaty_fail(p->err, TREATY_EDEFAULT, json->pos,
                           "the default of field \"%.*s\" is null, but type "
                           "\"%.*s\" takes %s; write [\"null\", ...] as the "
                           "type to allow null",
                           TREATY_STR_ARG(field->name),
                           TREATY_STR_ARG(type_name), wanted[type->kind]);
    return treaty_fail(p->err, TREATY_EDEFAULT, json->pos,
                       "the default of field \"%.*s\" is %.*s%s, but type "
                       "\"%.*s\" takes %s",
                       TREATY_STR_ARG(field->name), TREATY_STR_ARG(shown), more,
                       TREATY_STR_ARG(type_name), wanted[type->kind]);
}

static bool is_int(const struct treaty_json *value)
{
    int64_t number;

    return treaty_json_to_i64(value, &number) && number >= INT32_MIN &&
           number <= INT32_MAX;
}

static bool is_long(const struct treaty_json *value)
{
    int64_t number;

    return treaty_json_to_i64(value, &number);
}

static bool children_fit(const struct treaty_avro_node *node,
                         const struct treaty_json *value)
{
    for (const struct treaty_json *c = value->child; c; c = c->next) {
        if (!treaty_avro_default_fits(node->item, c))
            return false;
    }
    return true;
}

/*
 * Members that are no fields do not matter, and fields without a member take
 * their own default. Members of a kept value differ, so it is enough to count
 * the ones that must be there.
 */
static bool fields_fit(const struct treaty_avro_node *record,
                       const struct treaty_json *value)
{
    uint32_t required = 0;

    for (const struct treaty_json *m = value->child; m; m = m->next) {
        const struct treaty_avro_field *field =
            treaty_avro_field_find(record, m->name);

        if (!field)
            continue;
        if (!treaty_avro_default_fits(field->type, m))
            return false;
        if (!field->default_json)
            required++;
    }
    return required == record->required_count;
}

bool treaty_avro_default_fits(const struct treaty_avro_node *node,
                              const struct treaty_json *value)
{
    switch (node->kind) {
    case TREATY_AVRO_NULL:
        return value->kind == TREATY_JSON_NULL;
    case TREATY_AVRO_BOOLEAN:
        return value->kind == TREATY_JSON_BOOL;
    case TREATY_AVRO_INT:
        return is_int(value);
    case TREATY_AVRO_LONG:
        return is_long(value);
    case TREATY_AVRO_FLOAT:
    case TREATY_AVRO_DOUBLE:
        return value->kind == TREATY_JSON_NUMBER;
    case TREATY_AVRO_BYTES:
    case TREATY_AVRO_STRING:
    case TREATY_AVRO_FIXED:
    case TREATY_AVRO_ENUM:
        return value->kind == TREATY_JSON_STRING;
    case TREATY_AVRO_RECORD:
        return value->kind == TREATY_JSON_OBJECT && fields_fit(node, value);
    case TREATY_AVRO_ARRAY:
        return value->kind == TREATY_JSON_ARRAY && children_fit(node, value);
    case TREATY_AVRO_MAP:
        return value->kind == TREATY_JSON_OBJECT && children_fit(node, value);
    case TREATY_AVRO_UNION:
        return treaty_avro_default_branch(node, value) >= 0;
    }
    return false;
}

int32_t treaty_avro_default_branch(const struct treaty_avro_node *node,
                                   const struct treaty_json *value)
{
    for (uint32_t i = 0; i < node->branch_count; i++) {
        if (treaty_avro_default_fits(node->branches[i], value))
            return (int32_t)i;
    }
    return -1;
}
