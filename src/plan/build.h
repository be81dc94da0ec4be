/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_BUILD_H
#define TREATY_SRC_PLAN_BUILD_H

/*
 * Building a plan: what a format calls while it walks a schema. Everything
 * appends; memory that runs out is remembered (`failed`) and reported once, by
 * treaty_build_finish.
 *
 *     struct treaty_builder b;
 *     treaty_build_init(&b);
 *     treaty_build_push(&b, TREATY_STR("/qty"));
 *     treaty_build_field(&b, TREATY_DECODE_INT, 0, offset, 0);
 *     treaty_build_pop(&b, mark);
 *     treaty_build_op(&b, TREATY_DECODE_STOP, 0, 0, 0);
 *     treaty_build_finish(&b, ...);
 */
#include "plan/op.h"

#include "base/buf.h"

/* A growing array of one of the tables. */
struct treaty_build_table {
    void *rows;
    size_t count;
    size_t cap;
};

struct treaty_builder {
    struct treaty_arena arena; /* the plan's: names, constants, notes */
    struct treaty_build_table ops;
    struct treaty_build_table op_paths;
    struct treaty_build_table loops;
    struct treaty_build_table calls;
    struct treaty_build_table bytes;
    struct treaty_build_table ints;
    struct treaty_build_table fails;
    struct treaty_build_table losses;
    struct treaty_buf paths; /* texts for errors, one after the other */
    struct treaty_buf path;  /* where the builder stands, from the root */
    size_t path_base;        /* where the program at hand begins in it */
    uint32_t last_path;      /* offset in `paths` of the last text */
    bool failed;
    size_t op_max; /* operations, a guard against schemas made to explode */
    bool too_large;
};

void treaty_build_init(struct treaty_builder *b);
/* For a plan that is given up; after a finish nothing is left to do. */
void treaty_build_release(struct treaty_builder *b);

/* The number of the next operation. */
static inline uint32_t treaty_build_at(const struct treaty_builder *b)
{
    return (uint32_t)b->ops.count;
}

/* Append an operation; its number. */
uint32_t treaty_build_op(struct treaty_builder *b, uint8_t code, uint8_t a,
                         uint16_t off, uint32_t arg);

/*
 * Append an operation on the struct at `off`, whatever its size. It must not
 * be one that jumps. The number of the operation itself.
 */
uint32_t treaty_build_field(struct treaty_builder *b, uint8_t code, uint8_t a,
                            size_t off, uint32_t arg);

/* Set the argument of an operation that was appended before. */
void treaty_build_patch(struct treaty_builder *b, uint32_t op, uint32_t arg);

/*
 * Set the arguments of a list of operations to `target`: `last` is one of them,
 * its argument the one before it, and so on to UINT32_MAX.
 */
void treaty_build_land(struct treaty_builder *b, uint32_t last,
                       uint32_t target);

/* Take back all operations from number `at` on. */
void treaty_build_cut(struct treaty_builder *b, uint32_t at);

/* Append rows to the side tables; the number of the row. */
uint32_t treaty_build_loop(struct treaty_builder *b,
                           const struct treaty_plan_loop *loop);
uint32_t treaty_build_call(struct treaty_builder *b,
                           const struct treaty_plan_call *call);
uint32_t treaty_build_bytes(struct treaty_builder *b, const void *data,
                            size_t len, size_t at);
/* A table of `count` numbers, each `fill`, with the count before them. */
uint32_t treaty_build_ints(struct treaty_builder *b, uint32_t count,
                           int32_t fill);
void treaty_build_set_int(struct treaty_builder *b, uint32_t table,
                          uint32_t index, int32_t value);
/* The rows may move with the next append. */
struct treaty_plan_loop *treaty_build_loop_at(struct treaty_builder *b,
                                              uint32_t loop);
struct treaty_plan_call *treaty_build_call_at(struct treaty_builder *b,
                                              uint32_t call);

/*
 * The path of what is being built, for errors and notes. Push "/name" or
 * "[]" and pop back to the mark that push returned. A program starts where
 * treaty_build_begin is called; the mark restores the one around it.
 */
size_t treaty_build_push(struct treaty_builder *b, struct treaty_str step);
void treaty_build_pop(struct treaty_builder *b, size_t mark);
size_t treaty_build_begin(struct treaty_builder *b);
void treaty_build_end(struct treaty_builder *b, size_t mark);

/*
 * Note a reachable failure or a loss at the current path. `text` is copied.
 * The number of the note, for FAIL.
 */
uint32_t treaty_build_fail(struct treaty_builder *b,
                           const struct treaty_plan_note *note);
uint32_t treaty_build_loss(struct treaty_builder *b,
                           const struct treaty_plan_note *note);

/* Which loop runs a plan. */
enum treaty_plan_way { TREATY_PLAN_DECODES, TREATY_PLAN_ENCODES };

struct treaty_build_spec {
    enum treaty_plan_way way;
    uint32_t entry;     /* the first operation */
    size_t record_size; /* of the struct that is filled or read */
    const struct treaty_proto_code *proto; /* on the builder's arena, or NULL */
    const struct treaty_plan_options *options; /* or NULL */
};

/* A copy on the plan's arena; NULL also marks the builder as failed. */
void *treaty_build_freeze(struct treaty_builder *b, const void *rows,
                          size_t size);

/*
 * Freeze into a plan; the builder is used up either way. TREATY_ENOMEM, or
 * TREATY_ELIMIT when the schema makes more operations than a plan may have.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_build_finish(struct treaty_builder *b,
                    const struct treaty_build_spec *spec,
                    struct treaty_plan **ret, struct treaty_error *err);

/* Join neighbours into the pairs of plan/op.h. */
void treaty_plan_fuse(struct treaty_plan *plan, enum treaty_plan_way way);

/* Make a plan that was just frozen ready to run. */
void treaty_plan_set_way(struct treaty_plan *plan, enum treaty_plan_way way);

/* The portable loops, or those of this machine: for tests that compare. */
void treaty_plan_set_portable(struct treaty_plan *plan);
void treaty_plan_set_native(struct treaty_plan *plan);

#endif
