/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seven levels over the reference's verdicts on .proto files, at either
 * release; what a client is told; and rules that have no direction.
 */
#include "unit/contract/pairs.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

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

/* Who goes first follows from both directions. */
static void check_upgrade(const struct pair *pair)
{
    const struct treaty_past only = {7, pair->old};
    const struct treaty_history one = {&only, 1};
    struct treaty_verdict verdict = pairs_check(pair, &one, TREATY_LEVEL_FULL);
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
    for (size_t i = 0; i < PAIRS_LEVELS; i++)
        pairs_check_level(pair, pairs_levels[i]);
    check_upgrade(pair);
}

static void check_line(const struct corpus_line *line)
{
    struct pair pair;

    if (pairs_open(&pair, line, &treaty_format_protobuf)) {
        pair.has_shape = has_shape;
        check_release(&pair, TREATY_RULES_CONFLUENT);
        check_release(&pair, TREATY_RULES_CONFLUENT_8_3);
    }
    pairs_close(&pair);
}

static void every_level_over_every_pair(void)
{
    corpus_each(CORPUS "pairs.jsonl", check_line);
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
        pairs_parse(&treaty_format_protobuf,
                    "syntax = \"proto3\"; message M { int32 a = 1; }");
    struct treaty_schema *new =
        pairs_parse(&treaty_format_protobuf,
                    "syntax = \"proto3\"; message M { int32 b = 1; }");

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
    const struct treaty_contract_options options = {.level = TREATY_LEVEL_FULL,
                                                    .rules = TREATY_RULES_WIRE};
    struct treaty_arena arena = {0};
    struct treaty_schema *schema = pairs_parse(&treaty_format_avro, "\"int\"");
    const struct treaty_past past = {1, schema};
    const struct treaty_history history = {&past, 1};
    struct treaty_verdict verdict;

    CHECK_INT(treaty_contract_check(&arena, schema, &history, &options,
                                    &verdict, NULL),
              TREATY_EUSAGE);
    treaty_schema_unref(schema);
    treaty_arena_release(&arena);
}

TAP_MAIN({"every level over every pair", every_level_over_every_pair},
         {"wire rules are asked once", wire_rules_are_asked_once},
         {"avro has no wire rules", avro_has_no_wire_rules})
