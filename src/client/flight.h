/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_FLIGHT_H
#define TREATY_SRC_CLIENT_FLIGHT_H

/*
 * Single flight: however many threads want the same thing at once, one goes
 * and gets it, and all take what it brings, be it a failure.
 *
 *     flights -> "i7" led by thread A -> followers B, C
 *             -> "r…" led by thread D
 *
 * Leaders and followers live on the stacks of their threads: a leader returns
 * only after it has handed its result to each follower, under the lock.
 */
#include "base/str.h"

#include <pthread.h>
#include <stdbool.h>

struct treaty_flight;

struct treaty_flights {
    struct treaty_flight *first;
    pthread_cond_t landed;
};

struct treaty_flight_result {
    enum treaty_code code;
    void *value;
    struct treaty_error err;
};

/* Gets what is wanted; called without the lock. */
typedef void (*treaty_flight_fn)(void *ctx, struct treaty_flight_result *ret);

struct treaty_flight_request {
    struct treaty_str key; /* must live until the call returns */
    bool no_wait;          /* follow only a leader that does not wait either */
    treaty_flight_fn fn;
    void *ctx;
};

void treaty_flights_init(struct treaty_flights *flights);
void treaty_flights_release(struct treaty_flights *flights);

/*
 * Lead or follow. `fn` looks into the cache before anything else, since
 * another flight may have landed just before. TREATY_EBUSY when `no_wait`
 * forbids to follow.
 */
void treaty_flight_run(struct treaty_flights *flights, pthread_mutex_t *lock,
                       const struct treaty_flight_request *request,
                       struct treaty_flight_result *ret);

#endif
