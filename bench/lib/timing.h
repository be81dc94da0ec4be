/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_TIMING_H
#define TREATY_BENCH_LIB_TIMING_H

/*
 * Side by side: contenders run in turn, A B C A B C ..., on one core and in one
 * process, and the medians are compared. A shared machine changes its speed
 * from second to second; what runs next to each other meets the same one.
 *
 * Times are of the thread's CPU, so that waiting for a core does not count.
 */
#include <stddef.h>
#include <stdint.h>

enum { BENCH_CONTENDERS_MAX = 8, BENCH_ROUNDS_MAX = 101 };

/* Do the work `times` times over; what it makes must not be optimised away. */
typedef void (*bench_fn)(void *ctx, uint64_t times);

struct bench_contender {
    const char *name;
    bench_fn fn;
    void *ctx;
    double units; /* operations that one time stands for (events, calls) */
    double ns;    /* result: median nanoseconds of one operation */
    double least; /* result: the best round */
};

/*
 * Calibrate each contender to about 15 ms a round, then run `rounds` rounds of
 * all (odd, at most BENCH_ROUNDS_MAX).
 */
void bench_run(struct bench_contender *contenders, size_t count, int rounds);

/* Stay on the core that the process started on. */
void bench_pin(void);

/* Keep the compiler from dropping work whose result is at `p`. */
static inline void bench_keep(const void *p)
{
    __asm__ volatile("" : : "g"(p) : "memory");
}

#endif
