/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The natural layout of a message, as record/type.h describes it. Each message
 * is one type, however often it is used. It lies in place in the one around,
 * except where it contains itself or is large: a schema may well hold dozens
 * of large messages of which an event has two.
 *
 * Every message has room for fields that the reader does not know.
 */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/any.h"
#include "format/protobuf/codec.h"

enum {
    NEST_MAX = 500,     /* of messages in place */
    IN_PLACE_MAX = 512, /* bytes of one */
};

struct builder {
    struct treaty_arena arena;
    struct treaty_type **types; /* of messages, by id */
    bool *placed;
    struct treaty_error *err;
    enum treaty_code code; /* why a function gave NULL */
    int nest;
    const struct treaty_schema *schema;
    struct treaty_any *any; /* NULL while no message needs it */
    bool owns_any;
};

static const struct treaty_type *
build_message(struct builder *b, const struct treaty_proto_message *message);

static void *fail_nomem(struct builder *b)
{
    b->code = treaty_fail_nomem(b->err);
    return NULL;
}

static struct treaty_type *new_type(struct builder *b, enum treaty_kind kind)
{
    struct treaty_type *type = TREATY_ARENA_NEW(&b->arena, struct treaty_type);

    if (!type)
        return fail_nomem(b);
    type->kind = kind;
    return type;
}

/* Place it, unless it would be larger than a record may be. */
static const struct treaty_type *
place(struct builder *b, struct treaty_type *type, struct treaty_field *fields)
{
    enum treaty_code code = treaty_type_place_within(type, fields, b->err);

    if (code == TREATY_OK)
        return type;
    b->code = code;
    return NULL;
}

static const struct treaty_type *
build_enum(struct builder *b, const struct treaty_proto_enum *enumeration)
{
    uint32_t count = enumeration->constant_count;
    struct treaty_type *type = new_type(b, TREATY_KIND_ENUM);
    struct treaty_str *symbols =
        TREATY_ARENA_NEW_N(&b->arena, struct treaty_str, (size_t)count + 1);
    int32_t *numbers =
        TREATY_ARENA_NEW_N(&b->arena, int32_t, (size_t)count + 1);

    if (!type)
        return NULL;
    type->name = treaty_arena_dup(&b->arena, enumeration->full);
    if (!symbols || !numbers || !type->name.data)
        return fail_nomem(b);
    for (uint32_t i = 0; i < count; i++) {
        symbols[i] =
            treaty_arena_dup(&b->arena, enumeration->constants[i].name);
        if (!symbols[i].data)
            return fail_nomem(b);
        numbers[i] = (int32_t)enumeration->constants[i].number;
    }
    type->symbols = symbols;
    type->numbers = numbers;
    type->symbol_count = count;
    type->is_open = !enumeration->is_closed;
    return place(b, type, NULL);
}

static const struct treaty_type *point_to(struct builder *b,
                                          const struct treaty_type *item)
{
    struct treaty_type *pointer = new_type(b, TREATY_KIND_POINTER);

    if (!pointer)
        return NULL;
    pointer->item = item;
    return place(b, pointer, NULL);
}

/* The message's own type where it may be in place, else a pointer. */
static const struct treaty_type *
build_part(struct builder *b, const struct treaty_proto_message *message)
{
    const struct treaty_type *type = b->types[message->id];

    if (type && !b->placed[message->id])
        return point_to(b, type);
    if (!type)
        type = build_message(b, message);
    if (!type || type->size <= IN_PLACE_MAX)
        return type;
    return point_to(b, type);
}

static const struct treaty_type *build_value(struct builder *b,
                                             const struct treaty_proto_ref *ref)
{
    struct treaty_type *type;

    if (ref->enumeration)
        return build_enum(b, ref->enumeration);
    if (ref->message)
        return build_part(b, ref->message);
    if (ref->type == TREATY_PROTO_UNRESOLVED) {
        b->code = treaty_fail(b->err, TREATY_ETYPE, ref->pos,
                              "the type \"%.*s\" is not known",
                              TREATY_STR_ARG(ref->name));
        return NULL;
    }
    type = new_type(b, treaty_proto_kind(ref));
    return type ? place(b, type, NULL) : NULL;
}

/* An item of a list, or a value of a map: messages that are still being built
 * are fine there. */
static const struct treaty_type *build_item(struct builder *b,
                                            const struct treaty_proto_ref *ref)
{
    if (!ref->message)
        return build_value(b, ref);
    if (b->types[ref->message->id])
        return b->types[ref->message->id];
    return build_message(b, ref->message);
}

static const struct treaty_type *
build_map(struct builder *b, const struct treaty_proto_message *entry)
{
    const struct treaty_proto_field *key =
        treaty_proto_field_by_number(entry, 1);
    const struct treaty_proto_field *value =
        treaty_proto_field_by_number(entry, 2);
    struct treaty_type *type = new_type(b, TREATY_KIND_MAP);

    if (!type)
        return NULL;
    if (!key || !value) {
        b->code = treaty_fail(b->err, TREATY_ETYPE, entry->pos,
                              "a map entry has a key and a value");
        return NULL;
    }
    if (treaty_proto_kind(&key->ref) != TREATY_KIND_STRING) {
        type->key = build_value(b, &key->ref);
        if (!type->key)
            return NULL;
    }
    type->item = build_item(b, &value->ref);
    return type->item ? place(b, type, NULL) : NULL;
}

static const struct treaty_type *
build_list(struct builder *b, const struct treaty_proto_field *field)
{
    struct treaty_type *type;

    if (treaty_proto_is_map_field(field))
        return build_map(b, field->ref.message);
    type = new_type(b, TREATY_KIND_ARRAY);
    if (!type)
        return NULL;
    type->item = build_item(b, &field->ref);
    return type->item ? place(b, type, NULL) : NULL;
}

static const struct treaty_type *
build_field_type(struct builder *b, const struct treaty_proto_field *field)
{
    struct treaty_type *type;

    if (treaty_proto_is_many(field))
        return build_list(b, field);
    if (field->presence != TREATY_PROTO_EXPLICIT)
        return build_value(b, &field->ref);
    type = new_type(b, TREATY_KIND_OPTIONAL);
    if (!type)
        return NULL;
    type->item = build_value(b, &field->ref);
    return type->item ? place(b, type, NULL) : NULL;
}

static bool name_field(struct builder *b,
                       const struct treaty_proto_field *field,
                       struct treaty_field *ret)
{
    ret->name = treaty_arena_dup(&b->arena, field->name);
    ret->json = treaty_arena_dup(&b->arena, field->json);
    ret->number = (int32_t)field->number;
    ret->must = field->presence == TREATY_PROTO_MUST;
    if (ret->name.data && ret->json.data)
        return true;
    (void)fail_nomem(b);
    return false;
}

static const struct treaty_type *
build_oneof(struct builder *b, const struct treaty_proto_oneof *oneof)
{
    struct treaty_type *type = new_type(b, TREATY_KIND_UNION);
    struct treaty_type *none = new_type(b, TREATY_KIND_NULL);
    struct treaty_field *branches = TREATY_ARENA_NEW_N(
        &b->arena, struct treaty_field, (size_t)oneof->field_count + 1);

    if (!type || !none || !branches)
        return fail_nomem(b);
    type->field_count = oneof->field_count + 1;
    branches[0].name = TREATY_STR("null");
    branches[0].type = place(b, none, NULL);
    for (uint32_t i = 0; i < oneof->field_count; i++) {
        struct treaty_field *branch = &branches[i + 1];

        if (!name_field(b, oneof->fields[i], branch))
            return NULL;
        branch->type = build_value(b, &oneof->fields[i]->ref);
        if (!branch->type)
            return NULL;
    }
    return place(b, type, branches);
}

/* A oneof stands where its first member does. */
static bool add_field(struct builder *b, const struct treaty_proto_field *field,
                      struct treaty_type *type, struct treaty_field *fields)
{
    struct treaty_field *ret = &fields[type->field_count];

    if (field->oneof && field->oneof->fields[0] != field)
        return true;
    type->field_count++;
    if (!field->oneof) {
        if (!name_field(b, field, ret))
            return false;
        ret->type = build_field_type(b, field);
        return ret->type != NULL;
    }
    ret->name = treaty_arena_dup(&b->arena, field->oneof->name);
    ret->json = ret->name;
    if (!ret->name.data) {
        (void)fail_nomem(b);
        return false;
    }
    ret->type = build_oneof(b, field->oneof);
    return ret->type != NULL;
}

/* What is in an Any is found through the layout that has it. */
static bool note_any(struct builder *b, struct treaty_type *type)
{
    if (!treaty_str_eq_z(type->name, "google.protobuf.Any"))
        return true;
    if (!b->any) {
        b->any = treaty_proto_any_new(b->schema);
        b->owns_any = true;
    }
    type->any = b->any;
    if (!b->any)
        (void)fail_nomem(b);
    return b->any != NULL;
}

static const struct treaty_type *
build_message(struct builder *b, const struct treaty_proto_message *message)
{
    struct treaty_type *type = new_type(b, TREATY_KIND_RECORD);
    struct treaty_field *fields = TREATY_ARENA_NEW_N(
        &b->arena, struct treaty_field, (size_t)message->field_count + 1);

    if (!type)
        return NULL;
    type->name = treaty_arena_dup(&b->arena, message->full);
    if (!fields || !type->name.data)
        return fail_nomem(b);
    if (b->nest == NEST_MAX) {
        b->code = treaty_fail(b->err, TREATY_ELIMIT, message->pos,
                              "more than %d messages inside one another",
                              (int)NEST_MAX);
        return NULL;
    }
    b->types[message->id] = type;
    type->is_message = true;
    type->keeps_unknown = true;
    if (!note_any(b, type))
        return NULL;
    b->nest++;
    for (uint32_t i = 0; i < message->field_count; i++) {
        if (!add_field(b, message->fields[i], type, fields))
            return NULL;
    }
    b->nest--;
    b->placed[message->id] = true;
    return place(b, type, fields);
}

static enum treaty_code build_layout(struct builder *b,
                                     struct treaty_layout **ret)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(b->schema);
    const struct treaty_proto_message *message =
        treaty_proto_part_of(b->schema);
    size_t count = (size_t)tree->message_count + 1;
    struct treaty_arena scratch = {0};
    const struct treaty_type *root = NULL;

    if (!message)
        return treaty_fail(b->err, TREATY_ENOMESSAGE, TREATY_NO_OFFSET,
                           "the schema has no message");
    b->types = TREATY_ARENA_NEW_N(&scratch, struct treaty_type *, count);
    b->placed = TREATY_ARENA_NEW_N(&scratch, bool, count);
    if (b->types && b->placed)
        root = build_message(b, message);
    else
        b->code = treaty_fail_nomem(b->err);
    if (root)
        b->code = treaty_layout_make(&b->arena, root, ret, b->err);
    treaty_arena_release(&scratch);
    treaty_arena_release(&b->arena);
    return b->code;
}

enum treaty_code treaty_proto_layout_among(const struct treaty_schema *schema,
                                           struct treaty_any *any,
                                           struct treaty_layout **ret,
                                           struct treaty_error *err)
{
    struct builder b = {.err = err, .schema = schema, .any = any};
    enum treaty_code code = build_layout(&b, ret);

    if (b.owns_any && code && b.any)
        b.any->free(b.any);
    else if (b.owns_any)
        (*ret)->any = b.any;
    return code;
}

enum treaty_code treaty_proto_layout(const struct treaty_schema *schema,
                                     struct treaty_layout **ret,
                                     struct treaty_error *err)
{
    return treaty_proto_layout_among(schema, NULL, ret, err);
}
