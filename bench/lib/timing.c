/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/timing.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { ROUND_NS = 15000000 };

static double now_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double time_once(const struct bench_contender *c, uint64_t times)
{
    double start = now_ns();

    c->fn(c->ctx, times);
    return now_ns() - start;
}

/* Double until a run takes long enough to be measured, then aim at a round. */
static uint64_t calibrate(const struct bench_contender *c)
{
    uint64_t times = 1;
    double took = time_once(c, times);

    while (took < (double)ROUND_NS / 4) {
        times *= 2;
        took = time_once(c, times);
    }
    times = (uint64_t)((double)times * ROUND_NS / took);
    return times ? times : 1;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

void bench_run(struct bench_contender *contenders, size_t count, int rounds)
{
    static double results[BENCH_CONTENDERS_MAX][BENCH_ROUNDS_MAX];
    uint64_t times[BENCH_CONTENDERS_MAX];

    for (size_t i = 0; i < count; i++)
        times[i] = calibrate(&contenders[i]);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++)
            results[i][round] = time_once(&contenders[i], times[i]) /
                                ((double)times[i] * contenders[i].units);
    }
    for (size_t i = 0; i < count; i++) {
        qsort(results[i], (size_t)rounds, sizeof(double), compare);
        contenders[i].ns = results[i][rounds / 2];
        contenders[i].least = results[i][0];
    }
}

void bench_pin(void)
{
    cpu_set_t set;
    int cpu = sched_getcpu();

    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}
