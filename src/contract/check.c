/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/contract.h"

#include "base/error.h"
#include "base/str.h"

struct check {
    struct treaty_arena *arena;
    struct treaty_schema *proposed;
    const struct treaty_contract_options *options;
    struct treaty_verdict *verdict;
    struct treaty_comparison *last;
    struct treaty_error *err;
};

/* What is being compared in one direction. */
struct sides {
    struct treaty_schema *reader;
    struct treaty_schema *writer;
};

/* A growing list of notes on the arena of the check. */
struct notes {
    struct treaty_plan_note *items;
    size_t count;
    size_t size;
};

static bool reserve_notes(struct check *check, struct notes *notes,
                          size_t count)
{
    size_t size = 2 * (notes->count + count);
    struct treaty_plan_note *items;

    if (notes->count + count <= notes->size)
        return true;
    items = TREATY_ARENA_NEW_N(check->arena, struct treaty_plan_note, size);
    if (!items)
        return false;
    for (size_t i = 0; i < notes->count; i++)
        items[i] = notes->items[i];
    notes->items = items;
    notes->size = size;
    return true;
}

/* The plan outlives the check no longer than its notes are copied. */
static bool add_notes(struct check *check, struct notes *notes,
                      const struct treaty_plan_note *more, size_t count,
                      struct treaty_str message)
{
    if (!reserve_notes(check, notes, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct treaty_plan_note *copy = &notes->items[notes->count];

        *copy = more[i];
        copy->path = treaty_arena_printf(check->arena, "%.*s%.*s",
                                         TREATY_STR_ARG(message),
                                         TREATY_STR_ARG(more[i].path));
        copy->text = treaty_arena_dup(check->arena, more[i].text);
        if (!copy->path.data || !copy->text.data)
            return false;
        notes->count++;
    }
    return true;
}

/* Guarded fails depend on a value: a bad string, a cap. No schema avoids them.
 */
static bool is_sound(const struct notes *fails)
{
    for (size_t i = 0; i < fails->count; i++) {
        if (!fails->items[i].guarded)
            return false;
    }
    return true;
}

struct sound {
    struct notes fails;
    struct notes losses;
};

static enum treaty_code read_plan(struct check *check, struct sound *sound,
                                  const struct treaty_plan *plan,
                                  struct treaty_str message)
{
    size_t fail_count;
    size_t loss_count;
    const struct treaty_plan_note *fails = treaty_plan_fails(plan, &fail_count);
    const struct treaty_plan_note *losses =
        treaty_plan_losses(plan, &loss_count);

    if (!add_notes(check, &sound->fails, fails, fail_count, message) ||
        !add_notes(check, &sound->losses, losses, loss_count, message))
        return treaty_fail_nomem(check->err);
    return TREATY_OK;
}

/* Compile the plan that a consumer would run. */
static enum treaty_code ask_plan(struct check *check, struct sound *sound,
                                 const struct sides *sides,
                                 struct treaty_str message)
{
    struct treaty_plan_options options = {.walk_to_end = true};
    const struct treaty_format *format = sides->reader->format;
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    enum treaty_code code;

    code = format->layout(sides->reader, &layout, check->err);
    if (!code)
        code = format->decode_plan(sides->writer, sides->reader, layout,
                                   &options, &plan, check->err);
    if (!code)
        code = read_plan(check, sound, plan, message);
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    return code;
}

/* A plan for each message that both have. */
static enum treaty_code ask_pairs(struct check *check, struct sound *sound,
                                  const struct sides *sides)
{
    enum treaty_code code = TREATY_OK;

    for (size_t i = 0; code == TREATY_OK; i++) {
        struct sides parts = {NULL, NULL};

        code = sides->reader->format->pair(sides->reader, sides->writer, i,
                                           &parts.reader, &parts.writer,
                                           check->err);
        if (code == TREATY_ENOMESSAGE)
            return TREATY_OK;
        if (code == TREATY_OK && parts.reader)
            code = ask_plan(check, sound, &parts, parts.writer->name);
        treaty_schema_unref(parts.reader);
        treaty_schema_unref(parts.writer);
    }
    return code;
}

/* The sound verdict. */
static enum treaty_code ask_plans(struct check *check,
                                  struct treaty_comparison *outcome,
                                  const struct sides *sides)
{
    struct sound sound = {{NULL, 0, 0}, {NULL, 0, 0}};
    enum treaty_code code;

    if (sides->reader->format->pair)
        code = ask_pairs(check, &sound, sides);
    else
        code = ask_plan(check, &sound, sides, TREATY_STR(""));
    if (code)
        return code;
    outcome->checked = true;
    outcome->sound = is_sound(&sound.fails);
    outcome->fails = sound.fails.items;
    outcome->fail_count = sound.fails.count;
    outcome->losses = sound.losses.items;
    outcome->loss_count = sound.losses.count;
    return TREATY_OK;
}

/* Which of the two answers are wanted in a direction. */
struct question {
    enum treaty_direction direction;
    bool rules;
    bool plans;
};

static enum treaty_code compare(struct check *check,
                                const struct question *question,
                                struct treaty_comparison *outcome)
{
    bool back = question->direction == TREATY_BACKWARD;
    struct treaty_schema *past = outcome->past->schema;
    const struct sides sides = {back ? check->proposed : past,
                                back ? past : check->proposed};
    enum treaty_code code;

    outcome->findings.arena = check->arena;
    outcome->findings.rules = check->options->rules;
    if (sides.reader->format != sides.writer->format) {
        outcome->types_differ = true;
        return TREATY_OK;
    }
    if (question->rules) {
        code = sides.reader->format->compare(sides.reader, sides.writer,
                                             &outcome->findings);
        if (code)
            return treaty_fail(check->err, code, TREATY_NO_OFFSET,
                               "the schemas cannot be compared: %s",
                               treaty_code_text(code));
    }
    outcome->compatible = outcome->findings.breaking == 0;
    if (!question->plans || !sides.reader->format->decode_plan)
        return TREATY_OK;
    return ask_plans(check, outcome, &sides);
}

static void record_outcome(struct check *check,
                           struct treaty_comparison *outcome)
{
    struct treaty_verdict *verdict = check->verdict;

    if (check->last)
        check->last->next = outcome;
    else
        verdict->outcomes = outcome;
    check->last = outcome;
    if (!outcome->compatible && !verdict->failed)
        verdict->failed = outcome;
    verdict->compatible = verdict->compatible && outcome->compatible;
    if (outcome->checked || outcome->types_differ)
        verdict->sound = verdict->sound && outcome->sound;
}

static enum treaty_code ask(struct check *check, const struct treaty_past *past,
                            const struct question *question)
{
    struct treaty_comparison *outcome =
        TREATY_ARENA_NEW(check->arena, struct treaty_comparison);
    enum treaty_code code;

    if (!outcome)
        return treaty_fail_nomem(check->err);
    outcome->direction = question->direction;
    outcome->past = past;
    code = compare(check, question, outcome);
    if (code)
        return code;
    record_outcome(check, outcome);
    return TREATY_OK;
}

/* FULL asks forward before backward: the messages come in that order. */
static enum treaty_code ask_version(struct check *check,
                                    const struct treaty_past *past)
{
    const bool plans = check->options->plans;
    const bool once = check->options->rules > TREATY_RULES_CONFLUENT_8_3;
    const bool forward = treaty_level_asks_forward(check->options->level);
    const bool backward = treaty_level_asks_backward(check->options->level);
    const struct question ahead = {TREATY_FORWARD, !once, plans};
    const struct question back = {TREATY_BACKWARD, true, plans && backward};
    enum treaty_code code = TREATY_OK;

    if (forward && (ahead.rules || ahead.plans))
        code = ask(check, past, &ahead);
    if (!code && (backward || (forward && once)))
        code = ask(check, past, &back);
    return code;
}

enum treaty_code
treaty_contract_check(struct treaty_arena *arena,
                      struct treaty_schema *proposed,
                      const struct treaty_history *history,
                      const struct treaty_contract_options *options,
                      struct treaty_verdict *ret, struct treaty_error *err)
{
    struct treaty_verdict verdict = {
        .level = options->level, .compatible = true, .sound = true};
    struct check check = {.arena = arena,
                          .proposed = proposed,
                          .options = options,
                          .verdict = &verdict,
                          .err = err};
    size_t count = history->count;

    if (!treaty_level_is_transitive(options->level) && count > 1)
        count = 1;
    for (size_t i = 0; i < count; i++) {
        enum treaty_code code = ask_version(&check, &history->items[i]);

        if (code)
            return code;
        if (!verdict.compatible && !options->all)
            break;
    }
    *ret = verdict;
    return TREATY_OK;
}
