/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/wire_rules.h"

#include "base/error.h"
#include "base/str.h"

static const struct {
    const char *name;
    bool wire;
    bool json;
} rules[] = {
#define TREATY_PROTO_WIRE_ROW(name, wire, json) {#name, wire, json},
    TREATY_PROTO_WIRE_RULES(TREATY_PROTO_WIRE_ROW)
#undef TREATY_PROTO_WIRE_ROW
};

enum { FINDINGS_MAX = 10000 };

void treaty_proto_wire_fail(struct treaty_proto_wire *w, enum treaty_code code)
{
    if (!w->failed)
        w->failed = code;
}

bool treaty_proto_wire_asks(const struct treaty_proto_wire *w,
                            enum treaty_proto_wire_rule rule)
{
    return w->out->rules == TREATY_RULES_WIRE ? rules[rule].wire
                                              : rules[rule].json;
}

/* Rule 2: `pos` is of `file`, the answer of the schema. */
static size_t place_in_schema(const struct treaty_proto_file *schema,
                              const struct treaty_proto_file *file, size_t pos)
{
    if (file == schema)
        return pos;
    for (uint32_t i = 0; i < schema->import_count; i++) {
        if (schema->imports[i].file == file)
            return schema->imports[i].pos;
    }
    return TREATY_NO_OFFSET;
}

size_t treaty_proto_statement(const struct treaty_proto_file *file, size_t pos,
                              const char *keyword)
{
    const size_t len = strlen(keyword);
    size_t at = pos;

    if (pos == TREATY_NO_OFFSET || pos > file->text.len)
        return pos;
    while (at > 0 && strchr(" \t\r\n", file->text.data[at - 1]))
        at--;
    if (at < len || at == pos ||
        memcmp(file->text.data + at - len, keyword, len) != 0)
        return pos;
    return at - len;
}

static struct treaty_str print_path(struct treaty_arena *arena,
                                    const struct treaty_proto_spot *spot)
{
    if (!spot->number)
        return treaty_arena_printf(arena, "#/%.*s", TREATY_STR_ARG(spot->full));
    return treaty_arena_printf(arena, "#/%.*s/%lld", TREATY_STR_ARG(spot->full),
                               (long long)spot->number);
}

void treaty_proto_wire_found(struct treaty_proto_wire *w,
                             enum treaty_proto_wire_rule rule,
                             const struct treaty_proto_spot *spot,
                             struct treaty_str old, struct treaty_str new)
{
    struct treaty_finding finding = {
        .rule = rules[rule].name,
        .reader_pos = place_in_schema(w->new->file, w->new_file, spot->new_pos),
        .writer_pos = place_in_schema(w->old->file, w->old_file, spot->old_pos),
        .breaking = true,
    };

    if (!treaty_proto_wire_asks(w, rule) || w->out->count >= FINDINGS_MAX)
        return;
    finding.path = print_path(w->out->arena, spot);
    finding.detail =
        new.data ? treaty_arena_printf(w->out->arena, "%.*s -> %.*s",
                                       TREATY_STR_ARG(old), TREATY_STR_ARG(new))
                 : treaty_arena_dup(w->out->arena, old);
    if (!finding.path.data || !finding.detail.data ||
        treaty_findings_add(w->out, &finding) != TREATY_OK)
        treaty_proto_wire_fail(w, TREATY_ENOMEM);
}

bool treaty_proto_wire_index(struct treaty_proto_wire *w,
                             struct treaty_proto_index *list, size_t size)
{
    if (treaty_proto_index_init(list, &w->scratch, size) == TREATY_OK)
        return true;
    treaty_proto_wire_fail(w, TREATY_ENOMEM);
    return false;
}

/* Messages. */

static bool list_fields(struct treaty_proto_wire *w,
                        const struct treaty_proto_message *message,
                        struct treaty_proto_index *ret)
{
    if (!treaty_proto_wire_index(w, ret, message->field_count))
        return false;
    for (uint32_t i = 0; i < message->field_count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(ret);

        entry->number = message->fields[i]->number;
        entry->element = message->fields[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

static bool is_required(const struct treaty_proto_entry *entry)
{
    const struct treaty_proto_field *field = entry ? entry->element : NULL;

    return field && field->presence == TREATY_PROTO_MUST;
}

static void compare_required(struct treaty_proto_wire *w,
                             const struct treaty_proto_entry *old,
                             const struct treaty_proto_entry *new,
                             struct treaty_proto_spot spot)
{
    const struct treaty_proto_field *o = old ? old->element : NULL;
    const struct treaty_proto_field *n = new ? new->element : NULL;

    if (is_required(old) == is_required(new))
        return;
    spot.number = o ? o->number : n->number;
    if (is_required(old))
        spot.old_pos = o->pos;
    else
        spot.new_pos = n->pos;
    treaty_proto_wire_found(w, TREATY_PROTO_MESSAGE_SAME_REQUIRED_FIELDS, &spot,
                            is_required(old) ? o->name : n->name,
                            TREATY_PROTO_NOTHING);
}

static void deleted_field(struct treaty_proto_wire *w,
                          const struct treaty_proto_field *field,
                          const struct treaty_proto_reserved *reserved,
                          struct treaty_proto_spot spot)
{
    spot.number = field->number;
    spot.old_pos = field->pos;
    if (!treaty_proto_reserves_number(reserved, field->number))
        treaty_proto_wire_found(
            w, TREATY_PROTO_FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED, &spot,
            field->name, TREATY_PROTO_NOTHING);
    if (!treaty_proto_reserves_name(reserved, field->name))
        treaty_proto_wire_found(
            w, TREATY_PROTO_FIELD_NO_DELETE_UNLESS_NAME_RESERVED, &spot,
            field->name, TREATY_PROTO_NOTHING);
}

static void compare_fields(struct treaty_proto_wire *w,
                           const struct treaty_proto_message *old,
                           const struct treaty_proto_message *new,
                           const struct treaty_proto_reserved *reserved,
                           const struct treaty_proto_spot *spot)
{
    struct treaty_proto_index lists[2];
    struct treaty_proto_match match = {&lists[0], &lists[1], 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    if (!list_fields(w, old, &lists[0]) || !list_fields(w, new, &lists[1]))
        return;
    while (!w->failed && treaty_proto_match_next(&match, &o, &n)) {
        compare_required(w, o, n, *spot);
        if (o && n)
            treaty_proto_wire_field(w, o->element, n->element);
        else if (o)
            deleted_field(w, o->element, reserved, *spot);
    }
}

/* `features.json_format`, or `features { json_format: ... }`. */
static struct treaty_str json_format(const struct treaty_proto_options *options)
{
    struct treaty_str found = TREATY_PROTO_NOTHING;

    for (uint32_t i = 0; i < options->count; i++) {
        const struct treaty_proto_option *o = &options->items[i];
        const struct treaty_proto_value *v = &o->value;

        if (o->parts[0].is_extension ||
            !treaty_str_eq_z(o->parts[0].name, "features"))
            continue;
        if (o->part_count == 2 &&
            treaty_str_eq_z(o->parts[1].name, "json_format"))
            found = v->text;
        for (uint32_t j = 0; o->part_count == 1 && j < v->count; j++) {
            if (v->kind == TREATY_PROTO_VALUE_MESSAGE &&
                treaty_str_eq_z(v->members[j].name, "json_format"))
                found = v->members[j].value.text;
        }
    }
    return found;
}

/* The format is defined from proto3 on; editions may say otherwise. */
bool treaty_proto_has_json(const struct treaty_proto_file *file,
                           const struct treaty_proto_message *around,
                           const struct treaty_proto_options *own)
{
    struct treaty_str said = json_format(own);

    if (file->syntax != TREATY_PROTO_EDITION)
        return file->syntax == TREATY_PROTO_3;
    for (; !said.data && around; around = around->parent)
        said = json_format(&around->options);
    if (!said.data)
        said = json_format(&file->options);
    return !said.data || !treaty_str_eq_z(said, "LEGACY_BEST_EFFORT");
}

void treaty_proto_wire_messages(struct treaty_proto_wire *w,
                                const struct treaty_proto_message *old,
                                const struct treaty_proto_message *new)
{
    const struct treaty_proto_spot spot = {
        .full = new->full,
        .old_pos = treaty_proto_statement(old->file, old->pos, "message"),
        .new_pos = treaty_proto_statement(new->file, new->pos, "message"),
    };
    struct treaty_proto_reserved reserved;

    if (treaty_proto_has_json(old->file, old->parent, &old->options) &&
        !treaty_proto_has_json(new->file, new->parent, &new->options))
        treaty_proto_wire_found(w, TREATY_PROTO_MESSAGE_SAME_JSON_FORMAT, &spot,
                                new->name, TREATY_PROTO_NOTHING);
    if (!treaty_proto_read_reserved(w, new->reserved, new->reserved_count,
                                    &reserved))
        return;
    compare_fields(w, old, new, &reserved, &spot);
    for (uint32_t i = 0; i < old->reserved_count; i++)
        treaty_proto_wire_reserved(w, TREATY_PROTO_RESERVED_MESSAGE_NO_DELETE,
                                   &old->reserved[i], &reserved, spot);
}
