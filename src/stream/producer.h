/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_PRODUCER_H
#define TREATY_SRC_STREAM_PRODUCER_H

/*
 * A producer of one topic: idempotent, acks=all, lz4, with the linger that
 * makes batches. Keys land where Java's default partitioner puts them, and
 * records without a key stick to one partition for a while.
 *
 * There are two ways in. `put` gathers values and hands them over a hundred at
 * a time, which is the cheapest way there is; in librdkafka 2.0.2 it can carry
 * a key, but neither headers nor a timestamp. `send` takes a whole record.
 *
 * One thread uses a producer. The counts may be read by any.
 */
#include "stream/conf.h"

struct treaty_producer;

struct treaty_header {
    struct treaty_str name; /* terminated by a NUL */
    struct treaty_str value;
};

struct treaty_outgoing {
    struct treaty_str key;   /* .data NULL: none */
    struct treaty_str value; /* .data NULL: a tombstone */
    const struct treaty_header *headers;
    size_t header_count;
    int64_t timestamp_ms; /* 0: now */
};

struct treaty_producer_counts {
    uint64_t handed_over; /* to librdkafka */
    uint64_t acked;
    uint64_t failed; /* given up by librdkafka, or refused at the door */
    uint64_t acked_bytes;
};

/* Called on the producer's thread for each record that failed. */
typedef void (*treaty_produce_failed_fn)(void *ctx, rd_kafka_resp_err_t code);

struct treaty_producer_options {
    struct treaty_stream_options stream;
    const char *topic;
    treaty_produce_failed_fn failed; /* or NULL */
    void *ctx;
};

TREATY_MUST_CHECK enum treaty_code
treaty_producer_new(const struct treaty_producer_options *options,
                    struct treaty_producer **ret, struct treaty_error *err);

/* What is still on its way is given up: flush first. */
void treaty_producer_free(struct treaty_producer *producer);

/*
 * Copy `value` (and `key`, if any) into the batch, which goes when it is full.
 * Blocks while librdkafka's queue is full. TREATY_ENOMEM; TREATY_EIO after a
 * fatal error, when nothing more can be produced.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_producer_put(struct treaty_producer *producer, struct treaty_str key,
                    struct treaty_str value, struct treaty_error *err);

/* Hand over what is in the batch: call it before a pause. */
TREATY_MUST_CHECK enum treaty_code
treaty_producer_push(struct treaty_producer *producer,
                     struct treaty_error *err);

/* One whole record, copied. Blocks and fails as `put` does. */
TREATY_MUST_CHECK enum treaty_code
treaty_producer_send(struct treaty_producer *producer,
                     const struct treaty_outgoing *record,
                     struct treaty_error *err);

/* Serve delivery reports for up to `timeout_ms`. */
void treaty_producer_poll(struct treaty_producer *producer, int timeout_ms);

/*
 * Push, and wait until everything is acknowledged or failed. TREATY_ETIMEOUT
 * when records are still on their way then.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_producer_flush(struct treaty_producer *producer, int timeout_ms,
                      struct treaty_error *err);

struct treaty_producer_counts
treaty_producer_counts(const struct treaty_producer *producer);

#endif
