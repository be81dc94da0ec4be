/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_TAP_H
#define TREATY_TESTS_HARNESS_TAP_H

/*
 * The test harness: a test is a function, a suite is a table, the output is
 * TAP. A failed check prints where and what, and the test goes on, so that one
 * run shows all that is wrong.
 *
 *     static void counts(void)
 *     {
 *         CHECK_INT(treaty_str_find(TREATY_STR("a.b"), '.'), 1);
 *     }
 *
 *     TAP_MAIN({"counts", counts})
 */
#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>

struct tap_case {
    const char *name;
    void (*fn)(void);
};

int tap_main(int argc, char **argv, const struct tap_case *cases, size_t count);

/*
 * Report a failure at a place of one's own (a corpus file and line). The test
 * that runs counts as failed.
 */
void tap_fail(const char *file, int line, const char *format, ...)
    TREATY_PRINTF(3, 4);
/* Mark the running test as skipped; it must return after that. */
void tap_skip(const char *format, ...) TREATY_PRINTF(1, 2);
/*
 * True under valgrind, where all takes fifty times as long: a test of speed
 * then says nothing.
 */
bool tap_is_slow(void);
/* Extra output, as a TAP comment. */
void tap_note(const char *format, ...) TREATY_PRINTF(1, 2);
/*
 * Count `n` further passed cases besides the function itself: for corpus runs,
 * where every paragraph or line is a case. Failed ones call tap_fail.
 */
void tap_add_passed(size_t n);

bool tap_check(bool ok, const char *file, int line, const char *what);
bool tap_check_int(int64_t got, int64_t want, const char *file, int line,
                   const char *what);
bool tap_check_str(struct treaty_str got, struct treaty_str want,
                   const char *file, int line, const char *what);

#define CHECK(cond) tap_check((cond), __FILE__, __LINE__, #cond)
#define CHECK_INT(got, want)                                                   \
    tap_check_int((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want)                                                   \
    tap_check_str((got), (want), __FILE__, __LINE__, #got)
#define CHECK_STR_Z(got, want)                                                 \
    tap_check_str((got), treaty_str_z(want), __FILE__, __LINE__, #got)

#define TAP_MAIN(...)                                                          \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        static const struct tap_case cases[] = {__VA_ARGS__};                  \
        return tap_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));  \
    }

/* Root of the source tree, for corpus files: TREATY_SOURCE_DIR "/tests/...". */

/*
 * An allocator whose n-th call fails (0: none does). `calls` counts, `live`
 * must be 0 when everything has been released.
 */
struct tap_alloc {
    size_t fail_at;
    size_t calls;
    size_t live;
};

struct treaty_alloc tap_alloc_hook(struct tap_alloc *state);

/*
 * `n` bytes flush against an unreadable page, before and behind in turn:
 * `front` false puts the end of the bytes at the page, true their start.
 * NULL data for a failed mapping. Free with tap_guard_free.
 */
struct tap_guard {
    char *map;
    size_t map_len;
    char *data;
};

struct tap_guard tap_guard_copy(const void *bytes, size_t n, bool front);
void tap_guard_free(struct tap_guard *guard);

#endif
