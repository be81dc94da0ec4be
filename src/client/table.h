/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_TABLE_H
#define TREATY_SRC_CLIENT_TABLE_H

/*
 * A hash table that many threads read without a lock while one writes. Nothing
 * is ever removed, so a value that was found stays valid as long as the arena.
 *
 *     block --> [ key, value | empty | key, value | ... ]   power of two
 *
 * 1. A slot's key is written before its value is published (release), and a
 *    slot without a value is empty.
 * 2. A full block is copied into one twice as large, and that is published.
 *    The old one stays on the arena for readers that are still in it; all old
 *    blocks together are smaller than the new one.
 *
 * A key is an id or the two halves of a GUID. `by_guid` is part of it, since
 * whoever writes a frame may choose a GUID that looks like an id.
 */
#include "base/arena.h"

#include <stdbool.h>

struct treaty_table_key {
    uint64_t hi;
    uint64_t lo;
    bool by_guid;
};

struct treaty_table_block;

struct treaty_table {
    _Atomic(struct treaty_table_block *) block; /* NULL while empty */
    size_t count;                               /* the writer's */
};

static inline bool treaty_table_key_eq(struct treaty_table_key a,
                                       struct treaty_table_key b)
{
    return a.lo == b.lo && a.hi == b.hi && a.by_guid == b.by_guid;
}

/* Evenly spread over 64 bits, the high ones above all. */
static inline uint64_t treaty_table_key_hash(struct treaty_table_key key)
{
    return (key.lo ^ key.hi * 0xff51afd7ed558ccdu) * 0x9e3779b97f4a7c15u;
}

struct treaty_table_key treaty_table_key_of_id(uint32_t id);
struct treaty_table_key treaty_table_key_of_guid(const uint8_t guid[16]);

/* The value, or NULL. Any thread, at any time. */
void *treaty_table_find(const struct treaty_table *table,
                        struct treaty_table_key key);

/*
 * Add `value` (not NULL) under a key that the table does not have. The caller
 * sees to it that only one thread does so, and uses `arena`, at a time.
 * TREATY_OK or TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code treaty_table_add(struct treaty_table *table,
                                                    struct treaty_arena *arena,
                                                    struct treaty_table_key key,
                                                    void *value);

#endif
