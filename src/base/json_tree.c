/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/map.h"
#include "base/str.h"

#include <math.h>

/* Objects with more members than this are compared through a table. */
enum { FEW_MEMBERS = 16 };

const struct treaty_json *treaty_json_get_str(const struct treaty_json *object,
                                              struct treaty_str name)
{
    const struct treaty_json *found = NULL;

    if (!object || object->kind != TREATY_JSON_OBJECT)
        return NULL;
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        if (treaty_str_eq(m->name, name))
            found = m;
    }
    return found;
}

const struct treaty_json *treaty_json_get(const struct treaty_json *object,
                                          const char *name)
{
    return treaty_json_get_str(object, treaty_str_z(name));
}

bool treaty_json_is_shadowed(const struct treaty_json *member)
{
    for (const struct treaty_json *m = member->next; m; m = m->next) {
        if (treaty_str_eq(m->name, member->name))
            return true;
    }
    return false;
}

bool treaty_json_to_i64(const struct treaty_json *number, int64_t *ret)
{
    if (number->kind != TREATY_JSON_NUMBER || !number->is_integer)
        return false;
    return treaty_str_to_i64(number->text, ret);
}

const char *treaty_json_kind_text(enum treaty_json_kind kind)
{
    static const char *const texts[] = {
        [TREATY_JSON_NULL] = "null",       [TREATY_JSON_BOOL] = "a boolean",
        [TREATY_JSON_NUMBER] = "a number", [TREATY_JSON_STRING] = "a string",
        [TREATY_JSON_ARRAY] = "an array",  [TREATY_JSON_OBJECT] = "an object",
    };

    return texts[kind];
}

bool treaty_json_to_double(const struct treaty_json *number, double *ret)
{
    if (number->kind != TREATY_JSON_NUMBER)
        return false;
    if (treaty_str_eq_z(number->text, "NaN"))
        *ret = NAN;
    else if (treaty_str_eq_z(number->text, "Infinity"))
        *ret = HUGE_VAL;
    else if (treaty_str_eq_z(number->text, "-Infinity"))
        *ret = -HUGE_VAL;
    else
        return treaty_str_to_double(number->text, ret);
    return true;
}

static bool eq_arrays(const struct treaty_json *a, const struct treaty_json *b)
{
    const struct treaty_json *y = b->child;

    if (a->count != b->count)
        return false;
    for (const struct treaty_json *x = a->child; x; x = x->next) {
        if (!treaty_json_eq(x, y))
            return false;
        y = y->next;
    }
    return true;
}

/*
 * The members of an object that count: the last of each name. A table on the
 * heap for large objects, nothing for small ones, or when memory is short.
 */
struct members {
    const struct treaty_json *object;
    struct treaty_map map;
    bool is_mapped;
};

static void open_members(struct members *members,
                         const struct treaty_json *object)
{
    members->object = object;
    members->is_mapped = object->count > FEW_MEMBERS;
    treaty_map_init(&members->map, NULL);
    if (!members->is_mapped)
        return;
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        /* The map wants to be able to hand its values back for writing. */
        void *value = (void *)(uintptr_t)m;

        if (treaty_map_put(&members->map, m->name, value))
            members->is_mapped = false;
    }
}

static const struct treaty_json *find_member(const struct members *members,
                                             struct treaty_str name)
{
    if (members->is_mapped)
        return treaty_map_find(&members->map, name);
    return treaty_json_get_str(members->object, name);
}

/* Each member that counts in `a` has an equal one in `b`. */
static bool is_covered(const struct members *a, const struct members *b)
{
    const struct treaty_json *m = a->object->child;

    for (; m; m = m->next) {
        const struct treaty_json *other;

        if (find_member(a, m->name) != m)
            continue;
        other = find_member(b, m->name);
        if (!other || !treaty_json_eq(m, other))
            return false;
    }
    return true;
}

static bool has_names_of(const struct members *a, const struct members *b)
{
    const struct treaty_json *m = b->object->child;

    for (; m; m = m->next) {
        if (!find_member(a, m->name))
            return false;
    }
    return true;
}

static bool eq_objects(const struct treaty_json *a, const struct treaty_json *b)
{
    struct members in_a, in_b;
    bool is_equal;

    open_members(&in_a, a);
    open_members(&in_b, b);
    is_equal = has_names_of(&in_a, &in_b) && is_covered(&in_a, &in_b);
    treaty_map_release(&in_a.map);
    treaty_map_release(&in_b.map);
    return is_equal;
}

bool treaty_json_eq(const struct treaty_json *a, const struct treaty_json *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == TREATY_JSON_ARRAY)
        return eq_arrays(a, b);
    if (a->kind != TREATY_JSON_OBJECT)
        return treaty_str_eq(a->text, b->text);
    return eq_objects(a, b);
}
