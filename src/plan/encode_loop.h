/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encode loop, included once by each file that compiles it for a machine,
 * which names it TREATY_LOOP. Its shape is that of decode_loop.h.
 *
 * Room. Between two places that look at it, operations of bounded size write
 * freely; the builder (format/avro/encode_plan.c) sums up their sizes and puts
 * a CHECK where they could come to more than TREATY_ENCODE_ROOM. Operations of
 * unbounded size, the ends of items, calls and returns leave that much room
 * behind them by themselves.
 */
#include "plan/loop.h"
#include "plan/write.h"

#include "base/utf8.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

/* Make sure of `extra` bytes and TREATY_ENCODE_ROOM behind them. */
#define NEED(extra)                                                            \
    do {                                                                       \
        if (TREATY_UNLIKELY((size_t)(end - at) <                               \
                            (extra) + TREATY_ENCODE_ROOM)) {                   \
            at = treaty_encode_grow(run, at, (extra));                         \
            if (!at)                                                           \
                goto fail_grow;                                                \
            end = run->out->data + run->out->cap;                              \
        }                                                                      \
    } while (0)

#define PUSH(items)                                                            \
    do {                                                                       \
        size_t level = top->level + 1;                                         \
        if (TREATY_UNLIKELY(treaty_frames_are_full(level))) {                  \
            struct treaty_encode_frame *moved =                                \
                treaty_encode_deepen(run, top);                                \
            if (!moved)                                                        \
                FAIL_AS(TREATY_ENOMEM);                                        \
            top = moved;                                                       \
        }                                                                      \
        top++;                                                                 \
        *top =                                                                 \
            (struct treaty_encode_frame){op, base, (items), (items), level};   \
    } while (0)

/* The operations that come in pairs, each leaving `op` where it was. */
#define RUN_INT                                                                \
    do {                                                                       \
        LOAD(int32_t, value);                                                  \
        at = write_short(at, (uint32_t)zigzag(value));                         \
    } while (0)
#define RUN_LONG                                                               \
    do {                                                                       \
        LOAD(int64_t, value);                                                  \
        at = write_long(at, zigzag(value));                                    \
    } while (0)
#define RUN_DOUBLE                                                             \
    do {                                                                       \
        LOAD(uint64_t, value);                                                 \
        value = LITTLE64(value);                                               \
        memcpy(at, &value, sizeof(value));                                     \
        at += sizeof(value);                                                   \
    } while (0)
#define RUN_STRING                                                             \
    do {                                                                       \
        LOAD(struct treaty_str, value);                                        \
        NEED(value.len);                                                       \
        at = write_short(at, (uint64_t)value.len << 1);                        \
        if (TREATY_UNLIKELY(!copy_text(at, value.data, value.len)) &&          \
            !is_utf8(value))                                                   \
            FAIL_AS(TREATY_EUTF8);                                             \
        at += value.len;                                                       \
    } while (0)
#define RUN_ENUM                                                               \
    do {                                                                       \
        const int32_t *table = plan->ints + op->arg;                           \
        LOAD(struct treaty_enum, value);                                       \
        if (TREATY_UNLIKELY((uint32_t)value.symbol >= (uint32_t)table[0]))     \
            FAIL_AS(TREATY_EVALUE);                                            \
        value.raw = table[1 + value.symbol];                                   \
        if (TREATY_UNLIKELY(value.raw < 0))                                    \
            FAIL_AS(TREATY_EVALUE);                                            \
        at = write_short(at, (uint64_t)value.raw << 1);                        \
    } while (0)
#define RUN_NULLABLE                                                           \
    do {                                                                       \
        LOAD(bool, present);                                                   \
        if (!present) {                                                        \
            *at++ = (char)(2 * op->a);                                         \
            op = plan->ops + op->arg;                                          \
            DISPATCH();                                                        \
        }                                                                      \
        *at++ = (char)(2 - 2 * op->a);                                         \
    } while (0)
#define RUN_LOOP goto do_LOOP
#define RUN_NEXT                                                               \
    do {                                                                       \
        NEED(0);                                                               \
        top->left--;                                                           \
        if (TREATY_LIKELY(top->left)) {                                        \
            base += op->off;                                                   \
            op -= op->arg;                                                     \
            DISPATCH();                                                        \
        }                                                                      \
        *at++ = 0;                                                             \
        base = top->base;                                                      \
        top--;                                                                 \
    } while (0)
#define RUN_STOP                                                               \
    do {                                                                       \
        run->out->len = (size_t)(at - run->out->data);                         \
        return TREATY_OK;                                                      \
    } while (0)

static TREATY_COLD bool is_utf8(struct treaty_str s)
{
    return treaty_utf8_valid(s);
}

/* NOLINTNEXTLINE(readability-function-*): one label an operation. */
static enum treaty_code run_plan(const struct treaty_plan *plan,
                                 const char *base, struct treaty_encode *run)
{
    static const void *const labels[] = {
#define LABEL(name) &&do_##name,
        TREATY_ENCODE_OPS(LABEL)
#undef LABEL
#define LABEL(first, second) &&do_##first##_AND_##second,
            TREATY_ENCODE_PAIRS(LABEL)
#undef LABEL
    };
    struct treaty_encode_frame frames[TREATY_FRAMES_INLINE];
    struct treaty_encode_frame *top = frames;
    const struct treaty_op *op = plan->entry;
    char *at = run->out->data + run->out->len;
    const char *end = run->out->data + run->out->cap;
    enum treaty_code code;

    frames[0].level = 0;
    DISPATCH();

do_STOP:
    RUN_STOP;

do_JUMP:
    op = plan->ops + op->arg;
    DISPATCH();

do_FAIL:
    FAIL_AS(TREATY_EVALUE);

do_SHIFT:
    base += (int32_t)op->arg;
    ADVANCE();

do_CHECK:
    NEED(0);
    ADVANCE();

do_CONST : {
    const struct treaty_plan_bytes *bytes = &plan->bytes[op->arg];

    NEED(bytes->len);
    memcpy(at, bytes->data, bytes->len);
    at += bytes->len;
    ADVANCE();
}

do_BYTE:
    *at++ = (char)op->a;
    ADVANCE();

do_BOOL : {
    LOAD(bool, value);
    *at++ = value;
    ADVANCE();
}

do_INT:
    RUN_INT;
    ADVANCE();

do_LONG:
    RUN_LONG;
    ADVANCE();

do_FLOAT : {
    LOAD(uint32_t, value);
    value = LITTLE32(value);
    memcpy(at, &value, sizeof(value));
    at += sizeof(value);
    ADVANCE();
}

do_DOUBLE:
    RUN_DOUBLE;
    ADVANCE();

do_STRING:
    RUN_STRING;
    ADVANCE();

do_STRING_REPLACE : {
    LOAD(struct treaty_str, value);
    size_t len = treaty_encode_replaced_len(value);

    NEED(len);
    at = write_short(at, (uint64_t)len << 1);
    at = treaty_encode_replace(at, value);
    ADVANCE();
}

do_BYTES : {
    LOAD(struct treaty_str, value);
    NEED(value.len);
    at = write_short(at, (uint64_t)value.len << 1);
    (void)copy_text(at, value.data, value.len);
    at += value.len;
    ADVANCE();
}

do_REST : {
    LOAD(struct treaty_str, value);
    NEED(value.len);
    (void)copy_text(at, value.data, value.len);
    at += value.len;
    ADVANCE();
}

do_FIXED:
    NEED(op->arg);
    memcpy(at, base + op->off, op->arg);
    at += op->arg;
    ADVANCE();

do_ENUM:
    RUN_ENUM;
    ADVANCE();

do_NULLABLE:
    RUN_NULLABLE;
    ADVANCE();

do_BRANCH : {
    const int32_t *table = plan->ints + op->arg;

    LOAD(int32_t, branch);
    if (TREATY_UNLIKELY((uint32_t)branch >= (uint32_t)table[0]))
        FAIL_AS(TREATY_EVALUE);
    op = plan->ops + table[1 + branch];
    DISPATCH();
}

do_LOOP : {
    LOAD(struct treaty_array, array);
    if (array.count == 0) {
        *at++ = 0;
        op = plan->ops + plan->loops[op->arg].after;
        DISPATCH();
    }
    at = write_short(at, (uint64_t)array.count << 1);
    NEED(0);
    PUSH(array.count);
    base = array.items;
    ADVANCE();
}

do_NEXT:
    RUN_NEXT;
    ADVANCE();

do_FAR_NEXT:
    NEED(0);
    top->left--;
    if (TREATY_LIKELY(top->left)) {
        base += plan->loops[top->site->arg].stride;
        op -= op->arg;
        DISPATCH();
    }
    *at++ = 0;
    base = top->base;
    top--;
    ADVANCE();

do_CALL:
do_POINTER : {
    const struct treaty_plan_call *call = &plan->calls[op->arg];

    NEED(0);
    if (call->counted) {
        if (TREATY_UNLIKELY(run->depth == plan->options.depth_max))
            FAIL_AS(TREATY_EDEPTH);
        run->depth++;
    }
    PUSH(0);
    if (op->code == TREATY_ENCODE_POINTER) {
        LOAD(const char *, part);
        if (!part)
            FAIL_AS(TREATY_EVALUE);
        base = part;
    } else {
        base += op->off;
    }
    op = plan->ops + call->entry;
    DISPATCH();
}

do_RETURN:
    NEED(0);
    run->depth -= plan->calls[top->site->arg].counted;
    base = top->base;
    op = top->site + 1;
    top--;
    DISPATCH();

#define PAIR(first, second) do_##first##_AND_##second : RUN_BOTH(first, second)
    TREATY_ENCODE_PAIRS(PAIR)
#undef PAIR

fail_grow:
    FAIL_AS(run->out->failed);

fail : {
    struct treaty_encode_place place = {plan, op, top, base};

    return treaty_encode_fail(run, &place, code);
}
}

#pragma GCC diagnostic pop

const treaty_encode_fn TREATY_LOOP = run_plan;
