/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a record independent of the frame and the scratch that it was read
 * from. Each kind of type has a function that replaces, in a value that lies
 * in memory already, every pointer by one to a copy; kinds that lie in place
 * have none.
 */
#include "base/str.h"
#include "record/type.h"
#include "serde/serde.h"

enum { DEPTH_MAX = 1024 };

struct owner {
    struct treaty_arena *arena;
    unsigned depth;
};

static enum treaty_code own_value(struct owner *owner,
                                  const struct treaty_type *type, void *value);

static enum treaty_code own_text(struct owner *owner,
                                 const struct treaty_type *type, void *value)
{
    struct treaty_str *text = (struct treaty_str *)value;
    struct treaty_str copy;

    (void)type;
    if (!text->data)
        return TREATY_OK;
    copy = treaty_arena_dup(owner->arena, *text);
    if (!copy.data)
        return TREATY_ENOMEM;
    *text = copy;
    return TREATY_OK;
}

static enum treaty_code
own_optional(struct owner *owner, const struct treaty_type *type, void *value)
{
    char *base = (char *)value;

    if (!*(const bool *)(base + type->flag_offset))
        return TREATY_OK;
    return own_value(owner, type->item, base + type->value_offset);
}

static enum treaty_code own_union(struct owner *owner,
                                  const struct treaty_type *type, void *value)
{
    int32_t branch;
    const struct treaty_field *field;

    memcpy(&branch, value, sizeof(branch));
    if (branch < 0 || (uint32_t)branch >= type->field_count)
        return TREATY_OK;
    field = &type->fields[branch];
    return own_value(owner, field->type, (char *)value + field->offset);
}

/* Copy `size` bytes, replacing the pointer at `where`. */
static enum treaty_code replace(struct owner *owner, void **where, size_t size)
{
    void *copy = treaty_arena_alloc(owner->arena, size);

    if (!copy)
        return TREATY_ENOMEM;
    memcpy(copy, *where, size);
    *where = copy;
    return TREATY_OK;
}

/* Pieces of the event that the reader did not know. */
static enum treaty_code own_unknown(struct owner *owner,
                                    struct treaty_array *pieces)
{
    enum treaty_code code;

    if (pieces->count == 0)
        return TREATY_OK;
    code = replace(owner, &pieces->items,
                   pieces->count * sizeof(struct treaty_str));
    for (size_t i = 0; i < pieces->count && code == TREATY_OK; i++)
        code = own_text(owner, NULL, (struct treaty_str *)pieces->items + i);
    return code;
}

static enum treaty_code own_record(struct owner *owner,
                                   const struct treaty_type *type, void *value)
{
    enum treaty_code code = TREATY_OK;
    char *base = (char *)value;

    for (uint32_t i = 0; i < type->field_count && code == TREATY_OK; i++)
        code = own_value(owner, type->fields[i].type,
                         base + type->fields[i].offset);
    if (type->keeps_unknown && code == TREATY_OK)
        code = own_unknown(owner, (void *)(base + type->unknown_offset));
    return code;
}

static enum treaty_code own_pointer(struct owner *owner,
                                    const struct treaty_type *type, void *value)
{
    void **where = (void **)value;
    enum treaty_code code;

    if (!*where)
        return TREATY_OK;
    code = replace(owner, where, type->item->size);
    if (code != TREATY_OK)
        return code;
    return own_value(owner, type->item, *where);
}

/* Items of arrays; of maps, entries of a key and a value. */
static enum treaty_code own_items(struct owner *owner,
                                  const struct treaty_type *type, void *value)
{
    struct treaty_array *array = (struct treaty_array *)value;
    size_t stride = treaty_type_stride(type);
    bool is_map = type->kind == TREATY_KIND_MAP;
    enum treaty_code code;

    if (array->count == 0 || stride == 0)
        return TREATY_OK;
    code = replace(owner, &array->items, array->count * stride);
    for (size_t i = 0; i < array->count && code == TREATY_OK; i++) {
        char *item = (char *)array->items + i * stride;

        if (is_map && !type->key)
            code = own_text(owner, NULL, item);
        if (code == TREATY_OK)
            code = own_value(owner, type->item,
                             item + (is_map ? type->value_offset : 0));
    }
    return code;
}

static enum treaty_code own_value(struct owner *owner,
                                  const struct treaty_type *type, void *value)
{
    static enum treaty_code (*const functions[])(
        struct owner *, const struct treaty_type *, void *) = {
        [TREATY_KIND_STRING] = own_text,
        [TREATY_KIND_BYTES] = own_text,
        [TREATY_KIND_OPTIONAL] = own_optional,
        [TREATY_KIND_UNION] = own_union,
        [TREATY_KIND_RECORD] = own_record,
        [TREATY_KIND_ARRAY] = own_items,
        [TREATY_KIND_MAP] = own_items,
        [TREATY_KIND_POINTER] = own_pointer,
    };
    enum treaty_code code;

    if (!functions[type->kind])
        return TREATY_OK;
    if (owner->depth == DEPTH_MAX)
        return TREATY_EDEPTH;
    owner->depth++;
    code = functions[type->kind](owner, type, value);
    owner->depth--;
    return code;
}

enum treaty_code treaty_record_own(const struct treaty_layout *layout,
                                   void *record, struct treaty_scratch *scratch)
{
    struct owner owner = {.arena = &scratch->arena};

    return own_value(&owner, layout->root, record);
}
