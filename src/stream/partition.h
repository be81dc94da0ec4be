/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_PARTITION_H
#define TREATY_SRC_STREAM_PARTITION_H

/*
 * What a consumer knows of one partition, and every decision about it. Nothing
 * here calls Kafka or looks at a clock: consumer.c feeds events in and carries
 * the decisions out, and a test can do the same with a broker of its own.
 *
 *               assign                    wait, copy failed
 *       GONE ----------> RUNNING -----------------------------> WAITING
 *        ^                 ^  | \                                  |
 *        |                 |  |  \ too many rejected               |
 *        |                 |  |   `------------> STOPPED           |
 *        | revoke (from    |  |                     | go on        |
 *        | any state)      |  `<--------------------'              |
 *                          `------ due, no failed copy: -----------'
 *                                  resume, seek to `next`
 *
 * The rules:
 *
 * 1. `next` is the first offset that is not processed. Offsets below it are
 *    never taken again, offsets at or above it are never skipped.
 * 2. What may be committed is the oldest offset whose copy to the quarantine
 *    topic is not acknowledged, or `next`: never beyond either.
 * 3. Only RUNNING takes records. What arrives otherwise is dropped, since a
 *    seek to `next` brings it back.
 * 4. After a seek a record beyond `next` may be a leftover of what was fetched
 *    before it. So such a gap is believed only when a second seek shows the
 *    same one (compaction and transactions leave true gaps).
 * 5. A batch may hold records of before a rebalance that came with it. If the
 *    partition was taken and given back meanwhile, its records in that batch
 *    prove nothing, and it starts with a seek to what is committed.
 */
#include "base/rng.h"

#include <treaty/base.h>

#include <stdbool.h>

enum treaty_partition_state {
    TREATY_PARTITION_GONE,
    TREATY_PARTITION_RUNNING,
    TREATY_PARTITION_WAITING,
    TREATY_PARTITION_STOPPED,
};

/* What the owner of the partition should do to the Kafka client now. */
enum treaty_partition_wish {
    TREATY_WISH_NOTHING,
    TREATY_WISH_PAUSE,
    TREATY_WISH_RESUME, /* then seek to `next` */
    TREATY_WISH_SEEK,   /* to `next`, or if that is -1 to what is committed */
};

/* How many records the share of rejected ones is measured over. */
#define TREATY_PARTITION_WINDOW 10000
/* Copies that may be on their way; the partition waits for room beyond. */
#define TREATY_PARTITION_COPIES_MAX 1024
/* The first wait, doubled with each further one up to the last. */
#define TREATY_PARTITION_BACKOFF_MS 100
#define TREATY_PARTITION_BACKOFF_MAX_MS 5000

enum treaty_copy_state {
    TREATY_COPY_SENT,
    TREATY_COPY_DONE,
    TREATY_COPY_FAILED
};

struct treaty_copy_slot {
    int64_t offset;
    enum treaty_copy_state state;
};

struct treaty_partition {
    enum treaty_partition_state state;
    bool paused;       /* in the Kafka client */
    bool seek_wanted;  /* take nothing before a seek (rules 4 and 5) */
    bool taken_now;    /* revoked since the last batch was asked for */
    bool settling;     /* no record was taken since the last seek */
    bool at_end;       /* the client reported the end of the partition */
    uint32_t era;      /* counts assignments; late acknowledgements have an
                          older one */
    uint32_t attempts; /* waits since a record was last processed */
    int64_t next;      /* -1: not known yet */
    int64_t doubted;   /* offset behind the gap that was doubted; -1: none */
    int64_t stored;    /* last offset given to the client; -1: none */
    int64_t due_ms;    /* WAITING: when to try again */
    uint64_t skipped;  /* offsets that were not in the log */

    /* Copies on their way, oldest first: `copies[first]`, `copy_count` long,
     * around the end. Allocated with the first copy. */
    struct treaty_copy_slot *copies;
    uint32_t copy_first;
    uint32_t copy_count;
    uint32_t copies_failed;

    /* One bit a record, set when it was rejected. */
    uint64_t window[(TREATY_PARTITION_WINDOW + 63) / 64];
    uint32_t window_at;
    uint32_t window_bad;
    uint32_t window_bad_max;
};

/* GONE, with memory of its own yet to come. `max_ratio` from 0 to 1. */
void treaty_partition_init(struct treaty_partition *p, double max_ratio);
void treaty_partition_release(struct treaty_partition *p);

/* The group gave it to us, or took it: GONE forgets everything but the era. */
void treaty_partition_assign(struct treaty_partition *p);
void treaty_partition_revoke(struct treaty_partition *p);

/* A batch will be asked for now. */
void treaty_partition_next_batch(struct treaty_partition *p);

/*
 * A record arrived. True when it must be processed now, and then exactly one
 * of done, copy and wait follows. False when it must be dropped.
 */
bool treaty_partition_offer(struct treaty_partition *p, int64_t offset);

/* The record that was offered last is processed. */
void treaty_partition_done(struct treaty_partition *p);

/*
 * It was rejected, and a copy is about to be sent. True: send it. False: the
 * partition stopped (too many were rejected lately) or waits (too many copies
 * on their way, no memory); the record counts as not processed.
 */
bool treaty_partition_reject(struct treaty_partition *p, int64_t now_ms);

/* As reject, for copies that are no sign of trouble (`-requeue`). */
bool treaty_partition_copy(struct treaty_partition *p, int64_t now_ms);

/*
 * The copy of `offset` is acknowledged, or failed and will be sent again;
 * in that case the partition waits. Of another era: ignored.
 */
void treaty_partition_copied(struct treaty_partition *p, uint32_t era,
                             int64_t offset);
void treaty_partition_copy_failed(struct treaty_partition *p, uint32_t era,
                                  int64_t offset, int64_t now_ms);

/* It cannot be processed now: try again later, at growing intervals. */
void treaty_partition_wait(struct treaty_partition *p, int64_t now_ms,
                           struct treaty_rng *rng);

/* Whoever watches a stopped partition says that it may go on. */
void treaty_partition_go_on(struct treaty_partition *p, int64_t now_ms);

/*
 * What is to be done, and the news that it was done. A seek while `next` is
 * -1 needs to know where to: `start_at` tells what is committed.
 */
enum treaty_partition_wish
treaty_partition_wish(const struct treaty_partition *p, int64_t now_ms);
void treaty_partition_start_at(struct treaty_partition *p, int64_t offset);
void treaty_partition_paused(struct treaty_partition *p);
/* Resumed and sought, or only sought; both to `next`. */
void treaty_partition_sought(struct treaty_partition *p);
/* The client could not: try again after a while. */
void treaty_partition_seek_failed(struct treaty_partition *p, int64_t now_ms);

/* What may be committed: the offset to read next, or -1. */
int64_t treaty_partition_storable(const struct treaty_partition *p);

#endif
