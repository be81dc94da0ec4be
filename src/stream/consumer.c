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
 *    waits for that assignment; see close_client.
 */
#include "stream/consumer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "base/str.h"

#include <stdio.h>

#define BATCH 1000
#define LOOK_UP_MS 5000

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
    rd_kafka_message_t *batch[BATCH];
    struct treaty_consumer_counts counts;
    struct treaty_arena seen_arena; /* under `requeue` */
    struct treaty_map seen;
};

static int64_t now_ms(void)
{
    return (int64_t)(treaty_clock_mono_ns() / 1000000);
}

static void tell(struct treaty_consumer *c, enum treaty_consumer_news news,
                 int32_t partition, const char *text)
{
    if (c->options.news)
        c->options.news(c->options.ctx, news, partition, text);
}

static struct treaty_partition *find(const struct treaty_consumer *c,
                                     int32_t number)
{
    if (number < 0 || number >= c->partition_count)
        return NULL;
    return c->partitions[number];
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
    struct treaty_partition *p = find(c, number);

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

/* ---- offsets ---------------------------------------------------------- */

static void store_offsets(struct treaty_consumer *c)
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

static void commit_now(struct treaty_consumer *c)
{
    store_offsets(c);
    if (c->options.group)
        rd_kafka_commit(c->client, NULL, 0);
}

/* ---- rebalance -------------------------------------------------------- */

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

static void assign(struct treaty_consumer *c,
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
        tell(c, TREATY_NEWS_ASSIGNED, list->elems[i].partition, NULL);
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
        const struct treaty_partition *p = find(c, list->elems[i].partition);

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
        commit_now(c);
    }
    for (int i = 0; i < list->cnt; i++) {
        struct treaty_partition *p = find(c, list->elems[i].partition);

        if (!p)
            continue;
        c->counts.skipped += p->skipped;
        p->skipped = 0;
        treaty_partition_revoke(p);
        c->idle_since_ms = now_ms();
        tell(c, TREATY_NEWS_REVOKED, list->elems[i].partition, NULL);
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

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t why,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct treaty_consumer *c = opaque;

    c->counts.rebalances++;
    c->cooperative =
        strcmp(rd_kafka_rebalance_protocol(client), "COOPERATIVE") == 0;
    if (why == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        assign(c, list);
    else
        unassign(c, list);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility,
                   const char *text)
{
    const struct treaty_consumer *c = rd_kafka_opaque(client);

    treaty_stream_pass_log(&c->options.stream.log, level, facility, text);
}

/* ---- one record ------------------------------------------------------- */

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
    if (treaty_partition_reject(p, now_ms())) {
        c->counts.rejected++;
        copy_record(c, p, msg, why);
    } else if (p->state == TREATY_PARTITION_STOPPED) {
        tell(c, TREATY_NEWS_STOPPED, msg->partition, why->reason);
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
    if (!treaty_partition_copy(p, now_ms())) {
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
            tell(c, TREATY_NEWS_WAITING, msg->partition, NULL);
        treaty_partition_wait(p, now_ms(), &c->rng);
    }
}

static void note_event(struct treaty_consumer *c, const rd_kafka_message_t *msg)
{
    struct treaty_partition *p = find(c, msg->partition);

    if (msg->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (p && (p->next < 0 || p->next >= msg->offset))
            p->at_end = true;
        return;
    }
    if (msg->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        c->topic_missing = true;
    tell(c, TREATY_NEWS_ERROR, msg->partition, rd_kafka_message_errstr(msg));
}

static void take(struct treaty_consumer *c, const rd_kafka_message_t *msg)
{
    struct treaty_partition *p;

    if (msg->err) {
        note_event(c, msg);
        return;
    }
    p = find(c, msg->partition);
    if (!p || c->enough || c->closing || c->failed ||
        !treaty_partition_offer(p, msg->offset))
        return;
    if (c->options.requeue)
        requeue(c, p, msg);
    else
        consume(c, p, msg);
}

/* ---- wishes ----------------------------------------------------------- */

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
        treaty_partition_seek_failed(p, now_ms());
    if (wish == TREATY_WISH_RESUME)
        tell(c, TREATY_NEWS_RESUMED, number, NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

static void carry_out_wishes(struct treaty_consumer *c)
{
    int64_t now = now_ms();

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

/* ---- the loop --------------------------------------------------------- */

static void take_batch(struct treaty_consumer *c, int timeout_ms)
{
    ssize_t count =
        rd_kafka_consume_batch_queue(c->queue, timeout_ms, c->batch, BATCH);

    for (ssize_t i = 0; i < count; i++) {
        take(c, c->batch[i]);
        rd_kafka_message_destroy(c->batch[i]);
    }
}

/* A rebalance that comes between two records finds the first processed. */
static void take_one_by_one(struct treaty_consumer *c, int timeout_ms)
{
    rd_kafka_message_t *msg = rd_kafka_consumer_poll(c->client, timeout_ms);

    for (int i = 1; msg; i++) {
        take(c, msg);
        rd_kafka_message_destroy(msg);
        msg = i < BATCH ? rd_kafka_consumer_poll(c->client, 0) : NULL;
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
    treaty_copier_poll(c->copier, now_ms());
    store_offsets(c);
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
            treaty_partition_go_on(c->partitions[i], now_ms());
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
           now_ms() - c->idle_since_ms > IDLE_MS;
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
    const struct treaty_partition *p = find(c, number);
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

/* ---- life ------------------------------------------------------------- */

static const struct treaty_prop_default few_defaults[] = {
    {"enable.auto.commit", "true"},
    {"enable.auto.offset.store", "false"},
    {"auto.commit.interval.ms", "1000"},
    {"enable.partition.eof", "true"},
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"session.timeout.ms", "10000"},
    {"fetch.min.bytes", "262144"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.message.max.bytes", "2097152"},
    {"queued.max.messages.kbytes", "131072"},
    {NULL, NULL},
};

/* As above; idle polling and memory count when many share a machine. */
static const struct treaty_prop_default many_defaults[] = {
    {"enable.auto.commit", "true"},
    {"enable.auto.offset.store", "false"},
    {"auto.commit.interval.ms", "1000"},
    {"enable.partition.eof", "true"},
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"session.timeout.ms", "10000"},
    {"fetch.min.bytes", "262144"},
    {"fetch.wait.max.ms", "400"},
    {"fetch.message.max.bytes", "2097152"},
    {"queued.max.messages.kbytes", "32768"},
    {NULL, NULL},
};

#define MANY 8 /* processes, from which on the second list holds */

/* Settings that the promises of the header rest on, whatever was given. */
static enum treaty_code insist(rd_kafka_conf_t *conf,
                               const struct treaty_consumer_options *o,
                               struct treaty_error *err)
{
    const struct treaty_prop_default rows[] = {
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"enable.auto.commit", o->group ? "true" : "false"},
        {"group.id", o->group ? o->group : "treaty-none"},
        {"auto.offset.reset",
         o->start == TREATY_START_END ? "latest" : "earliest"},
    };
    enum treaty_code code = TREATY_OK;

    for (size_t i = 0; !code && i < sizeof(rows) / sizeof(rows[0]); i++)
        code = treaty_stream_set(conf, rows[i].key, rows[i].value, err);
    return code;
}

static enum treaty_code open_client(struct treaty_consumer *c,
                                    struct treaty_error *err)
{
    const struct treaty_consumer_options *o = &c->options;
    rd_kafka_conf_t *conf;
    char text[256];
    enum treaty_code code = treaty_stream_conf(
        &o->stream, o->stream.instances >= MANY ? many_defaults : few_defaults,
        &conf, err);

    if (code)
        return code;
    code = insist(conf, o, err);
    if (code) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_log_cb(conf, on_log);
    c->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (!c->client) {
        rd_kafka_conf_destroy(conf);
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "Kafka consumer: %s", text);
    }
    rd_kafka_poll_set_consumer(c->client);
    c->queue = rd_kafka_queue_get_consumer(c->client);
    return TREATY_OK;
}

static enum treaty_code subscribe(struct treaty_consumer *c,
                                  struct treaty_error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t got;

    rd_kafka_topic_partition_list_add(list, c->options.topic,
                                      RD_KAFKA_PARTITION_UA);
    got = rd_kafka_subscribe(c->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (got)
        return treaty_stream_fail(err, got, "subscribe");
    return TREATY_OK;
}

static int64_t start_offset(const struct treaty_consumer_options *o)
{
    switch (o->start) {
    case TREATY_START_BEGINNING:
        return RD_KAFKA_OFFSET_BEGINNING;
    case TREATY_START_END:
        return RD_KAFKA_OFFSET_END;
    case TREATY_START_TAIL:
        return RD_KAFKA_OFFSET_TAIL(o->start_at);
    case TREATY_START_OFFSET:
    case TREATY_START_TIME: /* replaced by what the broker answers */
        return o->start_at;
    }
    return RD_KAFKA_OFFSET_BEGINNING;
}

static int count_partitions(const struct rd_kafka_metadata *metadata)
{
    if (metadata->topic_cnt != 1 || metadata->topics[0].err)
        return 0;
    return metadata->topics[0].partition_cnt;
}

#define METADATA_MS 10000

/* A topic that was just created may be unknown to the broker that is asked. */
static enum treaty_code ask_partitions(struct treaty_consumer *c, int *ret,
                                       struct treaty_error *err)
{
    rd_kafka_topic_t *topic =
        rd_kafka_topic_new(c->client, c->options.topic, NULL);
    int64_t deadline = now_ms() + METADATA_MS;
    rd_kafka_resp_err_t got = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    int count = 0;

    while (topic && count == 0 && now_ms() < deadline) {
        const struct rd_kafka_metadata *metadata;

        got = rd_kafka_metadata(c->client, 0, topic, &metadata, METADATA_MS);
        if (got)
            break;
        count = count_partitions(metadata);
        rd_kafka_metadata_destroy(metadata);
        if (count == 0)
            treaty_clock_sleep_ms(100);
    }
    if (topic)
        rd_kafka_topic_destroy(topic);
    if (got)
        return treaty_stream_fail(err, got, "ask for the topic");
    if (count == 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "Kafka: there is no topic \"%s\"", c->options.topic);
    *ret = count;
    return TREATY_OK;
}

static enum treaty_code assign_by_hand(struct treaty_consumer *c, int count,
                                       struct treaty_error *err)
{
    const struct treaty_consumer_options *o = &c->options;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(count);
    rd_kafka_resp_err_t got = RD_KAFKA_RESP_ERR_NO_ERROR;

    for (int i = 0; i < count; i++)
        if (o->partition < 0 || o->partition == i)
            rd_kafka_topic_partition_list_add(list, o->topic, i)->offset =
                start_offset(o);
    if (o->start == TREATY_START_TIME)
        got = rd_kafka_offsets_for_times(c->client, list, METADATA_MS);
    if (!got) {
        c->cooperative = false;
        assign(c, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (got)
        return treaty_stream_fail(err, got, "look up the time");
    if (c->failed && err)
        *err = c->error;
    return c->failed;
}

static enum treaty_code begin(struct treaty_consumer *c,
                              struct treaty_error *err)
{
    enum treaty_code code;
    int count = 0;

    if (c->options.group)
        return subscribe(c, err);
    code = ask_partitions(c, &count, err);
    if (code)
        return code;
    if (c->options.partition >= count)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "Kafka: \"%s\" has %d partitions, counted from 0",
                           c->options.topic, count);
    return assign_by_hand(c, count, err);
}

static enum treaty_code check_options(const struct treaty_consumer_options *o,
                                      struct treaty_error *err)
{
    if (!o->group)
        return TREATY_OK;
    if (o->partition >= 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a group chooses its partitions itself");
    if (o->start != TREATY_START_BEGINNING && o->start != TREATY_START_END)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a group starts where it stopped, or at the "
                           "beginning or the end");
    return TREATY_OK;
}

enum treaty_code treaty_consumer_new(const struct treaty_consumer_options *o,
                                     struct treaty_consumer **ret,
                                     struct treaty_error *err)
{
    struct treaty_consumer *c;
    uint64_t seed;
    enum treaty_code code = check_options(o, err);

    if (code)
        return code;
    c = calloc(1, sizeof(*c));
    if (!c)
        return treaty_fail_nomem(err);
    c->options = *o;
    c->idle_since_ms = now_ms();
    treaty_map_init(&c->seen, NULL);
    treaty_rng_system(&seed, sizeof(seed));
    treaty_rng_init(&c->rng, seed);
    code = treaty_copier_new(&o->stream, &c->copier, err);
    if (!code)
        code = open_client(c, err);
    if (!code)
        code = begin(c, err);
    if (code) {
        treaty_consumer_close(c);
        return code;
    }
    *ret = c;
    return TREATY_OK;
}

static bool owns_any(const struct treaty_consumer *c)
{
    for (int32_t i = 0; i < c->partition_count; i++)
        if (c->partitions[i] &&
            c->partitions[i]->state != TREATY_PARTITION_GONE)
            return true;
    return false;
}

#define LEAVE_MS 3000

/*
 * A cooperative consumer that is only closed leaves its partitions orphaned
 * until the session times out. One that unsubscribes first, and polls until
 * they are taken from it, hands them over at once.
 */
static void leave_group(struct treaty_consumer *c)
{
    int64_t deadline = now_ms() + LEAVE_MS;

    rd_kafka_unsubscribe(c->client);
    while (owns_any(c) && now_ms() < deadline)
        if (treaty_consumer_poll(c, 50, NULL))
            break;
}

/* True once the group has given us an assignment, be it an empty one. */
static bool was_let_in(struct treaty_consumer *c)
{
    int64_t deadline = now_ms() + LEAVE_MS;

    while (c->counts.rebalances == 0 && now_ms() < deadline)
        if (treaty_consumer_poll(c, 50, NULL))
            break;
    return c->counts.rebalances > 0;
}

/*
 * Leave a client that the group has not let in behind, silent, until the
 * process ends: to destroy it might abort the process. It owns nothing.
 */
static void abandon_client(struct treaty_consumer *c)
{
    rd_kafka_set_log_level(c->client, 0);
    rd_kafka_queue_destroy(c->queue);
}

/* False when the client lives on, which then still needs `c`. */
static bool close_client(struct treaty_consumer *c)
{
    if (!c->client)
        return true;
    c->closing = true;
    treaty_copier_drain(c->copier, LEAVE_MS);
    commit_now(c);
    if (c->options.group && c->queue) {
        if (!was_let_in(c)) {
            abandon_client(c);
            return false;
        }
        leave_group(c);
    }
    if (c->queue)
        rd_kafka_queue_destroy(c->queue);
    rd_kafka_consumer_close(c->client);
    rd_kafka_destroy(c->client);
    return true;
}

void treaty_consumer_close(struct treaty_consumer *c)
{
    bool closed;

    if (!c)
        return;
    closed = close_client(c);
    treaty_copier_free(c->copier);
    for (int32_t i = 0; i < c->partition_count; i++) {
        if (c->partitions[i])
            treaty_partition_release(c->partitions[i]);
        free(c->partitions[i]);
    }
    free(c->partitions);
    treaty_map_release(&c->seen);
    treaty_arena_release(&c->seen_arena);
    if (closed)
        free(c);
}
