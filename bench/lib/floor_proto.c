/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/floor_proto.h"

#include "base/error.h"
#include "plan/proto_read.h"
#include "plan/write.h"

enum { SYMBOLS = 3, FIRST_ITEMS = 8 };

/* Tags of the fields, one byte each. */
#define TAG(number, wire) ((number) << 3 | (wire))

static inline const uint8_t *take_text(const uint8_t *at, const uint8_t *end,
                                       const uint8_t *stop,
                                       struct treaty_str *ret)
{
    const uint8_t *from;
    const uint8_t *next = read_view(at, end, &from);

    if (TREATY_UNLIKELY(!next))
        return NULL;
    *ret = (struct treaty_str){(const char *)from, (size_t)(next - from)};
    if (TREATY_UNLIKELY(find_high_bits(from, next, stop)) &&
        !treaty_utf8_valid(*ret))
        return NULL;
    return next;
}

static inline const uint8_t *take_long(const uint8_t *at, const uint8_t *end,
                                       int64_t *ret)
{
    uint64_t raw;
    const uint8_t *next = read_long(at, end, &raw);

    if (TREATY_LIKELY(next != NULL))
        *ret = (int64_t)raw;
    return next;
}

static inline const uint8_t *take_int(const uint8_t *at, const uint8_t *end,
                                      int32_t *ret)
{
    uint64_t raw;
    const uint8_t *next = read_small(at, end, &raw);

    if (TREATY_LIKELY(next != NULL))
        *ret = (int32_t)(uint32_t)raw;
    return next;
}

static inline const uint8_t *take_status(const uint8_t *at, const uint8_t *end,
                                         struct treaty_enum *ret)
{
    static const int32_t symbols[SYMBOLS] = {0, 1, 2};
    int32_t raw;
    const uint8_t *next = take_int(at, end, &raw);

    if (TREATY_UNLIKELY(!next))
        return NULL;
    *ret = (struct treaty_enum){
        (uint32_t)raw < SYMBOLS ? symbols[raw] : -1,
        raw,
    };
    return next;
}

/* The field at hand, if it is there. */
#define FIELD(tag, take)                                                       \
    do {                                                                       \
        if (end - at >= 2 && *at == (tag)) {                                   \
            at++;                                                              \
            at = (take);                                                       \
            if (TREATY_UNLIKELY(!at))                                          \
                goto bad;                                                      \
        }                                                                      \
    } while (0)

static inline const uint8_t *take_item(const uint8_t *at, const uint8_t *end,
                                       const uint8_t *stop,
                                       struct order_item *item)
{
    *item = (struct order_item){0};
    FIELD(TAG(1, 2), take_text(at, end, stop, &item->sku));
    FIELD(TAG(2, 0), take_int(at, end, &item->qty));
    FIELD(TAG(3, 0), take_long(at, end, &item->price_cents));
    return TREATY_LIKELY(at == end) ? at : NULL;
bad:
    return NULL;
}

static TREATY_COLD bool grow_items(struct treaty_array *items, size_t room,
                                   struct treaty_arena *arena)
{
    struct order_item *more =
        treaty_arena_alloc(arena, room * sizeof(struct order_item));

    if (!more)
        return false;
    if (items->count)
        memcpy(more, items->items, items->count * sizeof(*more));
    items->items = more;
    return true;
}

static inline const uint8_t *take_items(const uint8_t *at, const uint8_t *end,
                                        const uint8_t *stop,
                                        struct treaty_array *ret,
                                        struct treaty_arena *arena)
{
    size_t room = 0;
    struct treaty_array items = {0};

    while (end - at >= 2 && *at == TAG(7, 2)) {
        const uint8_t *from;
        const uint8_t *next = read_view(at + 1, end, &from);

        if (TREATY_UNLIKELY(!next))
            return NULL;
        if (TREATY_UNLIKELY(items.count == room)) {
            room = room ? 2 * room : FIRST_ITEMS;
            if (!grow_items(&items, room, arena))
                return NULL;
        }
        at = take_item(from, next, stop,
                       (struct order_item *)items.items + items.count++);
        if (TREATY_UNLIKELY(!at))
            return NULL;
    }
    *ret = items;
    return at;
}

enum treaty_code floor_proto_decode(struct treaty_str payload,
                                    struct order *order,
                                    struct treaty_arena *arena,
                                    struct treaty_error *err)
{
    const uint8_t *at = (const uint8_t *)payload.data;
    const uint8_t *end = at + payload.len;

    *order = (struct order){0};
    FIELD(TAG(1, 2), take_text(at, end, end, &order->order_id));
    FIELD(TAG(2, 0), take_long(at, end, &order->account_id));
    FIELD(TAG(3, 0), take_status(at, end, &order->status));
    FIELD(TAG(4, 0), take_long(at, end, &order->amount_cents));
    FIELD(TAG(5, 2), take_text(at, end, end, &order->currency));
    FIELD(TAG(6, 0), take_long(at, end, &order->ts));
    at = take_items(at, end, end, &order->items, arena);
    if (TREATY_UNLIKELY(!at))
        goto bad;
    FIELD(TAG(8, 2), take_text(at, end, end, &order->customer_email));
    FIELD(TAG(9, 2), take_text(at, end, end, &order->shipping_address));
    FIELD(TAG(10, 2), take_text(at, end, end, &order->user_agent));
    FIELD(TAG(11, 2), take_text(at, end, end, &order->trace_id));
    FIELD(TAG(12, 2), take_text(at, end, end, &order->note));
    if (TREATY_LIKELY(at == end))
        return TREATY_OK;
bad:
    return treaty_fail(err, TREATY_ETRUNCATED, TREATY_NO_OFFSET, "bad event");
}

/* Room is looked at once for each string, as in the product. */
struct sink {
    struct treaty_buf *out;
    const char *end;
};

static TREATY_COLD char *grow(struct sink *sink, char *at, size_t len)
{
    sink->out->len = (size_t)(at - sink->out->data);
    at = treaty_buf_reserve(sink->out, len + TREATY_ENCODE_ROOM);
    sink->end = sink->out->data + sink->out->cap;
    return at;
}

static inline char *put_text(struct sink *sink, char *at, uint8_t tag,
                             struct treaty_str s)
{
    if (s.len == 0)
        return at;
    if (TREATY_UNLIKELY((size_t)(sink->end - at) <
                        s.len + TREATY_ENCODE_ROOM)) {
        at = grow(sink, at, s.len);
        if (!at)
            return NULL;
    }
    *at++ = (char)tag;
    at = write_short(at, (uint64_t)s.len);
    if (TREATY_UNLIKELY(!copy_text(at, s.data, s.len)) && !treaty_utf8_valid(s))
        return NULL;
    return at + s.len;
}

static inline char *put_long(char *at, uint8_t tag, int64_t value)
{
    if (value == 0)
        return at;
    *at = (char)tag;
    return write_long(at + 1, (uint64_t)value);
}

static inline char *put_int(char *at, uint8_t tag, int32_t value)
{
    if (value == 0)
        return at;
    *at = (char)tag;
    return write_small(at + 1, (uint64_t)(int64_t)value);
}

/* Items of this event are shorter than 128 bytes, but the check is there. */
static inline char *put_items(struct sink *sink, char *at,
                              const struct treaty_array *array)
{
    const struct order_item *items = array->items;

    for (size_t i = 0; i < array->count; i++) {
        size_t start;
        size_t len;

        if (TREATY_UNLIKELY((size_t)(sink->end - at) < TREATY_ENCODE_ROOM)) {
            at = grow(sink, at, 0);
            if (!at)
                return NULL;
        }
        *at = TAG(7, 2);
        at += 2;
        start = (size_t)(at - sink->out->data);
        at = put_text(sink, at, TAG(1, 2), items[i].sku);
        if (TREATY_UNLIKELY(!at))
            return NULL;
        at = put_int(at, TAG(2, 0), items[i].qty);
        at = put_long(at, TAG(3, 0), items[i].price_cents);
        len = (size_t)(at - sink->out->data) - start;
        if (TREATY_UNLIKELY(len >= 0x80))
            return NULL;
        sink->out->data[start - 1] = (char)len;
    }
    return at;
}

/* The next piece, or out. */
#define STEP(put)                                                              \
    do {                                                                       \
        at = (put);                                                            \
        if (TREATY_UNLIKELY(!at))                                              \
            goto bad;                                                          \
    } while (0)

enum treaty_code floor_proto_encode(const struct order *order,
                                    struct treaty_buf *out,
                                    struct treaty_error *err)
{
    char *at = treaty_buf_reserve(out, TREATY_ENCODE_ROOM);
    struct sink sink = {out, out->data + out->cap};

    if (TREATY_UNLIKELY(!at || (uint32_t)order->status.symbol >= SYMBOLS))
        goto bad;
    STEP(put_text(&sink, at, TAG(1, 2), order->order_id));
    at = put_long(at, TAG(2, 0), order->account_id);
    at = put_int(at, TAG(3, 0), order->status.symbol);
    at = put_long(at, TAG(4, 0), order->amount_cents);
    STEP(put_text(&sink, at, TAG(5, 2), order->currency));
    at = put_long(at, TAG(6, 0), order->ts);
    STEP(put_items(&sink, at, &order->items));
    STEP(put_text(&sink, at, TAG(8, 2), order->customer_email));
    STEP(put_text(&sink, at, TAG(9, 2), order->shipping_address));
    STEP(put_text(&sink, at, TAG(10, 2), order->user_agent));
    STEP(put_text(&sink, at, TAG(11, 2), order->trace_id));
    STEP(put_text(&sink, at, TAG(12, 2), order->note));
    out->len = (size_t)(at - out->data);
    return TREATY_OK;
bad:
    return treaty_fail(err, TREATY_EVALUE, TREATY_NO_OFFSET, "bad event");
}
