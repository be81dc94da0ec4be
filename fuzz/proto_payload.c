/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Protobuf payload, against a random pair of schemas.
 *
 *     2 bytes   which pair
 *     1 byte    bit 0: what follows is a payload; else an event is made and
 *               encoded, 1 byte: which one, then changed at each pair of
 *               bytes {where, what}, and cut at one {255, where}
 *               bit 1: keep unknown fields
 *     the rest
 *
 * What must hold, beyond that nothing past the payload is read:
 *
 * 1. Both loops give the same value or the same failure.
 * 2. A failure has a code, a place in the payload or none, and a message.
 * 3. A plain decoder, which knows no plans, reads the same or fails, too.
 * 4. Read, written and read again it is the same value and the same bytes.
 * 5. What was written so fails the reader only where the plan says it can.
 */
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "harness/proto_pair.h"
#include "harness/proto_reference.h"
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

/* How one side of a pair reads what the writer wrote. */
struct side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *native;
    struct treaty_plan *portable;
    struct treaty_plan *encode;
    bool keeps;
};

struct pair {
    int number;
    struct side writer[2]; /* the second keeps unknown fields */
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
    struct treaty_plan **const plans[] = {&side->native, &side->portable};

    side->keeps = keeps;
    REQUIRE(treaty_schema_parse(&treaty_format_protobuf, &source, &side->schema,
                                NULL) == TREATY_OK);
    if (!writer)
        writer = side->schema;
    REQUIRE(treaty_proto_layout(side->schema, &side->layout, NULL) ==
            TREATY_OK);
    for (int i = 0; i < 2; i++)
        REQUIRE(treaty_proto_decode_plan(writer, side->schema, side->layout,
                                         &options, plans[i],
                                         NULL) == TREATY_OK);
    treaty_plan_set_portable(side->portable);
    REQUIRE(treaty_proto_encode_plan(side->schema, side->layout, &options,
                                     &side->encode, NULL) == TREATY_OK);
}

static void free_side(struct side *side)
{
    treaty_plan_unref(side->native);
    treaty_plan_unref(side->portable);
    treaty_plan_unref(side->encode);
    treaty_layout_unref(side->layout);
    treaty_schema_unref(side->schema);
}

static void free_pair(struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        free_side(&pair->writer[i]);
        free_side(&pair->reader[i]);
    }
    treaty_gen_free(pair->gen);
    *pair = (struct pair){0};
}

/* Compiling takes longer than decoding, so pairs are kept. */
static struct pair *get_pair(int number)
{
    static struct pair slots[SLOTS];
    struct pair *pair = &slots[number % SLOTS];
    struct proto_pair texts;
    struct treaty_rng rng;

    if (pair->gen && pair->number == number)
        return pair;
    free_pair(pair);
    pair->number = number;
    treaty_rng_init(&rng, (uint64_t)number);
    proto_pair_make(&rng, (unsigned)number % 3 * 50, &texts);
    for (int i = 0; i < 2; i++) {
        make_side(&pair->writer[i], NULL, treaty_buf_str(&texts.writer), i);
        make_side(&pair->reader[i], pair->writer[i].schema,
                  treaty_buf_str(&texts.reader), i);
    }
    REQUIRE(treaty_gen_new(pair->writer[0].layout, TREATY_GEN_EDGE, &pair->gen,
                           NULL) == TREATY_OK);
    proto_pair_release(&texts);
    return pair;
}

static void decode(struct outcome *o, const struct treaty_plan *plan,
                   const struct treaty_type *type, struct treaty_str payload)
{
    *o = (struct outcome){.record = calloc(1, type->size + 1)};
    REQUIRE(o->record);
    treaty_buf_init(&o->text, 0);
    o->code = treaty_plan_decode(plan, payload, o->record, &o->arena, &o->err);
    if (o->code == TREATY_OK) {
        proto_print(&o->text, type, o->record);
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

/* The plain decoder knows no limits. */
static void compare_plain(const struct outcome *o, const struct side *side,
                          struct treaty_str payload)
{
    struct treaty_buf plain;
    bool ok;

    if (o->code == TREATY_ELIMIT || o->code == TREATY_EDEPTH)
        return;
    treaty_buf_init(&plain, 0);
    ok = proto_reference(side->schema, payload, side->keeps, &plain);
    REQUIRE(ok == (o->code == TREATY_OK));
    REQUIRE(!ok ||
            treaty_str_eq(treaty_buf_str(&plain), treaty_buf_str(&o->text)));
    treaty_buf_release(&plain);
}

/* By both loops and the plain decoder, which must agree. */
static void decode_all(struct outcome *o, const struct side *side,
                       struct treaty_str payload)
{
    const struct treaty_type *type = side->layout->root;
    struct outcome other;

    decode(o, side->native, type, payload);
    decode(&other, side->portable, type, payload);
    REQUIRE(o->code == other.code);
    REQUIRE(
        treaty_str_eq(treaty_buf_str(&o->text), treaty_buf_str(&other.text)));
    if (o->code)
        REQUIRE(o->err.offset == other.err.offset &&
                strcmp(o->err.path, other.err.path) == 0);
    compare_plain(o, side, payload);
    release(&other);
}

/* Bytes that are read as a message may be at fault in any way. */
static bool is_foreseen(const struct treaty_plan *plan,
                        const struct treaty_error *err)
{
    size_t count;
    const struct treaty_plan_note *notes = treaty_plan_fails(plan, &count);

    for (size_t i = 0; i < count; i++)
        if (notes[i].code == err->code || strcmp(notes[i].rule, "type") == 0)
            return true;
    return false;
}

/*
 * Pieces that were apart may have come together, so with unknown fields only
 * the bytes are compared.
 */
static void check_again(const struct side *side, const struct outcome *first,
                        struct treaty_buf *once)
{
    const struct treaty_type *type = side->layout->root;
    struct outcome second;
    struct treaty_buf twice;

    treaty_buf_init(&twice, 0);
    REQUIRE(treaty_plan_encode(side->encode, first->record, once, NULL) ==
            TREATY_OK);
    decode(&second, side->native, type, treaty_buf_str(once));
    REQUIRE(second.code == TREATY_OK);
    REQUIRE(side->keeps || treaty_str_eq(treaty_buf_str(&first->text),
                                         treaty_buf_str(&second.text)));
    REQUIRE(treaty_plan_encode(side->encode, second.record, &twice, NULL) ==
            TREATY_OK);
    REQUIRE(treaty_str_eq(treaty_buf_str(once), treaty_buf_str(&twice)));
    treaty_buf_release(&twice);
    release(&second);
}

static void check_side(const struct side *side, const struct side *reader,
                       struct treaty_str payload)
{
    struct treaty_buf once;
    struct outcome own;
    struct outcome read;

    decode_all(&own, side, payload);
    if (own.code == TREATY_OK) {
        treaty_buf_init(&once, 0);
        check_again(side, &own, &once);
        /* With unknown fields it need not be an event of the writer's. */
        if (reader && !side->keeps) {
            decode_all(&read, reader, treaty_buf_str(&once));
            REQUIRE(!read.code || is_foreseen(reader->native, &read.err));
            release(&read);
        }
        treaty_buf_release(&once);
    }
    release(&own);
}

/* An event of the writer's, changed as `rest` says. */
static void make_payload(const struct pair *pair, struct treaty_str rest,
                         struct treaty_buf *out)
{
    const struct treaty_gen_identity identity = {
        1, rest.len ? (uint8_t)rest.data[0] : 0, 1};
    void *event = calloc(1, pair->writer[0].layout->root->size + 1);
    struct treaty_arena arena = {0};

    REQUIRE(event);
    REQUIRE(treaty_gen_event(pair->gen, &identity, event, &arena) == TREATY_OK);
    REQUIRE(treaty_plan_encode(pair->writer[0].encode, event, out, NULL) ==
            TREATY_OK);
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
    const struct pair *pair;
    char *block;
    bool keeps;

    if (size < 3)
        return 0;
    keeps = data[2] & 2;
    pair = get_pair(data[0] << 8 | data[1]);
    rest = treaty_str_sub(rest, 3, size);
    treaty_buf_init(&made, 0);
    if (!(data[2] & 1)) {
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
    check_side(&pair->writer[keeps], &pair->reader[keeps],
               (struct treaty_str){block, rest.len});
    check_side(&pair->reader[keeps], NULL,
               (struct treaty_str){block, rest.len});
    free(block);
    treaty_buf_release(&made);
    return 0;
}
