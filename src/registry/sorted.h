/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_SORTED_H
#define TREATY_SRC_REGISTRY_SORTED_H

/*
 * A sorted set of pointers whose versions share their parts. Small sets are
 * one node; larger ones are an index over leaves:
 *
 *     [ a c f ]           [ . . . ]
 *                          |  |  \-- [ t u z ]
 *                          |   \---- [ k m ]
 *                          \-------- [ a c f ]
 *
 * A change copies one leaf and the index (share.h, rule 3), and changes both
 * in place while they are fresh. The set does not own its items.
 *
 * 1. Leaves below an index are never empty; an index has two or more.
 */
#include "registry/share.h"

struct treaty_sorted_node;

/* Zeroed: empty. Copying it copies the set, cheaply. */
struct treaty_sorted {
    const struct treaty_sorted_node *root;
};

/* Order of a key against an item: below 0, 0, above 0. */
typedef int (*treaty_sorted_cmp)(const void *key, const void *item);

size_t treaty_sorted_count(const struct treaty_sorted *set);

/* The item equal to `key`, or NULL. */
const void *treaty_sorted_find(const struct treaty_sorted *set,
                               treaty_sorted_cmp cmp, const void *key);

/* The last item, or NULL. */
const void *treaty_sorted_last(const struct treaty_sorted *set);

/*
 * Walking: from the first item that is not below `key` (NULL: the first).
 * A change of the set ends the walk.
 *
 *     for (c = treaty_sorted_from(set, cmp, key); (item = ..._next(&c));)
 */
struct treaty_sorted_cursor {
    const struct treaty_sorted_node *root;
    uint32_t leaf;
    uint32_t at;
};

struct treaty_sorted_cursor treaty_sorted_from(const struct treaty_sorted *set,
                                               treaty_sorted_cmp cmp,
                                               const void *key);
const void *treaty_sorted_next(struct treaty_sorted_cursor *cursor);

/* Put `item`, whose key is `key`, in the place of an equal one if there is
 * one. False without memory: abort the batch. */
bool treaty_sorted_put(struct treaty_share *share, struct treaty_sorted *set,
                       treaty_sorted_cmp cmp, const void *key,
                       const void *item);

/* Take the item equal to `key` out, if there is one. False without memory:
 * abort the batch. */
bool treaty_sorted_remove(struct treaty_share *share, struct treaty_sorted *set,
                          treaty_sorted_cmp cmp, const void *key);

/* Make an empty set hold `n` items that are in order already. False without
 * memory: abort the batch. */
bool treaty_sorted_build(struct treaty_share *share, struct treaty_sorted *set,
                         const void *const *items, size_t n);

/* Drop the nodes (not the items) and leave the set empty. */
void treaty_sorted_clear(struct treaty_share *share, struct treaty_sorted *set);

#endif
