/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan's verdict over the reference's pairs of .proto files: what it finds
 * agrees with Confluent's verdict but where tests/corpus/protobuf/sound.test
 * says why it does not.
 */
#include "base/map.h"
#include "contract/contract.h"
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

/* "0088/backward" -> what Confluent says there, and nothing once it is met. */
static struct treaty_arena kept;
static struct treaty_map exceptions;

static char compatible;
static char incompatible;

static void read_exceptions(const struct corpus_case *c)
{
    struct treaty_str verdict = corpus_case_get(c, "confluent");
    struct treaty_str lines = c->lines;
    struct treaty_str line;
    struct treaty_str name;

    while (treaty_str_split(&lines, '\n', &line)) {
        if (!treaty_str_starts(line, TREATY_STR("pairs: ")))
            continue;
        line = treaty_str_sub(line, 7, line.len);
        while (treaty_str_split(&line, ' ', &name))
            CHECK_INT(treaty_map_put(&exceptions, treaty_arena_dup(&kept, name),
                                     treaty_str_eq_z(verdict, "compatible")
                                         ? &compatible
                                         : &incompatible),
                      TREATY_OK);
    }
}

static struct treaty_schema *parse_side(const struct corpus_line *line,
                                        const char *text,
                                        const char *references)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, text),
                      treaty_json_get(line->json, references));
    struct treaty_schema *schema = NULL;

    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, NULL),
        TREATY_OK);
    return schema;
}

/* Every unsound verdict says why; a sound one has only guarded failures. */
static void check_notes(const struct corpus_line *line,
                        const struct treaty_comparison *outcome)
{
    size_t unguarded = 0;

    for (size_t i = 0; i < outcome->fail_count; i++) {
        unguarded += !outcome->fails[i].guarded;
        if (outcome->fails[i].text.len == 0)
            tap_fail(line->file, line->number, "a failure without a reason");
    }
    if (outcome->sound != (unguarded == 0))
        tap_fail(line->file, line->number, "sound without reason");
}

/* Every event decodes and loses nothing; caps are always there. */
static bool is_quiet(const struct treaty_comparison *outcome)
{
    for (size_t i = 0; i < outcome->fail_count; i++) {
        if (strcmp(outcome->fails[i].rule, "memory-limit") != 0)
            return false;
    }
    return outcome->loss_count == 0;
}

/* Does the plan say anything against Confluent's verdict? */
static bool objects(const struct treaty_comparison *outcome)
{
    return outcome->compatible ? !outcome->sound : is_quiet(outcome);
}

static void check_direction(const struct corpus_line *line,
                            struct treaty_schema *proposed,
                            struct treaty_schema *old,
                            enum treaty_direction direction)
{
    bool back = direction == TREATY_BACKWARD;
    struct treaty_contract_options options = {
        .level = back ? TREATY_LEVEL_BACKWARD : TREATY_LEVEL_FORWARD,
        .plans = true};
    const struct treaty_past past = {1, old};
    const struct treaty_history history = {&past, 1};
    struct treaty_str id = corpus_text(line->json, "id");
    struct treaty_str key =
        treaty_arena_printf(line->arena, "%.*s/%s", 4, id.data + id.len - 4,
                            back ? "backward" : "forward");
    struct treaty_verdict verdict = {0};
    struct treaty_error err = {0};
    const char *exception = treaty_map_remove(&exceptions, key);

    if (treaty_contract_check(line->arena, proposed, &history, &options,
                              &verdict, &err) != TREATY_OK) {
        tap_fail(line->file, line->number, "%s", err.message);
        return;
    }
    check_notes(line, verdict.outcomes);
    if (objects(verdict.outcomes) != (exception != NULL) ||
        (exception && (exception == &compatible) != verdict.compatible))
        tap_fail(line->file, line->number, "%s: %s to Confluent, %s", key.data,
                 verdict.compatible ? "compatible" : "incompatible",
                 verdict.sound ? "sound" : "unsound");
    tap_add_passed(1);
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_schema *old = parse_side(line, "old", "old_references");
    struct treaty_schema *new = parse_side(line, "new", "new_references");

    if (old && new) {
        check_direction(line, new, old, TREATY_BACKWARD);
        check_direction(line, new, old, TREATY_FORWARD);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

static void differs_only_where_it_says_why(void)
{
    treaty_map_init(&exceptions, &kept);
    corpus_each_case(CORPUS "sound.test", read_exceptions);
    corpus_each(CORPUS "pairs.jsonl", check_line);
    CHECK_INT(exceptions.live, 0);
    treaty_arena_release(&kept);
}

static struct treaty_schema *parse(const char *text)
{
    struct treaty_source source = {.text = treaty_str_z(text)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

/* The only failure of `new` reading `old`, at `path`; none when that is NULL.
 */
static void check_failure(const char *old_text, const char *new_text,
                          const char *path)
{
    const struct treaty_contract_options options = {
        .level = TREATY_LEVEL_BACKWARD, .plans = true};
    struct treaty_schema *old = parse(old_text);
    struct treaty_schema *new = parse(new_text);
    const struct treaty_past past = {1, old};
    const struct treaty_history history = {&past, 1};
    struct treaty_arena arena = {0};
    struct treaty_verdict verdict = {0};

    CHECK_INT(
        treaty_contract_check(&arena, new, &history, &options, &verdict, NULL),
        TREATY_OK);
    CHECK(verdict.outcomes && verdict.outcomes->checked);
    CHECK(verdict.sound == (path == NULL));
    if (path && CHECK_INT(verdict.outcomes->fail_count, 1))
        CHECK_STR_Z(verdict.outcomes->fails[0].path, path);
    treaty_schema_unref(old);
    treaty_schema_unref(new);
    treaty_arena_release(&arena);
}

/* A topic may carry any message of the file, not the first one alone. */
static void asks_of_every_message(void)
{
    check_failure("message A { } message B { optional string x = 1; }",
                  "message A { } message B { required string x = 1; }", "B/x");
    check_failure("package p; message A { } message B { }",
                  "package q; message B { required string x = 1; } message A "
                  "{ }",
                  "p.B/x");
    check_failure("message A { } message B { }", "message A { }", NULL);
    check_failure("message A { }",
                  "message A { } message B { required int32 x "
                  "= 1; }",
                  NULL);
}

/* The first message may have another name, unless both sides know it. */
static void takes_the_first_one_by_place(void)
{
    check_failure("message A { }", "message Z { required int32 x = 1; }",
                  "A/x");
    check_failure("message A { }",
                  "message Z { required int32 x = 1; } message A { }", NULL);
    check_failure("message A { } message Z { required int32 x = 1; }",
                  "message Z { required int32 x = 1; }", NULL);
    check_failure("enum E { A = 0; }", "message Z { required int32 x = 1; }",
                  NULL);
}

TAP_MAIN({"asks of every message", asks_of_every_message},
         {"takes the first one by place", takes_the_first_one_by_place},
         {"differs only where it says why", differs_only_where_it_says_why})
