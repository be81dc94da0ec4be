/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared structures against plain arrays: after each batch the new version
 * holds what the model holds, and a version that a reader kept holds what it
 * held, until its garbage is freed.
 */
#include "base/rng.h"
#include "registry/radix.h"
#include "registry/sorted.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 2000

/* Items are the addresses of these; a key is such an address, too. */
static const int numbers[KEYS];

static int by_address(const void *key, const void *item)
{
    return (key > item) - (key < item);
}

static void check_set(const struct treaty_sorted *set, const bool *model)
{
    struct treaty_sorted_cursor c = treaty_sorted_from(set, NULL, NULL);
    size_t count = 0;
    bool same = true;

    for (size_t i = 0; i < KEYS; i++) {
        const void *found = treaty_sorted_find(set, by_address, &numbers[i]);

        same = same && (found == &numbers[i]) == model[i];
        if (!model[i])
            continue;
        same = same && treaty_sorted_next(&c) == &numbers[i];
        count++;
    }
    CHECK(same);
    CHECK(treaty_sorted_next(&c) == NULL);
    CHECK_INT(treaty_sorted_count(set), count);
}

/* A batch of random changes; how many of them insert goes up and down. */
static void change_set(struct treaty_share *share, struct treaty_sorted *set,
                       struct treaty_rng *rng, bool *model, unsigned inserts)
{
    size_t n = treaty_rng_below(rng, 100);

    for (size_t i = 0; i < n; i++) {
        size_t k = treaty_rng_below(rng, KEYS);
        bool put = treaty_rng_below(rng, 100) < inserts;

        if (put)
            CHECK(treaty_sorted_put(share, set, by_address, &numbers[k],
                                    &numbers[k]));
        else
            CHECK(treaty_sorted_remove(share, set, by_address, &numbers[k]));
        model[k] = put;
    }
}

static void test_sorted(void)
{
    static bool model[KEYS];
    static bool before[KEYS];
    struct treaty_share share = {0};
    struct treaty_sorted set = {0};
    struct treaty_rng rng;

    treaty_rng_init(&rng, 7);
    for (unsigned round = 0; round < 200; round++) {
        struct treaty_sorted kept = set;
        struct treaty_share_head *garbage;

        memcpy(before, model, sizeof(model));
        change_set(&share, &set, &rng, model, round / 50 % 2 ? 20 : 80);
        check_set(&kept, before);
        if (round % 3 == 0) {
            treaty_share_abort(&share);
            set = kept;
            memcpy(model, before, sizeof(model));
        }
        garbage = treaty_share_publish(&share);
        check_set(&kept, before);
        check_set(&set, model);
        treaty_share_free_list(garbage);
    }
    treaty_sorted_clear(&share, &set);
    CHECK_INT(treaty_sorted_count(&set), 0);
    treaty_share_free_list(treaty_share_publish(&share));
}

static void test_sorted_walk(void)
{
    struct treaty_share share = {0};
    struct treaty_sorted set = {0};
    struct treaty_sorted_cursor c;

    CHECK(treaty_sorted_last(&set) == NULL);
    for (size_t i = 0; i < KEYS; i += 2)
        CHECK(treaty_sorted_put(&share, &set, by_address, &numbers[i],
                                &numbers[i]));
    for (size_t i = 0; i + 2 < KEYS; i++) {
        size_t next = (i + 1) / 2 * 2;

        c = treaty_sorted_from(&set, by_address, &numbers[i]);
        CHECK(treaty_sorted_next(&c) == &numbers[next]);
    }
    CHECK(treaty_sorted_last(&set) == &numbers[KEYS - 2]);
    c = treaty_sorted_from(&set, by_address, &numbers[KEYS - 1]);
    CHECK(treaty_sorted_next(&c) == NULL);
    treaty_share_abort(&share);
}

static void test_sorted_build(void)
{
    static const size_t sizes[] = {0, 1, 127, 128, 129, 192, 1000, KEYS};
    static const void *items[KEYS];
    struct treaty_share share = {0};
    struct treaty_rng rng;

    treaty_rng_init(&rng, 11);
    for (size_t i = 0; i < KEYS; i++)
        items[i] = &numbers[i];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        static bool model[KEYS];
        struct treaty_sorted set = {0};

        CHECK(treaty_sorted_build(&share, &set, items, sizes[i]));
        for (size_t k = 0; k < KEYS; k++)
            model[k] = k < sizes[i];
        check_set(&set, model);
        for (int round = 0; round < 20; round++)
            change_set(&share, &set, &rng, model, 50);
        check_set(&set, model);
        treaty_share_abort(&share);
    }
}

static void test_radix(void)
{
    static const uint32_t ids[] = {0,     1,       63,        64,        4095,
                                   4096,  100000,  262143,    262144,    70000,
                                   90000, 1 << 30, INT32_MAX, UINT32_MAX};
    const size_t n = sizeof(ids) / sizeof(ids[0]);
    struct treaty_share share = {0};
    struct treaty_radix map = {0};
    struct treaty_radix kept;

    CHECK_INT(treaty_radix_next(&map, 0), -1);
    for (size_t i = 0; i < n; i++) {
        CHECK(treaty_radix_get(&map, ids[i]) == NULL);
        CHECK(treaty_radix_set(&share, &map, ids[i], &numbers[i]));
        for (size_t k = 0; k <= i; k++)
            CHECK(treaty_radix_get(&map, ids[k]) == &numbers[k]);
    }
    CHECK_INT(treaty_radix_next(&map, 0), 0);
    CHECK_INT(treaty_radix_next(&map, 2), 63);
    CHECK_INT(treaty_radix_next(&map, 65), 4095);
    CHECK_INT(treaty_radix_next(&map, 4097), 70000);
    CHECK_INT(treaty_radix_next(&map, 262145), 1 << 30);
    CHECK_INT(treaty_radix_next(&map, UINT32_MAX), UINT32_MAX);
    CHECK(treaty_share_publish(&share) == NULL);

    kept = map;
    CHECK(treaty_radix_set(&share, &map, 100000, NULL));
    CHECK(treaty_radix_set(&share, &map, 5, NULL));
    CHECK(treaty_radix_get(&map, 100000) == NULL);
    CHECK(treaty_radix_get(&kept, 100000) == &numbers[6]);
    treaty_share_free_list(treaty_share_publish(&share));
    CHECK(treaty_radix_get(&map, 90000) == &numbers[10]);
    treaty_radix_clear(&share, &map);
    treaty_share_free_list(treaty_share_publish(&share));
}

static void test_states(void)
{
    struct treaty_share share = {0};
    struct treaty_share_head *garbage;
    char *a = treaty_share_alloc(&share, 10);
    char *b = treaty_share_alloc(&share, 100);

    CHECK(treaty_share_is_fresh(a));
    CHECK(treaty_share_size(a) >= 10);
    treaty_share_drop(&share, b);
    treaty_share_drop(&share, NULL);
    CHECK(treaty_share_publish(&share) == NULL);
    CHECK(!treaty_share_is_fresh(a));

    treaty_share_drop(&share, a);
    treaty_share_abort(&share);
    CHECK(!treaty_share_is_fresh(a));

    treaty_share_drop(&share, a);
    garbage = treaty_share_publish(&share);
    CHECK(garbage != NULL);
    CHECK(treaty_share_list_bytes(garbage) >= 10);
    garbage = treaty_share_join(garbage, NULL);
    garbage = treaty_share_join(NULL, garbage);
    treaty_share_free_list(garbage);
    CHECK(treaty_share_alloc(&share, (size_t)1 << 40) == NULL);
}

TAP_MAIN({"states of an object", test_states},
         {"sorted set against a model", test_sorted},
         {"walking a sorted set", test_sorted_walk},
         {"building a sorted set", test_sorted_build},
         {"ids to pointers", test_radix})
