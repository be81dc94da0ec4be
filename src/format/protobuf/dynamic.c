/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/dynamic.h"

#include "base/str.h"
#include "format/protobuf/load.h"
#include "format/protobuf/put.h"

/* How the values of a type are written. */
static const struct form {
    enum treaty_wire_type wire;
    bool is_zigzag;
} forms[] = {
    [TREATY_PROTO_DOUBLE] = {TREATY_WIRE_64, false},
    [TREATY_PROTO_FLOAT] = {TREATY_WIRE_32, false},
    [TREATY_PROTO_STRING] = {TREATY_WIRE_LEN, false},
    [TREATY_PROTO_BYTES] = {TREATY_WIRE_LEN, false},
    [TREATY_PROTO_FIXED64] = {TREATY_WIRE_64, false},
    [TREATY_PROTO_FIXED32] = {TREATY_WIRE_32, false},
    [TREATY_PROTO_SFIXED32] = {TREATY_WIRE_32, false},
    [TREATY_PROTO_SFIXED64] = {TREATY_WIRE_64, false},
    [TREATY_PROTO_SINT32] = {TREATY_WIRE_VARINT, true},
    [TREATY_PROTO_SINT64] = {TREATY_WIRE_VARINT, true},
    [TREATY_PROTO_MESSAGE] = {TREATY_WIRE_LEN, false},
};

static struct form form_of(const struct treaty_proto_field *field)
{
    if (field->ref.message)
        return forms[TREATY_PROTO_MESSAGE];
    if (field->ref.enumeration)
        return forms[TREATY_PROTO_INT32];
    return forms[field->ref.type];
}

struct treaty_proto_dynamic *
treaty_proto_dynamic_new(struct treaty_arena *arena,
                         const struct treaty_proto_message *type)
{
    struct treaty_proto_dynamic *message =
        TREATY_ARENA_NEW(arena, struct treaty_proto_dynamic);

    if (message)
        message->type = type;
    return message;
}

struct treaty_proto_dynamic_field *
treaty_proto_dynamic_find(const struct treaty_proto_dynamic *message,
                          const struct treaty_proto_field *field)
{
    struct treaty_proto_dynamic_field *at = message->fields;

    while (at && at->field->number < field->number)
        at = at->next;
    return at && at->field->number == field->number ? at : NULL;
}

const struct treaty_proto_field *
treaty_proto_dynamic_rival(const struct treaty_proto_dynamic *message,
                           const struct treaty_proto_field *field)
{
    if (!field->oneof)
        return NULL;
    for (const struct treaty_proto_dynamic_field *at = message->fields; at;
         at = at->next)
        if (at->field->oneof == field->oneof && at->field != field)
            return at->field;
    return NULL;
}

static void clear_rivals(struct treaty_proto_dynamic *message,
                         const struct treaty_proto_field *field)
{
    struct treaty_proto_dynamic_field **link = &message->fields;

    while (field->oneof && *link) {
        const struct treaty_proto_field *other = (*link)->field;

        if (other->oneof == field->oneof && other != field)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    }
}

/* The entry of `field`, made at its place when there is none. */
static struct treaty_proto_dynamic_field *
claim(struct treaty_arena *arena, struct treaty_proto_dynamic *message,
      const struct treaty_proto_field *field)
{
    struct treaty_proto_dynamic_field **link = &message->fields;
    struct treaty_proto_dynamic_field *made;

    while (*link && (*link)->field->number < field->number)
        link = &(*link)->next;
    if (*link && (*link)->field->number == field->number)
        return *link;
    made = TREATY_ARENA_NEW(arena, struct treaty_proto_dynamic_field);
    if (!made)
        return NULL;
    made->field = field;
    made->next = *link;
    *link = made;
    return made;
}

struct treaty_proto_dynamic_value *
treaty_proto_dynamic_add(struct treaty_arena *arena,
                         struct treaty_proto_dynamic *message,
                         const struct treaty_proto_field *field)
{
    struct treaty_proto_dynamic_value *value =
        TREATY_ARENA_NEW(arena, struct treaty_proto_dynamic_value);
    struct treaty_proto_dynamic_field *entry;

    if (!value)
        return NULL;
    clear_rivals(message, field);
    entry = claim(arena, message, field);
    if (!entry)
        return NULL;
    if (entry->last)
        entry->last->next = value;
    else
        entry->first = value;
    entry->last = value;
    return value;
}

void treaty_proto_dynamic_drop(struct treaty_proto_dynamic *message,
                               const struct treaty_proto_field *field)
{
    struct treaty_proto_dynamic_field **link = &message->fields;

    while (*link && (*link)->field->number != field->number)
        link = &(*link)->next;
    if (*link)
        *link = (*link)->next;
}

const struct treaty_proto_field *
treaty_proto_dynamic_missing(const struct treaty_proto_dynamic *message)
{
    const struct treaty_proto_message *type = message->type;
    const struct treaty_proto_field *missing = NULL;

    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i]->presence == TREATY_PROTO_MUST &&
            !treaty_proto_dynamic_find(message, type->fields[i]))
            return type->fields[i];
    for (const struct treaty_proto_dynamic_field *at = message->fields; at;
         at = at->next)
        for (const struct treaty_proto_dynamic_value *v = at->first;
             v && v->message && !missing; v = v->next)
            missing = treaty_proto_dynamic_missing(v->message);
    return missing;
}

bool treaty_proto_is_source_only(const struct treaty_proto_field *field)
{
    const struct treaty_proto_option *option =
        treaty_proto_option_find(&field->options, "retention");

    return option && treaty_str_eq_z(option->value.text, "RETENTION_SOURCE");
}

static void put_scalar(const struct treaty_proto_field *field,
                       const struct treaty_proto_dynamic_value *value,
                       struct treaty_buf *out)
{
    struct form form = form_of(field);
    uint64_t bits = value->bits;

    if (form.is_zigzag)
        bits = bits << 1 ^ (uint64_t)((int64_t)bits >> 63);
    if (form.wire == TREATY_WIRE_64)
        treaty_proto_put_fixed(out, bits, 8);
    else if (form.wire == TREATY_WIRE_32)
        treaty_proto_put_fixed(out, bits, 4);
    else
        treaty_proto_put_varint(out, bits);
}

static void put_message(const struct treaty_proto_field *field,
                        const struct treaty_proto_dynamic *message,
                        bool with_source, struct treaty_buf *out)
{
    uint32_t number = (uint32_t)field->number;
    size_t at;

    if (field->is_delimited) {
        treaty_proto_put_tag(out, number, TREATY_WIRE_GROUP);
        treaty_proto_dynamic_put(message, with_source, out);
        treaty_proto_put_tag(out, number, TREATY_WIRE_GROUP_END);
        return;
    }
    at = treaty_proto_put_open(out, number);
    treaty_proto_dynamic_put(message, with_source, out);
    treaty_proto_put_close(out, at);
}

static void put_value(const struct treaty_proto_field *field,
                      const struct treaty_proto_dynamic_value *value,
                      bool with_source, struct treaty_buf *out)
{
    uint32_t number = (uint32_t)field->number;

    if (value->message) {
        put_message(field, value->message, with_source, out);
    } else if (form_of(field).wire == TREATY_WIRE_LEN) {
        treaty_proto_put_bytes(out, number, value->bytes);
    } else {
        treaty_proto_put_tag(out, number, form_of(field).wire);
        put_scalar(field, value, out);
    }
}

static void put_packed(const struct treaty_proto_dynamic_field *entry,
                       struct treaty_buf *out)
{
    size_t at = treaty_proto_put_open(out, (uint32_t)entry->field->number);

    for (const struct treaty_proto_dynamic_value *v = entry->first; v;
         v = v->next)
        put_scalar(entry->field, v, out);
    treaty_proto_put_close(out, at);
}

/* An implicit field that is zero says nothing. */
static bool is_silent(const struct treaty_proto_dynamic_field *entry)
{
    return entry->field->presence == TREATY_PROTO_IMPLICIT &&
           !entry->first->message && entry->first->bits == 0 &&
           entry->first->bytes.len == 0;
}

static void put_entry(const struct treaty_proto_dynamic_field *entry,
                      bool with_source, struct treaty_buf *out)
{
    if (entry->field->is_packed) {
        put_packed(entry, out);
        return;
    }
    for (const struct treaty_proto_dynamic_value *v = entry->first; v;
         v = v->next)
        put_value(entry->field, v, with_source, out);
}

/* The entry of a map always has its key and its value. */
static void put_map_entry(const struct treaty_proto_dynamic *message,
                          bool with_source, struct treaty_buf *out)
{
    static const struct treaty_proto_dynamic_value zero = {0};
    const struct treaty_proto_message *type = message->type;

    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct treaty_proto_field *field = type->fields[i];
        const struct treaty_proto_dynamic_field *entry =
            treaty_proto_dynamic_find(message, field);

        put_value(field, entry ? entry->last : &zero, with_source, out);
    }
}

void treaty_proto_dynamic_put(const struct treaty_proto_dynamic *message,
                              bool with_source, struct treaty_buf *out)
{
    if (message->type->is_map_entry) {
        put_map_entry(message, with_source, out);
        return;
    }
    for (const struct treaty_proto_dynamic_field *at = message->fields; at;
         at = at->next)
        if (!is_silent(at) &&
            (with_source || !treaty_proto_is_source_only(at->field)))
            put_entry(at, with_source, out);
}
