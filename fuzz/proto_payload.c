/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Protobuf payload, against a random pair of schemas.
 *
 *     2 bytes   which pair
 *     1 byte    bit 0: what follows is a payload; else an event is made and
 *               encoded, 1 byte: which one, then changed at each pair of
 *               bytes {where, what}, and cut at one {255, where}
 *               bit 1: unknown fields are kept
 *               bit 2: behind the event stands another, to be merged with it
 *     the rest
 *
 * What must hold, beyond that nothing past the payload is read:
 *
 * 1. Both loops give the same value or the same failure, and write the same.
 * 2. A failure has a code, a place in the payload or none, and a message.
 * 3. What a plan reads is what a plain decoder reads, by either schema; where
 *    the one refuses so does the other, but that only plans have limits.
 * 4. Read, written and read again it is the same value and the same bytes.
 *    (Unknown fields that are kept come last when written, in fewer pieces.)
 * 5. What was written so under the writer's schema, without unknown fields,
 *    fails the reader only where the plan says it can.
 * 6. What the writer's own plan reads, `annotate` reads.
 */
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "harness/proto_pair.h"
#include "harness/proto_reference.h"
#include "plan/build.h"
#include "record/gen.h"
#include "unit/format/proto_support.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)                                                          \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

enum { SLOTS = 1024, PAYLOAD_MAX = 2048, MEMORY_MAX = 1 << 20 };

/* One schema of a pair, with or without unknown fields. */
struct side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *native; /* reads what the writer wrote */
    struct treaty_plan *portable;
    struct treaty_plan *own; /* reads what `encode` writes */
    struct treaty_plan *encode;
    struct treaty_plan *encode_portable;
};

struct pair {
    int number;
    struct side writer[2]; /* one keeps unknown fields; made when asked for */
    struct side reader[2];
    struct treaty_gen *gen;
};

/* What a decode came to. */
struct outcome {
    enum treaty_code code;
    struct treaty_error err;
    struct treaty_buf text;
    void *record;
    struct treaty_arena arena;
};

static void make_side(struct side *side, const struct treaty_schema *writer,
                      struct treaty_str text, bool keeps)
{
    const struct treaty_source source = {.text = text};
    const struct treaty_plan_options options = {.keep_unknown = keeps,
                                                .memory_max = MEMORY_MAX};
    struct treaty_plan **const decoders[] = {&side->native, &side->portable,
                                             &side->own};
    struct treaty_plan **const encoders[] = {&side->encode,
                                             &side->encode_portable};

    REQUIRE(treaty_schema_parse(&treaty_format_protobuf, &source, &side->schema,
                                NULL) == TREATY_OK);
    REQUIRE(treaty_proto_layout(side->schema, &side->layout, NULL) ==
            TREATY_OK);
    for (int i = 0; i < 3; i++)
        REQUIRE(treaty_proto_decode_plan(
                    i < 2 && writer ? writer : side->schema, side->schema,
                    side->layout, &options, decoders[i], NULL) == TREATY_OK);
    for (int i = 0; i < 2; i++)
        REQUIRE(treaty_proto_encode_plan(side->schema, side->layout, &options,
                                         encoders[i], NULL) == TREATY_OK);
    treaty_plan_set_portable(side->portable);
    treaty_plan_set_portable(side->encode_portable);
}

static void free_side(struct side *side)
{
    treaty_plan_unref(side->native);
    treaty_plan_unref(side->portable);
    treaty_plan_unref(side->own);
    treaty_plan_unref(side->encode);
    treaty_plan_unref(side->encode_portable);
    treaty_layout_unref(side->layout);
    treaty_schema_unref(side->schema);
}

static void free_pair(struct pair *pair)
{
    for (int keeps = 0; keeps < 2; keeps++) {
        free_side(&pair->writer[keeps]);
        free_side(&pair->reader[keeps]);
    }
    treaty_gen_free(pair->gen);
    *pair = (struct pair){0};
}

/* Compiling takes longer than decoding, so pairs are kept. */
static struct pair *get_pair(int number, bool keeps)
{
    static struct pair slots[SLOTS];
    struct pair *pair = &slots[number % SLOTS];
    struct side *writer = &pair->writer[keeps];
    struct proto_pair texts;
    struct treaty_rng rng;

    if (pair->number != number)
        free_pair(pair);
    if (writer->schema)
        return pair;
    treaty_rng_init(&rng, (uint64_t)number);
    proto_pair_make(&rng, (unsigned)number % 3 * 50, &texts);
    pair->number = number;
    make_side(writer, NULL, treaty_buf_str(&texts.writer), keeps);
    make_side(&pair->reader[keeps], writer->schema,
              treaty_buf_str(&texts.reader), keeps);
    if (!pair->gen)
        REQUIRE(treaty_gen_new(writer->layout, TREATY_GEN_EDGE, &pair->gen,
                               NULL) == TREATY_OK);
    proto_pair_release(&texts);
    return pair;
}

static void check_error(const struct outcome *o, struct treaty_str payload)
{
    REQUIRE(o->err.code == o->code && o->err.message[0]);
    REQUIRE(o->err.offset <= payload.len || o->err.offset == TREATY_NO_OFFSET);
    REQUIRE(treaty_utf8_valid(treaty_str_z(o->err.message)));
    REQUIRE(treaty_utf8_valid(treaty_str_z(o->err.path)));
}

static void decode(struct outcome *o, const struct treaty_plan *plan,
                   const struct side *side, struct treaty_str payload)
{
    const struct treaty_type *type = side->layout->root;

    *o = (struct outcome){.record = malloc(type->size + 1)};
    REQUIRE(o->record);
    /* What was in the struct before does not matter. */
    memset(o->record, 0xA5, type->size + 1);
    o->code = treaty_plan_decode(plan, payload, o->record, &o->arena, &o->err);
    if (o->code == TREATY_OK)
        proto_print(&o->text, type, o->record);
    else
        check_error(o, payload);
}

static void release(struct outcome *o)
{
    free(o->record);
    treaty_arena_release(&o->arena);
    treaty_buf_release(&o->text);
}

static bool is_same(const struct treaty_buf *a, const struct treaty_buf *b)
{
    return treaty_str_eq(treaty_buf_str(a), treaty_buf_str(b));
}

static bool is_limit(enum treaty_code code)
{
    return code == TREATY_ELIMIT || code == TREATY_EDEPTH ||
           code == TREATY_ENOMEM;
}

/* The plain decoder comes to the same, or to the same refusal. */
static void check_plain(const struct outcome *o, const struct side *side,
                        bool keeps, struct treaty_str payload)
{
    struct treaty_buf plain = {0};
    bool ok;

    if (is_limit(o->code))
        return;
    ok = proto_reference(side->schema, payload, keeps, &plain);
    REQUIRE(ok == (o->code == TREATY_OK));
    REQUIRE(!ok || is_same(&o->text, &plain));
    treaty_buf_release(&plain);
}

/* By both loops, which must agree; the outcome of one. */
static void decode_twice(struct outcome *o, const struct side *side,
                         struct treaty_str payload)
{
    struct outcome other;

    decode(o, side->native, side, payload);
    decode(&other, side->portable, side, payload);
    REQUIRE(o->code == other.code && is_same(&o->text, &other.text));
    if (o->code)
        REQUIRE(o->err.offset == other.err.offset &&
                strcmp(o->err.path, other.err.path) == 0);
    release(&other);
}

static void encode_twice(const struct side *side, const void *record,
                         struct treaty_buf *out)
{
    struct treaty_buf other = {0};

    REQUIRE(treaty_plan_encode(side->encode, record, out, NULL) == TREATY_OK);
    REQUIRE(treaty_plan_encode(side->encode_portable, record, &other, NULL) ==
            TREATY_OK);
    REQUIRE(is_same(out, &other));
    treaty_buf_release(&other);
}

/* Write what was read, read that and write it. `once`: the first bytes. */
static void check_again(const struct side *side, bool keeps,
                        const struct outcome *first, struct treaty_buf *once)
{
    struct treaty_buf twice = {0};
    struct outcome second;

    encode_twice(side, first->record, once);
    decode(&second, side->own, side, treaty_buf_str(once));
    REQUIRE(second.code == TREATY_OK);
    REQUIRE(keeps || is_same(&first->text, &second.text));
    encode_twice(side, second.record, &twice);
    REQUIRE(is_same(once, &twice));
    treaty_buf_release(&twice);
    release(&second);
}

static bool is_foreseen(const struct treaty_plan *plan,
                        const struct treaty_error *err)
{
    size_t count;
    const struct treaty_plan_note *notes = treaty_plan_fails(plan, &count);

    for (size_t i = 0; i < count; i++) {
        /* Bytes that are no message may be at fault in any way. */
        if (notes[i].code == err->code || strcmp(notes[i].rule, "type") == 0)
            return true;
    }
    return false;
}

static void ignore(void *ctx, const struct treaty_span *span)
{
    (void)ctx;
    (void)span;
}

/* It shows less than a plan reads: fewer levels and pieces. */
static void check_annotated(const struct side *writer,
                            struct treaty_str payload)
{
    enum treaty_code code =
        treaty_proto_annotate(writer->schema, payload, ignore, NULL, NULL);

    REQUIRE(code == TREATY_OK || is_limit(code));
}

static void check_reader(const struct side *reader, bool keeps,
                         struct treaty_str payload, bool is_valid)
{
    struct treaty_buf bytes = {0};
    struct outcome read;

    decode_twice(&read, reader, payload);
    check_plain(&read, reader, keeps, payload);
    if (read.code == TREATY_OK)
        check_again(reader, keeps, &read, &bytes);
    else
        REQUIRE(!is_valid || is_foreseen(reader->native, &read.err));
    treaty_buf_release(&bytes);
    release(&read);
}

static void check_payload(const struct pair *pair, bool keeps,
                          struct treaty_str payload)
{
    const struct side *writer = &pair->writer[keeps];
    struct treaty_buf bytes = {0};
    struct outcome own;

    decode_twice(&own, writer, payload);
    check_plain(&own, writer, keeps, payload);
    check_reader(&pair->reader[keeps], keeps, payload, false);
    if (own.code == TREATY_OK) {
        check_annotated(writer, payload);
        check_again(writer, keeps, &own, &bytes);
        check_reader(&pair->reader[keeps], keeps, treaty_buf_str(&bytes),
                     !keeps);
    }
    treaty_buf_release(&bytes);
    release(&own);
}

static void make_event(const struct pair *pair, const struct side *writer,
                       uint64_t number, struct treaty_buf *out)
{
    const struct treaty_gen_identity identity = {1, number, 1};
    void *event = calloc(1, writer->layout->root->size + 1);
    struct treaty_arena arena = {0};

    REQUIRE(event);
    REQUIRE(treaty_gen_event(pair->gen, &identity, event, &arena) == TREATY_OK);
    REQUIRE(treaty_plan_encode(writer->encode, event, out, NULL) == TREATY_OK);
    treaty_arena_release(&arena);
    free(event);
}

/* Events of the writer's, changed as `rest` says. */
static void make_payload(const struct pair *pair, const struct side *writer,
                         bool has_two, struct treaty_str rest,
                         struct treaty_buf *out)
{
    uint64_t number = rest.len ? (uint8_t)rest.data[0] : 0;

    make_event(pair, writer, number, out);
    if (has_two)
        make_event(pair, writer, number + 1, out);
    for (size_t i = 1; i + 1 < rest.len && out->len; i += 2) {
        size_t at = (uint8_t)rest.data[i];

        if (at == 255)
            out->len = (uint8_t)rest.data[i + 1] % (out->len + 1);
        else
            out->data[at % out->len] = rest.data[i + 1];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct treaty_str rest = {(const char *)data, size};
    struct treaty_buf made = {0};
    struct pair *pair;
    char *block;
    bool keeps;

    if (size < 3)
        return 0;
    keeps = data[2] & 2;
    pair = get_pair(data[0] << 8 | data[1], keeps);
    rest = treaty_str_sub(rest, 3, size);
    if (!(data[2] & 1)) {
        make_payload(pair, &pair->writer[keeps], data[2] & 4, rest, &made);
        rest = treaty_buf_str(&made);
    }
    if (rest.len > PAYLOAD_MAX)
        rest.len = 0; /* large events of recursive types take too long */
    /* A block of just its size, so that one byte too far is seen. */
    block = malloc(rest.len ? rest.len : 1);
    REQUIRE(block);
    if (rest.len)
        memcpy(block, rest.data, rest.len);
    check_payload(pair, keeps, (struct treaty_str){block, rest.len});
    free(block);
    treaty_buf_release(&made);
    return 0;
}
