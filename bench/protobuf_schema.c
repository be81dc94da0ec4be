/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf.parse100: a schema and the 100 files that it needs, each of which
 * imports up to four others: parsed, linked, checked as protoc does, printed
 * canonically.
 * protobuf.verdict: may one file of 500 lines follow another? Both are parsed
 * and compared by Confluent's rules; .wire is the same by buf's WIRE_JSON, and
 * .rules the comparison of two parsed files alone.
 */
#include "base/error.h"
#include "format/protobuf/format.h"
#include "lib/report.h"
#include "lib/timing.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FILES = 100,
    FILE_MESSAGES = 4,
    MESSAGES = 42, /* 12 lines each: some 500 */
    FIELDS = 9,
};

struct bench {
    struct treaty_arena arena;
    struct treaty_source set;
    struct treaty_source sides[2];
    struct treaty_schema *parsed[2];
    enum treaty_rules rules;
};

static void die(const char *what, const struct treaty_error *err)
{
    fprintf(stderr, "bench protobuf_schema: %s: %s\n", what, err->message);
    exit(1);
}

static struct treaty_str settle(struct bench *b, struct treaty_buf *out)
{
    struct treaty_error err = {0};
    struct treaty_str text;

    if (treaty_buf_status(out, &err))
        die("writing a text", &err);
    text = treaty_arena_dup(&b->arena, treaty_buf_str(out));
    treaty_buf_release(out);
    return text;
}

/* A message with fields of every usual kind; `other` is a type it uses. */
static void put_message(struct treaty_buf *out, int number, const char *other,
                        bool changed)
{
    static const char *const types[] = {"int64", "string",          "double",
                                        "bool",  "repeated string", "bytes",
                                        "uint32"};

    treaty_buf_printf(out, "// What happened to thing %d.\nmessage Thing%d {\n",
                      number, number);
    for (int i = 1; i < FIELDS; i++)
        treaty_buf_printf(out, "  %s some_field_%d = %d;\n",
                          changed && i == 1 ? "int32" : types[(number + i) % 7],
                          i, i);
    treaty_buf_printf(out, "  %s other = %d;\n}\n", other, FIELDS);
}

/* File `index` of the set imports the up to four before it. */
static struct treaty_str make_file(struct bench *b, int index)
{
    struct treaty_buf out;
    struct treaty_str other = treaty_arena_printf(
        &b->arena, "set.f%d.Thing0", index > 0 ? index - 1 : index);

    treaty_buf_init(&out, 0);
    treaty_buf_printf(&out, "syntax = \"proto3\";\npackage set.f%d;\n", index);
    for (int i = index - 1; i >= 0 && i >= index - 4; i--)
        treaty_buf_printf(&out, "import \"set/f%d.proto\";\n", i);
    for (int i = 0; i < FILE_MESSAGES; i++)
        put_message(&out, i, other.data, false);
    return settle(b, &out);
}

static void make_set(struct bench *b)
{
    struct treaty_import *imports =
        TREATY_ARENA_NEW_N(&b->arena, struct treaty_import, FILES);

    for (int i = 0; i < FILES; i++) {
        imports[i].reference.name =
            treaty_arena_printf(&b->arena, "set/f%d.proto", i);
        imports[i].text = make_file(b, i);
    }
    b->set.text = make_file(b, FILES);
    b->set.imports = imports;
    b->set.import_count = FILES;
}

static struct treaty_str make_side(struct bench *b, bool changed)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_buf_put_z(&out, "syntax = \"proto3\";\npackage shop.v1;\n");
    for (int i = 0; i < MESSAGES; i++)
        put_message(&out, i, "Thing0", changed && i % 10 == 0);
    return settle(b, &out);
}

static struct treaty_schema *parse(const struct treaty_source *source)
{
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, source, &schema, &err))
        die("parsing", &err);
    return schema;
}

static void compare(const struct bench *b, const struct treaty_schema *old,
                    const struct treaty_schema *new)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena, .rules = b->rules};
    struct treaty_error err = {0};

    if (new->format->compare(new, old, &findings) || !findings.breaking)
        die("comparing", &err);
    treaty_arena_release(&arena);
}

static void parse_set(void *ctx, uint64_t times)
{
    const struct bench *b = ctx;

    while (times--) {
        struct treaty_schema *schema = parse(&b->set);

        bench_keep(schema);
        treaty_schema_unref(schema);
    }
}

static void judge(void *ctx, uint64_t times)
{
    const struct bench *b = ctx;

    while (times--) {
        struct treaty_schema *old = parse(&b->sides[0]);
        struct treaty_schema *new = parse(&b->sides[1]);

        compare(b, old, new);
        treaty_schema_unref(old);
        treaty_schema_unref(new);
    }
}

static void judge_parsed(void *ctx, uint64_t times)
{
    const struct bench *b = ctx;

    while (times--)
        compare(b, b->parsed[0], b->parsed[1]);
}

int main(void)
{
    struct bench b = {.rules = TREATY_RULES_CONFLUENT};
    struct bench wire;
    struct bench_contender contenders[] = {
        {.name = "protobuf.parse100", .fn = parse_set, .ctx = &b, .units = 1},
        {.name = "protobuf.verdict", .fn = judge, .ctx = &b, .units = 1},
        {.name = "protobuf.verdict.wire",
         .fn = judge,
         .ctx = &wire,
         .units = 1},
        {.name = "protobuf.verdict.rules",
         .fn = judge_parsed,
         .ctx = &b,
         .units = 1},
    };
    const size_t count = sizeof(contenders) / sizeof(contenders[0]);

    bench_pin();
    make_set(&b);
    for (int i = 0; i < 2; i++) {
        b.sides[i].text = make_side(&b, i == 1);
        b.parsed[i] = parse(&b.sides[i]);
    }
    wire = b;
    wire.rules = TREATY_RULES_WIRE_JSON;
    bench_run(contenders, count, 31);
    for (size_t i = 0; i < count; i++) {
        const struct bench_figure figure = {.name = contenders[i].name,
                                            .value = contenders[i].ns / 1e6,
                                            .unit = "ms",
                                            .command = "make bench"};
        bench_report(&figure);
    }
    treaty_schema_unref(b.parsed[0]);
    treaty_schema_unref(b.parsed[1]);
    treaty_arena_release(&b.arena);
    return 0;
}
