/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_RADIX_H
#define TREATY_SRC_REGISTRY_RADIX_H

/*
 * A map from id to pointer whose versions share their parts: a tree of nodes
 * with 64 slots, as high as the highest id needs. 100,000 ids are three loads
 * away; a change copies one node a level.
 */
#include "registry/share.h"

struct treaty_radix_node;

/* Zeroed: empty. Copying it copies the map, cheaply. */
struct treaty_radix {
    const struct treaty_radix_node *root;
    uint32_t height; /* levels; 0: empty */
};

#define TREATY_RADIX_BITS 6
#define TREATY_RADIX_SLOTS (1u << TREATY_RADIX_BITS)

struct treaty_radix_node {
    const void *slots[TREATY_RADIX_SLOTS];
};

static inline const void *treaty_radix_get(const struct treaty_radix *map,
                                           uint32_t id)
{
    const struct treaty_radix_node *node = map->root;
    uint32_t shift = map->height * TREATY_RADIX_BITS;

    if (shift < 32 && (uint64_t)id >> shift)
        return NULL;
    while (node && shift > 0) {
        shift -= TREATY_RADIX_BITS;
        node = node->slots[(id >> shift) % TREATY_RADIX_SLOTS];
    }
    return node;
}

/* Set or, with NULL, clear. False without memory: abort the batch. */
bool treaty_radix_set(struct treaty_share *share, struct treaty_radix *map,
                      uint32_t id, const void *value);

/* The first id at or above `from` with a value, or -1. */
int64_t treaty_radix_next(const struct treaty_radix *map, uint32_t from);

/* Drop the nodes (not the values) and leave the map empty. */
void treaty_radix_clear(struct treaty_share *share, struct treaty_radix *map);

#endif
