/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seven levels over the reference's verdicts, and the messages that a
 * client sees: their order and their shape.
 */
#include "base/utf8.h"
#include "unit/contract/pairs.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static bool is_reflexive(const struct corpus_line *line,
                         const struct treaty_schema *schema)
{
    struct treaty_findings findings = {.arena = line->arena};

    return schema->format->compare(schema, schema, &findings) == TREATY_OK &&
           findings.breaking == 0;
}

/* A comparison that ended early is told in plain text. */
static bool has_shape(const struct pair *pair, const struct treaty_finding *f,
                      struct treaty_str message)
{
    struct treaty_arena *arena = pair->line->arena;
    bool ended = strcmp(f->rule, "READER_FIELD_AMBIGUOUS") == 0;
    struct treaty_str head = treaty_arena_printf(
        arena, "{errorType:'%s', description:'the ", f->rule);
    struct treaty_str tail = treaty_arena_printf(
        arena, ", at path '%.*s'', additionalInfo:'%.*s'}", (int)f->path.len,
        f->path.data, (int)f->detail.len, f->detail.data);

    if (ended)
        return message.len && message.data[0] != '{' &&
               treaty_str_ends(message, f->detail);
    return treaty_str_starts(message, head) && treaty_str_ends(message, tail);
}

static void check_line(const struct corpus_line *line)
{
    struct pair pair;

    if (pairs_open(&pair, line, &treaty_format_avro)) {
        pair.backward =
            corpus_true(treaty_json_get(line->json, "backward"), "compatible");
        pair.forward =
            corpus_true(treaty_json_get(line->json, "forward"), "compatible");
        pair.reflexive = is_reflexive(line, pair.new);
        pair.has_shape = has_shape;
        for (size_t i = 0; i < PAIRS_LEVELS; i++)
            pairs_check_level(&pair, pairs_levels[i]);
    }
    pairs_close(&pair);
}

static void every_level_over_every_pair(void)
{
    corpus_each(CORPUS "pairs.jsonl", check_line);
}

/* A transitive level stops at the first version that fails, unless told. */
static void stops_at_the_first_failure(void)
{
    struct treaty_arena arena = {0};
    struct treaty_schema *text = pairs_parse(NULL, "\"string\"");
    struct treaty_schema *number = pairs_parse(NULL, "\"int\"");
    const struct treaty_past past[] = {{3, number}, {2, number}, {1, number}};
    const struct treaty_history history = {past, 3};
    const struct treaty_history none = {past, 0};
    struct treaty_contract_options options = {.level =
                                                  TREATY_LEVEL_FULL_TRANSITIVE};
    const struct treaty_str *messages;
    struct treaty_verdict verdict;
    size_t count;

    CHECK_INT(
        treaty_contract_check(&arena, text, &history, &options, &verdict, NULL),
        TREATY_OK);
    CHECK(!verdict.compatible && verdict.failed->past->version == 3);
    CHECK_INT(treaty_verdict_messages(&arena, &verdict, &messages, &count),
              TREATY_OK);
    CHECK_INT(count, 2 + 3);
    CHECK(verdict.failed->direction == TREATY_FORWARD);

    options.all = true;
    CHECK_INT(
        treaty_contract_check(&arena, text, &history, &options, &verdict, NULL),
        TREATY_OK);
    CHECK_INT(treaty_verdict_messages(&arena, &verdict, &messages, &count),
              TREATY_OK);
    CHECK_INT(count, 3 * (2 + 2) + 1);

    CHECK_INT(
        treaty_contract_check(&arena, text, &none, &options, &verdict, NULL),
        TREATY_OK);
    CHECK(verdict.compatible && !verdict.outcomes);
    treaty_schema_unref(text);
    treaty_schema_unref(number);
    treaty_arena_release(&arena);
}

/* A long schema is cut at 10 KiB, between characters. */
static void cuts_a_long_schema(void)
{
    struct treaty_contract_options options = {.level = TREATY_LEVEL_BACKWARD};
    struct treaty_arena arena = {0};
    const struct treaty_str *messages;
    struct treaty_verdict verdict;
    struct treaty_schema *number = pairs_parse(NULL, "\"int\"");
    struct treaty_schema *old;
    struct treaty_past past = {.version = 1};
    const struct treaty_history history = {&past, 1};
    struct treaty_buf text;
    size_t count;

    treaty_buf_init(&text, 0);
    treaty_buf_put_z(&text, "{\"type\":\"string\",\"p\":\"x");
    while (text.len < 20000)
        treaty_buf_put_z(&text, "\xc3\xa9");
    treaty_buf_put_z(&text, "\"}");
    treaty_buf_put_c(&text, '\0');
    old = pairs_parse(NULL, text.data);
    past.schema = old;
    CHECK_INT(treaty_contract_check(&arena, number, &history, &options,
                                    &verdict, NULL),
              TREATY_OK);
    CHECK_INT(treaty_verdict_messages(&arena, &verdict, &messages, &count),
              TREATY_OK);
    if (CHECK_INT(count, 4)) {
        CHECK(messages[2].len < 10 * 1024 + 32);
        CHECK(messages[2].len > 10 * 1024);
        CHECK(treaty_utf8_valid(messages[2]));
        CHECK(treaty_str_ends(messages[2], TREATY_STR("...'}")));
    }
    treaty_schema_unref(old);
    treaty_schema_unref(number);
    treaty_buf_release(&text);
    treaty_arena_release(&arena);
}

static void level_names(void)
{
    enum treaty_level level = TREATY_LEVEL_NONE;

    for (size_t i = 0; i < PAIRS_LEVELS; i++) {
        CHECK(treaty_level_parse(treaty_level_name(pairs_levels[i]), &level));
        CHECK_INT(level, pairs_levels[i]);
    }
    CHECK(treaty_level_parse(TREATY_STR("full_Transitive"), &level));
    CHECK_INT(level, TREATY_LEVEL_FULL_TRANSITIVE);
    CHECK(!treaty_level_parse(TREATY_STR("FULLY"), &level));
    CHECK(!treaty_level_parse(TREATY_STR(""), &level));
}

static void upgrade_order(void)
{
    CHECK_INT(treaty_upgrade_order(true, true), TREATY_UPGRADE_ANY);
    CHECK_INT(treaty_upgrade_order(true, false), TREATY_UPGRADE_CONSUMERS);
    CHECK_INT(treaty_upgrade_order(false, true), TREATY_UPGRADE_PRODUCERS);
    CHECK_INT(treaty_upgrade_order(false, false), TREATY_UPGRADE_NONE);
}

TAP_MAIN({"every level over every pair", every_level_over_every_pair},
         {"stops at the first failure", stops_at_the_first_failure},
         {"cuts a long schema", cuts_a_long_schema},
         {"level names", level_names}, {"upgrade order", upgrade_order})
