/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_TELEMETRY_H
#define TREATY_SRC_CLIENT_TELEMETRY_H

/*
 * What a client and its serdes count.
 *
 *     treaty_client_requests_total{outcome}   each attempt at one URL
 *     treaty_client_request_seconds
 *     treaty_serde_cache_hits_total, treaty_serde_cache_misses_total
 *     treaty_serde_serialize_seconds, treaty_serde_deserialize_seconds
 *
 * The latter two leave the network out and measure one event in 128.
 */
#include "client/transport.h"
#include "metrics/metrics.h"

enum treaty_outcome {
    TREATY_OUTCOME_OK,
    TREATY_OUTCOME_REFUSED, /* an answer of the registry that is not 2xx */
    TREATY_OUTCOME_FAILED,  /* no answer, or one that says to try again */
    TREATY_OUTCOME_COUNT,
};

struct treaty_telemetry {
    struct treaty_counter *requests[TREATY_OUTCOME_COUNT];
    struct treaty_histogram *request_time;
    struct treaty_counter *hits;
    struct treaty_counter *misses;
    struct treaty_histogram *serialize_time;
    struct treaty_histogram *deserialize_time;
};

/* TREATY_OK or TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code
treaty_telemetry_init(struct treaty_telemetry *telemetry,
                      struct treaty_metrics *metrics);

void treaty_telemetry_request(const struct treaty_telemetry *telemetry,
                              const struct treaty_answer *answer,
                              uint64_t took_ns);

#endif
