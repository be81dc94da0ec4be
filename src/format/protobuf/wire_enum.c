/* SPDX-License-Identifier: Apache-2.0 */
/* buf's rules on enums, where several names may share a number. */
#include "format/protobuf/wire_rules.h"

#include "base/str.h"

/* By number, and by the place in the text where that is the same. */
static bool list_constants(struct treaty_proto_wire *w,
                           const struct treaty_proto_enum *e,
                           struct treaty_proto_index *ret)
{
    if (!treaty_proto_wire_index(w, ret, e->constant_count))
        return false;
    for (uint32_t i = 0; i < e->constant_count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(ret);

        entry->number = e->constants[i].number;
        entry->name = e->constants[i].name;
        entry->element = &e->constants[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

/* Constants of one number, a run of a list. */
struct run {
    const struct treaty_proto_entry *items;
    size_t count;
};

static struct run run_at(const struct treaty_proto_index *list, size_t at)
{
    struct run run = {&list->items[at], 0};

    while (at + run.count < list->count &&
           list->items[at + run.count].number == list->items[at].number)
        run.count++;
    return run;
}

static struct run find_run(const struct treaty_proto_index *list,
                           int64_t number)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list->count || list->items[low].number != number)
        return (struct run){NULL, 0};
    return run_at(list, low);
}

static void deleted_constants(struct treaty_proto_wire *w, struct run old,
                              const struct treaty_proto_reserved *reserved,
                              struct treaty_proto_spot spot)
{
    const struct treaty_proto_constant *first = old.items[0].element;
    bool names = true;

    for (size_t i = 0; i < old.count; i++)
        names =
            names && treaty_proto_reserves_name(reserved, old.items[i].name);
    spot.number = first->number;
    spot.old_pos = first->pos;
    if (!treaty_proto_reserves_number(reserved, first->number))
        treaty_proto_wire_found(
            w, TREATY_PROTO_ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED, &spot,
            first->name, TREATY_PROTO_NOTHING);
    if (!names)
        treaty_proto_wire_found(
            w, TREATY_PROTO_ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED, &spot,
            first->name, TREATY_PROTO_NOTHING);
}

/* The old names must be among the new ones; each of those is told else. */
static void renamed_constants(struct treaty_proto_wire *w, struct run old,
                              struct run new,
                              const struct treaty_proto_index *names,
                              struct treaty_proto_spot spot)
{
    const struct treaty_proto_entry *lost = NULL;

    for (size_t i = 0; i < old.count && !lost; i++) {
        if (!treaty_proto_index_find(names, &old.items[i]))
            lost = &old.items[i];
    }
    for (size_t i = 0; lost && i < new.count; i++) {
        const struct treaty_proto_constant *constant = new.items[i].element;

        spot.number = constant->number;
        spot.old_pos =
            ((const struct treaty_proto_constant *)lost->element)->pos;
        spot.new_pos = constant->number_pos;
        treaty_proto_wire_found(w, TREATY_PROTO_ENUM_VALUE_SAME_NAME, &spot,
                                lost->name, constant->name);
    }
}

static void compare_constants(struct treaty_proto_wire *w,
                              const struct treaty_proto_enum *old,
                              const struct treaty_proto_enum *new,
                              const struct treaty_proto_reserved *reserved,
                              const struct treaty_proto_spot *spot)
{
    struct treaty_proto_index lists[2];
    size_t at = 0;

    if (!list_constants(w, old, &lists[0]) ||
        !list_constants(w, new, &lists[1]))
        return;
    while (!w->failed && at < lists[0].count) {
        struct run was = run_at(&lists[0], at);
        struct run is = find_run(&lists[1], was.items[0].number);

        if (is.count)
            renamed_constants(w, was, is, &lists[1], *spot);
        else
            deleted_constants(w, was, reserved, *spot);
        at += was.count;
    }
}

void treaty_proto_wire_enums(struct treaty_proto_wire *w,
                             const struct treaty_proto_enum *old,
                             const struct treaty_proto_enum *new)
{
    const struct treaty_proto_spot spot = {
        .full = new->full,
        .old_pos = treaty_proto_statement(old->file, old->pos, "enum"),
        .new_pos = treaty_proto_statement(new->file, new->pos, "enum"),
    };
    struct treaty_proto_reserved reserved;

    if (treaty_proto_has_json(old->file, old->parent, &old->options) &&
        !treaty_proto_has_json(new->file, new->parent, &new->options))
        treaty_proto_wire_found(w, TREATY_PROTO_ENUM_SAME_JSON_FORMAT, &spot,
                                new->name, TREATY_PROTO_NOTHING);
    if (!treaty_proto_read_reserved(w, new->reserved, new->reserved_count,
                                    &reserved))
        return;
    compare_constants(w, old, new, &reserved, &spot);
    for (uint32_t i = 0; i < old->reserved_count; i++)
        treaty_proto_wire_reserved(w, TREATY_PROTO_RESERVED_ENUM_NO_DELETE,
                                   &old->reserved[i], &reserved, spot);
}
