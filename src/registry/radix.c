/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/radix.h"

#include <string.h>

#define BITS TREATY_RADIX_BITS
#define SLOTS TREATY_RADIX_SLOTS

/* A fresh node: `old` itself, a copy of it, or an empty one for NULL. */
static struct treaty_radix_node *own(struct treaty_share *share,
                                     const struct treaty_radix_node *old)
{
    struct treaty_radix_node *node;

    if (old && treaty_share_is_fresh(old))
        return (struct treaty_radix_node *)(uintptr_t)old;
    node = treaty_share_alloc(share, sizeof(*node));
    if (!node)
        return NULL;
    if (old)
        *node = *old;
    else
        memset(node, 0, sizeof(*node));
    treaty_share_drop(share, old);
    return node;
}

/* Put levels on top until `id` fits below the root. */
static bool grow(struct treaty_share *share, struct treaty_radix *map,
                 uint32_t id)
{
    while (map->height == 0 ||
           (map->height * BITS < 32 && id >> (map->height * BITS))) {
        struct treaty_radix_node *top = own(share, NULL);

        if (!top)
            return false;
        top->slots[0] = map->root;
        map->root = top;
        map->height++;
    }
    return true;
}

bool treaty_radix_set(struct treaty_share *share, struct treaty_radix *map,
                      uint32_t id, const void *value)
{
    struct treaty_radix_node *node;
    uint32_t shift;

    if (!value && !treaty_radix_get(map, id))
        return true;
    if (!grow(share, map, id))
        return false;
    node = own(share, map->root);
    if (!node)
        return false;
    map->root = node;
    for (shift = (map->height - 1) * BITS; shift > 0; shift -= BITS) {
        const void **slot = &node->slots[(id >> shift) % SLOTS];

        node = own(share, *slot);
        if (!node)
            return false;
        *slot = node;
    }
    node->slots[id % SLOTS] = value;
    return true;
}

static int64_t next_below(const struct treaty_radix_node *node, uint32_t shift,
                          uint32_t from)
{
    for (uint32_t i = (from >> shift) % SLOTS; i < SLOTS; i++) {
        int64_t low;

        if (node->slots[i]) {
            low = shift ? next_below(node->slots[i], shift - BITS, from) : 0;
            if (low >= 0)
                return ((int64_t)i << shift) + low;
        }
        from = 0; /* the following subtrees count from their beginning */
    }
    return -1;
}

int64_t treaty_radix_next(const struct treaty_radix *map, uint32_t from)
{
    uint32_t bits = map->height * BITS;

    if (map->height == 0 || (bits < 32 && from >> bits))
        return -1;
    return next_below(map->root, bits - BITS, from);
}

static void clear_below(struct treaty_share *share,
                        const struct treaty_radix_node *node, uint32_t height)
{
    for (uint32_t i = 0; height > 1 && i < SLOTS; i++) {
        if (node->slots[i])
            clear_below(share, node->slots[i], height - 1);
    }
    treaty_share_drop(share, node);
}

void treaty_radix_clear(struct treaty_share *share, struct treaty_radix *map)
{
    if (map->height)
        clear_below(share, map->root, map->height);
    *map = (struct treaty_radix){0};
}
