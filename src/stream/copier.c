/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/copier.h"

#include "base/error.h"
#include "base/str.h"

#include <stdio.h>

/* One copy: owned by the copier until it is acknowledged. */
struct copy {
    struct copy *next; /* among those to be sent again */
    struct treaty_partition *partition;
    uint32_t era;
    int64_t offset;
    int64_t due_ms;
    uint32_t attempts;
    char *topic;
    char *key; /* NULL: none */
    size_t key_len;
    char *value; /* NULL: a tombstone */
    size_t value_len;
    int64_t timestamp_ms;
    rd_kafka_headers_t *headers;
};

struct treaty_copier {
    struct treaty_stream_options options;
    rd_kafka_t *client;  /* NULL until the first copy */
    struct copy *failed; /* to be sent again, in any order */
    uint64_t acked;
    uint64_t failures;
    int64_t now_ms;
};

#define AGAIN_MS 500
#define AGAIN_MAX_MS 10000

static void free_copy(struct copy *c)
{
    if (!c)
        return;
    if (c->headers)
        rd_kafka_headers_destroy(c->headers);
    free(c->topic);
    free(c->key);
    free(c->value);
    free(c);
}

/* `copier->now_ms` is that of the poll in which the report came. */
static void note_failure(struct treaty_copier *copier, struct copy *c)
{
    int64_t delay = AGAIN_MAX_MS;

    if (c->attempts < 5)
        delay = (int64_t)AGAIN_MS << c->attempts;
    if (delay > AGAIN_MAX_MS)
        delay = AGAIN_MAX_MS;
    c->attempts++;
    copier->failures++;
    c->due_ms = copier->now_ms + delay;
    treaty_partition_copy_failed(c->partition, c->era, c->offset,
                                 copier->now_ms);
    c->next = copier->failed;
    copier->failed = c;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *msg,
                        void *opaque)
{
    struct treaty_copier *copier = opaque;
    struct copy *c = msg->_private;

    (void)client;
    if (msg->err) {
        note_failure(copier, c);
        return;
    }
    copier->acked++;
    treaty_partition_copied(c->partition, c->era, c->offset);
    free_copy(c);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility,
                   const char *text)
{
    const struct treaty_copier *copier = rd_kafka_opaque(client);

    treaty_stream_pass_log(&copier->options.log, level, facility, text);
}

static const struct treaty_prop_default defaults[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"compression.type", "lz4"},
    {"linger.ms", "5"},
    {"message.timeout.ms", "10000"},
    {"partitioner", "murmur2_random"},
    {NULL, NULL},
};

static enum treaty_code open_client(struct treaty_copier *copier,
                                    struct treaty_error *err)
{
    rd_kafka_conf_t *conf;
    char text[256];
    enum treaty_code code =
        treaty_stream_conf(&copier->options, defaults, &conf, err);

    if (code)
        return code;
    /* Whatever the user's properties say of the consumer, a copy counts only
     * when all replicas have it. */
    code = treaty_stream_set(conf, "acks", "all", err);
    if (code) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    rd_kafka_conf_set_opaque(conf, copier);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_log_cb(conf, on_log);
    copier->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (copier->client)
        return TREATY_OK;
    rd_kafka_conf_destroy(conf);
    return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                       "Kafka producer of the quarantine: %s", text);
}

enum treaty_code treaty_copier_new(const struct treaty_stream_options *options,
                                   struct treaty_copier **ret,
                                   struct treaty_error *err)
{
    struct treaty_copier *copier = calloc(1, sizeof(*copier));

    if (!copier)
        return treaty_fail_nomem(err);
    copier->options = *options;
    *ret = copier;
    return TREATY_OK;
}

void treaty_copier_free(struct treaty_copier *copier)
{
    if (!copier)
        return;
    if (copier->client) {
        rd_kafka_purge(copier->client,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        /* Their reports give the copies back. */
        rd_kafka_flush(copier->client, 1000);
        rd_kafka_destroy(copier->client);
    }
    while (copier->failed) {
        struct copy *c = copier->failed;

        copier->failed = c->next;
        free_copy(c);
    }
    free(copier);
}

/* One byte more than needed, so that an empty text is not NULL. */
static char *dup_bytes(const void *data, size_t len)
{
    char *bytes = malloc(len + 1);

    if (!bytes)
        return NULL;
    if (len)
        memcpy(bytes, data, len);
    bytes[len] = '\0';
    return bytes;
}

static void add_text(rd_kafka_headers_t *headers, const char *name,
                     struct treaty_str value)
{
    rd_kafka_header_add(headers, name, -1, value.data, (ssize_t)value.len);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t n)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%lld", (long long)n);
    add_text(headers, name, treaty_str_z(digits));
}

static void say_why(rd_kafka_headers_t *headers,
                    const struct treaty_copy_order *o)
{
    add_text(headers, TREATY_HEADER_QUARANTINE "topic",
             treaty_str_z(o->from_topic));
    add_number(headers, TREATY_HEADER_QUARANTINE "partition",
               o->msg->partition);
    add_number(headers, TREATY_HEADER_QUARANTINE "offset", o->msg->offset);
    if (o->group)
        add_text(headers, TREATY_HEADER_QUARANTINE "group",
                 treaty_str_z(o->group));
    if (o->why->schema_id >= 0)
        add_number(headers, TREATY_HEADER_QUARANTINE "schema_id",
                   o->why->schema_id);
    add_text(headers, TREATY_HEADER_QUARANTINE "reason",
             treaty_str_z(o->why->reason));
    add_text(headers, TREATY_HEADER_QUARANTINE "error", o->why->error);
}

/* All of ours go, wherever they stand; the others keep their order. */
static void take_back(rd_kafka_headers_t *headers)
{
    static const char *const names[] = {
        TREATY_HEADER_QUARANTINE "topic",
        TREATY_HEADER_QUARANTINE "partition",
        TREATY_HEADER_QUARANTINE "offset",
        TREATY_HEADER_QUARANTINE "group",
        TREATY_HEADER_QUARANTINE "schema_id",
        TREATY_HEADER_QUARANTINE "reason",
        TREATY_HEADER_QUARANTINE "error",
        TREATY_HEADER_REQUEUED,
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        rd_kafka_header_remove(headers, names[i]);
}

struct treaty_str treaty_stream_header(const rd_kafka_message_t *msg,
                                       const char *name)
{
    rd_kafka_headers_t *headers;
    const void *data;
    size_t len;

    if (rd_kafka_message_headers(msg, &headers) ||
        rd_kafka_header_get_last(headers, name, &data, &len))
        return (struct treaty_str){0};
    return (struct treaty_str){data ? data : "", len};
}

static rd_kafka_headers_t *make_headers(const struct treaty_copy_order *o)
{
    rd_kafka_headers_t *old;
    rd_kafka_headers_t *headers;
    struct treaty_str reason;

    if (rd_kafka_message_headers(o->msg, &old))
        headers = rd_kafka_headers_new(8);
    else
        headers = rd_kafka_headers_copy(old);
    if (o->why) {
        say_why(headers, o);
        return headers;
    }
    reason = treaty_stream_header(o->msg, TREATY_HEADER_QUARANTINE "reason");
    take_back(headers);
    add_text(headers, TREATY_HEADER_REQUEUED, reason);
    return headers;
}

static struct copy *make_copy(const struct treaty_copy_order *o)
{
    const rd_kafka_message_t *msg = o->msg;
    rd_kafka_timestamp_type_t type;
    struct copy *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->partition = o->partition;
    c->era = o->partition->era;
    c->offset = msg->offset;
    c->timestamp_ms = rd_kafka_message_timestamp(msg, &type);
    c->headers = make_headers(o);
    c->topic = dup_bytes(o->to_topic, strlen(o->to_topic));
    c->key_len = msg->key_len;
    c->value_len = msg->len;
    if (msg->key)
        c->key = dup_bytes(msg->key, msg->key_len);
    if (msg->payload)
        c->value = dup_bytes(msg->payload, msg->len);
    if (c->topic && c->headers && (c->key || !msg->key) &&
        (c->value || !msg->payload))
        return c;
    free_copy(c);
    return NULL;
}

/* librdkafka takes what it is given; ours stay for another attempt. */
static void send_copy(struct treaty_copier *copier, struct copy *c)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_copy(c->headers);
    int64_t timestamp = c->timestamp_ms > 0 ? c->timestamp_ms : 0;
    rd_kafka_resp_err_t got = rd_kafka_producev(
        copier->client, RD_KAFKA_V_TOPIC(c->topic),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(c->key, c->key_len),
        RD_KAFKA_V_VALUE(c->value, c->value_len),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(c), RD_KAFKA_V_END);

    if (!got)
        return;
    rd_kafka_headers_destroy(headers);
    note_failure(copier, c);
}

enum treaty_code treaty_copier_send(struct treaty_copier *copier,
                                    const struct treaty_copy_order *order,
                                    struct treaty_error *err)
{
    struct copy *c;

    if (!copier->client) {
        enum treaty_code code = open_client(copier, err);

        if (code)
            return code;
    }
    c = make_copy(order);
    if (!c)
        return treaty_fail_nomem(err);
    send_copy(copier, c);
    return TREATY_OK;
}

/*
 * After a fatal error the producer refuses everything; a new one is the only
 * way on. Its copies have all been reported as failed.
 */
static void replace_dead_client(struct treaty_copier *copier)
{
    char text[256];

    if (!rd_kafka_fatal_error(copier->client, text, sizeof(text)))
        return;
    rd_kafka_flush(copier->client, 1000);
    if (rd_kafka_outq_len(copier->client) > 0)
        return;
    rd_kafka_destroy(copier->client);
    copier->client = NULL;
    if (open_client(copier, NULL))
        copier->client = NULL; /* tried again with the next poll */
}

static void send_again(struct treaty_copier *copier)
{
    struct copy *all = copier->failed;

    copier->failed = NULL;
    while (all) {
        struct copy *c = all;

        all = c->next;
        if (c->era != c->partition->era) {
            free_copy(c); /* whoever has the partition now sends it */
        } else if (c->due_ms <= copier->now_ms) {
            send_copy(copier, c);
        } else {
            c->next = copier->failed;
            copier->failed = c;
        }
    }
}

void treaty_copier_poll(struct treaty_copier *copier, int64_t now_ms)
{
    copier->now_ms = now_ms;
    if (!copier->client && copier->failed && open_client(copier, NULL))
        return;
    if (!copier->client)
        return;
    rd_kafka_poll(copier->client, 0);
    replace_dead_client(copier);
    if (copier->client)
        send_again(copier);
}

void treaty_copier_drain(struct treaty_copier *copier, int timeout_ms)
{
    if (copier->client)
        rd_kafka_flush(copier->client, timeout_ms);
}

uint64_t treaty_copier_acked(const struct treaty_copier *copier)
{
    return copier->acked;
}

uint64_t treaty_copier_failures(const struct treaty_copier *copier)
{
    return copier->failures;
}
