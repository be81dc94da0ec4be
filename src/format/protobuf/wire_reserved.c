/* SPDX-License-Identifier: Apache-2.0 */
/* buf's rules on what is reserved: it stays so, in whatever statements. */
#include "format/protobuf/wire_rules.h"

#include "base/str.h"

#include <stdlib.h>

struct treaty_proto_reserved_span {
    int64_t first;
    int64_t last;
};

static int compare_spans(const void *x, const void *y)
{
    const struct treaty_proto_reserved_span *a = x;
    const struct treaty_proto_reserved_span *b = y;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return 0;
}

/* Is there a number between them? Of two sorted ones, near any limit. */
static bool are_apart(const struct treaty_proto_reserved_span *a,
                      const struct treaty_proto_reserved_span *b)
{
    return b->first > a->last && (uint64_t)b->first - (uint64_t)a->last > 1;
}

/* Spans that touch or overlap become one. */
static void merge_spans(struct treaty_proto_reserved *reserved)
{
    struct treaty_proto_reserved_span *spans = reserved->spans;
    size_t kept = 0;

    qsort(spans, reserved->span_count, sizeof(spans[0]), compare_spans);
    for (size_t i = 0; i < reserved->span_count; i++) {
        if (kept == 0 || are_apart(&spans[kept - 1], &spans[i]))
            spans[kept++] = spans[i];
        else if (spans[i].last > spans[kept - 1].last)
            spans[kept - 1].last = spans[i].last;
    }
    reserved->span_count = kept;
}

static void add_range(struct treaty_proto_reserved *reserved,
                      const struct treaty_proto_range *range)
{
    if (range->name.data)
        treaty_proto_index_add(&reserved->names)->name = range->name;
    else
        reserved->spans[reserved->span_count++] =
            (struct treaty_proto_reserved_span){range->first, range->last};
}

bool treaty_proto_read_reserved(struct treaty_proto_wire *w,
                                const struct treaty_proto_ranges *statements,
                                uint32_t count,
                                struct treaty_proto_reserved *ret)
{
    size_t size = 0;

    for (uint32_t i = 0; i < count; i++)
        size += statements[i].count;
    *ret = (struct treaty_proto_reserved){0};
    ret->spans = TREATY_ARENA_NEW_N(
        &w->scratch, struct treaty_proto_reserved_span, size + 1);
    if (!ret->spans) {
        treaty_proto_wire_fail(w, TREATY_ENOMEM);
        return false;
    }
    if (!treaty_proto_wire_index(w, &ret->names, size))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < statements[i].count; j++)
            add_range(ret, &statements[i].items[j]);
    }
    merge_spans(ret);
    treaty_proto_index_sort(&ret->names);
    return true;
}

/* The last span that does not begin behind `number`, or NULL. */
static const struct treaty_proto_reserved_span *
find_span(const struct treaty_proto_reserved *reserved, int64_t number)
{
    size_t low = 0;
    size_t high = reserved->span_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (reserved->spans[middle].first <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &reserved->spans[low - 1] : NULL;
}

static bool covers(const struct treaty_proto_reserved *reserved, int64_t first,
                   int64_t last)
{
    const struct treaty_proto_reserved_span *span = find_span(reserved, first);

    return last < first || (span && last <= span->last);
}

bool treaty_proto_reserves_number(const struct treaty_proto_reserved *reserved,
                                  int64_t number)
{
    return covers(reserved, number, number);
}

bool treaty_proto_reserves_name(const struct treaty_proto_reserved *reserved,
                                struct treaty_str name)
{
    const struct treaty_proto_entry key = {.name = name};

    return treaty_proto_index_find(&reserved->names, &key) != NULL;
}

static struct treaty_str print_range(struct treaty_proto_wire *w,
                                     const struct treaty_proto_range *range)
{
    if (range->name.data)
        return range->name;
    if (range->first == range->last)
        return treaty_arena_printf(&w->scratch, "%lld",
                                   (long long)range->first);
    return treaty_arena_printf(&w->scratch, "%lld to %lld",
                               (long long)range->first, (long long)range->last);
}

void treaty_proto_wire_reserved(struct treaty_proto_wire *w,
                                enum treaty_proto_wire_rule rule,
                                const struct treaty_proto_ranges *old,
                                const struct treaty_proto_reserved *reserved,
                                struct treaty_proto_spot spot)
{
    for (uint32_t i = 0; i < old->count; i++) {
        const struct treaty_proto_range *range = &old->items[i];
        bool kept = range->name.data
                        ? treaty_proto_reserves_name(reserved, range->name)
                        : covers(reserved, range->first, range->last);

        if (kept)
            continue;
        spot.old_pos = range->pos;
        treaty_proto_wire_found(w, rule, &spot, print_range(w, range),
                                TREATY_PROTO_NOTHING);
    }
}
