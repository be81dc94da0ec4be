/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan is the proof of compatibility, for Protobuf: over random pairs of
 * schemas and random events that are valid under the writer's,
 *
 *  - an event fails only where the plan says that one can;
 *  - where it says so and no limit or odd value is meant, some event fails;
 *  - what is read is what a plain decoder reads of the same bytes;
 *  - both loops read the same, and what they write is the same;
 *  - what is read, written and read again is the same.
 *
 * TREATY_PAIRS and TREATY_SEED in the environment set how many, and which.
 */
#include "harness/proto_pair.h"
#include "harness/proto_reference.h"
#include "proto_support.h"
#include "record/gen.h"

enum { PAIRS = 250, PAIRS_SLOW = 40, EVENTS = 25, TRIES = 4000 };

static struct {
    size_t safe;   /* pairs that cannot fail */
    size_t unsafe; /* pairs that fail for certain on some event */
    size_t read;
    size_t failed;
} tally;

static size_t from_environment(const char *name, size_t fallback)
{
    const char *text = getenv(name);
    uint64_t value;

    if (text && treaty_str_to_u64(treaty_str_z(text), &value) && value)
        return (size_t)value;
    return fallback;
}

/* One pair with all that is made of it. */
struct trial {
    struct proto_pair texts;
    uint64_t seed;
    bool keeps; /* unknown fields */
    struct treaty_schema *writer;
    struct treaty_schema *reader;
    struct treaty_layout *written;
    struct treaty_layout *read;
    struct treaty_plan *encode; /* by the writer */
    struct treaty_plan *decode; /* by the reader */
    struct treaty_plan *again;  /* encode what was read */
    struct treaty_plan *own;    /* and read it again */
    struct treaty_gen *gen[2];
    void *event;
    void *result;
    struct treaty_arena arena;
    struct treaty_buf payload;
    size_t failures;
    bool is_bad; /* reported already */
};

static void report(struct trial *t, const char *what,
                   const struct treaty_error *err)
{
    struct treaty_buf hex = {0};

    if (t->is_bad)
        return;
    t->is_bad = true;
    treaty_buf_put_hex(&hex, t->payload.data, t->payload.len);
    tap_fail(__FILE__, __LINE__,
             "seed %llu: %s\n  error   %s at %s\n  writer  %.*s\n  reader  "
             "%.*s\n  payload %.*s",
             (unsigned long long)t->seed, what, err ? err->message : "none",
             err ? err->path : "", (int)t->texts.writer.len,
             t->texts.writer.data, (int)t->texts.reader.len,
             t->texts.reader.data, (int)hex.len, hex.data);
    treaty_buf_release(&hex);
}

static bool make_plans(struct trial *t)
{
    struct treaty_plan_options options = {.keep_unknown = t->keeps};
    struct treaty_error err;

    if (treaty_proto_encode_plan(t->writer, t->written, NULL, &t->encode,
                                 &err) ||
        treaty_proto_decode_plan(t->writer, t->reader, t->read, &options,
                                 &t->decode, &err) ||
        treaty_proto_encode_plan(t->reader, t->read, &options, &t->again,
                                 &err) ||
        treaty_proto_decode_plan(t->reader, t->reader, t->read, &options,
                                 &t->own, &err)) {
        report(t, "no plan", &err);
        return false;
    }
    return true;
}

static bool prepare(struct trial *t)
{
    t->writer = proto_schema(treaty_buf_str(&t->texts.writer));
    t->reader = proto_schema(treaty_buf_str(&t->texts.reader));
    if (!t->writer || !t->reader)
        return false;
    t->written = support_layout(t->writer);
    t->read = support_layout(t->reader);
    if (!t->written || !t->read || !make_plans(t))
        return false;
    t->event = calloc(1, t->written->root->size + 1);
    t->result = calloc(1, t->read->root->size + 1);
    return t->event && t->result;
}

static void release(struct trial *t)
{
    free(t->event);
    free(t->result);
    treaty_gen_free(t->gen[0]);
    treaty_gen_free(t->gen[1]);
    treaty_plan_unref(t->encode);
    treaty_plan_unref(t->decode);
    treaty_plan_unref(t->again);
    treaty_plan_unref(t->own);
    treaty_layout_unref(t->written);
    treaty_layout_unref(t->read);
    treaty_schema_unref(t->writer);
    treaty_schema_unref(t->reader);
    treaty_arena_release(&t->arena);
    treaty_buf_release(&t->payload);
    proto_pair_release(&t->texts);
}

/* Whether the plan has a note that explains the error. */
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

static bool has_certain_fail(const struct treaty_plan *plan)
{
    size_t count;
    const struct treaty_plan_note *notes = treaty_plan_fails(plan, &count);

    for (size_t i = 0; i < count; i++) {
        if (!notes[i].guarded)
            return true;
    }
    return false;
}

static bool make_event(struct trial *t, uint64_t number)
{
    const struct treaty_gen_identity identity = {1, number, t->seed};
    struct treaty_error err;

    treaty_arena_reset(&t->arena);
    treaty_buf_clear(&t->payload);
    if (treaty_gen_event(t->gen[number % 4 == 0], &identity, t->event,
                         &t->arena) != TREATY_OK)
        return false;
    if (proto_encode_all(t->encode, t->event, &t->payload, &err) != TREATY_OK) {
        report(t, "does not encode", &err);
        return false;
    }
    return true;
}

/* The bytes as a plain decoder reads them. */
static void compare(struct trial *t, bool was_read)
{
    struct treaty_buf ours = {0};
    struct treaty_buf plain = {0};
    bool ok = proto_reference(t->reader, treaty_buf_str(&t->payload), t->keeps,
                              &plain);

    if (was_read)
        proto_print(&ours, t->read->root, t->result);
    if (ok != was_read)
        report(t, ok ? "only the plain decoder reads it" : "only we read it",
               NULL);
    else if (!treaty_str_eq(treaty_buf_str(&ours), treaty_buf_str(&plain))) {
        report(t, "reads something else", NULL);
        tap_note("ours  %.*s", (int)ours.len, ours.data);
        tap_note("plain %.*s", (int)plain.len, plain.data);
    }
    treaty_buf_release(&ours);
    treaty_buf_release(&plain);
}

/* Write what was read, read that, and write it: the bytes are the same. */
static void write_again(struct trial *t)
{
    struct treaty_buf first = {0};
    struct treaty_buf second = {0};
    struct treaty_error err = {0};

    if (proto_encode_all(t->again, t->result, &first, &err) ||
        treaty_plan_decode(t->own, treaty_buf_str(&first), t->result, &t->arena,
                           &err) ||
        proto_encode_all(t->again, t->result, &second, &err))
        report(t, "is not written and read again", &err);
    else if (!treaty_str_eq(treaty_buf_str(&first), treaty_buf_str(&second)))
        report(t, "is written differently the second time", NULL);
    treaty_buf_release(&first);
    treaty_buf_release(&second);
}

static void run_event(struct trial *t)
{
    struct treaty_error err = {0};
    struct treaty_buf text = {0};
    bool was_read = treaty_plan_decode(t->decode, treaty_buf_str(&t->payload),
                                       t->result, &t->arena, &err) == TREATY_OK;

    compare(t, was_read);
    if (was_read) {
        tally.read++;
        write_again(t);
    } else {
        t->failures++;
        tally.failed++;
        if (!is_foreseen(t->decode, &err))
            report(t, "fails unforeseen", &err);
    }
    proto_decode_all(t->decode, t->read->root, treaty_buf_str(&t->payload),
                     &text);
    treaty_buf_release(&text);
}

static void run_events(struct trial *t)
{
    bool must_fail = has_certain_fail(t->decode);

    if (must_fail)
        tally.unsafe++;
    else
        tally.safe++;
    for (size_t i = 0; i < EVENTS && !t->is_bad; i++) {
        if (!make_event(t, i))
            return;
        run_event(t);
    }
    for (size_t i = EVENTS; must_fail && !t->failures && i < TRIES; i++) {
        if (!make_event(t, i))
            return;
        run_event(t);
    }
    if (must_fail && !t->failures)
        report(t, "no event fails, though the plan says so", NULL);
    if (t->failures && !t->decode->fail_count)
        report(t, "fails though the plan knows of nothing", NULL);
}

static void run_pair(uint64_t seed)
{
    struct trial t = {.seed = seed, .keeps = seed % 2};
    struct treaty_rng rng;
    struct treaty_error err;

    treaty_rng_init(&rng, seed);
    proto_pair_make(&rng, (unsigned)(seed % 3) * 50, &t.texts);
    if (prepare(&t)) {
        if (treaty_gen_new(t.written, TREATY_GEN_LIKELY, &t.gen[0], &err) ==
                TREATY_OK &&
            treaty_gen_new(t.written, TREATY_GEN_EDGE, &t.gen[1], &err) ==
                TREATY_OK)
            run_events(&t);
        else
            report(&t, "there is no event", &err);
    }
    release(&t);
}

static void soundness(void)
{
    size_t pairs =
        from_environment("TREATY_PAIRS", tap_is_slow() ? PAIRS_SLOW : PAIRS);
    uint64_t first = from_environment("TREATY_SEED", 1);

    for (size_t i = 0; i < pairs; i++)
        run_pair(first + i);
    tap_note("%zu pairs of schemas: %zu cannot fail, %zu can; %zu events were "
             "read, %zu failed",
             pairs, tally.safe, tally.unsafe, tally.read, tally.failed);
    CHECK(pairs < 20 || tally.safe > pairs / 10);
    CHECK(pairs < 20 || tally.unsafe > pairs / 20);
    CHECK(tally.read > pairs);
}

/* Bytes that are changed at random: we read what the plain decoder reads. */
static void run_bytes(struct trial *t, struct treaty_rng *rng)
{
    struct treaty_error err;

    for (int i = 0; i < 40 && t->payload.len; i++) {
        size_t at = (size_t)treaty_rng_below(rng, t->payload.len);

        t->payload.data[at] = (char)treaty_rng_next(rng);
        if (treaty_rng_below(rng, 4) == 0)
            t->payload.len = at;
        compare(t, treaty_plan_decode(t->decode, treaty_buf_str(&t->payload),
                                      t->result, &t->arena, &err) == TREATY_OK);
        if (t->is_bad)
            return;
    }
}

static void mutations(void)
{
    size_t pairs = tap_is_slow() ? 20 : 150;

    for (uint64_t seed = 1000; seed < 1000 + pairs; seed++) {
        struct trial t = {.seed = seed, .keeps = seed % 2};
        struct treaty_rng rng;
        struct treaty_error err;

        treaty_rng_init(&rng, seed);
        proto_pair_make(&rng, 40, &t.texts);
        if (prepare(&t) && treaty_gen_new(t.written, TREATY_GEN_EDGE, &t.gen[0],
                                          &err) == TREATY_OK) {
            t.gen[1] = t.gen[0];
            for (uint64_t i = 0; i < 8 && make_event(&t, i); i++)
                run_bytes(&t, &rng);
            t.gen[1] = NULL;
        }
        release(&t);
    }
}

TAP_MAIN({"a plan fails where it says, and nowhere else", soundness},
         {"changed bytes are read as a plain decoder does", mutations})
