/* SPDX-License-Identifier: Apache-2.0 */
#include "client/unknown.h"

enum { WAYS = 8 };

struct treaty_unknown_entry {
    struct treaty_table_key key;
    uint64_t ask_ms;    /* when to ask again; 0: it is confirmed */
    uint64_t forget_ms; /* 0: the entry is empty */
};

void treaty_unknown_init(struct treaty_unknown *unknown, size_t max,
                         uint64_t ttl_ms)
{
    *unknown = (struct treaty_unknown){
        .sets = (max + WAYS - 1) / WAYS,
        .ttl_ms = ttl_ms,
    };
}

static struct treaty_unknown_entry *set_of(const struct treaty_unknown *unknown,
                                           struct treaty_table_key key)
{
    size_t set = (size_t)((treaty_table_key_hash(key) >> 16) % unknown->sets);

    return &unknown->entries[set * WAYS];
}

enum treaty_unknown_state
treaty_unknown_find(const struct treaty_unknown *unknown,
                    struct treaty_table_key key, uint64_t now_ms,
                    uint64_t *ret_ask_ms)
{
    const struct treaty_unknown_entry *entry;

    if (!unknown->entries)
        return TREATY_UNKNOWN_NOT;
    entry = set_of(unknown, key);
    for (size_t i = 0; i < WAYS; i++, entry++) {
        if (entry->forget_ms <= now_ms || !treaty_table_key_eq(entry->key, key))
            continue;
        *ret_ask_ms = entry->ask_ms;
        return entry->ask_ms ? TREATY_UNKNOWN_DOUBTED
                             : TREATY_UNKNOWN_CONFIRMED;
    }
    return TREATY_UNKNOWN_NOT;
}

/* The entry of `key`, or the one in its set that is forgotten first. */
static struct treaty_unknown_entry *
place_for(const struct treaty_unknown *unknown, struct treaty_table_key key)
{
    struct treaty_unknown_entry *set = set_of(unknown, key);
    struct treaty_unknown_entry *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].forget_ms && treaty_table_key_eq(set[i].key, key))
            return &set[i];
        if (set[i].forget_ms < oldest->forget_ms)
            oldest = &set[i];
    }
    return oldest;
}

void treaty_unknown_put(struct treaty_unknown *unknown,
                        struct treaty_arena *arena, struct treaty_table_key key,
                        uint64_t now_ms, uint64_t ask_ms)
{
    if (!unknown->entries)
        unknown->entries = TREATY_ARENA_NEW_N(
            arena, struct treaty_unknown_entry, unknown->sets * WAYS);
    if (!unknown->entries)
        return;
    *place_for(unknown, key) = (struct treaty_unknown_entry){
        .key = key,
        .ask_ms = ask_ms,
        .forget_ms = now_ms + unknown->ttl_ms,
    };
}
