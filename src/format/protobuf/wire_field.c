/* SPDX-License-Identifier: Apache-2.0 */
/* buf's rules on two fields of the same number. */
#include "format/protobuf/wire_rules.h"

#include "base/str.h"

/*
 * Types that are taken for each other in either form share a number there; 0:
 * with itself alone. From string to bytes is fine on the wire, one way only.
 */
static const struct {
    uint8_t wire;
    uint8_t json;
    const char *name;
} types[] = {
    [TREATY_PROTO_UNRESOLVED] = {0, 0, "unknown"},
    [TREATY_PROTO_DOUBLE] = {0, 0, "double"},
    [TREATY_PROTO_FLOAT] = {0, 0, "float"},
    [TREATY_PROTO_INT64] = {1, 2, "int64"},
    [TREATY_PROTO_UINT64] = {1, 2, "uint64"},
    [TREATY_PROTO_INT32] = {1, 1, "int32"},
    [TREATY_PROTO_FIXED64] = {4, 4, "fixed64"},
    [TREATY_PROTO_FIXED32] = {3, 3, "fixed32"},
    [TREATY_PROTO_BOOL] = {1, 0, "bool"},
    [TREATY_PROTO_STRING] = {0, 0, "string"},
    [TREATY_PROTO_GROUP] = {0, 0, "group"},
    [TREATY_PROTO_MESSAGE] = {0, 0, "message"},
    [TREATY_PROTO_BYTES] = {0, 0, "bytes"},
    [TREATY_PROTO_UINT32] = {1, 1, "uint32"},
    [TREATY_PROTO_ENUM] = {0, 0, "enum"},
    [TREATY_PROTO_SFIXED32] = {3, 3, "sfixed32"},
    [TREATY_PROTO_SFIXED64] = {4, 4, "sfixed64"},
    [TREATY_PROTO_SINT32] = {2, 0, "sint32"},
    [TREATY_PROTO_SINT64] = {2, 0, "sint64"},
};

enum cardinality {
    IMPLICIT,
    EXPLICIT,
    REQUIRED,
    REPEATED,
    MAP,
};

static const char *const cardinalities[] = {
    [IMPLICIT] = "optional with implicit presence",
    [EXPLICIT] = "optional with explicit presence",
    [REQUIRED] = "required",
    [REPEATED] = "repeated",
    [MAP] = "map",
};

static bool is_map(const struct treaty_proto_field *field)
{
    return field->is_map ||
           (field->ref.message && field->ref.message->is_map_entry);
}

static enum cardinality cardinality_of(const struct treaty_proto_field *field)
{
    static const enum cardinality of[] = {
        [TREATY_PROTO_IMPLICIT] = IMPLICIT,
        [TREATY_PROTO_EXPLICIT] = EXPLICIT,
        [TREATY_PROTO_MUST] = REQUIRED,
        [TREATY_PROTO_MANY] = REPEATED,
    };

    return is_map(field) ? MAP : of[field->presence];
}

/* Presence is on neither wire; a map is a list of entries on the binary one. */
static bool are_compatible(enum cardinality old, enum cardinality new,
                           bool json)
{
    if (old == new)
        return true;
    if (old <= EXPLICIT && new <= EXPLICIT)
        return true;
    return !json && old >= REPEATED && new >= REPEATED;
}

static enum treaty_proto_type type_of(const struct treaty_proto_ref *ref,
                                      bool delimited)
{
    return delimited && ref->message ? TREATY_PROTO_GROUP : ref->type;
}

static struct treaty_str name_of(const struct treaty_proto_ref *ref,
                                 enum treaty_proto_type type, bool full)
{
    if (full && ref->message)
        return ref->message->full;
    if (full && ref->enumeration)
        return ref->enumeration->full;
    return treaty_str_z(types[type].name);
}

/* Every value of `old`, by name and number, is in `new`. */
static bool is_subset(struct treaty_proto_wire *w,
                      const struct treaty_proto_enum *old,
                      const struct treaty_proto_enum *new)
{
    struct treaty_proto_index list;

    if (treaty_proto_index_init(&list, &w->scratch, new->constant_count)) {
        treaty_proto_wire_fail(w, TREATY_ENOMEM);
        return true;
    }
    for (uint32_t i = 0; i < new->constant_count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(&list);

        entry->name = new->constants[i].name;
        entry->number = new->constants[i].number;
    }
    treaty_proto_index_sort(&list);
    for (uint32_t i = 0; i < old->constant_count; i++) {
        const struct treaty_proto_entry key = {
            .name = old->constants[i].name, .number = old->constants[i].number};

        if (!treaty_proto_index_find(&list, &key))
            return false;
    }
    return true;
}

/* Both are named and of one type: may the one take the place of the other? */
static bool are_alike(struct treaty_proto_wire *w,
                      const struct treaty_proto_ref *old,
                      const struct treaty_proto_ref *new)
{
    if (old->message && new->message)
        return treaty_str_eq(old->message->full, new->message->full);
    if (!old->enumeration || !new->enumeration)
        return treaty_str_eq(old->name, new->name); /* nobody knows them */
    if (treaty_str_eq(old->enumeration->full, new->enumeration->full))
        return true;
    return treaty_str_eq(old->enumeration->name, new->enumeration->name) &&
           is_subset(w, old->enumeration, new->enumeration);
}

/* A field's own type, or that of a map's keys or values. */
struct typed {
    const struct treaty_proto_ref *ref;
    enum treaty_proto_type type;
};

static void compare_types(struct treaty_proto_wire *w, struct typed old,
                          struct typed new,
                          const struct treaty_proto_spot *spot)
{
    const bool same = old.type == new.type;
    const bool named = same && !types[old.type].wire &&
                       (old.ref->message || old.ref->enumeration);
    struct treaty_str was = name_of(old.ref, old.type, named);
    struct treaty_str is = name_of(new.ref, new.type, named);
    bool wire = same || (types[old.type].wire &&
                         types[old.type].wire == types[new.type].wire);
    bool json = same || (types[old.type].json &&
                         types[old.type].json == types[new.type].json);

    if (named)
        wire = json = are_alike(w, old.ref, new.ref);
    if (old.type == TREATY_PROTO_STRING && new.type == TREATY_PROTO_BYTES)
        wire = true;
    if (!wire)
        treaty_proto_wire_found(w, TREATY_PROTO_FIELD_WIRE_COMPATIBLE_TYPE,
                                spot, was, is);
    if (!json)
        treaty_proto_wire_found(w, TREATY_PROTO_FIELD_WIRE_JSON_COMPATIBLE_TYPE,
                                spot, was, is);
}

/* Keys and values of a map; .ref NULL where an entry lacks it. */
static struct typed part_of(const struct treaty_proto_field *field,
                            int64_t number)
{
    const struct treaty_proto_message *entry = field->ref.message;
    struct typed part = {NULL, TREATY_PROTO_UNRESOLVED};

    if (field->is_map) {
        part.ref = number == 1 ? &field->key : &field->value;
        part.type = part.ref->type;
        return part;
    }
    for (uint32_t i = 0; i < entry->field_count; i++) {
        if (entry->fields[i]->number == number)
            part.ref = &entry->fields[i]->ref;
    }
    if (part.ref)
        part.type = part.ref->type;
    return part;
}

static void compare_maps(struct treaty_proto_wire *w,
                         const struct treaty_proto_field *old,
                         const struct treaty_proto_field *new,
                         const struct treaty_proto_spot *spot)
{
    for (int64_t number = 1; number <= 2; number++) {
        struct typed was = part_of(old, number);
        struct typed is = part_of(new, number);

        if (was.ref && is.ref)
            compare_types(w, was, is, spot);
    }
}

static void compare_cardinality(struct treaty_proto_wire *w,
                                const struct treaty_proto_field *old,
                                const struct treaty_proto_field *new,
                                const struct treaty_proto_spot *spot)
{
    enum cardinality was = cardinality_of(old);
    enum cardinality is = cardinality_of(new);
    struct treaty_str from = treaty_str_z(cardinalities[was]);
    struct treaty_str to = treaty_str_z(cardinalities[is]);

    if (!are_compatible(was, is, false))
        treaty_proto_wire_found(
            w, TREATY_PROTO_FIELD_WIRE_COMPATIBLE_CARDINALITY, spot, from, to);
    if (!are_compatible(was, is, true))
        treaty_proto_wire_found(
            w, TREATY_PROTO_FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY, spot, from,
            to);
}

static struct treaty_str oneof_of(const struct treaty_proto_field *field)
{
    return field->oneof ? field->oneof->name : TREATY_STR("");
}

static void compare_oneofs(struct treaty_proto_wire *w,
                           const struct treaty_proto_field *old,
                           const struct treaty_proto_field *new,
                           const struct treaty_proto_spot *spot)
{
    struct treaty_str was = oneof_of(old);
    struct treaty_str is = oneof_of(new);

    if (!treaty_str_eq(was, is))
        treaty_proto_wire_found(w, TREATY_PROTO_FIELD_SAME_ONEOF, spot,
                                was.len ? was : TREATY_STR("no oneof"),
                                is.len ? is : TREATY_STR("no oneof"));
}

/* An extension goes by its full name, and has no name of its own in JSON. */
static void compare_names(struct treaty_proto_wire *w,
                          const struct treaty_proto_field *old,
                          const struct treaty_proto_field *new,
                          struct treaty_proto_spot spot)
{
    bool extension = old->extendee || new->extendee;
    struct treaty_str was = extension ? old->full : old->name;
    struct treaty_str is = extension ? new->full : new->name;

    if (!extension && !treaty_str_eq(old->json, new->json)) {
        if (new->json_name)
            spot.new_pos = new->json_name->pos;
        treaty_proto_wire_found(w, TREATY_PROTO_FIELD_SAME_JSON_NAME, &spot,
                                old->json, new->json);
    }
    spot.old_pos = old->name_pos;
    spot.new_pos = new->name_pos;
    if (!treaty_str_eq(was, is))
        treaty_proto_wire_found(w, TREATY_PROTO_FIELD_SAME_NAME, &spot, was,
                                is);
}

/* What may have a default of its own. */
static bool has_default(const struct treaty_proto_field *field)
{
    return field->presence != TREATY_PROTO_MANY && !field->ref.message &&
           field->ref.type != TREATY_PROTO_UNRESOLVED;
}

static void compare_defaults(struct treaty_proto_wire *w,
                             const struct treaty_proto_field *old,
                             const struct treaty_proto_field *new,
                             struct treaty_proto_spot spot)
{
    if (!has_default(old) || !has_default(new) ||
        treaty_proto_same_default(old, new))
        return;
    if (new->default_value)
        spot.new_pos = new->default_value->pos;
    if (old->default_value)
        spot.old_pos = old->default_value->pos;
    treaty_proto_wire_found(w, TREATY_PROTO_FIELD_SAME_DEFAULT, &spot,
                            new->name, (struct treaty_str){0});
}

void treaty_proto_wire_field(struct treaty_proto_wire *w,
                             const struct treaty_proto_field *old,
                             const struct treaty_proto_field *new)
{
    const struct treaty_proto_ref *scope = new->extendee;
    struct treaty_proto_spot spot = {
        .number = new->number, .old_pos = old->pos, .new_pos = new->pos};

    if (new->parent)
        spot.full = new->parent->full;
    if (scope && scope->message)
        spot.full = scope->message->full;
    compare_cardinality(w, old, new, &spot);
    compare_oneofs(w, old, new, &spot);
    compare_names(w, old, new, spot);
    compare_defaults(w, old, new, spot);
    spot.old_pos = old->ref.pos;
    spot.new_pos = new->ref.pos;
    if (is_map(old) && is_map(new))
        compare_maps(w, old, new, &spot);
    else
        compare_types(
            w, (struct typed){&old->ref, type_of(&old->ref, old->is_delimited)},
            (struct typed){&new->ref, type_of(&new->ref, new->is_delimited)},
            &spot);
}
