/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_CONSUMER_IMPL_H
#define TREATY_SRC_STREAM_CONSUMER_IMPL_H

/*
 * What a consumer is made of, for its files:
 *
 *     consumer.c         the loop: wishes, batches, counts
 *     consumer_record.c  what becomes of one record
 *     consumer_group.c   assignments and offsets
 *     consumer_open.c    its beginning and its end
 */
#include "stream/consumer.h"

#include "base/clock.h"
#include "base/map.h"

#define TREATY_CONSUMER_BATCH 1000

struct treaty_consumer {
    struct treaty_consumer_options options;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    struct treaty_copier *copier;
    struct treaty_partition **partitions; /* by number; NULL: never ours */
    int32_t partition_count;
    struct treaty_rng rng;
    bool cooperative;
    bool closing;
    bool enough;
    bool topic_missing;      /* Kafka said so, and gave us no partition since */
    int64_t idle_since_ms;   /* when it began to own nothing */
    enum treaty_code failed; /* in a callback; reported by poll */
    struct treaty_error error;
    rd_kafka_message_t *batch[TREATY_CONSUMER_BATCH];
    struct treaty_consumer_counts counts;
    struct treaty_arena seen_arena; /* under `requeue` */
    struct treaty_map seen;
};

static inline int64_t treaty_consumer_now_ms(void)
{
    return (int64_t)(treaty_clock_mono_ns() / 1000000);
}

/* The partition of this number; NULL when it was never ours. */
static inline struct treaty_partition *
treaty_consumer_find(const struct treaty_consumer *c, int32_t number)
{
    if (number < 0 || number >= c->partition_count)
        return NULL;
    return c->partitions[number];
}

void treaty_consumer_tell(struct treaty_consumer *c,
                          enum treaty_consumer_news news, int32_t partition,
                          const char *text);

/* Give the client what may be committed, and commit it at once. */
void treaty_consumer_store_offsets(struct treaty_consumer *c);
void treaty_consumer_commit(struct treaty_consumer *c);

/* Take an assignment, of the group or by hand; errors wait in `c->failed`. */
void treaty_consumer_assign(struct treaty_consumer *c,
                            rd_kafka_topic_partition_list_t *list);
void treaty_consumer_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t why,
                                  rd_kafka_topic_partition_list_t *list,
                                  void *opaque);

/* A record or an event arrived; the caller destroys it. */
void treaty_consumer_take(struct treaty_consumer *c,
                          const rd_kafka_message_t *msg);

#endif
