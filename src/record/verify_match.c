/* SPDX-License-Identifier: Apache-2.0 */
#include "record/verify_match.h"

#include "base/str.h"

enum { NEST_MAX = 1000 }; /* of types, when two layouts are compared */

/* A pair of types that is being compared, or was found to be alike. */
struct pair {
    const struct treaty_type *a;
    const struct treaty_type *b;
};

/* Types seen through. */

static const struct treaty_type null_type = {.kind = TREATY_KIND_NULL};

/* A pointer is where a record lies, not what it is. */
static const struct treaty_type *bare(const struct treaty_type *type)
{
    return type->kind == TREATY_KIND_POINTER ? type->item : type;
}

bool treaty_match_is_union(const struct treaty_type *type)
{
    return type->kind == TREATY_KIND_UNION ||
           type->kind == TREATY_KIND_OPTIONAL;
}

static uint32_t branch_count(const struct treaty_type *type)
{
    return type->kind == TREATY_KIND_OPTIONAL ? 2 : type->field_count;
}

static const struct treaty_type *branch_at(const struct treaty_type *type,
                                           uint32_t i)
{
    if (type->kind == TREATY_KIND_UNION)
        return bare(type->fields[i].type);
    return (int32_t)i == type->null_branch ? &null_type : bare(type->item);
}

static bool has_name(const struct treaty_str *names, size_t count,
                     struct treaty_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (treaty_str_eq(names[i], name))
            return true;
    }
    return false;
}

static bool same_names(const struct treaty_str *a, const struct treaty_str *b,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!treaty_str_eq(a[i], b[i]))
            return false;
    }
    return true;
}

static struct treaty_str simple_name(struct treaty_str full)
{
    return treaty_str_has(full, '.') ? treaty_str_after_last(full, '.') : full;
}

/* A record was met when its name is in `met` already; this puts it there. */
static bool is_met(struct treaty_match *match, struct treaty_map *met,
                   struct treaty_str key)
{
    if (treaty_map_find(met, key))
        return true;
    if (treaty_map_put(met, key, match) != TREATY_OK)
        match->failed = true;
    return match->failed;
}

/* The reader's named types. */

static void keep_named(struct treaty_match *match,
                       const struct treaty_type *type)
{
    if (match->count == match->room) {
        uint32_t room = match->room * 2 + 16;
        const struct treaty_type **named =
            TREATY_ARENA_NEW_N(match->arena, const struct treaty_type *, room);

        if (!named) {
            match->failed = true;
            return;
        }
        for (uint32_t i = 0; i < match->count; i++)
            named[i] = match->named[i];
        match->named = named;
        match->room = room;
    }
    match->named[match->count] = type;
    match->count++;
}

static void collect_named(struct treaty_match *match, struct treaty_map *met,
                          const struct treaty_type *type)
{
    if (type->name.len) {
        if (is_met(match, met, type->name))
            return;
        keep_named(match, type);
    }
    for (uint32_t i = 0; i < type->field_count; i++)
        collect_named(match, met, type->fields[i].type);
    if (type->item)
        collect_named(match, met, type->item);
}

/* Equal layouts. */

static bool equal_types(struct treaty_match *match, struct treaty_map *met,
                        const struct treaty_type *a,
                        const struct treaty_type *b, int nest);

/* Names agree already, so a record that was met needs no second look. */
static bool equal_fields(struct treaty_match *match, struct treaty_map *met,
                         const struct treaty_type *a,
                         const struct treaty_type *b, int nest)
{
    if (a->kind == TREATY_KIND_RECORD && is_met(match, met, a->name))
        return true;
    for (uint32_t i = 0; i < a->field_count; i++) {
        const struct treaty_field *x = &a->fields[i];
        const struct treaty_field *y = &b->fields[i];

        if (!treaty_str_eq(x->name, y->name) ||
            !treaty_str_eq(x->fallback, y->fallback) ||
            !x->fallback.data != !y->fallback.data ||
            !equal_types(match, met, x->type, y->type, nest))
            return false;
    }
    return true;
}

static bool same_fallback(const struct treaty_str *a,
                          const struct treaty_str *b)
{
    if (!a || !b)
        return a == b;
    return treaty_str_eq(*a, *b);
}

static bool equal_types(struct treaty_match *match, struct treaty_map *met,
                        const struct treaty_type *a,
                        const struct treaty_type *b, int nest)
{
    if (nest == NEST_MAX || a->kind != b->kind || a->size != b->size ||
        !treaty_str_eq(a->name, b->name) ||
        !treaty_str_eq(a->logical, b->logical) ||
        a->precision != b->precision || a->scale != b->scale ||
        a->null_branch != b->null_branch || a->field_count != b->field_count ||
        a->symbol_count != b->symbol_count ||
        !same_names(a->symbols, b->symbols, a->symbol_count) ||
        !same_fallback(a->fallback_symbol, b->fallback_symbol))
        return false;
    if (a->item && !equal_types(match, met, a->item, b->item, nest + 1))
        return false;
    return equal_fields(match, met, a, b, nest + 1);
}

void treaty_match_init(struct treaty_match *match, struct treaty_arena *arena,
                       const struct treaty_type *writer,
                       const struct treaty_type *reader)
{
    struct treaty_map met;

    *match = (struct treaty_match){.arena = arena};
    treaty_map_init(&match->answers, arena);
    treaty_map_init(&match->alike, arena);
    treaty_map_init(&met, arena);
    match->is_same = equal_types(match, &met, writer, reader, 0);
    treaty_map_init(&met, arena);
    collect_named(match, &met, reader);
}

/* Names, as the reader sees them. */

static struct treaty_str seen_as(const struct treaty_match *match,
                                 const struct treaty_type *writer)
{
    for (uint32_t i = 0; i < match->count && !match->is_same; i++) {
        const struct treaty_type *type = match->named[i];

        if (has_name(type->aliases, type->alias_count, writer->name))
            return type->name;
    }
    return writer->name;
}

/* Which record's aliases rename the fields of the writer's; NULL: none. */
static const struct treaty_type *find_renamer(const struct treaty_match *match,
                                              const struct treaty_type *writer)
{
    struct treaty_str name = seen_as(match, writer);

    for (uint32_t i = 0; i < match->count && !match->is_same; i++) {
        if (match->named[i]->kind == TREATY_KIND_RECORD &&
            treaty_str_eq(match->named[i]->name, name))
            return match->named[i];
    }
    return NULL;
}

/* Of two fields that claim one alias, the later one gets it. */
static struct treaty_str field_seen_as(const struct treaty_type *renamer,
                                       struct treaty_str name)
{
    struct treaty_str seen = name;

    for (uint32_t i = 0; renamer && i < renamer->field_count; i++) {
        const struct treaty_field *field = &renamer->fields[i];

        if (has_name(field->aliases, field->alias_count, name))
            seen = field->name;
    }
    return seen;
}

const struct treaty_field **
treaty_match_fields(struct treaty_match *match,
                    const struct treaty_type *writer,
                    const struct treaty_type *reader)
{
    const struct treaty_type *renamer = find_renamer(match, writer);
    const struct treaty_field **sources = TREATY_ARENA_NEW_N(
        match->arena, const struct treaty_field *, reader->field_count + 1);

    if (!sources) {
        match->failed = true;
        return NULL;
    }
    for (uint32_t w = 0; w < writer->field_count; w++) {
        struct treaty_str name = field_seen_as(renamer, writer->fields[w].name);

        for (uint32_t r = 0; r < reader->field_count; r++) {
            if (treaty_str_eq(reader->fields[r].name, name))
                sources[r] = &writer->fields[w];
        }
    }
    return sources;
}

/* Types that match. */

static bool promotes(const struct treaty_type *writer,
                     const struct treaty_type *reader)
{
    static const uint32_t into[] = {
        [TREATY_KIND_INT32] = 1u << TREATY_KIND_INT64 |
                              1u << TREATY_KIND_FLOAT |
                              1u << TREATY_KIND_DOUBLE,
        [TREATY_KIND_INT64] =
            1u << TREATY_KIND_FLOAT | 1u << TREATY_KIND_DOUBLE,
        [TREATY_KIND_FLOAT] = 1u << TREATY_KIND_DOUBLE,
        [TREATY_KIND_STRING] = 1u << TREATY_KIND_BYTES,
        [TREATY_KIND_BYTES] = 1u << TREATY_KIND_STRING,
        [TREATY_KIND_POINTER] = 0,
    };

    return into[writer->kind] >> reader->kind & 1;
}

/* Every field of the reader's is given, or has a default. */
static bool has_all_fields(struct treaty_match *match,
                           const struct treaty_type *writer,
                           const struct treaty_type *reader)
{
    const struct treaty_field **sources =
        treaty_match_fields(match, writer, reader);

    for (uint32_t i = 0; sources && i < reader->field_count; i++) {
        if (!sources[i] && !reader->fields[i].fallback.data)
            return false;
    }
    return sources != NULL;
}

bool treaty_match_types(struct treaty_match *match,
                        const struct treaty_type *writer,
                        const struct treaty_type *reader)
{
    writer = bare(writer);
    reader = bare(reader);
    if (treaty_match_is_union(writer))
        return true;
    if (treaty_match_is_union(reader))
        return treaty_match_type_branch(match, writer, reader) >= 0;
    if (writer->kind != reader->kind)
        return promotes(writer, reader);
    if (writer->kind == TREATY_KIND_RECORD)
        return has_all_fields(match, writer, reader);
    if (!writer->name.len)
        return true;
    return treaty_str_eq(simple_name(seen_as(match, writer)),
                         simple_name(reader->name)) &&
           (writer->kind != TREATY_KIND_FIXED || writer->size == reader->size);
}

static bool all_fields_match(struct treaty_match *match,
                             const struct treaty_type *writer,
                             const struct treaty_type *reader)
{
    const struct treaty_field **sources =
        treaty_match_fields(match, writer, reader);

    for (uint32_t i = 0; sources && i < reader->field_count; i++) {
        const struct treaty_field *field = &reader->fields[i];

        if (!sources[i] && !field->fallback.data)
            return false;
        if (sources[i] &&
            !treaty_match_types(match, sources[i]->type, field->type))
            return false;
    }
    return sources != NULL;
}

/* What is known of two records; NULL, or kept as a match until found out. */
static bool *find_answer(struct treaty_match *match, struct treaty_map *answers,
                         const struct pair *pair, bool *is_new)
{
    struct treaty_str key = {(const char *)pair, sizeof(*pair)};
    bool *answer = treaty_map_find(answers, key);

    *is_new = !answer;
    if (answer)
        return answer;
    answer = TREATY_ARENA_NEW(match->arena, bool);
    key = treaty_arena_dup(match->arena, key);
    if (!answer || !key.data ||
        treaty_map_put(answers, key, answer) != TREATY_OK) {
        match->failed = true;
        return NULL;
    }
    *answer = true;
    return answer;
}

/* Records that hold themselves match unless something else tells them apart. */
static bool fields_match(struct treaty_match *match,
                         const struct treaty_type *writer,
                         const struct treaty_type *reader)
{
    const struct pair pair = {writer, reader};
    bool is_new;
    bool *answer = find_answer(match, &match->answers, &pair, &is_new);

    if (!answer)
        return false;
    if (is_new)
        *answer = all_fields_match(match, writer, reader);
    return *answer;
}

static int32_t promoted_branch(const struct treaty_type *writer,
                               const struct treaty_type *reader)
{
    for (uint32_t i = 0; i < branch_count(reader); i++) {
        if (promotes(writer, branch_at(reader, i)))
            return (int32_t)i;
    }
    return -1;
}

/*
 * The type itself; else a record by its fields, rather the last one that has
 * the simple name than the first at all; else a promotion.
 */
int32_t treaty_match_type_branch(struct treaty_match *match,
                                 const struct treaty_type *writer,
                                 const struct treaty_type *reader)
{
    struct treaty_str name;
    int32_t chosen = -1;

    writer = bare(writer);
    name = seen_as(match, writer);
    for (uint32_t i = 0; i < branch_count(reader); i++) {
        const struct treaty_type *branch = branch_at(reader, i);

        if (branch->kind != writer->kind)
            continue;
        if (treaty_str_eq(branch->name, name))
            return (int32_t)i;
        if (writer->kind != TREATY_KIND_RECORD ||
            !fields_match(match, writer, branch))
            continue;
        if (chosen < 0 ||
            treaty_str_eq(simple_name(branch->name), simple_name(name)))
            chosen = (int32_t)i;
    }
    return chosen >= 0 ? chosen : promoted_branch(writer, reader);
}

/* Unions whose branches correspond one to one. */

static bool alike(struct treaty_match *match, struct treaty_map *met,
                  const struct treaty_type *writer,
                  const struct treaty_type *reader);

static bool alike_fields(struct treaty_match *match, struct treaty_map *met,
                         const struct treaty_type *writer,
                         const struct treaty_type *reader)
{
    const struct pair pair = {writer, reader};
    bool is_new;
    bool *answer = find_answer(match, met, &pair, &is_new);

    if (!answer || !is_new)
        return answer && *answer;
    for (uint32_t i = 0; i < writer->field_count && *answer; i++)
        *answer =
            writer->field_count == reader->field_count &&
            alike(match, met, writer->fields[i].type, reader->fields[i].type);
    return *answer;
}

static bool alike_unions(struct treaty_match *match, struct treaty_map *met,
                         const struct treaty_type *writer,
                         const struct treaty_type *reader)
{
    if (branch_count(writer) != branch_count(reader))
        return false;
    for (uint32_t i = 0; i < branch_count(writer); i++) {
        if (!alike(match, met, branch_at(writer, i), branch_at(reader, i)))
            return false;
    }
    return true;
}

static bool alike(struct treaty_match *match, struct treaty_map *met,
                  const struct treaty_type *writer,
                  const struct treaty_type *reader)
{
    writer = bare(writer);
    reader = bare(reader);
    if (writer->kind != reader->kind ||
        !treaty_str_eq(simple_name(seen_as(match, writer)),
                       simple_name(reader->name)))
        return false;
    if (treaty_match_is_union(writer))
        return alike_unions(match, met, writer, reader);
    if (writer->kind == TREATY_KIND_RECORD)
        return alike_fields(match, met, writer, reader);
    if (writer->kind == TREATY_KIND_ENUM)
        return writer->symbol_count == reader->symbol_count &&
               same_names(writer->symbols, reader->symbols,
                          writer->symbol_count);
    if (writer->kind == TREATY_KIND_FIXED)
        return writer->size == reader->size;
    return !writer->item || alike(match, met, writer->item, reader->item);
}

int32_t treaty_match_branch(struct treaty_match *match,
                            const struct treaty_type *writer, uint32_t number,
                            const struct treaty_type *reader)
{
    if (writer->kind == reader->kind &&
        alike_unions(match, &match->alike, writer, reader))
        return (int32_t)number;
    return treaty_match_type_branch(match, branch_at(writer, number), reader);
}
