/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the serde adds to an event on its way to Kafka: encoding and framing a
 * 512-byte Order, against handing over bytes that exist already, which is one
 * copy of them. Both are measured for each event, one after the other, with
 * the clock; the figures are quantiles of the differences. Metrics are on, and
 * the id comes from a real registry.
 */
#include "serde/serde.h"
#include "base/clock.h"
#include "base/error.h"
#include "lib/report.h"
#include "lib/timing.h"
#include "record/gen.h"
#include "server/server.h"

#include "base/file.h"

enum { EVENTS = 512, ROUNDS = 400, FRAME_MAX = 4096 };

struct bench {
    struct treaty_journal *journal;
    struct treaty_registry *registry;
    struct treaty_metrics *metrics;
    struct treaty_server *server;
    struct treaty_client *client;
    struct treaty_serializer *serializer;
    struct treaty_layout *layout;
    struct treaty_arena arena; /* the schema, the events, their frames */
    struct treaty_scratch *scratch;
    void *records[EVENTS];
    struct treaty_str frames[EVENTS];
    char sink[FRAME_MAX];
};

static int64_t differences[EVENTS * ROUNDS];

static enum treaty_code start_registry(struct bench *b,
                                       struct treaty_error *err)
{
    struct treaty_registry_options registry = {0};
    struct treaty_server_options server = {
        .listen = "127.0.0.1:0",
        .thread_count = 1,
    };
    enum treaty_code code =
        treaty_journal_open(TREATY_STR("memory:"), NULL, &b->journal, err);

    if (code)
        return code;
    registry.journal = b->journal;
    code = treaty_registry_open(&registry, &b->registry, err);
    if (code)
        return code;
    b->metrics = treaty_metrics_new();
    server.registry = b->registry;
    server.metrics = b->metrics;
    return treaty_server_start(&server, &b->server, err);
}

static enum treaty_code start_serde(struct bench *b, struct treaty_error *err)
{
    struct treaty_client_options client = {.urls =
                                               treaty_server_url(b->server)};
    struct treaty_serializer_options options = {.topic = "orders"};
    struct treaty_str schema;
    enum treaty_code code =
        treaty_file_read(&b->arena, TREATY_SOURCE_DIR "/schemas/order-v3.avsc",
                         1 << 20, &schema, err);

    if (code)
        return code;
    options.schema = schema.data;
    code = treaty_client_new_with(&client, b->metrics, &b->client, err);
    if (code)
        return code;
    code = treaty_serializer_new(b->client, &options, &b->serializer, err);
    if (code)
        return code;
    b->scratch = treaty_scratch_new(0, NULL);
    return treaty_serializer_prepare(b->serializer, err);
}

/* Events with different contents, and what each is as bytes. */
static enum treaty_code make_events(struct bench *b, struct treaty_error *err)
{
    const struct treaty_schema *schema =
        treaty_serializer_schema(b->serializer);
    struct treaty_gen *gen = NULL;
    enum treaty_code code = schema->format->layout(schema, &b->layout, err);

    if (!code)
        code = treaty_gen_new(b->layout, TREATY_GEN_LIKELY, &gen, err);
    for (size_t i = 0; i < EVENTS && !code; i++) {
        struct treaty_gen_identity identity = {.sequence = i, .seed = 7};
        struct treaty_message message;

        b->records[i] =
            treaty_arena_calloc(&b->arena, 1, b->layout->root->size);
        code = treaty_gen_event(gen, &identity, b->records[i], &b->arena);
        if (!code)
            code = treaty_serialize(b->serializer, b->records[i], b->scratch,
                                    &message, err);
        if (!code)
            b->frames[i] = treaty_arena_dup(&b->arena, message.value);
    }
    /* The generator stays: the events' strings are views into it. */
    return code;
}

static uint64_t time_raw(struct bench *b, size_t i)
{
    uint64_t began = treaty_clock_mono_ns();

    memcpy(b->sink, b->frames[i].data, b->frames[i].len);
    bench_keep(b->sink);
    return treaty_clock_mono_ns() - began;
}

/* What is handed over is a copy here too: the producer's own. */
static uint64_t time_serde(struct bench *b, size_t i)
{
    struct treaty_message message = {0};
    uint64_t began = treaty_clock_mono_ns();

    if (treaty_serialize(b->serializer, b->records[i], b->scratch, &message,
                         NULL))
        abort();
    memcpy(b->sink, message.value.data, message.value.len);
    bench_keep(b->sink);
    return treaty_clock_mono_ns() - began;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void report(const char *name, size_t at)
{
    struct bench_figure figure = {
        .name = name,
        .value = (double)differences[at],
        .unit = "ns",
        .command = "build/release/bench/serde",
    };

    bench_report(&figure);
}

static void measure(struct bench *b)
{
    size_t n = 0;

    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < EVENTS; i++) {
            uint64_t raw = time_raw(b, i);

            differences[n++] = (int64_t)(time_serde(b, i) - raw);
        }
    qsort(differences, n, sizeof(differences[0]), compare);
    report("serde.produce.overhead.p50", n / 2);
    report("serde.produce.overhead.p99", n - n / 100);
}

static void stop(struct bench *b)
{
    treaty_layout_unref(b->layout);
    treaty_scratch_free(b->scratch);
    treaty_serializer_free(b->serializer);
    treaty_client_free(b->client);
    treaty_server_stop(b->server);
    treaty_registry_close(b->registry);
    treaty_journal_close(b->journal);
    treaty_metrics_free(b->metrics);
    treaty_arena_release(&b->arena);
}

int main(void)
{
    static struct bench b;
    struct treaty_error err = {.message = "out of memory"};
    enum treaty_code code = start_registry(&b, &err);

    bench_pin();
    if (!code)
        code = start_serde(&b, &err);
    if (!code)
        code = make_events(&b, &err);
    if (code) {
        fprintf(stderr, "bench/serde: %s\n", err.message);
        stop(&b);
        return 1;
    }
    fprintf(stderr, "frames of about %zu bytes\n", b.frames[0].len);
    measure(&b);
    stop(&b);
    return 0;
}
