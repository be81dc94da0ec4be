/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at any point on the way from two schemas to a decoded
 * event: layouts, plans, the verifier, the generator, encoding, decoding. Each
 * says TREATY_ENOMEM, leaves its output alone and leaks nothing.
 */
#include "harness/starve.h"

#include "base/rng.h"
#include "harness/schema_pair.h"
#include "record/gen.h"
#include "record/verify.h"
#include "support.h"

/* What is made on the way, so that a failure anywhere leaves no mess. */
struct journey {
    const struct treaty_schema *writer;
    const struct treaty_schema *reader;
    struct treaty_str json; /* of the event; .data NULL: generate one */
    struct treaty_plan_options options;
    struct treaty_layout *written;
    struct treaty_layout *read;
    struct treaty_plan *encode;
    struct treaty_plan *decode;
    struct treaty_verify *verify;
    struct treaty_gen *gen;
    struct treaty_arena arena;
    struct treaty_buf payload;
    void *event;
    void *result;
    struct treaty_error err;
};

static enum treaty_code make_layouts(struct journey *j)
{
    const struct treaty_format *format = j->writer->format;
    enum treaty_code code = format->layout(j->writer, &j->written, &j->err);

    if (!code)
        code = format->layout(j->reader, &j->read, &j->err);
    return code;
}

static enum treaty_code make_plans(struct journey *j)
{
    const struct treaty_format *format = j->writer->format;
    enum treaty_code code = format->encode_plan(
        j->writer, j->written, &j->options, &j->encode, &j->err);

    if (!code)
        code = format->decode_plan(j->writer, j->reader, j->read, &j->options,
                                   &j->decode, &j->err);
    if (!code)
        code = treaty_verify_new(j->written, j->read, &j->verify, &j->err);
    return code;
}

static enum treaty_code make_records(struct journey *j)
{
    j->event = treaty_arena_calloc(&j->arena, 1, j->written->root->size + 1);
    j->result = treaty_arena_calloc(&j->arena, 1, j->read->root->size + 1);
    return j->event && j->result ? TREATY_OK : TREATY_ENOMEM;
}

static enum treaty_code generate(struct journey *j)
{
    const struct treaty_gen_identity identity = {1, 2, 3};
    enum treaty_code code =
        treaty_gen_new(j->written, TREATY_GEN_EDGE, &j->gen, &j->err);

    if (code)
        return code;
    return treaty_gen_event(j->gen, &identity, j->event, &j->arena);
}

static enum treaty_code read_event(struct journey *j)
{
    const struct treaty_json *value;
    enum treaty_code code =
        treaty_json_parse(&j->arena, j->json, NULL, &value, &j->err);

    if (code)
        return code;
    return treaty_record_read(&j->arena, j->written->root, value,
                              TREATY_TEXT_PLAIN, j->event, &j->err);
}

static enum treaty_code travel(struct journey *j)
{
    static enum treaty_code (*const steps[])(struct journey *) = {
        make_layouts, make_plans, make_records};
    enum treaty_code code = TREATY_OK;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !code; i++)
        code = steps[i](j);
    if (!code)
        code = j->json.data ? read_event(j) : generate(j);
    if (!code)
        code = treaty_plan_encode(j->encode, j->event, &j->payload, &j->err);
    if (!code)
        code = treaty_plan_decode(j->decode, treaty_buf_str(&j->payload),
                                  j->result, &j->arena, &j->err);
    return code;
}

static void forget(struct journey *j)
{
    treaty_gen_free(j->gen);
    treaty_verify_free(j->verify);
    treaty_plan_unref(j->encode);
    treaty_plan_unref(j->decode);
    treaty_layout_unref(j->written);
    treaty_layout_unref(j->read);
    treaty_arena_release(&j->arena);
    treaty_buf_release(&j->payload);
}

/* The journey with the n-th allocation failing, for each n that there is. */
static void sweep(const struct journey *from, const char *name)
{
    struct journey first = *from;
    enum treaty_code want = travel(&first);
    long at = 0;
    bool is_hit = STARVE_CAN;

    forget(&first);
    while (is_hit) {
        struct journey j = *from;
        long before = starve_live;
        enum treaty_code code;

        starve_at(++at);
        code = travel(&j);
        is_hit = starve_end();
        if (code != (is_hit ? TREATY_ENOMEM : want))
            tap_fail(__FILE__, __LINE__, "%s: allocation %ld: %s", name, at,
                     treaty_code_name(code));
        forget(&j);
        if (starve_live != before)
            tap_fail(__FILE__, __LINE__, "%s: allocation %ld: %ld leak", name,
                     at, (long)starve_live - before);
    }
    tap_add_passed(1);
}

/* Takes the two schemas. */
static void sweep_schemas(struct treaty_schema *from, struct treaty_schema *to,
                          struct journey journey, const char *name)
{
    journey.writer = from;
    journey.reader = to;
    if (from && to)
        sweep(&journey, name);
    treaty_schema_unref(from);
    treaty_schema_unref(to);
}

static void sweep_texts(struct treaty_str writer, struct treaty_str reader,
                        struct journey journey, const char *name)
{
    sweep_schemas(support_parse(writer), support_parse(reader), journey, name);
}

static void random_pairs(void)
{
    for (uint64_t seed = 1; seed <= (tap_is_slow() ? 12 : 60); seed++) {
        struct schema_pair texts;
        struct treaty_rng rng;
        char name[40];

        treaty_rng_init(&rng, seed);
        schema_pair_make(&rng, (unsigned)(seed % 4) * 40, &texts);
        (void)snprintf(name, sizeof(name), "seed %llu",
                       (unsigned long long)seed);
        sweep_texts(
            treaty_buf_str(&texts.writer), treaty_buf_str(&texts.reader),
            (struct journey){.options.walk_to_end = seed / 4 % 2}, name);
        schema_pair_release(&texts);
    }
}

/* A list of `n` cells in one another. */
static void put_nested(struct treaty_buf *out, int n)
{
    for (int i = 0; i < n; i++)
        treaty_buf_printf(out, "{\"v\":%d,\"next\":", i);
    treaty_buf_put_z(out, "null");
    for (int i = 0; i < n; i++)
        treaty_buf_put_c(out, '}');
}

/* More levels than a run has room for, so that it asks for more. */
static void deep_events(void)
{
    const struct treaty_str schema =
        TREATY_STR("{\"type\":\"record\",\"name\":\"Cell\",\"fields\":["
                   "{\"name\":\"v\",\"type\":\"int\"},"
                   "{\"name\":\"next\",\"type\":[\"null\",\"Cell\"]}]}");
    struct treaty_buf json;

    treaty_buf_init(&json, 0);
    put_nested(&json, 100);
    sweep_texts(schema, schema, (struct journey){.json = treaty_buf_str(&json)},
                "cells");
    treaty_buf_release(&json);
}

/* Strings that are replaced, map keys that repeat, defaults that are made. */
static void odd_events(void)
{
    const struct treaty_str writer =
        TREATY_STR("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                   "{\"name\":\"b\",\"type\":\"bytes\"},"
                   "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":"
                   "{\"type\":\"array\",\"items\":\"int\"}}}]}");
    const struct treaty_str reader =
        TREATY_STR("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                   "{\"name\":\"b\",\"type\":\"string\"},"
                   "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":"
                   "{\"type\":\"array\",\"items\":\"long\"}}},"
                   "{\"name\":\"d\",\"type\":{\"type\":\"array\",\"items\":"
                   "\"string\"},\"default\":[\"a\",\"b\"]}]}");

    sweep_texts(
        writer, reader,
        (struct journey){
            .options.utf8 = TREATY_UTF8_REPLACE,
            .json = TREATY_STR("{\"b\":\"x\\u00ff\\u00fe\",\"m\":{\"a\":[1],"
                               "\"b\":[2,3],\"c\":[]}}")},
        "odd");
}

static struct treaty_schema *parse_proto(const char *text)
{
    const struct treaty_source source = {.text = treaty_str_z(text)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err;

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err))
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

/* Everything that a message can hold, to a reader that knows some of it. */
static void messages(void)
{
    static const char writer[] =
        "syntax = \"proto3\";"
        "message M { string s = 1; repeated int32 n = 2; M m = 3;"
        " map<string, M> k = 4; oneof o { int64 a = 5; string b = 6; }"
        " enum E { Z = 0; Y = 1; } E e = 7; repeated E l = 8; bytes x = 9;"
        " optional double d = 10; repeated string t = 11;"
        " message In { message Deep { string z = 1; repeated bool y = 2; }"
        " Deep deep = 1; oneof p { bool q = 2; In r = 3; } } In in = 13; }";
    static const char reader[] =
        "syntax = \"proto3\";"
        "message M { string s = 1; repeated int64 n = 2; M m = 3;"
        " map<string, M> k = 4; oneof o { int64 a = 5; string c = 12; }"
        " enum E { Z = 0; } E e = 7; repeated string t = 11;"
        " message In { message Deep { string z = 1; repeated bool y = 2; }"
        " Deep deep = 1; oneof p { bool q = 2; In r = 3; } } In in = 13; }";

    for (int walk = 0; walk < 2; walk++)
        sweep_schemas(parse_proto(writer), parse_proto(reader),
                      (struct journey){.options.walk_to_end = walk},
                      "messages");
}

/* Without an arena, what needs no memory is decoded, and nothing crashes. */
static void no_arena(void)
{
    static const struct {
        const char *schema;
        struct treaty_str payload;
        enum treaty_code code;
    } rows[] = {
        {"\"string\"", {"\x02x", 2}, TREATY_OK},
        {"[\"null\",\"long\"]", {"\x02\x02", 2}, TREATY_OK},
        {"{\"type\":\"array\",\"items\":\"int\"}", {"\x00", 1}, TREATY_OK},
        {"{\"type\":\"array\",\"items\":\"int\"}",
         {"\x02\x02\x00", 3},
         TREATY_ENOMEM},
        {"{\"type\":\"map\",\"values\":\"int\"}",
         {"\x02\x02k\x02\x00", 5},
         TREATY_ENOMEM},
        {"{\"type\":\"record\",\"name\":\"C\",\"fields\":[{\"name\":\"n\","
         "\"type\":[\"null\",\"C\"]}]}",
         {"\x02\x00", 2},
         TREATY_ENOMEM},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct treaty_schema *schema =
            support_parse(treaty_str_z(rows[i].schema));
        struct treaty_layout *layout = support_layout(schema);
        struct treaty_plan *plan = NULL;
        struct treaty_error err;
        void *record = calloc(1, layout->root->size + 1);
        size_t used;

        CHECK(!schema->format->decode_plan(schema, schema, layout, NULL, &plan,
                                           &err));
        CHECK_INT(treaty_plan_decode(plan, rows[i].payload, record, NULL, &err),
                  rows[i].code);
        CHECK_INT(treaty_plan_decode_prefix(plan, rows[i].payload, record, NULL,
                                            &used, &err),
                  rows[i].code);
        free(record);
        treaty_plan_unref(plan);
        treaty_layout_unref(layout);
        treaty_schema_unref(schema);
    }
}

static void skip_or(void (*test)(void))
{
    if (STARVE_CAN)
        test();
    else
        tap_skip("a sanitizer has the allocator");
}

static void runs_out_on_random_pairs(void)
{
    skip_or(random_pairs);
}

static void runs_out_deep_down(void)
{
    skip_or(deep_events);
}

static void runs_out_on_odd_events(void)
{
    skip_or(odd_events);
}

static void runs_out_on_messages(void)
{
    skip_or(messages);
}

TAP_MAIN({"runs out on random pairs", runs_out_on_random_pairs},
         {"runs out deep down", runs_out_deep_down},
         {"runs out on odd events", runs_out_on_odd_events},
         {"runs out on messages", runs_out_on_messages},
         {"no arena at all", no_arena})
