/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/resolve.h"

#include "base/str.h"

static void collect_renames(struct treaty_avro_resolver *res)
{
    const struct treaty_map_entry *entry =
        treaty_map_next(&res->reader->names, NULL);

    for (; entry; entry = treaty_map_next(&res->reader->names, entry)) {
        const struct treaty_avro_node *node = entry->value;

        for (uint32_t i = 0; i < node->alias_count; i++) {
            if (treaty_map_put(&res->renames, node->aliases[i], entry->value) !=
                TREATY_OK)
                res->failed = true;
        }
    }
}

void treaty_avro_resolver_init_same(struct treaty_avro_resolver *res,
                                    struct treaty_arena *arena,
                                    const struct treaty_avro_tree *reader)
{
    *res = (struct treaty_avro_resolver){
        .arena = arena,
        .reader = reader,
        .is_same = true,
    };
    treaty_map_init(&res->renames, arena);
    treaty_map_init(&res->verdicts, arena);
}

void treaty_avro_resolver_init(struct treaty_avro_resolver *res,
                               struct treaty_arena *arena,
                               const struct treaty_avro_tree *writer,
                               const struct treaty_avro_tree *reader)
{
    treaty_avro_resolver_init_same(res, arena, reader);
    if (treaty_avro_equal(arena, writer, reader, &res->failed))
        return;
    res->is_same = false;
    res->aliases =
        TREATY_ARENA_NEW_N(arena, struct treaty_map *, reader->node_count);
    if (!res->aliases)
        res->failed = true;
    collect_renames(res);
}

struct treaty_str treaty_avro_seen_as(const struct treaty_avro_resolver *res,
                                      const struct treaty_avro_node *writer)
{
    const struct treaty_avro_node *owner =
        treaty_map_find(&res->renames, writer->full);

    return owner ? owner->full : writer->full;
}

/* Of two fields that claim one alias, the later one gets it. */
static struct treaty_map *collect_aliases(struct treaty_avro_resolver *res,
                                          const struct treaty_avro_node *record)
{
    struct treaty_map *map = TREATY_ARENA_NEW(res->arena, struct treaty_map);

    if (!map) {
        res->failed = true;
        return NULL;
    }
    treaty_map_init(map, res->arena);
    for (uint32_t i = 0; i < record->field_count; i++) {
        const struct treaty_avro_field *field = &record->fields[i];

        for (uint32_t k = 0; k < field->alias_count; k++) {
            if (treaty_map_put(map, field->aliases[k],
                               (void *)(uintptr_t)(i + 1)) != TREATY_OK)
                res->failed = true;
        }
    }
    return map;
}

struct treaty_str
treaty_avro_field_seen_as(struct treaty_avro_resolver *res,
                          const struct treaty_avro_node *writer,
                          const struct treaty_avro_field *field)
{
    const struct treaty_avro_node *record =
        treaty_map_find(&res->reader->names, treaty_avro_seen_as(res, writer));
    uintptr_t number = 0;

    if (res->is_same || !record || record->kind != TREATY_AVRO_RECORD ||
        res->failed)
        return field->name;
    if (!res->aliases[record->id])
        res->aliases[record->id] = collect_aliases(res, record);
    if (res->aliases[record->id])
        number =
            (uintptr_t)treaty_map_find(res->aliases[record->id], field->name);
    return number ? record->fields[number - 1].name : field->name;
}

bool treaty_avro_fields_collide(struct treaty_avro_resolver *res,
                                const struct treaty_avro_node *writer)
{
    for (uint32_t i = 0; i < writer->field_count; i++) {
        const struct treaty_avro_field *field = &writer->fields[i];
        struct treaty_str name = treaty_avro_field_seen_as(res, writer, field);
        const struct treaty_avro_field *other;

        if (treaty_str_eq(name, field->name))
            continue;
        /* Renamed: the writer must not have that name, nor give it twice. */
        other = treaty_avro_field_find(writer, name);
        if (other &&
            treaty_str_eq(treaty_avro_field_seen_as(res, writer, other), name))
            return true;
        for (uint32_t k = 0; k < i; k++) {
            other = &writer->fields[k];
            if (treaty_str_eq(treaty_avro_field_seen_as(res, writer, other),
                              name))
                return true;
        }
    }
    return false;
}

bool treaty_avro_branches_collide(const struct treaty_avro_resolver *res,
                                  const struct treaty_avro_node *writer)
{
    for (uint32_t i = 0; i < writer->branch_count; i++) {
        const struct treaty_avro_node *branch = writer->branches[i];
        struct treaty_str name;

        if (!treaty_avro_is_named(branch->kind))
            continue;
        name = treaty_avro_seen_as(res, branch);
        for (uint32_t k = 0; k < i; k++) {
            const struct treaty_avro_node *other = writer->branches[k];

            if (treaty_avro_is_named(other->kind) &&
                treaty_str_eq(treaty_avro_seen_as(res, other), name))
                return true;
        }
    }
    return false;
}

static struct treaty_str simple_name(struct treaty_str full)
{
    if (!treaty_str_has(full, '.'))
        return full;
    return treaty_str_after_last(full, '.');
}

static bool same_simple_name(const struct treaty_avro_resolver *res,
                             const struct treaty_avro_node *writer,
                             const struct treaty_avro_node *reader)
{
    return treaty_str_eq(simple_name(treaty_avro_seen_as(res, writer)),
                         simple_name(reader->full));
}

/* [writer][reader]: the promotions of the specification. */
static const bool promotes[TREATY_AVRO_UNION + 1][TREATY_AVRO_UNION + 1] = {
    [TREATY_AVRO_INT] = {[TREATY_AVRO_LONG] = true,
                         [TREATY_AVRO_FLOAT] = true,
                         [TREATY_AVRO_DOUBLE] = true},
    [TREATY_AVRO_LONG] =
        {[TREATY_AVRO_FLOAT] = true, [TREATY_AVRO_DOUBLE] = true},
    [TREATY_AVRO_FLOAT] = {[TREATY_AVRO_DOUBLE] = true},
    [TREATY_AVRO_STRING] = {[TREATY_AVRO_BYTES] = true},
    [TREATY_AVRO_BYTES] = {[TREATY_AVRO_STRING] = true},
};

/*
 * What is known of a pair of records, kept under the two ids. While a pair is
 * being looked into it counts as matching, so that records which hold
 * themselves come to an end.
 */
enum { MATCHES = 1, DIFFERS = 2 };
enum { ASK_FIELDS, ASK_SAME, ASK_MISSING };

struct verdict {
    uint32_t ids[2];
    uint32_t what; /* which question */
    int answer;
};

static struct verdict *find_verdict(struct treaty_avro_resolver *res,
                                    const struct treaty_avro_node *writer,
                                    const struct treaty_avro_node *reader,
                                    uint32_t what)
{
    struct verdict key = {{writer->id, reader->id}, what, 0};
    struct treaty_str text = {(const char *)&key,
                              offsetof(struct verdict, answer)};
    struct verdict *verdict = treaty_map_find(&res->verdicts, text);

    if (verdict)
        return verdict;
    verdict = TREATY_ARENA_NEW(res->arena, struct verdict);
    if (!verdict) {
        res->failed = true;
        return NULL;
    }
    *verdict = key;
    text.data = (const char *)verdict;
    if (treaty_map_put(&res->verdicts, text, verdict) != TREATY_OK)
        res->failed = true;
    return verdict;
}

static bool is_missing_field(struct treaty_avro_resolver *res,
                             const struct treaty_avro_node *writer,
                             const struct treaty_avro_node *reader)
{
    bool *given = TREATY_ARENA_NEW_N(res->arena, bool, reader->field_count);

    if (!given) {
        res->failed = true;
        return true;
    }
    for (uint32_t i = 0; i < writer->field_count; i++) {
        const struct treaty_avro_field *into = treaty_avro_field_find(
            reader, treaty_avro_field_seen_as(res, writer, &writer->fields[i]));

        if (into)
            given[into->index] = true;
    }
    for (uint32_t i = 0; i < reader->field_count; i++) {
        if (!given[i] && !reader->fields[i].default_json)
            return true;
    }
    return false;
}

static enum treaty_avro_mismatch
match_record(struct treaty_avro_resolver *res,
             const struct treaty_avro_node *writer,
             const struct treaty_avro_node *reader)
{
    struct verdict *verdict = find_verdict(res, writer, reader, ASK_MISSING);

    if (!verdict)
        return TREATY_AVRO_MISSING;
    if (verdict->answer == 0) {
        verdict->answer = MATCHES;
        if (is_missing_field(res, writer, reader))
            verdict->answer = DIFFERS;
    }
    return verdict->answer == MATCHES ? TREATY_AVRO_MATCH : TREATY_AVRO_MISSING;
}

static enum treaty_avro_mismatch
match_same_kind(struct treaty_avro_resolver *res,
                const struct treaty_avro_node *writer,
                const struct treaty_avro_node *reader)
{
    if (writer->kind == TREATY_AVRO_RECORD)
        return match_record(res, writer, reader);
    if (!treaty_avro_is_named(writer->kind))
        return TREATY_AVRO_MATCH;
    if (!same_simple_name(res, writer, reader))
        return TREATY_AVRO_NAME;
    if (writer->kind == TREATY_AVRO_FIXED && writer->size != reader->size)
        return TREATY_AVRO_SIZE;
    return TREATY_AVRO_MATCH;
}

enum treaty_avro_mismatch
treaty_avro_match(struct treaty_avro_resolver *res,
                  const struct treaty_avro_node *writer,
                  const struct treaty_avro_node *reader)
{
    if (writer->kind == TREATY_AVRO_UNION)
        return TREATY_AVRO_MATCH;
    if (writer->kind == reader->kind)
        return match_same_kind(res, writer, reader);
    if (reader->kind == TREATY_AVRO_UNION)
        return treaty_avro_pick_branch(res, writer, reader) < 0
                   ? TREATY_AVRO_BRANCH
                   : TREATY_AVRO_MATCH;
    return promotes[writer->kind][reader->kind] ? TREATY_AVRO_MATCH
                                                : TREATY_AVRO_TYPE;
}

static bool any_field_differs(struct treaty_avro_resolver *res,
                              const struct treaty_avro_node *writer,
                              const struct treaty_avro_node *reader)
{
    if (match_record(res, writer, reader) != TREATY_AVRO_MATCH)
        return true;
    for (uint32_t i = 0; i < writer->field_count; i++) {
        const struct treaty_avro_field *field = &writer->fields[i];
        const struct treaty_avro_field *into = treaty_avro_field_find(
            reader, treaty_avro_field_seen_as(res, writer, field));

        if (into && treaty_avro_match(res, field->type, into->type) !=
                        TREATY_AVRO_MATCH)
            return true;
    }
    return false;
}

/* Two records of any names, by what their fields are. */
static bool fields_match(struct treaty_avro_resolver *res,
                         const struct treaty_avro_node *writer,
                         const struct treaty_avro_node *reader)
{
    struct verdict *verdict = find_verdict(res, writer, reader, ASK_FIELDS);

    if (!verdict)
        return false;
    if (verdict->answer == 0) {
        verdict->answer = MATCHES;
        if (any_field_differs(res, writer, reader))
            verdict->answer = DIFFERS;
    }
    return verdict->answer == MATCHES;
}

static int32_t pick_promotion(const struct treaty_avro_node *writer,
                              const struct treaty_avro_node *reader)
{
    for (uint32_t i = 0; i < reader->branch_count; i++) {
        if (promotes[writer->kind][reader->branches[i]->kind])
            return (int32_t)i;
    }
    return -1;
}

/*
 * The exact type first, a named one by its fullname; then a record that
 * matches by its fields, rather the last one of the same simple name than the
 * first one at all; then the first branch that the value can be promoted to.
 */
int32_t treaty_avro_pick_branch(struct treaty_avro_resolver *res,
                                const struct treaty_avro_node *writer,
                                const struct treaty_avro_node *reader)
{
    int32_t alike = -1;

    for (uint32_t i = 0; i < reader->branch_count; i++) {
        const struct treaty_avro_node *branch = reader->branches[i];

        if (branch->kind != writer->kind)
            continue;
        if (!treaty_avro_is_named(branch->kind) ||
            treaty_str_eq(treaty_avro_seen_as(res, writer), branch->full))
            return (int32_t)i;
        if (branch->kind == TREATY_AVRO_RECORD &&
            fields_match(res, writer, branch) &&
            (alike < 0 || same_simple_name(res, writer, branch)))
            alike = (int32_t)i;
    }
    return alike >= 0 ? alike : pick_promotion(writer, reader);
}

static bool same_type(struct treaty_avro_resolver *res,
                      const struct treaty_avro_node *writer,
                      const struct treaty_avro_node *reader);

static bool same_fields(struct treaty_avro_resolver *res,
                        const struct treaty_avro_node *writer,
                        const struct treaty_avro_node *reader)
{
    if (writer->field_count != reader->field_count)
        return false;
    for (uint32_t i = 0; i < writer->field_count; i++) {
        if (!same_type(res, writer->fields[i].type, reader->fields[i].type))
            return false;
    }
    return true;
}

static bool same_record(struct treaty_avro_resolver *res,
                        const struct treaty_avro_node *writer,
                        const struct treaty_avro_node *reader)
{
    struct verdict *verdict = find_verdict(res, writer, reader, ASK_SAME);

    if (!verdict)
        return false;
    if (verdict->answer == 0) {
        verdict->answer = MATCHES;
        if (!same_fields(res, writer, reader))
            verdict->answer = DIFFERS;
    }
    return verdict->answer == MATCHES;
}

static bool same_symbols(const struct treaty_avro_node *writer,
                         const struct treaty_avro_node *reader)
{
    if (writer->symbol_count != reader->symbol_count)
        return false;
    for (uint32_t i = 0; i < writer->symbol_count; i++) {
        if (!treaty_str_eq(writer->symbols[i], reader->symbols[i]))
            return false;
    }
    return true;
}

static bool same_type(struct treaty_avro_resolver *res,
                      const struct treaty_avro_node *writer,
                      const struct treaty_avro_node *reader)
{
    if (writer->kind != reader->kind)
        return false;
    if (treaty_avro_is_named(writer->kind) &&
        !same_simple_name(res, writer, reader))
        return false;
    if (writer->kind == TREATY_AVRO_RECORD)
        return same_record(res, writer, reader);
    if (writer->kind == TREATY_AVRO_ENUM)
        return same_symbols(writer, reader);
    if (writer->kind == TREATY_AVRO_FIXED)
        return writer->size == reader->size;
    if (writer->kind == TREATY_AVRO_UNION)
        return treaty_avro_same_union(res, writer, reader);
    return !writer->item || same_type(res, writer->item, reader->item);
}

bool treaty_avro_same_union(struct treaty_avro_resolver *res,
                            const struct treaty_avro_node *writer,
                            const struct treaty_avro_node *reader)
{
    if (reader->kind != TREATY_AVRO_UNION ||
        writer->branch_count != reader->branch_count)
        return false;
    for (uint32_t i = 0; i < writer->branch_count; i++) {
        if (!same_type(res, writer->branches[i], reader->branches[i]))
            return false;
    }
    return true;
}
