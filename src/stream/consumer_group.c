/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/consumer_impl.h"

#include "base/error.h"

void treaty_consumer_tell(struct treaty_consumer *c,
                          enum treaty_consumer_news news, int32_t partition,
                          const char *text)
{
    if (c->options.news)
        c->options.news(c->options.ctx, news, partition, text);
}

static bool grow(struct treaty_consumer *c, int32_t number)
{
    size_t count = (size_t)number + 1;
    struct treaty_partition **bigger;

    if (number < c->partition_count)
        return true;
    bigger = realloc(c->partitions, count * sizeof(struct treaty_partition *));
    if (!bigger)
        return false;
    for (int32_t i = c->partition_count; i <= number; i++)
        bigger[i] = NULL;
    c->partitions = bigger;
    c->partition_count = number + 1;
    return true;
}

static struct treaty_partition *find_or_make(struct treaty_consumer *c,
                                             int32_t number)
{
    struct treaty_partition *p = treaty_consumer_find(c, number);

    if (p || number < 0)
        return p;
    if (!grow(c, number))
        return NULL;
    p = malloc(sizeof(*p));
    if (p)
        treaty_partition_init(p, c->options.quarantine_max_ratio);
    c->partitions[number] = p;
    return p;
}

void treaty_consumer_store_offsets(struct treaty_consumer *c)
{
    rd_kafka_topic_partition_list_t *list;

    if (!c->options.group)
        return;
    list = rd_kafka_topic_partition_list_new(8);
    for (int32_t i = 0; i < c->partition_count; i++) {
        struct treaty_partition *p = c->partitions[i];
        int64_t offset = -1;

        if (p && p->state != TREATY_PARTITION_GONE)
            offset = treaty_partition_storable(p);
        if (offset < 0 || offset <= p->stored)
            continue;
        p->stored = offset;
        rd_kafka_topic_partition_list_add(list, c->options.topic, i)->offset =
            offset;
    }
    /* A partition that the client has just lost fails alone; whoever has it
     * now processes these records again. */
    if (list->cnt)
        rd_kafka_offsets_store(c->client, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void treaty_consumer_commit(struct treaty_consumer *c)
{
    treaty_consumer_store_offsets(c);
    if (c->options.group)
        rd_kafka_commit(c->client, NULL, 0);
}

static void fail_in_callback(struct treaty_consumer *c,
                             rd_kafka_resp_err_t code, const char *doing)
{
    if (!c->failed)
        c->failed = treaty_stream_fail(&c->error, code, doing);
}

static void take_error(struct treaty_consumer *c, rd_kafka_error_t *error,
                       const char *doing)
{
    if (!error)
        return;
    fail_in_callback(c, rd_kafka_error_code(error), doing);
    rd_kafka_error_destroy(error);
}

void treaty_consumer_assign(struct treaty_consumer *c,
                            rd_kafka_topic_partition_list_t *list)
{
    if (list->cnt)
        c->topic_missing = false;
    for (int i = 0; i < list->cnt; i++) {
        struct treaty_partition *p = find_or_make(c, list->elems[i].partition);

        if (!p) {
            c->failed = treaty_fail_nomem(&c->error);
            return;
        }
        treaty_partition_assign(p);
        treaty_consumer_tell(c, TREATY_NEWS_ASSIGNED, list->elems[i].partition,
                             NULL);
    }
    if (c->cooperative) {
        take_error(c, rd_kafka_incremental_assign(c->client, list), "assign");
    } else {
        rd_kafka_resp_err_t got = rd_kafka_assign(c->client, list);

        if (got)
            fail_in_callback(c, got, "assign");
    }
}

/*
 * A pause would outlive the assignment. It ends here and not at the next
 * assign: there it makes librdkafka ask for the offset twice, half a second
 * apart.
 */
static void end_pauses(struct treaty_consumer *c,
                       const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *paused =
        rd_kafka_topic_partition_list_new(list->cnt);

    for (int i = 0; i < list->cnt; i++) {
        const struct treaty_partition *p =
            treaty_consumer_find(c, list->elems[i].partition);

        if (p && p->paused)
            rd_kafka_topic_partition_list_add(paused, c->options.topic,
                                              list->elems[i].partition);
    }
    if (paused->cnt)
        rd_kafka_resume_partitions(c->client, paused);
    rd_kafka_topic_partition_list_destroy(paused);
}

static void unassign(struct treaty_consumer *c,
                     rd_kafka_topic_partition_list_t *list)
{
    end_pauses(c, list);
    if (!rd_kafka_assignment_lost(c->client)) {
        /* The next owner would copy again what is not acknowledged yet. */
        treaty_copier_drain(c->copier, 5000);
        treaty_consumer_commit(c);
    }
    for (int i = 0; i < list->cnt; i++) {
        struct treaty_partition *p =
            treaty_consumer_find(c, list->elems[i].partition);

        if (!p)
            continue;
        c->counts.skipped += p->skipped;
        p->skipped = 0;
        treaty_partition_revoke(p);
        c->idle_since_ms = treaty_consumer_now_ms();
        treaty_consumer_tell(c, TREATY_NEWS_REVOKED, list->elems[i].partition,
                             NULL);
    }
    if (c->cooperative) {
        take_error(c, rd_kafka_incremental_unassign(c->client, list),
                   "unassign");
    } else {
        rd_kafka_resp_err_t got = rd_kafka_assign(c->client, NULL);

        if (got)
            fail_in_callback(c, got, "unassign");
    }
}

void treaty_consumer_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t why,
                                  rd_kafka_topic_partition_list_t *list,
                                  void *opaque)
{
    struct treaty_consumer *c = opaque;

    c->counts.rebalances++;
    c->cooperative =
        strcmp(rd_kafka_rebalance_protocol(client), "COOPERATIVE") == 0;
    if (why == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        treaty_consumer_assign(c, list);
    else
        unassign(c, list);
}
