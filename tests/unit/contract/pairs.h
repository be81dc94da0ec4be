/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_CONTRACT_PAIRS_H
#define TREATY_TESTS_UNIT_CONTRACT_PAIRS_H

/* Asking the contract about the pairs of schemas that the reference judged. */
#include "contract/contract.h"
#include "unit/format/corpus.h"

static const enum treaty_level pairs_levels[] = {
    TREATY_LEVEL_NONE,
    TREATY_LEVEL_BACKWARD,
    TREATY_LEVEL_FORWARD,
    TREATY_LEVEL_FULL,
    TREATY_LEVEL_BACKWARD_TRANSITIVE,
    TREATY_LEVEL_FORWARD_TRANSITIVE,
    TREATY_LEVEL_FULL_TRANSITIVE,
};

enum { PAIRS_LEVELS = sizeof(pairs_levels) / sizeof(pairs_levels[0]) };

/* A pair of the corpus, and what (a release of) the reference says of it. */
struct pair {
    const struct corpus_line *line;
    struct treaty_schema *old;
    struct treaty_schema *new;
    enum treaty_rules rules;
    bool backward;
    bool forward;
    bool reflexive; /* the new schema reads itself */

    /* Is `message` what the format's clients are told of `f`? */
    bool (*has_shape)(const struct pair *pair, const struct treaty_finding *f,
                      struct treaty_str message);
};

static inline struct treaty_schema *
pairs_parse(const struct treaty_format *format, const char *text)
{
    struct treaty_source source = {.text = treaty_str_z(text)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(format, &source, &schema, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

/* False when a side cannot be read; to be closed all the same. */
static inline bool pairs_open(struct pair *pair, const struct corpus_line *line,
                              const struct treaty_format *format)
{
    *pair = (struct pair){
        .line = line,
        .old = corpus_parse_side(line, format, "old", "old_references"),
        .new = corpus_parse_side(line, format, "new", "new_references"),
        .reflexive = true,
    };
    return pair->old && pair->new;
}

static inline void pairs_close(struct pair *pair)
{
    treaty_schema_unref(pair->old);
    treaty_schema_unref(pair->new);
}

static inline bool pairs_want(const struct pair *pair, enum treaty_level level)
{
    return (!treaty_level_asks_backward(level) || pair->backward) &&
           (!treaty_level_asks_forward(level) || pair->forward);
}

static inline struct treaty_verdict
pairs_check(const struct pair *pair, const struct treaty_history *history,
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

static inline void pairs_differ(const struct pair *pair,
                                enum treaty_level level, const char *what)
{
    struct treaty_str name = treaty_level_name(level);

    tap_fail(pair->line->file, pair->line->number, "%.*s: %s", (int)name.len,
             name.data, what);
}

/*
 * What a client is told of one version: forward differences, backward ones,
 * which version it was, its text, what was in force.
 */
static inline void pairs_check_messages(const struct pair *pair,
                                        enum treaty_level level,
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
            if (at >= count || !pair->has_shape(pair, f, messages[at]))
                pairs_differ(pair, level, "a message of another shape");
            at++;
        }
    }
    if (count != at + 3) {
        pairs_differ(pair, level, "another number of messages");
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
static inline void pairs_check_level(const struct pair *pair,
                                     enum treaty_level level)
{
    const struct treaty_past only = {7, pair->old};
    const struct treaty_past both[] = {{8, pair->new}, {7, pair->old}};
    const struct treaty_history one = {&only, 1};
    const struct treaty_history two = {both, 2};
    struct treaty_verdict verdict = pairs_check(pair, &one, level);
    bool asks = level != TREATY_LEVEL_NONE;
    bool old_counts = treaty_level_is_transitive(level);

    if (verdict.compatible != pairs_want(pair, level))
        pairs_differ(pair, level, "wrong verdict");
    pairs_check_messages(pair, level, &verdict);

    verdict = pairs_check(pair, &two, level);
    if (verdict.compatible != ((!asks || pair->reflexive) &&
                               (!old_counts || pairs_want(pair, level))))
        pairs_differ(pair, level, "wrong verdict over a history");
    if (verdict.failed && pair->reflexive)
        CHECK_INT(verdict.failed->past->version, 7);
    tap_add_passed(1);
}

#endif
