/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/contract.h"

#include "base/error.h"
#include "base/str.h"
#include "contract/rule.h"

#include <stdio.h>

enum {
    OLD_SCHEMA_SHOWN = 10 * 1024, /* confluent.md 5.1 */
};

static const char *side(char letter, enum treaty_direction direction)
{
    bool reader = letter == 'r';

    return reader == (direction == TREATY_BACKWARD) ? "new" : "old";
}

static void put_sentence(struct treaty_buf *out, const char *sentence,
                         enum treaty_direction direction)
{
    for (const char *at = sentence; *at; at++) {
        if (*at != '%') {
            treaty_buf_put_c(out, *at);
            continue;
        }
        at++;
        treaty_buf_put_z(out, side(*at, direction));
    }
}

/* Text of `out` on the arena; `out` is released either way. */
static struct treaty_str settle(struct treaty_arena *arena,
                                struct treaty_buf *out)
{
    struct treaty_str text = {NULL, 0};

    if (treaty_buf_status(out, NULL) == TREATY_OK)
        text = treaty_arena_dup(arena, treaty_buf_str(out));
    treaty_buf_release(out);
    return text;
}

struct treaty_str treaty_finding_sentence(struct treaty_arena *arena,
                                          const struct treaty_finding *finding,
                                          enum treaty_direction direction)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    put_sentence(&out, treaty_rule_find(finding->rule)->sentence, direction);
    return settle(arena, &out);
}

struct treaty_str treaty_finding_advice(struct treaty_arena *arena,
                                        const struct treaty_finding *finding,
                                        enum treaty_direction direction)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    put_sentence(&out, treaty_rule_find(finding->rule)->advice, direction);
    return settle(arena, &out);
}

/*
 * Where the reference's comparison throws, its message is plain text; all
 * others are in the form that the format's row gives.
 */
static struct treaty_str thrown(struct treaty_arena *arena,
                                const struct treaty_finding *finding,
                                enum treaty_direction direction)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    put_sentence(&out, treaty_rule_find(finding->rule)->sentence, direction);
    treaty_buf_put_z(&out, ", at path '");
    treaty_buf_put(&out, finding->path);
    treaty_buf_put_z(&out, "': ");
    treaty_buf_put(&out, finding->detail);
    return settle(arena, &out);
}

static struct treaty_str difference(struct treaty_arena *arena,
                                    const struct treaty_finding *finding,
                                    const struct treaty_comparison *outcome)
{
    const struct treaty_difference_form *form =
        outcome->past->schema->format->difference;
    struct treaty_buf out;

    if (treaty_str_eq_z(treaty_str_z(finding->rule), "READER_FIELD_AMBIGUOUS"))
        return thrown(arena, finding, outcome->direction);
    treaty_buf_init(&out, 0);
    treaty_buf_put_z(&out, form->before_type);
    treaty_buf_put_z(&out, finding->rule);
    treaty_buf_put_z(&out, form->before_description);
    put_sentence(&out, treaty_rule_find(finding->rule)->sentence,
                 outcome->direction);
    if (finding->path.len) {
        treaty_buf_put_z(&out, ", at path '");
        treaty_buf_put(&out, finding->path);
        treaty_buf_put_z(&out, "'");
    }
    if (form->before_info) {
        treaty_buf_put_z(&out, form->before_info);
        treaty_buf_put(&out, finding->detail);
    }
    treaty_buf_put_z(&out, form->end);
    return settle(arena, &out);
}

struct list {
    struct treaty_arena *arena;
    struct treaty_str *items;
    size_t count;
};

static size_t count_messages(const struct treaty_verdict *verdict)
{
    size_t count = 1;

    for (const struct treaty_comparison *o = verdict->outcomes; o; o = o->next)
        count += o->findings.count + 3;
    return count;
}

/* False when memory ran out. */
static bool push(struct list *list, struct treaty_str message)
{
    if (!message.data)
        return false;
    list->items[list->count++] = message;
    return true;
}

static bool push_outcome(struct list *list,
                         const struct treaty_comparison *outcome)
{
    if (outcome->types_differ)
        return push(list,
                    treaty_arena_printf(
                        list->arena,
                        "the old schema is of type %s, the new one is not",
                        outcome->past->schema->format->name));
    for (const struct treaty_finding *f = outcome->findings.first; f;
         f = f->next) {
        if (f->breaking && !push(list, difference(list->arena, f, outcome)))
            return false;
    }
    return true;
}

static bool push_version(struct list *list, const struct treaty_past *past)
{
    struct treaty_str text = past->schema->canonical;
    const char *more = text.len > OLD_SCHEMA_SHOWN ? "..." : "";

    text = treaty_str_sub(text, 0, OLD_SCHEMA_SHOWN);
    /* Never end inside a character: the message becomes JSON. */
    while (*more && text.len && (text.data[text.len] & 0xc0) == 0x80)
        text.len--;
    return push(list, treaty_arena_printf(list->arena, "{oldSchemaVersion: %d}",
                                          (int)past->version)) &&
           push(list, treaty_arena_printf(list->arena, "{oldSchema: '%.*s%s'}",
                                          TREATY_STR_ARG(text), more));
}

/* Both directions of one version, then that version. */
static bool push_failed(struct list *list, const struct treaty_verdict *verdict)
{
    const struct treaty_comparison *o = verdict->outcomes;

    while (o) {
        const struct treaty_past *past = o->past;
        bool failed = false;

        for (; o && o->past == past; o = o->next) {
            if (o->compatible)
                continue;
            failed = true;
            if (!push_outcome(list, o))
                return false;
        }
        if (failed && !push_version(list, past))
            return false;
    }
    return push(list, treaty_arena_printf(
                          list->arena,
                          "{validateFields: 'false', compatibility: '%.*s'}",
                          TREATY_STR_ARG(treaty_level_name(verdict->level))));
}

enum treaty_code treaty_verdict_messages(struct treaty_arena *arena,
                                         const struct treaty_verdict *verdict,
                                         const struct treaty_str **ret,
                                         size_t *ret_count)
{
    struct list list = {arena, NULL, 0};

    if (verdict->compatible) {
        *ret = NULL;
        *ret_count = 0;
        return TREATY_OK;
    }
    list.items =
        TREATY_ARENA_NEW_N(arena, struct treaty_str, count_messages(verdict));
    if (!list.items || !push_failed(&list, verdict))
        return TREATY_ENOMEM;
    *ret = list.items;
    *ret_count = list.count;
    return TREATY_OK;
}
