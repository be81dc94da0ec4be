/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that are taken twice. Everything that takes numbers is a span; the
 * spans are sorted, and one that begins before another has ended collides
 * with it.
 */
#include "format/protobuf/check.h"

#include "base/error.h"

enum span_kind {
    FIELD,
    CONSTANT,
    RESERVED,
    EXTENSIONS,
};

struct span {
    int64_t first;
    int64_t last;
    enum span_kind kind;
    uint32_t order; /* in the text, among its kind */
    size_t pos;
    struct treaty_str name; /* of a field or a constant */
};

struct spans {
    struct span *items;
    size_t count;
};

static int compare_spans(const void *left, const void *right)
{
    const struct span *a = left;
    const struct span *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static void sort_spans(struct spans *spans)
{
    for (size_t i = 1; i < spans->count; i++) {
        if (compare_spans(&spans->items[i - 1], &spans->items[i]) > 0) {
            qsort(spans->items, spans->count, sizeof(*spans->items),
                  compare_spans);
            return;
        }
    }
}

static void add_span(struct spans *spans, struct span span)
{
    if (spans->count && spans->items[spans->count - 1].kind == span.kind)
        span.order = spans->items[spans->count - 1].order + 1;
    spans->items[spans->count++] = span;
}

static size_t count_ranges(const struct treaty_proto_ranges *statements,
                           uint32_t count)
{
    size_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += statements[i].count;
    return total;
}

static void add_ranges(struct treaty_proto_checker *c, struct spans *spans,
                       const struct treaty_proto_ranges *statements,
                       uint32_t count, enum span_kind kind)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < statements[i].count; j++) {
            const struct treaty_proto_range *range = &statements[i].items[j];

            if (range->name.data)
                continue;
            if (range->last < range->first)
                treaty_proto_refuse(c, TREATY_ESCHEMA, range->pos,
                                    "the range ends before it begins");
            add_span(spans, (struct span){.first = range->first,
                                          .last = range->last,
                                          .kind = kind,
                                          .pos = range->pos});
        }
    }
}

/* The sentence for two spans, the first of them beginning first. */
static void refuse_pair(struct treaty_proto_checker *c, const struct span *a,
                        const struct span *b, int64_t free)
{
    const bool named = b->kind == FIELD || b->kind == CONSTANT;
    const struct span *user = named ? b : a;
    const struct span *range = named ? a : b;
    const char *what =
        range->kind == RESERVED ? "reserved" : "kept for extensions";

    if (a->kind == FIELD && b->kind == FIELD)
        treaty_proto_refuse(
            c, TREATY_EDUPLICATE, a->order < b->order ? b->pos : a->pos,
            "number %lld is used by \"%.*s\" already; %lld is "
            "free",
            (long long)a->first,
            TREATY_STR_ARG(a->order < b->order ? a->name : b->name),
            (long long)free);
    else if (user->kind == FIELD || user->kind == CONSTANT)
        treaty_proto_refuse(c, TREATY_ESCHEMA, user->pos,
                            "\"%.*s\" uses number %lld, which is %s",
                            TREATY_STR_ARG(user->name), (long long)user->first,
                            what);
    else
        treaty_proto_refuse(c, TREATY_EDUPLICATE, b->pos,
                            "number %lld is %s already", (long long)b->first,
                            a->kind == RESERVED ? "reserved"
                                                : "kept for extensions");
}

/* A number behind all that are taken. */
static int64_t find_free(const struct spans *spans)
{
    int64_t last = 0;

    for (size_t i = 0; i < spans->count; i++) {
        const struct span *span = &spans->items[i];

        if (span->last > last && span->last < 19000)
            last = span->last;
    }
    return last + 1;
}

static void find_collisions(struct treaty_proto_checker *c, struct spans *spans)
{
    const struct span *longest = spans->items;

    sort_spans(spans);
    for (size_t i = 1; i < spans->count; i++) {
        const struct span *span = &spans->items[i];

        if (span->first <= longest->last &&
            !(span->kind == CONSTANT && longest->kind == CONSTANT))
            refuse_pair(c, longest, span, find_free(spans));
        if (span->last >= longest->last)
            longest = span;
    }
}

static bool make_room(struct treaty_proto_checker *c, struct spans *spans,
                      size_t room)
{
    spans->items = TREATY_ARENA_NEW_N(c->scratch, struct span, room + 1);
    if (!spans->items)
        c->code = treaty_fail_nomem(c->loader->err);
    return spans->items != NULL;
}

void treaty_proto_check_message_numbers(struct treaty_proto_checker *c,
                                        const struct treaty_proto_message *m)
{
    struct spans spans = {0};
    size_t room = m->field_count +
                  count_ranges(m->reserved, m->reserved_count) +
                  count_ranges(m->extensions, m->extensions_count);

    if (!make_room(c, &spans, room))
        return;
    for (uint32_t i = 0; i < m->field_count; i++) {
        const struct treaty_proto_field *field = m->fields[i];

        add_span(&spans, (struct span){.first = field->number,
                                       .last = field->number,
                                       .kind = FIELD,
                                       .pos = field->number_pos,
                                       .name = field->name});
    }
    add_ranges(c, &spans, m->reserved, m->reserved_count, RESERVED);
    add_ranges(c, &spans, m->extensions, m->extensions_count, EXTENSIONS);
    if (spans.count)
        find_collisions(c, &spans);
}

void treaty_proto_check_enum_numbers(struct treaty_proto_checker *c,
                                     const struct treaty_proto_enum *e)
{
    struct spans spans = {0};

    if (!e->reserved_count ||
        !make_room(c, &spans,
                   e->constant_count +
                       count_ranges(e->reserved, e->reserved_count)))
        return;
    for (uint32_t i = 0; i < e->constant_count; i++) {
        const struct treaty_proto_constant *constant = &e->constants[i];

        add_span(&spans, (struct span){.first = constant->number,
                                       .last = constant->number,
                                       .kind = CONSTANT,
                                       .pos = constant->number_pos,
                                       .name = constant->name});
    }
    add_ranges(c, &spans, e->reserved, e->reserved_count, RESERVED);
    find_collisions(c, &spans);
}

void treaty_proto_reserve_names(struct treaty_proto_checker *c,
                                struct treaty_proto_reserved_names *reserved)
{
    treaty_map_init(&reserved->names, c->scratch);
    for (uint32_t i = 0; i < reserved->count; i++) {
        const struct treaty_proto_ranges *ranges = &reserved->statements[i];

        for (uint32_t j = 0; j < ranges->count; j++) {
            const struct treaty_proto_range *range = &ranges->items[j];

            if (!range->name.data)
                break;
            if (treaty_map_find(&reserved->names, range->name))
                treaty_proto_refuse(c, TREATY_EDUPLICATE, range->pos,
                                    "the name \"%.*s\" is reserved already",
                                    TREATY_STR_ARG(range->name));
            else if (treaty_map_put(&reserved->names, range->name, c) !=
                     TREATY_OK)
                c->code = treaty_fail_nomem(c->loader->err);
        }
    }
}
