/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf.parse100: a set of 100 files, each importing up to three others,
 * parsed, linked, checked and printed canonically, through the one that
 * reaches all.
 * protobuf.verdict: two versions of a file of 500 lines, parsed and compared by
 * Confluent's rules; .wire is the same by buf's WIRE_JSON, and .rules the
 * comparison of the two parsed files alone.
 *
 * The files look like those of a company: messages of scalars, messages and
 * enums of other packages, a oneof, a map, reserved numbers, comments.
 */
#include "base/buf.h"
#include "base/str.h"
#include "format/protobuf/format.h"
#include "format/protobuf/load.h"
#include "lib/report.h"
#include "lib/timing.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILES = 100, MESSAGES = 3, LINES = 500, ROUNDS = 31 };

struct set {
    struct treaty_arena keep;
    struct treaty_import imports[FILES - 1];
    struct treaty_source root;
    size_t lines;
    size_t bytes;
};

struct pair {
    struct treaty_source old;
    struct treaty_source changed;
    enum treaty_rules rules;
    struct treaty_schema *parsed[2];
    size_t breaking; /* as found last */
};

static void die(const char *what)
{
    fprintf(stderr, "bench protobuf_schema: %s failed\n", what);
    exit(1);
}

static size_t count_lines(struct treaty_str text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text.len; i++)
        lines += text.data[i] == '\n';
    return lines;
}

/* The set. */

static void put_head(struct treaty_buf *out, unsigned file)
{
    treaty_buf_printf(out,
                      "syntax = \"proto3\";\n\n"
                      "package acme.area%u.part%u;\n\n",
                      file / 10, file);
    for (unsigned i = 1; i <= 3 && i <= file; i++)
        treaty_buf_printf(out, "import \"acme/area%u/part%u.proto\";\n",
                          (file - i) / 10, file - i);
    if (file % 4 == 0)
        treaty_buf_put_z(out, "import \"google/protobuf/timestamp.proto\";\n");
    treaty_buf_printf(out,
                      "\noption java_package = \"com.acme.area%u\";\n"
                      "option java_multiple_files = true;\n\n",
                      file / 10);
}

static void put_message(struct treaty_buf *out, unsigned file, unsigned number)
{
    treaty_buf_printf(out,
                      "// What the %u. step of the process keeps.\n"
                      "message Step%u {\n"
                      "  string step_id = 1;\n"
                      "  int64 account_id = 2; // of the customer\n"
                      "  State%u state = 3;\n"
                      "  repeated Line lines = 4;\n"
                      "  map<string, string> labels = 5;\n"
                      "  optional double weight = 6;\n"
                      "  reserved 7, 20 to 29;\n"
                      "  reserved \"legacy_total\";\n",
                      number, number, file);
    if (file % 4 == 0)
        treaty_buf_put_z(out, "  google.protobuf.Timestamp at = 8;\n");
    for (unsigned i = 1; i <= 3 && i <= file; i++)
        treaty_buf_printf(out, "  acme.area%u.part%u.Step%u previous%u = %u;\n",
                          (file - i) / 10, file - i, number, i, 8 + i);
    treaty_buf_put_z(out, "  oneof payment {\n"
                          "    string card = 12;\n"
                          "    bytes voucher = 13 [deprecated = true];\n"
                          "  }\n"
                          "  message Line {\n"
                          "    string sku = 1;\n"
                          "    int32 qty = 2;\n"
                          "    int64 price_cents = 3 [json_name = \"cents\"];\n"
                          "  }\n"
                          "}\n\n");
}

static struct treaty_str make_file(struct treaty_arena *arena, unsigned file)
{
    struct treaty_buf out = {0};
    struct treaty_str text;

    put_head(&out, file);
    for (unsigned i = 0; i < MESSAGES; i++)
        put_message(&out, file, i);
    treaty_buf_printf(&out,
                      "enum State%u {\n"
                      "  STATE%u_UNSPECIFIED = 0;\n"
                      "  STATE%u_OPEN = 1;\n"
                      "  STATE%u_CLOSED = 2;\n"
                      "}\n",
                      file, file, file, file);
    if (treaty_buf_status(&out, NULL))
        die("memory");
    text = treaty_arena_dup(arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

static void make_set(struct set *set)
{
    for (unsigned i = 0; i < FILES; i++) {
        struct treaty_str text = make_file(&set->keep, i);

        set->lines += count_lines(text);
        set->bytes += text.len;
        if (i == FILES - 1) {
            set->root.text = text;
            break;
        }
        set->imports[i].text = text;
        set->imports[i].reference.name = treaty_arena_printf(
            &set->keep, "acme/area%u/part%u.proto", i / 10, i);
    }
    set->root.imports = set->imports;
    set->root.import_count = FILES - 1;
    set->root.strictness = TREATY_STRICT;
}

static struct treaty_schema *parse(const struct treaty_source *source)
{
    struct treaty_schema *schema;
    struct treaty_error err;

    if (treaty_schema_parse(&treaty_format_protobuf, source, &schema, &err)) {
        fprintf(stderr, "%s\n", err.message);
        die("parsing");
    }
    return schema;
}

static void parse_set(void *ctx, uint64_t times)
{
    const struct set *set = ctx;

    while (times--) {
        struct treaty_schema *schema = parse(&set->root);

        bench_keep(schema);
        treaty_schema_unref(schema);
    }
}

/* All of it was there, or the figure would tell of less. */
static void check_set(const struct set *set)
{
    struct treaty_schema *schema = parse(&set->root);

    if (treaty_proto_tree(schema)->file_count < FILES ||
        !treaty_proto_find_message(treaty_proto_tree(schema),
                                   TREATY_STR("acme.area0.part0.Step2.Line")))
        die("reaching all files");
    treaty_schema_unref(schema);
}

/* The pair. */

/* The new version: every third message has another field, every fifth lacks
 * one, every seventh has one of another type. */
static void put_pair_message(struct treaty_buf *out, unsigned number,
                             bool is_new)
{
    bool retyped = is_new && number % 7 == 0;

    treaty_buf_printf(out,
                      "message Thing%u {\n"
                      "  string thing_id = 1;\n"
                      "  %s amount_cents = 2;\n"
                      "  repeated string tags = 3;\n"
                      "  optional Kind kind = 4;\n"
                      "  map<string, int64> totals = 5;\n",
                      number, retyped ? "string" : "int64");
    if (!is_new || number % 5 != 0)
        treaty_buf_put_z(out, "  string note = 6;\n");
    if (is_new && number % 3 == 0)
        treaty_buf_put_z(out, "  bool is_gift = 7;\n");
    if (number > 0)
        treaty_buf_printf(out, "  Thing%u before = 8;\n", number - 1);
    treaty_buf_put_z(out, "}\n\n");
}

static struct treaty_str make_version(struct treaty_arena *arena, bool is_new)
{
    struct treaty_buf out = {0};
    struct treaty_str text;

    treaty_buf_put_z(&out, "syntax = \"proto3\";\n\npackage acme;\n\n"
                           "enum Kind {\n  KIND_UNSPECIFIED = 0;\n"
                           "  KIND_GOODS = 1;\n  KIND_SERVICE = 2;\n}\n\n");
    for (unsigned i = 0; count_lines(treaty_buf_str(&out)) < LINES; i++)
        put_pair_message(&out, i, is_new);
    if (treaty_buf_status(&out, NULL))
        die("memory");
    text = treaty_arena_dup(arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

static void compare(struct pair *pair, const struct treaty_schema *old,
                    const struct treaty_schema *changed)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena, .rules = pair->rules};

    if (changed->format->compare(changed, old, &findings))
        die("comparing");
    pair->breaking = findings.breaking;
    treaty_arena_release(&arena);
}

static void judge(void *ctx, uint64_t times)
{
    struct pair *pair = ctx;

    while (times--) {
        struct treaty_schema *old = parse(&pair->old);
        struct treaty_schema *changed = parse(&pair->changed);

        compare(pair, old, changed);
        treaty_schema_unref(old);
        treaty_schema_unref(changed);
    }
}

static void judge_parsed(void *ctx, uint64_t times)
{
    struct pair *pair = ctx;

    while (times--)
        compare(pair, pair->parsed[0], pair->parsed[1]);
}

static struct pair open_pair(struct treaty_arena *arena,
                             enum treaty_rules rules)
{
    struct pair pair = {
        .old = {.strictness = TREATY_STRICT},
        .changed = {.strictness = TREATY_STRICT},
        .rules = rules,
    };

    pair.old.text = make_version(arena, false);
    pair.changed.text = make_version(arena, true);
    pair.parsed[0] = parse(&pair.old);
    pair.parsed[1] = parse(&pair.changed);
    compare(&pair, pair.parsed[0], pair.parsed[1]);
    if (pair.breaking < LINES / 10 / 7)
        die("finding what breaks");
    return pair;
}

int main(void)
{
    static struct set set;
    struct pair pair = open_pair(&set.keep, TREATY_RULES_CONFLUENT);
    struct pair wire = open_pair(&set.keep, TREATY_RULES_WIRE_JSON);
    struct bench_contender contenders[] = {
        {"protobuf.parse100", parse_set, &set, 1, 0, 0},
        {"protobuf.verdict", judge, &pair, 1, 0, 0},
        {"protobuf.verdict.wire", judge, &wire, 1, 0, 0},
        {"protobuf.verdict.rules", judge_parsed, &pair, 1, 0, 0},
    };
    const size_t count = sizeof(contenders) / sizeof(contenders[0]);

    bench_pin();
    make_set(&set);
    check_set(&set);
    fprintf(stderr, "%zu lines, %zu bytes in %d files; %zu and %zu lines\n",
            set.lines, set.bytes, FILES, count_lines(pair.old.text),
            count_lines(pair.changed.text));
    bench_run(contenders, count, ROUNDS);
    for (size_t i = 0; i < count; i++) {
        const struct bench_figure figure = {
            .name = contenders[i].name,
            .value = contenders[i].ns / 1e6,
            .unit = "ms",
            .command = "make bench",
        };

        bench_report(&figure);
    }
    return 0;
}
