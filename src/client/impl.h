/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_IMPL_H
#define TREATY_SRC_CLIENT_IMPL_H

/*
 * What a client is made of, for the files of this room.
 *
 * 1. `lock` guards the arena, the limiter, the unknown schemas, the flights,
 *    the maps, and writing to the tables. It is never held during I/O.
 * 2. Whatever lies on the arena lives until the client is freed.
 */
#include "base/map.h"
#include "client/flight.h"
#include "client/limiter.h"
#include "client/table.h"
#include "client/telemetry.h"
#include "client/transport.h"
#include "client/unknown.h"

#include <treaty/client.h>

#include <stdatomic.h>

struct treaty_endpoint {
    struct treaty_str base;
    struct treaty_credentials credentials;
};

struct treaty_client {
    pthread_mutex_t lock;
    struct treaty_arena arena;
    struct treaty_transport transport;

    struct treaty_endpoint *endpoints;
    size_t endpoint_count;
    _Atomic size_t preferred; /* the endpoint that answered last */

    uint64_t timeout_ms;
    uint64_t deadline_ms;
    uint64_t backoff_ms;
    uint64_t backoff_max_ms;
    unsigned rounds; /* tries of every endpoint */
    int32_t unknown_retry_ms;

    struct treaty_limiter limiter;
    struct treaty_unknown unknown;
    struct treaty_flights flights;

    /* See cache.h. */
    struct treaty_table schemas;              /* by id and by GUID */
    struct treaty_cached_schema *all_schemas; /* for the end */
    struct treaty_map ids;
    struct treaty_map latest;
    pthread_mutex_t plans_lock; /* guards what follows; taken before `lock` */
    struct treaty_arena plans_arena;
    struct treaty_map plans;
    struct treaty_cached_plan *all_plans;

    struct treaty_telemetry telemetry;
    struct treaty_metrics *own_metrics; /* NULL when somebody else's are used */
};

/*
 * treaty_client_new, counting in `metrics`, which must outlive the client;
 * NULL makes it keep counters of its own.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_client_new_with(const struct treaty_client_options *options,
                       struct treaty_metrics *metrics,
                       struct treaty_client **ret, struct treaty_error *err);

#endif
