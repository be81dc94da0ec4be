/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on .proto files where the corpus does not go: places in the texts,
 * references by subject and version, hostile sizes and depths.
 */
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

#include <time.h>

static struct treaty_schema *parse(const struct treaty_source *source)
{
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, source, &schema, &err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

static struct treaty_schema *parse_text(const char *text)
{
    const struct treaty_source source = {.text = treaty_str_z(text)};

    return parse(&source);
}

static struct treaty_schema *parse_buf(const struct treaty_buf *text)
{
    const struct treaty_source source = {
        .text = treaty_buf_str(text),
        .limits = {.text_max = 64 << 20, .names_max = 1000000}};

    return parse(&source);
}

/* The finding of `rule`, or NULL. */
static const struct treaty_finding *
find_rule(const struct treaty_findings *findings, const char *rule)
{
    const struct treaty_finding *f = findings->first;

    while (f && strcmp(f->rule, rule) != 0)
        f = f->next;
    return f;
}

/* Places of a finding, as the texts from there on. */
static void check_places(const char *old_text, const char *new_text,
                         const char *rule, const char *old_place,
                         const char *new_place)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct treaty_schema *old = parse_text(old_text);
    struct treaty_schema *new = parse_text(new_text);
    const struct treaty_finding *f;

    CHECK_INT(new->format->compare(new, old, &findings), TREATY_OK);
    f = find_rule(&findings, rule);
    CHECK(f != NULL);
    if (f) {
        CHECK(strncmp(old_text + f->writer_pos, old_place, strlen(old_place)) ==
              0);
        CHECK(strncmp(new_text + f->reader_pos, new_place, strlen(new_place)) ==
              0);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
    treaty_arena_release(&arena);
}

static void points_at_the_places(void)
{
    check_places("syntax = \"proto3\"; message M { int32 a = 1; }",
                 "syntax = \"proto3\"; message M { /**/ string b = 1; }",
                 "FIELD_SCALAR_KIND_CHANGED", "int32 a", "string b");
    check_places("syntax = \"proto3\"; message M { int32 a = 1; }",
                 "syntax = \"proto3\"; message M { /**/ string b = 1; }",
                 "FIELD_NAME_CHANGED", "a = 1", "b = 1");
    check_places("syntax = \"proto3\"; message M { } message N { }",
                 "syntax = \"proto3\"; package p; message M { }",
                 "MESSAGE_REMOVED", "N { }", "p;");
    check_places("package q; message M { }", "package p; message M { }",
                 "PACKAGE_CHANGED", "q;", "p;");
    check_places("message M { oneof o { int32 a = 1; int32 b = 2; } }",
                 "message M { oneof o { int32 a = 1; } }",
                 "ONEOF_FIELD_REMOVED", "int32 b", "M {");
    check_places("message M { optional int32 a = 1; optional int32 b = 2; }",
                 "message M { oneof o { int32 a = 1; int32 b = 2; } }",
                 "MULTIPLE_FIELDS_MOVED_TO_ONEOF", "M {", "o {");
}

/* Two texts that differ in what they import, and the same import's text. */
struct imported {
    const char *subject; /* NULL: from a folder */
    int version;
    const char *text;
};

static struct treaty_schema *parse_importing(const struct imported *import,
                                             const char *text)
{
    const struct treaty_import one = {
        .reference = {TREATY_STR("a.proto"), treaty_str_z(import->subject),
                      import->version},
        .text = treaty_str_z(import->text),
    };
    const struct treaty_source source = {
        .text = treaty_str_z(text), .imports = &one, .import_count = 1};

    return parse(&source);
}

/* Breaking differences between the same text with either import. */
static size_t compare_importing(const struct imported *old,
                                const struct imported *new)
{
    const char *text = "syntax = \"proto3\"; import \"a.proto\"; "
                       "message M { A a = 1; repeated A b = 2; }";
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct treaty_schema *was = parse_importing(old, text);
    struct treaty_schema *is = parse_importing(new, text);

    CHECK_INT(is->format->compare(is, was, &findings), TREATY_OK);
    for (const struct treaty_finding *f = findings.first; f; f = f->next)
        CHECK(strncmp(text + f->reader_pos, "A a", 3) == 0 ||
              strncmp(text + f->reader_pos, "repeated A b", 12) == 0);
    treaty_schema_unref(was);
    treaty_schema_unref(is);
    treaty_arena_release(&arena);
    return findings.breaking;
}

/* What is compared inside is told of once a use, and then of the use. */
static void references_count_by_version(void)
{
    const char *ints = "syntax = \"proto3\"; message A { int32 x = 1; }";
    const char *texts = "syntax = \"proto3\"; message A { string x = 1; }";
    const struct imported one = {"s", 1, ints};
    const struct imported two = {"s", 2, texts};
    const struct imported lie = {"s", 1, texts};
    const struct imported other = {"t", 1, texts};
    const struct imported folder = {NULL, 0, ints};
    const struct imported changed = {NULL, 0, texts};

    CHECK_INT(compare_importing(&one, &one), 0);
    CHECK_INT(compare_importing(&one, &two), 4);
    CHECK_INT(compare_importing(&one, &lie), 0);
    CHECK_INT(compare_importing(&one, &other), 4);
    CHECK_INT(compare_importing(&folder, &folder), 0);
    CHECK_INT(compare_importing(&folder, &changed), 4);
    CHECK_INT(compare_importing(&one, &folder), 0);
    CHECK_INT(compare_importing(&one, &changed), 4);
}

/* A body that uses itself, or another that uses it, ends. */
static void references_may_recur(void)
{
    const struct imported old = {
        "s", 1,
        "syntax = \"proto3\"; message A { B b = 1; A a = 2; } "
        "message B { A a = 1; int32 x = 3; }"};
    const struct imported new = {
        "s", 2,
        "syntax = \"proto3\"; message A { B b = 1; A a = 2; } "
        "message B { A a = 1; string x = 3; }"};

    CHECK(compare_importing(&old, &new) > 0);
    CHECK_INT(compare_importing(&old, &old), 0);
}

/* T0 holds a leaf, each other one the one before as often as told. */
static void put_chain(struct treaty_buf *out, int count, int uses,
                      const char *leaf)
{
    treaty_buf_clear(out);
    treaty_buf_printf(out, "syntax = \"proto3\"; message T0 { %s x = 1; }\n",
                      leaf);
    for (int i = 1; i < count; i++) {
        treaty_buf_printf(out, "message T%d {", i);
        for (int use = 1; use <= uses; use++)
            treaty_buf_printf(out, " T%d f%d = %d;", i - 1, use, use);
        treaty_buf_put_z(out, " }\n");
    }
    treaty_buf_put_c(out, '\0');
}

static enum treaty_code compare_chains(int count, int uses, size_t *ret_count)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct imported imports[2] = {{"s", 1, NULL}, {"s", 2, NULL}};
    struct treaty_schema *sides[2];
    struct treaty_buf texts[2];
    struct treaty_str main = treaty_arena_printf(
        &arena,
        "syntax = \"proto3\"; import \"a.proto\"; message M { T%d a = 1; }",
        count - 1);
    enum treaty_code code;

    for (int i = 0; i < 2; i++) {
        treaty_buf_init(&texts[i], 0);
        put_chain(&texts[i], count, uses, i ? "string" : "int32");
        imports[i].text = texts[i].data;
        sides[i] = parse_importing(&imports[i], main.data);
    }
    code = sides[1]->format->compare(sides[1], sides[0], &findings);
    *ret_count = findings.count;
    CHECK(code || findings.breaking > 0);
    for (int i = 0; i < 2; i++) {
        treaty_schema_unref(sides[i]);
        treaty_buf_release(&texts[i]);
    }
    treaty_arena_release(&arena);
    return code;
}

/* Uses multiply, but not what is done about them; depth has an end. */
static void references_are_bounded(void)
{
    size_t count;

    CHECK_INT(compare_chains(200, 1, &count), TREATY_OK);
    CHECK_INT(count, 1 + 200);
    CHECK_INT(compare_chains(200, 3, &count), TREATY_OK);
    CHECK_INT(count, 10000);
    CHECK_INT(compare_chains(499, 1, &count), TREATY_OK);
    CHECK_INT(compare_chains(3000, 1, &count), TREATY_ELIMIT);
}

/* Fields by number, backwards and forwards, and a oneof of each. */
static void put_wide(struct treaty_buf *out, int count, bool backwards,
                     const char *type)
{
    treaty_buf_clear(out);
    treaty_buf_put_z(out, "syntax = \"proto3\"; message M {\n");
    for (int i = 1; i <= count; i++) {
        int number = backwards ? count + 1 - i : i;

        treaty_buf_printf(out, "%s f%d = %d;\n", type, number, number);
    }
    treaty_buf_put_z(out, "}\n");
}

/*
 * A message of 100,000 fields; were anything quadratic, it would take minutes.
 * The verdict is right although not all findings are kept.
 */
static void stays_fast(void)
{
    enum { FIELDS = 100000 };
    static const enum treaty_rules rules[] = {TREATY_RULES_CONFLUENT,
                                              TREATY_RULES_CONFLUENT_8_3,
                                              TREATY_RULES_WIRE_JSON};
    struct treaty_schema *sides[2];
    struct treaty_buf text;
    clock_t from;

    treaty_buf_init(&text, 0);
    put_wide(&text, FIELDS, false, "int32");
    sides[0] = parse_buf(&text);
    put_wide(&text, FIELDS, true, "string");
    sides[1] = parse_buf(&text);
    from = clock(); /* processor time: others may be busy */
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_findings findings = {.arena = &arena, .rules = rules[i]};

        CHECK_INT(sides[1]->format->compare(sides[1], sides[0], &findings),
                  TREATY_OK);
        CHECK_INT(findings.count, 10000);
        CHECK_INT(findings.breaking, 10000);
        treaty_arena_release(&arena);
    }
    CHECK(clock() - from < 20 * CLOCKS_PER_SEC);
    treaty_schema_unref(sides[0]);
    treaty_schema_unref(sides[1]);
    treaty_buf_release(&text);
}

/* Harmless findings may fill the list; what breaks is never left out. */
static void what_breaks_is_kept(void)
{
    enum { FIELDS = 12000 };
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct treaty_schema *old;
    struct treaty_schema *new;
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    put_wide(&text, FIELDS, false, "int32");
    treaty_buf_put_z(&text, "message Z { int32 x = 1; }");
    old = parse_buf(&text);
    new = parse_text("syntax = \"proto3\"; message M { } "
                     "message Z { string x = 1; }");
    CHECK_INT(new->format->compare(new, old, &findings), TREATY_OK);
    CHECK_INT(findings.count, 10001);
    CHECK_INT(findings.breaking, 1);
    treaty_schema_unref(old);
    treaty_schema_unref(new);
    treaty_buf_release(&text);
    treaty_arena_release(&arena);
}

TAP_MAIN({"points at the places", points_at_the_places},
         {"references count by version", references_count_by_version},
         {"references may recur", references_may_recur},
         {"references are bounded", references_are_bounded},
         {"stays fast", stays_fast},
         {"what breaks is kept", what_breaks_is_kept})
