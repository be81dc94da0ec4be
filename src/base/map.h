/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_MAP_H
#define TREATY_SRC_BASE_MAP_H

/*
 * A hash map from text to pointer, open addressing, insertion order kept for
 * iteration. Keys are views: their bytes belong to the caller and must live
 * as long as the map. On an arena nothing needs releasing; on the heap
 * (`arena` NULL) call treaty_map_release.
 */
#include "base/arena.h"

#include <stdbool.h>

struct treaty_map_entry {
    struct treaty_str key;
    void *value;
    uint64_t hash;
    bool live; /* false once removed */
};

struct treaty_map {
    struct treaty_map_entry *entries; /* in order of insertion */
    uint32_t *index;                  /* slots: entry number + 1, 0 empty */
    size_t used;                      /* entries, removed ones included */
    size_t live;
    size_t slots; /* power of two, or 0 */
    struct treaty_arena *arena;
};

void treaty_map_init(struct treaty_map *map, struct treaty_arena *arena);
void treaty_map_release(struct treaty_map *map);

/* The value stored under `key`, or NULL. */
void *treaty_map_find(const struct treaty_map *map, struct treaty_str key);

/* Store or replace. TREATY_OK or TREATY_ENOMEM, the map being unchanged. */
TREATY_MUST_CHECK enum treaty_code
treaty_map_put(struct treaty_map *map, struct treaty_str key, void *value);

/* Store, unless something is there already: then leave that, and give it in
 * `*ret_known`, which is else NULL. */
TREATY_MUST_CHECK enum treaty_code treaty_map_add(struct treaty_map *map,
                                                  struct treaty_str key,
                                                  void *value,
                                                  void **ret_known);

/* The removed value, or NULL. Order of the others stays. */
void *treaty_map_remove(struct treaty_map *map, struct treaty_str key);

/* Live entries in order: start with NULL; NULL at the end. */
struct treaty_map_entry *treaty_map_next(const struct treaty_map *map,
                                         const struct treaty_map_entry *after);

#endif
