/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a schema and a layout to an encode plan, in the schema's order. What
 * the layout lacks is written as bytes that are made here, once.
 *
 * `used` counts the bytes that have been written at most since an operation
 * last made sure of room (see plan/encode_loop.h).
 */
#include "format/avro/facts.h"
#include "format/avro/plan.h"
#include "plan/build.h"

#include "base/error.h"
#include "base/str.h"

enum {
    NEST_MAX = 24,
    IN_PLACE_MAX = 20000,
    FAR = INT16_MAX,
    NUMBER_MAX = 10, /* bytes of a varint */
    /* A long is stored as 8 bytes at once, however short it is. */
    USED_MAX = TREATY_ENCODE_ROOM - 2 * NUMBER_MAX,
};

/* Records being compiled in place, innermost first. */
struct open {
    const struct treaty_avro_node *node;
    const struct open *outer;
    uint32_t depth;
};

struct sub {
    const struct treaty_avro_node *node;
    const struct treaty_type *type;
    uint32_t call;
    struct treaty_str path;
    struct sub *next;
};

struct compiler {
    struct treaty_builder b;
    struct treaty_arena scratch;
    struct treaty_avro_facts facts;
    struct treaty_plan_options options;
    const struct open *open;
    struct treaty_map subs;
    struct sub *first_sub;
    struct sub *last_sub;
    uint32_t used;
    enum treaty_code code; /* the first field that cannot be written */
    struct treaty_error *err;
};

static void put_value(struct compiler *c, const struct treaty_avro_node *node,
                      const struct treaty_type *t, size_t off);

/* An operation that writes at most `size` bytes without looking for room. */
static uint32_t emit(struct compiler *c, uint8_t code, uint8_t a, size_t off,
                     uint32_t arg, uint32_t size)
{
    if (c->used + size > USED_MAX) {
        (void)treaty_build_op(&c->b, TREATY_ENCODE_CHECK, 0, 0, 0);
        c->used = 0;
    }
    c->used += size;
    return treaty_build_field(&c->b, code, a, off, arg);
}

/* One that leaves all the room behind it. */
static uint32_t emit_room(struct compiler *c, uint8_t code, size_t off,
                          uint32_t arg)
{
    c->used = 0;
    return treaty_build_field(&c->b, code, 0, off, arg);
}

static void put_constant(struct compiler *c, struct treaty_str bytes)
{
    if (bytes.len == 1)
        (void)emit(c, TREATY_ENCODE_BYTE, (uint8_t)bytes.data[0], 0, 0, 1);
    else if (bytes.len)
        (void)emit_room(c, TREATY_ENCODE_CONST, 0,
                        treaty_build_bytes(&c->b, bytes.data, bytes.len, 0));
}

/* Subprograms. */

static uint32_t get_sub(struct compiler *c, const struct treaty_avro_node *node,
                        const struct treaty_type *type)
{
    const void *parts[2] = {node, type};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};
    const struct treaty_plan_call call = {
        .counted = c->facts.endless[node->id],
    };
    struct sub *sub = treaty_map_find(&c->subs, key);

    if (sub)
        return sub->call;
    sub = TREATY_ARENA_NEW(&c->scratch, struct sub);
    key = treaty_arena_dup(&c->scratch, key);
    if (!sub || !key.data || treaty_map_put(&c->subs, key, sub) != TREATY_OK) {
        c->b.failed = true;
        return 0;
    }
    sub->node = node;
    sub->type = type;
    sub->call = treaty_build_call(&c->b, &call);
    sub->path = treaty_arena_dup(&c->scratch, treaty_buf_str(&c->b.path));
    if (c->last_sub)
        c->last_sub->next = sub;
    else
        c->first_sub = sub;
    c->last_sub = sub;
    return sub->call;
}

static bool wants_call(const struct compiler *c,
                       const struct treaty_avro_node *node)
{
    if (!c->open)
        return false;
    if (c->open->depth >= NEST_MAX || treaty_build_at(&c->b) > IN_PLACE_MAX)
        return true;
    for (const struct open *o = c->open; o; o = o->outer) {
        if (o->node == node)
            return true;
    }
    return false;
}

/* Records. */

static void refuse(struct compiler *c, const struct treaty_avro_field *field,
                   const char *why)
{
    if (c->code != TREATY_OK)
        return;
    c->code = treaty_fail(c->err, TREATY_EBIND, field->pos,
                          "the layout has no field \"%.*s\", %s",
                          TREATY_STR_ARG(field->name), why);
    if (c->err)
        treaty_error_set_path(c->err, treaty_buf_str(&c->b.path));
}

static void put_default(struct compiler *c,
                        const struct treaty_avro_field *field)
{
    struct treaty_buf bytes;

    if (!field->default_json) {
        refuse(c, field, "and the schema gives it no default");
        return;
    }
    treaty_buf_init(&bytes, 0);
    if (treaty_avro_put_default(&bytes, field->type, field->default_json))
        put_constant(c, treaty_buf_str(&bytes));
    else if (bytes.failed == TREATY_OK)
        refuse(c, field, "and its default is not a value of its type");
    if (bytes.failed != TREATY_OK)
        c->b.failed = true;
    treaty_buf_release(&bytes);
}

static void put_fields(struct compiler *c, const struct treaty_avro_node *node,
                       const struct treaty_type *t, size_t off)
{
    const struct open open = {
        .node = node,
        .outer = c->open,
        .depth = c->open ? c->open->depth + 1 : 0,
    };

    c->open = &open;
    for (uint32_t i = 0; i < node->field_count; i++) {
        const struct treaty_avro_field *field = &node->fields[i];
        const struct treaty_field *tf =
            treaty_avro_type_field(t, field->name, i);
        size_t mark = treaty_build_push(&c->b, (struct treaty_str){"/", 1});

        (void)treaty_build_push(&c->b, field->name);
        if (tf)
            put_value(c, field->type, tf->type, off + tf->offset);
        else
            put_default(c, field);
        treaty_build_pop(&c->b, mark);
    }
    c->open = open.outer;
}

static void put_record(struct compiler *c, const struct treaty_avro_node *node,
                       const struct treaty_type *t, size_t off)
{
    if (t->kind == TREATY_KIND_POINTER)
        (void)emit_room(c, TREATY_ENCODE_POINTER, off,
                        get_sub(c, node, t->item));
    else if (wants_call(c, node))
        (void)emit_room(c, TREATY_ENCODE_CALL, off, get_sub(c, node, t));
    else
        put_fields(c, node, t, off);
}

/* Arrays and maps. */

static uint8_t string_op(const struct compiler *c)
{
    static const uint8_t ops[] = {
        [TREATY_UTF8_ERROR] = TREATY_ENCODE_STRING,
        [TREATY_UTF8_REPLACE] = TREATY_ENCODE_STRING_REPLACE,
        [TREATY_UTF8_PASS] = TREATY_ENCODE_BYTES,
    };

    return ops[c->options.utf8];
}

static void put_next(struct compiler *c, uint32_t body, size_t stride)
{
    bool is_far = stride > UINT16_MAX;

    (void)treaty_build_op(
        &c->b, is_far ? TREATY_ENCODE_FAR_NEXT : TREATY_ENCODE_NEXT, 0,
        is_far ? 0 : (uint16_t)stride, treaty_build_at(&c->b) - body);
}

static void put_items(struct compiler *c, const struct treaty_avro_node *node,
                      const struct treaty_type *t, size_t off)
{
    bool is_map = t->kind == TREATY_KIND_MAP;
    const struct treaty_plan_loop loop = {
        .stride = treaty_type_stride(t),
        .is_map = is_map,
    };
    uint32_t row = treaty_build_loop(&c->b, &loop);
    uint32_t before;
    uint32_t body;
    size_t mark;
    size_t program;

    (void)emit(c, TREATY_ENCODE_LOOP, 0, off, row, NUMBER_MAX);
    before = c->used;
    mark =
        treaty_build_push(&c->b, is_map ? TREATY_STR("{}") : TREATY_STR("[]"));
    program = treaty_build_begin(&c->b);
    body = treaty_build_at(&c->b);
    c->used = 0;
    if (is_map)
        (void)emit_room(c, string_op(c), 0, 0);
    put_value(c, node->item, t->item, is_map ? t->value_offset : 0);
    put_next(c, body, loop.stride);
    treaty_build_end(&c->b, program);
    treaty_build_pop(&c->b, mark);
    if (!c->b.failed)
        treaty_build_loop_at(&c->b, row)->after = treaty_build_at(&c->b);
    /* An empty array comes here straight from the LOOP. */
    c->used = before;
}

/* Unions. */

static void put_branch_number(struct compiler *c, uint32_t branch)
{
    char bytes[5];
    uint32_t raw = branch << 1;
    size_t len = 0;

    while (raw >= 0x80) {
        bytes[len++] = (char)(raw | 0x80);
        raw >>= 7;
    }
    bytes[len++] = (char)raw;
    put_constant(c, (struct treaty_str){bytes, len});
}

/* Go to the place that is returned when the flag, however far, is not set. */
static uint32_t put_flag(struct compiler *c, uint8_t null, size_t off)
{
    uint32_t op;

    if (off <= UINT16_MAX)
        return emit(c, TREATY_ENCODE_NULLABLE, null, off, 0, 1);
    (void)treaty_build_op(&c->b, TREATY_ENCODE_SHIFT, 0, 0, (uint32_t)off);
    op = emit(c, TREATY_ENCODE_NULLABLE, null, 0, 0, 1);
    (void)treaty_build_op(&c->b, TREATY_ENCODE_SHIFT, 0, 0,
                          (uint32_t) - (int64_t)off);
    return op;
}

/* The landing of put_flag, behind the value. */
static void land_flag(struct compiler *c, uint32_t op, size_t off)
{
    uint32_t jump;

    if (off <= UINT16_MAX) {
        treaty_build_patch(&c->b, op, treaty_build_at(&c->b));
        return;
    }
    jump = treaty_build_op(&c->b, TREATY_ENCODE_JUMP, 0, 0, 0);
    treaty_build_patch(&c->b, op, treaty_build_at(&c->b));
    (void)treaty_build_op(&c->b, TREATY_ENCODE_SHIFT, 0, 0,
                          (uint32_t) - (int64_t)off);
    treaty_build_patch(&c->b, jump, treaty_build_at(&c->b));
}

static void put_optional(struct compiler *c,
                         const struct treaty_avro_node *node,
                         const struct treaty_type *t, size_t off)
{
    uint32_t null = (uint32_t)treaty_avro_null_branch(node);
    uint32_t op = put_flag(c, (uint8_t)null, off + t->flag_offset);
    uint32_t before = c->used;

    put_value(c, node->branches[1 - null], t->item, off + t->value_offset);
    land_flag(c, op, off + t->flag_offset);
    if (c->used < before)
        c->used = before;
}

/* The schema's number of the layout's branch `i`. */
static int32_t branch_of(const struct treaty_avro_node *node,
                         const struct treaty_type *t, uint32_t i)
{
    for (uint32_t k = 0; k < node->branch_count; k++) {
        if (treaty_str_eq(treaty_avro_type_name(node->branches[k]),
                          t->fields[i].name))
            return (int32_t)k;
    }
    return -1;
}

static void put_union(struct compiler *c, const struct treaty_avro_node *node,
                      const struct treaty_type *t, size_t off)
{
    uint32_t table = treaty_build_ints(&c->b, t->field_count, 0);
    uint32_t jumps = UINT32_MAX;
    uint32_t most = 0;
    uint32_t before;

    (void)emit(c, TREATY_ENCODE_BRANCH, 0, off, table, 0);
    before = c->used;
    for (uint32_t i = 0; i < t->field_count; i++) {
        const struct treaty_field *part = &t->fields[i];
        int32_t number = branch_of(node, t, i);

        treaty_build_set_int(&c->b, table, i, (int32_t)treaty_build_at(&c->b));
        c->used = before;
        put_branch_number(c, (uint32_t)number);
        put_value(c, node->branches[number], part->type, off + part->offset);
        if (i + 1 < t->field_count)
            jumps = treaty_build_op(&c->b, TREATY_ENCODE_JUMP, 0, 0, jumps);
        if (c->used > most)
            most = c->used;
    }
    treaty_build_land(&c->b, jumps, treaty_build_at(&c->b));
    c->used = most;
}

/* The rest. */

static void put_enum(struct compiler *c, const struct treaty_avro_node *node,
                     const struct treaty_type *t, size_t off)
{
    uint32_t table = treaty_build_ints(&c->b, t->symbol_count, -1);

    for (uint32_t i = 0; i < t->symbol_count; i++)
        treaty_build_set_int(&c->b, table, i,
                             treaty_avro_symbol_find(node, t->symbols[i]));
    (void)emit(c, TREATY_ENCODE_ENUM, 0, off, table, NUMBER_MAX);
}

/* `size` 0: the operation makes its own room. */
static const struct {
    uint8_t op;
    uint8_t size;
} leaves[] = {
    [TREATY_AVRO_BOOLEAN] = {TREATY_ENCODE_BOOL, 1},
    [TREATY_AVRO_INT] = {TREATY_ENCODE_INT, NUMBER_MAX},
    [TREATY_AVRO_LONG] = {TREATY_ENCODE_LONG, NUMBER_MAX},
    [TREATY_AVRO_FLOAT] = {TREATY_ENCODE_FLOAT, 4},
    [TREATY_AVRO_DOUBLE] = {TREATY_ENCODE_DOUBLE, 8},
    [TREATY_AVRO_BYTES] = {TREATY_ENCODE_BYTES, 0},
    [TREATY_AVRO_STRING] = {TREATY_ENCODE_STRING, 0},
    [TREATY_AVRO_FIXED] = {TREATY_ENCODE_FIXED, 0},
};

static void put_leaf(struct compiler *c, const struct treaty_avro_node *node,
                     size_t off)
{
    uint8_t op = leaves[node->kind].op;
    uint8_t size = leaves[node->kind].size;

    if (node->kind == TREATY_AVRO_STRING)
        op = string_op(c);
    if (node->kind == TREATY_AVRO_NULL)
        return;
    if (size)
        (void)emit(c, op, 0, off, 0, size);
    else
        (void)emit_room(c, op, off, node->size);
}

static void put_near(struct compiler *c, const struct treaty_avro_node *node,
                     const struct treaty_type *t, size_t off)
{
    if (node->kind == TREATY_AVRO_RECORD)
        put_record(c, node, t, off);
    else if (t->kind == TREATY_KIND_OPTIONAL)
        put_optional(c, node, t, off);
    else if (node->kind == TREATY_AVRO_UNION)
        put_union(c, node, t, off);
    else if (node->kind == TREATY_AVRO_ENUM)
        put_enum(c, node, t, off);
    else if (node->item)
        put_items(c, node, t, off);
    else
        put_leaf(c, node, off);
}

static void put_value(struct compiler *c, const struct treaty_avro_node *node,
                      const struct treaty_type *t, size_t off)
{
    bool is_far = off > FAR && node->kind != TREATY_AVRO_RECORD;

    if (!is_far) {
        put_near(c, node, t, off);
        return;
    }
    (void)treaty_build_op(&c->b, TREATY_ENCODE_SHIFT, 0, 0, (uint32_t)off);
    put_near(c, node, t, 0);
    (void)treaty_build_op(&c->b, TREATY_ENCODE_SHIFT, 0, 0,
                          (uint32_t) - (int64_t)off);
}

static void put_subs(struct compiler *c)
{
    while (c->first_sub) {
        struct sub *sub = c->first_sub;
        size_t mark = treaty_build_push(&c->b, sub->path);
        size_t program = treaty_build_begin(&c->b);
        uint32_t entry = treaty_build_at(&c->b);

        c->first_sub = sub->next;
        if (!sub->next)
            c->last_sub = NULL;
        c->used = 0;
        put_value(c, sub->node, sub->type, 0);
        (void)treaty_build_op(&c->b, TREATY_ENCODE_RETURN, 0, 0, 0);
        if (!c->b.failed)
            treaty_build_call_at(&c->b, sub->call)->entry = entry;
        treaty_build_end(&c->b, program);
        treaty_build_pop(&c->b, mark);
    }
}

static enum treaty_code compile(struct compiler *c,
                                const struct treaty_avro_node *node,
                                const struct treaty_type *t,
                                struct treaty_plan **ret)
{
    const struct treaty_build_spec spec = {
        .way = TREATY_PLAN_ENCODES,
        .record_size = t->size,
        .options = &c->options,
    };

    treaty_build_init(&c->b);
    treaty_map_init(&c->subs, &c->scratch);
    if (c->options.bare_bytes && node->kind == TREATY_AVRO_BYTES)
        (void)emit_room(c, TREATY_ENCODE_REST, 0, 0);
    else
        put_value(c, node, t, 0);
    (void)treaty_build_op(&c->b, TREATY_ENCODE_STOP, 0, 0, 0);
    put_subs(c);
    if (c->code != TREATY_OK) {
        treaty_build_release(&c->b);
        return c->code;
    }
    return treaty_build_finish(&c->b, &spec, ret, c->err);
}

enum treaty_code
treaty_avro_encode_plan(const struct treaty_schema *schema,
                        const struct treaty_layout *layout,
                        const struct treaty_plan_options *options,
                        struct treaty_plan **ret, struct treaty_error *err)
{
    const struct treaty_avro_tree *tree = treaty_avro_tree(schema);
    struct compiler c = {.err = err};
    enum treaty_code code = treaty_avro_fit(layout->root, tree->root, err);

    if (code == TREATY_OK)
        code =
            treaty_avro_facts_find(&c.scratch, tree, tree->root, &c.facts, err);
    if (options)
        c.options = *options;
    if (code == TREATY_OK)
        code = compile(&c, tree->root, layout->root, ret);
    treaty_arena_release(&c.scratch);
    return code;
}
