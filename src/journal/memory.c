/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal in memory: for tests, demos and trying things out. It compacts
 * as it goes: of each key only the last record is kept.
 *
 *     slots   [rec 0][ gone ][rec 2][rec 3]      in order of offset
 *     table   hash of key -> record              open addressing
 *
 * An append first makes every allocation that it can need and then only moves
 * pointers, so a batch goes in whole or not at all.
 */
#include "journal/journal.h"

#include "base/error.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct stored {
    int64_t offset;
    int64_t ts_ms;
    uint64_t hash;
    size_t slot;
    size_t key_len;
    size_t value_len;
    bool tombstone;
    char bytes[]; /* key, value */
};

struct memory {
    struct treaty_journal base;
    struct stored **slots;
    size_t used;
    size_t capacity;
    size_t gone; /* empty ones among the used slots */
    struct stored **table;
    size_t table_size; /* power of two, or 0 */
    size_t keys;
    int64_t end;
    _Atomic uint64_t bytes;
};

static size_t size_of(const struct stored *s)
{
    return sizeof(*s) + s->key_len + s->value_len;
}

static enum treaty_code memory_open(struct treaty_str location,
                                    const struct treaty_journal_options *o,
                                    struct treaty_journal **ret,
                                    struct treaty_error *err)
{
    struct memory *m;

    (void)o;
    if (location.len)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "\"memory:\" takes no path, \"%.*s\" was given",
                           TREATY_STR_ARG(location));
    m = calloc(1, sizeof(*m));
    if (!m)
        return treaty_fail_nomem(err);
    m->base.backend = &treaty_journal_memory;
    *ret = &m->base;
    return TREATY_OK;
}

static void memory_close(struct treaty_journal *journal)
{
    struct memory *m = (struct memory *)journal;

    for (size_t i = 0; i < m->used; i++)
        free(m->slots[i]);
    free(m->slots);
    free(m->table);
    free(m);
}

/* The place of a key in the table: its record's, or an empty one. */
static struct stored **probe(struct stored **table, size_t size, uint64_t hash,
                             struct treaty_str key)
{
    size_t i = (size_t)hash & (size - 1);

    for (; table[i]; i = (i + 1) & (size - 1)) {
        struct treaty_str have = {table[i]->bytes, table[i]->key_len};

        if (table[i]->hash == hash && treaty_str_eq(have, key))
            break;
    }
    return &table[i];
}

/* Let `count` more keys fit, at most half of the table being full. */
static bool reserve_table(struct memory *m, size_t count)
{
    size_t size = m->table_size ? m->table_size : 64;
    struct stored **table;

    while (size / 2 < m->keys + count)
        size *= 2;
    if (size == m->table_size)
        return true;
    table = calloc(size, sizeof(struct stored *));
    if (!table)
        return false;
    for (size_t i = 0; i < m->used; i++) {
        struct stored *s = m->slots[i];

        if (s)
            *probe(table, size, s->hash,
                   (struct treaty_str){s->bytes, s->key_len}) = s;
    }
    free(m->table);
    m->table = table;
    m->table_size = size;
    return true;
}

static void squeeze(struct memory *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->used; i++) {
        if (!m->slots[i])
            continue;
        m->slots[i]->slot = kept;
        m->slots[kept++] = m->slots[i];
    }
    m->used = kept;
    m->gone = 0;
}

static bool reserve_slots(struct memory *m, size_t count)
{
    size_t capacity = m->capacity ? m->capacity : 64;
    struct stored **slots;

    if (m->gone > m->used / 2)
        squeeze(m);
    while (capacity < m->used + count)
        capacity *= 2;
    if (capacity == m->capacity)
        return true;
    slots = realloc(m->slots, capacity * sizeof(struct stored *));
    if (!slots)
        return false;
    m->slots = slots;
    m->capacity = capacity;
    return true;
}

static struct stored *copy(const struct treaty_journal_record *record)
{
    struct stored *s = malloc(sizeof(*s) + record->key.len + record->value.len);

    if (!s)
        return NULL;
    *s = (struct stored){
        .ts_ms = record->ts_ms,
        .hash = treaty_str_hash(record->key),
        .key_len = record->key.len,
        .value_len = record->value.len,
        .tombstone = record->value.data == NULL,
    };
    if (s->key_len)
        memcpy(s->bytes, record->key.data, s->key_len);
    if (!s->tombstone && s->value_len)
        memcpy(s->bytes + s->key_len, record->value.data, s->value_len);
    return s;
}

/* Nothing here can fail: the space is reserved. */
static void insert(struct memory *m, struct stored *s)
{
    struct stored **place = probe(m->table, m->table_size, s->hash,
                                  (struct treaty_str){s->bytes, s->key_len});
    struct stored *old = *place;

    s->offset = m->end++;
    s->slot = m->used;
    m->slots[m->used++] = s;
    *place = s;
    m->bytes += size_of(s);
    if (!old) {
        m->keys++;
        return;
    }
    m->slots[old->slot] = NULL;
    m->gone++;
    m->bytes -= size_of(old);
    free(old);
}

static enum treaty_code memory_append(struct treaty_journal *journal,
                                      struct treaty_journal_record *records,
                                      size_t count, struct treaty_error *err)
{
    struct memory *m = (struct memory *)journal;
    struct stored **copies = calloc(count, sizeof(struct stored *));
    size_t made = 0;

    if (!copies || !reserve_slots(m, count) || !reserve_table(m, count))
        goto nomem;
    for (; made < count; made++) {
        copies[made] = copy(&records[made]);
        if (!copies[made])
            goto nomem;
    }
    for (size_t i = 0; i < count; i++) {
        insert(m, copies[i]);
        records[i].offset = copies[i]->offset;
        /* A later record of the same batch may free this one. */
        copies[i] = NULL;
    }
    free(copies);
    return TREATY_OK;

nomem:
    while (made > 0)
        free(copies[--made]);
    free(copies);
    return treaty_fail_nomem(err);
}

/* The first used slot at or above offset `from`. */
static size_t seek(const struct memory *m, int64_t from)
{
    size_t i = 0;

    while (i < m->used && (!m->slots[i] || m->slots[i]->offset < from))
        i++;
    return i;
}

static enum treaty_code memory_read(struct treaty_journal *journal,
                                    int64_t from, treaty_journal_fn fn,
                                    void *ctx, struct treaty_error *err)
{
    struct memory *m = (struct memory *)journal;
    enum treaty_code code = TREATY_OK;

    for (size_t i = seek(m, from); code == TREATY_OK && i < m->used; i++) {
        const struct stored *s = m->slots[i];
        struct treaty_journal_record record;

        if (!s)
            continue;
        record = (struct treaty_journal_record){
            .offset = s->offset,
            .ts_ms = s->ts_ms,
            .key = {s->bytes, s->key_len},
        };
        if (!s->tombstone)
            record.value =
                (struct treaty_str){s->bytes + s->key_len, s->value_len};
        code = fn(ctx, &record, err);
    }
    return code;
}

static int64_t memory_end(struct treaty_journal *journal)
{
    return ((const struct memory *)journal)->end;
}

static void memory_stat(const struct treaty_journal *journal,
                        struct treaty_journal_stat *ret)
{
    const struct memory *m = (const struct memory *)journal;

    *ret = (struct treaty_journal_stat){.store_bytes = m->bytes};
}

const struct treaty_journal_backend treaty_journal_memory = {
    .scheme = "memory",
    .open = memory_open,
    .close = memory_close,
    .append = memory_append,
    .read = memory_read,
    .end = memory_end,
    .stat = memory_stat,
};
