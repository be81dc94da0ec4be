/* SPDX-License-Identifier: Apache-2.0 */
/* What can be settled only when the whole text has been read. */
#include "base/error.h"
#include "base/str.h"
#include "format/avro/parser.h"

/* Words that people write for a primitive type. */
static const struct {
    const char *wrong;
    const char *right;
} hints[] = {
    {"Boolean", "boolean"}, {"bool", "boolean"},   {"Integer", "int"},
    {"integer", "int"},     {"int32", "int"},      {"Long", "long"},
    {"int64", "long"},      {"bigint", "long"},    {"String", "string"},
    {"str", "string"},      {"varchar", "string"}, {"text", "string"},
    {"float32", "float"},   {"float64", "double"}, {"Double", "double"},
    {"number", "double"},   {"decimal", "bytes"},  {"binary", "bytes"},
    {"byte", "int"},        {"short", "int"},      {"date", "int"},
    {"None", "null"},       {"Null", "null"},
};

static enum treaty_code fail_unknown(struct treaty_avro_parser *p,
                                     const struct treaty_avro_pending *pending)
{
    struct treaty_str name = treaty_str_after_last(pending->full, '.');
    const struct treaty_map_entry *e = NULL;

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (treaty_str_eq_z(name, hints[i].wrong))
            return treaty_fail(p->err, TREATY_ETYPE, pending->pos,
                               "unknown type \"%.*s\"; did you mean \"%s\"?",
                               TREATY_STR_ARG(pending->full), hints[i].right);
    }
    for (e = treaty_map_next(&p->tree->names, e); e;
         e = treaty_map_next(&p->tree->names, e)) {
        if (treaty_str_eq(treaty_str_after_last(e->key, '.'), name))
            return treaty_fail(p->err, TREATY_ETYPE, pending->pos,
                               "unknown type \"%.*s\"; did you mean \"%.*s\"?",
                               TREATY_STR_ARG(pending->full),
                               TREATY_STR_ARG(e->key));
    }
    return treaty_fail(p->err, TREATY_ETYPE, pending->pos,
                       "unknown type \"%.*s\"; define it here or add the "
                       "schema that defines it as a reference",
                       TREATY_STR_ARG(pending->full));
}

static enum treaty_code link_names(struct treaty_avro_parser *p)
{
    for (const struct treaty_avro_pending *pending = p->pending; pending;
         pending = pending->next) {
        const struct treaty_avro_node *known =
            treaty_map_find(&p->tree->names, pending->full);

        /* A root that is a mere name cannot be defined below itself. */
        if (!known || pending->slot == &p->tree->root)
            return fail_unknown(p, pending);
        *pending->slot = known;
    }
    return TREATY_OK;
}

static enum treaty_code check_union(struct treaty_avro_parser *p,
                                    const struct treaty_avro_node *node)
{
    struct treaty_map seen;

    treaty_map_init(&seen, &p->scratch);
    for (uint32_t i = 0; i < node->branch_count; i++) {
        struct treaty_str name = treaty_avro_type_name(node->branches[i]);

        if (treaty_map_find(&seen, name))
            return treaty_fail(p->err, TREATY_EDUPLICATE, node->branch_pos[i],
                               "the union has two branches of type \"%.*s\"; "
                               "a value could not tell them apart",
                               TREATY_STR_ARG(name));
        if (treaty_map_put(&seen, name, p) != TREATY_OK)
            return treaty_fail_nomem(p->err);
    }
    return TREATY_OK;
}

/*
 * A default that leaves out a field takes that field's default, which may
 * leave out another, and so on; none may come round to where it began. The
 * walk is bounded: `steps` against texts made to be slow.
 */
enum { STEPS_MAX = 1 << 20, NESTING_MAX = 1000 };

struct expansion {
    struct treaty_arena *scratch;
    struct treaty_map states; /* field -> OPEN or DONE */
    uint32_t steps;
    uint32_t nesting;
    bool endless;
    bool nomem;
};

static char state_open;
static char state_done;

static struct treaty_str key_of_field(struct expansion *x,
                                      const struct treaty_avro_field *field)
{
    uintptr_t place = (uintptr_t)field;

    return treaty_arena_dup(
        x->scratch, (struct treaty_str){(const char *)&place, sizeof(place)});
}

static void expand(struct expansion *x, const struct treaty_avro_node *node,
                   const struct treaty_json *value);

static void expand_field(struct expansion *x,
                         const struct treaty_avro_field *field)
{
    struct treaty_str key = key_of_field(x, field);
    const char *state;

    if (!key.data) {
        x->nomem = true;
        return;
    }
    state = treaty_map_find(&x->states, key);
    if (state == &state_open || x->nesting == NESTING_MAX)
        x->endless = true;
    if (state || x->endless)
        return;
    x->nomem |= treaty_map_put(&x->states, key, &state_open) != TREATY_OK;
    x->nesting++;
    expand(x, field->type, field->default_json);
    x->nesting--;
    x->nomem |= treaty_map_put(&x->states, key, &state_done) != TREATY_OK;
}

static void expand_record(struct expansion *x,
                          const struct treaty_avro_node *node,
                          const struct treaty_json *value)
{
    for (const struct treaty_json *m = value->child; m; m = m->next) {
        const struct treaty_avro_field *field =
            treaty_avro_field_find(node, m->name);

        if (field)
            expand(x, field->type, m);
    }
    for (uint32_t i = 0; i < node->field_count; i++) {
        const struct treaty_avro_field *field = &node->fields[i];

        x->steps += value->count + 1;
        if (x->endless || x->steps > STEPS_MAX)
            return;
        if (field->default_json && !treaty_json_get_str(value, field->name))
            expand_field(x, field);
    }
}

static void expand(struct expansion *x, const struct treaty_avro_node *node,
                   const struct treaty_json *value)
{
    int32_t branch;

    x->steps++;
    if (x->endless || x->nomem || x->steps > STEPS_MAX)
        return;
    if (node->kind == TREATY_AVRO_UNION) {
        branch = treaty_avro_default_branch(node, value);
        if (branch >= 0)
            expand(x, node->branches[branch], value);
    } else if (node->kind == TREATY_AVRO_RECORD) {
        expand_record(x, node, value);
    } else if (node->item) {
        for (const struct treaty_json *c = value->child; c; c = c->next)
            expand(x, node->item, c);
    }
}

static enum treaty_code check_default(struct treaty_avro_parser *p,
                                      struct expansion *x,
                                      const struct treaty_avro_field *field)
{
    if (!treaty_avro_default_fits(field->type, field->default_json))
        return treaty_avro_fail_default(p, field, field->default_json);
    expand_field(x, field);
    if (x->nomem)
        return treaty_fail_nomem(p->err);
    if (x->endless)
        return treaty_fail(p->err, TREATY_EDEFAULT, field->default_json->pos,
                           "the default of field \"%.*s\" contains itself "
                           "without end, through the defaults of fields it "
                           "leaves out",
                           TREATY_STR_ARG(field->name));
    return TREATY_OK;
}

static enum treaty_code check_defaults(struct treaty_avro_parser *p,
                                       struct expansion *x,
                                       const struct treaty_avro_node *record)
{
    enum treaty_code code = TREATY_OK;

    for (uint32_t i = 0; i < record->field_count && !code; i++) {
        if (record->fields[i].default_json)
            code = check_default(p, x, &record->fields[i]);
    }
    return code;
}

enum treaty_code treaty_avro_link(struct treaty_avro_parser *p)
{
    struct expansion x = {.scratch = &p->scratch};
    enum treaty_code code = link_names(p);

    treaty_map_init(&x.states, &p->scratch);
    for (const struct treaty_avro_check *c = p->checks; c && !code;
         c = c->next) {
        if (c->node->kind == TREATY_AVRO_UNION)
            code = check_union(p, c->node);
    }
    for (const struct treaty_avro_check *c = p->checks; c && !code;
         c = c->next) {
        if (c->node->kind == TREATY_AVRO_RECORD && p->strictness == TREATY_NEW)
            code = check_defaults(p, &x, c->node);
    }
    return code;
}

static bool same_json(const struct treaty_json *a, const struct treaty_json *b)
{
    if (!a || !b)
        return a == b;
    return treaty_json_eq(a, b);
}

/* Attributes are a set: their order does not count. */
static bool same_props(const struct treaty_avro_props *a,
                       const struct treaty_avro_props *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t j = 0;

        while (j < b->count &&
               !treaty_str_eq(a->items[i].name, b->items[j].name))
            j++;
        if (j == b->count ||
            !treaty_json_eq(a->items[i].value, b->items[j].value))
            return false;
    }
    return true;
}

static bool same_fields(const struct treaty_avro_node *a,
                        const struct treaty_avro_node *b)
{
    if (a->field_count != b->field_count)
        return false;
    for (uint32_t i = 0; i < a->field_count; i++) {
        const struct treaty_avro_field *x = &a->fields[i];
        const struct treaty_avro_field *y = &b->fields[i];

        if (!treaty_str_eq(x->name, y->name) || x->order != y->order ||
            !same_json(x->default_json, y->default_json) ||
            !same_props(&x->props, &y->props) ||
            !treaty_avro_same_definition(x->type, y->type))
            return false;
    }
    return true;
}

static bool same_symbols(const struct treaty_avro_node *a,
                         const struct treaty_avro_node *b)
{
    if (a->symbol_count != b->symbol_count)
        return false;
    for (uint32_t i = 0; i < a->symbol_count; i++) {
        if (!treaty_str_eq(a->symbols[i], b->symbols[i]))
            return false;
    }
    return true;
}

static bool same_branches(const struct treaty_avro_node *a,
                          const struct treaty_avro_node *b)
{
    if (a->branch_count != b->branch_count)
        return false;
    for (uint32_t i = 0; i < a->branch_count; i++) {
        if (!treaty_avro_same_definition(a->branches[i], b->branches[i]))
            return false;
    }
    return true;
}

bool treaty_avro_same_definition(const struct treaty_avro_node *a,
                                 const struct treaty_avro_node *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->size != b->size ||
        !treaty_str_eq(a->full, b->full) || !same_props(&a->props, &b->props))
        return false;
    if (a->item && !treaty_avro_same_definition(a->item, b->item))
        return false;
    return same_fields(a, b) && same_symbols(a, b) && same_branches(a, b);
}
