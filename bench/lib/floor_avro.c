/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/floor_avro.h"

#include "base/error.h"
#include "plan/read.h"
#include "plan/write.h"

enum { SYMBOLS = 3 };

static inline const uint8_t *take_text(const uint8_t *at, const uint8_t *end,
                                       struct treaty_str *ret)
{
    const uint8_t *from;
    const uint8_t *next = read_bytes(at, end, &from);

    if (TREATY_UNLIKELY(!next))
        return NULL;
    *ret = (struct treaty_str){(const char *)from, (size_t)(next - from)};
    if (TREATY_UNLIKELY(find_high_bits(from, next, end)) &&
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
        *ret = unzigzag(raw);
    return next;
}

static inline const uint8_t *take_int(const uint8_t *at, const uint8_t *end,
                                      int32_t *ret)
{
    uint32_t raw;
    const uint8_t *next = read_int(at, end, &raw);

    if (TREATY_LIKELY(next != NULL))
        *ret = (int32_t)unzigzag(raw);
    return next;
}

static inline const uint8_t *skip_text(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *from;

    return read_bytes(at, end, &from);
}

static inline const uint8_t *take_status(const uint8_t *at, const uint8_t *end,
                                         struct treaty_enum *ret)
{
    static const int32_t symbols[SYMBOLS] = {0, 1, 2};
    int32_t raw;
    const uint8_t *next = take_int(at, end, &raw);

    if (TREATY_UNLIKELY(!next || (uint32_t)raw >= SYMBOLS))
        return NULL;
    *ret = (struct treaty_enum){symbols[raw], raw};
    return next;
}

/* Blocks with a size or after the first are left to the slow path: none here,
 * but the check for them is. */
static inline const uint8_t *take_items(const uint8_t *at, const uint8_t *end,
                                        struct treaty_array *ret,
                                        struct treaty_arena *arena)
{
    uint64_t raw;
    uint64_t count;
    struct order9_item *items;
    int32_t qty;

    at = read_short(at, end, &raw);
    if (TREATY_UNLIKELY(!at || (raw & 1)))
        return NULL;
    count = raw >> 1;
    *ret = (struct treaty_array){NULL, 0};
    if (count == 0)
        return at;
    if (TREATY_UNLIKELY(count > (size_t)(end - at) / 3))
        return NULL;
    items = treaty_arena_alloc(arena, count * sizeof(*items));
    if (TREATY_UNLIKELY(!items))
        return NULL;
    *ret = (struct treaty_array){items, count};
    for (; count; count--, items++) {
        at = take_text(at, end, &items->sku);
        if (TREATY_UNLIKELY(!at))
            return NULL;
        at = take_int(at, end, &qty);
        if (TREATY_UNLIKELY(!at))
            return NULL;
        items->qty = qty;
        at = take_long(at, end, &items->price_cents);
        if (TREATY_UNLIKELY(!at))
            return NULL;
    }
    at = read_short(at, end, &raw);
    return TREATY_LIKELY(at && raw == 0) ? at : NULL;
}

/* The next piece, or out. */
#define STEP(take)                                                             \
    do {                                                                       \
        at = (take);                                                           \
        if (TREATY_UNLIKELY(!at))                                              \
            goto bad;                                                          \
    } while (0)

enum treaty_code floor_decode(struct treaty_str payload, struct order9 *order,
                              struct treaty_arena *arena,
                              struct treaty_error *err)
{
    const uint8_t *at = (const uint8_t *)payload.data;
    const uint8_t *end = at + payload.len;

    STEP(take_text(at, end, &order->order_id));
    STEP(take_long(at, end, &order->account_id));
    STEP(take_status(at, end, &order->status));
    STEP(take_long(at, end, &order->amount_cents));
    STEP(take_text(at, end, &order->currency));
    STEP(take_long(at, end, &order->ts));
    STEP(take_items(at, end, &order->items, arena));
    STEP(skip_text(at, end));
    STEP(take_text(at, end, &order->shipping_address));
    STEP(skip_text(at, end));
    STEP(skip_text(at, end));
    STEP(take_text(at, end, &order->note));
    return TREATY_OK;
bad:
    return treaty_fail(err, TREATY_ETRUNCATED, TREATY_NO_OFFSET, "bad event");
}

enum treaty_code floor_project(struct treaty_str payload, struct order4 *order,
                               struct treaty_error *err)
{
    const uint8_t *at = (const uint8_t *)payload.data;
    const uint8_t *end = at + payload.len;

    STEP(take_text(at, end, &order->order_id));
    STEP(take_long(at, end, &order->account_id));
    STEP(take_status(at, end, &order->status));
    STEP(take_long(at, end, &order->amount_cents));
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

static inline char *put_text(struct sink *sink, char *at, struct treaty_str s)
{
    if (TREATY_UNLIKELY((size_t)(sink->end - at) <
                        s.len + TREATY_ENCODE_ROOM)) {
        at = grow(sink, at, s.len);
        if (!at)
            return NULL;
    }
    at = write_short(at, (uint64_t)s.len << 1);
    if (TREATY_UNLIKELY(!copy_text(at, s.data, s.len)) && !treaty_utf8_valid(s))
        return NULL;
    return at + s.len;
}

static inline char *put_items(struct sink *sink, char *at,
                              const struct treaty_array *array)
{
    const struct order_item *items = array->items;

    at = write_short(at, (uint64_t)array->count << 1);
    for (size_t i = 0; i < array->count; i++) {
        at = put_text(sink, at, items[i].sku);
        if (TREATY_UNLIKELY(!at))
            return NULL;
        at = write_short(at, (uint32_t)zigzag(items[i].qty));
        at = write_long(at, zigzag(items[i].price_cents));
    }
    if (array->count)
        *at++ = 0;
    return at;
}

enum treaty_code floor_encode(const struct order *order, struct treaty_buf *out,
                              struct treaty_error *err)
{
    char *at = treaty_buf_reserve(out, TREATY_ENCODE_ROOM);
    struct sink sink = {out, out->data + out->cap};

    if (TREATY_UNLIKELY(!at || (uint32_t)order->status.symbol >= SYMBOLS))
        goto bad;
    STEP(put_text(&sink, at, order->order_id));
    at = write_long(at, zigzag(order->account_id));
    at = write_short(at, (uint64_t)order->status.symbol << 1);
    at = write_long(at, zigzag(order->amount_cents));
    STEP(put_text(&sink, at, order->currency));
    at = write_long(at, zigzag(order->ts));
    STEP(put_items(&sink, at, &order->items));
    STEP(put_text(&sink, at, order->customer_email));
    STEP(put_text(&sink, at, order->shipping_address));
    STEP(put_text(&sink, at, order->user_agent));
    STEP(put_text(&sink, at, order->trace_id));
    STEP(put_text(&sink, at, order->note));
    out->len = (size_t)(at - out->data);
    return TREATY_OK;
bad:
    return treaty_fail(err, TREATY_EVALUE, TREATY_NO_OFFSET, "bad event");
}
