/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/codec.h"

#include "base/str.h"
#include "format/protobuf/number.h"

#include <stdlib.h>

/* A type of Protobuf: on the wire, in memory, in a list. */
static const struct {
    uint8_t wire;
    uint8_t kind;
    uint8_t as;
} facts[] = {
    [TREATY_PROTO_DOUBLE] = {TREATY_WIRE_64, TREATY_KIND_DOUBLE,
                             TREATY_PROTO_AS_FIXED64},
    [TREATY_PROTO_FLOAT] = {TREATY_WIRE_32, TREATY_KIND_FLOAT,
                            TREATY_PROTO_AS_FIXED32},
    [TREATY_PROTO_INT64] = {TREATY_WIRE_VARINT, TREATY_KIND_INT64,
                            TREATY_PROTO_AS_INT64},
    [TREATY_PROTO_UINT64] = {TREATY_WIRE_VARINT, TREATY_KIND_UINT64,
                             TREATY_PROTO_AS_INT64},
    [TREATY_PROTO_INT32] = {TREATY_WIRE_VARINT, TREATY_KIND_INT32,
                            TREATY_PROTO_AS_INT32},
    [TREATY_PROTO_FIXED64] = {TREATY_WIRE_64, TREATY_KIND_UINT64,
                              TREATY_PROTO_AS_FIXED64},
    [TREATY_PROTO_FIXED32] = {TREATY_WIRE_32, TREATY_KIND_UINT32,
                              TREATY_PROTO_AS_FIXED32},
    [TREATY_PROTO_BOOL] = {TREATY_WIRE_VARINT, TREATY_KIND_BOOL,
                           TREATY_PROTO_AS_BOOL},
    [TREATY_PROTO_STRING] = {TREATY_WIRE_LEN, TREATY_KIND_STRING,
                             TREATY_PROTO_AS_STRING},
    [TREATY_PROTO_GROUP] = {TREATY_WIRE_GROUP, TREATY_KIND_RECORD, 0},
    [TREATY_PROTO_MESSAGE] = {TREATY_WIRE_LEN, TREATY_KIND_RECORD, 0},
    [TREATY_PROTO_BYTES] = {TREATY_WIRE_LEN, TREATY_KIND_BYTES,
                            TREATY_PROTO_AS_BYTES},
    [TREATY_PROTO_UINT32] = {TREATY_WIRE_VARINT, TREATY_KIND_UINT32,
                             TREATY_PROTO_AS_UINT32},
    [TREATY_PROTO_ENUM] = {TREATY_WIRE_VARINT, TREATY_KIND_ENUM,
                           TREATY_PROTO_AS_ENUM},
    [TREATY_PROTO_SFIXED32] = {TREATY_WIRE_32, TREATY_KIND_INT32,
                               TREATY_PROTO_AS_FIXED32},
    [TREATY_PROTO_SFIXED64] = {TREATY_WIRE_64, TREATY_KIND_INT64,
                               TREATY_PROTO_AS_FIXED64},
    [TREATY_PROTO_SINT32] = {TREATY_WIRE_VARINT, TREATY_KIND_INT32,
                             TREATY_PROTO_AS_SINT32},
    [TREATY_PROTO_SINT64] = {TREATY_WIRE_VARINT, TREATY_KIND_INT64,
                             TREATY_PROTO_AS_SINT64},
};

static enum treaty_proto_type type_of(const struct treaty_proto_ref *ref)
{
    if (ref->message)
        return TREATY_PROTO_MESSAGE;
    return ref->enumeration ? TREATY_PROTO_ENUM : ref->type;
}

enum treaty_kind treaty_proto_kind(const struct treaty_proto_ref *ref)
{
    return (enum treaty_kind)facts[type_of(ref)].kind;
}

uint32_t treaty_proto_wire(const struct treaty_proto_field *field)
{
    if (field->is_delimited)
        return TREATY_WIRE_GROUP;
    return facts[type_of(&field->ref)].wire;
}

bool treaty_proto_may_pack(const struct treaty_proto_field *field)
{
    uint32_t wire = treaty_proto_wire(field);

    return treaty_proto_is_many(field) && wire != TREATY_WIRE_LEN &&
           wire != TREATY_WIRE_GROUP;
}

enum treaty_proto_scalar
treaty_proto_scalar_of(const struct treaty_proto_field *field,
                       const struct treaty_plan_options *options)
{
    uint8_t as = facts[type_of(&field->ref)].as;

    if (as != TREATY_PROTO_AS_STRING)
        return (enum treaty_proto_scalar)as;
    if (!field->checks_utf8 && !options->utf8_always)
        return TREATY_PROTO_AS_BYTES;
    if (options->utf8 == TREATY_UTF8_ERROR)
        return TREATY_PROTO_AS_STRING;
    return options->utf8 == TREATY_UTF8_REPLACE ? TREATY_PROTO_AS_REPLACED
                                                : TREATY_PROTO_AS_BYTES;
}

uint8_t treaty_proto_tag_bytes(uint32_t tag, uint8_t ret[8])
{
    uint8_t len = 0;

    memset(ret, 0, 8);
    while (tag >= 0x80) {
        ret[len++] = (uint8_t)(tag | 0x80);
        tag >>= 7;
    }
    ret[len++] = (uint8_t)tag;
    return len;
}

/* Spots. */

static const struct treaty_type string_type = {
    .kind = TREATY_KIND_STRING,
    .size = sizeof(struct treaty_str),
    .align = _Alignof(struct treaty_str),
};

enum { FEW_FIELDS = 32 };

bool treaty_proto_spots_init(struct treaty_proto_spots *index,
                             struct treaty_arena *arena,
                             const struct treaty_type *record)
{
    *index = (struct treaty_proto_spots){.record = record};
    if (record->field_count <= FEW_FIELDS)
        return true;
    index->is_mapped = true;
    treaty_map_init(&index->by_name, arena);
    for (uint32_t i = record->field_count; i-- > 0;) {
        const struct treaty_field *field = &record->fields[i];

        if (treaty_map_put(&index->by_name, field->name,
                           (void *)(uintptr_t)field) != TREATY_OK)
            return false;
    }
    return true;
}

static const struct treaty_field *find_field(const struct treaty_type *type,
                                             struct treaty_str name)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (treaty_str_eq(type->fields[i].name, name))
            return &type->fields[i];
    }
    return NULL;
}

static void find_in_entry(const struct treaty_type *map,
                          const struct treaty_proto_field *field,
                          struct treaty_proto_seat *ret)
{
    if (field->number == 1) {
        ret->type = map->key ? map->key : &string_type;
    } else {
        ret->type = map->item;
        ret->off = map->value_offset;
    }
}

/* Branch 0 stands for none, whatever it is called: members may be so, too. */
static void find_in_union(const struct treaty_field *whole,
                          struct treaty_str name, struct treaty_proto_seat *ret)
{
    for (uint32_t i = 1; i < whole->type->field_count; i++) {
        const struct treaty_field *branch = &whole->type->fields[i];

        if (!treaty_str_eq(branch->name, name))
            continue;
        ret->type = branch->type;
        ret->off = whole->offset + branch->offset;
        ret->in_union = true;
        ret->union_off = whole->offset;
        ret->branch = (int32_t)i;
        return;
    }
}

static const struct treaty_field *
find_indexed(const struct treaty_proto_spots *index, struct treaty_str name)
{
    if (index->is_mapped)
        return treaty_map_find(&index->by_name, name);
    return find_field(index->record, name);
}

void treaty_proto_spots_find(const struct treaty_proto_spots *index,
                             const struct treaty_proto_field *field,
                             struct treaty_proto_seat *ret)
{
    const struct treaty_field *found = NULL;

    *ret = (struct treaty_proto_seat){0};
    if (index->record->kind == TREATY_KIND_MAP) {
        find_in_entry(index->record, field, ret);
        return;
    }
    if (field->oneof)
        found = find_indexed(index, field->oneof->name);
    if (found && found->type->kind == TREATY_KIND_UNION) {
        find_in_union(found, field->name, ret);
        return;
    }
    found = find_indexed(index, field->name);
    if (!found)
        return;
    ret->type = found->type;
    ret->off = found->offset;
    if (found->type->kind == TREATY_KIND_OPTIONAL) {
        ret->has_flag = true;
        ret->flag_off = found->offset + found->type->flag_offset;
        ret->off = found->offset + found->type->value_offset;
        ret->type = found->type->item;
    }
}

/* Enums. */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Is `text` NAME_SYMBOL, where NAME is `name` in the style of constants? */
static bool is_prefixed(struct treaty_str text, struct treaty_str name,
                        struct treaty_str symbol)
{
    size_t at = 0;

    for (size_t i = 0; i < name.len; i++) {
        bool starts_word = i > 0 && is_upper(name.data[i]) &&
                           !is_upper(name.data[i - 1]) &&
                           name.data[i - 1] != '_';

        if (starts_word && (at >= text.len || text.data[at++] != '_'))
            return false;
        if (at >= text.len || text.data[at++] != upper(name.data[i]))
            return false;
    }
    if (at >= text.len || text.data[at] != '_')
        return false;
    return treaty_str_eq(treaty_str_sub(text, at + 1, text.len), symbol);
}

const struct treaty_proto_constant *
treaty_proto_constant_meant(const struct treaty_proto_enum *enumeration,
                            struct treaty_str symbol)
{
    const struct treaty_proto_constant *constant =
        treaty_proto_constant_by_name(enumeration, symbol);

    for (uint32_t i = 0; !constant && i < enumeration->constant_count; i++) {
        if (is_prefixed(enumeration->constants[i].name, enumeration->name,
                        symbol))
            constant = &enumeration->constants[i];
    }
    return constant;
}

int32_t treaty_proto_enum_zero(const struct treaty_proto_enum *enumeration)
{
    if (enumeration->constant_count == 0)
        return 0;
    return (int32_t)enumeration->constants[0].number;
}

/* Defaults. */

bool treaty_proto_default_integer(const struct treaty_proto_value *value,
                                  uint64_t *ret)
{
    uint64_t number;

    if (!treaty_proto_read_integer(value->text, &number))
        return false;
    *ret = value->negative ? 0 - number : number;
    return true;
}

bool treaty_proto_default_double(const struct treaty_proto_value *value,
                                 double *ret)
{
    double number;

    if (!treaty_proto_read_number(value->text, &number))
        return false;
    *ret = value->negative ? -number : number;
    return true;
}

/* Fields side by side. */

static int compare_numbers(const void *a, const void *b)
{
    const struct treaty_proto_field *x =
        *(const struct treaty_proto_field *const *)a;
    const struct treaty_proto_field *y =
        *(const struct treaty_proto_field *const *)b;

    return (x->number > y->number) - (x->number < y->number);
}

static const struct treaty_proto_field **
sorted_fields(struct treaty_arena *arena,
              const struct treaty_proto_message *message)
{
    uint32_t count = message ? message->field_count : 0;
    const struct treaty_proto_field **fields = TREATY_ARENA_NEW_N(
        arena, const struct treaty_proto_field *, (size_t)count + 1);

    for (uint32_t i = 0; fields && i < count; i++)
        fields[i] = message->fields[i];
    if (fields)
        qsort(fields, count, sizeof(fields[0]), compare_numbers);
    return fields;
}

/* Takes the next field of number `number`; of several, which only a broken
 * schema has, the last one. */
static const struct treaty_proto_field *
take(const struct treaty_proto_field ***fields, int64_t number)
{
    const struct treaty_proto_field *found = NULL;

    for (; **fields && (**fields)->number == number; (*fields)++)
        found = **fields;
    return found;
}

struct treaty_proto_twins *treaty_proto_pair_fields(
    struct treaty_arena *arena, const struct treaty_proto_message *writer,
    const struct treaty_proto_message *reader, size_t *ret_count)
{
    const struct treaty_proto_field **w = sorted_fields(arena, writer);
    const struct treaty_proto_field **r = sorted_fields(arena, reader);
    size_t most = (writer ? writer->field_count : 0) +
                  (size_t)(reader ? reader->field_count : 0);
    struct treaty_proto_twins *matches =
        TREATY_ARENA_NEW_N(arena, struct treaty_proto_twins, most + 1);
    size_t count = 0;

    if (!w || !r || !matches)
        return NULL;
    while (*w || *r) {
        int64_t number = *w ? (*w)->number : (*r)->number;

        if (*r && (*r)->number < number)
            number = (*r)->number;
        matches[count].writer = take(&w, number);
        matches[count++].reader = take(&r, number);
    }
    *ret_count = count;
    return matches;
}
