/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text_inside.h"

#include "base/error.h"
#include "base/str.h"

/*
 * Fields by name. A record of a few fields is searched through; one of many
 * gets a table at its first use, so that an object costs what it is long.
 */
enum { SEARCHED_MAX = 16 };

struct treaty_text_names {
    struct treaty_text_names *next;
    const struct treaty_type *type;
    struct treaty_map slots; /* name -> struct treaty_text_slot */
};

static bool is_called(const struct treaty_field *field, struct treaty_str name)
{
    return treaty_str_eq(field->name, name) ||
           (field->json.data && treaty_str_eq(field->json, name));
}

static bool search_oneof(const struct treaty_type *type, struct treaty_str name,
                         struct treaty_text_slot *ret)
{
    for (uint32_t i = 1; i < type->field_count; i++) {
        if (is_called(&type->fields[i], name)) {
            ret->branch = i;
            return true;
        }
    }
    return false;
}

static bool search(const struct treaty_type *type, struct treaty_str name,
                   struct treaty_text_slot *ret)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct treaty_field *field = &type->fields[i];

        *ret = (struct treaty_text_slot){i, 0};
        if (!treaty_text_is_oneof(type, field)) {
            if (is_called(field, name))
                return true;
        } else if (search_oneof(field->type, name, ret)) {
            return true;
        }
    }
    return false;
}

/* The first of two that share a name keeps it. */
static bool put_name(struct treaty_text_names *names, struct treaty_str name,
                     struct treaty_text_slot *slot)
{
    return treaty_map_find(&names->slots, name) ||
           treaty_map_put(&names->slots, name, slot) == TREATY_OK;
}

static bool put_slot(struct treaty_text_reader *r,
                     struct treaty_text_names *names,
                     const struct treaty_field *field, uint32_t i,
                     uint32_t branch)
{
    struct treaty_text_slot *slot =
        TREATY_ARENA_NEW(r->arena, struct treaty_text_slot);

    if (!slot)
        return false;
    *slot = (struct treaty_text_slot){i, branch};
    return put_name(names, field->name, slot) &&
           (!field->json.data || put_name(names, field->json, slot));
}

static bool put_field(struct treaty_text_reader *r,
                      struct treaty_text_names *names, uint32_t i)
{
    const struct treaty_field *field = &names->type->fields[i];

    if (!treaty_text_is_oneof(names->type, field))
        return put_slot(r, names, field, i, 0);
    for (uint32_t b = 1; b < field->type->field_count; b++) {
        if (!put_slot(r, names, &field->type->fields[b], i, b))
            return false;
    }
    return true;
}

/* The table of `type`; NULL without memory. */
static const struct treaty_text_names *names_of(struct treaty_text_reader *r,
                                                const struct treaty_type *type)
{
    struct treaty_text_names *names;

    for (names = r->names; names; names = names->next) {
        if (names->type == type)
            return names;
    }
    names = TREATY_ARENA_NEW(r->arena, struct treaty_text_names);
    if (!names)
        return NULL;
    names->type = type;
    treaty_map_init(&names->slots, r->arena);
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!put_field(r, names, i))
            return NULL;
    }
    names->next = r->names;
    r->names = names;
    return names;
}

/* A oneof is one field of the record, and may be most of it. */
static bool is_small(const struct treaty_type *type)
{
    uint32_t count = type->field_count;

    for (uint32_t i = 0; i < type->field_count && count <= SEARCHED_MAX; i++) {
        if (treaty_text_is_oneof(type, &type->fields[i]))
            count += type->fields[i].type->field_count;
    }
    return count <= SEARCHED_MAX;
}

enum treaty_code treaty_text_find(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *member,
                                  struct treaty_text_slot *ret)
{
    const struct treaty_text_slot *slot = NULL;
    const struct treaty_text_names *names;

    if (is_small(type)) {
        if (search(type, member->name, ret))
            return TREATY_OK;
    } else {
        names = names_of(r, type);
        if (!names)
            return treaty_fail_nomem(r->err);
        slot = treaty_map_find(&names->slots, member->name);
    }
    if (!slot)
        return treaty_fail(r->err, TREATY_EVALUE, member->name_pos,
                           "\"%.*s\" is no field of %s \"%.*s\"",
                           TREATY_STR_ARG(member->name),
                           type->is_message ? "message" : "record",
                           TREATY_STR_ARG(type->name));
    *ret = *slot;
    return TREATY_OK;
}
