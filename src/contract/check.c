/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/contract.h"

#include "base/error.h"
#include "base/str.h"

struct check {
    struct treaty_arena *arena;
    const struct treaty_schema *proposed;
    const struct treaty_contract_options *options;
    struct treaty_verdict *verdict;
    struct treaty_comparison *last;
    struct treaty_error *err;
};

/* The plan outlives this call no longer than its notes are copied. */
static enum treaty_code copy_notes(struct treaty_arena *arena,
                                   const struct treaty_plan_note *notes,
                                   size_t count,
                                   const struct treaty_plan_note **ret)
{
    struct treaty_plan_note *copies =
        TREATY_ARENA_NEW_N(arena, struct treaty_plan_note, count + 1);

    if (!copies)
        return TREATY_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        copies[i] = notes[i];
        copies[i].path = treaty_arena_dup(arena, notes[i].path);
        copies[i].text = treaty_arena_dup(arena, notes[i].text);
        if (!copies[i].path.data || !copies[i].text.data)
            return TREATY_ENOMEM;
    }
    *ret = copies;
    return TREATY_OK;
}

/* Guarded fails depend on a value: a bad string, a cap. No schema avoids them.
 */
static bool is_sound(const struct treaty_plan_note *fails, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!fails[i].guarded)
            return false;
    }
    return true;
}

static enum treaty_code read_plan(struct check *check,
                                  struct treaty_comparison *outcome,
                                  const struct treaty_plan *plan)
{
    const struct treaty_plan_note *fails =
        treaty_plan_fails(plan, &outcome->fail_count);
    const struct treaty_plan_note *losses =
        treaty_plan_losses(plan, &outcome->loss_count);

    outcome->checked = true;
    outcome->sound = is_sound(fails, outcome->fail_count);
    if (copy_notes(check->arena, fails, outcome->fail_count, &outcome->fails) ||
        copy_notes(check->arena, losses, outcome->loss_count, &outcome->losses))
        return treaty_fail_nomem(check->err);
    return TREATY_OK;
}

/* The sound verdict: compile the plan that a consumer would run. */
static enum treaty_code ask_plan(struct check *check,
                                 struct treaty_comparison *outcome,
                                 const struct treaty_schema *reader,
                                 const struct treaty_schema *writer)
{
    struct treaty_plan_options options = {.walk_to_end = true};
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    enum treaty_code code;

    code = reader->format->layout(reader, &layout, check->err);
    if (!code)
        code = reader->format->decode_plan(writer, reader, layout, &options,
                                           &plan, check->err);
    if (!code)
        code = read_plan(check, outcome, plan);
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    return code;
}

static enum treaty_code compare(struct check *check,
                                struct treaty_comparison *outcome)
{
    bool back = outcome->direction == TREATY_BACKWARD;
    const struct treaty_schema *reader =
        back ? check->proposed : outcome->past->schema;
    const struct treaty_schema *writer =
        back ? outcome->past->schema : check->proposed;

    enum treaty_code code;

    outcome->findings.arena = check->arena;
    if (reader->format != writer->format) {
        outcome->types_differ = true;
        return TREATY_OK;
    }
    code = reader->format->compare(reader, writer, &outcome->findings);
    if (code)
        return treaty_fail(check->err, code, TREATY_NO_OFFSET,
                           "the schemas cannot be compared: %s",
                           treaty_code_text(code));
    outcome->compatible = outcome->findings.breaking == 0;
    if (!check->options->plans)
        return TREATY_OK;
    return ask_plan(check, outcome, reader, writer);
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
                            enum treaty_direction direction)
{
    struct treaty_comparison *outcome =
        TREATY_ARENA_NEW(check->arena, struct treaty_comparison);
    enum treaty_code code;

    if (!outcome)
        return treaty_fail_nomem(check->err);
    outcome->direction = direction;
    outcome->past = past;
    code = compare(check, outcome);
    if (code)
        return code;
    record_outcome(check, outcome);
    return TREATY_OK;
}

/* FULL asks forward before backward: the messages come in that order. */
static enum treaty_code ask_version(struct check *check,
                                    const struct treaty_past *past)
{
    enum treaty_level level = check->options->level;
    enum treaty_code code = TREATY_OK;

    if (treaty_level_asks_forward(level))
        code = ask(check, past, TREATY_FORWARD);
    if (!code && treaty_level_asks_backward(level))
        code = ask(check, past, TREATY_BACKWARD);
    return code;
}

enum treaty_code
treaty_contract_check(struct treaty_arena *arena,
                      const struct treaty_schema *proposed,
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
