/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka.produce.ratio: how fast 512-byte Orders go to three brokers when each
 * is encoded from its struct, framed and counted, beside the same program
 * sending frames that were made before. `.batch` hands values over a hundred
 * at a time, `.send` one by one as whole records. bench/kafka.sh starts the
 * brokers and the registry.
 *
 * usage: kafka BOOTSTRAP REGISTRY
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "format/format.h"
#include "lib/report.h"
#include "record/gen.h"
#include "stream/producer.h"

#include <treaty/treaty.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    EVENTS = 1024,
    /* Brokers that share the processor make rounds uneven, by a fifth: there
     * are many, and they change places each time. */
    ROUND_EVENTS = 50000,
    ROUNDS = 120,
    WARM_UP = 4,
    FLUSH_MS = 120000,
};

struct bench {
    struct treaty_client *client;
    struct treaty_serializer *serializer;
    struct treaty_scratch *scratch;
    struct treaty_producer *producer;
    struct treaty_arena keep;
    void *record[EVENTS];
    struct treaty_str frame[EVENTS];
};

static void die(const char *what, const struct treaty_error *err)
{
    fprintf(stderr, "bench kafka: %s: %s\n", what, err->message);
    exit(1);
}

static void open_serializer(struct bench *b, const char *registry,
                            struct treaty_str text)
{
    struct treaty_client_options client = {.urls = registry};
    struct treaty_serializer_options serializer = {.schema = text.data,
                                                   .topic = "bench"};
    struct treaty_error err;

    if (treaty_client_new(&client, &b->client, &err))
        die("client", &err);
    if (treaty_serializer_new(b->client, &serializer, &b->serializer, &err) ||
        treaty_serializer_prepare(b->serializer, &err))
        die("serializer", &err);
    b->scratch = treaty_scratch_new(0, NULL);
}

static void make_events(struct bench *b, struct treaty_str text)
{
    struct treaty_source source = {.text = text, .strictness = TREATY_NEW};
    struct treaty_schema *schema = NULL;
    struct treaty_layout *layout = NULL;
    struct treaty_gen *gen = NULL;
    struct treaty_message message;
    struct treaty_error err;

    if (treaty_schema_parse(NULL, &source, &schema, &err) ||
        schema->format->layout(schema, &layout, &err) ||
        treaty_gen_new(layout, TREATY_GEN_LIKELY, &gen, &err))
        die("generator", &err);
    for (uint64_t i = 0; i < EVENTS; i++) {
        struct treaty_gen_identity identity = {.sequence = i, .seed = 1};

        b->record[i] = treaty_arena_calloc(&b->keep, 1, layout->root->size);
        if (treaty_gen_event(gen, &identity, b->record[i], &b->keep) ||
            treaty_serialize(b->serializer, b->record[i], b->scratch, &message,
                             &err))
            die("event", &err);
        b->frame[i] = treaty_arena_dup(&b->keep, message.value);
    }
}

static void open_producer(struct bench *b, const char *bootstrap)
{
    struct treaty_producer_options options = {
        .stream = {.bootstrap = bootstrap, .client_id = "bench"},
        .topic = "bench"};
    struct treaty_error err;

    if (treaty_producer_new(&options, &b->producer, &err))
        die("producer", &err);
}

static struct treaty_str value_of(struct bench *b, bool serde, size_t i)
{
    struct treaty_message message;
    struct treaty_error err;

    if (!serde)
        return b->frame[i];
    if (treaty_serialize(b->serializer, b->record[i], b->scratch, &message,
                         &err))
        die("serialize", &err);
    return message.value;
}

static enum treaty_code give(struct bench *b, bool batch,
                             struct treaty_str value, struct treaty_error *err)
{
    struct treaty_outgoing record = {.value = value};

    if (batch)
        return treaty_producer_put(b->producer, (struct treaty_str){NULL, 0},
                                   value, err);
    return treaty_producer_send(b->producer, &record, err);
}

/* Events a second of one round, acknowledgements included. */
static double run_round(struct bench *b, bool serde, bool batch)
{
    uint64_t start = treaty_clock_mono_ns();
    struct treaty_error err;

    for (size_t i = 0; i < ROUND_EVENTS; i++) {
        if (give(b, batch, value_of(b, serde, i % EVENTS), &err))
            die("produce", &err);
    }
    if (treaty_producer_flush(b->producer, FLUSH_MS, &err))
        die("flush", &err);
    return ROUND_EVENTS * 1e9 / (double)(treaty_clock_mono_ns() - start);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The mean of the middle half: a broker's pause counts for nothing. */
static double middle(double *values)
{
    const int out = ROUNDS / 4;
    double sum = 0;

    qsort(values, ROUNDS, sizeof(*values), compare);
    for (int i = out; i < ROUNDS - out; i++)
        sum += values[i];
    return sum / (double)(ROUNDS - 2 * out);
}

/* Rounds in turn. */
static void report(struct bench *b, const char *name, bool batch)
{
    double raw[ROUNDS];
    double serde[ROUNDS];
    struct bench_figure figure = {.name = name,
                                  .unit = "events/s",
                                  .rival = "raw bytes",
                                  .command = "make bench"};

    for (int i = 0; i < WARM_UP; i++)
        (void)run_round(b, i % 2 != 0, batch);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 2)
            serde[i] = run_round(b, true, batch);
        raw[i] = run_round(b, false, batch);
        if (i % 2 == 0)
            serde[i] = run_round(b, true, batch);
    }
    figure.value = middle(serde);
    figure.rival_value = middle(raw);
    figure.ratio = figure.value / figure.rival_value;
    bench_report(&figure);
}

int main(int argc, char **argv)
{
    struct bench b = {.client = NULL};
    struct treaty_str text;
    struct treaty_error err;

    if (argc != 3) {
        fputs("usage: kafka BOOTSTRAP REGISTRY\n", stderr);
        return 2;
    }
    if (treaty_file_read(&b.keep, TREATY_SOURCE_DIR "/schemas/order-v3.avsc",
                         1 << 20, &text, &err))
        die("schema", &err);
    open_serializer(&b, argv[2], text);
    make_events(&b, text);
    open_producer(&b, argv[1]);
    report(&b, "kafka.produce.ratio.batch", true);
    report(&b, "kafka.produce.ratio.send", false);
    treaty_producer_free(b.producer);
    treaty_serializer_free(b.serializer);
    treaty_scratch_free(b.scratch);
    treaty_client_free(b.client);
    treaty_arena_release(&b.keep);
    return 0;
}
