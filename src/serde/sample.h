/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_SERDE_SAMPLE_H
#define TREATY_SRC_SERDE_SAMPLE_H

/*
 * Latency is measured for one event in 128 of each thread and counted 128
 * times: reading the clock twice costs as much as encoding an event.
 */
#include "base/clock.h"
#include "client/scratch.h"
#include "metrics/metrics.h"

enum { TREATY_SAMPLE_EVERY = 128 };

static inline bool treaty_sample_is_due(struct treaty_scratch *scratch)
{
    return scratch->calls++ % TREATY_SAMPLE_EVERY == 0;
}

static inline void treaty_sample_end(struct treaty_histogram *histogram,
                                     uint64_t began_ns)
{
    treaty_histogram_observe(histogram, treaty_clock_mono_ns() - began_ns,
                             TREATY_SAMPLE_EVERY);
}

#endif
