/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_SQUEEZE_H
#define TREATY_BENCH_LIB_SQUEEZE_H

/*
 * Compression as a Kafka client does it: a whole batch at a time, by the same
 * libraries at the levels that librdkafka takes unless told otherwise
 * (`compression.level=-1`): lz4 0 with independent blocks, zstd 3, gzip 6.
 */
#include "base/buf.h"

struct bench_squeeze {
    const char *name;
    /* Replace what is in `out`; false: it failed. `size` is what will come out
     * again. */
    bool (*pack)(struct treaty_str in, struct treaty_buf *out);
    bool (*unpack)(struct treaty_str in, size_t size, struct treaty_buf *out);
};

/* lz4, zstd, gzip; the row without a name ends it. */
extern const struct bench_squeeze bench_squeezes[];

#endif
