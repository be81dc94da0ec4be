/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/consumer_impl.h"

#include "base/error.h"
#include "base/str.h"

static void on_log(const rd_kafka_t *client, int level, const char *facility,
                   const char *text)
{
    const struct treaty_consumer *c = rd_kafka_opaque(client);

    treaty_stream_pass_log(&c->options.stream.log, level, facility, text);
}

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
    rd_kafka_conf_set_rebalance_cb(conf, treaty_consumer_on_rebalance);
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
    int64_t deadline = treaty_consumer_now_ms() + METADATA_MS;
    rd_kafka_resp_err_t got = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    int count = 0;

    while (topic && count == 0 && treaty_consumer_now_ms() < deadline) {
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
        treaty_consumer_assign(c, list);
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
    c->idle_since_ms = treaty_consumer_now_ms();
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
    int64_t deadline = treaty_consumer_now_ms() + LEAVE_MS;

    rd_kafka_unsubscribe(c->client);
    while (owns_any(c) && treaty_consumer_now_ms() < deadline)
        if (treaty_consumer_poll(c, 50, NULL))
            break;
}

/* True once the group has given us an assignment, be it an empty one. */
static bool was_let_in(struct treaty_consumer *c)
{
    int64_t deadline = treaty_consumer_now_ms() + LEAVE_MS;

    while (c->counts.rebalances == 0 && treaty_consumer_now_ms() < deadline)
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
    treaty_consumer_commit(c);
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
