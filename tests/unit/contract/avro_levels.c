/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seven levels over the reference's verdicts, and the messages that a
 * client sees: their order and their shape.
 */
#include "base/utf8.h"
#include "contract/contract.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static const enum treaty_level levels[] = {
    TREATY_LEVEL_NONE,
    TREATY_LEVEL_BACKWARD,
    TREATY_LEVEL_FORWARD,
    TREATY_LEVEL_FULL,
    TREATY_LEVEL_BACKWARD_TRANSITIVE,
    TREATY_LEVEL_FORWARD_TRANSITIVE,
    TREATY_LEVEL_FULL_TRANSITIVE,
};

/* A pair of the corpus, and what the reference says of it. */
struct pair {
    const struct corpus_line *line;
    struct treaty_schema *old;
    struct treaty_schema *new;
    bool backward;
    bool forward;
    bool reflexive; /* the new schema reads itself */
};

static struct treaty_schema *parse_side(const struct corpus_line *line,
                                        const char *text,
                                        const char *references)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, text),
                      treaty_json_get(line->json, references));
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(NULL, &source, &schema, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "%s: %s", text, err.message);
    return schema;
}

static bool is_reflexive(const struct corpus_line *line,
                         const struct treaty_schema *schema)
{
    struct treaty_findings findings = {.arena = line->arena};

    return schema->format->compare(schema, schema, &findings) == TREATY_OK &&
           findings.breaking == 0;
}

static bool want(const struct pair *pair, enum treaty_level level)
{
    return (!treaty_level_asks_backward(level) || pair->backward) &&
           (!treaty_level_asks_forward(level) || pair->forward);
}

static struct treaty_verdict check(const struct pair *pair,
                                   const struct treaty_history *history,
                                   enum treaty_level level)
{
    const struct treaty_contract_options options = {.level = level};
    struct treaty_verdict verdict = {0};
    struct treaty_error err = {0};

    if (treaty_contract_check(pair->line->arena, pair->new, history, &options,
                              &verdict, &err) != TREATY_OK)
        tap_fail(pair->line->file, pair->line->number, "%s", err.message);
    return verdict;
}

static void differ(const struct pair *pair, enum treaty_level level,
                   const char *what)
{
    struct treaty_str name = treaty_level_name(level);

    tap_fail(pair->line->file, pair->line->number, "%.*s: %s", (int)name.len,
             name.data, what);
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

/*
 * What a client is told of one version: forward differences, backward ones,
 * which version it was, its text, what was in force.
 */
static void check_messages(const struct pair *pair, enum treaty_level level,
                           const struct treaty_verdict *verdict)
{
    const struct treaty_str *messages = NULL;
    size_t count = 0;
    size_t at = 0;

    CHECK_INT(
        treaty_verdict_messages(pair->line->arena, verdict, &messages, &count),
        TREATY_OK);
    if (verdict->compatible) {
        CHECK_INT(count, 0);
        return;
    }
    for (const struct treaty_comparison *o = verdict->outcomes; o;
         o = o->next) {
        for (const struct treaty_finding *f = o->findings.first; f;
             f = f->next, at++) {
            if (at >= count || !has_shape(pair, f, messages[at]))
                differ(pair, level, "a message of another shape");
        }
    }
    if (count != at + 3) {
        differ(pair, level, "another number of messages");
        return;
    }
    CHECK_STR_Z(messages[at], "{oldSchemaVersion: 7}");
    CHECK(treaty_str_starts(messages[at + 1], TREATY_STR("{oldSchema: '")));
    CHECK_STR(
        messages[at + 2],
        treaty_arena_printf(pair->line->arena,
                            "{validateFields: 'false', compatibility: '%.*s'}",
                            (int)treaty_level_name(level).len,
                            treaty_level_name(level).data));
}

/* The newest version is what was registered last; then comes the old one. */
static void check_level(const struct pair *pair, enum treaty_level level)
{
    const struct treaty_past only = {7, pair->old};
    const struct treaty_past both[] = {{8, pair->new}, {7, pair->old}};
    const struct treaty_history one = {&only, 1};
    const struct treaty_history two = {both, 2};
    struct treaty_verdict verdict = check(pair, &one, level);
    bool asks = level != TREATY_LEVEL_NONE;
    bool old_counts = treaty_level_is_transitive(level);

    if (verdict.compatible != want(pair, level))
        differ(pair, level, "wrong verdict");
    check_messages(pair, level, &verdict);

    verdict = check(pair, &two, level);
    if (verdict.compatible !=
        ((!asks || pair->reflexive) && (!old_counts || want(pair, level))))
        differ(pair, level, "wrong verdict over a history");
    if (verdict.failed && pair->reflexive)
        CHECK_INT(verdict.failed->past->version, 7);
    tap_add_passed(1);
}

static void check_line(const struct corpus_line *line)
{
    struct pair pair = {
        .line = line,
        .old = parse_side(line, "old", "old_references"),
        .new = parse_side(line, "new", "new_references"),
        .backward =
            corpus_true(treaty_json_get(line->json, "backward"), "compatible"),
        .forward =
            corpus_true(treaty_json_get(line->json, "forward"), "compatible"),
    };

    if (pair.old && pair.new) {
        pair.reflexive = is_reflexive(line, pair.new);
        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
            check_level(&pair, levels[i]);
    }
    treaty_schema_unref(pair.old);
    treaty_schema_unref(pair.new);
}

static void every_level_over_every_pair(void)
{
    corpus_each(CORPUS "pairs.jsonl", check_line);
}

static struct treaty_schema *parse(const char *text)
{
    struct treaty_source source = {.text = treaty_str_z(text)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(NULL, &source, &schema, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

/* A transitive level stops at the first version that fails, unless told. */
static void stops_at_the_first_failure(void)
{
    struct treaty_arena arena = {0};
    struct treaty_schema *text = parse("\"string\"");
    struct treaty_schema *number = parse("\"int\"");
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
    struct treaty_schema *number = parse("\"int\"");
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
    old = parse(text.data);
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

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        CHECK(treaty_level_parse(treaty_level_name(levels[i]), &level));
        CHECK_INT(level, levels[i]);
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
