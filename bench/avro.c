/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Avro on one core: decoding with another version's schema, encoding,
 * projecting four leading fields; beside avro-c and beside straight-line C
 * (lib/floor_avro.c), whose output is compared field by field. Events are of
 * their exact size, one after the other in one block.
 */
#include "base/str.h"
#include "format/format.h"
#include "lib/floor_avro.h"
#include "lib/report.h"
#include "lib/timing.h"
#include "plan/plan.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVENTS = 4096, ROUNDS = 31 };

struct side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    avro_schema_t avro;
};

struct bench {
    struct treaty_arena keep;
    struct treaty_arena scratch;
    struct order *orders;
    struct treaty_str payloads[EVENTS];
    struct treaty_plan *decode;
    struct treaty_plan *project;
    struct treaty_plan *encode;
    struct treaty_buf out;
    avro_reader_t reader;
    avro_writer_t writer;
    char avro_out[4096];
    avro_value_t resolved; /* over `order9`, as the writer writes it */
    avro_value_t order9;
    avro_value_t resolved4;
    avro_value_t order4;
    avro_value_t values[EVENTS];
};

static void die(const char *what)
{
    fprintf(stderr, "bench avro: %s failed\n", what);
    exit(1);
}

static struct side open_side(const char *text)
{
    const struct treaty_source source = {.text = treaty_str_z(text)};
    struct side side = {0};

    if (treaty_schema_parse(NULL, &source, &side.schema, NULL) ||
        side.schema->format->layout(side.schema, &side.layout, NULL) ||
        avro_schema_from_json_length(text, strlen(text), &side.avro))
        die("parsing");
    return side;
}

static struct treaty_plan *decoder(const struct side *writer,
                                   const struct side *reader)
{
    struct treaty_plan *plan = NULL;
    struct treaty_error err;

    if (reader->schema->format->decode_plan(writer->schema, reader->schema,
                                            reader->layout, NULL, &plan,
                                            &err)) {
        fprintf(stderr, "%s\n", err.message);
        die("compiling");
    }
    return plan;
}

/* avro-c: a value of the reader's type, seen as the writer writes it. */
static void open_resolved(const struct side *writer, const struct side *reader,
                          avro_value_t *ret, avro_value_t *value)
{
    avro_value_iface_t *plain = avro_generic_class_from_schema(reader->avro);
    avro_value_iface_t *seen =
        avro_resolved_writer_new(writer->avro, reader->avro);

    if (!plain || !seen || avro_generic_value_new(plain, value) ||
        avro_resolved_writer_new_value(seen, ret))
        die(avro_strerror());
    avro_resolved_writer_set_dest(ret, value);
}

static void open_avro(struct bench *b, const struct side *full)
{
    avro_value_iface_t *plain = avro_generic_class_from_schema(full->avro);

    b->reader = avro_reader_memory(b->payloads[0].data, 0);
    b->writer = avro_writer_memory(b->avro_out, sizeof(b->avro_out));
    for (size_t i = 0; i < EVENTS; i++) {
        avro_reader_memory_set_source(b->reader, b->payloads[i].data,
                                      (int64_t)b->payloads[i].len);
        if (avro_generic_value_new(plain, &b->values[i]) ||
            avro_value_read(b->reader, &b->values[i]))
            die(avro_strerror());
    }
}

/* Encode everything into one block, each payload right behind the other. */
static void make_payloads(struct bench *b)
{
    struct treaty_buf all;
    size_t ends[EVENTS];
    struct treaty_str block;

    treaty_buf_init(&all, 0);
    for (size_t i = 0; i < EVENTS; i++) {
        if (treaty_plan_encode(b->encode, &b->orders[i], &all, NULL))
            die("encoding");
        ends[i] = all.len;
    }
    /* No byte of slack behind the last one. */
    block.data = malloc(all.len);
    block.len = all.len;
    memcpy((char *)(uintptr_t)block.data, all.data, all.len);
    for (size_t i = 0; i < EVENTS; i++) {
        size_t start = i ? ends[i - 1] : 0;

        b->payloads[i] = treaty_str_sub(block, start, ends[i] - start);
    }
    fprintf(stderr, "%zu bytes an event\n", all.len / EVENTS);
    treaty_buf_release(&all);
}

#define EACH_EVENT(i) for (size_t i = 0; i < EVENTS; i++)

static void ours_decode(void *ctx, uint64_t times)
{
    struct bench *b = ctx;
    struct order9 order;

    while (times--) {
        EACH_EVENT(i)
        {
            treaty_arena_reset(&b->scratch);
            if (treaty_plan_decode(b->decode, b->payloads[i], &order,
                                   &b->scratch, NULL))
                die("decoding");
            bench_keep(&order);
        }
    }
}

static void floor_decodes(void *ctx, uint64_t times)
{
    struct bench *b = ctx;
    struct order9 order;

    while (times--) {
        EACH_EVENT(i)
        {
            treaty_arena_reset(&b->scratch);
            if (floor_decode(b->payloads[i], &order, &b->scratch, NULL))
                die("the floor's decoding");
            bench_keep(&order);
        }
    }
}

static void avro_reads(struct bench *b, avro_value_t *value,
                       const avro_value_t *reset)
{
    EACH_EVENT(i)
    {
        avro_reader_memory_set_source(b->reader, b->payloads[i].data,
                                      (int64_t)b->payloads[i].len);
        (void)avro_value_reset(reset);
        if (avro_value_read(b->reader, value))
            die(avro_strerror());
    }
}

static void avro_decode(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--)
        avro_reads(b, &b->resolved, &b->order9);
}

static void ours_project(void *ctx, uint64_t times)
{
    struct bench *b = ctx;
    struct order4 order;

    while (times--) {
        EACH_EVENT(i)
        {
            if (treaty_plan_decode(b->project, b->payloads[i], &order, NULL,
                                   NULL))
                die("projecting");
            bench_keep(&order);
        }
    }
}

static void floor_projects(void *ctx, uint64_t times)
{
    struct bench *b = ctx;
    struct order4 order;

    while (times--) {
        EACH_EVENT(i)
        {
            if (floor_project(b->payloads[i], &order, NULL))
                die("the floor's projecting");
            bench_keep(&order);
        }
    }
}

static void avro_project(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--)
        avro_reads(b, &b->resolved4, &b->order4);
}

static void ours_encode(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            treaty_buf_clear(&b->out);
            if (treaty_plan_encode(b->encode, &b->orders[i], &b->out, NULL))
                die("encoding");
            bench_keep(b->out.data);
        }
    }
}

static void floor_encodes(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            treaty_buf_clear(&b->out);
            if (floor_encode(&b->orders[i], &b->out, NULL))
                die("the floor's encoding");
            bench_keep(b->out.data);
        }
    }
}

static void avro_encode(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            avro_writer_reset(b->writer);
            if (avro_value_write(b->writer, &b->values[i]))
                die(avro_strerror());
        }
    }
}

/* The floor and the product must agree before either is timed. */
static void check_equal(struct bench *b)
{
    EACH_EVENT(i)
    {
        struct order9 x = {.ts = 1};
        struct order9 y = {.ts = 2};
        struct order4 p = {.account_id = 1};
        struct order4 q = {.account_id = 2};

        treaty_arena_reset(&b->scratch);
        if (treaty_plan_decode(b->decode, b->payloads[i], &x, &b->scratch,
                               NULL) ||
            floor_decode(b->payloads[i], &y, &b->scratch, NULL) ||
            !order9_equal(&x, &y))
            die("comparing what is decoded");
        if (treaty_plan_decode(b->project, b->payloads[i], &p, NULL, NULL) ||
            floor_project(b->payloads[i], &q, NULL) || !order4_equal(&p, &q))
            die("comparing what is projected");
        treaty_buf_clear(&b->out);
        if (floor_encode(&b->orders[i], &b->out, NULL) ||
            !treaty_str_eq(treaty_buf_str(&b->out), b->payloads[i]))
            die("comparing what is encoded");
        avro_writer_reset(b->writer);
        if (avro_value_write(b->writer, &b->values[i]) ||
            !treaty_str_eq(
                (struct treaty_str){b->avro_out,
                                    (size_t)avro_writer_tell(b->writer)},
                b->payloads[i]))
            die("comparing with avro-c");
    }
}

static void run(struct bench *b, const char *name, bench_fn ours,
                bench_fn rival, bench_fn straight)
{
    struct bench_contender contenders[] = {
        {.name = name, .fn = ours, .ctx = b, .units = EVENTS},
        {.name = "avro-c", .fn = rival, .ctx = b, .units = EVENTS},
        {.name = "floor", .fn = straight, .ctx = b, .units = EVENTS},
    };
    char floor_name[64];
    struct bench_figure figure = {
        .name = name,
        .unit = "ns",
        .rival = "avro-c",
        .command = "make bench",
    };

    bench_run(contenders, 3, ROUNDS);
    figure.value = contenders[0].ns;
    figure.rival_value = contenders[1].ns;
    figure.ratio = contenders[1].ns / contenders[0].ns;
    bench_report(&figure);
    (void)snprintf(floor_name, sizeof(floor_name), "%s.floor", name);
    figure.name = floor_name;
    figure.rival = "straight-line C";
    figure.rival_value = contenders[2].ns;
    figure.ratio = contenders[0].ns / contenders[2].ns;
    bench_report(&figure);
}

int main(void)
{
    static struct bench b;
    struct side full = open_side(order_writer_schema);
    struct side nine = open_side(order9_schema);
    struct side four = open_side(order4_schema);

    bench_pin();
    treaty_buf_init(&b.out, 0);
    b.orders = TREATY_ARENA_NEW_N(&b.keep, struct order, EVENTS);
    if (full.layout->root->size != sizeof(struct order) ||
        nine.layout->root->size != sizeof(struct order9) || !b.orders)
        die("preparing");
    order_make(&b.keep, b.orders, EVENTS, 1);
    if (full.schema->format->encode_plan(full.schema, full.layout, NULL,
                                         &b.encode, NULL))
        die("compiling");
    b.decode = decoder(&full, &nine);
    b.project = decoder(&full, &four);
    make_payloads(&b);
    open_avro(&b, &full);
    open_resolved(&full, &nine, &b.resolved, &b.order9);
    open_resolved(&full, &four, &b.resolved4, &b.order4);
    check_equal(&b);

    run(&b, "avro.decode.resolved", ours_decode, avro_decode, floor_decodes);
    run(&b, "avro.encode", ours_encode, avro_encode, floor_encodes);
    run(&b, "avro.project4", ours_project, avro_project, floor_projects);
    return 0;
}
