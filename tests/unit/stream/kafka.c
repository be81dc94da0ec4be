/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Producer, consumer and quarantine against the embedded broker. It is slow to
 * rebalance, so that most tests read without a group.
 */
#include "stream/consumer.h"
#include "stream/mock.h"
#include "stream/producer.h"

#include "base/clock.h"
#include "base/error.h"
#include "tap.h"

#include <stdio.h>

static struct treaty_mock *mock;
static struct treaty_arena arena;
static struct treaty_props quick = {.arena = &arena};

/* The broker and options that do not wait for batches to fill. */
static void start(void)
{
    static const char *const lines[] = {
        "linger.ms=5", "sticky.partitioning.linger.ms=5", "fetch.min.bytes=1"};

    if (mock)
        return;
    if (!CHECK_INT(treaty_mock_start(1, &mock, NULL), 0))
        exit(1);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        CHECK_INT(treaty_props_add(&quick, treaty_str_z(lines[i]), NULL), 0);
}

static struct treaty_stream_options stream_options(void)
{
    start();
    return (struct treaty_stream_options){
        .props = &quick,
        .bootstrap = treaty_mock_bootstrap(mock),
        .client_id = "test",
    };
}

static void create_topic(const char *name, int partitions)
{
    start();
    CHECK_INT(treaty_mock_create_topic(mock, name, partitions, 1, NULL), 0);
}

static struct treaty_producer *producer_of(const char *topic)
{
    struct treaty_producer_options options = {.stream = stream_options(),
                                              .topic = topic};
    struct treaty_producer *p = NULL;

    CHECK_INT(treaty_producer_new(&options, &p, NULL), 0);
    return p;
}

/* Values "0" to "n-1"; every `bad_every`-th says "bad N". */
static void fill(const char *topic, int n, int bad_every)
{
    struct treaty_producer *p = producer_of(topic);

    for (int i = 0; i < n; i++) {
        char text[32];
        int len = snprintf(text, sizeof(text), "%s%d",
                           bad_every && i % bad_every == 0 ? "bad " : "", i);
        struct treaty_str value = {text, (size_t)len};

        CHECK_INT(treaty_producer_put(p, (struct treaty_str){0}, value, NULL),
                  0);
    }
    CHECK_INT(treaty_producer_flush(p, 5000, NULL), 0);
    CHECK_INT(treaty_producer_counts(p).acked, n);
    CHECK_INT(treaty_producer_counts(p).failed, 0);
    treaty_producer_free(p);
}

/* What the application sees, and how it answers. */
struct app {
    uint64_t seen;
    uint64_t out_of_order;
    int64_t next[8];
    int outage_every; /* a record at which the registry goes down */
    int outage_left;
    int outages;
    uint64_t tombstones;
};

static bool is_down(struct app *app, int64_t offset)
{
    if (app->outage_left)
        return app->outage_left-- > 0;
    if (!app->outage_every || (offset + 1) % app->outage_every)
        return false;
    app->outages++;
    app->outage_left = 2;
    return true;
}

static enum treaty_disposition consume(void *ctx,
                                       const struct treaty_incoming *record,
                                       struct treaty_rejection *why)
{
    struct app *app = ctx;
    struct treaty_str value = record->value;

    /* Once a record is retried it is at the place where it stopped. */
    if (app->outage_every && app->next[record->partition] <= record->offset &&
        is_down(app, record->offset + app->outages))
        return TREATY_UNAVAILABLE;
    app->out_of_order += record->offset != app->next[record->partition];
    app->next[record->partition] = record->offset + 1;
    app->seen++;
    app->tombstones += !value.data;
    if (!treaty_str_starts(value, TREATY_STR("bad")))
        return TREATY_TAKEN;
    why->reason = "garbage";
    why->schema_id = 7;
    why->error = TREATY_STR("it says so");
    return TREATY_REJECTED;
}

static struct treaty_consumer_options reader_of(const char *topic,
                                                const char *copies, void *ctx)
{
    return (struct treaty_consumer_options){
        .stream = stream_options(),
        .topic = topic,
        .copy_topic = copies,
        .partition = -1,
        .quarantine_max_ratio = 1,
        .consume = consume,
        .ctx = ctx,
    };
}

static struct treaty_consumer *open(const struct treaty_consumer_options *o)
{
    struct treaty_consumer *c = NULL;
    struct treaty_error err = {0};

    if (!CHECK_INT(treaty_consumer_new(o, &c, &err), 0))
        tap_note("%s", err.message);
    return c;
}

static void run_to_end(struct treaty_consumer *c)
{
    uint64_t deadline = treaty_clock_mono_ns() + 20000000000u;

    while (!treaty_consumer_at_end(c)) {
        if (!CHECK(treaty_clock_mono_ns() < deadline))
            return;
        CHECK_INT(treaty_consumer_poll(c, 20, NULL), 0);
    }
}

static void everything_arrives_in_order(void)
{
    struct app app = {0};
    struct treaty_consumer_options options =
        reader_of("orders", "orders.quarantine", &app);
    struct treaty_consumer *c;

    create_topic("orders", 3);
    fill("orders", 5000, 0);
    c = open(&options);
    run_to_end(c);
    CHECK_INT(app.seen, 5000);
    CHECK_INT(app.out_of_order, 0);
    CHECK_INT(treaty_consumer_counts(c).taken, 5000);
    CHECK_INT(treaty_consumer_counts(c).lag, 0);
    treaty_consumer_close(c);
}

static void records_keep_all_they_have(void)
{
    struct treaty_header headers[] = {
        {TREATY_STR("h"), TREATY_STR("one")},
        {TREATY_STR("empty"), TREATY_STR("")},
        {TREATY_STR("h"), {"a\0b", 3}},
    };
    struct treaty_outgoing record = {.key = TREATY_STR("k"),
                                     .value = TREATY_STR("bad value"),
                                     .headers = headers,
                                     .header_count = 3,
                                     .timestamp_ms = 1700000000123};
    struct treaty_outgoing tombstone = {.key = TREATY_STR("k")};
    struct treaty_producer *p;

    create_topic("whole", 1);
    p = producer_of("whole");
    CHECK_INT(treaty_producer_send(p, &record, NULL), 0);
    CHECK_INT(treaty_producer_send(p, &tombstone, NULL), 0);
    CHECK_INT(treaty_producer_flush(p, 5000, NULL), 0);
    treaty_producer_free(p);
}

struct header_view {
    const char *name;
    const char *value;
    size_t len;
};

static void check_headers(const rd_kafka_message_t *msg,
                          const struct header_view *want, size_t count)
{
    rd_kafka_headers_t *headers;

    if (!CHECK_INT(rd_kafka_message_headers(msg, &headers), 0))
        return;
    CHECK_INT(rd_kafka_header_cnt(headers), count);
    for (size_t i = 0; i < count; i++) {
        const char *name = "";
        const void *data = NULL;
        size_t len = 0;

        CHECK_INT(rd_kafka_header_get_all(headers, i, &name, &data, &len), 0);
        CHECK_STR_Z(treaty_str_z(name), want[i].name);
        CHECK_STR(((struct treaty_str){data, len}),
                  ((struct treaty_str){want[i].value, want[i].len}));
    }
}

static const struct header_view quarantined[] = {
    {"h", "one", 3},
    {"empty", "", 0},
    {"h", "a\0b", 3},
    {"treaty.quarantine.topic", "whole", 5},
    {"treaty.quarantine.partition", "0", 1},
    {"treaty.quarantine.offset", "0", 1},
    {"treaty.quarantine.schema_id", "7", 1},
    {"treaty.quarantine.reason", "garbage", 7},
    {"treaty.quarantine.error", "it says so", 10},
};

static const struct header_view requeued[] = {
    {"h", "one", 3},
    {"empty", "", 0},
    {"h", "a\0b", 3},
    {"treaty.requeued", "garbage", 7},
};

static void check_copy(const struct treaty_incoming *record,
                       const struct header_view *headers, size_t count)
{
    CHECK_STR_Z(record->key, "k");
    CHECK_STR_Z(record->value, "bad value");
    CHECK_INT(record->timestamp_ms, 1700000000123);
    check_headers(record->msg, headers, count);
}

static enum treaty_disposition
look_at_quarantined(void *ctx, const struct treaty_incoming *record,
                    struct treaty_rejection *why)
{
    (void)why;
    ++*(int *)ctx;
    check_copy(record, quarantined, 9);
    return TREATY_TAKEN;
}

static enum treaty_disposition
look_at_requeued(void *ctx, const struct treaty_incoming *record,
                 struct treaty_rejection *why)
{
    ++*(int *)ctx;
    if (record->offset != 2)
        return TREATY_TAKEN;
    check_copy(record, requeued, 4);
    why->reason = "garbage";
    return TREATY_REJECTED;
}

static void quarantine_keeps_every_byte(void)
{
    struct app app = {0};
    int seen = 0;
    struct treaty_consumer_options options =
        reader_of("whole", "whole.quarantine", &app);
    struct treaty_consumer_options look =
        reader_of("whole.quarantine", NULL, &seen);
    struct treaty_consumer *c;

    create_topic("whole.quarantine", 1);
    c = open(&options);
    run_to_end(c);
    CHECK_INT(app.tombstones, 1);
    CHECK_INT(treaty_consumer_counts(c).tombstones, 1);
    CHECK_INT(treaty_consumer_counts(c).rejected, 1);
    CHECK_INT(treaty_consumer_counts(c).copied, 1);
    treaty_consumer_close(c);
    look.consume = look_at_quarantined;
    c = open(&look);
    run_to_end(c);
    CHECK_INT(seen, 1);
    treaty_consumer_close(c);
}

static void requeued_records_come_back_once(void)
{
    int seen = 0;
    struct treaty_consumer_options back =
        reader_of("whole.quarantine", "whole", NULL);
    struct treaty_consumer_options again =
        reader_of("whole", "whole.quarantine", &seen);
    struct treaty_consumer *c;

    back.requeue = true;
    c = open(&back);
    run_to_end(c);
    CHECK_INT(treaty_consumer_counts(c).taken, 1);
    treaty_consumer_close(c);
    again.consume = look_at_requeued;
    c = open(&again);
    run_to_end(c);
    CHECK_INT(seen, 3);
    /* It failed again: it is counted, and not copied a second time. */
    CHECK_INT(treaty_consumer_counts(c).failed_again, 1);
    CHECK_INT(treaty_consumer_counts(c).rejected, 0);
    treaty_consumer_close(c);
}

static void an_origin_is_requeued_once(void)
{
    struct treaty_header headers[] = {
        {TREATY_STR("treaty.quarantine.partition"), TREATY_STR("0")},
        {TREATY_STR("treaty.quarantine.offset"), TREATY_STR("5")},
    };
    struct treaty_outgoing record = {
        .value = TREATY_STR("x"), .headers = headers, .header_count = 2};
    struct treaty_consumer_options back =
        reader_of("twice.quarantine", "twice", NULL);
    struct treaty_producer *p;
    struct treaty_consumer *c;

    create_topic("twice.quarantine", 1);
    create_topic("twice", 1);
    p = producer_of("twice.quarantine");
    for (int i = 0; i < 3; i++)
        CHECK_INT(treaty_producer_send(p, &record, NULL), 0);
    CHECK_INT(treaty_producer_flush(p, 5000, NULL), 0);
    treaty_producer_free(p);
    back.requeue = true;
    c = open(&back);
    run_to_end(c);
    CHECK_INT(treaty_consumer_counts(c).taken, 1);
    CHECK_INT(treaty_consumer_counts(c).duplicates, 2);
    treaty_consumer_close(c);
}

static void outages_lose_nothing(void)
{
    struct app app = {.outage_every = 211};
    struct treaty_consumer_options options =
        reader_of("outages", "outages.quarantine", &app);
    struct treaty_consumer *c;

    create_topic("outages", 2);
    create_topic("outages.quarantine", 1);
    fill("outages", 1000, 50);
    c = open(&options);
    run_to_end(c);
    CHECK(app.outages >= 3);
    CHECK_INT(app.out_of_order, 0);
    CHECK_INT(app.next[0] + app.next[1], 1000);
    CHECK_INT(treaty_consumer_counts(c).copied, 20);
    CHECK_INT(treaty_consumer_counts(c).taken, 980);
    treaty_consumer_close(c);
}

static void run_until_copy_fails(struct treaty_consumer *c)
{
    uint64_t deadline = treaty_clock_mono_ns() + 5000000000u;

    while (treaty_consumer_counts(c).copy_failures == 0) {
        if (!CHECK(treaty_clock_mono_ns() < deadline))
            return;
        CHECK_INT(treaty_consumer_poll(c, 20, NULL), 0);
    }
}

static void waits_for_its_quarantine(void)
{
    struct app app = {0};
    struct treaty_consumer_options options =
        reader_of("stuck", "stuck.quarantine", &app);
    struct treaty_consumer *c;

    create_topic("stuck", 1);
    create_topic("stuck.quarantine", 1);
    fill("stuck", 10, 5);
    treaty_mock_fail_produce(mock, 2, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    c = open(&options);
    run_until_copy_fails(c);
    CHECK_INT(treaty_consumer_counts(c).copied, 0);
    CHECK_INT(treaty_consumer_counts(c).waiting, 1);
    CHECK(!treaty_consumer_at_end(c));
    run_to_end(c);
    CHECK_INT(treaty_consumer_counts(c).copied, 2);
    CHECK_INT(treaty_consumer_counts(c).taken, 8);
    CHECK_INT(app.out_of_order, 0);
    treaty_consumer_close(c);
}

static void starts_where_it_is_told(void)
{
    static const struct {
        enum treaty_start start;
        int64_t at;
        int64_t first;
    } rows[] = {
        {TREATY_START_BEGINNING, 0, 0},
        {TREATY_START_OFFSET, 7, 7},
        {TREATY_START_TAIL, 4, 16},
        {TREATY_START_END, 0, 20},
    };

    create_topic("starts", 1);
    fill("starts", 20, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct app app = {.next = {rows[i].first}};
        struct treaty_consumer_options options =
            reader_of("starts", NULL, &app);
        struct treaty_consumer *c;

        options.start = rows[i].start;
        options.start_at = rows[i].at;
        options.partition = 0;
        c = open(&options);
        run_to_end(c);
        CHECK_INT(app.seen, 20 - rows[i].first);
        CHECK_INT(app.out_of_order, 0);
        treaty_consumer_close(c);
    }
}

static void refuses_what_makes_no_sense(void)
{
    struct app app = {0};
    struct treaty_consumer_options options = reader_of("starts", NULL, &app);
    struct treaty_consumer *c = NULL;
    struct treaty_error err;

    options.partition = 3;
    CHECK_INT(treaty_consumer_new(&options, &c, &err), TREATY_EUSAGE);
    options.group = "g";
    CHECK_INT(treaty_consumer_new(&options, &c, &err), TREATY_EUSAGE);
    options.partition = -1;
    options.start = TREATY_START_TAIL;
    CHECK_INT(treaty_consumer_new(&options, &c, &err), TREATY_EUSAGE);
    CHECK(!c);
}

static int64_t committed(const char *group, const char *topic)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_t *client;
    int64_t offset;

    CHECK_INT(treaty_stream_set(conf, "group.id", group, NULL), 0);
    CHECK_INT(treaty_stream_set(conf, "bootstrap.servers",
                                treaty_mock_bootstrap(mock), NULL),
              0);
    client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    rd_kafka_topic_partition_list_add(list, topic, 0);
    CHECK_INT(rd_kafka_committed(client, list, 5000), 0);
    offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return offset;
}

static struct treaty_consumer *join(const char *group, const char *topic,
                                    const char *copies, struct app *app)
{
    struct treaty_consumer_options options = reader_of(topic, copies, app);

    options.group = group;
    return open(&options);
}

/*
 * Two groups at once, since the broker takes its time to let them in: one
 * whose copies are written, and then one that leaves while they cannot be.
 */
static void groups_commit_what_is_safe(void)
{
    struct app app[2] = {0};
    struct treaty_consumer *safe;
    struct treaty_consumer *unsafe;

    create_topic("grouped", 1);
    create_topic("grouped.quarantine", 1);
    fill("grouped", 100, 11); /* offset 99 is a bad one */
    safe = join("g1", "grouped", "grouped.quarantine", &app[0]);
    unsafe = join("g2", "grouped", "grouped.quarantine", &app[1]);
    run_to_end(safe);
    treaty_consumer_close(safe);
    CHECK_INT(app[0].seen, 100);
    CHECK_INT(committed("g1", "grouped"), 100);
    treaty_mock_fail_produce(mock, 16, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    run_until_copy_fails(unsafe);
    treaty_consumer_close(unsafe);
    treaty_mock_fail_produce(mock, 0, RD_KAFKA_RESP_ERR_NO_ERROR);
    CHECK(committed("g2", "grouped") <= 0);
}

static void stop(void)
{
    treaty_mock_stop(mock);
    treaty_arena_release(&arena);
    mock = NULL;
    CHECK(!mock);
}

TAP_MAIN({"everything arrives in order", everything_arrives_in_order},
         {"records keep all they have", records_keep_all_they_have},
         {"quarantine keeps every byte", quarantine_keeps_every_byte},
         {"requeued records come back once", requeued_records_come_back_once},
         {"an origin is requeued once", an_origin_is_requeued_once},
         {"outages lose nothing", outages_lose_nothing},
         {"waits for its quarantine", waits_for_its_quarantine},
         {"starts where it is told", starts_where_it_is_told},
         {"refuses what makes no sense", refuses_what_makes_no_sense},
         {"groups commit what is safe", groups_commit_what_is_safe},
         {"stops", stop})
