/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of partition.c. One call of poll is:
 *
 *     carry out wishes (pause, resume, seek) --> take records, while the group
 *     may rebalance --> process each --> store offsets --> copies
 *
 * Two things in librdkafka 2.0.2 would lose records or the process:
 *
 * 1. rd_kafka_consume_batch_queue drops records that it has gathered when
 *    their partition is paused meanwhile, and goes on behind them. It pauses
 *    partitions itself in each rebalance. So a group's records are taken one
 *    by one, which costs a fraction of a microsecond; without a group only we
 *    pause, between batches, and seek afterwards.
 * 2. A cooperative member that is destroyed after the group's answer to its
 *    first JoinGroup and before its first assignment aborts the process. So it
 *    waits for that assignment; see consumer_open.c.
 */
#include "stream/consumer_impl.h"

#define LOOK_UP_MS 5000

static rd_kafka_topic_partition_list_t *list_of(struct treaty_consumer *c,
                                                int32_t number, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, c->options.topic, number)->offset =
        offset;
    return list;
}

/* What is committed, or where a group without a commit starts. */
static bool look_up_committed(struct treaty_consumer *c,
                              rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_t *place = &list->elems[0];
    int64_t low;
    int64_t high;

    if (rd_kafka_committed(c->client, list, LOOK_UP_MS) || place->err)
        return false;
    if (place->offset >= 0)
        return true;
    if (rd_kafka_query_watermark_offsets(
            c->client, place->topic, place->partition, &low, &high, LOOK_UP_MS))
        return false;
    place->offset = c->options.start == TREATY_START_END ? high : low;
    return true;
}

static bool seek(struct treaty_consumer *c,
                 rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *error =
        rd_kafka_seek_partitions(c->client, list, LOOK_UP_MS);

    if (error) {
        rd_kafka_error_destroy(error);
        return false;
    }
    return list->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool seek_to_next(struct treaty_consumer *c, struct treaty_partition *p,
                         rd_kafka_topic_partition_list_t *list)
{
    if (p->next < 0) {
        if (!look_up_committed(c, list))
            return false;
        treaty_partition_start_at(p, list->elems[0].offset);
    }
    return seek(c, list);
}

static void carry_out(struct treaty_consumer *c, int32_t number,
                      struct treaty_partition *p,
                      enum treaty_partition_wish wish)
{
    rd_kafka_topic_partition_list_t *list = list_of(c, number, p->next);

    if (wish == TREATY_WISH_PAUSE) {
        rd_kafka_pause_partitions(c->client, list);
        treaty_partition_paused(p);
        rd_kafka_topic_partition_list_destroy(list);
        return;
    }
    if (wish == TREATY_WISH_RESUME)
        rd_kafka_resume_partitions(c->client, list);
    if (seek_to_next(c, p, list))
        treaty_partition_sought(p);
    else
        treaty_partition_seek_failed(p, treaty_consumer_now_ms());
    if (wish == TREATY_WISH_RESUME)
        treaty_consumer_tell(c, TREATY_NEWS_RESUMED, number, NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

static void carry_out_wishes(struct treaty_consumer *c)
{
    int64_t now = treaty_consumer_now_ms();

    for (int32_t i = 0; i < c->partition_count; i++) {
        struct treaty_partition *p = c->partitions[i];
        enum treaty_partition_wish wish;

        if (!p)
            continue;
        treaty_partition_next_batch(p);
        wish = treaty_partition_wish(p, now);
        if (wish != TREATY_WISH_NOTHING)
            carry_out(c, i, p, wish);
    }
}

static void take_batch(struct treaty_consumer *c, int timeout_ms)
{
    ssize_t count = rd_kafka_consume_batch_queue(c->queue, timeout_ms, c->batch,
                                                 TREATY_CONSUMER_BATCH);

    for (ssize_t i = 0; i < count; i++) {
        treaty_consumer_take(c, c->batch[i]);
        rd_kafka_message_destroy(c->batch[i]);
    }
}

/* A rebalance that comes between two records finds the first processed. */
static void take_one_by_one(struct treaty_consumer *c, int timeout_ms)
{
    rd_kafka_message_t *msg = rd_kafka_consumer_poll(c->client, timeout_ms);

    for (int i = 1; msg; i++) {
        treaty_consumer_take(c, msg);
        rd_kafka_message_destroy(msg);
        msg = i < TREATY_CONSUMER_BATCH ? rd_kafka_consumer_poll(c->client, 0)
                                        : NULL;
    }
}

enum treaty_code treaty_consumer_poll(struct treaty_consumer *c, int timeout_ms,
                                      struct treaty_error *err)
{
    c->enough = false;
    carry_out_wishes(c);
    if (c->options.group)
        take_one_by_one(c, timeout_ms);
    else
        take_batch(c, timeout_ms);
    treaty_copier_poll(c->copier, treaty_consumer_now_ms());
    treaty_consumer_store_offsets(c);
    if (c->failed && err)
        *err = c->error;
    return c->failed;
}

void treaty_consumer_enough(struct treaty_consumer *c)
{
    c->enough = true;
}

void treaty_consumer_go_on(struct treaty_consumer *c)
{
    for (int32_t i = 0; i < c->partition_count; i++)
        if (c->partitions[i])
            treaty_partition_go_on(c->partitions[i], treaty_consumer_now_ms());
}

#define IDLE_MS 5000

/*
 * A member may own nothing for good, when there are more members than
 * partitions or no topic at all. It looks the same for a moment between the two
 * steps of a cooperative rebalance, hence the patience.
 */
static bool is_idle(const struct treaty_consumer *c)
{
    return (c->counts.rebalances > 0 || c->topic_missing) &&
           treaty_consumer_now_ms() - c->idle_since_ms > IDLE_MS;
}

bool treaty_consumer_at_end(const struct treaty_consumer *c)
{
    struct treaty_consumer_counts counts = treaty_consumer_counts(c);

    if (counts.owned == 0)
        return is_idle(c);
    if (counts.at_end != counts.owned)
        return false;
    for (int32_t i = 0; i < c->partition_count; i++)
        if (c->partitions[i] && c->partitions[i]->copy_count)
            return false;
    return true;
}

int64_t treaty_consumer_lag(const struct treaty_consumer *c, int32_t number)
{
    const struct treaty_partition *p = treaty_consumer_find(c, number);
    int64_t low;
    int64_t high;

    if (!p || p->state == TREATY_PARTITION_GONE ||
        rd_kafka_get_watermark_offsets(c->client, c->options.topic, number,
                                       &low, &high) ||
        high < 0)
        return -1;
    if (p->next < 0)
        return p->at_end ? 0 : -1;
    return high > p->next ? high - p->next : 0;
}

int32_t treaty_consumer_partition_max(const struct treaty_consumer *c)
{
    return c->partition_count;
}

struct treaty_consumer_counts
treaty_consumer_counts(const struct treaty_consumer *c)
{
    struct treaty_consumer_counts counts = c->counts;

    counts.copied = treaty_copier_acked(c->copier);
    counts.copy_failures = treaty_copier_failures(c->copier);
    for (int32_t i = 0; i < c->partition_count; i++) {
        const struct treaty_partition *p = c->partitions[i];
        int64_t lag = treaty_consumer_lag(c, i);

        if (!p)
            continue;
        counts.skipped += p->skipped;
        counts.owned += p->state != TREATY_PARTITION_GONE;
        counts.waiting += p->state == TREATY_PARTITION_WAITING;
        counts.stopped += p->state == TREATY_PARTITION_STOPPED;
        counts.at_end += p->at_end;
        if (lag > 0)
            counts.lag += lag;
    }
    return counts;
}
