/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that are read without a lock, the limiter and the unknown ids. */
#include "client/table.h"

#include "client/limiter.h"
#include "client/unknown.h"
#include "harness/tap.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MANY = 20000 };

static uint32_t values[MANY];

static struct treaty_table_key key_of(uint32_t i)
{
    return treaty_table_key_of_id(i * 7);
}

static void finds_what_was_added(void)
{
    struct treaty_table table = {0};
    struct treaty_arena arena = {0};
    size_t wrong = 0;

    CHECK(!treaty_table_find(&table, key_of(0)));
    for (uint32_t i = 0; i < MANY; i++)
        wrong += treaty_table_add(&table, &arena, key_of(i), &values[i]) !=
                 TREATY_OK;
    for (uint32_t i = 0; i < MANY; i++) {
        wrong += treaty_table_find(&table, key_of(i)) != &values[i];
        wrong += treaty_table_find(&table, treaty_table_key_of_id(i * 7 + 1)) !=
                 NULL;
    }
    CHECK_INT(wrong, 0);
    treaty_arena_release(&arena);
}

/* A GUID that looks like an id is another key. */
static void tells_guids_from_ids(void)
{
    struct treaty_table table = {0};
    struct treaty_arena arena = {0};
    struct treaty_table_key id = treaty_table_key_of_id(5);
    uint8_t guid[16];

    memcpy(guid, &id.hi, 8);
    memcpy(guid + 8, &id.lo, 8);
    CHECK_INT(treaty_table_add(&table, &arena, id, &values[0]), TREATY_OK);
    CHECK(!treaty_table_find(&table, treaty_table_key_of_guid(guid)));
    CHECK_INT(treaty_table_add(&table, &arena, treaty_table_key_of_guid(guid),
                               &values[1]),
              TREATY_OK);
    CHECK(treaty_table_find(&table, id) == &values[0]);
    CHECK(treaty_table_find(&table, treaty_table_key_of_guid(guid)) ==
          &values[1]);
    treaty_arena_release(&arena);
}

static void keeps_what_it_has_without_memory(void)
{
    struct treaty_table table = {0};
    struct tap_alloc state = {0};
    struct treaty_alloc alloc = tap_alloc_hook(&state);
    struct treaty_arena arena;
    uint32_t added = 0;

    treaty_arena_init(&arena, 8192, &alloc);
    while (added < MANY && treaty_table_add(&table, &arena, key_of(added),
                                            &values[added]) == TREATY_OK)
        added++;
    CHECK(added > 10 && added < MANY);
    for (uint32_t i = 0; i < added; i++)
        CHECK(treaty_table_find(&table, key_of(i)) == &values[i]);
    CHECK(!treaty_table_find(&table, key_of(added)));
    treaty_arena_release(&arena);
    CHECK_INT(state.live, 0);
}

struct readers {
    struct treaty_table table;
    _Atomic uint32_t added;
    atomic_size_t wrong;
};

/* Whatever was there before must stay there, and be right. */
static void *read_all(void *ctx)
{
    struct readers *readers = (struct readers *)ctx;
    uint32_t added = 0;

    while (added < MANY) {
        added = atomic_load(&readers->added);
        for (uint32_t i = added > 200 ? added - 200 : 0; i < added; i++)
            if (treaty_table_find(&readers->table, key_of(i)) != &values[i])
                atomic_fetch_add(&readers->wrong, 1);
    }
    return NULL;
}

static void is_read_while_it_grows(void)
{
    static struct readers readers;
    struct treaty_arena arena = {0};
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, read_all, &readers);
    for (uint32_t i = 0; i < MANY; i++) {
        CHECK_INT(
            treaty_table_add(&readers.table, &arena, key_of(i), &values[i]),
            TREATY_OK);
        atomic_store(&readers.added, i + 1);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&readers.wrong), 0);
    treaty_arena_release(&arena);
}

/* Any second has at most `rate`, whatever the rhythm of the callers. */
static void limits_every_second(void)
{
    enum { RATE = 10, STEP_NS = 3000000 };
    struct treaty_limiter limiter;
    struct treaty_arena arena = {0};
    uint64_t taken[400];
    size_t n = 0;

    CHECK_INT(treaty_limiter_init(&limiter, &arena, RATE), TREATY_OK);
    for (uint64_t now = 5; now < 30000000000u && n < 400; now += STEP_NS)
        if (treaty_limiter_take(&limiter, now) == 0)
            taken[n++] = now;
    CHECK(n >= 290 && n <= 300);
    for (size_t i = RATE; i < n; i++)
        CHECK(taken[i] - taken[i - RATE] >= 1000000000u);
    treaty_arena_release(&arena);
}

static void says_how_long_to_wait(void)
{
    struct treaty_limiter limiter;
    struct treaty_arena arena = {0};

    CHECK_INT(treaty_limiter_init(&limiter, &arena, 2), TREATY_OK);
    CHECK_INT(treaty_limiter_take(&limiter, 1000), 0);
    CHECK_INT(treaty_limiter_take(&limiter, 5000), 0);
    CHECK_INT(treaty_limiter_take(&limiter, 6000), 1000000000 - 5000);
    CHECK_INT(treaty_limiter_take(&limiter, 1000001000), 0);
    CHECK_INT(treaty_limiter_take(&limiter, 1000001001), 3999);
    treaty_arena_release(&arena);
}

static void remembers_the_unknown(void)
{
    struct treaty_unknown unknown;
    struct treaty_arena arena = {0};
    struct treaty_table_key key = treaty_table_key_of_id(9);
    uint64_t ask = 0;

    treaty_unknown_init(&unknown, 100, 60000);
    CHECK_INT(treaty_unknown_find(&unknown, key, 1000, &ask),
              TREATY_UNKNOWN_NOT);
    treaty_unknown_put(&unknown, &arena, key, 1000, 1200);
    CHECK_INT(treaty_unknown_find(&unknown, key, 1100, &ask),
              TREATY_UNKNOWN_DOUBTED);
    CHECK_INT(ask, 1200);
    treaty_unknown_put(&unknown, &arena, key, 1300, 0);
    CHECK_INT(treaty_unknown_find(&unknown, key, 61299, &ask),
              TREATY_UNKNOWN_CONFIRMED);
    CHECK_INT(treaty_unknown_find(&unknown, key, 61300, &ask),
              TREATY_UNKNOWN_NOT);
    CHECK_INT(
        treaty_unknown_find(&unknown, treaty_table_key_of_id(8), 1300, &ask),
        TREATY_UNKNOWN_NOT);
    treaty_arena_release(&arena);
}

/* However many there are, memory is that of the first one. */
static void forgets_before_it_grows(void)
{
    struct treaty_unknown unknown;
    struct treaty_arena arena = {0};
    uint64_t ask;
    size_t known = 0;
    size_t size;

    treaty_unknown_init(&unknown, 1000, 60000);
    treaty_unknown_put(&unknown, &arena, treaty_table_key_of_id(0), 1, 0);
    size = arena.size;
    for (uint32_t i = 1; i < 100000; i++)
        treaty_unknown_put(&unknown, &arena, treaty_table_key_of_id(i), i, 0);
    CHECK_INT(arena.size, size);
    for (uint32_t i = 0; i < 100000; i++)
        known += treaty_unknown_find(&unknown, treaty_table_key_of_id(i), 50000,
                                     &ask) == TREATY_UNKNOWN_CONFIRMED;
    CHECK(known > 900 && known <= 1000);
    /* The newest is never the one that is forgotten. */
    CHECK_INT(treaty_unknown_find(&unknown, treaty_table_key_of_id(99999),
                                  50000, &ask),
              TREATY_UNKNOWN_CONFIRMED);
    treaty_arena_release(&arena);
}

TAP_MAIN({"finds what was added", finds_what_was_added},
         {"tells GUIDs from ids", tells_guids_from_ids},
         {"keeps what it has without memory", keeps_what_it_has_without_memory},
         {"is read while it grows", is_read_while_it_grows},
         {"limits every second", limits_every_second},
         {"says how long to wait", says_how_long_to_wait},
         {"remembers the unknown", remembers_the_unknown},
         {"forgets before it grows", forgets_before_it_grows})
