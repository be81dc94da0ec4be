/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stepping over what the writer wrote and nobody wants. Neighbours of one kind
 * become one operation, and an array whose writer noted its size is jumped.
 */
#include "format/avro/compile.h"

/* Which operation steps over a value of a kind, and with what argument. */
static const struct {
    uint8_t code;
    uint8_t arg;
} leaves[] = {
    [TREATY_AVRO_BOOLEAN] = {TREATY_DECODE_SKIP_BYTES, 1},
    [TREATY_AVRO_INT] = {TREATY_DECODE_SKIP_NUMBERS, 1},
    [TREATY_AVRO_LONG] = {TREATY_DECODE_SKIP_NUMBERS, 1},
    [TREATY_AVRO_FLOAT] = {TREATY_DECODE_SKIP_BYTES, 4},
    [TREATY_AVRO_DOUBLE] = {TREATY_DECODE_SKIP_BYTES, 8},
    [TREATY_AVRO_BYTES] = {TREATY_DECODE_SKIP_STRINGS, 1},
    [TREATY_AVRO_STRING] = {TREATY_DECODE_SKIP_STRINGS, 1},
    [TREATY_AVRO_FIXED] = {TREATY_DECODE_SKIP_BYTES, 0}, /* its own size */
    [TREATY_AVRO_ENUM] = {TREATY_DECODE_SKIP_NUMBERS, 1},
};

static uint32_t leaf_arg(const struct treaty_avro_node *node)
{
    if (node->kind == TREATY_AVRO_FIXED)
        return node->size;
    return leaves[node->kind].arg;
}

/* Join the operation before this one, unless something jumps in between. */
static void emit_or_join(struct treaty_avro_compiler *c, uint8_t code,
                         uint32_t arg)
{
    struct treaty_op *ops = c->b.ops.rows;
    uint32_t at = treaty_build_at(&c->b);

    if (arg == 0)
        return;
    if (!c->b.failed && at > c->label && ops[at - 1].code == code &&
        arg <= UINT32_MAX - ops[at - 1].arg)
        ops[at - 1].arg += arg;
    else
        (void)treaty_build_op(&c->b, code, 0, 0, arg);
}

/* The bytes that every value of `node` takes, if that is one operation. */
static uint32_t width_of(const struct treaty_avro_node *node)
{
    bool is_fixed =
        node->kind == TREATY_AVRO_BOOLEAN || node->kind == TREATY_AVRO_FLOAT ||
        node->kind == TREATY_AVRO_DOUBLE || node->kind == TREATY_AVRO_FIXED;

    if (!is_fixed || leaf_arg(node) > TREATY_AVRO_LEAST_MAX)
        return 0;
    return leaf_arg(node);
}

static void skip_items(struct treaty_avro_compiler *c,
                       const struct treaty_avro_node *node)
{
    bool is_map = node->kind == TREATY_AVRO_MAP;
    uint32_t least = c->facts.least[node->item->id];
    struct treaty_plan_loop loop = {
        .is_map = is_map,
        .stride = is_map ? 0 : width_of(node->item),
        .item_min =
            least > TREATY_AVRO_LEAST_MAX ? TREATY_AVRO_LEAST_MAX : least,
    };
    uint32_t row;
    uint32_t site;

    loop.item_min += is_map;
    row = treaty_build_loop(&c->b, &loop);
    site = treaty_build_op(&c->b, TREATY_DECODE_SKIP_LOOP, 0, 0, row);
    (void)treaty_avro_label(c);
    if (is_map)
        emit_or_join(c, TREATY_DECODE_SKIP_STRINGS, 1);
    treaty_avro_skip(c, node->item);
    (void)treaty_build_op(&c->b, TREATY_DECODE_SKIP_NEXT, 0, 0,
                          treaty_build_at(&c->b) - site);
    if (!c->b.failed)
        treaty_build_loop_at(&c->b, row)->after = treaty_avro_label(c);
}

static void skip_union(struct treaty_avro_compiler *c,
                       const struct treaty_avro_node *node)
{
    uint32_t table = treaty_build_ints(&c->b, node->branch_count, 0);
    uint32_t jumps = UINT32_MAX; /* a list through their arguments */

    (void)treaty_build_op(&c->b, TREATY_DECODE_UNION, 0, 0, table);
    for (uint32_t i = 0; i < node->branch_count; i++) {
        treaty_build_set_int(&c->b, table, i, (int32_t)treaty_avro_label(c));
        treaty_avro_skip(c, node->branches[i]);
        if (i + 1 < node->branch_count)
            jumps = treaty_build_op(&c->b, TREATY_DECODE_JUMP, 0, 0, jumps);
    }
    treaty_build_land(&c->b, jumps, treaty_avro_label(c));
}

static void skip_record(struct treaty_avro_compiler *c,
                        const struct treaty_avro_node *node)
{
    const struct treaty_avro_sub sub = {.writer = node};
    const struct treaty_avro_open open = {
        .writer = node,
        .outer = c->open,
        .depth = c->open ? c->open->depth + 1 : 0,
    };

    if (treaty_avro_wants_call(c, node, NULL)) {
        (void)treaty_build_op(&c->b, TREATY_DECODE_CALL, 0, 0,
                              treaty_avro_sub(c, &sub));
        return;
    }
    c->open = &open;
    for (uint32_t i = 0; i < node->field_count; i++) {
        size_t mark = treaty_avro_step(c, node->fields[i].name);

        treaty_avro_skip(c, node->fields[i].type);
        treaty_build_pop(&c->b, mark);
    }
    c->open = open.outer;
}

void treaty_avro_skip(struct treaty_avro_compiler *c,
                      const struct treaty_avro_node *writer)
{
    if (c->facts.least[writer->id] == TREATY_AVRO_NEVER)
        (void)treaty_build_op(&c->b, TREATY_DECODE_FAIL, 0, 0, UINT32_MAX);
    else if (writer->kind == TREATY_AVRO_RECORD)
        skip_record(c, writer);
    else if (writer->kind == TREATY_AVRO_UNION)
        skip_union(c, writer);
    else if (writer->item)
        skip_items(c, writer);
    else
        emit_or_join(c, leaves[writer->kind].code, leaf_arg(writer));
}
