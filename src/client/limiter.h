/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_LIMITER_H
#define TREATY_SRC_CLIENT_LIMITER_H

/*
 * At most `rate` events in any one second: a ring of the times of the last
 * `rate` ones. Unlike a bucket that refills it lets no burst add to the rate,
 * and a client that was idle may still use the whole of its second at once.
 */
#include "base/arena.h"

struct treaty_limiter {
    uint64_t *times; /* nanoseconds; 0: unused */
    size_t rate;
    size_t next; /* the oldest */
};

/* TREATY_OK or TREATY_ENOMEM. `rate` is at least 1. */
TREATY_MUST_CHECK enum treaty_code
treaty_limiter_init(struct treaty_limiter *limiter, struct treaty_arena *arena,
                    size_t rate);

/*
 * Take a place at the time `now_ns`: 0 when there was one, else the number of
 * nanoseconds after which to try again. The caller locks.
 */
uint64_t treaty_limiter_take(struct treaty_limiter *limiter, uint64_t now_ns);

#endif
