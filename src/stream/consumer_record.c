/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/consumer_impl.h"

#include "base/str.h"

static void copy_record(struct treaty_consumer *c, struct treaty_partition *p,
                        const rd_kafka_message_t *msg,
                        const struct treaty_rejection *why)
{
    struct treaty_copy_order order = {
        .msg = msg,
        .from_topic = c->options.topic,
        .to_topic = c->options.copy_topic,
        .group = c->options.group,
        .why = why,
        .partition = p,
    };
    enum treaty_code code = treaty_copier_send(c->copier, &order, &c->error);

    if (code)
        c->failed = code;
}

static void reject(struct treaty_consumer *c, struct treaty_partition *p,
                   const rd_kafka_message_t *msg,
                   const struct treaty_rejection *why)
{
    if (treaty_stream_header(msg, TREATY_HEADER_REQUEUED).data) {
        /* Its copy is in the quarantine already; another would go round. */
        c->counts.failed_again++;
        treaty_partition_done(p);
        return;
    }
    if (treaty_partition_reject(p, treaty_consumer_now_ms())) {
        c->counts.rejected++;
        copy_record(c, p, msg, why);
    } else if (p->state == TREATY_PARTITION_STOPPED) {
        treaty_consumer_tell(c, TREATY_NEWS_STOPPED, msg->partition,
                             why->reason);
    }
}

/*
 * True when a copy with the same origin went back already: a consumer that
 * died between copy and commit, and two groups, leave several.
 */
static bool was_requeued(struct treaty_consumer *c,
                         const rd_kafka_message_t *msg)
{
    struct treaty_str partition =
        treaty_stream_header(msg, TREATY_HEADER_QUARANTINE "partition");
    struct treaty_str offset =
        treaty_stream_header(msg, TREATY_HEADER_QUARANTINE "offset");
    struct treaty_str origin;

    if (!partition.data || !offset.data)
        return false;
    origin = treaty_arena_join(&c->seen_arena, partition, '/', offset);
    if (origin.data && treaty_map_find(&c->seen, origin))
        return true;
    if (!origin.data || treaty_map_put(&c->seen, origin, c))
        return false; /* without memory it is sent twice at worst */
    return false;
}

static void requeue(struct treaty_consumer *c, struct treaty_partition *p,
                    const rd_kafka_message_t *msg)
{
    bool again = p->attempts == 0 && was_requeued(c, msg);

    if (again) {
        c->counts.duplicates++;
        treaty_partition_done(p);
        return;
    }
    if (!treaty_partition_copy(p, treaty_consumer_now_ms())) {
        p->attempts = 1; /* it is in `seen`, but did not go yet */
        return;
    }
    c->counts.taken++;
    copy_record(c, p, msg, NULL);
}

static void consume(struct treaty_consumer *c, struct treaty_partition *p,
                    const rd_kafka_message_t *msg)
{
    struct treaty_rejection why = {.reason = "unknown", .schema_id = -1};
    rd_kafka_timestamp_type_t type;
    struct treaty_incoming record = {
        .key = {msg->key, msg->key_len},
        .value = {msg->payload, msg->len},
        .partition = msg->partition,
        .offset = msg->offset,
        .timestamp_ms = rd_kafka_message_timestamp(msg, &type),
        .msg = msg,
    };
    enum treaty_disposition got =
        c->options.consume(c->options.ctx, &record, &why);

    if (got == TREATY_TAKEN) {
        c->counts.taken++;
        c->counts.tombstones += !msg->payload;
        treaty_partition_done(p);
    } else if (got == TREATY_REJECTED) {
        reject(c, p, msg, &why);
    } else {
        c->counts.waits++;
        if (p->attempts == 0)
            treaty_consumer_tell(c, TREATY_NEWS_WAITING, msg->partition, NULL);
        treaty_partition_wait(p, treaty_consumer_now_ms(), &c->rng);
    }
}

static void note_event(struct treaty_consumer *c, const rd_kafka_message_t *msg)
{
    struct treaty_partition *p = treaty_consumer_find(c, msg->partition);

    if (msg->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (p && (p->next < 0 || p->next >= msg->offset))
            p->at_end = true;
        return;
    }
    if (msg->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        c->topic_missing = true;
    treaty_consumer_tell(c, TREATY_NEWS_ERROR, msg->partition,
                         rd_kafka_message_errstr(msg));
}

void treaty_consumer_take(struct treaty_consumer *c,
                          const rd_kafka_message_t *msg)
{
    struct treaty_partition *p;

    if (msg->err) {
        note_event(c, msg);
        return;
    }
    p = treaty_consumer_find(c, msg->partition);
    if (!p || c->enough || c->closing || c->failed ||
        !treaty_partition_offer(p, msg->offset))
        return;
    if (c->options.requeue)
        requeue(c, p, msg);
    else
        consume(c, p, msg);
}
