/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate says of a verdict:
 *
 *     new.avsc:14:5: cannot read what orders-value version 3 wrote
 *         {"name": "warehouse", "type": "string"}
 *         ^
 *         READER_FIELD_MISSING_DEFAULT_VALUE at /fields/11: ...
 *         found: warehouse
 *         there: line 1, column 1 of orders-value version 3
 *         do: give the field of the new schema a "default"; ...
 */
#include "cmd/gate.h"

#include "base/error.h"
#include "base/locate.h"
#include "base/str.h"

#include <stdio.h>

static const char *past_name(struct treaty_gate *gate,
                             const struct treaty_past *past)
{
    if (!past->version)
        return gate->opt.against.items[past - gate->history];
    return treaty_arena_printf(&gate->arena, "%s version %d", gate->opt.subject,
                               (int)past->version)
        .data;
}

/* The line of the proposed file with a caret, indented. */
static void print_place(struct treaty_gate *gate, size_t offset,
                        const char *what)
{
    struct treaty_error err = {.offset = offset};
    struct treaty_buf out;

    (void)snprintf(err.message, sizeof(err.message), "%s", what);
    treaty_buf_init(&out, 0);
    treaty_locate_print(&out, gate->opt.proposed, gate->proposed->text, &err);
    printf("%.*s", TREATY_STR_ARG(treaty_buf_str(&out)));
    treaty_buf_release(&out);
}

static const char *breaks(struct treaty_gate *gate,
                          const struct treaty_comparison *o)
{
    const char *past = past_name(gate, o->past);
    const char *what = o->direction == TREATY_BACKWARD ? "cannot read what"
                                                       : "cannot be read by";
    const char *end = o->direction == TREATY_BACKWARD ? " wrote" : "";

    if (gate->opt.rules != TREATY_GATE_CONFLUENT)
        return treaty_arena_printf(&gate->arena, "breaks with %s", past).data;
    return treaty_arena_printf(&gate->arena, "%s %s%s", what, past, end).data;
}

/* Where the other schema has it. */
static void print_other(struct treaty_gate *gate,
                        const struct treaty_comparison *o, size_t offset)
{
    struct treaty_place place;

    if (offset == TREATY_NO_OFFSET)
        return;
    place = treaty_locate(o->past->schema->text, offset);
    printf("    there: line %zu, column %zu of %s\n", place.line, place.column,
           past_name(gate, o->past));
}

static void print_finding(struct treaty_gate *gate,
                          const struct treaty_comparison *o,
                          const struct treaty_finding *f)
{
    bool back = o->direction == TREATY_BACKWARD;

    print_place(gate, back ? f->reader_pos : f->writer_pos, breaks(gate, o));
    printf(
        "    %s at %.*s: %.*s\n", f->rule,
        TREATY_STR_ARG(f->path.len ? f->path : TREATY_STR("/")),
        TREATY_STR_ARG(treaty_finding_sentence(&gate->arena, f, o->direction)));
    if (f->detail.len)
        printf("    found: %.*s\n", TREATY_STR_ARG(f->detail));
    print_other(gate, o, back ? f->writer_pos : f->reader_pos);
    printf("    do: %.*s\n\n", TREATY_STR_ARG(treaty_finding_advice(
                                   &gate->arena, f, o->direction)));
}

/* "the registry's rules", and what to call the others. */
static const char *const rules_names[] = {
    [TREATY_GATE_CONFLUENT] = "the registry's rules",
    [TREATY_GATE_WIRE] = "buf's rules of the category WIRE",
    [TREATY_GATE_WIRE_JSON] = "buf's rules of the category WIRE_JSON",
};

/* Only where the plan alone objects: else the findings have said it. */
static void print_fails(struct treaty_gate *gate,
                        const struct treaty_comparison *o)
{
    bool back = o->direction == TREATY_BACKWARD;

    if (!o->checked || o->sound || !o->compatible)
        return;
    for (size_t i = 0; i < o->fail_count; i++) {
        const struct treaty_plan_note *note = &o->fails[i];

        if (note->guarded)
            continue;
        print_place(gate, back ? note->reader_pos : note->writer_pos,
                    breaks(gate, o));
        printf("    %s at %.*s: %.*s\n", note->rule, TREATY_STR_ARG(note->path),
               TREATY_STR_ARG(note->text));
        printf("    %s accept this change, yet such an event does not "
               "decode\n\n",
               rules_names[gate->opt.rules]);
    }
}

static const char *loses(struct treaty_gate *gate,
                         const struct treaty_comparison *o)
{
    const char *past = past_name(gate, o->past);
    struct treaty_str text;

    if (o->direction == TREATY_BACKWARD)
        text = treaty_arena_printf(&gate->arena,
                                   "note: not all that %s wrote is read", past);
    else
        text = treaty_arena_printf(&gate->arena,
                                   "note: %s does not read all of it", past);
    return text.data;
}

/* What no decoder complains of. */
static void print_losses(struct treaty_gate *gate,
                         const struct treaty_comparison *o)
{
    bool back = o->direction == TREATY_BACKWARD;

    for (size_t i = 0; gate->opt.losses && i < o->loss_count; i++) {
        const struct treaty_plan_note *note = &o->losses[i];

        print_place(gate, back ? note->reader_pos : note->writer_pos,
                    loses(gate, o));
        printf("    %s at %.*s: %.*s\n", note->rule, TREATY_STR_ARG(note->path),
               TREATY_STR_ARG(note->text));
        print_other(gate, o, back ? note->writer_pos : note->reader_pos);
        putchar('\n');
    }
}

static void print_outcome(struct treaty_gate *gate,
                          const struct treaty_comparison *o)
{
    if (o->types_differ)
        printf("%s: is %s, but %s is %s\n\n", gate->opt.proposed,
               gate->proposed->format->name, past_name(gate, o->past),
               o->past->schema->format->name);
    for (const struct treaty_finding *f = o->findings.first; f; f = f->next) {
        if (f->breaking)
            print_finding(gate, o, f);
    }
    print_fails(gate, o);
    print_losses(gate, o);
}

/* Both directions against the newest version, whatever the level. */
static bool upgrade_order(struct treaty_gate *gate, enum treaty_upgrade *ret)
{
    const struct treaty_history newest = {gate->history, 1};
    struct treaty_contract_options options = {.level = TREATY_LEVEL_FULL,
                                              .plans = true};
    struct treaty_verdict verdict;
    struct treaty_error err;
    bool backward = true;
    bool forward = true;

    options.rules = treaty_gate_rules(gate, true);
    if (treaty_contract_check(&gate->arena, gate->proposed, &newest, &options,
                              &verdict, &err))
        return treaty_gate_complain("checking", &err);
    for (const struct treaty_comparison *o = verdict.outcomes; o; o = o->next) {
        bool good = o->compatible && o->sound;

        if (o->direction == TREATY_BACKWARD)
            backward = good;
        else
            forward = good;
    }
    *ret = treaty_upgrade_order(backward, forward);
    return true;
}

/* What the proposed schema is refused for elsewhere, and what is not kept. */
static void print_loss(void *ctx, const struct treaty_loss *loss)
{
    struct treaty_gate *gate = ctx;

    print_place(
        gate, loss->pos,
        treaty_arena_printf(&gate->arena,
                            "note: the text that a registry keeps loses it: %s",
                            loss->what)
            .data);
    putchar('\n');
}

static void print_notes(struct treaty_gate *gate)
{
    const struct treaty_schema *schema = gate->proposed;

    if (schema->objection.code != TREATY_OK) {
        print_place(gate, schema->objection.offset,
                    treaty_arena_printf(&gate->arena,
                                        "note: protoc objects: %s",
                                        schema->objection.message)
                        .data);
        putchar('\n');
    }
    if (schema->format->losses)
        schema->format->losses(schema, print_loss, gate);
}

int treaty_gate_report(struct treaty_gate *gate,
                       const struct treaty_verdict *verdict)
{
    bool good = verdict->compatible && verdict->sound;
    enum treaty_upgrade upgrade = TREATY_UPGRADE_NONE;

    print_notes(gate);
    for (const struct treaty_comparison *o = verdict->outcomes; o; o = o->next)
        print_outcome(gate, o);
    printf("%s: %s at level %.*s", gate->opt.proposed,
           good ? "compatible" : "INCOMPATIBLE",
           TREATY_STR_ARG(treaty_level_name(gate->level)));
    if (!gate->history_count) {
        printf("; the subject \"%s\" has no version yet\n", gate->opt.subject);
        return 0;
    }
    if (verdict->compatible != verdict->sound)
        printf(" (%s say %s)", rules_names[gate->opt.rules],
               verdict->compatible ? "compatible" : "incompatible");
    if (!upgrade_order(gate, &upgrade))
        return 2;
    printf("\nupgrade order: %s\n", treaty_upgrade_text(upgrade));
    return good ? 0 : 1;
}
