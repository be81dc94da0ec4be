/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that encodes Protobuf, included once by each file that compiles it
 * for a machine, which names it TREATY_LOOP.
 *
 * A message's length stands before it and is known behind it. One byte is left
 * for it, which is enough for most; a longer length moves the body. That is
 * cheaper than a pass over the struct that adds up sizes: moving costs a tenth
 * of what writing did.
 *
 * Room is as in encode_loop.h: operations of bounded size write freely, the
 * builder puts a CHECK where their sum could pass TREATY_ENCODE_ROOM, and the
 * others leave that much room behind them.
 */
#include "plan/proto_run.h"
#include "plan/write.h"

#include "base/utf8.h"

#define LOAD(type, name)                                                       \
    type name;                                                                 \
    memcpy(&name, base + op->off, sizeof(name))

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LITTLE32(x) __builtin_bswap32(x)
#define LITTLE64(x) __builtin_bswap64(x)
#else
#define LITTLE32(x) (x)
#define LITTLE64(x) (x)
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

#define DISPATCH() goto *labels[op->code]
#define ADVANCE()                                                              \
    do {                                                                       \
        op++;                                                                  \
        DISPATCH();                                                            \
    } while (0)
#define FAIL_AS(why)                                                           \
    do {                                                                       \
        code = (why);                                                          \
        goto fail;                                                             \
    } while (0)
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
#define PUT_TAG()                                                              \
    do {                                                                       \
        memcpy(at, op->tag, sizeof(op->tag));                                  \
        at += op->tag_len;                                                     \
    } while (0)

/* The two forms of an operation on a number. */
#define NUMBER(name, type, write)                                              \
    do_##name##_IF:                                                            \
    {                                                                          \
        LOAD(type, value);                                                     \
        if (!value)                                                            \
            ADVANCE();                                                         \
        PUT_TAG();                                                             \
        at = (write);                                                          \
        ADVANCE();                                                             \
    }                                                                          \
    do_##name:                                                                 \
    {                                                                          \
        LOAD(type, value);                                                     \
        PUT_TAG();                                                             \
        at = (write);                                                          \
        ADVANCE();                                                             \
    }

#define PUT_VIEW()                                                             \
    do {                                                                       \
        NEED(value.len);                                                       \
        PUT_TAG();                                                             \
        at = write_short(at, value.len);                                       \
        is_ascii = copy_text(at, value.data, value.len);                       \
    } while (0)

#define IF_EMPTY_ADVANCE(name)                                                 \
    do_##name##_IF:                                                            \
    {                                                                          \
        struct treaty_str value_;                                              \
        memcpy(&value_, base + op->off, sizeof(value_));                       \
        if (value_.len == 0)                                                   \
            ADVANCE();                                                         \
    }                                                                          \
    do_##name

static inline char *write_fixed32(char *at, uint32_t value)
{
    value = LITTLE32(value);
    memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

static inline char *write_fixed64(char *at, uint64_t value)
{
    value = LITTLE64(value);
    memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

static TREATY_COLD bool is_utf8(struct treaty_str s)
{
    return treaty_utf8_valid(s);
}

#define PUSH(of, count_)                                                       \
    do {                                                                       \
        size_t level = top->level + 1;                                         \
        if (TREATY_UNLIKELY(level > plan->options.depth_max))                  \
            FAIL_AS(TREATY_EDEPTH);                                            \
        if (TREATY_UNLIKELY(treaty_frames_are_full(level))) {                  \
            struct treaty_proto_out_frame *moved =                             \
                treaty_proto_out_deepen(run, top);                             \
            if (!moved)                                                        \
                FAIL_AS(TREATY_ENOMEM);                                        \
            top = moved;                                                       \
        }                                                                      \
        top++;                                                                 \
        top->site = op;                                                        \
        top->base = base;                                                      \
        top->left = (count_) ? (count_)-1 : 0;                                 \
        top->count = (count_);                                                 \
        top->next = NULL;                                                      \
        top->level = level;                                                    \
        base = (of);                                                           \
    } while (0)

/* Tag and a byte for the length; on with the body. */
#define OPEN(entry)                                                            \
    do {                                                                       \
        NEED(0);                                                               \
        PUT_TAG();                                                             \
        top->length_at = (size_t)(at - run->out->data);                        \
        at += !op->is_group;                                                   \
        op = writes + (entry);                                                 \
        DISPATCH();                                                            \
    } while (0)

/* NOLINTNEXTLINE(readability-function-*): one label an operation. */
static enum treaty_code run_plan(const struct treaty_plan *plan,
                                 const char *base, struct treaty_encode *run)
{
    static const void *const labels[] = {
#define LABEL(name) &&do_##name,
        TREATY_PROTO_WRITES(LABEL)
#undef LABEL
    };
    struct treaty_proto_out_frame frames[TREATY_FRAMES_INLINE];
    struct treaty_proto_out_frame *top = frames;
    const struct treaty_proto_code *const proto = plan->proto;
    const struct treaty_proto_write *const writes = proto->writes;
    const struct treaty_proto_write *op = writes + proto->entry;
    char *at = run->out->data + run->out->len;
    const char *end = run->out->data + run->out->cap;
    bool is_ascii;
    enum treaty_code code;

    frames[0].level = 0;
    DISPATCH();

do_JUMP:
    op = writes + op->arg;
    DISPATCH();

do_UNLESS : {
    LOAD(bool, is_set);
    if (is_set)
        ADVANCE();
    op = writes + op->arg;
    DISPATCH();
}

do_REQUIRE : {
    LOAD(bool, is_set);
    if (TREATY_UNLIKELY(!is_set))
        FAIL_AS(TREATY_EVALUE);
    ADVANCE();
}

do_CHOOSE : {
    const uint32_t *table = proto->jumps + op->arg;

    LOAD(uint32_t, branch);
    if (TREATY_UNLIKELY(branch >= table[0]))
        FAIL_AS(TREATY_EVALUE);
    op = writes + table[1 + branch];
    DISPATCH();
}

do_CHECK:
    NEED(0);
    ADVANCE();

    NUMBER(INT32, int32_t, write_long(at, (uint64_t)(int64_t)value))
    NUMBER(INT64, uint64_t, write_long(at, value))
    NUMBER(UINT32, uint32_t, write_long(at, value))
    NUMBER(SINT32, int32_t, write_short(at, (uint32_t)zigzag(value)))
    NUMBER(SINT64, int64_t, write_long(at, zigzag(value)))
    NUMBER(FIXED32, uint32_t, write_fixed32(at, value))
    NUMBER(FIXED64, uint64_t, write_fixed64(at, value))

do_BOOL_IF : {
    LOAD(bool, value);
    if (!value)
        ADVANCE();
}
do_BOOL : {
    LOAD(bool, value);
    PUT_TAG();
    *at++ = value;
    ADVANCE();
}

do_ENUM_IF:
do_ENUM : {
    LOAD(struct treaty_enum, value);
    int32_t number;

    if (TREATY_UNLIKELY(
            !treaty_proto_number(&proto->numbers[op->arg], value, &number)))
        FAIL_AS(TREATY_EVALUE);
    if (!number && op->code == TREATY_WRITE_ENUM_IF)
        ADVANCE();
    PUT_TAG();
    at = write_short(at, (uint64_t)(int64_t)number);
    ADVANCE();
}

    IF_EMPTY_ADVANCE(STRING) :
    {
        LOAD(struct treaty_str, value);
        PUT_VIEW();
        if (TREATY_UNLIKELY(!is_ascii) && !is_utf8(value))
            FAIL_AS(TREATY_EUTF8);
        at += value.len;
        ADVANCE();
    }

    IF_EMPTY_ADVANCE(STRING_REPLACE) :
    {
        LOAD(struct treaty_str, value);
        size_t len = treaty_encode_replaced_len(value);

        NEED(len);
        PUT_TAG();
        at = write_short(at, len);
        at = treaty_encode_replace(at, value);
        ADVANCE();
    }

    IF_EMPTY_ADVANCE(BYTES) :
    {
        LOAD(struct treaty_str, value);
        PUT_VIEW();
        (void)is_ascii;
        at += value.len;
        ADVANCE();
    }

do_POINTER : {
    LOAD(const char *, part);
    if (!part) {
        if (op->aux)
            FAIL_AS(TREATY_EVALUE);
        ADVANCE();
    }
    PUSH(part, 0);
    OPEN(op->arg);
}

do_MESSAGE:
    PUSH(base + op->off, 0);
    OPEN(op->arg);

do_MESSAGES : {
    const struct treaty_proto_list_row *list = &proto->lists[op->arg];

    LOAD(struct treaty_array, array);
    if (array.count == 0)
        ADVANCE();
    PUSH(array.items, array.count);
    if (list->is_map && plan->options.deterministic) {
        top->next = treaty_proto_sort(run, list, &array);
        if (!top->next)
            FAIL_AS(TREATY_ENOMEM);
        base = *top->next++;
    }
    OPEN(list->entry);
}

do_ITEMS:
do_PACKED : {
    LOAD(struct treaty_array, array);
    if (array.count == 0)
        ADVANCE();
    at = treaty_proto_put_items(plan, run, op, &array, at, &code);
    if (TREATY_UNLIKELY(!at))
        goto fail;
    end = run->out->data + run->out->cap;
    ADVANCE();
}

do_UNKNOWN : {
    LOAD(struct treaty_array, array);
    const struct treaty_str *pieces = array.items;

    for (size_t i = 0; i < array.count; i++) {
        NEED(pieces[i].len);
        memcpy(at, pieces[i].data, pieces[i].len);
        at += pieces[i].len;
    }
    NEED(0);
    ADVANCE();
}

do_END:
    if (TREATY_LIKELY(top->level == 0)) {
        run->out->len = (size_t)(at - run->out->data);
        return TREATY_OK;
    }
    NEED(0);
    op = top->site;
    if (TREATY_UNLIKELY(op->is_group)) {
        PUT_TAG();
        /* The end's tag is the start's with another wire type. */
        at[-op->tag_len] = (char)(op->tag[0] + 1);
    } else {
        char *length_at = run->out->data + top->length_at;
        size_t len = (size_t)(at - length_at) - 1;

        if (TREATY_LIKELY(len < 0x80))
            *length_at = (char)len;
        else
            at = treaty_proto_put_length(length_at, len, at);
    }
    if (top->left) {
        const struct treaty_proto_list_row *list = &proto->lists[op->arg];

        top->left--;
        base = top->next ? *top->next++ : base + list->stride;
        OPEN(list->entry);
    }
    base = top->base;
    top--;
    ADVANCE();

fail_grow:
    FAIL_AS(run->out->failed);

fail : {
    struct treaty_proto_write_place place = {plan, op, top, base};

    return treaty_proto_encode_fail(run, &place, code);
}
}

#pragma GCC diagnostic pop

const treaty_encode_fn TREATY_LOOP = run_plan;
