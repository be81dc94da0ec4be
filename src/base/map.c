/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/*
 * 1. `index` has room for more entries than there are, so a search ends at an
 *    empty slot: at most three quarters of the slots are filled.
 * 2. A removed entry keeps its slot, dead, until the next rebuild.
 */
enum { FIRST_SLOTS = 8 };

static size_t room_of(size_t slots)
{
    return slots / 4 * 3;
}

void treaty_map_init(struct treaty_map *map, struct treaty_arena *arena)
{
    *map = (struct treaty_map){.arena = arena};
}

void treaty_map_release(struct treaty_map *map)
{
    if (!map->arena) {
        free(map->entries);
        free(map->index);
    }
    treaty_map_init(map, map->arena);
}

static void *alloc_cleared(struct treaty_arena *arena, size_t n, size_t size)
{
    if (arena)
        return treaty_arena_calloc(arena, n, size);
    return calloc(n, size);
}

static struct treaty_map_entry *find_entry(const struct treaty_map *map,
                                           struct treaty_str key, uint64_t hash)
{
    size_t mask = map->slots - 1;

    if (map->slots == 0)
        return NULL;
    for (size_t slot = hash & mask; map->index[slot];
         slot = (slot + 1) & mask) {
        struct treaty_map_entry *entry = &map->entries[map->index[slot] - 1];

        if (entry->live && entry->hash == hash &&
            treaty_str_eq(entry->key, key))
            return entry;
    }
    return NULL;
}

/* Add an entry whose key is known to be new, in room known to be there. */
static void append(struct treaty_map *map, struct treaty_str key, void *value,
                   uint64_t hash)
{
    size_t mask = map->slots - 1;
    size_t slot = hash & mask;

    while (map->index[slot])
        slot = (slot + 1) & mask;
    map->entries[map->used] = (struct treaty_map_entry){key, value, hash, true};
    map->used++;
    map->live++;
    map->index[slot] = (uint32_t)map->used;
}

/* Move the live entries into a table with room for one more at least. */
static enum treaty_code rebuild(struct treaty_map *map)
{
    struct treaty_map fresh = {.arena = map->arena, .slots = FIRST_SLOTS};
    struct treaty_map old;

    while (room_of(fresh.slots) < map->live * 2 && fresh.slots < SIZE_MAX / 2)
        fresh.slots *= 2;
    if (fresh.slots > UINT32_MAX)
        return TREATY_ENOMEM;
    fresh.entries = alloc_cleared(map->arena, room_of(fresh.slots),
                                  sizeof(fresh.entries[0]));
    fresh.index =
        alloc_cleared(map->arena, fresh.slots, sizeof(fresh.index[0]));
    if (!fresh.entries || !fresh.index) {
        treaty_map_release(&fresh);
        return TREATY_ENOMEM;
    }
    for (size_t i = 0; i < map->used; i++) {
        const struct treaty_map_entry *entry = &map->entries[i];

        if (entry->live)
            append(&fresh, entry->key, entry->value, entry->hash);
    }
    old = *map;
    *map = fresh;
    treaty_map_release(&old);
    return TREATY_OK;
}

void *treaty_map_find(const struct treaty_map *map, struct treaty_str key)
{
    struct treaty_map_entry *entry = find_entry(map, key, treaty_str_hash(key));

    return entry ? entry->value : NULL;
}

/* Add an entry whose key is known to be new. */
static enum treaty_code add_new(struct treaty_map *map, struct treaty_str key,
                                void *value, uint64_t hash)
{
    if (map->used == room_of(map->slots)) {
        enum treaty_code code = rebuild(map);

        if (code)
            return code;
    }
    append(map, key, value, hash);
    return TREATY_OK;
}

enum treaty_code treaty_map_put(struct treaty_map *map, struct treaty_str key,
                                void *value)
{
    uint64_t hash = treaty_str_hash(key);
    struct treaty_map_entry *entry = find_entry(map, key, hash);

    if (!entry)
        return add_new(map, key, value, hash);
    entry->value = value;
    return TREATY_OK;
}

enum treaty_code treaty_map_add(struct treaty_map *map, struct treaty_str key,
                                void *value, void **ret_known)
{
    uint64_t hash = treaty_str_hash(key);
    struct treaty_map_entry *entry = find_entry(map, key, hash);

    *ret_known = entry ? entry->value : NULL;
    return entry ? TREATY_OK : add_new(map, key, value, hash);
}

void *treaty_map_remove(struct treaty_map *map, struct treaty_str key)
{
    struct treaty_map_entry *entry = find_entry(map, key, treaty_str_hash(key));

    if (!entry)
        return NULL;
    entry->live = false;
    map->live--;
    return entry->value;
}

struct treaty_map_entry *treaty_map_next(const struct treaty_map *map,
                                         const struct treaty_map_entry *after)
{
    size_t i = 0;

    if (after)
        i = (size_t)(after - map->entries) + 1;
    for (; i < map->used; i++) {
        if (map->entries[i].live)
            return &map->entries[i];
    }
    return NULL;
}
