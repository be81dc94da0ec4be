/* SPDX-License-Identifier: Apache-2.0 */
#include "client/telemetry.h"

#include "base/str.h"
#include "client/reply.h"

static const struct treaty_metric_desc requests = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "treaty_client_requests_total",
    .help = "Requests sent to the schema registry, by outcome.",
    .labels = {"outcome"},
};

static const struct treaty_metric_desc request_time = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "treaty_client_request_seconds",
    .help = "Time from a request to the registry to its reply.",
    .bounds_ns = treaty_metric_request_bounds_ns,
    .bound_count = TREATY_METRIC_REQUEST_BOUNDS,
};

static const struct treaty_metric_desc hits = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "treaty_serde_cache_hits_total",
    .help = "Events whose schema was in the cache.",
};

static const struct treaty_metric_desc misses = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "treaty_serde_cache_misses_total",
    .help = "Events whose schema was not in the cache.",
};

static const struct treaty_metric_desc serialize_time = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "treaty_serde_serialize_seconds",
    .help = "Time to encode and frame an event, one in 128 measured.",
    .bounds_ns = treaty_metric_serde_bounds_ns,
    .bound_count = TREATY_METRIC_SERDE_BOUNDS,
};

static const struct treaty_metric_desc deserialize_time = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "treaty_serde_deserialize_seconds",
    .help = "Time to decode a framed event, one in 128 measured.",
    .bounds_ns = treaty_metric_serde_bounds_ns,
    .bound_count = TREATY_METRIC_SERDE_BOUNDS,
};

enum treaty_code treaty_telemetry_init(struct treaty_telemetry *telemetry,
                                       struct treaty_metrics *metrics)
{
    static const char *const outcomes[] = {"ok", "refused", "failed"};
    struct treaty_telemetry made = {
        .request_time = treaty_metrics_histogram(metrics, &request_time, NULL),
        .hits = treaty_metrics_counter(metrics, &hits, NULL),
        .misses = treaty_metrics_counter(metrics, &misses, NULL),
        .serialize_time =
            treaty_metrics_histogram(metrics, &serialize_time, NULL),
        .deserialize_time =
            treaty_metrics_histogram(metrics, &deserialize_time, NULL),
    };
    bool complete = made.request_time && made.hits && made.misses &&
                    made.serialize_time && made.deserialize_time;

    for (size_t i = 0; i < TREATY_OUTCOME_COUNT; i++) {
        struct treaty_str value = treaty_str_z(outcomes[i]);

        made.requests[i] = treaty_metrics_counter(metrics, &requests, &value);
        complete = complete && made.requests[i];
    }
    if (!complete)
        return TREATY_ENOMEM;
    *telemetry = made;
    return TREATY_OK;
}

static enum treaty_outcome outcome_of(const struct treaty_answer *answer)
{
    if (treaty_answer_is_passing(answer))
        return TREATY_OUTCOME_FAILED;
    return answer->status >= 200 && answer->status < 300
               ? TREATY_OUTCOME_OK
               : TREATY_OUTCOME_REFUSED;
}

void treaty_telemetry_request(const struct treaty_telemetry *telemetry,
                              const struct treaty_answer *answer,
                              uint64_t took_ns)
{
    treaty_counter_add(telemetry->requests[outcome_of(answer)], 1);
    treaty_histogram_observe(telemetry->request_time, took_ns, 1);
}
