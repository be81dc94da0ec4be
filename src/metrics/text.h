/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_METRICS_TEXT_H
#define TREATY_SRC_METRICS_TEXT_H

/*
 * The pieces of Prometheus' text format 0.0.4:
 *
 *     # HELP decode_seconds Time to decode an event.
 *     # TYPE decode_seconds histogram
 *     decode_seconds_bucket{subject="orders",le="0.00000005"} 3
 *     decode_seconds_sum{subject="orders"} 0.000000123
 */
#include "metrics/metrics.h"

/* The lines HELP and TYPE. */
void treaty_metrics_put_head(struct treaty_buf *out,
                             const struct treaty_metric_desc *desc);

/* `a="x",b="y"`; "other" everywhere when `values` is NULL. */
void treaty_metrics_put_labels(struct treaty_buf *out,
                               const struct treaty_metric_desc *desc,
                               const struct treaty_str *values);

/* Name, suffix, labels in braces if there are any, and a space. */
void treaty_metrics_put_name(struct treaty_buf *out,
                             const struct treaty_metric_desc *desc,
                             const char *suffix, struct treaty_str labels);

/* The same for bucket `i` of a histogram, with its bound. */
void treaty_metrics_put_bucket(struct treaty_buf *out,
                               const struct treaty_metric_desc *desc,
                               struct treaty_str labels, size_t i);

/* Whole numbers without a fraction; "+Inf", "-Inf", "NaN". */
void treaty_metrics_put_number(struct treaty_buf *out, double value);

/* Nanoseconds as exact seconds: "0.00000005", "1.5", "10". */
void treaty_metrics_put_seconds(struct treaty_buf *out, uint64_t ns);

#endif
