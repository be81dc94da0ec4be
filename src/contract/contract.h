/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CONTRACT_CONTRACT_H
#define TREATY_SRC_CONTRACT_CONTRACT_H

/*
 * Contracts: may this schema follow those?
 *
 *     level          asks                              of which versions
 *     NONE           nothing
 *     BACKWARD       can the new one read the old      the newest live one
 *     FORWARD        can the old one read the new      the newest live one
 *     FULL           both                              the newest live one
 *     ..._TRANSITIVE the same                          every live one
 *
 * Each question has two answers. Confluent's is what the registry it replaces
 * says, rule for rule; it decides there. The sound one is the plan's: can
 * anything in an event that the writer's schema allows stop the reader? Where
 * they differ, the user is told. Rules without a direction (buf's) are asked
 * once for a version, as if backward, at any level but NONE; the sound answer
 * still follows the level. In a format whose texts hold several messages it
 * speaks of every one that both texts have, as a topic may carry any of them,
 * and a note's path then begins with the message's name. What was found is
 * data; sentences are made by treaty_verdict_messages and by report writers.
 */
#include "format/format.h"

enum treaty_level {
    TREATY_LEVEL_NONE,
    TREATY_LEVEL_BACKWARD,
    TREATY_LEVEL_BACKWARD_TRANSITIVE,
    TREATY_LEVEL_FORWARD,
    TREATY_LEVEL_FORWARD_TRANSITIVE,
    TREATY_LEVEL_FULL,
    TREATY_LEVEL_FULL_TRANSITIVE,
};

/* By name, in any case; false for any other text. */
bool treaty_level_parse(struct treaty_str text, enum treaty_level *ret);
struct treaty_str treaty_level_name(enum treaty_level level);
bool treaty_level_asks_backward(enum treaty_level level);
bool treaty_level_asks_forward(enum treaty_level level);
bool treaty_level_is_transitive(enum treaty_level level);

enum treaty_direction {
    TREATY_BACKWARD, /* the reader has the proposed schema */
    TREATY_FORWARD,  /* the writer has it */
};

/* An earlier version, as a check sees it. */
struct treaty_past {
    int32_t version; /* 0: of a file, it has no number */
    struct treaty_schema *schema;
};

/* Newest first; nothing is asked of an empty one. */
struct treaty_history {
    const struct treaty_past *items;
    size_t count;
};

/* One pair that was compared in one direction, and what came out. */
struct treaty_comparison {
    enum treaty_direction direction;
    const struct treaty_past *past;
    bool compatible;                 /* by the rules that were asked for */
    bool types_differ;               /* of formats: nothing else was compared */
    struct treaty_findings findings; /* under those rules */
    bool checked; /* the plan was compiled: the rest counts */
    bool sound;
    const struct treaty_plan_note *fails; /* `sound` false: the reasons */
    size_t fail_count;
    const struct treaty_plan_note *losses;
    size_t loss_count;
    const struct treaty_comparison *next;
};

struct treaty_verdict {
    enum treaty_level level;
    bool compatible; /* by the rules, at this level */
    bool sound;      /* the plan's, for the same pairs */
    const struct treaty_comparison *outcomes; /* in the order of comparison */
    const struct treaty_comparison *failed;   /* first incompatible, or NULL */
};

struct treaty_contract_options {
    enum treaty_level level;
    enum treaty_rules rules;
    bool plans; /* also give the sound verdict, which costs a compilation */
    bool all;   /* go on after the first version that fails */
};

/*
 * Check `proposed` against `history`. The verdict and all in it lie on `arena`,
 * but for schemas. TREATY_ENOMEM, TREATY_ELIMIT when schemas nest too deeply to
 * be compared, TREATY_EUSAGE when the format has no such rules, or what
 * compiling a plan reports.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_contract_check(struct treaty_arena *arena,
                      struct treaty_schema *proposed,
                      const struct treaty_history *history,
                      const struct treaty_contract_options *options,
                      struct treaty_verdict *ret, struct treaty_error *err);

/*
 * Confluent's list of messages for an incompatible verdict, in its order and
 * shape: of each version that failed its differences, forward ones first, the
 * version, its schema (cut at 10 KiB); then what was in force. Empty when the
 * verdict is compatible.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_verdict_messages(struct treaty_arena *arena,
                        const struct treaty_verdict *verdict,
                        const struct treaty_str **ret, size_t *ret_count);

/* What a difference means, and what to do about it, as sentences. */
struct treaty_str treaty_finding_sentence(struct treaty_arena *arena,
                                          const struct treaty_finding *finding,
                                          enum treaty_direction direction);

struct treaty_str treaty_finding_advice(struct treaty_arena *arena,
                                        const struct treaty_finding *finding,
                                        enum treaty_direction direction);

/* Who has to go first when both schemas are to run at once. */
enum treaty_upgrade {
    TREATY_UPGRADE_ANY,       /* each reads the other's events */
    TREATY_UPGRADE_CONSUMERS, /* the new reads the old, not the reverse */
    TREATY_UPGRADE_PRODUCERS, /* the old reads the new, not the reverse */
    TREATY_UPGRADE_NONE,      /* no order works */
};

enum treaty_upgrade treaty_upgrade_order(bool backward, bool forward);
const char *treaty_upgrade_text(enum treaty_upgrade upgrade);

#endif
