/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/order.h"

#include "base/buf.h"
#include "base/rng.h"
#include "base/str.h"

#include <stdlib.h>

#define ITEM(qty)                                                              \
    "{\"name\":\"items\",\"type\":{\"type\":\"array\",\"items\":"              \
    "{\"type\":\"record\",\"name\":\"OrderItem\",\"fields\":["                 \
    "{\"name\":\"sku\",\"type\":\"string\"},"                                  \
    "{\"name\":\"qty\",\"type\":\"" qty "\"},"                                 \
    "{\"name\":\"price_cents\",\"type\":\"long\"}]}}}"
#define STATUS                                                                 \
    "{\"name\":\"status\",\"type\":{\"type\":\"enum\","                        \
    "\"name\":\"OrderStatus\",\"symbols\":[\"PLACED\",\"PAID\",\"SHIPPED\"]}}"
#define LONG(name) "{\"name\":\"" name "\",\"type\":\"long\"}"
#define STRING(name) "{\"name\":\"" name "\",\"type\":\"string\"}"
#define ORDER "{\"type\":\"record\",\"name\":\"Order\",\"fields\":["

const char order_writer_schema[] = ORDER STRING("order_id") "," LONG(
    "account_id") "," STATUS
                  "," LONG("amount_cents") "," STRING("currency") "," LONG("ts") "," ITEM("int") "," STRING("customer_email") "," STRING(
                      "shipping_address") "," STRING("user_agent") "," STRING("trace_id") "," STRING("note") "]}";

const char order9_schema[] =
    ORDER STRING("note") "," LONG("ts") "," ITEM("long") "," STRING(
        "order_id") "," STRING("currency") "," STATUS
                                           "," LONG("amount_cents") "," LONG(
                                               "account_id") "," STRING("shippi"
                                                                        "ng_"
                                                                        "addres"
                                                                        "s") "]"
                                                                             "}";

const char order4_schema[] = ORDER STRING("order_id") "," LONG(
    "account_id") "," STATUS "," LONG("amount_cents") "]}";

static const char *const words[] = {
    "please", "leave",  "at",    "the",     "door", "before", "noon",
    "ring",   "twice",  "thank", "you",     "gift", "wrap",   "in",
    "blue",   "paper",  "no",    "plastic", "call", "first",  "neighbour",
    "knows",  "second", "floor", "left",    "dog",  "is",     "friendly",
};
static const char *const odd_words[] = {
    "caf\xc3\xa9",
    "stra\xc3\x9f"
    "e",
    "\xe2\x82\xac",
    "na\xc3\xafve",
    "\xe6\x9d\xb1\xe4\xba\xac",
    "\xf0\x9f\x8e\x81",
};
static const char *const agents[] = {
    "Mozilla/5.0 (X11; Linux) Gecko/128.0 F",
    "Shop/7.12.1 (iPhone; iOS 18.2; Scale/3.00; de_DE)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Safari/60",
};

#define PICK(list)                                                             \
    (list)[treaty_rng_below(rng, sizeof(list) / sizeof((list)[0]))]

struct maker {
    struct treaty_arena *arena;
    struct treaty_rng rng;
    struct treaty_buf text;
};

static struct treaty_str keep(struct maker *m)
{
    struct treaty_str copy =
        treaty_arena_dup(m->arena, treaty_buf_str(&m->text));

    treaty_buf_clear(&m->text);
    if (!copy.data)
        abort();
    return copy;
}

static struct treaty_str make_hex(struct maker *m, size_t digits, bool dashes)
{
    for (size_t i = 0; i < digits; i++) {
        if (dashes && (i == 8 || i == 12 || i == 16 || i == 20))
            treaty_buf_put_c(&m->text, '-');
        treaty_buf_put_c(&m->text,
                         "0123456789abcdef"[treaty_rng_below(&m->rng, 16)]);
    }
    return keep(m);
}

static struct treaty_str make_words(struct maker *m, size_t least, size_t most,
                                    bool odd)
{
    struct treaty_rng *rng = &m->rng;
    size_t count = least + treaty_rng_below(rng, most - least + 1);

    for (size_t i = 0; i < count; i++) {
        if (i)
            treaty_buf_put_c(&m->text, ' ');
        if (odd && i % 5 == 2)
            treaty_buf_put_z(&m->text, PICK(odd_words));
        else
            treaty_buf_put_z(&m->text, PICK(words));
    }
    return keep(m);
}

static struct treaty_str make_email(struct maker *m)
{
    struct treaty_rng *rng = &m->rng;

    treaty_buf_printf(&m->text, "%s.%s%d@example.com", PICK(words), PICK(words),
                      (int)treaty_rng_below(rng, 1000));
    return keep(m);
}

static struct treaty_str make_address(struct maker *m)
{
    struct treaty_rng *rng = &m->rng;

    treaty_buf_printf(&m->text,
                      "%d %s %s Street, Apartment %d, %05d %sville, Country",
                      1 + (int)treaty_rng_below(rng, 999), PICK(words),
                      PICK(words), (int)treaty_rng_below(rng, 99),
                      (int)treaty_rng_below(rng, 99999), PICK(words));
    return keep(m);
}

static struct treaty_array make_items(struct maker *m)
{
    size_t count = 3 + treaty_rng_below(&m->rng, 4);
    struct order_item *items =
        TREATY_ARENA_NEW_N(m->arena, struct order_item, count);

    for (size_t i = 0; items && i < count; i++) {
        treaty_buf_printf(&m->text, "SKU-%012llu",
                          (unsigned long long)treaty_rng_below(
                              &m->rng, UINT64_C(999999999999)));
        items[i].sku = keep(m);
        items[i].qty = 1 + (int32_t)treaty_rng_below(&m->rng, 9);
        items[i].price_cents = 99 + (int64_t)treaty_rng_below(&m->rng, 100000);
    }
    return (struct treaty_array){items, count};
}

static void make_order(struct maker *m, struct order *o)
{
    struct treaty_rng *rng = &m->rng;

    o->order_id = make_hex(m, 32, true);
    o->account_id = 1 + (int64_t)treaty_rng_below(rng, 1000000000);
    o->status.raw = (int32_t)treaty_rng_below(rng, 3);
    o->status.symbol = o->status.raw;
    o->amount_cents = 100 + (int64_t)treaty_rng_below(rng, 10000000);
    o->currency =
        treaty_rng_below(rng, 2) ? TREATY_STR("EUR") : TREATY_STR("USD");
    o->ts = INT64_C(1700000000000) +
            (int64_t)treaty_rng_below(rng, UINT64_C(100000000000));
    o->items = make_items(m);
    o->customer_email = make_email(m);
    o->shipping_address = make_address(m);
    o->user_agent = treaty_str_z(PICK(agents));
    o->trace_id = make_hex(m, 32, false);
    o->note = make_words(m, 12, 45, treaty_rng_below(rng, 10) == 0);
}

void order_make(struct treaty_arena *arena, struct order *orders, size_t count,
                uint64_t seed)
{
    struct maker maker = {.arena = arena};

    treaty_rng_init(&maker.rng, seed);
    treaty_buf_init(&maker.text, 0);
    for (size_t i = 0; i < count; i++)
        make_order(&maker, &orders[i]);
    treaty_buf_release(&maker.text);
}

static bool equal_items(const struct treaty_array *a,
                        const struct treaty_array *b)
{
    const struct order9_item *x = a->items;
    const struct order9_item *y = b->items;

    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!treaty_str_eq(x[i].sku, y[i].sku) || x[i].qty != y[i].qty ||
            x[i].price_cents != y[i].price_cents)
            return false;
    }
    return true;
}

bool order9_equal(const struct order9 *a, const struct order9 *b)
{
    return treaty_str_eq(a->note, b->note) && a->ts == b->ts &&
           equal_items(&a->items, &b->items) &&
           treaty_str_eq(a->order_id, b->order_id) &&
           treaty_str_eq(a->currency, b->currency) &&
           a->status.symbol == b->status.symbol &&
           a->status.raw == b->status.raw &&
           a->amount_cents == b->amount_cents &&
           a->account_id == b->account_id &&
           treaty_str_eq(a->shipping_address, b->shipping_address);
}

bool order4_equal(const struct order4 *a, const struct order4 *b)
{
    return treaty_str_eq(a->order_id, b->order_id) &&
           a->account_id == b->account_id &&
           a->status.symbol == b->status.symbol &&
           a->status.raw == b->status.raw && a->amount_cents == b->amount_cents;
}
