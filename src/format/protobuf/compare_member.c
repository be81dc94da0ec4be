/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fields and oneofs of two messages are the same. Release 8.5 matches
 * all fields by number and then asks of each oneof where its members came
 * from; release 8.3 matched the fields outside oneofs, and those of oneofs of
 * the same name, so that what it did not find there was never compared.
 */
#include "format/protobuf/compare.h"

#include "base/str.h"

#include <assert.h>

/* Where a oneof of the new message has its members from. */
struct origin {
    uint32_t tops; /* members that stood outside oneofs */
    uint32_t groups;
    const struct treaty_proto_oneof *last; /* oneof that one came from */
};

struct members {
    struct treaty_proto_compare *c;
    const struct treaty_proto_message *old;
    const struct treaty_proto_message *new;
    struct treaty_str path;
    struct treaty_proto_index old_fields; /* by number */
    struct treaty_proto_index new_fields;
    struct treaty_proto_index old_oneofs; /* by name */
    struct treaty_proto_index new_oneofs;
    struct origin *origins; /* of each oneof of the new message */
    bool *survives;         /* of each old one: has it a member left? */
};

static bool is_fine(struct members *m, enum treaty_code code)
{
    if (code)
        treaty_proto_compare_fail(m->c, code);
    return !m->c->failed;
}

/* Groups are not looked at: rule 2. Release 8.3 takes oneofs by themselves. */
static bool list_fields(struct members *m,
                        const struct treaty_proto_message *message,
                        struct treaty_proto_index *ret)
{
    if (!is_fine(m, treaty_proto_index_init(ret, &m->c->scratch,
                                            message->field_count)))
        return false;
    for (uint32_t i = 0; i < message->field_count; i++) {
        struct treaty_proto_field *field = message->fields[i];
        struct treaty_proto_entry *entry;

        if (field->is_group || (field->oneof && m->c->by_oneof))
            continue;
        entry = treaty_proto_index_add(ret);
        entry->number = field->number;
        entry->element = field;
    }
    treaty_proto_index_sort(ret);
    return true;
}

static bool list_oneof_fields(struct members *m,
                              const struct treaty_proto_oneof *oneof,
                              struct treaty_proto_index *ret)
{
    if (!is_fine(m, treaty_proto_index_init(ret, &m->c->scratch,
                                            oneof->field_count)))
        return false;
    for (uint32_t i = 0; i < oneof->field_count; i++) {
        struct treaty_proto_entry *entry;

        if (oneof->fields[i]->is_group)
            continue;
        entry = treaty_proto_index_add(ret);
        entry->number = oneof->fields[i]->number;
        entry->element = oneof->fields[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

static bool list_oneofs(struct members *m,
                        const struct treaty_proto_message *message,
                        struct treaty_proto_index *ret)
{
    if (!is_fine(m, treaty_proto_index_init(ret, &m->c->scratch,
                                            message->oneof_count)))
        return false;
    for (uint32_t i = 0; i < message->oneof_count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(ret);

        entry->name = message->oneofs[i].name;
        entry->element = &message->oneofs[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

/* The place of a field, of which one side may be NULL. */
static struct treaty_proto_place place_of(const struct members *m,
                                          const struct treaty_proto_field *old,
                                          const struct treaty_proto_field *new)
{
    const struct treaty_proto_field *some = new ? new : old;

    assert(some);
    return (struct treaty_proto_place){
        .path = m->path,
        .oneof = some->oneof ? some->oneof->name : TREATY_STR(""),
        .number = some->number,
        .has_number = true,
        .old_pos = old ? old->pos : m->old->pos,
        .new_pos = new ? new->pos : m->new->pos,
    };
}

static struct treaty_proto_place
place_of_oneof(const struct members *m, const struct treaty_proto_oneof *old,
               const struct treaty_proto_oneof *new)
{
    assert(old || new);
    return (struct treaty_proto_place){
        .path = m->path,
        .oneof = new ? new->name : old->name,
        .old_pos = old ? old->pos : m->old->pos,
        .new_pos = new ? new->pos : m->new->pos,
    };
}

static void found_added(struct members *m,
                        const struct treaty_proto_field *field)
{
    struct treaty_proto_place place = place_of(m, NULL, field);

    assert(field);
    if (field->oneof)
        treaty_proto_found(m->c, "ONEOF_FIELD_ADDED", TREATY_PROTO_HARMLESS,
                           &place, field->name);
    else if (field->label == TREATY_PROTO_REQUIRED)
        treaty_proto_found(m->c, "REQUIRED_FIELD_ADDED", TREATY_PROTO_BREAKING,
                           &place, field->name);
    else
        treaty_proto_found(m->c, "FIELD_ADDED", TREATY_PROTO_HARMLESS, &place,
                           field->name);
}

static void found_removed(struct members *m,
                          const struct treaty_proto_field *field)
{
    struct treaty_proto_place place = place_of(m, field, NULL);

    assert(field);
    if (field->oneof)
        treaty_proto_found(m->c, "ONEOF_FIELD_REMOVED", TREATY_PROTO_BREAKING,
                           &place, field->name);
    else if (field->label == TREATY_PROTO_REQUIRED)
        treaty_proto_found(m->c, "REQUIRED_FIELD_REMOVED",
                           TREATY_PROTO_BREAKING, &place, field->name);
    else
        treaty_proto_found(m->c, "FIELD_REMOVED", TREATY_PROTO_HARMLESS, &place,
                           field->name);
}

static void compare_both(struct members *m,
                         const struct treaty_proto_field *old,
                         const struct treaty_proto_field *new)
{
    treaty_proto_compare_fields(m->c, old, new, place_of(m, old, new));
}

/* Oneofs that came or went, in either release. */
static void report_oneofs(struct members *m)
{
    struct treaty_proto_match match = {&m->old_oneofs, &m->new_oneofs, 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    while (treaty_proto_match_next(&match, &o, &n)) {
        struct treaty_proto_place place;

        if (o && n)
            continue;
        place = place_of_oneof(m, o ? o->element : NULL, n ? n->element : NULL);
        treaty_proto_found(m->c, n ? "ONEOF_ADDED" : "ONEOF_REMOVED",
                           TREATY_PROTO_HARMLESS, &place, place.oneof);
    }
}

static const char *const many_moved = "MULTIPLE_FIELDS_MOVED_TO_ONEOF";
static const char *const one_moved = "FIELD_MOVED_TO_EXISTING_ONEOF";

/* Release 8.5. */

/* Each field outside oneofs counts as a group of its own. */
static void note_origin(struct members *m, const struct treaty_proto_field *old,
                        const struct treaty_proto_field *new)
{
    struct origin *origin = &m->origins[new->oneof->index];

    if (!old->oneof) {
        origin->tops++;
        origin->groups++;
    } else if (old->oneof != origin->last) {
        origin->last = old->oneof;
        origin->groups++;
    }
}

/* Before anything is said: who came from where, and what is left of whom. */
static void trace(struct members *m)
{
    struct treaty_proto_match match = {&m->old_fields, &m->new_fields, 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    while (treaty_proto_match_next(&match, &o, &n)) {
        const struct treaty_proto_field *old = o ? o->element : NULL;
        const struct treaty_proto_field *new = n ? n->element : NULL;

        if (!old || !new)
            continue;
        if (old->oneof)
            m->survives[old->oneof->index] = true;
        if (new->oneof)
            note_origin(m, old, new);
    }
}

/* A oneof may go as a whole: the same name in the new message keeps it. */
static bool went_with_its_oneof(const struct members *m,
                                const struct treaty_proto_field *old)
{
    const struct treaty_proto_entry key = {.name = old->oneof ? old->oneof->name
                                                              : TREATY_STR("")};

    return old->oneof && !m->survives[old->oneof->index] &&
           !treaty_proto_index_find(&m->new_oneofs, &key);
}

static void compare_by_number(struct members *m)
{
    struct treaty_proto_match match = {&m->old_fields, &m->new_fields, 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    while (!m->c->failed && treaty_proto_match_next(&match, &o, &n)) {
        const struct treaty_proto_field *old = o ? o->element : NULL;
        const struct treaty_proto_field *new = n ? n->element : NULL;

        if (!old) {
            found_added(m, new);
            continue;
        }
        if (!new) {
            if (!went_with_its_oneof(m, old))
                found_removed(m, old);
            continue;
        }
        if (old->oneof && !new->oneof) {
            struct treaty_proto_place place = place_of(m, old, new);

            treaty_proto_found(m->c, "ONEOF_FIELD_MOVED_TO_TOP_LEVEL",
                               TREATY_PROTO_HARMLESS, &place, new->name);
        }
        compare_both(m, old, new);
    }
}

static void judge_origins(struct members *m)
{
    for (uint32_t i = 0; i < m->new->oneof_count; i++) {
        const struct origin *origin = &m->origins[i];
        struct treaty_proto_place place =
            place_of_oneof(m, NULL, &m->new->oneofs[i]);

        if (origin->groups > 1)
            treaty_proto_found(m->c, origin->tops > 1 ? many_moved : one_moved,
                               TREATY_PROTO_BREAKING, &place, place.oneof);
    }
}

static void compare_by_field(struct members *m)
{
    m->origins = TREATY_ARENA_NEW_N(&m->c->scratch, struct origin,
                                    m->new->oneof_count + 1);
    m->survives =
        TREATY_ARENA_NEW_N(&m->c->scratch, bool, m->old->oneof_count + 1);
    if (!m->origins || !m->survives) {
        treaty_proto_compare_fail(m->c, TREATY_ENOMEM);
        return;
    }
    trace(m);
    compare_by_number(m);
    judge_origins(m);
}

/* Release 8.3. */

/* How many members of `oneof` stood outside oneofs, and are not in `but`. */
static uint32_t count_moved(const struct members *m,
                            const struct treaty_proto_index *fields,
                            const struct treaty_proto_index *but)
{
    uint32_t moved = 0;

    for (size_t i = 0; i < fields->count; i++) {
        const struct treaty_proto_entry *key = &fields->items[i];

        if (treaty_proto_index_find(&m->old_fields, key) &&
            !treaty_proto_index_find(but, key))
            moved++;
    }
    return moved;
}

static void compare_lists(struct members *m,
                          const struct treaty_proto_index *old,
                          const struct treaty_proto_index *new)
{
    struct treaty_proto_match match = {old, new, 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    while (!m->c->failed && treaty_proto_match_next(&match, &o, &n)) {
        if (o && n)
            compare_both(m, o->element, n->element);
        else if (n)
            found_added(m, n->element);
        else if (o)
            found_removed(m, o->element);
    }
}

/* A oneof of the new message, and that of the same name in the old, or NULL. */
static void compare_oneofs(struct members *m,
                           const struct treaty_proto_oneof *old,
                           const struct treaty_proto_oneof *new)
{
    struct treaty_proto_place place = place_of_oneof(m, old, new);
    struct treaty_proto_index was = {0};
    struct treaty_proto_index is;
    uint32_t moved;

    if (!list_oneof_fields(m, new, &is) ||
        (old && !list_oneof_fields(m, old, &was)))
        return;
    moved = count_moved(m, &is, &was);
    if (moved > 1)
        treaty_proto_found(m->c, many_moved, TREATY_PROTO_BREAKING, &place,
                           new->name);
    else if (moved && old)
        treaty_proto_found(m->c, one_moved, TREATY_PROTO_BREAKING, &place,
                           new->name);
    if (old)
        compare_lists(m, &was, &is);
}

static void compare_by_oneof(struct members *m)
{
    struct treaty_proto_match match = {&m->old_oneofs, &m->new_oneofs, 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    compare_lists(m, &m->old_fields, &m->new_fields);
    while (!m->c->failed && treaty_proto_match_next(&match, &o, &n)) {
        if (n)
            compare_oneofs(m, o ? o->element : NULL, n->element);
    }
}

void treaty_proto_compare_members(struct treaty_proto_compare *c,
                                  const struct treaty_proto_message *old,
                                  const struct treaty_proto_message *new,
                                  struct treaty_str path)
{
    struct members m = {.c = c, .old = old, .new = new, .path = path};

    if (!list_fields(&m, old, &m.old_fields) ||
        !list_fields(&m, new, &m.new_fields) ||
        !list_oneofs(&m, old, &m.old_oneofs) ||
        !list_oneofs(&m, new, &m.new_oneofs))
        return;
    if (c->by_oneof)
        compare_by_oneof(&m);
    else
        compare_by_field(&m);
    report_oneofs(&m);
}
