/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Avro beside Protobuf: the same events of `treaty gen` (Order v3, one seed),
 * encoded from and decoded into the same struct of an application, which reads
 * them with v4. Five ways, each a word at the end of a figure's name:
 *
 *     payload         what the format makes, alone
 *     none            framed, in the records of Kafka batches of 1,000
 *     lz4 zstd gzip   the same, and each batch compressed
 *
 * and `first4`: the first four fields alone of a payload, decoded by a reader
 * who has no use for the others.
 *
 * Bytes and nanoseconds are of one event. Before anything is timed, the
 * events are made once more by the Protobuf schema itself: they must be the
 * same byte for byte, and both formats must give the same struct.
 */
#include "base/file.h"
#include "base/str.h"
#include "format/format.h"
#include "lib/kafka_records.h"
#include "lib/report.h"
#include "lib/squeeze.h"
#include "lib/timing.h"
#include "record/gen.h"
#include "record/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 1000, BATCHES = 4, EVENTS = BATCH * BATCHES };
enum { ROUNDS = 15, ID = 1 };

struct item {
    struct treaty_str sku;
    int32_t qty;
    int64_t price_cents;
};

struct order {
    struct treaty_str order_id;
    int64_t account_id;
    struct treaty_enum status;
    int64_t amount_cents;
    struct treaty_str currency;
    int64_t ts;
    struct treaty_array items;
    struct treaty_str texts[5];
    bool has[5];
};

#define FIELD(name, kind_)                                                     \
    {                                                                          \
        .path = #name, .kind = TREATY_KIND_##kind_,                            \
        .offset = offsetof(struct order, name)                                 \
    }
#define IN_ITEM(name, kind_)                                                   \
    {                                                                          \
        .path = "items[]." #name, .kind = TREATY_KIND_##kind_,                 \
        .offset = offsetof(struct item, name)                                  \
    }
#define TEXT(name, i)                                                          \
    {                                                                          \
        .path = (name), .kind = TREATY_KIND_STRING, .optional = true,          \
        .offset = offsetof(struct order, texts[i]),                            \
        .flag_offset = offsetof(struct order, has[i])                          \
    }

static const char *const statuses[] = {"PLACED", "PAID", "SHIPPED", NULL};

/* The last row is of v3 alone: v4 has no such field. */
static const struct treaty_binding rows[] = {
    FIELD(order_id, STRING),
    FIELD(account_id, INT64),
    {.path = "status",
     .kind = TREATY_KIND_ENUM,
     .offset = offsetof(struct order, status),
     .symbols = statuses},
    FIELD(amount_cents, INT64),
    FIELD(currency, STRING),
    FIELD(ts, INT64),
    FIELD(items, ARRAY),
    {.path = "items[]",
     .kind = TREATY_KIND_RECORD,
     .size = sizeof(struct item)},
    IN_ITEM(sku, STRING),
    IN_ITEM(qty, INT32),
    IN_ITEM(price_cents, INT64),
    TEXT("shipping_address", 0),
    TEXT("user_agent", 1),
    TEXT("trace_id", 2),
    TEXT("note", 3),
    TEXT("customer_email", 4),
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), FIRST = 4 };

struct side {
    const char *name;
    struct treaty_str indexes;  /* what a frame has between id and payload */
    struct treaty_plan *encode; /* by v3, from struct order */
    struct treaty_plan *full;   /* written by v3, read by v3 */
    struct treaty_plan *decode; /* written by v3, read by v4 */
    struct treaty_plan *first;  /* the first fields of v3 */
    struct treaty_schema *writer;
    struct treaty_layout *app;
    size_t payload_size; /* of all events */
    struct treaty_str payloads[EVENTS];
};

/* One format on one way. */
struct job {
    const struct side *side;
    const struct bench_squeeze *squeeze; /* NULL: none */
    bool bare;                           /* payloads alone */
    struct treaty_str packed[BATCHES];
    size_t sizes[BATCHES]; /* of them, before compression */
    size_t packed_size;    /* of all */
    struct treaty_buf frame;
    struct treaty_buf batch;
    struct treaty_buf squeezed;
};

static struct order orders[EVENTS];
static struct treaty_arena keep;
static struct treaty_arena scratch;

static void die(const char *what)
{
    fprintf(stderr, "bench formats: %s failed\n", what);
    exit(1);
}

static struct treaty_schema *open_schema(const struct treaty_format *format,
                                         const char *name)
{
    struct treaty_source source = {.strictness = TREATY_NEW};
    struct treaty_schema *schema;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/schemas/%s", TREATY_SOURCE_DIR,
                   name);
    if (treaty_file_read(&keep, path, 1 << 20, &source.text, NULL) ||
        treaty_schema_parse(format, &source, &schema, NULL))
        die(path);
    return schema;
}

static void open_side(struct side *side, const struct treaty_format *format,
                      const char *v3, const char *v4)
{
    const struct treaty_plan_options options = {.walk_to_end = true};
    struct treaty_schema *reader = open_schema(format, v4);
    struct treaty_layout *app4;
    struct treaty_layout *app_first;
    struct treaty_error err = {0};

    side->writer = open_schema(format, v3);
    side->indexes = side->writer->indexes;
    if (treaty_layout_from_bindings(rows, ROWS, sizeof(struct order),
                                    &side->app, &err) ||
        treaty_layout_from_bindings(rows, ROWS - 1, sizeof(struct order), &app4,
                                    &err) ||
        treaty_layout_from_bindings(rows, FIRST, sizeof(struct order),
                                    &app_first, &err) ||
        format->encode_plan(side->writer, side->app, &options, &side->encode,
                            &err) ||
        format->decode_plan(side->writer, side->writer, side->app, &options,
                            &side->full, &err) ||
        format->decode_plan(side->writer, reader, app4, &options, &side->decode,
                            &err) ||
        format->decode_plan(side->writer, side->writer, app_first, NULL,
                            &side->first, &err)) {
        fprintf(stderr, "%s: %s\n", side->name, err.message);
        die("compiling");
    }
}

/* What the schema's own generator and encoder make of each identity. */
static void make_payloads(struct side *side)
{
    const struct treaty_format *format = side->writer->format;
    struct treaty_layout *natural;
    struct treaty_plan *encode;
    struct treaty_gen *gen;
    struct treaty_buf out = {0};
    void *record;

    if (format->layout(side->writer, &natural, NULL) ||
        format->encode_plan(side->writer, natural, NULL, &encode, NULL) ||
        treaty_gen_new(natural, TREATY_GEN_LIKELY, &gen, NULL))
        die("preparing the generator");
    record = treaty_arena_calloc(&keep, 1, natural->root->size);
    for (uint64_t i = 0; i < EVENTS; i++) {
        const struct treaty_gen_identity identity = {
            .producer = 1, .sequence = i, .seed = 42};

        treaty_buf_clear(&out);
        if (treaty_gen_event(gen, &identity, record, &keep) ||
            treaty_plan_encode(encode, record, &out, NULL))
            die("generating");
        side->payloads[i] = treaty_arena_dup(&keep, treaty_buf_str(&out));
        side->payload_size += out.len;
    }
    treaty_buf_release(&out);
}

static void print_order(const struct side *side, const struct order *order,
                        struct treaty_buf *text)
{
    treaty_buf_clear(text);
    treaty_record_write(text, side->app->root, order, TREATY_TEXT_PLAIN);
}

/* One event, read by both, is one struct; and that gives both payloads. */
static void check_event(const struct side *sides, size_t i)
{
    struct order other = {.ts = 1};
    struct order first = {.ts = 2};
    struct treaty_buf text[2] = {{0}, {0}};
    struct treaty_buf out = {0};

    if (treaty_plan_decode(sides[0].full, sides[0].payloads[i], &orders[i],
                           &keep, NULL) ||
        treaty_plan_decode(sides[1].full, sides[1].payloads[i], &other, &keep,
                           NULL))
        die("decoding");
    print_order(&sides[0], &orders[i], &text[0]);
    print_order(&sides[1], &other, &text[1]);
    if (!treaty_str_eq(treaty_buf_str(&text[0]), treaty_buf_str(&text[1])))
        die("comparing the events of both formats");
    for (size_t s = 0; s < 2; s++) {
        if (treaty_plan_decode(sides[s].first, sides[s].payloads[i], &first,
                               NULL, NULL) ||
            !treaty_str_eq(first.order_id, other.order_id) ||
            first.amount_cents != other.amount_cents)
            die("comparing the first fields");
        treaty_buf_clear(&out);
        if (treaty_plan_encode(sides[s].encode, &orders[i], &out, NULL) ||
            !treaty_str_eq(treaty_buf_str(&out), sides[s].payloads[i]))
            die("comparing with what the generator made");
    }
    treaty_buf_release(&out);
    treaty_buf_release(&text[0]);
    treaty_buf_release(&text[1]);
}

static void encode_frame(struct job *job, const struct order *order)
{
    treaty_buf_clear(&job->frame);
    if (!job->bare) {
        char *head = treaty_buf_reserve(&job->frame, TREATY_FRAME_ID_SIZE);

        if (!head)
            die("memory");
        treaty_frame_write_id(head, ID);
        job->frame.len = TREATY_FRAME_ID_SIZE;
        treaty_buf_put(&job->frame, job->side->indexes);
    }
    if (treaty_plan_encode(job->side->encode, order, &job->frame, NULL))
        die("encoding");
}

static void encode_batch(struct job *job, size_t number)
{
    treaty_buf_clear(&job->batch);
    for (size_t i = 0; i < BATCH; i++) {
        encode_frame(job, &orders[number * BATCH + i]);
        if (!job->bare)
            bench_put_record(&job->batch, i, treaty_buf_str(&job->frame));
        bench_keep(job->frame.data);
    }
    if (job->squeeze &&
        !job->squeeze->pack(treaty_buf_str(&job->batch), &job->squeezed))
        die("compressing");
}

static void encode(void *ctx, uint64_t times)
{
    while (times--) {
        for (size_t i = 0; i < BATCHES; i++)
            encode_batch(ctx, i);
    }
}

static void decode_event(const struct side *side, struct treaty_str payload,
                         struct order *order)
{
    treaty_arena_reset(&scratch);
    if (treaty_plan_decode(side->decode, payload, order, &scratch, NULL))
        die("decoding");
    bench_keep(order);
}

static void decode_bare(const struct side *side)
{
    struct order order;

    for (size_t i = 0; i < EVENTS; i++)
        decode_event(side, side->payloads[i], &order);
}

static void decode_first(void *ctx, uint64_t times)
{
    const struct job *job = ctx;
    const struct side *side = job->side;
    struct order order = {0};

    while (times--) {
        for (size_t i = 0; i < EVENTS; i++) {
            if (treaty_plan_decode(side->first, side->payloads[i], &order, NULL,
                                   NULL))
                die("decoding the first fields");
            bench_keep(&order);
        }
    }
}

static struct treaty_str behind_indexes(const struct side *side,
                                        struct treaty_str bytes)
{
    size_t len = side->indexes.len;

    /* Comparing nothing with NULL takes longer than decoding an event. */
    if (!len)
        return bytes;
    if (bytes.len < len || memcmp(bytes.data, side->indexes.data, len) != 0)
        die("reading the indexes");
    return treaty_str_sub(bytes, len, bytes.len - len);
}

static void decode_batch(struct job *job, size_t number)
{
    struct treaty_str batch = job->packed[number];
    struct order order;
    const char *at;

    if (job->squeeze) {
        if (!job->squeeze->unpack(batch, job->sizes[number], &job->squeezed))
            die("decompressing");
        batch = treaty_buf_str(&job->squeezed);
    }
    at = batch.data;
    for (size_t i = 0; i < BATCH; i++) {
        struct treaty_str value = bench_take_record(&at);
        struct treaty_str none = {0};
        struct treaty_frame frame;

        if (treaty_frame_parse(value, none, &frame, NULL) || frame.id != ID)
            die("reading a frame");
        decode_event(job->side, behind_indexes(job->side, frame.payload),
                     &order);
    }
    if (at != batch.data + batch.len)
        die("reading a batch to its end");
}

static void decode(void *ctx, uint64_t times)
{
    struct job *job = ctx;

    while (times--) {
        if (job->bare)
            decode_bare(job->side);
        for (size_t i = 0; i < BATCHES && !job->bare; i++)
            decode_batch(job, i);
    }
}

static struct job open_job(const struct side *side,
                           const struct bench_squeeze *squeeze, bool bare)
{
    struct job job = {.side = side, .squeeze = squeeze, .bare = bare};

    for (size_t i = 0; i < BATCHES && !bare; i++) {
        encode_batch(&job, i);
        job.sizes[i] = job.batch.len;
        job.packed[i] = treaty_arena_dup(
            &keep, treaty_buf_str(squeeze ? &job.squeezed : &job.batch));
        job.packed_size += job.packed[i].len;
    }
    if (bare)
        job.packed_size = side->payload_size;
    return job;
}

static void close_job(struct job *job)
{
    treaty_buf_release(&job->frame);
    treaty_buf_release(&job->batch);
    treaty_buf_release(&job->squeezed);
}

/* Avro's figure, and Protobuf's with Avro for a rival. */
static void report(const char *what, const char *way, const char *unit,
                   const double *values)
{
    char name[80];
    struct bench_figure figure = {
        .name = name, .unit = unit, .command = "make bench"};

    (void)snprintf(name, sizeof(name), "formats.avro.%s.%s", what, way);
    figure.value = values[0];
    bench_report(&figure);
    (void)snprintf(name, sizeof(name), "formats.protobuf.%s.%s", what, way);
    figure.value = values[1];
    figure.rival = "Avro";
    figure.rival_value = values[0];
    figure.ratio = values[0] / values[1];
    bench_report(&figure);
}

static void time_both(const char *what, const char *way, bench_fn fn,
                      struct job *jobs)
{
    struct bench_contender contenders[] = {
        {.name = "avro", .fn = fn, .ctx = &jobs[0], .units = EVENTS},
        {.name = "protobuf", .fn = fn, .ctx = &jobs[1], .units = EVENTS},
    };
    double ns[2];

    bench_run(contenders, 2, ROUNDS);
    ns[0] = contenders[0].ns;
    ns[1] = contenders[1].ns;
    report(what, way, "ns", ns);
}

static void run(const struct side *sides, const char *way,
                const struct bench_squeeze *squeeze, bool bare)
{
    struct job jobs[2];
    double bytes[2];

    for (size_t s = 0; s < 2; s++) {
        jobs[s] = open_job(&sides[s], squeeze, bare);
        bytes[s] = (double)jobs[s].packed_size / EVENTS;
    }
    report("bytes", way, "bytes", bytes);
    time_both("encode", way, encode, jobs);
    time_both("decode", way, decode, jobs);
    if (bare)
        time_both("decode", "first4", decode_first, jobs);
    close_job(&jobs[0]);
    close_job(&jobs[1]);
}

int main(void)
{
    static struct side sides[2] = {{.name = "avro"}, {.name = "protobuf"}};

    bench_pin();
    open_side(&sides[0], &treaty_format_avro, "order-v3.avsc", "order-v4.avsc");
    open_side(&sides[1], &treaty_format_protobuf,
              "order/protobuf/order-v3.proto", "order/protobuf/order-v4.proto");
    make_payloads(&sides[0]);
    make_payloads(&sides[1]);
    for (size_t i = 0; i < EVENTS; i++)
        check_event(sides, i);
    run(sides, "payload", NULL, true);
    run(sides, "none", NULL, false);
    for (const struct bench_squeeze *s = bench_squeezes; s->name; s++)
        run(sides, s->name, s, false);
    return 0;
}
