/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/build.h"

#include "base/error.h"
#include "base/str.h"

#include <assert.h>
#include <stdlib.h>

/* 32 MiB of operations: far above what a schema in earnest needs. */
enum { OP_MAX = 1 << 22 };

void treaty_build_init(struct treaty_builder *b)
{
    *b = (struct treaty_builder){.op_max = OP_MAX};
    treaty_buf_init(&b->paths, UINT32_MAX);
    treaty_buf_init(&b->path, 0);
    treaty_buf_put_mem(&b->paths, "", 1); /* the empty path is offset 0 */
}

static void release_tables(struct treaty_builder *b)
{
    struct treaty_build_table *tables[] = {
        &b->ops,   &b->op_paths, &b->loops, &b->calls,
        &b->bytes, &b->ints,     &b->fails, &b->losses,
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        free(tables[i]->rows);
        *tables[i] = (struct treaty_build_table){0};
    }
    treaty_buf_release(&b->paths);
    treaty_buf_release(&b->path);
}

void treaty_build_release(struct treaty_builder *b)
{
    release_tables(b);
    treaty_arena_release(&b->arena);
}

/* Room for `count` more rows, or NULL after remembering the failure. */
static void *add_rows(struct treaty_builder *b,
                      struct treaty_build_table *table, size_t size,
                      size_t count)
{
    size_t needed = table->count + count;
    char *rows = table->rows;

    if (b->failed || needed > UINT32_MAX / 2) {
        b->failed = true;
        return NULL;
    }
    if (needed > table->cap) {
        size_t cap = needed < 16 ? 16 : needed * 2;

        rows = realloc(rows, cap * size);
        if (!rows) {
            b->failed = true;
            return NULL;
        }
        table->rows = rows;
        table->cap = cap;
    }
    rows += table->count * size;
    table->count = needed;
    return rows;
}

/* The text of the current path within its program, stored once in a row. */
static uint32_t current_path(struct treaty_builder *b)
{
    struct treaty_str here = treaty_buf_str(&b->path);
    struct treaty_str last;

    here.data += b->path_base;
    here.len -= b->path_base;
    if (here.len == 0 || b->paths.failed)
        return 0;
    last = treaty_str_z(b->paths.data + b->last_path);
    if (treaty_str_eq(here, last))
        return b->last_path;
    b->last_path = (uint32_t)b->paths.len;
    treaty_buf_put(&b->paths, here);
    treaty_buf_put_mem(&b->paths, "", 1);
    return b->last_path;
}

uint32_t treaty_build_op(struct treaty_builder *b, uint8_t code, uint8_t a,
                         uint16_t off, uint32_t arg)
{
    uint32_t at = treaty_build_at(b);
    struct treaty_op *op;
    uint32_t *path;

    if (b->ops.count >= b->op_max) {
        b->too_large = true;
        return 0;
    }
    op = add_rows(b, &b->ops, sizeof(*op), 1);
    path = add_rows(b, &b->op_paths, sizeof(*path), 1);
    if (!op || !path)
        return 0;
    *op = (struct treaty_op){code, a, off, arg};
    *path = current_path(b);
    return at;
}

uint32_t treaty_build_field(struct treaty_builder *b, uint8_t code, uint8_t a,
                            size_t off, uint32_t arg)
{
    uint32_t at;

    if (off <= UINT16_MAX)
        return treaty_build_op(b, code, a, (uint16_t)off, arg);
    /* Both loops number SHIFT alike (asserted in plan.c). */
    treaty_build_op(b, TREATY_DECODE_SHIFT, 0, 0, (uint32_t)off);
    at = treaty_build_op(b, code, a, 0, arg);
    treaty_build_op(b, TREATY_DECODE_SHIFT, 0, 0, (uint32_t) - (int64_t)off);
    return at;
}

void treaty_build_patch(struct treaty_builder *b, uint32_t op, uint32_t arg)
{
    struct treaty_op *ops = b->ops.rows;

    if (!b->failed && !b->too_large)
        ops[op].arg = arg;
}

void treaty_build_land(struct treaty_builder *b, uint32_t last, uint32_t target)
{
    struct treaty_op *ops = b->ops.rows;

    while (last != UINT32_MAX && !b->failed && !b->too_large) {
        uint32_t before = ops[last].arg;

        ops[last].arg = target;
        last = before;
    }
}

void treaty_build_cut(struct treaty_builder *b, uint32_t at)
{
    if (b->failed || b->too_large)
        return;
    b->ops.count = at;
    b->op_paths.count = at;
}

uint32_t treaty_build_loop(struct treaty_builder *b,
                           const struct treaty_plan_loop *loop)
{
    uint32_t at = (uint32_t)b->loops.count;
    struct treaty_plan_loop *row = add_rows(b, &b->loops, sizeof(*row), 1);

    if (row)
        *row = *loop;
    return at;
}

uint32_t treaty_build_call(struct treaty_builder *b,
                           const struct treaty_plan_call *call)
{
    uint32_t at = (uint32_t)b->calls.count;
    struct treaty_plan_call *row = add_rows(b, &b->calls, sizeof(*row), 1);

    if (row)
        *row = *call;
    return at;
}

struct treaty_plan_loop *treaty_build_loop_at(struct treaty_builder *b,
                                              uint32_t loop)
{
    struct treaty_plan_loop *rows = b->loops.rows;

    return b->failed ? NULL : rows + loop;
}

struct treaty_plan_call *treaty_build_call_at(struct treaty_builder *b,
                                              uint32_t call)
{
    struct treaty_plan_call *rows = b->calls.rows;

    return b->failed ? NULL : rows + call;
}

uint32_t treaty_build_bytes(struct treaty_builder *b, const void *data,
                            size_t len, size_t at)
{
    uint32_t number = (uint32_t)b->bytes.count;
    struct treaty_plan_bytes *row = add_rows(b, &b->bytes, sizeof(*row), 1);
    void *copy = treaty_arena_alloc(&b->arena, len ? len : 1);

    if (!copy)
        b->failed = true;
    if (!copy || !row)
        return 0;
    if (len)
        memcpy(copy, data, len);
    *row = (struct treaty_plan_bytes){copy, len, at};
    return number;
}

uint32_t treaty_build_ints(struct treaty_builder *b, uint32_t count,
                           int32_t fill)
{
    uint32_t at = (uint32_t)b->ints.count;
    int32_t *row = add_rows(b, &b->ints, sizeof(*row), (size_t)count + 1);

    if (!row)
        return 0;
    row[0] = (int32_t)count;
    for (uint32_t i = 0; i < count; i++)
        row[1 + i] = fill;
    return at;
}

void treaty_build_set_int(struct treaty_builder *b, uint32_t table,
                          uint32_t index, int32_t value)
{
    int32_t *ints = b->ints.rows;

    if (!b->failed)
        ints[table + 1 + index] = value;
}

size_t treaty_build_push(struct treaty_builder *b, struct treaty_str step)
{
    size_t mark = b->path.len;

    treaty_buf_put(&b->path, step);
    return mark;
}

void treaty_build_pop(struct treaty_builder *b, size_t mark)
{
    if (b->path.failed == TREATY_OK)
        b->path.len = mark;
}

size_t treaty_build_begin(struct treaty_builder *b)
{
    size_t mark = b->path_base;

    b->path_base = b->path.len;
    return mark;
}

void treaty_build_end(struct treaty_builder *b, size_t mark)
{
    b->path_base = mark;
}

static uint32_t add_note(struct treaty_builder *b,
                         struct treaty_build_table *table,
                         const struct treaty_plan_note *note)
{
    uint32_t at = (uint32_t)table->count;
    struct treaty_plan_note *row = add_rows(b, table, sizeof(*row), 1);

    if (!row)
        return 0;
    *row = *note;
    row->path = treaty_arena_dup(&b->arena, treaty_buf_str(&b->path));
    row->text = treaty_arena_dup(&b->arena, note->text);
    if (!row->path.data || !row->text.data)
        b->failed = true;
    return at;
}

uint32_t treaty_build_fail(struct treaty_builder *b,
                           const struct treaty_plan_note *note)
{
    return add_note(b, &b->fails, note);
}

uint32_t treaty_build_loss(struct treaty_builder *b,
                           const struct treaty_plan_note *note)
{
    return add_note(b, &b->losses, note);
}

void *treaty_build_freeze(struct treaty_builder *b, const void *rows,
                          size_t size)
{
    void *copy = treaty_arena_alloc(&b->arena, size ? size : 1);

    if (!copy)
        b->failed = true;
    else if (size)
        memcpy(copy, rows, size);
    return copy;
}

static void *freeze(struct treaty_builder *b,
                    const struct treaty_build_table *table, size_t row_size)
{
    return treaty_build_freeze(b, table->rows, table->count * row_size);
}

static void freeze_tables(struct treaty_builder *b, struct treaty_plan *plan)
{
    plan->ops = freeze(b, &b->ops, sizeof(*plan->ops));
    plan->op_paths = freeze(b, &b->op_paths, sizeof(*plan->op_paths));
    plan->loops = freeze(b, &b->loops, sizeof(*plan->loops));
    plan->calls = freeze(b, &b->calls, sizeof(*plan->calls));
    plan->bytes = freeze(b, &b->bytes, sizeof(*plan->bytes));
    plan->ints = freeze(b, &b->ints, sizeof(*plan->ints));
    plan->fails = freeze(b, &b->fails, sizeof(*plan->fails));
    plan->losses = freeze(b, &b->losses, sizeof(*plan->losses));
    plan->paths = treaty_build_freeze(b, b->paths.data, b->paths.len);
    plan->op_count = (uint32_t)b->ops.count;
    plan->fail_count = b->fails.count;
    plan->loss_count = b->losses.count;
}

static struct treaty_plan_options
fill_options(const struct treaty_plan_options *options)
{
    struct treaty_plan_options filled = {0};

    if (options)
        filled = *options;
    if (filled.depth_max == 0)
        filled.depth_max = 128;
    if (filled.memory_max == 0)
        filled.memory_max = (size_t)64 << 20;
    return filled;
}

static enum treaty_code give_up(struct treaty_builder *b,
                                struct treaty_error *err)
{
    bool too_large = b->too_large;

    treaty_build_release(b);
    if (too_large)
        return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "the schemas make a plan of more than %d operations",
                           OP_MAX);
    return treaty_fail_nomem(err);
}

enum treaty_code treaty_build_finish(struct treaty_builder *b,
                                     const struct treaty_build_spec *spec,
                                     struct treaty_plan **ret,
                                     struct treaty_error *err)
{
    struct treaty_plan *plan = TREATY_ARENA_NEW(&b->arena, struct treaty_plan);

    if (b->paths.failed != TREATY_OK || b->path.failed != TREATY_OK)
        b->failed = true;
    if (!plan || b->failed || b->too_large)
        return give_up(b, err);
    freeze_tables(b, plan);
    if (b->failed)
        return give_up(b, err);

    plan->entry = plan->ops + spec->entry;
    plan->record_size = spec->record_size;
    plan->proto = spec->proto;
    plan->options = fill_options(spec->options);
    plan->refs = 1;
    plan->arena = b->arena;
    release_tables(b);
    treaty_plan_set_way(plan, spec->way);
    *ret = plan;
    return TREATY_OK;
}
