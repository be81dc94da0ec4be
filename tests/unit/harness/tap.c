/* SPDX-License-Identifier: Apache-2.0 */
/* The harness itself: the allocator and the guard pages, which other tests
 * rely on to fail when they should. */
#include "harness/tap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Read one byte in a child; true when that killed it. */
static bool dies_at(const volatile char *byte)
{
    pid_t pid;
    int status = 0;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        _exit(*byte == 0 ? 0 : 1);
    }
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static void guards_both_sides(void)
{
    static const size_t lengths[] = {1, 5, 4095, 4096, 4097};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t n = lengths[i];
        char *bytes = calloc(1, n);
        struct tap_guard back = tap_guard_copy(bytes, n, false);
        struct tap_guard front = tap_guard_copy(bytes, n, true);

        CHECK(!dies_at(back.data + n - 1));
        CHECK(dies_at(back.data + n));
        CHECK(!dies_at(front.data));
        CHECK(dies_at(front.data - 1));
        tap_guard_free(&back);
        tap_guard_free(&front);
        free(bytes);
    }
}

static void guards_nothing(void)
{
    struct tap_guard guard = tap_guard_copy("", 0, false);

    CHECK(dies_at(guard.data));
    CHECK(dies_at(guard.data - 1));
    tap_guard_free(&guard);
    CHECK(!guard.data);
}

static void allocator_counts_and_fails(void)
{
    struct tap_alloc state = {.fail_at = 3};
    struct treaty_alloc alloc = tap_alloc_hook(&state);
    char *a = alloc.fn(alloc.ctx, NULL, 0, 10);
    char *b;

    CHECK(a != NULL);
    if (!a)
        return;
    memcpy(a, "0123456789", 10);
    b = alloc.fn(alloc.ctx, a, 10, 100);
    CHECK(b && memcmp(b, "0123456789", 10) == 0);
    CHECK_INT(state.live, 1);
    CHECK(alloc.fn(alloc.ctx, b, 100, 200) == NULL);
    CHECK_INT(state.live, 1); /* a growth that fails leaves the old block */
    CHECK(alloc.fn(alloc.ctx, b, 100, 0) == NULL);
    CHECK_INT(state.live, 0);
    CHECK_INT(state.calls, 3);
}

TAP_MAIN({"guard pages on both sides", guards_both_sides},
         {"a guard around nothing", guards_nothing},
         {"the allocator counts and fails", allocator_counts_and_fails})
