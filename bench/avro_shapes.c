/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avro.decode.mean20: the geometric mean over twenty schemas of different
 * shapes of how much faster an event decodes than with avro-c, which reuses
 * its value from event to event. Reader and writer are the same schema.
 */
#include "base/error.h"
#include "base/str.h"
#include "format/format.h"
#include "lib/report.h"
#include "lib/timing.h"
#include "plan/plan.h"
#include "record/gen.h"

#include <avro.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVENTS = 512, ROUNDS = 9 };

#define RECORD(name, fields)                                                   \
    "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define ARRAY(type) "{\"type\":\"array\",\"items\":" type "}"
#define MAP(type) "{\"type\":\"map\",\"values\":" type "}"
#define INT "\"int\""
#define LONG "\"long\""
#define FLOAT "\"float\""
#define DOUBLE "\"double\""
#define BOOL "\"boolean\""
#define STRING "\"string\""
#define BYTES "\"bytes\""
#define OPTIONAL(type) "[\"null\"," type "]"
#define FOUR(p, type)                                                          \
    FIELD(p "1", type)                                                         \
    "," FIELD(p "2", type) "," FIELD(p "3", type) "," FIELD(p "4", type)
#define EIGHT(p, type) FOUR(p "a", type) "," FOUR(p "b", type)
#define POINT RECORD("Point", FIELD("x", DOUBLE) "," FIELD("y", DOUBLE))
#define COLOUR                                                                 \
    "{\"type\":\"enum\",\"name\":\"Colour\",\"symbols\":[\"RED\",\"GREEN\","   \
    "\"BLUE\",\"BLACK\"]}"
#define HASH "{\"type\":\"fixed\",\"name\":\"Hash\",\"size\":16}"

static const char *const shapes[] = {
    /* Flat. */
    RECORD("Ints", EIGHT("i", INT)),
    RECORD("Longs", EIGHT("l", LONG)),
    RECORD("Doubles", EIGHT("d", DOUBLE)),
    RECORD("Strings", EIGHT("s", STRING)),
    RECORD("Flags", EIGHT("b", BOOL) "," EIGHT("c", BOOL)),
    RECORD("Mixed", FOUR("i", INT) "," FOUR("s", STRING) "," FOUR(
                        "l", LONG) "," FOUR("f", FLOAT)),
    RECORD("Wide",
           EIGHT("i", INT) "," EIGHT("l", LONG) "," EIGHT(
               "s", STRING) "," EIGHT("d", DOUBLE) "," EIGHT("b", BOOL)),
    RECORD("Blobs", FIELD("id", LONG) "," FOUR("b", BYTES)),
    RECORD("Optional",
           FOUR("s", OPTIONAL(STRING)) "," FOUR("l", OPTIONAL(LONG)) "," FOUR(
               "d", OPTIONAL(DOUBLE))),
    RECORD("Choices", FOUR("u", "[\"int\",\"string\",\"double\"]")),
    RECORD("Enums",
           FIELD("first", COLOUR) "," FIELD("second", "\"Colour\"") "," FIELD(
               "third", "\"Colour\"")),
    RECORD("Hashes",
           FIELD("a", HASH) "," FIELD("b", "\"Hash\"") "," FIELD("size", LONG)),
    /* Nested. */
    RECORD("Nested",
           FIELD("a",
                 RECORD("A", FIELD("b", RECORD("B", FOUR("c", INT))) "," FIELD(
                                 "s", STRING))) "," FIELD("l", LONG)),
    RECORD("Series", FIELD("name", STRING) "," FIELD("at", LONG) "," FIELD(
                         "values", ARRAY(DOUBLE))),
    RECORD("Counts", FIELD("name", STRING) "," FIELD("n", ARRAY(LONG))),
    RECORD("Tags", FIELD("id", LONG) "," FIELD("tags", ARRAY(STRING))),
    RECORD("Path", FIELD("name", STRING) "," FIELD("points", ARRAY(POINT))),
    RECORD("Labels", FIELD("id", LONG) "," FIELD("labels", MAP(STRING))),
    RECORD("Gauges", FIELD("host", STRING) "," FIELD("gauges", MAP(DOUBLE))),
    RECORD("Order",
           FIELD("id", STRING) "," FIELD("status", COLOUR) "," FIELD(
               "lines",
               ARRAY(RECORD(
                   "Line",
                   FIELD("sku", STRING) "," FIELD("qty", INT) "," FIELD(
                       "cents",
                       LONG)))) "," FIELD("note",
                                          OPTIONAL(
                                              STRING)) "," FIELD("tags",
                                                                 MAP(STRING))),
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

struct bench {
    struct treaty_plan *decode;
    void *record;
    struct treaty_arena keep;
    struct treaty_arena scratch;
    struct treaty_str payloads[EVENTS];
    avro_reader_t reader;
    avro_value_t value;
    const char *name;
};

static void die(const struct bench *b, const char *what)
{
    fprintf(stderr, "bench avro_shapes: %s: %s failed\n", b->name, what);
    exit(1);
}

static void make_payloads(struct bench *b, struct treaty_layout *layout,
                          const struct treaty_plan *encode)
{
    struct treaty_gen *gen = NULL;
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (treaty_gen_new(layout, TREATY_GEN_LIKELY, &gen, NULL))
        die(b, "preparing");
    for (uint64_t i = 0; i < EVENTS; i++) {
        const struct treaty_gen_identity identity = {1, i, 5};

        treaty_arena_reset(&b->scratch);
        treaty_buf_clear(&out);
        if (treaty_gen_event(gen, &identity, b->record, &b->scratch) ||
            treaty_plan_encode(encode, b->record, &out, NULL))
            die(b, "encoding");
        b->payloads[i] = treaty_arena_dup(&b->keep, treaty_buf_str(&out));
    }
    treaty_buf_release(&out);
    treaty_gen_free(gen);
}

static void open_avro(struct bench *b, const char *text)
{
    avro_schema_t schema;

    if (avro_schema_from_json_length(text, strlen(text), &schema) ||
        avro_generic_value_new(avro_generic_class_from_schema(schema),
                               &b->value))
        die(b, avro_strerror());
    b->reader = avro_reader_memory(b->payloads[0].data, 0);
}

static void ours(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        for (size_t i = 0; i < EVENTS; i++) {
            treaty_arena_reset(&b->scratch);
            if (treaty_plan_decode(b->decode, b->payloads[i], b->record,
                                   &b->scratch, NULL))
                die(b, "decoding");
            bench_keep(b->record);
        }
    }
}

static void theirs(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        for (size_t i = 0; i < EVENTS; i++) {
            avro_reader_memory_set_source(b->reader, b->payloads[i].data,
                                          (int64_t)b->payloads[i].len);
            (void)avro_value_reset(&b->value);
            if (avro_value_read(b->reader, &b->value))
                die(b, avro_strerror());
        }
    }
}

/* How many times faster ours is on one shape; both times are added up. */
static double run_shape(const char *text, double *ours_ns, double *theirs_ns)
{
    const struct treaty_source source = {.text = treaty_str_z(text)};
    const struct treaty_format *avro = &treaty_format_avro;
    static struct bench b;
    struct bench_contender contenders[] = {
        {.name = "treaty", .fn = ours, .ctx = &b, .units = EVENTS},
        {.name = "avro-c", .fn = theirs, .ctx = &b, .units = EVENTS},
    };
    struct treaty_schema *schema = NULL;
    struct treaty_layout *layout = NULL;
    struct treaty_plan *encode = NULL;

    b = (struct bench){.name = text};
    if (treaty_schema_parse(NULL, &source, &schema, NULL) ||
        avro->layout(schema, &layout, NULL) ||
        avro->encode_plan(schema, layout, NULL, &encode, NULL) ||
        avro->decode_plan(schema, schema, layout, NULL, &b.decode, NULL))
        die(&b, "compiling");
    b.record = treaty_arena_calloc(&b.keep, 1, layout->root->size + 1);
    make_payloads(&b, layout, encode);
    open_avro(&b, text);
    bench_run(contenders, 2, ROUNDS);
    *ours_ns += contenders[0].ns / SHAPES;
    *theirs_ns += contenders[1].ns / SHAPES;
    fprintf(stderr, "%-9.*s %7.1f ns, avro-c %7.1f ns: %.1f\n", 9, text + 25,
            contenders[0].ns, contenders[1].ns,
            contenders[1].ns / contenders[0].ns);
    treaty_plan_unref(encode);
    treaty_plan_unref(b.decode);
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
    treaty_arena_release(&b.keep);
    treaty_arena_release(&b.scratch);
    avro_value_decref(&b.value);
    return contenders[1].ns / contenders[0].ns;
}

int main(void)
{
    struct bench_figure figure = {
        .name = "avro.decode.mean20",
        .unit = "ns",
        .rival = "avro-c",
        .command = "make bench",
    };
    double logarithms = 0;

    bench_pin();
    for (size_t i = 0; i < SHAPES; i++)
        logarithms +=
            log(run_shape(shapes[i], &figure.value, &figure.rival_value));
    figure.ratio = exp(logarithms / SHAPES);
    bench_report(&figure);
    return 0;
}
