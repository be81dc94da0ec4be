/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_COPIER_H
#define TREATY_SRC_STREAM_COPIER_H

/*
 * Copies of records in another topic: into the quarantine, and back.
 *
 *     orders, partition 3, offset 41         orders.quarantine
 *       key, value, timestamp      ------>     the same, byte for byte
 *       headers                                the same, in order, then
 *                                              treaty.quarantine.topic  orders
 *                                              treaty.quarantine.partition  3
 *                                              treaty.quarantine.offset    41
 *                                              treaty.quarantine.group    bill
 *                                              treaty.quarantine.schema_id  7
 *                                              treaty.quarantine.reason ...
 *                                              treaty.quarantine.error  ...
 *
 * The way back removes these headers and leaves `treaty.requeued` with the
 * reason, so that a record which fails again is known, and not copied again.
 *
 * A copy is never given up: one that Kafka refuses is sent again after a
 * while, and the partition it came from waits for it meanwhile.
 */
#include "stream/conf.h"
#include "stream/partition.h"

struct treaty_copier;

/* Why a record went into the quarantine. */
struct treaty_rejection {
    const char *reason; /* from a closed list: "truncated", "unknown-id" */
    int32_t schema_id;  /* -1: there was none */
    struct treaty_str error;
};

/* What is copied, and whom to tell when it is acknowledged. */
struct treaty_copy_order {
    const rd_kafka_message_t *msg;
    const char *from_topic;
    const char *to_topic;
    const char *group;                  /* or NULL */
    const struct treaty_rejection *why; /* NULL: back from the quarantine */
    struct treaty_partition *partition;
};

/* Starts no thread until the first copy. */
TREATY_MUST_CHECK enum treaty_code
treaty_copier_new(const struct treaty_stream_options *options,
                  struct treaty_copier **ret, struct treaty_error *err);

/* Copies that are on their way are given up. */
void treaty_copier_free(struct treaty_copier *copier);

/*
 * Send the copy of a record that `treaty_partition_copy` or `_reject` has just
 * said yes to. The message is copied; the partition must outlive the copier.
 * What cannot be sent now is sent later: only TREATY_ENOMEM and a client that
 * cannot be made fail.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_copier_send(struct treaty_copier *copier,
                   const struct treaty_copy_order *order,
                   struct treaty_error *err);

/* Take acknowledgements, tell the partitions, send again what failed. */
void treaty_copier_poll(struct treaty_copier *copier, int64_t now_ms);

/* Wait up to `timeout_ms` for what is on its way. */
void treaty_copier_drain(struct treaty_copier *copier, int timeout_ms);

/* Copies that are acknowledged, and attempts that failed. */
uint64_t treaty_copier_acked(const struct treaty_copier *copier);
uint64_t treaty_copier_failures(const struct treaty_copier *copier);

/* The value of the last header called `name`; .data NULL when there is none. */
struct treaty_str treaty_stream_header(const rd_kafka_message_t *msg,
                                       const char *name);

#define TREATY_HEADER_QUARANTINE "treaty.quarantine."
#define TREATY_HEADER_REQUEUED "treaty.requeued"

#endif
