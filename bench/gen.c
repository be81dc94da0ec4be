/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gen.order: making one 512-byte Order (v3) from its seed.
 * verify.order: checking one decoded Order: its identity is read, the event is
 * made again and compared field by field through the schema of v2.
 */
#include "record/gen.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "format/format.h"
#include "lib/report.h"
#include "lib/timing.h"
#include "record/verify.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVENTS = 1024 };

struct side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
};

struct bench {
    struct side writer;
    struct side reader;
    struct treaty_gen *gen;
    struct treaty_verify *verify;
    struct treaty_arena keep; /* decoded events */
    struct treaty_arena scratch;
    void *record;
    void *decoded[EVENTS];
    uint64_t next;
    size_t mismatches;
};

static void die(const char *what)
{
    fprintf(stderr, "bench gen: %s failed\n", what);
    exit(1);
}

static struct side open_side(const char *name)
{
    struct treaty_arena arena = {0};
    struct treaty_source source = {.strictness = TREATY_NEW};
    struct side side;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/schemas/%s", TREATY_SOURCE_DIR,
                   name);
    if (treaty_file_read(&arena, path, 1 << 20, &source.text, NULL) ||
        treaty_schema_parse(NULL, &source, &side.schema, NULL) ||
        side.schema->format->layout(side.schema, &side.layout, NULL))
        die(path);
    treaty_arena_release(&arena);
    return side;
}

static struct treaty_gen_identity identity_of(uint64_t i)
{
    return (struct treaty_gen_identity){
        .producer = 1, .sequence = i, .seed = 42};
}

/* Events as a consumer has them: written with v3, decoded with v2. */
static void decode_all(struct bench *b)
{
    const struct treaty_format *format = b->writer.schema->format;
    struct treaty_plan_options options = {0};
    struct treaty_plan *encode = NULL;
    struct treaty_plan *decode = NULL;

    if (format->encode_plan(b->writer.schema, b->writer.layout, &options,
                            &encode, NULL) ||
        format->decode_plan(b->writer.schema, b->reader.schema,
                            b->reader.layout, &options, &decode, NULL))
        die("compiling the plans");
    for (uint64_t i = 0; i < EVENTS; i++) {
        struct treaty_gen_identity identity = identity_of(i);
        struct treaty_str bytes;
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        treaty_arena_reset(&b->scratch);
        b->decoded[i] =
            treaty_arena_calloc(&b->keep, 1, b->reader.layout->root->size);
        if (treaty_gen_event(b->gen, &identity, b->record, &b->scratch) ||
            treaty_plan_encode(encode, b->record, &out, NULL))
            die("encoding");
        bytes = treaty_arena_dup(&b->keep, treaty_buf_str(&out));
        if (treaty_plan_decode(decode, bytes, b->decoded[i], &b->keep, NULL))
            die("decoding");
        treaty_buf_release(&out);
    }
    treaty_plan_unref(encode);
    treaty_plan_unref(decode);
}

static void generate(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        struct treaty_gen_identity identity = identity_of(b->next++);

        treaty_arena_reset(&b->scratch);
        if (treaty_gen_event(b->gen, &identity, b->record, &b->scratch))
            die("generating");
        bench_keep(b->record);
    }
}

static void check(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        const void *decoded = b->decoded[b->next++ % EVENTS];
        struct treaty_gen_identity identity;

        /* `order_id` is the first field of the record. */
        if (!treaty_gen_identity_parse(*(const struct treaty_str *)decoded,
                                       &identity))
            die("reading the identity");
        treaty_arena_reset(&b->scratch);
        if (treaty_gen_event(b->gen, &identity, b->record, &b->scratch))
            die("generating");
        b->mismatches +=
            treaty_verify_event(b->verify, b->record, decoded, NULL, NULL);
    }
}

int main(void)
{
    struct bench b = {.next = 0};
    struct bench_contender contenders[] = {
        {.name = "gen.order", .fn = generate, .ctx = &b, .units = 1},
        {.name = "verify.order", .fn = check, .ctx = &b, .units = 1},
    };

    bench_pin();
    b.writer = open_side("order-v3.avsc");
    b.reader = open_side("order-v2.avsc");
    if (treaty_gen_new(b.writer.layout, TREATY_GEN_LIKELY, &b.gen, NULL) ||
        treaty_verify_new(b.writer.layout, b.reader.layout, &b.verify, NULL))
        die("preparing");
    b.record = treaty_arena_calloc(&b.keep, 1, b.writer.layout->root->size);
    decode_all(&b);
    bench_run(contenders, 2, 31);
    if (b.mismatches)
        die("verifying");
    for (size_t i = 0; i < 2; i++) {
        struct bench_figure figure = {.name = contenders[i].name,
                                      .value = contenders[i].ns,
                                      .unit = "ns",
                                      .command = "make bench"};

        bench_report(&figure);
    }
    return 0;
}
