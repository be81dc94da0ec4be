/* SPDX-License-Identifier: Apache-2.0 */
#include "record/type.h"

#include "base/error.h"
#include "base/map.h"
#include "base/str.h"

#include <assert.h>

/* Size and alignment of the kinds that look the same in every layout. */
struct shape {
    size_t size;
    uint32_t align;
};

#define SHAPE(type)                                                            \
    {                                                                          \
        sizeof(type), _Alignof(type)                                           \
    }

static const struct shape shapes[] = {
    [TREATY_KIND_NULL] = {0, 1},
    [TREATY_KIND_BOOL] = SHAPE(bool),
    [TREATY_KIND_INT32] = SHAPE(int32_t),
    [TREATY_KIND_INT64] = SHAPE(int64_t),
    [TREATY_KIND_UINT32] = SHAPE(uint32_t),
    [TREATY_KIND_UINT64] = SHAPE(uint64_t),
    [TREATY_KIND_FLOAT] = SHAPE(float),
    [TREATY_KIND_DOUBLE] = SHAPE(double),
    [TREATY_KIND_STRING] = SHAPE(struct treaty_str),
    [TREATY_KIND_BYTES] = SHAPE(struct treaty_str),
    [TREATY_KIND_FIXED] = {0, 1}, /* its own size stays */
    [TREATY_KIND_ENUM] = SHAPE(struct treaty_enum),
    [TREATY_KIND_OPTIONAL] = {0, 1}, /* placed by its item */
    [TREATY_KIND_UNION] = SHAPE(int32_t),
    [TREATY_KIND_RECORD] = {0, 1},
    [TREATY_KIND_ARRAY] = SHAPE(struct treaty_array),
    [TREATY_KIND_MAP] = SHAPE(struct treaty_array),
    [TREATY_KIND_POINTER] = SHAPE(void *),
};

static size_t align_up(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

size_t treaty_type_stride(const struct treaty_type *type)
{
    size_t end = type->value_offset + type->item->size;

    if (type->kind == TREATY_KIND_MAP)
        return align_up(end, _Alignof(struct treaty_str));
    return type->item->size;
}

static void place_optional(struct treaty_type *type)
{
    type->flag_offset = 0;
    type->align = type->item->align;
    type->value_offset = align_up(sizeof(bool), type->align);
    type->size = align_up(type->value_offset + type->item->size, type->align);
}

/* Branches overlap behind the number that says which one it is. */
static void place_union(struct treaty_type *type, struct treaty_field *branches)
{
    size_t largest = 0;
    size_t at;

    for (uint32_t i = 0; i < type->field_count; i++) {
        if (branches[i].type->align > type->align)
            type->align = branches[i].type->align;
        if (branches[i].type->size > largest)
            largest = branches[i].type->size;
    }
    at = align_up(sizeof(int32_t), type->align);
    for (uint32_t i = 0; i < type->field_count; i++)
        branches[i].offset = at;
    type->size = align_up(at + largest, type->align);
}

static void place_record(struct treaty_type *type, struct treaty_field *fields)
{
    size_t at = 0;

    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct treaty_type *part = fields[i].type;

        at = align_up(at, part->align);
        fields[i].offset = at;
        at += part->size;
        if (part->align > type->align)
            type->align = part->align;
    }
    if (type->keeps_unknown) {
        at = align_up(at, _Alignof(struct treaty_array));
        if (type->align < _Alignof(struct treaty_array))
            type->align = _Alignof(struct treaty_array);
        type->unknown_offset = at;
        at += sizeof(struct treaty_array);
    }
    type->size = align_up(at, type->align);
}

void treaty_type_place(struct treaty_type *type, struct treaty_field *fields)
{
    type->align = shapes[type->kind].align;
    if (type->kind != TREATY_KIND_FIXED)
        type->size = shapes[type->kind].size;
    type->fields = fields;

    if (type->kind == TREATY_KIND_OPTIONAL)
        place_optional(type);
    if (type->kind == TREATY_KIND_UNION)
        place_union(type, fields);
    if (type->kind == TREATY_KIND_RECORD)
        place_record(type, fields);
    /* Keys take 8 bytes or 16, and no type is aligned to more than 8, so a map
     * may be placed before its values are. */
    if (type->kind == TREATY_KIND_MAP)
        type->value_offset =
            type->key ? sizeof(int64_t) : sizeof(struct treaty_str);
}

enum treaty_code treaty_type_place_within(struct treaty_type *type,
                                          struct treaty_field *fields,
                                          struct treaty_error *err)
{
    treaty_type_place(type, fields);
    if (type->size <= TREATY_RECORD_MAX)
        return TREATY_OK;
    return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                       "a value of the schema takes more than %d bytes",
                       (int)TREATY_RECORD_MAX);
}

/*
 * The fingerprint. Types are numbered in the order in which they are met, and
 * one that was met before adds its number alone, so cycles end.
 */
struct walk {
    struct treaty_arena arena;
    struct treaty_map met; /* address of a type -> its number + 1 */
    uintptr_t count;
    uint64_t hash;
    bool failed;
};

static void mix(struct walk *walk, uint64_t value)
{
    walk->hash = (walk->hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    walk->hash ^= walk->hash >> 29;
}

/* Not treaty_str_hash: that one differs from process to process. */
static void mix_str(struct walk *walk, struct treaty_str s)
{
    mix(walk, s.len);
    for (size_t i = 0; i < s.len; i++)
        mix(walk, (uint8_t)s.data[i]);
}

/* The number of a type that was met, or 0 after giving it the next one. */
static uintptr_t meet(struct walk *walk, const struct treaty_type *type)
{
    struct treaty_str address = {(const char *)&type, sizeof(type)};
    uintptr_t number = (uintptr_t)treaty_map_find(&walk->met, address);
    struct treaty_str key;

    if (number)
        return number;
    key = treaty_arena_dup(&walk->arena, address);
    walk->count++;
    if (!key.data ||
        treaty_map_put(&walk->met, key, (void *)walk->count) != TREATY_OK)
        walk->failed = true;
    return 0;
}

static void mix_type(struct walk *walk, const struct treaty_type *type);

static void mix_parts(struct walk *walk, const struct treaty_type *type)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        mix_str(walk, type->fields[i].name);
        mix(walk, type->fields[i].offset);
        mix_type(walk, type->fields[i].type);
    }
    for (uint32_t i = 0; i < type->symbol_count; i++)
        mix_str(walk, type->symbols[i]);
    for (uint32_t i = 0; i < type->symbol_count && type->numbers; i++)
        mix(walk, (uint64_t)type->numbers[i]);
    if (type->key)
        mix_type(walk, type->key);
    if (type->item)
        mix_type(walk, type->item);
}

static void mix_type(struct walk *walk, const struct treaty_type *type)
{
    uintptr_t number = meet(walk, type);

    mix(walk, number);
    if (number || walk->failed)
        return;
    mix(walk, (uint64_t)type->kind);
    mix(walk, type->size);
    mix(walk, type->flag_offset);
    mix(walk, type->value_offset);
    mix(walk, (uint64_t)type->null_branch);
    mix(walk, type->keeps_unknown ? type->unknown_offset + 1 : 0);
    mix(walk, type->field_count);
    mix(walk, type->symbol_count);
    mix_str(walk, type->name);
    mix_parts(walk, type);
}

static bool fingerprint(const struct treaty_type *root, uint64_t *ret)
{
    struct walk walk = {0};

    treaty_map_init(&walk.met, &walk.arena);
    mix_type(&walk, root);
    *ret = walk.hash;
    treaty_arena_release(&walk.arena);
    return !walk.failed;
}

enum treaty_code treaty_layout_make(struct treaty_arena *arena,
                                    const struct treaty_type *root,
                                    struct treaty_layout **ret,
                                    struct treaty_error *err)
{
    struct treaty_layout *layout =
        TREATY_ARENA_NEW(arena, struct treaty_layout);

    if (!layout || !fingerprint(root, &layout->fingerprint))
        return treaty_fail_nomem(err);
    layout->root = root;
    layout->refs = 1;
    layout->arena = *arena;
    *arena = (struct treaty_arena){0};
    *ret = layout;
    return TREATY_OK;
}

struct treaty_layout *treaty_layout_ref(struct treaty_layout *layout)
{
    __atomic_add_fetch(&layout->refs, 1, __ATOMIC_RELAXED);
    return layout;
}

void treaty_layout_unref(struct treaty_layout *layout)
{
    struct treaty_arena arena;

    if (!layout || __atomic_sub_fetch(&layout->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (layout->any)
        layout->any->free(layout->any);
    arena = layout->arena; /* the layout lies on it */
    treaty_arena_release(&arena);
}
