/* SPDX-License-Identifier: Apache-2.0 */
/* Confluent's verdict on two fields of the same number. */
#include "format/protobuf/compare.h"

#include "base/str.h"

enum kind {
    SCALAR, /* enums, too: they are numbers */
    MAP,
    MESSAGE,
};

/* Scalars of a group are taken for each other. */
enum group {
    NO_GROUP,
    VARINT,
    ZIGZAG,
    TEXT,
    FIXED_32,
    FIXED_64,
    FLOAT,
    DOUBLE,
};

static const enum group groups[] = {
    [TREATY_PROTO_INT32] = VARINT,     [TREATY_PROTO_INT64] = VARINT,
    [TREATY_PROTO_UINT32] = VARINT,    [TREATY_PROTO_UINT64] = VARINT,
    [TREATY_PROTO_BOOL] = VARINT,      [TREATY_PROTO_ENUM] = VARINT,
    [TREATY_PROTO_SINT32] = ZIGZAG,    [TREATY_PROTO_SINT64] = ZIGZAG,
    [TREATY_PROTO_STRING] = TEXT,      [TREATY_PROTO_BYTES] = TEXT,
    [TREATY_PROTO_FIXED32] = FIXED_32, [TREATY_PROTO_SFIXED32] = FIXED_32,
    [TREATY_PROTO_FIXED64] = FIXED_64, [TREATY_PROTO_SFIXED64] = FIXED_64,
    [TREATY_PROTO_FLOAT] = FLOAT,      [TREATY_PROTO_DOUBLE] = DOUBLE,
};

/* What a field holds, or the key or value of a map. */
struct type {
    enum kind kind;
    const struct treaty_proto_ref *ref;
    const struct treaty_proto_ref *key; /* of a map; `value` as well */
    const struct treaty_proto_ref *value;
};

static struct type type_of_ref(const struct treaty_proto_ref *ref)
{
    struct type type = {.kind = MESSAGE, .ref = ref};

    if (ref->type < sizeof(groups) / sizeof(groups[0]) && groups[ref->type])
        type.kind = SCALAR;
    return type;
}

static const struct treaty_proto_ref *
find_member(const struct treaty_proto_message *entry, int64_t number)
{
    for (uint32_t i = 0; i < entry->field_count; i++) {
        if (entry->fields[i]->number == number)
            return &entry->fields[i]->ref;
    }
    return NULL;
}

static struct type type_of(const struct treaty_proto_field *field)
{
    struct type type = type_of_ref(&field->ref);
    const struct treaty_proto_message *entry = field->ref.message;

    if (field->is_map) {
        type.key = &field->key;
        type.value = &field->value;
    } else if (entry && entry->is_map_entry) {
        type.key = find_member(entry, 1);
        type.value = find_member(entry, 2);
    }
    if (type.key && type.value)
        type.kind = MAP;
    return type;
}

static struct treaty_str describe(const struct type *type)
{
    if (type->kind == MAP)
        return TREATY_STR("map");
    return type->ref->message ? treaty_proto_local_name(type->ref->message)
                              : type->ref->name;
}

static bool compare_types(struct treaty_proto_compare *c,
                          const struct type *old, const struct type *new,
                          const struct treaty_proto_place *place);

static void complain(struct treaty_proto_compare *c, const char *rule,
                     const struct type *old, const struct type *new,
                     const struct treaty_proto_place *place)
{
    struct treaty_str was = describe(old);
    struct treaty_str is = describe(new);

    treaty_proto_found(c, rule, TREATY_PROTO_BREAKING, place,
                       treaty_proto_change(c, was, is));
}

static void compare_named(struct treaty_proto_compare *c,
                          const struct type *old, const struct type *new,
                          const struct treaty_proto_place *place)
{
    bool same = treaty_str_eq(describe(old), describe(new));

    if (same && old->ref->message && new->ref->message)
        same = treaty_proto_compare_body(c, old->ref->message,
                                         new->ref->message, place);
    if (!same)
        complain(c, "FIELD_NAMED_TYPE_CHANGED", old, new, place);
}

static void compare_maps(struct treaty_proto_compare *c, const struct type *old,
                         const struct type *new,
                         const struct treaty_proto_place *place)
{
    const struct type types[] = {
        type_of_ref(old->key),
        type_of_ref(new->key),
        type_of_ref(old->value),
        type_of_ref(new->value),
    };

    (void)compare_types(c, &types[0], &types[1], place);
    (void)compare_types(c, &types[2], &types[3], place);
}

/* True when both are scalars of one group: their labels count, then. */
static bool compare_types(struct treaty_proto_compare *c,
                          const struct type *old, const struct type *new,
                          const struct treaty_proto_place *place)
{
    if (old->kind != new->kind) {
        complain(c, "FIELD_KIND_CHANGED", old, new, place);
        return false;
    }
    if (old->kind == MESSAGE)
        compare_named(c, old, new, place);
    if (old->kind == MAP)
        compare_maps(c, old, new, place);
    if (old->kind != SCALAR)
        return false;
    if (groups[old->ref->type] == groups[new->ref->type])
        return true;
    complain(c, "FIELD_SCALAR_KIND_CHANGED", old, new, place);
    return false;
}

static void compare_labels(struct treaty_proto_compare *c,
                           const struct treaty_proto_field *old,
                           const struct treaty_proto_field *new,
                           const struct treaty_proto_place *place)
{
    static const char *const words[] = {
        [TREATY_PROTO_OPTIONAL] = "optional",
        [TREATY_PROTO_REQUIRED] = "required",
        [TREATY_PROTO_REPEATED] = "repeated",
    };
    bool text = groups[new->ref.type] == TEXT;

    if (!old->label || !new->label || old->label == new->label)
        return; /* rule 4 */
    treaty_proto_found(c,
                       text ? "FIELD_STRING_OR_BYTES_LABEL_CHANGED"
                            : "FIELD_NUMERIC_LABEL_CHANGED",
                       text ? TREATY_PROTO_HARMLESS : TREATY_PROTO_BREAKING,
                       place,
                       treaty_proto_change(c, treaty_str_z(words[old->label]),
                                           treaty_str_z(words[new->label])));
}

void treaty_proto_compare_fields(struct treaty_proto_compare *c,
                                 const struct treaty_proto_field *old,
                                 const struct treaty_proto_field *new,
                                 struct treaty_proto_place place)
{
    const struct type types[] = {type_of(old), type_of(new)};

    place.old_pos = old->name_pos;
    place.new_pos = new->name_pos;
    if (!treaty_str_eq(old->name, new->name))
        treaty_proto_found(c, "FIELD_NAME_CHANGED", TREATY_PROTO_HARMLESS,
                           &place,
                           treaty_proto_change(c, old->name, new->name));
    place.old_pos = old->pos;
    place.new_pos = new->pos;
    if (compare_types(c, &types[0], &types[1], &place))
        compare_labels(c, old, new, &place);
}
