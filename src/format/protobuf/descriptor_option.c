/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An options message as the statements that would give it, in the order in
 * which descriptor.proto defines the fields. Features have a statement each;
 * other messages are aggregates. What descriptor.proto does not define is not
 * known here, but for Confluent's own options where the file imports them.
 */
#include "format/protobuf/descriptor_read.h"

#include "base/error.h"
#include "format/protobuf/load.h"

/* Statements while they are collected. */
struct statements {
    struct treaty_proto_option *items;
    uint32_t count;
};

static struct treaty_proto_value
read_message(struct treaty_proto_reader *r,
             const struct treaty_proto_message *m, struct treaty_str bytes);

/* The type of wire that a field has: descriptor.proto's options are messages,
 * strings, and integers of all kinds, which are not packed. */
static enum treaty_wire_type wire_of(const struct treaty_proto_field *field)
{
    if (field->ref.message || field->ref.type == TREATY_PROTO_STRING)
        return TREATY_WIRE_LEN;
    return TREATY_WIRE_VARINT;
}

/* A number with its sign taken off. */
static void set_number(struct treaty_proto_value *value, struct treaty_str text)
{
    value->kind = TREATY_PROTO_VALUE_NUMBER;
    value->negative = text.len && text.data[0] == '-';
    value->text = treaty_str_sub(text, value->negative, text.len);
}

static void set_enum(struct treaty_proto_value *value,
                     const struct treaty_proto_enum *type, int64_t number)
{
    const struct treaty_proto_constant *constant =
        treaty_proto_constant_by_number(type, number);

    value->kind = TREATY_PROTO_VALUE_IDENT;
    if (constant)
        value->text = constant->name;
}

/* `.text` NULL for a number that the enum does not know. */
static struct treaty_proto_value
read_value(struct treaty_proto_reader *r,
           const struct treaty_proto_field *field,
           const struct treaty_proto_wire_field *f)
{
    struct treaty_proto_value value = {.pos = TREATY_NO_OFFSET,
                                       .end = TREATY_NO_OFFSET};

    if (field->ref.message)
        return read_message(r, field->ref.message, f->bytes);
    if (wire_of(field) == TREATY_WIRE_LEN) {
        value.kind = TREATY_PROTO_VALUE_STRING;
        value.text = treaty_proto_raw_text(r, f);
        value.reference = value.text;
    } else if (field->ref.enumeration) {
        set_enum(&value, field->ref.enumeration, (int32_t)f->value);
    } else if (field->ref.type == TREATY_PROTO_BOOL) {
        value.kind = TREATY_PROTO_VALUE_IDENT;
        value.text = treaty_str_z(f->value ? "true" : "false");
    } else {
        set_number(&value,
                   treaty_arena_printf(r->arena, "%lld", (long long)f->value));
    }
    return value;
}

/* The next value of `field` in `*rest`. */
static bool next_value(struct treaty_proto_reader *r,
                       const struct treaty_proto_field *field,
                       struct treaty_str *rest, struct treaty_proto_value *ret)
{
    struct treaty_proto_wire_field f;

    while (treaty_proto_reader_next(r, rest, &f)) {
        if (f.number != field->number)
            continue;
        if (f.wire != wire_of(field)) {
            treaty_proto_reader_fail(r, f.start,
                                     "the option %.*s has the wire type %u, "
                                     "which does not fit it",
                                     TREATY_STR_ARG(field->full),
                                     (unsigned)f.wire);
            return false;
        }
        *ret = read_value(r, field, &f);
        if (ret->text.data || ret->kind == TREATY_PROTO_VALUE_MESSAGE)
            return r->code == TREATY_OK;
    }
    return false;
}

static struct treaty_proto_value
read_message(struct treaty_proto_reader *r,
             const struct treaty_proto_message *m, struct treaty_str bytes)
{
    struct treaty_proto_value value = {.kind = TREATY_PROTO_VALUE_MESSAGE,
                                       .pos = TREATY_NO_OFFSET,
                                       .end = TREATY_NO_OFFSET};
    struct treaty_proto_member *members = NULL;

    if (r->depth++ == r->depth_max)
        treaty_proto_reader_fail(r, bytes.data, "nested too deeply");
    for (uint32_t i = 0; i < m->field_count && r->code == TREATY_OK; i++) {
        struct treaty_proto_value inner;
        struct treaty_str rest = bytes;

        while (next_value(r, m->fields[i], &rest, &inner)) {
            struct treaty_proto_member *member = treaty_proto_reader_push(
                r, &members, &value.count, sizeof(*member));

            if (!member)
                break;
            *member = (struct treaty_proto_member){
                .name = m->fields[i]->name,
                .has_colon = !m->fields[i]->ref.message,
                .pos = TREATY_NO_OFFSET,
                .value = inner};
        }
    }
    r->depth--;
    value.members = members;
    return value;
}

/* `first = value`, or `first.second = value`. */
static void add_statement(struct treaty_proto_reader *r, struct statements *to,
                          const struct treaty_proto_field *first,
                          const struct treaty_proto_member *second,
                          const struct treaty_proto_value *value)
{
    struct treaty_proto_name_part *parts =
        treaty_proto_reader_make(r, 2 * sizeof(*parts));
    struct treaty_proto_option *option =
        treaty_proto_reader_push(r, &to->items, &to->count, sizeof(*option));

    if (!parts || !option)
        return;
    parts[0].is_extension = first->extendee != NULL;
    parts[0].name = first->extendee ? first->full : first->name;
    parts[0].pos = TREATY_NO_OFFSET;
    if (second)
        parts[1] = (struct treaty_proto_name_part){.name = second->name,
                                                   .pos = TREATY_NO_OFFSET};
    option->parts = parts;
    option->part_count = second ? 2 : 1;
    option->pos = TREATY_NO_OFFSET;
    option->value = *value;
}

static void add_value(struct treaty_proto_reader *r, struct statements *to,
                      const struct treaty_proto_field *field,
                      const struct treaty_proto_value *value)
{
    if (value->kind != TREATY_PROTO_VALUE_MESSAGE ||
        !treaty_str_eq_z(field->name, "features")) {
        add_statement(r, to, field, NULL, value);
        return;
    }
    for (uint32_t i = 0; i < value->count; i++)
        add_statement(r, to, field, &value->members[i],
                      &value->members[i].value);
}

/* Of a field that is not repeated, the last value counts. */
static void read_field(struct treaty_proto_reader *r, struct statements *to,
                       const struct treaty_proto_field *field,
                       struct treaty_str bytes)
{
    struct treaty_proto_value value;
    bool is_repeated = field->presence == TREATY_PROTO_MANY;
    bool is_set = false;

    while (next_value(r, field, &bytes, &value)) {
        is_set = true;
        if (is_repeated)
            add_value(r, to, field, &value);
    }
    if (is_set && !is_repeated)
        add_value(r, to, field, &value);
}

/* Extensions of `type` that `file` defines. */
static void read_extensions(struct treaty_proto_reader *r,
                            struct statements *to,
                            const struct treaty_proto_file *file,
                            const struct treaty_proto_message *type,
                            struct treaty_str bytes)
{
    for (uint32_t i = 0; i < file->extend_count; i++) {
        const struct treaty_proto_extend *extend = &file->extends[i];

        if (extend->extendee.message != type)
            continue;
        for (uint32_t k = 0; k < extend->field_count; k++)
            read_field(r, to, extend->fields[k], bytes);
    }
}

struct treaty_proto_options
treaty_proto_raw_options(struct treaty_proto_reader *r,
                         enum treaty_proto_target target,
                         struct treaty_str bytes)
{
    struct statements found = {0};
    struct treaty_proto_standard standard;
    enum treaty_code code;

    if (bytes.len == 0 || r->code != TREATY_OK)
        return (struct treaty_proto_options){0};
    code = treaty_proto_options_standard(target, &standard, r->err);
    if (code != TREATY_OK) {
        r->code = code;
        return (struct treaty_proto_options){0};
    }
    for (uint32_t i = 0; i < standard.type->field_count; i++)
        if (!treaty_str_eq_z(standard.type->fields[i]->name,
                             "uninterpreted_option"))
            read_field(r, &found, standard.type->fields[i], bytes);
    if (r->knows_confluent)
        read_extensions(r, &found, standard.confluent, standard.type, bytes);
    return (struct treaty_proto_options){found.items, found.count};
}
