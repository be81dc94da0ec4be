/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/resolve.h"

#include "base/str.h"

enum { NEST_MAX = 1000 };

struct comparison {
    struct treaty_map records; /* that were compared, by fullname */
    int nest;
    bool failed; /* memory ran out */
};

static bool equal_nodes(struct comparison *cmp,
                        const struct treaty_avro_node *a,
                        const struct treaty_avro_node *b);

static bool equal_defaults(const struct treaty_json *a,
                           const struct treaty_json *b)
{
    if (!a || !b)
        return a == b;
    return treaty_json_eq(a, b);
}

/* Names agree already, so a record that was met needs no second look. */
static bool equal_fields(struct comparison *cmp,
                         const struct treaty_avro_node *a,
                         const struct treaty_avro_node *b)
{
    if (a->kind != TREATY_AVRO_RECORD ||
        treaty_map_find(&cmp->records, a->full))
        return true;
    if (treaty_map_put(&cmp->records, a->full, cmp) != TREATY_OK) {
        cmp->failed = true;
        return false;
    }
    for (uint32_t i = 0; i < a->field_count; i++) {
        const struct treaty_avro_field *x = &a->fields[i];
        const struct treaty_avro_field *y = &b->fields[i];

        if (!treaty_str_eq(x->name, y->name) || x->order != y->order ||
            !equal_defaults(x->default_json, y->default_json) ||
            !equal_nodes(cmp, x->type, y->type))
            return false;
    }
    return true;
}

static bool equal_parts(struct comparison *cmp,
                        const struct treaty_avro_node *a,
                        const struct treaty_avro_node *b)
{
    for (uint32_t i = 0; i < a->symbol_count; i++) {
        if (!treaty_str_eq(a->symbols[i], b->symbols[i]))
            return false;
    }
    for (uint32_t i = 0; i < a->branch_count; i++) {
        if (!equal_nodes(cmp, a->branches[i], b->branches[i]))
            return false;
    }
    if (a->item && !equal_nodes(cmp, a->item, b->item))
        return false;
    return equal_fields(cmp, a, b);
}

static bool equal_nodes(struct comparison *cmp,
                        const struct treaty_avro_node *a,
                        const struct treaty_avro_node *b)
{
    bool equal;

    if (a->kind != b->kind || !treaty_str_eq(a->full, b->full) ||
        !treaty_str_eq(a->logical, b->logical) ||
        a->precision != b->precision || a->scale != b->scale ||
        a->size != b->size || a->field_count != b->field_count ||
        a->symbol_count != b->symbol_count ||
        a->default_symbol != b->default_symbol ||
        a->branch_count != b->branch_count || cmp->nest == NEST_MAX)
        return false;
    cmp->nest++;
    equal = equal_parts(cmp, a, b);
    cmp->nest--;
    return equal;
}

bool treaty_avro_equal(struct treaty_arena *scratch,
                       const struct treaty_avro_tree *a,
                       const struct treaty_avro_tree *b, bool *failed)
{
    struct comparison cmp = {.nest = 0};
    bool equal;

    if (a == b)
        return true;
    treaty_map_init(&cmp.records, scratch);
    equal = equal_nodes(&cmp, a->root, b->root);
    if (cmp.failed)
        *failed = true;
    return equal;
}
