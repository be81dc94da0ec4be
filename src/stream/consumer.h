/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_CONSUMER_H
#define TREATY_SRC_STREAM_CONSUMER_H

/*
 * A consumer of one topic: at least once, in order, and no record is lost to a
 * registry that is down or to a record that cannot be decoded.
 *
 * The application gives one function. For each record it says what became of
 * it, and the consumer does the rest:
 *
 *     TREATY_TAKEN        go on; its offset is committed in time
 *     TREATY_REJECTED     a definite failure: copy it to TOPIC.quarantine, and
 *                         commit past it once the copy is acknowledged
 *     TREATY_UNAVAILABLE  not now (the registry is down): pause the partition,
 *                         keep polling, try the same record again later
 *
 * What is decided for a partition is in partition.h. Everything happens on the
 * thread that polls: pause, resume, seek and rebalance between records, since
 * librdkafka 2.0.2 mixes up positions otherwise.
 *
 * With a group, partitions come from the group and offsets are committed. With
 * none, the partitions are all those of the topic, or the one asked for, and
 * nothing is committed.
 */
#include "stream/copier.h"

struct treaty_consumer;

enum treaty_disposition {
    TREATY_TAKEN,
    TREATY_REJECTED,
    TREATY_UNAVAILABLE,
};

/* Views into the client's memory: valid until the function returns. */
struct treaty_incoming {
    struct treaty_str key;   /* .data NULL: none */
    struct treaty_str value; /* .data NULL: a tombstone */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* -1: none */
    const rd_kafka_message_t *msg;
};

/* `why` is filled before returning TREATY_REJECTED; its texts are copied. */
typedef enum treaty_disposition (*treaty_consume_fn)(
    void *ctx, const struct treaty_incoming *record,
    struct treaty_rejection *why);

/* Things that a person wants to know of, once. */
enum treaty_consumer_news {
    TREATY_NEWS_ASSIGNED,
    TREATY_NEWS_REVOKED,
    TREATY_NEWS_WAITING, /* the first wait after progress */
    TREATY_NEWS_STOPPED, /* above the quarantine ratio */
    TREATY_NEWS_RESUMED,
    TREATY_NEWS_ERROR, /* Kafka's; `text` says which, the consumer goes on */
};

typedef void (*treaty_consumer_news_fn)(void *ctx,
                                        enum treaty_consumer_news news,
                                        int32_t partition, const char *text);

enum treaty_start {
    TREATY_START_BEGINNING,
    TREATY_START_END,
    TREATY_START_OFFSET, /* `start_at` */
    TREATY_START_TAIL,   /* `start_at` records before the end */
    TREATY_START_TIME,   /* `start_at` milliseconds since 1970 */
};

struct treaty_consumer_options {
    struct treaty_stream_options stream;
    const char *topic;
    const char *group;       /* NULL: none */
    const char *copy_topic;  /* of the quarantine, or where requeued ones go */
    bool requeue;            /* every record goes to `copy_topic` */
    int32_t partition;       /* -1: all */
    enum treaty_start start; /* with a group: when it has no offset yet */
    int64_t start_at;
    double quarantine_max_ratio;  /* 0 to 1 */
    treaty_consume_fn consume;    /* not called under `requeue` */
    treaty_consumer_news_fn news; /* or NULL */
    void *ctx;
};

struct treaty_consumer_counts {
    uint64_t taken;
    uint64_t tombstones; /* among those taken */
    uint64_t rejected;   /* and copied, or on the way */
    uint64_t copied;     /* acknowledged */
    uint64_t copy_failures;
    uint64_t failed_again; /* rejected after a requeue: not copied again */
    uint64_t duplicates;   /* not requeued: another copy was already */
    uint64_t skipped;      /* offsets that the log did not have */
    uint64_t waits;
    uint64_t rebalances;
    uint32_t owned; /* partitions */
    uint32_t waiting;
    uint32_t stopped;
    uint32_t at_end;
    int64_t lag; /* records behind the end, as far as known */
};

/*
 * TREATY_EUSAGE for options that make no sense together or a wrong property,
 * TREATY_EUNREACHABLE when no broker answers (without a group), TREATY_EIO,
 * TREATY_ENOMEM. The texts of `options` must outlive the consumer.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_consumer_new(const struct treaty_consumer_options *options,
                    struct treaty_consumer **ret, struct treaty_error *err);

/*
 * Wait up to `timeout_ms` for records and process a batch of them. An error
 * means that the consumer cannot go on.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_consumer_poll(struct treaty_consumer *consumer, int timeout_ms,
                     struct treaty_error *err);

/* Within `consume`: process no further record of this batch. */
void treaty_consumer_enough(struct treaty_consumer *consumer);

/* Stopped partitions go on. From the polling thread. */
void treaty_consumer_go_on(struct treaty_consumer *consumer);

/*
 * True when each partition is at its end and every copy is acknowledged, and
 * when it has had no partition for five seconds.
 */
bool treaty_consumer_at_end(const struct treaty_consumer *consumer);

struct treaty_consumer_counts
treaty_consumer_counts(const struct treaty_consumer *consumer);

/* Records of `partition` between what is processed and the end; -1 unknown. */
int64_t treaty_consumer_lag(const struct treaty_consumer *consumer,
                            int32_t partition);
/* Partitions are numbered below this. */
int32_t treaty_consumer_partition_max(const struct treaty_consumer *consumer);

/*
 * Wait for copies, commit, leave the group so that others take over at once,
 * and free. Safe on NULL.
 */
void treaty_consumer_close(struct treaty_consumer *consumer);

#endif
