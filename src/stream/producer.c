/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/producer.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stdatomic.h>

#define BATCH 100

struct treaty_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    struct treaty_stream_log log;
    treaty_produce_failed_fn failed;
    void *ctx;
    struct treaty_buf bytes; /* keys and values of the batch */
    size_t key_at[BATCH];    /* SIZE_MAX: none */
    size_t value_at[BATCH];
    rd_kafka_message_t batch[BATCH];
    int batched;
    atomic_uint_fast64_t handed_over;
    atomic_uint_fast64_t acked;
    atomic_uint_fast64_t failures;
    atomic_uint_fast64_t acked_bytes;
};

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t value_of(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void note_failure(struct treaty_producer *p, rd_kafka_resp_err_t code)
{
    add(&p->failures, 1);
    if (p->failed)
        p->failed(p->ctx, code);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *msg,
                        void *opaque)
{
    struct treaty_producer *p = opaque;

    (void)client;
    if (msg->err) {
        note_failure(p, msg->err);
        return;
    }
    add(&p->acked, 1);
    add(&p->acked_bytes, msg->len);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility,
                   const char *text)
{
    const struct treaty_producer *p = rd_kafka_opaque(client);

    treaty_stream_pass_log(&p->log, level, facility, text);
}

/*
 * Measured on three brokers (acks=all, 512-byte values): linger is what makes
 * batches, and with many processes on one machine a short one collapses into
 * tiny requests. A queue too small blocks when a broker fails over, and one
 * that is large in each of many processes takes the machine's memory.
 */
static const struct treaty_prop_default few_defaults[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"compression.type", "lz4"},
    {"linger.ms", "50"},
    {"sticky.partitioning.linger.ms", "50"},
    {"queue.buffering.max.messages", "400000"},
    {"queue.buffering.max.kbytes", "400000"},
    {"partitioner", "murmur2_random"},
    {NULL, NULL},
};

static const struct treaty_prop_default many_defaults[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"compression.type", "lz4"},
    {"linger.ms", "500"},
    {"sticky.partitioning.linger.ms", "500"},
    {"queue.buffering.max.messages", "20000"},
    {"queue.buffering.max.kbytes", "65536"},
    {"partitioner", "murmur2_random"},
    {NULL, NULL},
};

#define MANY 8 /* processes, from which on the second list holds */

static enum treaty_code open_client(struct treaty_producer *p,
                                    const struct treaty_producer_options *o,
                                    struct treaty_error *err)
{
    rd_kafka_conf_t *conf;
    char text[256];
    enum treaty_code code = treaty_stream_conf(
        &o->stream, o->stream.instances >= MANY ? many_defaults : few_defaults,
        &conf, err);

    if (code)
        return code;
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_log_cb(conf, on_log);
    p->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (!p->client) {
        rd_kafka_conf_destroy(conf);
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "Kafka producer: %s", text);
    }
    p->topic = rd_kafka_topic_new(p->client, o->topic, NULL);
    if (!p->topic)
        return treaty_stream_fail(err, rd_kafka_last_error(), "use the topic");
    return TREATY_OK;
}

enum treaty_code treaty_producer_new(const struct treaty_producer_options *o,
                                     struct treaty_producer **ret,
                                     struct treaty_error *err)
{
    struct treaty_producer *p = calloc(1, sizeof(*p));
    enum treaty_code code;

    if (!p)
        return treaty_fail_nomem(err);
    p->log = o->stream.log;
    p->failed = o->failed;
    p->ctx = o->ctx;
    treaty_buf_init(&p->bytes, 0);
    code = open_client(p, o, err);
    if (code) {
        treaty_producer_free(p);
        return code;
    }
    *ret = p;
    return TREATY_OK;
}

void treaty_producer_free(struct treaty_producer *p)
{
    if (!p)
        return;
    if (p->client)
        rd_kafka_purge(p->client,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (p->topic)
        rd_kafka_topic_destroy(p->topic);
    if (p->client)
        rd_kafka_destroy(p->client);
    treaty_buf_release(&p->bytes);
    free(p);
}

/* Wait for room in the queue; an error only when there never will be any. */
static enum treaty_code wait_for_room(struct treaty_producer *p,
                                      struct treaty_error *err)
{
    char text[256];
    rd_kafka_resp_err_t fatal =
        rd_kafka_fatal_error(p->client, text, sizeof(text));

    if (fatal)
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                           "Kafka: the producer cannot go on: %s", text);
    rd_kafka_poll(p->client, 10);
    return TREATY_OK;
}

/*
 * After produce_batch: count what was taken, give up what never will be, and
 * move the records that found no room to the front. Returns how many those
 * are.
 */
static int keep_refused(struct treaty_producer *p, int count)
{
    int kept = 0;

    for (int i = 0; i < count; i++) {
        rd_kafka_message_t *msg = &p->batch[i];

        if (msg->err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            p->batch[kept++] = *msg;
            continue;
        }
        if (msg->err)
            note_failure(p, msg->err);
        else
            add(&p->handed_over, 1);
    }
    return kept;
}

/* The buffer may have moved while it grew, so pointers are made at the end. */
static void point_at_bytes(struct treaty_producer *p)
{
    for (int i = 0; i < p->batched; i++) {
        rd_kafka_message_t *msg = &p->batch[i];

        msg->payload = p->bytes.data + p->value_at[i];
        msg->key = NULL;
        if (p->key_at[i] != SIZE_MAX)
            msg->key = p->bytes.data + p->key_at[i];
    }
}

enum treaty_code treaty_producer_push(struct treaty_producer *p,
                                      struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;
    int left = p->batched;

    point_at_bytes(p);
    while (left && !code) {
        rd_kafka_produce_batch(p->topic, RD_KAFKA_PARTITION_UA,
                               RD_KAFKA_MSG_F_COPY, p->batch, left);
        left = keep_refused(p, left);
        if (left)
            code = wait_for_room(p, err);
    }
    p->batched = 0;
    treaty_buf_clear(&p->bytes);
    rd_kafka_poll(p->client, 0);
    return code;
}

enum treaty_code treaty_producer_put(struct treaty_producer *p,
                                     struct treaty_str key,
                                     struct treaty_str value,
                                     struct treaty_error *err)
{
    rd_kafka_message_t *msg = &p->batch[p->batched];
    enum treaty_code code;

    *msg = (rd_kafka_message_t){.len = value.len, .key_len = key.len};
    p->key_at[p->batched] = SIZE_MAX;
    if (key.data) {
        p->key_at[p->batched] = p->bytes.len;
        treaty_buf_put(&p->bytes, key);
    }
    p->value_at[p->batched] = p->bytes.len;
    treaty_buf_put(&p->bytes, value);
    code = treaty_buf_status(&p->bytes, err);
    if (code)
        return code;
    p->batched++;
    return p->batched == BATCH ? treaty_producer_push(p, err) : TREATY_OK;
}

static rd_kafka_headers_t *make_headers(const struct treaty_outgoing *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);

    for (size_t i = 0; i < record->header_count; i++) {
        const struct treaty_header *h = &record->headers[i];

        rd_kafka_header_add(headers, h->name.data, (ssize_t)h->name.len,
                            h->value.data, (ssize_t)h->value.len);
    }
    return headers;
}

/* librdkafka takes pointers to what it copies without const. */
static void *unconst(const char *data)
{
    union {
        const char *in;
        void *out;
    } u = {data};

    return u.out;
}

static rd_kafka_resp_err_t produce(struct treaty_producer *p,
                                   const struct treaty_outgoing *r,
                                   rd_kafka_headers_t *headers)
{
    return rd_kafka_producev(
        p->client, RD_KAFKA_V_RKT(p->topic),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(r->key.data, r->key.len),
        RD_KAFKA_V_VALUE(unconst(r->value.data), r->value.len),
        RD_KAFKA_V_TIMESTAMP(r->timestamp_ms), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_END);
}

enum treaty_code treaty_producer_send(struct treaty_producer *p,
                                      const struct treaty_outgoing *record,
                                      struct treaty_error *err)
{
    rd_kafka_headers_t *headers = make_headers(record);
    rd_kafka_resp_err_t got = produce(p, record, headers);
    enum treaty_code code = TREATY_OK;

    while (got == RD_KAFKA_RESP_ERR__QUEUE_FULL && !code) {
        code = wait_for_room(p, err);
        if (!code)
            got = produce(p, record, headers);
    }
    if (got)
        rd_kafka_headers_destroy(headers); /* librdkafka took them if not */
    if (code)
        return code;
    if (got)
        note_failure(p, got);
    else
        add(&p->handed_over, 1);
    return TREATY_OK;
}

void treaty_producer_poll(struct treaty_producer *p, int timeout_ms)
{
    rd_kafka_poll(p->client, timeout_ms);
}

enum treaty_code treaty_producer_flush(struct treaty_producer *p,
                                       int timeout_ms, struct treaty_error *err)
{
    enum treaty_code code = treaty_producer_push(p, err);
    rd_kafka_resp_err_t got;

    if (code)
        return code;
    got = rd_kafka_flush(p->client, timeout_ms);
    if (got)
        return treaty_fail(err, TREATY_ETIMEOUT, TREATY_NO_OFFSET,
                           "Kafka: %d records are not acknowledged in time",
                           rd_kafka_outq_len(p->client));
    return TREATY_OK;
}

struct treaty_producer_counts
treaty_producer_counts(const struct treaty_producer *p)
{
    return (struct treaty_producer_counts){
        .handed_over = value_of(&p->handed_over),
        .acked = value_of(&p->acked),
        .failed = value_of(&p->failures),
        .acked_bytes = value_of(&p->acked_bytes),
    };
}
