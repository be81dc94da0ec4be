/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decode loop, included once by each file that compiles it for a machine
 * (decode_portable.c, decode_x86_64_v3.c), which names it TREATY_LOOP.
 *
 * One label an operation, and each jumps straight to the next: there is no
 * central dispatch that the processor could predict only poorly. The state
 * stays in registers:
 *
 *     at, end    what is left of the event
 *     op         the operation at hand
 *     base       the struct that it stores into
 *     top        the innermost array, map or call
 *
 * Invariants:
 *  1. `at` moves only when an operation has succeeded, so on failure it is
 *     where the piece that is at fault starts.
 *  2. frames[0] stands for the event: `top` is there while nothing is open.
 *  3. What is stored into memory from the arena was paid for by
 * `run->used.memory`.
 */
#include "plan/loop.h"
#include "plan/read.h"

static TREATY_COLD bool is_utf8(const uint8_t *from, const uint8_t *end)
{
    struct treaty_str text = {(const char *)from, (size_t)(end - from)};

    return treaty_utf8_valid(text);
}

/* False when the number has no symbol, or the symbol no place. */
static inline bool store_enum(char *to, const int32_t *table, uint32_t raw)
{
    uint32_t number = raw >> 1;
    int32_t symbol;

    if (TREATY_UNLIKELY((raw & 1) || number >= (uint32_t)table[0]))
        return false;
    symbol = table[1 + (size_t)number];
    memcpy(to + offsetof(struct treaty_enum, symbol), &symbol, sizeof(symbol));
    memcpy(to + offsetof(struct treaty_enum, raw), &number, sizeof(number));
    return TREATY_LIKELY(symbol >= -1);
}

static inline float as_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline double as_double(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/*
 * A block header: its count, made positive, and the bytes that it takes if it
 * says so (else SIZE_MAX).
 */
static inline const uint8_t *read_block(const uint8_t *at, const uint8_t *end,
                                        uint64_t *ret_count, size_t *ret_size)
{
    uint64_t raw;
    uint64_t size;
    const uint8_t *next = read_short(at, end, &raw);

    *ret_size = SIZE_MAX;
    if (TREATY_UNLIKELY(!next))
        return NULL;
    *ret_count = raw >> 1;
    if (TREATY_LIKELY(!(raw & 1)))
        return next;
    *ret_count = (raw >> 1) + 1;
    next = read_slowly(next, end, &size);
    if (!next || (size & 1) || size >> 1 > (size_t)(end - next))
        return NULL;
    *ret_size = size >> 1;
    return next;
}

/* Memory for a block of items: the first one's address, or NULL. */
static inline char *open_block(const struct treaty_plan *plan,
                               struct treaty_decode *run,
                               struct treaty_plan_frame *frame, uint64_t count,
                               size_t rest)
{
    const struct treaty_plan_loop *loop = &plan->loops[frame->site->arg];
    size_t size = count * loop->stride;
    char *items;

    if (TREATY_UNLIKELY(!loop->item_min || count > rest ||
                        count * loop->item_min > rest || frame->cap || !size ||
                        size > plan->options.memory_max - run->used.memory))
        return treaty_decode_grow(run, plan, frame, count, rest);
    items = treaty_arena_alloc_aligned(run->arena, size, 16);
    if (TREATY_UNLIKELY(!items)) {
        run->code = TREATY_ENOMEM;
        return NULL;
    }
    run->used.memory += size;
    frame->left = count;
    frame->cap = count;
    frame->array->items = items;
    frame->array->count = count;
    return items;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

#define PUSH(filled)                                                           \
    do {                                                                       \
        size_t level = top->level + 1;                                         \
        if (TREATY_UNLIKELY(treaty_frames_are_full(level))) {                  \
            struct treaty_plan_frame *moved =                                  \
                treaty_decode_deepen(run, plan, top);                          \
            if (!moved)                                                        \
                FAIL_AS(run->code);                                            \
            top = moved;                                                       \
        }                                                                      \
        top++;                                                                 \
        *top = (struct treaty_plan_frame){op, base, (filled), 0, 0, level};    \
    } while (0)

/*
 * The operations that come in pairs, each leaving `op` where it was. What is at
 * fault is found out again at the label that is gone to.
 */
#define RUN_INT_AS(type)                                                       \
    next = read_int(at, end, &raw32);                                          \
    if (TREATY_UNLIKELY(!next))                                                \
        goto bad_int;                                                          \
    STORE(type, (type)unzigzag(raw32));                                        \
    at = next
#define RUN_LONG_AS(type)                                                      \
    next = read_long(at, end, &raw);                                           \
    if (TREATY_UNLIKELY(!next))                                                \
        goto bad_long;                                                         \
    STORE(type, (type)unzigzag(raw));                                          \
    at = next
#define RUN_INT RUN_INT_AS(int32_t)
#define RUN_INT_TO_LONG RUN_INT_AS(int64_t)
#define RUN_LONG RUN_LONG_AS(int64_t)
#define RUN_DOUBLE                                                             \
    if (TREATY_UNLIKELY(end - at < 8))                                         \
        FAIL_AS(TREATY_ETRUNCATED);                                            \
    STORE(uint64_t, load64(at));                                               \
    at += 8
#define RUN_STRING                                                             \
    next = read_bytes(at, end, &from);                                         \
    if (TREATY_UNLIKELY(!next))                                                \
        goto bad_length;                                                       \
    if (TREATY_UNLIKELY(find_high_bits(from, next, end)) &&                    \
        !is_utf8(from, next))                                                  \
        goto bad_utf8;                                                         \
    store_str(base + op->off, from, next);                                     \
    at = next
#define RUN_ENUM                                                               \
    next = read_int(at, end, &raw32);                                          \
    if (TREATY_UNLIKELY(!next))                                                \
        goto bad_int;                                                          \
    if (TREATY_UNLIKELY(                                                       \
            !store_enum(base + op->off, plan->ints + op->arg, raw32)))         \
        FAIL_AS(TREATY_ESYMBOL);                                               \
    at = next
#define RUN_SKIP_STRINGS                                                       \
    for (uint32_t i = op->arg; i; i--) {                                       \
        next = read_bytes(at, end, &from);                                     \
        if (TREATY_UNLIKELY(!next))                                            \
            goto bad_length;                                                   \
        at = next;                                                             \
    }
#define RUN_NULLABLE                                                           \
    next = read_int(at, end, &raw32);                                          \
    if (TREATY_UNLIKELY(!next))                                                \
        goto bad_int;                                                          \
    if (TREATY_UNLIKELY(raw32 & ~2u))                                          \
        FAIL_AS(TREATY_EBRANCH);                                               \
    at = next;                                                                 \
    STORE(bool, raw32 >> 1 != op->a);                                          \
    if (raw32 >> 1 == op->a) {                                                 \
        op = plan->ops + op->arg;                                              \
        DISPATCH();                                                            \
    }
#define RUN_NEXT                                                               \
    top->left--;                                                               \
    if (TREATY_UNLIKELY(!top->left))                                           \
        goto next_block;                                                       \
    base += op->off;                                                           \
    op -= op->arg;                                                             \
    DISPATCH()
#define RUN_STOP return (uintptr_t)at

/* NOLINTNEXTLINE(readability-function-*): one label an operation. */
static uintptr_t run_plan(const struct treaty_plan *plan, const uint8_t *at,
                          const uint8_t *end, char *base,
                          struct treaty_arena *arena, struct treaty_error *err)
{
    static const void *const labels[] = {
#define LABEL(name) &&do_##name,
        TREATY_DECODE_OPS(LABEL)
#undef LABEL
#define LABEL(first, second) &&do_##first##_AND_##second,
            TREATY_DECODE_PAIRS(LABEL)
#undef LABEL
#define LABEL(first, second) &&twin_##first##_AND_##second,
                TREATY_DECODE_PAIRS(LABEL)
#undef LABEL
    };
    struct treaty_plan_frame frames[TREATY_FRAMES_INLINE];
    struct treaty_plan_frame *top = frames;
    const struct treaty_op *op = plan->entry;
    const uint8_t *const start = at;
    struct treaty_decode state;
    struct treaty_decode *const run = &state;
    const uint8_t *next;
    const uint8_t *from;
    uint64_t raw;
    uint32_t raw32;
    enum treaty_code code;

    memset(&run->used, 0, sizeof(run->used));
    run->arena = arena;
    frames[0].level = 0;
    DISPATCH();

do_STOP:
    RUN_STOP;

do_JUMP:
    op = plan->ops + op->arg;
    DISPATCH();

do_FAIL:
    FAIL_AS(TREATY_EUNREADABLE);

do_SHIFT:
    base += (int32_t)op->arg;
    ADVANCE();

do_COPY : {
    const struct treaty_plan_bytes *image = &plan->bytes[op->arg];

    memcpy(base + image->at, image->data, image->len);
    ADVANCE();
}

do_BOOL:
    if (TREATY_UNLIKELY(at == end))
        FAIL_AS(TREATY_ETRUNCATED);
    STORE(bool, *at == 1);
    at++;
    ADVANCE();

do_INT:
    RUN_INT;
    ADVANCE();

do_LONG:
    RUN_LONG;
    ADVANCE();

do_INT_TO_LONG:
    RUN_INT_TO_LONG;
    ADVANCE();

do_INT_TO_FLOAT:
    RUN_INT_AS(float);
    ADVANCE();

do_INT_TO_DOUBLE:
    RUN_INT_AS(double);
    ADVANCE();

do_LONG_TO_FLOAT:
    RUN_LONG_AS(float);
    ADVANCE();

do_LONG_TO_DOUBLE:
    RUN_LONG_AS(double);
    ADVANCE();

do_FLOAT:
    if (TREATY_UNLIKELY(end - at < 4))
        FAIL_AS(TREATY_ETRUNCATED);
    STORE(uint32_t, load32(at));
    at += 4;
    ADVANCE();

do_DOUBLE:
    RUN_DOUBLE;
    ADVANCE();

do_FLOAT_TO_DOUBLE:
    if (TREATY_UNLIKELY(end - at < 4))
        FAIL_AS(TREATY_ETRUNCATED);
    STORE(double, (double)as_float(load32(at)));
    at += 4;
    ADVANCE();

do_STRING:
    RUN_STRING;
    ADVANCE();

do_STRING_REPLACE:
    next = read_bytes(at, end, &from);
    if (TREATY_UNLIKELY(!next))
        goto bad_length;
    store_str(base + op->off, from, next);
    if (TREATY_UNLIKELY(find_high_bits(from, next, end)) &&
        !treaty_decode_replace(run, plan, base + op->off))
        FAIL_AS(run->code);
    at = next;
    ADVANCE();

do_BYTES:
    next = read_bytes(at, end, &from);
    if (TREATY_UNLIKELY(!next))
        goto bad_length;
    store_str(base + op->off, from, next);
    at = next;
    ADVANCE();

do_FIXED:
    if (TREATY_UNLIKELY((size_t)(end - at) < op->arg))
        FAIL_AS(TREATY_ETRUNCATED);
    memcpy(base + op->off, at, op->arg);
    at += op->arg;
    ADVANCE();

do_ENUM:
    RUN_ENUM;
    ADVANCE();

do_SKIP_BYTES:
    if (TREATY_UNLIKELY((size_t)(end - at) < op->arg))
        FAIL_AS(TREATY_ETRUNCATED);
    at += op->arg;
    ADVANCE();

do_SKIP_NUMBERS:
    for (uint32_t i = op->arg; i; i--) {
        next = read_short(at, end, &raw);
        if (TREATY_UNLIKELY(!next))
            goto bad_long;
        at = next;
    }
    ADVANCE();

do_SKIP_STRINGS:
    RUN_SKIP_STRINGS
    ADVANCE();

do_SET_FLAG:
    STORE(bool, op->a);
    ADVANCE();

do_SET_BRANCH:
    STORE(int32_t, (int32_t)op->arg);
    ADVANCE();

do_NULLABLE:
    RUN_NULLABLE
    ADVANCE();

do_UNION : {
    const int32_t *table = plan->ints + op->arg;

    next = read_int(at, end, &raw32);
    if (TREATY_UNLIKELY(!next))
        goto bad_int;
    if (TREATY_UNLIKELY((raw32 & 1) || raw32 >> 1 >= (uint32_t)table[0]))
        FAIL_AS(TREATY_EBRANCH);
    at = next;
    op = plan->ops + table[1 + (raw32 >> 1)];
    DISPATCH();
}

do_LOOP : {
    struct treaty_array *array = (void *)(base + op->off);
    size_t size;

    next = read_block(at, end, &raw, &size);
    if (TREATY_UNLIKELY(!next))
        goto bad_block;
    array->items = NULL;
    array->count = 0;
    if (raw == 0) {
        at = next;
        op = plan->ops + plan->loops[op->arg].after;
        DISPATCH();
    }
    PUSH(array);
    goto open;
}

open:
    base = open_block(plan, run, top, raw, (size_t)(end - next));
    if (TREATY_UNLIKELY(!base))
        FAIL_AS(run->code);
    at = next;
    op = top->site + 1;
    DISPATCH();

do_NEXT:
    RUN_NEXT;

next_block : {
    size_t size;

    next = read_block(at, end, &raw, &size);
    if (TREATY_UNLIKELY(!next))
        goto bad_block;
    if (TREATY_UNLIKELY(raw))
        goto open;
    at = next;
    base = top->base;
    top--;
    ADVANCE();
}

do_FAR_NEXT : {
    const struct treaty_plan_loop *loop = &plan->loops[top->site->arg];
    size_t size;

    top->left--;
    if (TREATY_LIKELY(top->left)) {
        base += loop->stride;
        op -= op->arg;
        DISPATCH();
    }
    next = read_block(at, end, &raw, &size);
    if (TREATY_UNLIKELY(!next))
        goto bad_block;
    if (TREATY_UNLIKELY(raw))
        goto open;
    if (loop->is_map && top->array->count > 1 &&
        !treaty_decode_unique(run, plan, top))
        FAIL_AS(run->code);
    at = next;
    base = top->base;
    top--;
    ADVANCE();
}

do_SKIP_LOOP:
    PUSH(NULL);
    goto skip_blocks;

do_SKIP_NEXT:
    top->left--;
    if (top->left) {
        op = top->site + 1;
        DISPATCH();
    }
    op = top->site;

skip_blocks : {
    const struct treaty_plan_loop *loop = &plan->loops[op->arg];
    size_t size;

    next = read_block(at, end, &raw, &size);
    if (TREATY_UNLIKELY(!next))
        goto bad_block;
    if (raw == 0) {
        at = next;
        top--;
        op = plan->ops + loop->after;
        DISPATCH();
    }
    if (size != SIZE_MAX) {
        at = next + size;
        top->cap += raw;
        goto skip_blocks;
    }
    if (TREATY_UNLIKELY(loop->item_min &&
                        raw > (size_t)(end - next) / loop->item_min))
        FAIL_AS(TREATY_ETRUNCATED);
    at = next;
    top->cap += raw;
    if (loop->item_min == 0)
        goto skip_blocks;
    if (loop->stride) {
        at += raw * loop->stride;
        goto skip_blocks;
    }
    top->left = raw;
    op++;
    DISPATCH();
}

do_CALL:
do_POINTER : {
    const struct treaty_plan_call *call = &plan->calls[op->arg];

    if (call->counted) {
        if (TREATY_UNLIKELY(run->used.depth == plan->options.depth_max))
            FAIL_AS(TREATY_EDEPTH);
        run->used.depth++;
    }
    PUSH(NULL);
    base += op->off;
    if (op->code == TREATY_DECODE_POINTER) {
        char *part = treaty_decode_alloc(run, plan, call->size);

        if (!part)
            FAIL_AS(run->code);
        memcpy(base, &part, sizeof(part));
        base = part;
    }
    op = plan->ops + call->entry;
    DISPATCH();
}

do_RETURN:
    run->used.depth -= plan->calls[top->site->arg].counted;
    base = top->base;
    op = top->site + 1;
    top--;
    DISPATCH();

do_REST:
    store_str(base + op->off, at, end);
    at = end;
    ADVANCE();

/* Twins are the same again, elsewhere. */
#define PAIR(first, second) do_##first##_AND_##second : RUN_BOTH(first, second)
    TREATY_DECODE_PAIRS(PAIR)
#undef PAIR
#define PAIR(first, second)                                                    \
    twin_##first##_AND_##second : RUN_BOTH(first, second)
    TREATY_DECODE_PAIRS(PAIR)
#undef PAIR

bad_int:
    FAIL_AS(treaty_decode_why(at, end, 5));

bad_long:
    FAIL_AS(treaty_decode_why(at, end, 10));

bad_length:
    FAIL_AS(treaty_decode_why_length(at, end));

bad_utf8:
    at = from + treaty_utf8_check((struct treaty_str){(const char *)from,
                                                      (size_t)(next - from)});
    FAIL_AS(TREATY_EUTF8);

bad_block:
    FAIL_AS(treaty_decode_why_block(at, end));

fail : {
    struct treaty_decode_place place = {err, start, plan, op, top, at, end};

    return treaty_decode_fail(&place, code);
}
}

#pragma GCC diagnostic pop

const treaty_decode_fn TREATY_LOOP = run_plan;
