/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both facts are smallest solutions of equations over the graph of nodes. The
 * nodes are put in an order in which most come after their children, and the
 * equations are applied over and over until nothing changes: one round for a
 * schema without cycles, a few otherwise.
 *
 * The order is found with a stack of its own, since records may refer to one
 * another in chains far longer than the text is deep.
 */
#include "format/avro/facts.h"

#include "base/error.h"

struct visit {
    const struct treaty_avro_node *node;
    uint32_t child; /* the next one to look at */
};

struct order {
    struct visit *stack;
    size_t depth;
    bool *seen;
    const struct treaty_avro_node **nodes; /* children first */
    size_t count;
};

static uint32_t child_count(const struct treaty_avro_node *node)
{
    if (node->kind == TREATY_AVRO_RECORD)
        return node->field_count;
    if (node->kind == TREATY_AVRO_UNION)
        return node->branch_count;
    return node->item ? 1 : 0;
}

static const struct treaty_avro_node *
child_at(const struct treaty_avro_node *node, uint32_t i)
{
    if (node->kind == TREATY_AVRO_RECORD)
        return node->fields[i].type;
    if (node->kind == TREATY_AVRO_UNION)
        return node->branches[i];
    return node->item;
}

static void enter(struct order *order, const struct treaty_avro_node *node)
{
    if (order->seen[node->id])
        return;
    order->seen[node->id] = true;
    order->stack[order->depth++] = (struct visit){node, 0};
}

static void find_order(struct order *order, const struct treaty_avro_node *root)
{
    enter(order, root);
    while (order->depth) {
        struct visit *top = &order->stack[order->depth - 1];

        if (top->child < child_count(top->node)) {
            top->child++;
            enter(order, child_at(top->node, top->child - 1));
        } else {
            order->nodes[order->count++] = top->node;
            order->depth--;
        }
    }
}

static uint32_t least_sum(const uint32_t *least,
                          const struct treaty_avro_node *record)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < record->field_count; i++) {
        uint32_t part = least[record->fields[i].type->id];

        if (part == TREATY_AVRO_NEVER)
            return TREATY_AVRO_NEVER;
        sum += part;
        if (sum > TREATY_AVRO_LEAST_MAX)
            sum = TREATY_AVRO_LEAST_MAX;
    }
    return sum;
}

static uint32_t least_branch(const uint32_t *least,
                             const struct treaty_avro_node *node)
{
    uint32_t best = TREATY_AVRO_NEVER;

    for (uint32_t i = 0; i < node->branch_count; i++) {
        uint32_t part = least[node->branches[i]->id];

        if (part < best)
            best = part;
    }
    if (best < TREATY_AVRO_LEAST_MAX)
        best++; /* the number of the branch */
    return best;
}

static uint32_t least_of(const uint32_t *least,
                         const struct treaty_avro_node *node)
{
    static const uint32_t fixed_part[] = {
        [TREATY_AVRO_NULL] = 0,   [TREATY_AVRO_BOOLEAN] = 1,
        [TREATY_AVRO_INT] = 1,    [TREATY_AVRO_LONG] = 1,
        [TREATY_AVRO_FLOAT] = 4,  [TREATY_AVRO_DOUBLE] = 8,
        [TREATY_AVRO_BYTES] = 1,  [TREATY_AVRO_STRING] = 1,
        [TREATY_AVRO_FIXED] = 0,  [TREATY_AVRO_ENUM] = 1,
        [TREATY_AVRO_RECORD] = 0, [TREATY_AVRO_ARRAY] = 1,
        [TREATY_AVRO_MAP] = 1,    [TREATY_AVRO_UNION] = 0,
    };

    if (node->kind == TREATY_AVRO_FIXED)
        return node->size < TREATY_AVRO_LEAST_MAX ? node->size
                                                  : TREATY_AVRO_LEAST_MAX;
    if (node->kind == TREATY_AVRO_ENUM && node->symbol_count == 0)
        return TREATY_AVRO_NEVER;
    if (node->kind == TREATY_AVRO_RECORD)
        return least_sum(least, node);
    if (node->kind == TREATY_AVRO_UNION)
        return least_branch(least, node);
    return fixed_part[node->kind];
}

static bool is_endless(const bool *endless, const struct treaty_avro_node *node)
{
    for (uint32_t i = 0; i < child_count(node); i++) {
        if (endless[child_at(node, i)->id])
            return true;
    }
    return false;
}

static void settle(const struct order *order, struct treaty_avro_facts *facts)
{
    bool changed = true;

    for (size_t i = 0; i < order->count; i++) {
        facts->least[order->nodes[i]->id] = TREATY_AVRO_NEVER;
        facts->endless[order->nodes[i]->id] = true;
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < order->count; i++) {
            const struct treaty_avro_node *node = order->nodes[i];
            uint32_t least = least_of(facts->least, node);
            bool endless = is_endless(facts->endless, node);

            if (least != facts->least[node->id] ||
                endless != facts->endless[node->id])
                changed = true;
            facts->least[node->id] = least;
            facts->endless[node->id] = endless;
        }
    }
}

enum treaty_code treaty_avro_facts_find(struct treaty_arena *arena,
                                        const struct treaty_avro_tree *tree,
                                        const struct treaty_avro_node *root,
                                        struct treaty_avro_facts *ret,
                                        struct treaty_error *err)
{
    size_t n = tree->node_count;
    struct order order = {
        .stack = TREATY_ARENA_NEW_N(arena, struct visit, n),
        .seen = TREATY_ARENA_NEW_N(arena, bool, n),
        .nodes = TREATY_ARENA_NEW_N(arena, const struct treaty_avro_node *, n),
    };
    struct treaty_avro_facts facts = {
        .least = TREATY_ARENA_NEW_N(arena, uint32_t, n),
        .endless = TREATY_ARENA_NEW_N(arena, bool, n),
    };

    if (!order.stack || !order.seen || !order.nodes || !facts.least ||
        !facts.endless)
        return treaty_fail_nomem(err);
    find_order(&order, root);
    settle(&order, &facts);
    *ret = facts;
    return TREATY_OK;
}
