/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/match.h"

#include "base/str.h"

#include <stdlib.h>

enum treaty_code treaty_proto_index_init(struct treaty_proto_index *list,
                                         struct treaty_arena *arena,
                                         size_t size)
{
    *list = (struct treaty_proto_index){.size = size};
    list->items =
        TREATY_ARENA_NEW_N(arena, struct treaty_proto_entry, size + 1);
    return list->items ? TREATY_OK : TREATY_ENOMEM;
}

struct treaty_proto_entry *
treaty_proto_index_add(struct treaty_proto_index *index)
{
    struct treaty_proto_entry *entry = &index->items[index->count];

    entry->order = (uint32_t)index->count++;
    return entry;
}

static int compare_keys(const struct treaty_proto_entry *a,
                        const struct treaty_proto_entry *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return treaty_str_cmp(a->name, b->name);
}

static int compare_entries(const void *x, const void *y)
{
    const struct treaty_proto_entry *a = x;
    const struct treaty_proto_entry *b = y;
    int order = compare_keys(a, b);

    if (order)
        return order;
    return a->order < b->order ? -1 : 1;
}

static bool is_sorted(const struct treaty_proto_index *list)
{
    for (size_t i = 1; i < list->count; i++) {
        if (compare_keys(&list->items[i - 1], &list->items[i]) >= 0)
            return false;
    }
    return true;
}

static void drop_doubles(struct treaty_proto_index *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (kept > 0 &&
            compare_keys(&list->items[kept - 1], &list->items[i]) == 0)
            kept--;
        list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

void treaty_proto_index_sort(struct treaty_proto_index *list)
{
    if (is_sorted(list))
        return; /* as most texts are */
    qsort(list->items, list->count, sizeof(list->items[0]), compare_entries);
    drop_doubles(list);
}

const struct treaty_proto_entry *
treaty_proto_index_find(const struct treaty_proto_index *list,
                        const struct treaty_proto_entry *key)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_keys(&list->items[middle], key);

        if (order == 0)
            return &list->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int compare_heads(const struct treaty_proto_match *match)
{
    if (match->old_at == match->old->count)
        return 1;
    if (match->new_at == match->new->count)
        return -1;
    return compare_keys(&match->old->items[match->old_at],
                        &match->new->items[match->new_at]);
}

bool treaty_proto_match_next(struct treaty_proto_match *match,
                             const struct treaty_proto_entry **ret_old,
                             const struct treaty_proto_entry **ret_new)
{
    int order;

    if (match->old_at == match->old->count &&
        match->new_at == match->new->count)
        return false;
    order = compare_heads(match);
    *ret_old = order <= 0 ? &match->old->items[match->old_at++] : NULL;
    *ret_new = order >= 0 ? &match->new->items[match->new_at++] : NULL;
    return true;
}
