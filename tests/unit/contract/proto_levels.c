/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seven levels over the reference's verdicts on .proto files, at either
 * release; what a client is told; and rules that have no direction.
 */
#include "contract/contract.h"
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static const enum treaty_level levels[] = {
    TREATY_LEVEL_NONE,
    TREATY_LEVEL_BACKWARD,
    TREATY_LEVEL_FORWARD,
    TREATY_LEVEL_FULL,
    TREATY_LEVEL_BACKWARD_TRANSITIVE,
    TREATY_LEVEL_FORWARD_TRANSITIVE,
    TREATY_LEVEL_FULL_TRANSITIVE,
};

/* A pair of the corpus, and what a release of the reference says of it. */
struct pair {
    const struct corpus_line *line;
    struct treaty_schema *old;
    struct treaty_schema *new;
    enum treaty_rules rules;
    bool backward;
    bool forward;
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

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(line->file, line->number, "%s: %s", text, err.message);
    return schema;
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
    const struct treaty_contract_options options = {.level = level,
                                                    .rules = pair->rules};
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

static bool has_shape(const struct pair *pair, const struct treaty_finding *f,
                      struct treaty_str message)
{
    struct treaty_arena *arena = pair->line->arena;
    struct treaty_str head = treaty_arena_printf(
        arena, "{errorType:\"%s\", description:\"", f->rule);
    struct treaty_str tail = treaty_arena_printf(
        arena, ", at path '%.*s'\"}", (int)f->path.len, f->path.data);

    return treaty_str_starts(message, head) && treaty_str_ends(message, tail);
}

/* The breaking differences alone; then the version and what was in force. */
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
             f = f->next) {
            if (!f->breaking)
                continue;
            if (at >= count || !has_shape(pair, f, messages[at]))
                differ(pair, level, "a message of another shape");
            at++;
        }
    }
    if (count != at + 3)
        differ(pair, level, "another number of messages");
    else
        CHECK_STR_Z(messages[at], "{oldSchemaVersion: 7}");
}

/* The newest version is what was registered last; then comes the old one. */
static void check_level(const struct pair *pair, enum treaty_level level)
{
    const struct treaty_past only = {7, pair->old};
    const struct treaty_past both[] = {{8, pair->new}, {7, pair->old}};
    const struct treaty_history one = {&only, 1};
    const struct treaty_history two = {both, 2};
    struct treaty_verdict verdict = check(pair, &one, level);

    if (verdict.compatible != want(pair, level))
        differ(pair, level, "wrong verdict");
    check_messages(pair, level, &verdict);

    verdict = check(pair, &two, level);
    if (verdict.compatible !=
        (!treaty_level_is_transitive(level) || want(pair, level)))
        differ(pair, level, "wrong verdict over a history");
    if (verdict.failed)
        CHECK_INT(verdict.failed->past->version, 7);
    tap_add_passed(1);
}

/* Who goes first follows from both directions. */
static void check_upgrade(const struct pair *pair)
{
    const struct treaty_past only = {7, pair->old};
    const struct treaty_history one = {&only, 1};
    struct treaty_verdict verdict = check(pair, &one, TREATY_LEVEL_FULL);
    const struct treaty_comparison *forward = verdict.outcomes;
    const struct treaty_comparison *backward = forward->next;

    CHECK(forward->direction == TREATY_FORWARD);
    CHECK_INT(treaty_upgrade_order(backward->compatible, forward->compatible),
              treaty_upgrade_order(pair->backward, pair->forward));
}

static bool is_compatible(const struct corpus_line *line, const char *direction,
                          enum treaty_rules rules)
{
    const struct treaty_json *other =
        treaty_json_get(line->json, "release_8_3_1");
    const struct treaty_json *said =
        other ? treaty_json_get(other, direction) : NULL;

    if (said && rules == TREATY_RULES_CONFLUENT_8_3)
        return said->truth;
    return corpus_true(treaty_json_get(line->json, direction), "compatible");
}

static void check_release(struct pair *pair, enum treaty_rules rules)
{
    pair->rules = rules;
    pair->backward = is_compatible(pair->line, "backward", rules);
    pair->forward = is_compatible(pair->line, "forward", rules);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        check_level(pair, levels[i]);
    check_upgrade(pair);
}

static void check_line(const struct corpus_line *line)
{
    struct pair pair = {
        .line = line,
        .old = parse_side(line, "old", "old_references"),
        .new = parse_side(line, "new", "new_references"),
    };

    if (pair.old && pair.new) {
        check_release(&pair, TREATY_RULES_CONFLUENT);
        check_release(&pair, TREATY_RULES_CONFLUENT_8_3);
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

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

/* How often a level asks, and what the first answer is. */
static void ask_wire(struct treaty_schema *new, struct treaty_schema *old,
                     enum treaty_level level, size_t outcomes, bool compatible)
{
    const struct treaty_past past[] = {{2, old}, {1, old}};
    const struct treaty_history history = {past, 2};
    const struct treaty_contract_options options = {
        .level = level, .rules = TREATY_RULES_WIRE_JSON, .all = true};
    struct treaty_arena arena = {0};
    struct treaty_verdict verdict = {0};
    size_t count = 0;

    CHECK_INT(
        treaty_contract_check(&arena, new, &history, &options, &verdict, NULL),
        TREATY_OK);
    for (const struct treaty_comparison *o = verdict.outcomes; o; o = o->next) {
        CHECK(o->direction == TREATY_BACKWARD);
        CHECK(o->compatible == compatible);
        count++;
    }
    CHECK_INT(count, outcomes);
    treaty_arena_release(&arena);
}

/* A change is a change: it is asked about once, whoever reads whom. */
static void wire_rules_are_asked_once(void)
{
    struct treaty_schema *old =
        parse("syntax = \"proto3\"; message M { int32 a = 1; }");
    struct treaty_schema *new =
        parse("syntax = \"proto3\"; message M { int32 b = 1; }");

    ask_wire(new, old, TREATY_LEVEL_NONE, 0, false);
    ask_wire(new, old, TREATY_LEVEL_BACKWARD, 1, false);
    ask_wire(new, old, TREATY_LEVEL_FORWARD, 1, false);
    ask_wire(new, old, TREATY_LEVEL_FULL, 1, false);
    ask_wire(new, old, TREATY_LEVEL_FULL_TRANSITIVE, 2, false);
    ask_wire(old, old, TREATY_LEVEL_FULL_TRANSITIVE, 2, true);
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

/* Avro has no such rules, and says so. */
static void avro_has_no_wire_rules(void)
{
    const struct treaty_source source = {.text = TREATY_STR("\"int\"")};
    const struct treaty_contract_options options = {.level = TREATY_LEVEL_FULL,
                                                    .rules = TREATY_RULES_WIRE};
    struct treaty_arena arena = {0};
    struct treaty_schema *schema = NULL;
    struct treaty_past past = {.version = 1};
    const struct treaty_history history = {&past, 1};
    struct treaty_verdict verdict;

    CHECK_INT(treaty_schema_parse(NULL, &source, &schema, NULL), TREATY_OK);
    past.schema = schema;
    CHECK_INT(treaty_contract_check(&arena, schema, &history, &options,
                                    &verdict, NULL),
              TREATY_EUSAGE);
    treaty_schema_unref(schema);
    treaty_arena_release(&arena);
}

TAP_MAIN({"every level over every pair", every_level_over_every_pair},
         {"wire rules are asked once", wire_rules_are_asked_once},
         {"avro has no wire rules", avro_has_no_wire_rules})
