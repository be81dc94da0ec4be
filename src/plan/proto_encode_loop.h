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
#include "plan/loop.h"
#include "plan/proto_run.h"
#include "plan/write.h"

#include "base/utf8.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

/* Make sure of `extra` bytes and TREATY_ENCODE_ROOM behind them. */
#define NEED(extra)                                                            \
    do {                                                                       \
        if (TREATY_UNLIKELY((size_t)(end - at) <                               \
                            (extra) + TREATY_ENCODE_ROOM)) {                   \
            at = treaty_proto_out_grow(run, top, at, (extra));                 \
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

/* Pairs are made of operations with tags of one byte. */
#define PUT_NARROW_TAG() *at++ = (char)op->tag[0]

/* Numbers: `name`_IF leaves out zero. `op` stays where it was. */
#define PUT_NUMBER(type, write)                                                \
    do {                                                                       \
        LOAD(type, value);                                                     \
        PUT_TAG();                                                             \
        at = (write);                                                          \
    } while (0)
#define PUT_NUMBER_IF(put_tag, type, write)                                    \
    do {                                                                       \
        LOAD(type, value);                                                     \
        if (value) {                                                           \
            put_tag();                                                         \
            at = (write);                                                      \
        }                                                                      \
    } while (0)
#define INT32 int32_t, write_small(at, (uint64_t)(int64_t)value)
#define INT64 uint64_t, write_long(at, value)
#define UINT32 uint32_t, write_small(at, value)
#define SINT32 int32_t, write_short(at, (uint32_t)zigzag(value))
#define SINT64 int64_t, write_long(at, zigzag(value))
#define FIXED32 uint32_t, write_fixed32(at, value)
#define FIXED64 uint64_t, write_fixed64(at, value)
#define BOOL bool, write_short(at, value)
#define EXPAND(put, ...) put(__VA_ARGS__)

/* Both forms of a number as operations of their own. */
#define NUMBER(name)                                                           \
    do_##name##_IF : EXPAND(PUT_NUMBER_IF, PUT_TAG, name);                     \
    ADVANCE();                                                                 \
    do_##name : EXPAND(PUT_NUMBER, name);                                      \
    ADVANCE()

/* Zero or not is anybody's guess: nothing branches on it. */
#define PUT_ENUM(put_tag, if_zero)                                             \
    do {                                                                       \
        int32_t number;                                                        \
        LOAD(struct treaty_enum, value);                                       \
        if (TREATY_UNLIKELY(!treaty_proto_number(&proto->numbers[op->arg],     \
                                                 value, &number)))             \
            FAIL_AS(TREATY_EVALUE);                                            \
        char *before = at;                                                     \
        put_tag();                                                             \
        if (TREATY_UNLIKELY((uint32_t)number >= 0x80)) {                       \
            at = write_long(at, (uint64_t)(int64_t)number);                    \
        } else {                                                               \
            *at++ = (char)number;                                              \
            at = number || (if_zero) ? at : before;                            \
        }                                                                      \
    } while (0)

/* The parts of a view, apart, so that they stay in registers. */
#define LOAD_VIEW()                                                            \
    const char *data;                                                          \
    size_t len;                                                                \
    memcpy(&data, base + op->off + offsetof(struct treaty_str, data),          \
           sizeof(data));                                                      \
    memcpy(&len, base + op->off + offsetof(struct treaty_str, len), sizeof(len))
#define PUT_STRING(put_tag, if_empty)                                          \
    do {                                                                       \
        LOAD_VIEW();                                                           \
        if (len || (if_empty)) {                                               \
            NEED(len);                                                         \
            put_tag();                                                         \
            at = write_length(at, len);                                        \
            if (len && TREATY_UNLIKELY(!copy_text(at, data, len)) &&           \
                !is_utf8(data, len))                                           \
                FAIL_AS(TREATY_EUTF8);                                         \
            at += len;                                                         \
        }                                                                      \
    } while (0)
#define PUT_BYTES(if_empty)                                                    \
    do {                                                                       \
        LOAD_VIEW();                                                           \
        if (len || (if_empty)) {                                               \
            NEED(len);                                                         \
            PUT_TAG();                                                         \
            at = write_length(at, len);                                        \
            if (len)                                                           \
                (void)copy_text(at, data, len);                                \
            at += len;                                                         \
        }                                                                      \
    } while (0)
#define PUT_REPLACED(if_empty)                                                 \
    do {                                                                       \
        LOAD(struct treaty_str, value);                                        \
        if (value.len || (if_empty)) {                                         \
            size_t len = treaty_encode_replaced_len(value);                    \
            NEED(len);                                                         \
            PUT_TAG();                                                         \
            at = write_short(at, len);                                         \
            at = treaty_encode_replace(at, value);                             \
        }                                                                      \
    } while (0)

/* Those that come in pairs. */
#define RUN_STRING_IF PUT_STRING(PUT_NARROW_TAG, false)
#define RUN_INT32_IF EXPAND(PUT_NUMBER_IF, PUT_NARROW_TAG, INT32)
#define RUN_INT64_IF EXPAND(PUT_NUMBER_IF, PUT_NARROW_TAG, INT64)
#define RUN_ENUM_IF PUT_ENUM(PUT_NARROW_TAG, false)
#define RUN_MESSAGES goto do_MESSAGES
#define RUN_END CLOSE()

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

static TREATY_COLD bool is_utf8(const char *data, size_t len)
{
    return treaty_utf8_valid((struct treaty_str){data, len});
}

/* Most lengths take a byte, the others two. */
static inline char *write_length(char *at, size_t len)
{
    if (TREATY_LIKELY(len < 0x80)) {
        *at = (char)len;
        return at + 1;
    }
    if (TREATY_LIKELY(len < 0x4000)) {
        at[0] = (char)(len | 0x80);
        at[1] = (char)(len >> 7);
        return at + 2;
    }
    return write_varint_slowly(at, len);
}

#define PUSH(of, entry_, count_, stride_)                                      \
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
        top->entry = writes + (entry_);                                        \
        top->left = (count_)-1;                                                \
        top->count = (count_);                                                 \
        top->stride = (stride_);                                               \
        top->next = NULL;                                                      \
        top->length_at = at;                                                   \
        top->level = level;                                                    \
        base = (of);                                                           \
    } while (0)

/* Tag and a byte for the length, which a group has not; on with the body. */
#define OPEN()                                                                 \
    do {                                                                       \
        NEED(0);                                                               \
        PUT_TAG();                                                             \
        top->length_at = at;                                                   \
        at += !(op->marks & TREATY_WRITES_GROUP);                              \
        op = top->entry;                                                       \
        DISPATCH();                                                            \
    } while (0)
#define BODY_LEN() ((size_t)(at - top->length_at) - 1)

/* Behind an item: the next one, or what follows the list. */
#define NEXT_OR_BACK()                                                         \
    do {                                                                       \
        if (TREATY_LIKELY(top->left)) {                                        \
            top->left--;                                                       \
            base += top->stride;                                               \
            OPEN();                                                            \
        }                                                                      \
        NEED(0);                                                               \
        base = top->base;                                                      \
        top--;                                                                 \
        ADVANCE();                                                             \
    } while (0)

/* The end of a message, most of which are shorter than 128 bytes. */
#define CLOSE()                                                                \
    do {                                                                       \
        op = top->site;                                                        \
        if (TREATY_UNLIKELY(op->marks >= TREATY_WRITES_GROUP ||                \
                            BODY_LEN() >= 0x80))                               \
            goto close_specially;                                              \
        *top->length_at = (char)BODY_LEN();                                    \
        NEXT_OR_BACK();                                                        \
    } while (0)

/* NOLINTNEXTLINE(readability-function-*): one label an operation. */
static enum treaty_code run_plan(const struct treaty_plan *plan,
                                 const char *base, struct treaty_encode *run)
{
    static const void *const labels[] = {
#define LABEL(name) &&do_##name,
        TREATY_PROTO_WRITES(LABEL)
#undef LABEL
#define LABEL(first, second) &&do_##first##_AND_##second,
            TREATY_PROTO_WRITE_PAIRS(LABEL)
#undef LABEL
#define LABEL(first, second) &&twin_##first##_AND_##second,
                TREATY_PROTO_WRITE_PAIRS(LABEL)
#undef LABEL
    };
    static const struct treaty_proto_write whole = {
        .marks = TREATY_WRITES_WHOLE,
    };
    struct treaty_proto_out_frame frames[TREATY_FRAMES_INLINE];
    struct treaty_proto_out_frame *top = frames;
    const struct treaty_proto_code *const proto = plan->proto;
    const struct treaty_proto_write *const writes = proto->writes;
    const struct treaty_proto_write *op = writes + proto->entry;
    char *at = run->out->data + run->out->len;
    const char *end = run->out->data + run->out->cap;
    enum treaty_code code;

    frames[0].level = 0;
    frames[0].site = &whole;
    frames[0].length_at = NULL;
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

    NUMBER(INT32);

    NUMBER(INT64);

    NUMBER(UINT32);

    NUMBER(SINT32);

    NUMBER(SINT64);

    NUMBER(BOOL);

    NUMBER(FIXED32);

    NUMBER(FIXED64);

do_ENUM_IF:
    PUT_ENUM(PUT_TAG, false);
    ADVANCE();

do_ENUM:
    PUT_ENUM(PUT_TAG, true);
    ADVANCE();

do_STRING_IF:
    PUT_STRING(PUT_TAG, false);
    ADVANCE();

do_STRING:
    PUT_STRING(PUT_TAG, true);
    ADVANCE();

do_STRING_REPLACE_IF:
    PUT_REPLACED(false);
    ADVANCE();

do_STRING_REPLACE:
    PUT_REPLACED(true);
    ADVANCE();

do_BYTES_IF:
    PUT_BYTES(false);
    ADVANCE();

do_BYTES:
    PUT_BYTES(true);
    ADVANCE();

do_POINTER : {
    LOAD(const char *, part);
    if (!part) {
        if (op->marks & TREATY_WRITES_REQUIRED)
            FAIL_AS(TREATY_EVALUE);
        ADVANCE();
    }
    PUSH(part, op->arg, 1, 0);
    OPEN();
}

do_MESSAGE:
    PUSH(base + op->off, op->arg, 1, 0);
    OPEN();

do_MESSAGES : {
    const struct treaty_proto_list_row *list = &proto->lists[op->arg];

    LOAD(struct treaty_array, array);
    if (array.count == 0)
        ADVANCE();
    PUSH(array.items, list->entry, array.count, list->stride);
    if (op->marks & TREATY_WRITES_SORTED) {
        top->next = treaty_proto_sort(run, list, &array);
        if (!top->next)
            FAIL_AS(TREATY_ENOMEM);
        top->stride = 0;
        base = *top->next++;
    }
    OPEN();
}

do_ITEMS:
do_PACKED : {
    LOAD(struct treaty_array, array);
    if (array.count == 0)
        ADVANCE();
    at = treaty_proto_put_items(plan, run, top, op, &array, at);
    if (TREATY_UNLIKELY(!at))
        FAIL_AS(run->code);
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
    CLOSE();

close_specially:
    if (top->level == 0) {
        run->out->len = (size_t)(at - run->out->data);
        return TREATY_OK;
    }
    NEED(0);
    if (op->marks & TREATY_WRITES_GROUP) {
        PUT_TAG();
        /* The end's tag is the start's with another wire type. */
        at[-op->tag_len] = (char)(op->tag[0] + 1);
    } else {
        at = treaty_proto_put_length(top->length_at, BODY_LEN(), at);
    }
    if (top->left && op->marks & TREATY_WRITES_SORTED)
        base = *top->next++;
    NEXT_OR_BACK();

/* Twins are the same again, elsewhere. */
#define PAIR(first, second) do_##first##_AND_##second : RUN_BOTH(first, second)
    TREATY_PROTO_WRITE_PAIRS(PAIR)
#undef PAIR
#define PAIR(first, second)                                                    \
    twin_##first##_AND_##second : RUN_BOTH(first, second)
    TREATY_PROTO_WRITE_PAIRS(PAIR)
#undef PAIR

fail_grow:
    FAIL_AS(run->out->failed);

fail : {
    struct treaty_proto_write_place place = {plan, op, top, base};

    return treaty_proto_encode_fail(run, &place, code);
}
}

#pragma GCC diagnostic pop

const treaty_encode_fn TREATY_LOOP = run_plan;
