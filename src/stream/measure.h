/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_MEASURE_H
#define TREATY_SRC_STREAM_MEASURE_H

/*
 * What producers and consumers count, for Prometheus. Names, labels and
 * sentences stand in one table, measure.c; the registry client counts its own
 * (client/telemetry.h).
 *
 * No label comes from the wire: subjects and topics are configured, fields are
 * those of the reader's schema, and reasons are a closed list.
 */
#include "metrics/metrics.h"

enum treaty_measure {
    TREATY_MEASURE_PRODUCED,       /* {topic} */
    TREATY_MEASURE_PRODUCE_FAILED, /* {topic} */
    TREATY_MEASURE_CONSUMED,       /* {topic} */
    TREATY_MEASURE_TOMBSTONES,     /* {topic} */
    TREATY_MEASURE_QUARANTINED,    /* {topic} */
    TREATY_MEASURE_COPY_FAILURES,  /* {topic} */
    TREATY_MEASURE_WAITS,          /* {topic} */
    TREATY_MEASURE_REBALANCES,     /* {topic} */
    TREATY_MEASURE_PARTITIONS,     /* {topic,state} */
    TREATY_MEASURE_LAG,            /* {topic,partition} */
    TREATY_MEASURE_READER_VERSION, /* {subject} */
    TREATY_MEASURE_ERRORS,         /* {subject,reason} */
    TREATY_MEASURE_MISMATCHES,     /* {subject,field} */
    TREATY_MEASURE_COUNT,
};

const struct treaty_metric_desc *treaty_measure(enum treaty_measure which);

/*
 * Why a record was rejected, as a label value: "truncated", "unknown-id"; what
 * no row says is "other". `treaty_reason_at` lists them, NULL at the end.
 */
const char *treaty_reason_of(enum treaty_code code);
const char *treaty_reason_at(size_t index);

/*
 * A counter that is known elsewhere as a total: adds what came since the last
 * time.
 */
struct treaty_measure_total {
    struct treaty_counter *counter;
    uint64_t last;
};
void treaty_measure_follow(struct treaty_measure_total *total, uint64_t now);

#endif
