/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/rng.h"
#include "harness/tap.h"

enum { KEYS = 500 };

static char names[KEYS][8];
static int values[KEYS];

static struct treaty_str key(size_t i)
{
    (void)snprintf(names[i], sizeof(names[i]), "k%zu", i);
    return treaty_str_z(names[i]);
}

static void empty_map(void)
{
    struct treaty_map map;

    treaty_map_init(&map, NULL);
    CHECK(!treaty_map_find(&map, TREATY_STR("a")));
    CHECK(!treaty_map_remove(&map, TREATY_STR("a")));
    CHECK(!treaty_map_next(&map, NULL));
    treaty_map_release(&map);
}

static void replaces(void)
{
    struct treaty_map map;

    treaty_map_init(&map, NULL);
    CHECK_INT(treaty_map_put(&map, TREATY_STR("a"), &values[1]), TREATY_OK);
    CHECK_INT(treaty_map_put(&map, TREATY_STR(""), &values[2]), TREATY_OK);
    CHECK_INT(treaty_map_put(&map, TREATY_STR("a"), &values[3]), TREATY_OK);
    CHECK_INT(map.live, 2);
    CHECK(treaty_map_find(&map, TREATY_STR("a")) == &values[3]);
    CHECK(treaty_map_find(&map, TREATY_STR("")) == &values[2]);
    treaty_map_release(&map);
}

static void adds_only_what_is_new(void)
{
    struct treaty_map map;
    void *known = &values[0];

    treaty_map_init(&map, NULL);
    CHECK_INT(treaty_map_add(&map, TREATY_STR("a"), &values[1], &known),
              TREATY_OK);
    CHECK(!known);
    CHECK_INT(treaty_map_add(&map, TREATY_STR("a"), &values[2], &known),
              TREATY_OK);
    CHECK(known == &values[1]);
    CHECK(treaty_map_find(&map, TREATY_STR("a")) == &values[1]);
    CHECK_INT(map.live, 1);
    treaty_map_release(&map);
}

static void keeps_order(void)
{
    struct treaty_map map;
    struct treaty_map_entry *at = NULL;

    treaty_map_init(&map, NULL);
    for (size_t i = 0; i < KEYS; i++)
        CHECK_INT(treaty_map_put(&map, key(i), &values[i]), TREATY_OK);
    for (size_t i = 0; i < KEYS; i += 3)
        CHECK(treaty_map_remove(&map, key(i)) == &values[i]);
    CHECK(!treaty_map_remove(&map, key(0)));
    CHECK_INT(treaty_map_put(&map, key(0), &values[0]), TREATY_OK);
    for (size_t i = 0; i < KEYS; i++) {
        if (i % 3 == 0)
            continue;
        at = treaty_map_next(&map, at);
        CHECK(at && at->value == &values[i]);
    }
    at = treaty_map_next(&map, at);
    CHECK(at && at->value == &values[0]); /* put back, so it comes last */
    CHECK(!treaty_map_next(&map, at));
    treaty_map_release(&map);
}

/* Random puts and removals against a plain array. */
static void agrees_with_an_array(void)
{
    struct treaty_arena arena = {0};
    struct treaty_map map;
    struct treaty_rng rng;
    bool there[KEYS] = {false};
    size_t live = 0;

    treaty_rng_init(&rng, 42);
    treaty_map_init(&map, &arena);
    for (int round = 0; round < 20000; round++) {
        size_t i = treaty_rng_below(&rng, KEYS);

        if (treaty_rng_below(&rng, 2)) {
            CHECK_INT(treaty_map_put(&map, key(i), &values[i]), TREATY_OK);
            live += !there[i];
            there[i] = true;
        } else {
            CHECK((treaty_map_remove(&map, key(i)) != NULL) == there[i]);
            live -= there[i];
            there[i] = false;
        }
        i = treaty_rng_below(&rng, KEYS);
        CHECK((treaty_map_find(&map, key(i)) != NULL) == there[i]);
        CHECK_INT(map.live, live);
    }
    CHECK(map.slots <= 4096); /* removed entries do not pile up */
    treaty_map_release(&map);
    treaty_arena_release(&arena);
}

static void out_of_memory_changes_nothing(void)
{
    for (size_t size_max = 1; size_max < 3000; size_max += 7) {
        struct treaty_arena arena;
        struct treaty_map map;
        enum treaty_code code = TREATY_OK;
        size_t put = 0;

        treaty_arena_init(&arena, size_max, NULL);
        treaty_map_init(&map, &arena);
        while (!code && put < KEYS) {
            code = treaty_map_put(&map, key(put), &values[put]);
            put += code == TREATY_OK;
        }
        CHECK_INT(code, TREATY_ENOMEM);
        CHECK_INT(map.live, put);
        for (size_t i = 0; i < put; i++)
            CHECK(treaty_map_find(&map, key(i)) == &values[i]);
        CHECK(!treaty_map_find(&map, key(put)));
        treaty_arena_release(&arena);
    }
}

TAP_MAIN({"empty map", empty_map}, {"replaces", replaces},
         {"adds only what is new", adds_only_what_is_new},
         {"keeps order", keeps_order},
         {"agrees with an array", agrees_with_an_array},
         {"out of memory changes nothing", out_of_memory_changes_nothing})
