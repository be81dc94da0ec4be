/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an Avro payload, against a random pair of schemas.
 *
 *     2 bytes   which pair
 *     1 byte    bit 0: what follows is a payload; else an event is made and
 *               encoded, 1 byte: which one, then changed at each pair of
 *               bytes {where, what}, and cut at one {255, where}
 *               bit 1: walk to the end
 *     the rest
 *
 * What must hold, beyond that nothing past the payload is read:
 *
 * 1. Both loops give the same value or the same failure.
 * 2. A failure has a code, a place in the payload or none, and a message.
 * 3. What the writer's own plan reads, the plain decoder of `annotate` reads.
 * 4. Read, written and read again it is the same value and the same bytes.
 * 5. What was written so fails the reader only where the plan says it can. (Of
 *    the payload itself this is not true: the size of a block may be a lie,
 *    which only those see who skip it.)
 */
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/format.h"
#include "harness/schema_pair.h"
#include "plan/build.h"
#include "record/gen.h"
#include "record/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)                                                          \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

enum { SLOTS = 2048, PAYLOAD_MAX = 2048, MEMORY_MAX = 1 << 20 };

/* How one side of a pair is read: by this machine's loop and the portable. */
struct side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *native;
    struct treaty_plan *portable;
};

struct pair {
    int number;
    struct side writer;    /* walks to the end */
    struct side reader[2]; /* one does not; made when asked for */
    struct treaty_plan *encode;
    struct treaty_gen *gen;
};

/* What a decode came to. */
struct outcome {
    enum treaty_code code;
    struct treaty_error err;
    struct treaty_buf text;
    size_t used;
    void *record;
    struct treaty_arena arena;
};

static void make_side(struct side *side, const struct treaty_schema *writer,
                      struct treaty_str text, bool walk)
{
    const struct treaty_source source = {.text = text};
    const struct treaty_plan_options options = {.walk_to_end = walk,
                                                .memory_max = MEMORY_MAX};
    struct treaty_plan **const plans[] = {&side->native, &side->portable};

    REQUIRE(treaty_schema_parse(NULL, &source, &side->schema, NULL) ==
            TREATY_OK);
    if (!writer)
        writer = side->schema;
    REQUIRE(writer->format->layout(side->schema, &side->layout, NULL) ==
            TREATY_OK);
    for (int i = 0; i < 2; i++)
        REQUIRE(writer->format->decode_plan(writer, side->schema, side->layout,
                                            &options, plans[i],
                                            NULL) == TREATY_OK);
    treaty_plan_set_portable(side->portable);
}

static void free_side(struct side *side)
{
    treaty_plan_unref(side->native);
    treaty_plan_unref(side->portable);
    treaty_layout_unref(side->layout);
    treaty_schema_unref(side->schema);
}

static void free_pair(struct pair *pair)
{
    free_side(&pair->writer);
    free_side(&pair->reader[0]);
    free_side(&pair->reader[1]);
    treaty_plan_unref(pair->encode);
    treaty_gen_free(pair->gen);
    *pair = (struct pair){0};
}

/* Schemas without any event have no generator. */
static void make_writer(struct pair *pair, struct treaty_str text)
{
    make_side(&pair->writer, NULL, text, true);
    REQUIRE(pair->writer.schema->format->encode_plan(
                pair->writer.schema, pair->writer.layout, NULL, &pair->encode,
                NULL) == TREATY_OK);
    if (treaty_gen_new(pair->writer.layout, TREATY_GEN_EDGE, &pair->gen, NULL))
        pair->gen = NULL;
}

/* Compiling takes longer than decoding, so pairs are kept. */
static struct pair *get_pair(int number, bool walk)
{
    static struct pair slots[SLOTS];
    struct pair *pair = &slots[number % SLOTS];
    struct schema_pair texts;
    struct treaty_rng rng;

    if (pair->number != number)
        free_pair(pair);
    if (pair->reader[walk].native)
        return pair;
    treaty_rng_init(&rng, (uint64_t)number);
    schema_pair_make(&rng, (unsigned)number % 3 * 40, &texts);
    pair->number = number;
    if (!pair->encode)
        make_writer(pair, treaty_buf_str(&texts.writer));
    make_side(&pair->reader[walk], pair->writer.schema,
              treaty_buf_str(&texts.reader), walk);
    schema_pair_release(&texts);
    return pair;
}

static void decode(struct outcome *o, const struct treaty_plan *plan,
                   const struct treaty_type *type, struct treaty_str payload)
{
    *o = (struct outcome){.record = calloc(1, type->size + 1)};
    REQUIRE(o->record);
    treaty_buf_init(&o->text, 0);
    o->code = treaty_plan_decode_prefix(plan, payload, o->record, &o->arena,
                                        &o->used, &o->err);
    if (o->code == TREATY_OK) {
        REQUIRE(o->used <= payload.len);
        treaty_record_write(&o->text, type, o->record, TREATY_TEXT_AVRO);
        return;
    }
    REQUIRE(o->err.code == o->code && o->err.message[0]);
    REQUIRE(o->err.offset <= payload.len || o->err.offset == TREATY_NO_OFFSET);
    REQUIRE(treaty_utf8_valid(treaty_str_z(o->err.message)));
    REQUIRE(treaty_utf8_valid(treaty_str_z(o->err.path)));
}

static void release(struct outcome *o)
{
    free(o->record);
    treaty_arena_release(&o->arena);
    treaty_buf_release(&o->text);
}

/* By both loops, which must agree; the outcome of one. */
static void decode_twice(struct outcome *o, const struct side *side,
                         struct treaty_str payload)
{
    const struct treaty_type *type = side->layout->root;
    struct outcome other;

    decode(o, side->native, type, payload);
    decode(&other, side->portable, type, payload);
    REQUIRE(o->code == other.code && o->used == other.used);
    REQUIRE(
        treaty_str_eq(treaty_buf_str(&o->text), treaty_buf_str(&other.text)));
    if (o->code)
        REQUIRE(o->err.offset == other.err.offset &&
                strcmp(o->err.path, other.err.path) == 0);
    release(&other);
}

static bool is_foreseen(const struct treaty_plan *plan,
                        const struct treaty_error *err)
{
    size_t count;
    const struct treaty_plan_note *notes = treaty_plan_fails(plan, &count);

    for (size_t i = 0; i < count; i++)
        if (notes[i].code == err->code)
            return true;
    return false;
}

static void ignore(void *ctx, const struct treaty_span *span)
{
    (void)ctx;
    (void)span;
}

/* It shows less than a plan reads: fewer levels and pieces. */
static void check_annotated(const struct pair *pair, struct treaty_str payload)
{
    const struct treaty_schema *schema = pair->writer.schema;
    enum treaty_code code =
        schema->format->annotate(schema, payload, ignore, NULL, NULL);

    REQUIRE(code == TREATY_OK || code == TREATY_ELIMIT ||
            code == TREATY_EDEPTH);
}

static void check_reader(const struct side *reader, struct treaty_str payload)
{
    struct outcome read;

    decode_twice(&read, reader, payload);
    REQUIRE(!read.code || is_foreseen(reader->native, &read.err));
    release(&read);
}

static void check_again(const struct pair *pair, bool walk,
                        const struct outcome *first)
{
    const struct treaty_type *type = pair->writer.layout->root;
    struct outcome second;
    struct treaty_buf once;
    struct treaty_buf twice;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    REQUIRE(treaty_plan_encode(pair->encode, first->record, &once, NULL) ==
            TREATY_OK);
    decode(&second, pair->writer.native, type, treaty_buf_str(&once));
    REQUIRE(second.code == TREATY_OK && second.used == once.len);
    REQUIRE(treaty_str_eq(treaty_buf_str(&first->text),
                          treaty_buf_str(&second.text)));
    REQUIRE(treaty_plan_encode(pair->encode, second.record, &twice, NULL) ==
            TREATY_OK);
    REQUIRE(treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&twice)));
    check_reader(&pair->reader[walk], treaty_buf_str(&once));
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
    release(&second);
}

static void check_payload(const struct pair *pair, bool walk,
                          struct treaty_str payload)
{
    struct outcome own;
    struct outcome read;

    decode_twice(&own, &pair->writer, payload);
    decode_twice(&read, &pair->reader[walk], payload);
    if (own.code == TREATY_OK) {
        check_annotated(pair, payload);
        check_again(pair, walk, &own);
    }
    release(&own);
    release(&read);
}

/* An event of the writer's, changed as `rest` says. */
static void make_payload(const struct pair *pair, struct treaty_str rest,
                         struct treaty_buf *out)
{
    const struct treaty_gen_identity identity = {
        1, rest.len ? (uint8_t)rest.data[0] : 0, 1};
    void *event = calloc(1, pair->writer.layout->root->size + 1);
    struct treaty_arena arena = {0};

    REQUIRE(event);
    REQUIRE(treaty_gen_event(pair->gen, &identity, event, &arena) == TREATY_OK);
    REQUIRE(treaty_plan_encode(pair->encode, event, out, NULL) == TREATY_OK);
    for (size_t i = 1; i + 1 < rest.len && out->len; i += 2) {
        size_t at = (uint8_t)rest.data[i];

        if (at == 255)
            out->len = (uint8_t)rest.data[i + 1] % (out->len + 1);
        else
            out->data[at % out->len] = rest.data[i + 1];
    }
    treaty_arena_release(&arena);
    free(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct treaty_str rest = {(const char *)data, size};
    struct treaty_buf made;
    struct pair *pair;
    char *block;
    bool walk;

    if (size < 3)
        return 0;
    walk = data[2] & 2;
    pair = get_pair(data[0] << 8 | data[1], walk);
    rest = treaty_str_sub(rest, 3, size);
    treaty_buf_init(&made, 0);
    if (!(data[2] & 1) && pair->gen) {
        make_payload(pair, rest, &made);
        rest = treaty_buf_str(&made);
    }
    if (rest.len > PAYLOAD_MAX)
        rest.len = 0; /* large events of recursive types take too long */
    /* A block of just its size, so that one byte too far is seen. */
    block = malloc(rest.len ? rest.len : 1);
    REQUIRE(block);
    if (rest.len)
        memcpy(block, rest.data, rest.len);
    check_payload(pair, walk, (struct treaty_str){block, rest.len});
    free(block);
    treaty_buf_release(&made);
    return 0;
}
