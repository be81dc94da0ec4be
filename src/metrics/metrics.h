/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_METRICS_METRICS_H
#define TREATY_SRC_METRICS_METRICS_H

/*
 * Counters, gauges and histograms, printed as Prometheus text.
 *
 * A family is a const table of its owner; its series, one for each set of
 * label values, are made once and then kept by handle. Handles are what the
 * hot path uses: no lock, no allocation, no look-up.
 *
 *     static const struct treaty_metric_desc errors = {
 *         .kind = TREATY_METRIC_COUNTER,
 *         .name = "deserialize_errors_total",
 *         .help = "Events that could not be decoded.",
 *         .labels = {"subject", "reason"},
 *     };
 *     struct treaty_str values[] = {subject, TREATY_STR("truncated")};
 *     struct treaty_counter *c = treaty_metrics_counter(m, &errors, values);
 *     treaty_counter_add(c, 1);
 *
 * Strangers may choose label values, so a family has a bound on its series:
 * what comes past it is counted under "other" in every label.
 *
 * A NULL registry gives NULL handles and a NULL handle is ignored, so code
 * that may run without metrics needs no tests of its own. Handles live as
 * long as the registry. Everything here may be called by many threads.
 */
#include "base/buf.h"

enum treaty_metric_kind {
    TREATY_METRIC_COUNTER,
    TREATY_METRIC_GAUGE,
    TREATY_METRIC_HISTOGRAM, /* of durations */
};

enum {
    TREATY_METRIC_LABELS_MAX = 4,
    TREATY_METRIC_SERIES_DEFAULT = 64,
};

struct treaty_metric_desc {
    enum treaty_metric_kind kind;
    const char *name; /* counters end in _total, histograms in _seconds */
    const char *help;
    const char *labels[TREATY_METRIC_LABELS_MAX]; /* up to the first NULL */
    const uint64_t *bounds_ns; /* HISTOGRAM: upper bounds, ascending */
    size_t bound_count;
    size_t series_max; /* 0: TREATY_METRIC_SERIES_DEFAULT */
};

/* 50 ns to 10 ms, for encoding and decoding; 100 us to 10 s, for requests. */
enum { TREATY_METRIC_SERDE_BOUNDS = 17, TREATY_METRIC_REQUEST_BOUNDS = 16 };
extern const uint64_t treaty_metric_serde_bounds_ns[TREATY_METRIC_SERDE_BOUNDS];
extern const uint64_t
    treaty_metric_request_bounds_ns[TREATY_METRIC_REQUEST_BOUNDS];

struct treaty_metrics;
struct treaty_counter;
struct treaty_gauge;
struct treaty_histogram;

/* NULL when memory ran out. The second one says where memory comes from. */
struct treaty_metrics *treaty_metrics_new(void);
struct treaty_metrics *
treaty_metrics_new_with(const struct treaty_alloc *alloc);
void treaty_metrics_free(struct treaty_metrics *metrics);

/*
 * The handle of one series, made at its first use. `label_values` has one
 * value for each label of `desc` (NULL without labels) and is copied. `desc`
 * must outlive the registry; its kind must be the function's. NULL when
 * memory ran out.
 */
struct treaty_counter *
treaty_metrics_counter(struct treaty_metrics *metrics,
                       const struct treaty_metric_desc *desc,
                       const struct treaty_str *label_values);
struct treaty_gauge *
treaty_metrics_gauge(struct treaty_metrics *metrics,
                     const struct treaty_metric_desc *desc,
                     const struct treaty_str *label_values);
struct treaty_histogram *
treaty_metrics_histogram(struct treaty_metrics *metrics,
                         const struct treaty_metric_desc *desc,
                         const struct treaty_str *label_values);

void treaty_counter_add(struct treaty_counter *counter, uint64_t n);
uint64_t treaty_counter_value(const struct treaty_counter *counter);

void treaty_gauge_set(struct treaty_gauge *gauge, double value);
void treaty_gauge_add(struct treaty_gauge *gauge, double delta);
double treaty_gauge_value(const struct treaty_gauge *gauge);

/*
 * `weight` observations of `ns` at once: code that measures one event in 128
 * passes 128.
 */
void treaty_histogram_observe(struct treaty_histogram *histogram, uint64_t ns,
                              uint64_t weight);
uint64_t treaty_histogram_count(const struct treaty_histogram *histogram);
uint64_t treaty_histogram_sum_ns(const struct treaty_histogram *histogram);

/*
 * Call `fn` before each printing, so that it may set gauges which are known
 * elsewhere (the size of a file, the lag of a consumer). TREATY_ENOMEM.
 */
typedef void (*treaty_metrics_collect_fn)(void *ctx);
TREATY_MUST_CHECK enum treaty_code
treaty_metrics_on_write(struct treaty_metrics *metrics,
                        treaty_metrics_collect_fn fn, void *ctx);

/*
 * Print all families in the text format 0.0.4 ("text/plain; version=0.0.4"),
 * in the order of their first use. Durations are printed in seconds.
 */
void treaty_metrics_write(struct treaty_metrics *metrics,
                          struct treaty_buf *out);

/* Append what the system knows of this process: process_* as is customary. */
void treaty_metrics_write_process(struct treaty_buf *out);

#endif
