/* SPDX-License-Identifier: Apache-2.0 */
/* buf's rules, case by case; real files are in proto_histories.c. */
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

#include <stdlib.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static struct treaty_schema *parse(const struct corpus_case *c, const char *key)
{
    struct treaty_source source = {.strictness = TREATY_STRICT};
    struct treaty_str rest = c->lines;
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_str line;

    while (treaty_str_split(&rest, '\n', &line)) {
        if (line.len && line.data[0] == key[0])
            source.text = treaty_str_sub(line, 2, line.len);
    }
    if (!treaty_str_starts(source.text, TREATY_STR("syntax")) &&
        !treaty_str_starts(source.text, TREATY_STR("edition")))
        source.text = treaty_arena_join(
            c->arena, TREATY_STR("syntax = \"proto3\";"), ' ', source.text);
    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(c->file, c->number, "%s: %s", key, err.message);
    return schema;
}

static int compare_rules(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;

    return strcmp(*x, *y);
}

/* The rules of the findings, sorted, or "none". */
static struct treaty_str list_rules(const struct corpus_case *c,
                                    const struct treaty_findings *findings)
{
    const char **rules =
        TREATY_ARENA_NEW_N(c->arena, const char *, findings->count + 1);
    struct treaty_str all = TREATY_STR("none");
    size_t count = 0;

    for (const struct treaty_finding *f = findings->first; f; f = f->next) {
        rules[count++] = f->rule;
        if (f->reader_pos == TREATY_NO_OFFSET ||
            f->writer_pos == TREATY_NO_OFFSET)
            tap_fail(c->file, c->number, "%s has no place", f->rule);
    }
    qsort(rules, count, sizeof(rules[0]), compare_rules);
    for (size_t i = 0; i < count; i++)
        all = i ? treaty_arena_join(c->arena, all, ' ', treaty_str_z(rules[i]))
                : treaty_str_z(rules[i]);
    return all;
}

static void check_category(const struct corpus_case *c, const char *key,
                           enum treaty_rules rules,
                           const struct treaty_schema *old,
                           const struct treaty_schema *new)
{
    struct treaty_findings findings = {.arena = c->arena, .rules = rules};

    CHECK_INT(new->format->compare(new, old, &findings), TREATY_OK);
    corpus_case_same(c, key, list_rules(c, &findings), corpus_case_get(c, key));
    findings = (struct treaty_findings){.arena = c->arena, .rules = rules};
    CHECK_INT(new->format->compare(new, new, &findings), TREATY_OK);
    CHECK_INT(findings.count, 0);
    tap_add_passed(1);
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_schema *old = parse(c, "<");
    struct treaty_schema *new = parse(c, ">");

    if (old && new) {
        check_category(c, "wire", TREATY_RULES_WIRE, old, new);
        check_category(c, "json", TREATY_RULES_WIRE_JSON, old, new);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

static void every_case(void)
{
    corpus_each_case(CORPUS "wire.test", check_case);
}

/* Under any rules, a file is itself, also as a descriptor without places. */
static void a_descriptor_is_the_same(void)
{
    static const enum treaty_rules all[] = {TREATY_RULES_CONFLUENT,
                                            TREATY_RULES_CONFLUENT_8_3,
                                            TREATY_RULES_WIRE_JSON};
    struct treaty_source source = {
        .text = TREATY_STR(
            "syntax = \"proto3\"; package p; message M { reserved 9; "
            "reserved \"x\"; message N { repeated double e = 1 "
            "[packed = false]; } optional E a = 1; map<string, N> b = 2; "
            "oneof o { bytes c = 3; N d = 4; } } enum E { A = 0; } service S { "
            "rpc R (M) "
            "returns (stream M.N) { option idempotency_level = IDEMPOTENT; } "
            "}")};
    struct treaty_arena arena = {0};
    struct treaty_schema *text = NULL;
    struct treaty_schema *same = NULL;
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &text, NULL),
        TREATY_OK);
    CHECK_INT(
        treaty_schema_render(text, TREATY_STR("serialized"), &out, NULL, NULL),
        TREATY_OK);
    source.text = treaty_buf_str(&out);
    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &same, NULL),
        TREATY_OK);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct treaty_findings findings = {.arena = &arena, .rules = all[i]};

        CHECK_INT(text->format->compare(text, same, &findings), TREATY_OK);
        CHECK_INT(text->format->compare(same, text, &findings), TREATY_OK);
        CHECK_INT(findings.count, 0);
    }
    treaty_schema_unref(text);
    treaty_schema_unref(same);
    treaty_buf_release(&out);
    treaty_arena_release(&arena);
}

/* An import that changed is compared as well, and told of where it stands. */
static void imports_are_compared(void)
{
    const char *text = "syntax = \"proto3\"; import \"a.proto\"; "
                       "message M { A a = 1; }";
    const struct treaty_import imports[] = {
        {.reference = {.name = TREATY_STR("a.proto")},
         .text = TREATY_STR("syntax = \"proto3\"; message A { int32 x = 1; }")},
        {.reference = {.name = TREATY_STR("a.proto")},
         .text =
             TREATY_STR("syntax = \"proto3\"; message A { string x = 1; }")},
    };
    struct treaty_source source = {
        .text = treaty_str_z(text), .imports = imports, .import_count = 1};
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena,
                                       .rules = TREATY_RULES_WIRE};
    struct treaty_schema *old = NULL;
    struct treaty_schema *new = NULL;

    CHECK_INT(treaty_schema_parse(&treaty_format_protobuf, &source, &old, NULL),
              TREATY_OK);
    source.imports++;
    CHECK_INT(treaty_schema_parse(&treaty_format_protobuf, &source, &new, NULL),
              TREATY_OK);
    CHECK_INT(new->format->compare(new, old, &findings), TREATY_OK);
    if (CHECK_INT(findings.count, 1)) {
        CHECK(strcmp(findings.first->rule, "FIELD_WIRE_COMPATIBLE_TYPE") == 0);
        CHECK(strncmp(text + findings.first->reader_pos, "\"a.proto\"", 9) ==
              0);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
    treaty_arena_release(&arena);
}

TAP_MAIN({"every case", every_case},
         {"a descriptor is the same", a_descriptor_is_the_same},
         {"imports are compared", imports_are_compared})
