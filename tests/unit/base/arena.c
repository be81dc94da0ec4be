/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "harness/tap.h"

#include <wchar.h>

/* What no locale can print, so that printing fails. */
#define NO_CHARACTER ((wint_t)0x7FFFFFFF)

static void zeroed_arena_works(void)
{
    struct treaty_arena arena = {0};
    char *a = treaty_arena_alloc(&arena, 10);
    char *b = treaty_arena_alloc(&arena, 0);

    CHECK(a && b);
    memset(a, 1, 10);
    treaty_arena_release(&arena);
    CHECK_INT(arena.size, 0);
    CHECK(treaty_arena_alloc(&arena, 1));
    treaty_arena_release(&arena);
    treaty_arena_release(&arena);
}

static void alignment(void)
{
    struct treaty_arena arena = {0};

    for (size_t align = 1; align <= 4096; align *= 2) {
        char *at = treaty_arena_alloc_aligned(&arena, 3, align);

        CHECK(at && (uintptr_t)at % align == 0);
        memset(at, 1, 3);
    }
    CHECK((uintptr_t)treaty_arena_alloc(&arena, 1) % 16 == 0);
    treaty_arena_release(&arena);
}

/* Pieces do not overlap, over many blocks. */
static void pieces_are_apart(void)
{
    enum { PIECES = 3000 };
    static unsigned char *pieces[PIECES];
    struct treaty_arena arena = {0};

    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = treaty_arena_alloc(&arena, i);
        memset(pieces[i], (int)(i & 0xff), i);
    }
    for (size_t i = 1; i < PIECES; i++)
        CHECK(pieces[i][0] == (i & 0xff) && pieces[i][i - 1] == (i & 0xff));
    treaty_arena_release(&arena);
}

static void calloc_clears(void)
{
    struct tap_alloc state = {0};
    struct treaty_alloc alloc = tap_alloc_hook(&state);
    struct treaty_arena arena;
    uint64_t *numbers;

    treaty_arena_init(&arena, 0, &alloc);
    numbers = TREATY_ARENA_NEW_N(&arena, uint64_t, 100);
    for (int i = 0; i < 100; i++)
        CHECK_INT(numbers[i], 0);
    CHECK(!treaty_arena_calloc(&arena, SIZE_MAX, 2));
    CHECK(!treaty_arena_calloc(&arena, SIZE_MAX / 2, 2));
    CHECK(treaty_arena_calloc(&arena, 5, 0));
    CHECK(!treaty_arena_alloc(&arena, SIZE_MAX));
    CHECK(!treaty_arena_alloc(&arena, SIZE_MAX - 16));
    CHECK(TREATY_ARENA_NEW(&arena, uint64_t));
    treaty_arena_release(&arena);
    CHECK_INT(state.live, 0);
}

/* All blocks together never exceed the bound, and the bound can be reached. */
static void bound_holds(void)
{
    struct treaty_arena arena;
    size_t got = 0;

    treaty_arena_init(&arena, 5000, NULL);
    CHECK(!treaty_arena_alloc(&arena, 5000));
    while (treaty_arena_alloc_aligned(&arena, 10, 1))
        got += 10;
    CHECK(arena.size <= 5000);
    CHECK(got > 4500);
    treaty_arena_release(&arena);
    CHECK(treaty_arena_alloc(&arena, 4000));
    treaty_arena_release(&arena);
}

static void reset_keeps_the_largest(void)
{
    struct tap_alloc state = {0};
    struct treaty_alloc alloc = tap_alloc_hook(&state);
    struct treaty_arena arena;
    size_t calls;

    treaty_arena_init(&arena, 0, &alloc);
    treaty_arena_reset(&arena);
    CHECK_INT(state.calls, 0);
    CHECK(treaty_arena_alloc(&arena, 10));
    CHECK(treaty_arena_alloc(&arena, 3 << 20));
    CHECK(treaty_arena_alloc(&arena, 10000)); /* a smaller block on top */
    CHECK_INT(state.live, 3);
    treaty_arena_reset(&arena);
    CHECK_INT(state.live, 1);
    calls = state.calls;
    CHECK(treaty_arena_alloc(&arena, 3 << 20));
    CHECK_INT(state.calls, calls);
    treaty_arena_release(&arena);
    CHECK_INT(state.live, 0);
}

static void texts(void)
{
    struct treaty_arena arena = {0};
    struct treaty_str s = treaty_arena_dup(&arena, TREATY_STR("abc"));

    CHECK_STR(s, TREATY_STR("abc"));
    CHECK_INT(s.data[3], '\0');
    s = treaty_arena_dup(&arena, (struct treaty_str){0});
    CHECK_STR(s, TREATY_STR(""));
    CHECK_INT(s.data[0], '\0');
    s = treaty_arena_join(&arena, TREATY_STR("a.b"), '.', TREATY_STR("C"));
    CHECK_STR(s, TREATY_STR("a.b.C"));
    CHECK_INT(s.data[5], '\0');
    s = treaty_arena_join(&arena, TREATY_STR(""), '-', TREATY_STR(""));
    CHECK_STR(s, TREATY_STR("-"));
    s = treaty_arena_printf(&arena, "%s=%d", "x", 7);
    CHECK_STR(s, TREATY_STR("x=7"));
    CHECK_INT(s.data[3], '\0');
    s = treaty_arena_dup(&arena, (struct treaty_str){"x", SIZE_MAX});
    CHECK(!s.data);
    /* As with more than INT_MAX bytes, which would take seconds to print. */
    s = treaty_arena_printf(&arena, "%lc", NO_CHARACTER);
    CHECK(!s.data);
    treaty_arena_release(&arena);
}

static void out_of_memory(void)
{
    struct tap_alloc state = {.fail_at = 1};
    struct treaty_alloc alloc = tap_alloc_hook(&state);
    struct treaty_arena arena;

    treaty_arena_init(&arena, 0, &alloc);
    CHECK(!treaty_arena_alloc(&arena, 1));
    state.calls = 0;
    CHECK(!treaty_arena_calloc(&arena, 1, 1));
    state.calls = 0;
    CHECK(!treaty_arena_dup(&arena, TREATY_STR("a")).data);
    state.calls = 0;
    CHECK(
        !treaty_arena_join(&arena, TREATY_STR("a"), '.', TREATY_STR("b")).data);
    state.calls = 0;
    CHECK(!treaty_arena_printf(&arena, "x").data);
    CHECK_INT(arena.size, 0);
    CHECK(treaty_arena_alloc(&arena, 1));
    treaty_arena_release(&arena);
    CHECK_INT(state.live, 0);
}

TAP_MAIN({"zeroed arena works", zeroed_arena_works}, {"alignment", alignment},
         {"pieces are apart", pieces_are_apart},
         {"calloc clears", calloc_clears}, {"bound holds", bound_holds},
         {"reset keeps the largest", reset_keeps_the_largest}, {"texts", texts},
         {"out of memory", out_of_memory})
