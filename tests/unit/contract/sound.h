/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_CONTRACT_SOUND_H
#define TREATY_TESTS_UNIT_CONTRACT_SOUND_H

/*
 * The plan's verdict over the reference's pairs: it agrees with Confluent's
 * but where the corpus' sound.test says why it does not.
 */
#include "base/map.h"
#include "unit/contract/pairs.h"

/* Does the plan say anything against the verdict of the rules? */
typedef bool (*sound_objects_fn)(const struct treaty_comparison *outcome);

/* "0088/backward" -> what Confluent says there, and nothing once it is met. */
static struct treaty_arena sound_kept;
static struct treaty_map sound_exceptions;

static char sound_compatible;
static char sound_incompatible;

static inline void sound_read_exceptions(const struct corpus_case *c)
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
            CHECK_INT(treaty_map_put(&sound_exceptions,
                                     treaty_arena_dup(&sound_kept, name),
                                     treaty_str_eq_z(verdict, "compatible")
                                         ? &sound_compatible
                                         : &sound_incompatible),
                      TREATY_OK);
    }
}

/* Every unsound verdict says why; a sound one has only guarded failures. */
static inline void sound_check_notes(const struct corpus_line *line,
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

static inline void sound_check_direction(const struct pair *pair,
                                         enum treaty_direction direction,
                                         sound_objects_fn objects)
{
    const struct corpus_line *line = pair->line;
    bool back = direction == TREATY_BACKWARD;
    struct treaty_contract_options options = {
        .level = back ? TREATY_LEVEL_BACKWARD : TREATY_LEVEL_FORWARD,
        .plans = true};
    const struct treaty_past past = {1, pair->old};
    const struct treaty_history history = {&past, 1};
    struct treaty_str id = corpus_text(line->json, "id");
    struct treaty_str key =
        treaty_arena_printf(line->arena, "%.*s/%s", 4, id.data + id.len - 4,
                            back ? "backward" : "forward");
    struct treaty_verdict verdict = {0};
    struct treaty_error err = {0};
    const char *exception = treaty_map_remove(&sound_exceptions, key);

    if (treaty_contract_check(line->arena, pair->new, &history, &options,
                              &verdict, &err) != TREATY_OK) {
        tap_fail(line->file, line->number, "%s", err.message);
        return;
    }
    sound_check_notes(line, verdict.outcomes);
    if (objects(verdict.outcomes) != (exception != NULL) ||
        (exception && (exception == &sound_compatible) != verdict.compatible))
        tap_fail(line->file, line->number, "%s: %s to Confluent, %s", key.data,
                 verdict.compatible ? "compatible" : "incompatible",
                 verdict.sound ? "sound" : "unsound");
    tap_add_passed(1);
}

static inline void sound_check_line(const struct corpus_line *line,
                                    const struct treaty_format *format,
                                    sound_objects_fn objects)
{
    struct pair pair;

    if (pairs_open(&pair, line, format)) {
        sound_check_direction(&pair, TREATY_BACKWARD, objects);
        sound_check_direction(&pair, TREATY_FORWARD, objects);
    }
    pairs_close(&pair);
}

/* `check_line` is sound_check_line with the format's own arguments. */
static inline void
sound_check_all(const char *exceptions, const char *pairs,
                void (*check_line)(const struct corpus_line *line))
{
    treaty_map_init(&sound_exceptions, &sound_kept);
    corpus_each_case(exceptions, sound_read_exceptions);
    corpus_each(pairs, check_line);
    CHECK_INT(sound_exceptions.live, 0);
    treaty_arena_release(&sound_kept);
}

#endif
