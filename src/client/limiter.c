/* SPDX-License-Identifier: Apache-2.0 */
#include "client/limiter.h"

static const uint64_t SECOND_NS = 1000000000;

enum treaty_code treaty_limiter_init(struct treaty_limiter *limiter,
                                     struct treaty_arena *arena, size_t rate)
{
    uint64_t *times = TREATY_ARENA_NEW_N(arena, uint64_t, rate);

    if (!times)
        return TREATY_ENOMEM;
    *limiter = (struct treaty_limiter){.times = times, .rate = rate};
    return TREATY_OK;
}

uint64_t treaty_limiter_take(struct treaty_limiter *limiter, uint64_t now_ns)
{
    uint64_t oldest = limiter->times[limiter->next];

    if (oldest && now_ns - oldest < SECOND_NS)
        return SECOND_NS - (now_ns - oldest);
    limiter->times[limiter->next] = now_ns;
    limiter->next = (limiter->next + 1) % limiter->rate;
    return 0;
}
