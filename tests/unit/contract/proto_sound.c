/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/contract/sound.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

/* Every event decodes and loses nothing; caps are always there. */
static bool is_quiet(const struct treaty_comparison *outcome)
{
    for (size_t i = 0; i < outcome->fail_count; i++) {
        if (strcmp(outcome->fails[i].rule, "memory-limit") != 0)
            return false;
    }
    return outcome->loss_count == 0;
}

static bool objects(const struct treaty_comparison *outcome)
{
    return outcome->compatible ? !outcome->sound : is_quiet(outcome);
}

static void check_line(const struct corpus_line *line)
{
    sound_check_line(line, &treaty_format_protobuf, objects);
}

static void differs_only_where_it_says_why(void)
{
    sound_check_all(CORPUS "sound.test", CORPUS "pairs.jsonl", check_line);
}

/* The only failure of `new` reading `old`, at `path`; none if that is NULL. */
static void check_failure(const char *old_text, const char *new_text,
                          const char *path)
{
    const struct treaty_contract_options options = {
        .level = TREATY_LEVEL_BACKWARD, .plans = true};
    struct treaty_schema *old = pairs_parse(&treaty_format_protobuf, old_text);
    struct treaty_schema *new = pairs_parse(&treaty_format_protobuf, new_text);
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
