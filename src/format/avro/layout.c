/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The natural layout of an Avro schema: every field, in order.
 *
 *     ["null", T], [T, "null"]     OPTIONAL
 *     other unions                 UNION
 *     a record inside itself       POINTER; in an array or a map, the record
 *
 * A record is a type of its own however often it is used, as in the schema;
 * it lies in place wherever its size is known by then.
 */
#include "format/avro/plan.h"

#include "base/error.h"
#include "base/str.h"

enum {
    NEST_MAX = 1000, /* of records that hold one another in place */
};

struct builder {
    struct treaty_arena arena;
    struct treaty_type **types; /* of the named nodes, by id */
    bool *placed;
    struct treaty_error *err;
    enum treaty_code code; /* why a function gave NULL */
    int nest;
};

static const enum treaty_kind kinds[] = {
    [TREATY_AVRO_NULL] = TREATY_KIND_NULL,
    [TREATY_AVRO_BOOLEAN] = TREATY_KIND_BOOL,
    [TREATY_AVRO_INT] = TREATY_KIND_INT32,
    [TREATY_AVRO_LONG] = TREATY_KIND_INT64,
    [TREATY_AVRO_FLOAT] = TREATY_KIND_FLOAT,
    [TREATY_AVRO_DOUBLE] = TREATY_KIND_DOUBLE,
    [TREATY_AVRO_BYTES] = TREATY_KIND_BYTES,
    [TREATY_AVRO_STRING] = TREATY_KIND_STRING,
    [TREATY_AVRO_FIXED] = TREATY_KIND_FIXED,
    [TREATY_AVRO_ENUM] = TREATY_KIND_ENUM,
    [TREATY_AVRO_RECORD] = TREATY_KIND_RECORD,
    [TREATY_AVRO_ARRAY] = TREATY_KIND_ARRAY,
    [TREATY_AVRO_MAP] = TREATY_KIND_MAP,
    [TREATY_AVRO_UNION] = TREATY_KIND_UNION,
};

enum treaty_kind treaty_avro_plain_kind(enum treaty_avro_kind kind)
{
    return kinds[kind];
}

int32_t treaty_avro_null_branch(const struct treaty_avro_node *node)
{
    bool first;
    bool second;

    if (node->kind != TREATY_AVRO_UNION || node->branch_count != 2)
        return -1;
    first = node->branches[0]->kind == TREATY_AVRO_NULL;
    second = node->branches[1]->kind == TREATY_AVRO_NULL;
    if (first == second)
        return -1;
    return first ? 0 : 1;
}

static const struct treaty_type *
build_type(struct builder *b, const struct treaty_avro_node *node);

static const struct treaty_type *fail_nomem(struct builder *b)
{
    b->code = treaty_fail_nomem(b->err);
    return NULL;
}

/* Copies of the texts: the layout may outlive the schema. */
static const struct treaty_str *
copy_texts(struct builder *b, const struct treaty_str *texts, size_t count)
{
    struct treaty_str *copies =
        TREATY_ARENA_NEW_N(&b->arena, struct treaty_str, count + 1);

    for (size_t i = 0; copies && i < count; i++) {
        copies[i] = treaty_arena_dup(&b->arena, texts[i]);
        if (!copies[i].data)
            return NULL;
    }
    return copies;
}

static bool copy_names(struct builder *b, const struct treaty_avro_node *node,
                       struct treaty_type *type)
{
    type->name = treaty_arena_dup(&b->arena, node->full);
    type->logical = treaty_arena_dup(&b->arena, node->logical);
    type->precision = node->precision;
    type->scale = node->scale;
    type->symbol_count = node->symbol_count;
    type->symbols = copy_texts(b, node->symbols, node->symbol_count);
    type->aliases = copy_texts(b, node->aliases, node->alias_count);
    type->alias_count = node->alias_count;
    if (!type->name.data || !type->logical.data || !type->symbols ||
        !type->aliases)
        return false;
    if (node->kind == TREATY_AVRO_ENUM && node->default_symbol >= 0)
        type->fallback_symbol = &type->symbols[node->default_symbol];
    return true;
}

static struct treaty_type *new_type(struct builder *b,
                                    const struct treaty_avro_node *node)
{
    struct treaty_type *type = TREATY_ARENA_NEW(&b->arena, struct treaty_type);

    if (!type || !copy_names(b, node, type)) {
        (void)fail_nomem(b);
        return NULL;
    }
    type->kind = kinds[node->kind];
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
build_optional(struct builder *b, const struct treaty_avro_node *node)
{
    int32_t null = treaty_avro_null_branch(node);
    struct treaty_type *type = new_type(b, node);

    if (!type)
        return NULL;
    type->kind = TREATY_KIND_OPTIONAL;
    type->null_branch = null;
    type->item = build_type(b, node->branches[1 - null]);
    return type->item ? place(b, type, NULL) : NULL;
}

static const struct treaty_type *
build_union(struct builder *b, const struct treaty_avro_node *node)
{
    struct treaty_type *type = new_type(b, node);
    struct treaty_field *branches =
        TREATY_ARENA_NEW_N(&b->arena, struct treaty_field, node->branch_count);

    if (!type)
        return NULL;
    if (!branches)
        return fail_nomem(b);
    type->field_count = node->branch_count;
    for (uint32_t i = 0; i < node->branch_count; i++) {
        struct treaty_str name = treaty_avro_type_name(node->branches[i]);

        branches[i].name = treaty_arena_dup(&b->arena, name);
        if (!branches[i].name.data)
            return fail_nomem(b);
        branches[i].type = build_type(b, node->branches[i]);
        if (!branches[i].type)
            return NULL;
    }
    return place(b, type, branches);
}

static bool copy_field(struct builder *b, const struct treaty_avro_field *from,
                       struct treaty_field *to)
{
    struct treaty_buf json;

    to->name = treaty_arena_dup(&b->arena, from->name);
    to->aliases = copy_texts(b, from->aliases, from->alias_count);
    to->alias_count = from->alias_count;
    if (!to->name.data || !to->aliases)
        return false;
    if (!from->default_json)
        return true;
    treaty_buf_init(&json, 0);
    treaty_json_write(&json, from->default_json);
    if (json.failed == TREATY_OK)
        to->fallback = treaty_arena_dup(&b->arena, treaty_buf_str(&json));
    treaty_buf_release(&json);
    return to->fallback.data != NULL;
}

static bool build_fields(struct builder *b, const struct treaty_avro_node *node,
                         struct treaty_field *fields)
{
    for (uint32_t i = 0; i < node->field_count; i++) {
        if (!copy_field(b, &node->fields[i], &fields[i])) {
            (void)fail_nomem(b);
            return false;
        }
        fields[i].type = build_type(b, node->fields[i].type);
        if (!fields[i].type)
            return false;
    }
    return true;
}

static const struct treaty_type *
build_record(struct builder *b, const struct treaty_avro_node *node)
{
    struct treaty_type *type = new_type(b, node);
    struct treaty_field *fields =
        TREATY_ARENA_NEW_N(&b->arena, struct treaty_field, node->field_count);

    if (!type)
        return NULL;
    if (!fields)
        return fail_nomem(b);
    if (b->nest == NEST_MAX) {
        b->code = treaty_fail(b->err, TREATY_ELIMIT, node->pos,
                              "more than %d records inside one another",
                              (int)NEST_MAX);
        return NULL;
    }
    b->types[node->id] = type;
    type->field_count = node->field_count;
    b->nest++;
    if (!build_fields(b, node, fields))
        return NULL;
    b->nest--;
    b->placed[node->id] = true;
    return place(b, type, fields);
}

/* The record's own type where it is in place or an item, else a pointer. */
static const struct treaty_type *use_record(struct builder *b,
                                            const struct treaty_avro_node *node,
                                            bool in_place)
{
    struct treaty_type *pointer;

    if (!b->types[node->id])
        return build_record(b, node);
    if (b->placed[node->id] || !in_place)
        return b->types[node->id];
    pointer = TREATY_ARENA_NEW(&b->arena, struct treaty_type);
    if (!pointer)
        return fail_nomem(b);
    pointer->kind = TREATY_KIND_POINTER;
    pointer->item = b->types[node->id];
    return place(b, pointer, NULL);
}

static const struct treaty_type *
build_items(struct builder *b, const struct treaty_avro_node *node)
{
    struct treaty_type *type = new_type(b, node);

    if (!type)
        return NULL;
    if (node->item->kind == TREATY_AVRO_RECORD)
        type->item = use_record(b, node->item, false);
    else
        type->item = build_type(b, node->item);
    return type->item ? place(b, type, NULL) : NULL;
}

static const struct treaty_type *build_leaf(struct builder *b,
                                            const struct treaty_avro_node *node)
{
    struct treaty_type *type = new_type(b, node);

    if (!type)
        return NULL;
    type->size = node->size; /* of a FIXED; others get theirs */
    return place(b, type, NULL);
}

static const struct treaty_type *build_type(struct builder *b,
                                            const struct treaty_avro_node *node)
{
    if (node->kind == TREATY_AVRO_RECORD)
        return use_record(b, node, true);
    if (node->kind == TREATY_AVRO_ARRAY || node->kind == TREATY_AVRO_MAP)
        return build_items(b, node);
    if (treaty_avro_null_branch(node) >= 0)
        return build_optional(b, node);
    if (node->kind == TREATY_AVRO_UNION)
        return build_union(b, node);
    return build_leaf(b, node);
}

enum treaty_code treaty_avro_layout(const struct treaty_schema *schema,
                                    struct treaty_layout **ret,
                                    struct treaty_error *err)
{
    const struct treaty_avro_tree *tree = treaty_avro_tree(schema);
    struct builder b = {.err = err};
    struct treaty_arena scratch = {0};
    const struct treaty_type *root = NULL;

    b.types =
        TREATY_ARENA_NEW_N(&scratch, struct treaty_type *, tree->node_count);
    b.placed = TREATY_ARENA_NEW_N(&scratch, bool, tree->node_count);
    if (b.types && b.placed)
        root = build_type(&b, tree->root);
    else
        b.code = treaty_fail_nomem(err);
    if (root)
        b.code = treaty_layout_make(&b.arena, root, ret, err);
    treaty_arena_release(&scratch);
    treaty_arena_release(&b.arena);
    return b.code;
}
