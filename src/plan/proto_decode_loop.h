/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that decodes Protobuf, included once by each file that compiles it
 * for a machine, which names it TREATY_LOOP. The shape is decode_loop.h's.
 *
 *     at, end    what is left of the message at hand
 *     op         the operation that is expected next
 *     base       the struct that it stores into
 *     program    of the message; `seen` its required fields so far
 *     top        the innermost message
 *
 * Each operation has two labels: one compares the tag, the other (`after_`)
 * is gone to when the tag was read already, because it was looked up.
 *
 * Invariants:
 *  1. `end` never passes `run->stop`, nor the end of a message around.
 *  2. Between two operations `at` is where a field starts; within one, behind
 *     its tag. It does not pass a value that was not accepted.
 *  3. `tag_at` is where the last tag that was looked up starts.
 */
#include "plan/loop.h"
#include "plan/proto_read.h"

/* Room for the first item; the slow path has the rest. */
static inline char *open_list(struct treaty_proto_decode *run,
                              const struct treaty_proto_item_row *items,
                              struct treaty_array *array)
{
    size_t size = items->first * items->stride;
    char *memory;

    if (TREATY_UNLIKELY(array->count || size > run->plan->options.memory_max -
                                                   run->d.used.memory))
        return treaty_proto_grow(run, items, array);
    memory = treaty_arena_alloc_aligned(run->d.arena, size, 16);
    if (TREATY_UNLIKELY(!memory)) {
        run->d.code = TREATY_ENOMEM;
        return NULL;
    }
    run->d.used.memory += size;
    array->items = memory;
    return memory;
}

/* Behind a value of a common kind; NULL: leave it to the slow path. */
static inline const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end,
                                        uint32_t tag)
{
    const uint8_t *from;
    uint64_t raw;

    if (TREATY_UNLIKELY(tag >> 3 == 0))
        return NULL;
    if ((tag & 7) == TREATY_WIRE_LEN)
        return read_view(at, end, &from);
    if ((tag & 7) == TREATY_WIRE_VARINT)
        return read_long(at, end, &raw);
    return NULL;
}

static TREATY_COLD bool is_utf8(const uint8_t *from, const uint8_t *end)
{
    struct treaty_str text = {(const char *)from, (size_t)(end - from)};

    return treaty_utf8_valid(text);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

#define HAS_TAG() TREATY_LIKELY(at < end && *at == op->tag[0])
/* A tag of two bytes and a value take three at least. */
#define HAS_WIDE_TAG()                                                         \
    TREATY_LIKELY(end - at >= 3 && load_pair(at) == load_pair(op->tag))
#define TAG()                                                                  \
    do {                                                                       \
        if (!HAS_TAG())                                                        \
            goto miss;                                                         \
        at++;                                                                  \
    } while (0)
#define VARINT()                                                               \
    next = read_long(at, end, &raw);                                           \
    if (TREATY_UNLIKELY(!next))                                                \
    goto bad_varint
#define SMALL()                                                                \
    next = read_small(at, end, &raw);                                          \
    if (TREATY_UNLIKELY(!next))                                                \
    goto bad_varint
#define VIEW()                                                                 \
    next = read_view(at, end, &from);                                          \
    if (TREATY_UNLIKELY(!next))                                                \
    goto bad_length

/* The two labels of an operation that does nothing but read a value. */
#define READ(name)                                                             \
    do_##name : TAG();                                                         \
    after_##name : RUN_##name;                                                 \
    ADVANCE()

/* Values, as alone so in pairs; `op` stays where it was. */
#define RUN_INT32                                                              \
    do {                                                                       \
        SMALL();                                                               \
        STORE(uint32_t, (uint32_t)raw);                                        \
        at = next;                                                             \
    } while (0)
#define RUN_INT64                                                              \
    do {                                                                       \
        VARINT();                                                              \
        STORE(uint64_t, raw);                                                  \
        at = next;                                                             \
    } while (0)
#define RUN_SINT32                                                             \
    do {                                                                       \
        SMALL();                                                               \
        STORE(int32_t, (int32_t)unzigzag((uint32_t)raw));                      \
        at = next;                                                             \
    } while (0)
#define RUN_SINT64                                                             \
    do {                                                                       \
        VARINT();                                                              \
        STORE(int64_t, unzigzag(raw));                                         \
        at = next;                                                             \
    } while (0)
#define RUN_BOOL                                                               \
    do {                                                                       \
        SMALL();                                                               \
        STORE(bool, raw != 0);                                                 \
        at = next;                                                             \
    } while (0)
#define RUN_ENUM                                                               \
    do {                                                                       \
        const struct treaty_proto_symbols *row = &proto->symbols[op->arg];     \
        struct treaty_enum value;                                              \
        uint32_t index;                                                        \
        SMALL();                                                               \
        value.raw = (int32_t)(uint32_t)raw;                                    \
        index = (uint32_t)value.raw - (uint32_t)row->low;                      \
        if (TREATY_LIKELY(index < row->count))                                 \
            value.symbol = row->dense[index];                                  \
        else                                                                   \
            value.symbol = treaty_proto_symbol(row, value.raw);                \
        if (TREATY_UNLIKELY(value.symbol < 0)) {                               \
            if (value.symbol == TREATY_PROTO_UNDEFINED && row->is_closed)      \
                goto unfit;                                                    \
            value.symbol = -1;                                                 \
        }                                                                      \
        memcpy(base + op->off, &value, sizeof(value));                         \
        at = next;                                                             \
    } while (0)
#define RUN_FIXED32                                                            \
    do {                                                                       \
        if (TREATY_UNLIKELY(end - at < 4))                                     \
            FAIL_AS(TREATY_ETRUNCATED);                                        \
        STORE(uint32_t, load32(at));                                           \
        at += 4;                                                               \
    } while (0)
#define RUN_FIXED64                                                            \
    do {                                                                       \
        if (TREATY_UNLIKELY(end - at < 8))                                     \
            FAIL_AS(TREATY_ETRUNCATED);                                        \
        STORE(uint64_t, load64(at));                                           \
        at += 8;                                                               \
    } while (0)
#define RUN_STRING                                                             \
    do {                                                                       \
        VIEW();                                                                \
        if (TREATY_UNLIKELY(find_high_bits(from, next, run->stop)) &&          \
            !is_utf8(from, next))                                              \
            goto bad_utf8;                                                     \
        store_str(base + op->off, from, next);                                 \
        at = next;                                                             \
    } while (0)
#define RUN_STRING_REPLACE                                                     \
    do {                                                                       \
        VIEW();                                                                \
        store_str(base + op->off, from, next);                                 \
        if (TREATY_UNLIKELY(find_high_bits(from, next, run->stop)) &&          \
            !treaty_decode_replace(&run->d, plan, base + op->off))             \
            FAIL_AS(run->d.code);                                              \
        at = next;                                                             \
    } while (0)
#define RUN_BYTES                                                              \
    do {                                                                       \
        VIEW();                                                                \
        store_str(base + op->off, from, next);                                 \
        at = next;                                                             \
    } while (0)
#define RUN_SKIP_VARINT                                                        \
    do {                                                                       \
        VARINT();                                                              \
        at = next;                                                             \
    } while (0)
#define RUN_SKIP_VIEW                                                          \
    do {                                                                       \
        VIEW();                                                                \
        at = next;                                                             \
    } while (0)

/* The second of a pair: its tag, then as above. */
#define SECOND_INT32                                                           \
    TAG();                                                                     \
    RUN_INT32
#define SECOND_INT64                                                           \
    TAG();                                                                     \
    RUN_INT64
#define SECOND_ENUM                                                            \
    TAG();                                                                     \
    RUN_ENUM
#define SECOND_FIXED64                                                         \
    TAG();                                                                     \
    RUN_FIXED64
#define SECOND_STRING                                                          \
    TAG();                                                                     \
    RUN_STRING
#define SECOND_SKIP_VIEW                                                       \
    TAG();                                                                     \
    RUN_SKIP_VIEW
#define SECOND_MESSAGES goto do_MESSAGES
#define SECOND_END                                                             \
    if (TREATY_LIKELY(at == end))                                              \
        goto leave;                                                            \
    goto miss

#define ENTER(sub, to_base, group_, from_, end_)                               \
    do {                                                                       \
        if (TREATY_UNLIKELY(top == limit)) {                                   \
            top = treaty_proto_deepen(run, top, &limit);                       \
            if (!top)                                                          \
                goto too_deep;                                                 \
        }                                                                      \
        top++;                                                                 \
        top->site = op;                                                        \
        top->resume = op + (op->kind != TREATY_READ_MESSAGES);                 \
        top->base = base;                                                      \
        top->end = end;                                                        \
        top->program = program;                                                \
        top->seen = seen;                                                      \
        top->body = (from_);                                                   \
        top->group = (group_);                                                 \
        base = (to_base);                                                      \
        program = (sub);                                                       \
        seen = 0;                                                              \
        at = (from_);                                                          \
        end = (end_);                                                          \
        op = reads + program->entry;                                           \
        DISPATCH();                                                            \
    } while (0)

/* The bytes of a message: its length's, or up to the group's end. */
#define BODY()                                                                 \
    do {                                                                       \
        group = 0;                                                             \
        if (TREATY_UNLIKELY(op->is_group)) {                                   \
            group = tag >> 3;                                                  \
            from = at;                                                         \
            next = end;                                                        \
            break;                                                             \
        }                                                                      \
        next = read_view(at, end, &from);                                      \
        if (TREATY_UNLIKELY(!next))                                            \
            goto bad_length;                                                   \
    } while (0)

/* NOLINTNEXTLINE(readability-function-*): two labels an operation. */
static uintptr_t run_plan(const struct treaty_plan *plan, const uint8_t *at,
                          const uint8_t *end, char *base,
                          struct treaty_arena *arena, struct treaty_error *err)
{
    static const void *const labels[] = {
#define LABEL(name) &&do_##name,
        TREATY_PROTO_READS(LABEL)
#undef LABEL
#define LABEL(name) &&do_WIDE_##name,
            TREATY_PROTO_READS(LABEL)
#undef LABEL
#define LABEL(name) &&miss,
                TREATY_PROTO_READS(LABEL)
#undef LABEL
#define LABEL(first, second) &&do_##first##_AND_##second,
                    TREATY_PROTO_READ_PAIRS(LABEL)
#undef LABEL
    };
    static const void *const after[] = {
#define LABEL(name) &&after_##name,
        TREATY_PROTO_READS(LABEL) TREATY_PROTO_READS(LABEL)
            TREATY_PROTO_READS(LABEL)
#undef LABEL
#define LABEL(first, second) &&after_##first##_AND_##second,
                TREATY_PROTO_READ_PAIRS(LABEL)
#undef LABEL
    };
    struct treaty_proto_frame frames[TREATY_FRAMES_INLINE];
    struct treaty_proto_frame *top = frames;
    const struct treaty_proto_frame *limit =
        frames + treaty_proto_last_frame(plan, TREATY_FRAMES_INLINE);
    const struct treaty_proto_code *const proto = plan->proto;
    const struct treaty_proto_program *program = proto->programs;
    const struct treaty_proto_read *const reads = proto->reads;
    const struct treaty_proto_read *op = reads + program->entry;
    struct treaty_proto_decode state;
    struct treaty_proto_decode *const run = &state;
    const uint8_t *tag_at = at;
    const uint8_t *next;
    const uint8_t *from;
    uint64_t seen = 0;
    uint64_t raw;
    uint32_t tag = 0;
    uint32_t group;
    enum treaty_code code;

    memset(&run->d.used, 0, sizeof(run->d.used));
    run->d.arena = arena;
    run->plan = plan;
    run->start = at;
    run->stop = end;
    run->lacks = false;
    run->drops = false;
    run->frames = frames;
    frames[0].group = 0;
    copy_defaults(base, program);
    DISPATCH();

do_END:
after_END:
    if (TREATY_LIKELY(at == end))
        goto leave;
    goto miss;

    READ(INT32);

    READ(INT64);

    READ(SINT32);

    READ(SINT64);

    READ(BOOL);

    READ(ENUM);

    READ(FIXED32);

    READ(FIXED64);

    READ(STRING);

    READ(STRING_REPLACE);

    READ(BYTES);

do_MESSAGE:
    TAG();
after_MESSAGE : {
    BODY();
    ENTER(&proto->programs[op->arg], base + op->off, group, from, next);
}

do_POINTER:
    TAG();
after_POINTER : {
    char *part;

    BODY();
    memcpy(&part, base + op->off, sizeof(part));
    if (!part) {
        part = treaty_proto_pointer(run, &proto->programs[op->arg],
                                    base + op->off);
        if (TREATY_UNLIKELY(!part))
            FAIL_AS(run->d.code);
    }
    ENTER(&proto->programs[op->arg], part, group, from, next);
}

do_MESSAGES:
    if (!HAS_TAG()) {
        if (at == end)
            goto leave;
        ADVANCE(); /* none, or no more */
    }
    at++;
after_MESSAGES : {
    const struct treaty_proto_item_row *items = &proto->items[op->arg];
    const struct treaty_proto_program *sub = items->program;
    struct treaty_array *array = (void *)(base + op->off);
    char *item;

    BODY();
    if (TREATY_LIKELY(array->count & (items->first - 1)))
        item = (char *)array->items + array->count * items->stride;
    else
        item = open_list(run, items, array);
    if (TREATY_UNLIKELY(!item))
        FAIL_AS(run->d.code);
    array->count++;
    copy_defaults(item, sub);
    ENTER(sub, item, group, from, next);
}

do_ITEM:
    if (!HAS_TAG()) {
        if (at == end)
            goto leave;
        ADVANCE();
    }
    at++;
after_ITEM:
    next = treaty_proto_item(run, program, op, base, at, end);
    if (TREATY_UNLIKELY(!next))
        goto bad_item;
    at = next;
    DISPATCH();

do_PACKED:
    TAG();
after_PACKED : {
    next = read_view(at, end, &from);
    if (TREATY_UNLIKELY(!next))
        goto bad_length;
    if (TREATY_UNLIKELY(
            !treaty_proto_packed(run, program, op, base, from, next)))
        goto bad_item;
    at = next;
    ADVANCE();
}

do_SELECT:
    TAG();
after_SELECT : {
    const struct treaty_proto_select *row = &proto->selects[op->arg];
    int32_t branch = row->branch;

    if (row->is_flag) {
        bool is_on;

        memcpy(&is_on, base + op->off, sizeof(is_on));
        branch = is_on ? branch : -1;
    } else {
        memcpy(&branch, base + op->off, sizeof(branch));
    }
    if (branch != row->branch) {
        memcpy(base + row->value_off + row->image_at, row->image,
               row->image_len);
        if (row->is_flag)
            STORE(bool, true);
        else
            STORE(int32_t, row->branch);
    }
    op++;
    goto *after[op->code];
}

    READ(SKIP_VARINT);

do_SKIP_BYTES:
    TAG();
after_SKIP_BYTES : {
    if (TREATY_UNLIKELY((size_t)(end - at) < op->arg))
        FAIL_AS(TREATY_ETRUNCATED);
    at += op->arg;
    ADVANCE();
}

    READ(SKIP_VIEW);

do_SKIP_GROUP:
    TAG();
after_SKIP_GROUP : {
    next = treaty_proto_skip(at, end, tag, plan->options.depth_max, &code);
    if (TREATY_UNLIKELY(!next))
        goto fail;
    at = next;
    ADVANCE();
}

do_FLAG:
after_FLAG:
    STORE(bool, true);
    ADVANCE();

do_CLEAR:
after_CLEAR:
    STORE(bool, false);
    ADVANCE();

do_BRANCH:
after_BRANCH:
    STORE(int32_t, (int32_t)op->arg);
    ADVANCE();

do_SEEN:
after_SEEN:
    seen |= UINT64_C(1) << op->arg;
    ADVANCE();

do_JUMP:
after_JUMP:
    op = reads + op->arg;
    DISPATCH();

#define WIDE(name)                                                             \
    do_WIDE_##name : if (!HAS_WIDE_TAG()) goto miss;                           \
    at += 2;                                                                   \
    goto after_##name;
    TREATY_PROTO_READS(WIDE)
#undef WIDE

#define PAIR(first, second)                                                    \
    do_##first##_AND_##second : TAG();                                         \
    after_##first##_AND_##second : RUN_##first;                                \
    op++;                                                                      \
    SECOND_##second;                                                           \
    ADVANCE();
    TREATY_PROTO_READ_PAIRS(PAIR)
#undef PAIR

miss : {
    uint32_t number;

    if (at == end)
        goto leave;
    next = read_short(at, end, &raw);
    if (TREATY_UNLIKELY(!next))
        goto bad_tag;
    if (TREATY_UNLIKELY(raw > UINT32_MAX)) {
        code = TREATY_EVARINT;
        goto fail_here;
    }
    tag = (uint32_t)raw;
    if (TREATY_LIKELY(tag < program->direct_count))
        number = program->direct[tag];
    else
        number = treaty_proto_find_op(program, tag);
    tag_at = at;
    if (TREATY_LIKELY(number != (uint32_t)TREATY_PROTO_NONE)) {
        at = next;
        op = reads + number;
        goto *after[op->code];
    }
    if (TREATY_UNLIKELY((tag & 7) == TREATY_WIRE_GROUP_END)) {
        if (tag >> 3 == 0 || top->group != tag >> 3)
            goto bad_field;
        at = next;
        goto leave_group;
    }
    if (TREATY_LIKELY(!program->keeps_unknown)) {
        const uint8_t *behind = skip_plain(next, end, tag);

        if (TREATY_LIKELY(behind != NULL)) {
            at = behind;
            DISPATCH();
        }
    }
    next = treaty_proto_unknown(run, program, base, at, end);
    if (TREATY_UNLIKELY(!next)) {
        code = run->d.code;
        goto fail_here;
    }
    at = next;
    DISPATCH();
}

leave:
    if (TREATY_UNLIKELY(top->group)) {
        code = TREATY_ETRUNCATED;
        goto fail_here;
    }
leave_group:
    if (TREATY_UNLIKELY(program->finishes) &&
        !treaty_proto_finish(run, program, base, top, at, seen)) {
        code = run->d.code;
        goto fail_here;
    }
    if (top == run->frames) {
        if (TREATY_LIKELY(!run->lacks))
            return (uintptr_t)at;
        code = treaty_proto_check_required(run, err);
        return code == TREATY_OK ? (uintptr_t)at : code;
    }
    base = top->base;
    end = top->end;
    program = top->program;
    seen = top->seen;
    op = top->resume;
    top--;
    DISPATCH();

/* A number that a closed enum does not have: an unknown field. */
unfit:
    if (treaty_decode_varint(tag_at, end).next != at)
        tag_at = at - op->tag_len;
    if (program->is_entry)
        run->drops = true;
    if (!treaty_proto_keep(run, program, base, tag_at, next))
        FAIL_AS(run->d.code);
    at = next;
    do
        op++;
    while (op->kind == TREATY_READ_FLAG || op->kind == TREATY_READ_CLEAR ||
           op->kind == TREATY_READ_BRANCH || op->kind == TREATY_READ_SEEN);
    DISPATCH();

too_deep:
    top = run->frames + run->depth;
    FAIL_AS(run->d.code);

bad_tag:
    code = treaty_decode_why(at, end, 10);
    goto fail_here;

bad_field:
    code = TREATY_ETAG;
    goto fail_here;

bad_item:
    at = run->fault;
    FAIL_AS(run->d.code);

bad_varint:
    FAIL_AS(treaty_decode_why(at, end, 10));

bad_length:
    FAIL_AS(treaty_proto_why_length(at, end));

bad_utf8:
    at = from + treaty_utf8_check((struct treaty_str){(const char *)from,
                                                      (size_t)(next - from)});
    FAIL_AS(TREATY_EUTF8);

fail : {
    struct treaty_proto_read_place place = {err, run, op, top, base, at};

    return treaty_proto_decode_fail(&place, code);
}

/* The fault is not that of a field that the reader knows. */
fail_here : {
    struct treaty_proto_read_place place = {err, run, NULL, top, base, at};

    return treaty_proto_decode_fail(&place, code);
}
}

#pragma GCC diagnostic pop

const treaty_decode_fn TREATY_LOOP = run_plan;
