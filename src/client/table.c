/* SPDX-License-Identifier: Apache-2.0 */
#include "client/table.h"

#include <stdatomic.h>

enum { FIRST_BITS = 5 };

struct slot {
    struct treaty_table_key key;
    _Atomic(void *) value; /* NULL: empty */
};

struct treaty_table_block {
    unsigned bits; /* log2 of the number of slots */
    struct slot slots[];
};

struct treaty_table_key treaty_table_key_of_id(uint32_t id)
{
    return (struct treaty_table_key){.lo = id};
}

struct treaty_table_key treaty_table_key_of_guid(const uint8_t guid[16])
{
    struct treaty_table_key key = {.by_guid = true};

    memcpy(&key.hi, guid, 8);
    memcpy(&key.lo, guid + 8, 8);
    return key;
}

static size_t first_slot(unsigned bits, struct treaty_table_key key)
{
    return (size_t)(treaty_table_key_hash(key) >> (64 - bits));
}

void *treaty_table_find(const struct treaty_table *table,
                        struct treaty_table_key key)
{
    const struct treaty_table_block *block =
        atomic_load_explicit(&table->block, memory_order_acquire);
    size_t mask;

    if (!block)
        return NULL;
    mask = ((size_t)1 << block->bits) - 1;
    for (size_t i = first_slot(block->bits, key);; i = (i + 1) & mask) {
        const struct slot *slot = &block->slots[i];
        void *value = atomic_load_explicit(&slot->value, memory_order_acquire);

        if (!value || treaty_table_key_eq(slot->key, key))
            return value;
    }
}

static void fill_slot(struct treaty_table_block *block,
                      struct treaty_table_key key, void *value)
{
    size_t mask = ((size_t)1 << block->bits) - 1;
    size_t i = first_slot(block->bits, key);

    while (atomic_load_explicit(&block->slots[i].value, memory_order_relaxed))
        i = (i + 1) & mask;
    block->slots[i].key = key;
    atomic_store_explicit(&block->slots[i].value, value, memory_order_release);
}

static struct treaty_table_block *new_block(struct treaty_arena *arena,
                                            unsigned bits)
{
    size_t size = sizeof(struct treaty_table_block) +
                  ((size_t)1 << bits) * sizeof(struct slot);
    struct treaty_table_block *block =
        (struct treaty_table_block *)treaty_arena_calloc(arena, 1, size);

    if (block)
        block->bits = bits;
    return block;
}

static struct treaty_table_block *grow(struct treaty_arena *arena,
                                       struct treaty_table_block *old)
{
    struct treaty_table_block *block =
        new_block(arena, old ? old->bits + 1 : FIRST_BITS);

    if (!block || !old)
        return block;
    for (size_t i = 0; i < (size_t)1 << old->bits; i++) {
        struct slot *slot = &old->slots[i];
        void *value = atomic_load_explicit(&slot->value, memory_order_relaxed);

        if (value)
            fill_slot(block, slot->key, value);
    }
    return block;
}

enum treaty_code treaty_table_add(struct treaty_table *table,
                                  struct treaty_arena *arena,
                                  struct treaty_table_key key, void *value)
{
    struct treaty_table_block *block =
        atomic_load_explicit(&table->block, memory_order_relaxed);

    if (!block || table->count >= (size_t)1 << (block->bits - 1)) {
        block = grow(arena, block);
        if (!block)
            return TREATY_ENOMEM;
        atomic_store_explicit(&table->block, block, memory_order_release);
    }
    fill_slot(block, key, value);
    table->count++;
    return TREATY_OK;
}
