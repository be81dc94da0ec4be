/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <time.h>

enum { NS_PER_MS = 1000000, MS_PER_S = 1000 };

int64_t treaty_clock_wall_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

uint64_t treaty_clock_mono_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * MS_PER_S * NS_PER_MS + (uint64_t)now.tv_nsec;
}

/* An absolute end, so that a signal in between does not prolong the sleep. */
void treaty_clock_sleep_ms(uint64_t ms)
{
    uint64_t end = treaty_clock_mono_ns() + ms * NS_PER_MS;
    struct timespec until = {
        .tv_sec = (time_t)(end / ((uint64_t)MS_PER_S * NS_PER_MS)),
        .tv_nsec = (long)(end % ((uint64_t)MS_PER_S * NS_PER_MS)),
    };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        continue;
}
