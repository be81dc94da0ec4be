/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options. Within an aggregate the text format rules, which is more
 * liberal than an option statement: a bool may be `t` or 1, an enum a number,
 * and infinity has two names.
 */
#include "format/protobuf/option_value.h"

#include "base/error.h"
#include "format/protobuf/load.h"
#include "format/protobuf/number.h"

#include <math.h>

/* What is being set to what. */
struct setting {
    struct treaty_proto_interpreter *in;
    struct treaty_proto_dynamic *message;
    const struct treaty_proto_field *field;
    const struct treaty_proto_value *value;
    bool is_text_format;
};

static enum treaty_code set(const struct setting *s, struct treaty_error *err);

/* Bits of the integer types, and whether they have a sign. */
static const struct integer {
    int bits;
    bool is_signed;
} integers[] = {
    [TREATY_PROTO_INT64] = {64, true},    [TREATY_PROTO_UINT64] = {64, false},
    [TREATY_PROTO_INT32] = {32, true},    [TREATY_PROTO_FIXED64] = {64, false},
    [TREATY_PROTO_FIXED32] = {32, false}, [TREATY_PROTO_UINT32] = {32, false},
    [TREATY_PROTO_SFIXED32] = {32, true}, [TREATY_PROTO_SFIXED64] = {64, true},
    [TREATY_PROTO_SINT32] = {32, true},   [TREATY_PROTO_SINT64] = {64, true},
};

static enum treaty_code refuse(const struct setting *s, const char *wanted,
                               struct treaty_error *err)
{
    return treaty_fail(err, TREATY_ESCHEMA, s->value->pos,
                       "the option %.*s takes %s",
                       TREATY_STR_ARG(s->field->full), wanted);
}

/* A signed or unsigned integer of so many bits; false when it is none. */
static bool read_integer(const struct treaty_proto_value *value,
                         struct integer kind, uint64_t *ret)
{
    uint64_t max = kind.bits == 64 ? UINT64_MAX : UINT32_MAX;
    uint64_t bits;

    if (value->kind != TREATY_PROTO_VALUE_NUMBER ||
        !treaty_proto_read_integer(value->text, &bits))
        return false;
    if (kind.is_signed)
        max = max / 2 + value->negative;
    else if (value->negative)
        return false;
    if (bits > max)
        return false;
    *ret = value->negative ? 0 - bits : bits;
    return true;
}

static enum treaty_code set_integer(const struct setting *s,
                                    struct treaty_proto_dynamic_value *to,
                                    struct treaty_error *err)
{
    if (read_integer(s->value, integers[s->field->ref.type], &to->bits))
        return TREATY_OK;
    return treaty_fail(err, TREATY_ESCHEMA, s->value->pos,
                       "the option %.*s takes an integer of the type %s",
                       TREATY_STR_ARG(s->field->full),
                       treaty_proto_type_name(s->field->ref.type));
}

static bool is_named(const struct setting *s, const char *name)
{
    struct treaty_str text = s->value->text;

    if (s->is_text_format)
        return treaty_str_eq_nocase(text, treaty_str_z(name));
    return treaty_str_eq_z(text, name);
}

static bool read_float(const struct setting *s, double *ret)
{
    struct treaty_str text = s->value->text;
    uint64_t whole;

    if (s->value->kind == TREATY_PROTO_VALUE_IDENT) {
        bool is_infinite = is_named(s, "inf") ||
                           (s->is_text_format && is_named(s, "infinity"));

        *ret = is_infinite ? HUGE_VAL : (double)NAN;
        return is_infinite || is_named(s, "nan");
    }
    if (s->value->kind != TREATY_PROTO_VALUE_NUMBER)
        return false;
    /* In the text format, octal and hexadecimal numbers are integers only. */
    if (s->is_text_format && text.len > 1 && text.data[0] == '0' &&
        treaty_proto_read_integer(text, &whole))
        return false;
    return treaty_proto_read_number(text, ret);
}

static enum treaty_code set_float(const struct setting *s,
                                  struct treaty_proto_dynamic_value *to,
                                  struct treaty_error *err)
{
    double value;
    float narrow;
    uint32_t bits;

    if (!read_float(s, &value))
        return refuse(s, "a number", err);
    /* In a statement, a minus before nan means nothing. */
    if (s->value->negative && (s->is_text_format || !isnan(value)))
        value = -value;
    if (s->field->ref.type == TREATY_PROTO_DOUBLE) {
        memcpy(&to->bits, &value, sizeof(to->bits));
        return TREATY_OK;
    }
    narrow = (float)value;
    memcpy(&bits, &narrow, sizeof(bits));
    to->bits = bits;
    return TREATY_OK;
}

static enum treaty_code set_bool(const struct setting *s,
                                 struct treaty_proto_dynamic_value *to,
                                 struct treaty_error *err)
{
    /* Those that a statement knows come first. */
    static const char *const names[] = {"false", "true", "False",
                                        "True",  "f",    "t"};
    static const struct integer bit = {64, false};
    size_t count = s->is_text_format ? sizeof(names) / sizeof(names[0]) : 2;

    if (s->is_text_format && read_integer(s->value, bit, &to->bits) &&
        to->bits <= 1)
        return TREATY_OK;
    for (size_t i = 0; i < count; i++) {
        to->bits = i % 2;
        if (s->value->kind == TREATY_PROTO_VALUE_IDENT && !s->value->negative &&
            treaty_str_eq_z(s->value->text, names[i]))
            return TREATY_OK;
    }
    return refuse(s, "true or false", err);
}

static enum treaty_code set_enum(const struct setting *s,
                                 struct treaty_proto_dynamic_value *to,
                                 struct treaty_error *err)
{
    static const struct integer number = {32, true};
    const struct treaty_proto_enum *type = s->field->ref.enumeration;
    const struct treaty_proto_constant *constant = NULL;

    if (s->value->kind == TREATY_PROTO_VALUE_IDENT && !s->value->negative)
        constant = treaty_proto_constant_by_name(type, s->value->text);
    if (constant) {
        to->bits = (uint64_t)constant->number;
        return TREATY_OK;
    }
    if (s->is_text_format && read_integer(s->value, number, &to->bits) &&
        (!type->is_closed ||
         treaty_proto_constant_by_number(type, (int64_t)to->bits)))
        return TREATY_OK;
    return treaty_fail(err, TREATY_ESCHEMA, s->value->pos,
                       "the enum %.*s of the option %.*s has no value "
                       "\"%.*s\"",
                       TREATY_STR_ARG(type->full),
                       TREATY_STR_ARG(s->field->full),
                       TREATY_STR_ARG(s->value->text));
}

static enum treaty_code set_string(const struct setting *s,
                                   struct treaty_proto_dynamic_value *to,
                                   struct treaty_error *err)
{
    if (s->value->kind != TREATY_PROTO_VALUE_STRING)
        return refuse(s, "a string in quotes", err);
    to->bytes = s->value->text;
    return TREATY_OK;
}

/*
 * The field that a member of an aggregate names. Groups go by the name of
 * their type there, too. NULL when there is none.
 */
static const struct treaty_proto_field *
find_by_name(const struct treaty_proto_message *type, struct treaty_str name)
{
    const struct treaty_proto_field *field =
        treaty_proto_field_by_name(type, name);

    if (field)
        return field;
    for (uint32_t i = 0; i < type->field_count; i++) {
        field = type->fields[i];
        if (field->is_group && field->ref.message &&
            treaty_str_eq(field->ref.message->name, name))
            return field;
    }
    return NULL;
}

static enum treaty_code find_extension(struct treaty_proto_interpreter *in,
                                       const struct treaty_proto_message *type,
                                       struct treaty_str name,
                                       const struct treaty_proto_field **ret,
                                       struct treaty_error *err)
{
    const struct treaty_proto_symbol *symbol;
    const struct treaty_proto_field *field = NULL;

    if (treaty_proto_option_lookup(in, type->full, name, &symbol, NULL) !=
        TREATY_OK)
        return treaty_fail_nomem(err);
    if (symbol && symbol->kind == TREATY_PROTO_SYMBOL_EXTENSION)
        field = symbol->element;
    *ret = field && field->extendee->message == type ? field : NULL;
    return TREATY_OK;
}

/* A name that is reserved may still stand in an aggregate, and says nothing. */
static bool is_reserved(const struct treaty_proto_message *type,
                        struct treaty_str name)
{
    for (uint32_t i = 0; i < type->reserved_count; i++)
        for (uint32_t k = 0; k < type->reserved[i].count; k++)
            if (treaty_str_eq(type->reserved[i].items[k].name, name))
                return true;
    return false;
}

/* What an aggregate says of a message, member by member. */
struct filling {
    struct treaty_proto_interpreter *in;
    struct treaty_proto_dynamic *message;
    const struct treaty_proto_member *member;
};

static enum treaty_code check_free(const struct filling *f,
                                   const struct treaty_proto_field *field,
                                   struct treaty_error *err)
{
    const struct treaty_proto_field *rival =
        treaty_proto_dynamic_rival(f->message, field);

    if (rival)
        return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                           "\"%.*s\" and \"%.*s\" are members of one oneof",
                           TREATY_STR_ARG(rival->name),
                           TREATY_STR_ARG(field->name));
    if (field->presence != TREATY_PROTO_MANY &&
        treaty_proto_dynamic_find(f->message, field))
        return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                           "\"%.*s\" is set already",
                           TREATY_STR_ARG(field->name));
    if (!f->member->has_colon && !field->ref.message)
        return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                           "a colon is missing behind \"%.*s\"",
                           TREATY_STR_ARG(field->name));
    return TREATY_OK;
}

static enum treaty_code set_member(const struct filling *f,
                                   const struct treaty_proto_field *field,
                                   struct treaty_error *err)
{
    const struct treaty_proto_value *value = &f->member->value;
    struct setting s = {f->in, f->message, field, value, true};
    enum treaty_code code = check_free(f, field, err);

    if (code != TREATY_OK || value->kind != TREATY_PROTO_VALUE_LIST)
        return code == TREATY_OK ? set(&s, err) : code;
    if (field->presence != TREATY_PROTO_MANY)
        return treaty_fail(err, TREATY_ESCHEMA, value->pos,
                           "\"%.*s\" is not repeated and takes no list",
                           TREATY_STR_ARG(field->name));
    for (uint32_t i = 0; i < value->count && code == TREATY_OK; i++) {
        s.value = &value->items[i];
        code = set(&s, err);
    }
    return code;
}

static enum treaty_code fill(struct treaty_proto_interpreter *in,
                             struct treaty_proto_dynamic *message,
                             const struct treaty_proto_value *value,
                             struct treaty_error *err);

static enum treaty_code check_complete(const struct treaty_proto_value *value,
                                       const struct treaty_proto_dynamic *m,
                                       struct treaty_error *err)
{
    const struct treaty_proto_field *missing = treaty_proto_dynamic_missing(m);

    if (!missing)
        return TREATY_OK;
    return treaty_fail(err, TREATY_ESCHEMA, value->pos,
                       "the required field %.*s is missing",
                       TREATY_STR_ARG(missing->full));
}

/* protoc knows what lies at two addresses. */
static bool is_known_address(struct treaty_str url)
{
    struct treaty_str address = treaty_str_before_last(url, '/');

    return treaty_str_eq_z(address, "type.googleapis.com") ||
           treaty_str_eq_z(address, "type.googleprod.com");
}

/* `[type.googleapis.com/pkg.Type] { ... }`: the message is stored as bytes. */
static enum treaty_code fill_any(const struct filling *f,
                                 const struct treaty_proto_field *url,
                                 const struct treaty_proto_field *bytes,
                                 struct treaty_error *err)
{
    struct treaty_proto_interpreter *in = f->in;
    struct treaty_str name = treaty_str_after_last(f->member->name, '/');
    const struct treaty_proto_symbol *symbol;
    struct treaty_proto_dynamic_value *to;
    struct treaty_proto_dynamic *inner;
    struct treaty_buf packed;
    enum treaty_code code;

    if (treaty_proto_option_lookup(in, f->message->type->full, name, &symbol,
                                   NULL) != TREATY_OK)
        return treaty_fail_nomem(err);
    if (!symbol || symbol->kind != TREATY_PROTO_SYMBOL_MESSAGE ||
        !is_known_address(f->member->name))
        return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                           "there is no message %.*s to put into an Any",
                           TREATY_STR_ARG(f->member->name));
    inner = treaty_proto_dynamic_new(&in->arena, symbol->element);
    if (!inner)
        return treaty_fail_nomem(err);
    code = fill(in, inner, &f->member->value, err);
    if (code == TREATY_OK)
        code = check_complete(&f->member->value, inner, err);
    if (code != TREATY_OK)
        return code;

    treaty_buf_init(&packed, 0);
    treaty_proto_dynamic_put(inner, true, &packed);
    code = treaty_buf_status(&packed, err);
    to = treaty_proto_dynamic_add(&in->arena, f->message, url);
    if (to)
        to->bytes = f->member->name;
    to = to ? treaty_proto_dynamic_add(&in->arena, f->message, bytes) : NULL;
    if (to)
        to->bytes = treaty_arena_dup(&in->arena, treaty_buf_str(&packed));
    treaty_buf_release(&packed);
    if (code != TREATY_OK)
        return code;
    return to && to->bytes.data ? TREATY_OK : treaty_fail_nomem(err);
}

static enum treaty_code fill_bracket(const struct filling *f,
                                     struct treaty_error *err)
{
    const struct treaty_proto_message *type = f->message->type;
    const struct treaty_proto_field *field = NULL;
    enum treaty_code code;

    if (treaty_str_has(f->member->name, '/')) {
        if (!treaty_str_eq_z(type->full, "google.protobuf.Any") ||
            type->field_count < 2)
            return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                               "%.*s is not google.protobuf.Any",
                               TREATY_STR_ARG(type->full));
        return fill_any(f, type->fields[0], type->fields[1], err);
    }
    code = find_extension(f->in, type, f->member->name, &field, err);
    if (code != TREATY_OK)
        return code;
    if (field)
        return set_member(f, field, err);
    return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                       "%.*s has no extension \"%.*s\" here",
                       TREATY_STR_ARG(type->full),
                       TREATY_STR_ARG(f->member->name));
}

static enum treaty_code fill_member(const struct filling *f,
                                    struct treaty_error *err)
{
    const struct treaty_proto_message *type = f->message->type;
    const struct treaty_proto_field *field;

    if (f->member->is_extension)
        return fill_bracket(f, err);
    field = find_by_name(type, f->member->name);
    if (field)
        return set_member(f, field, err);
    if (is_reserved(type, f->member->name))
        return TREATY_OK;
    return treaty_fail(err, TREATY_ESCHEMA, f->member->pos,
                       "%.*s has no field \"%.*s\"", TREATY_STR_ARG(type->full),
                       TREATY_STR_ARG(f->member->name));
}

/* The parser bounds how deep values are nested. */
static enum treaty_code fill(struct treaty_proto_interpreter *in,
                             struct treaty_proto_dynamic *message,
                             const struct treaty_proto_value *value,
                             struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    if (value->kind != TREATY_PROTO_VALUE_MESSAGE)
        return treaty_fail(err, TREATY_ESCHEMA, value->pos,
                           "%.*s is a message, so its value is { ... }",
                           TREATY_STR_ARG(message->type->full));
    for (uint32_t i = 0; i < value->count && code == TREATY_OK; i++) {
        struct filling f = {in, message, &value->members[i]};

        code = fill_member(&f, err);
    }
    return code;
}

static enum treaty_code set_message(const struct setting *s,
                                    struct treaty_proto_dynamic_value *to,
                                    struct treaty_error *err)
{
    enum treaty_code code;

    to->message =
        treaty_proto_dynamic_new(&s->in->arena, s->field->ref.message);
    if (!to->message)
        return treaty_fail_nomem(err);
    code = fill(s->in, to->message, s->value, err);
    if (code == TREATY_OK && !s->is_text_format)
        code = check_complete(s->value, to->message, err);
    return code;
}

static enum treaty_code set(const struct setting *s, struct treaty_error *err)
{
    const struct treaty_proto_ref *ref = &s->field->ref;
    struct treaty_proto_dynamic_value *to =
        treaty_proto_dynamic_add(&s->in->arena, s->message, s->field);

    if (!to)
        return treaty_fail_nomem(err);
    if (ref->message)
        return set_message(s, to, err);
    if (ref->enumeration)
        return set_enum(s, to, err);
    if (ref->type == TREATY_PROTO_BOOL)
        return set_bool(s, to, err);
    if (ref->type == TREATY_PROTO_FLOAT || ref->type == TREATY_PROTO_DOUBLE)
        return set_float(s, to, err);
    if (ref->type == TREATY_PROTO_STRING || ref->type == TREATY_PROTO_BYTES)
        return set_string(s, to, err);
    if (ref->type != TREATY_PROTO_UNRESOLVED)
        return set_integer(s, to, err);
    return treaty_fail(err, TREATY_ESCHEMA, s->value->pos,
                       "the option %.*s has an unknown type",
                       TREATY_STR_ARG(s->field->full));
}

enum treaty_code treaty_proto_option_set(struct treaty_proto_interpreter *in,
                                         struct treaty_proto_dynamic *message,
                                         const struct treaty_proto_field *field,
                                         const struct treaty_proto_value *value,
                                         struct treaty_error *err)
{
    struct setting s = {in, message, field, value, false};

    return set(&s, err);
}
