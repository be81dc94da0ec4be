/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf on one core, the same event as bench/avro.c, into the same struct:
 * decoding with UTF-8 checked, encoding; beside protobuf-c, protobuf C++ and
 * straight-line C (lib/floor_proto.c), whose output is compared field by
 * field. Events are of their exact size, one after the other in one block.
 *
 * A newer writer's events are read once by its own reader and once by one that
 * does not know its new fields.
 */
#include "rivals/protobuf.h"
#include "base/str.h"
#include "format/protobuf/format.h"
#include "lib/floor_proto.h"
#include "lib/order.h"
#include "lib/report.h"
#include "lib/timing.h"
#include "plan/plan.h"
#include "record/type.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    EVENTS = 4096,
    ROUNDS = 31,
    OUT = 8192,
    /* Events that are encoded again and again beside the rivals: as their
     * objects, all of them would not fit into the processor's cache, which a
     * service that fills one and sends it never meets. */
    FEW = 256,
};

/* The event; `added` stands among the fields of an order, `in_item` in its
 * items. */
#define ORDER(added, in_item)                                                  \
    "syntax = \"proto3\"; package bench;"                                      \
    "message Order { string order_id = 1; int64 account_id = 2;"               \
    "OrderStatus status = 3; int64 amount_cents = 4; string currency = 5;"     \
    "int64 ts = 6; repeated OrderItem items = 7; string customer_email = 8;"   \
    "string shipping_address = 9; string user_agent = 10;"                     \
    "string trace_id = 11; string note = 12;" added "}"                        \
    "message OrderItem { string sku = 1; int32 qty = 2;"                       \
    "int64 price_cents = 3;" in_item "}"                                       \
    "enum OrderStatus { PLACED = 0; PAID = 1; SHIPPED = 2; }"

static const char order_text[] = ORDER("", "");
static const char newer_text[] =
    ORDER("string coupon = 13; int64 discount_cents = 14; string channel = 15;"
          "string warehouse = 16; fixed64 checksum = 17;",
          "string colour = 4; int32 weight_grams = 5;");

static const char *const statuses[] = {"PLACED", "PAID", "SHIPPED", NULL};

static const struct treaty_binding order_rows[] = {
    {"order_id", offsetof(struct order, order_id), TREATY_KIND_STRING, 0, NULL,
     false, 0},
    {"account_id", offsetof(struct order, account_id), TREATY_KIND_INT64, 0,
     NULL, false, 0},
    {"status", offsetof(struct order, status), TREATY_KIND_ENUM, 0, statuses,
     false, 0},
    {"amount_cents", offsetof(struct order, amount_cents), TREATY_KIND_INT64, 0,
     NULL, false, 0},
    {"currency", offsetof(struct order, currency), TREATY_KIND_STRING, 0, NULL,
     false, 0},
    {"ts", offsetof(struct order, ts), TREATY_KIND_INT64, 0, NULL, false, 0},
    {"items", offsetof(struct order, items), TREATY_KIND_ARRAY, 0, NULL, false,
     0},
    {"items[]", 0, TREATY_KIND_RECORD, sizeof(struct order_item), NULL, false,
     0},
    {"items[].sku", offsetof(struct order_item, sku), TREATY_KIND_STRING, 0,
     NULL, false, 0},
    {"items[].qty", offsetof(struct order_item, qty), TREATY_KIND_INT32, 0,
     NULL, false, 0},
    {"items[].price_cents", offsetof(struct order_item, price_cents),
     TREATY_KIND_INT64, 0, NULL, false, 0},
    {"customer_email", offsetof(struct order, customer_email),
     TREATY_KIND_STRING, 0, NULL, false, 0},
    {"shipping_address", offsetof(struct order, shipping_address),
     TREATY_KIND_STRING, 0, NULL, false, 0},
    {"user_agent", offsetof(struct order, user_agent), TREATY_KIND_STRING, 0,
     NULL, false, 0},
    {"trace_id", offsetof(struct order, trace_id), TREATY_KIND_STRING, 0, NULL,
     false, 0},
    {"note", offsetof(struct order, note), TREATY_KIND_STRING, 0, NULL, false,
     0},
};

struct side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
};

/* Events in one block, and plans that read them. */
struct events {
    struct treaty_str payloads[EVENTS];
    struct treaty_plan *plan;
    void *record;
};

struct bench {
    struct treaty_arena keep;
    struct treaty_arena scratch;
    struct order *orders;
    struct treaty_plan *encode;
    size_t encoded; /* how many different ones */
    struct treaty_buf out;
    char rival_out[OUT];
    struct events plain;   /* the order, into struct order */
    struct events newer;   /* a newer writer's, read whole */
    struct events skipped; /* the same, read by the older reader */
    struct events blind;   /* the same, and the plan does not know */
};

static void die(const char *what)
{
    fprintf(stderr, "bench protobuf: %s failed\n", what);
    exit(1);
}

static struct side open_side(const char *text)
{
    const struct treaty_source source = {.text = treaty_str_z(text)};
    struct side side = {0};
    struct treaty_error err;

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &side.schema,
                            &err)) {
        fprintf(stderr, "%s\n", err.message);
        die("parsing");
    }
    if (side.schema->format->layout(side.schema, &side.layout, NULL))
        die("laying out");
    return side;
}

static struct treaty_plan *decoder(const struct side *writer,
                                   const struct side *reader)
{
    struct treaty_plan *plan = NULL;
    struct treaty_error err;

    if (reader->schema->format->decode_plan(writer->schema, reader->schema,
                                            reader->layout, NULL, &plan,
                                            &err)) {
        fprintf(stderr, "%s\n", err.message);
        die("compiling");
    }
    return plan;
}

#define EACH_EVENT(i) for (size_t i = 0; i < EVENTS; i++)

/* Cut a copy of `all` without slack behind it into payloads. */
static void cut(const struct treaty_buf *all, const size_t *ends,
                struct treaty_str *payloads)
{
    struct treaty_str block = {malloc(all->len), all->len};

    if (!block.data)
        die("memory");
    memcpy((char *)(uintptr_t)block.data, all->data, all->len);
    EACH_EVENT(i)
    {
        size_t start = i ? ends[i - 1] : 0;

        payloads[i] = treaty_str_sub(block, start, ends[i] - start);
    }
}

static void make_payloads(struct bench *b)
{
    struct treaty_buf all;
    size_t ends[EVENTS];

    treaty_buf_init(&all, 0);
    EACH_EVENT(i)
    {
        if (treaty_plan_encode(b->encode, &b->orders[i], &all, NULL))
            die("encoding");
        ends[i] = all.len;
    }
    fprintf(stderr, "%zu bytes an event\n", all.len / EVENTS);
    cut(&all, ends, b->plain.payloads);
    treaty_buf_release(&all);
}

/* The newer writer's fields, behind those that there are. */
static void add_newer(struct treaty_buf *out)
{
    static const char added[] = "\x6a\x09SPRING-25\x70\xf4\x03\x7a\x03web"
                                "\x82\x01\x06"
                                "berlin\x89\x01\x01\x02\x03\x04\x05\x06\x07";

    treaty_buf_put_mem(out, added, sizeof(added)); /* with the last byte, 0 */
}

static void add_to_item(struct treaty_buf *out)
{
    treaty_buf_put(out, TREATY_STR("\x22\x05green\x28\xd2\x09"));
}

/* An order of the newer writer: its items are longer, too. */
static void make_newer(struct bench *b, const struct order *order,
                       struct treaty_buf *all)
{
    struct order bare = *order;
    const struct order_item *items = order->items.items;
    struct treaty_buf item = {0};

    bare.items = (struct treaty_array){0};
    if (treaty_plan_encode(b->encode, &bare, all, NULL))
        die("encoding");
    for (size_t i = 0; i < order->items.count; i++) {
        struct order one = {.items = {(void *)(uintptr_t)&items[i], 1}};

        treaty_buf_clear(&item);
        if (treaty_plan_encode(b->encode, &one, &item, NULL) || item.len > 110)
            die("encoding an item");
        add_to_item(&item);
        item.data[1] = (char)(item.len - 2);
        treaty_buf_put(all, treaty_buf_str(&item));
    }
    add_newer(all);
    treaty_buf_release(&item);
}

static void make_newer_payloads(struct bench *b)
{
    struct treaty_buf all;
    size_t ends[EVENTS];

    treaty_buf_init(&all, 0);
    EACH_EVENT(i)
    {
        make_newer(b, &b->orders[i], &all);
        ends[i] = all.len;
    }
    cut(&all, ends, b->newer.payloads);
    memcpy(b->skipped.payloads, b->newer.payloads, sizeof(b->newer.payloads));
    memcpy(b->blind.payloads, b->newer.payloads, sizeof(b->newer.payloads));
    treaty_buf_release(&all);
}

/* Decoding. */

static struct treaty_arena *scratch;

static void ours_decode(void *ctx, uint64_t times)
{
    struct events *e = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            treaty_arena_reset(scratch);
            if (treaty_plan_decode(e->plan, e->payloads[i], e->record, scratch,
                                   NULL))
                die("decoding");
            bench_keep(e->record);
        }
    }
}

static void floor_decodes(void *ctx, uint64_t times)
{
    struct events *e = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            treaty_arena_reset(scratch);
            if (floor_proto_decode(e->payloads[i], e->record, scratch, NULL))
                die("the floor's decoding");
            bench_keep(e->record);
        }
    }
}

static void cpp_decodes(void *ctx, uint64_t times)
{
    const struct events *e = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            if (!rival_cpp_decode(e->payloads[i].data, e->payloads[i].len))
                die("decoding in C++");
        }
    }
}

static void c_decodes(void *ctx, uint64_t times)
{
    const struct events *e = ctx;

    while (times--) {
        EACH_EVENT(i)
        {
            if (!rival_c_decode(e->payloads[i].data, e->payloads[i].len))
                die("decoding in protobuf-c");
        }
    }
}

/* Encoding. */

#define EACH_ENCODED(i)                                                        \
    for (size_t n = 0, i = 0; n < EVENTS; n++, i = n % b->encoded)

static void ours_encode(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_ENCODED(i)
        {
            treaty_buf_clear(&b->out);
            if (treaty_plan_encode(b->encode, &b->orders[i], &b->out, NULL))
                die("encoding");
            bench_keep(b->out.data);
        }
    }
}

static void floor_encodes(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_ENCODED(i)
        {
            treaty_buf_clear(&b->out);
            if (floor_proto_encode(&b->orders[i], &b->out, NULL))
                die("the floor's encoding");
            bench_keep(b->out.data);
        }
    }
}

static void cpp_encodes(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_ENCODED(i)
        {
            if (!rival_cpp_encode(i, b->rival_out, OUT))
                die("encoding in C++");
            bench_keep(b->rival_out);
        }
    }
}

static void c_encodes(void *ctx, uint64_t times)
{
    struct bench *b = ctx;

    while (times--) {
        EACH_ENCODED(i)
        {
            if (!rival_c_encode(i, b->rival_out, OUT))
                die("encoding in protobuf-c");
            bench_keep(b->rival_out);
        }
    }
}

/* All must agree before any is timed. */

static bool same_items(const struct treaty_array *a,
                       const struct treaty_array *b)
{
    const struct order_item *x = a->items;
    const struct order_item *y = b->items;

    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!treaty_str_eq(x[i].sku, y[i].sku) || x[i].qty != y[i].qty ||
            x[i].price_cents != y[i].price_cents)
            return false;
    }
    return true;
}

static bool same_order(const struct order *a, const struct order *b)
{
    return treaty_str_eq(a->order_id, b->order_id) &&
           a->account_id == b->account_id &&
           a->status.symbol == b->status.symbol &&
           a->status.raw == b->status.raw &&
           a->amount_cents == b->amount_cents &&
           treaty_str_eq(a->currency, b->currency) && a->ts == b->ts &&
           same_items(&a->items, &b->items) &&
           treaty_str_eq(a->customer_email, b->customer_email) &&
           treaty_str_eq(a->shipping_address, b->shipping_address) &&
           treaty_str_eq(a->user_agent, b->user_agent) &&
           treaty_str_eq(a->trace_id, b->trace_id) &&
           treaty_str_eq(a->note, b->note);
}

static void check_rivals(struct bench *b, size_t i)
{
    struct treaty_str payload = b->plain.payloads[i];
    size_t len;

    if (!rival_cpp_keep(i, FEW, payload.data, payload.len) ||
        !rival_c_keep(i, FEW, payload.data, payload.len))
        die("keeping an event for the rivals");
    len = rival_cpp_encode(i, b->rival_out, OUT);
    if (!treaty_str_eq((struct treaty_str){b->rival_out, len}, payload))
        die("comparing with C++");
    len = rival_c_encode(i, b->rival_out, OUT);
    if (!treaty_str_eq((struct treaty_str){b->rival_out, len}, payload))
        die("comparing with protobuf-c");
}

static void check_event(struct bench *b, size_t i)
{
    struct treaty_str payload = b->plain.payloads[i];
    struct order x = {.ts = 1};
    struct order y = {.ts = 2};

    treaty_arena_reset(&b->scratch);
    if (treaty_plan_decode(b->plain.plan, payload, &x, &b->scratch, NULL) ||
        floor_proto_decode(payload, &y, &b->scratch, NULL) ||
        !same_order(&x, &y) || !same_order(&x, &b->orders[i]))
        die("comparing what is decoded");
    treaty_buf_clear(&b->out);
    if (floor_proto_encode(&b->orders[i], &b->out, NULL) ||
        !treaty_str_eq(treaty_buf_str(&b->out), payload))
        die("comparing what is encoded");
    if (i < FEW)
        check_rivals(b, i);
    if (treaty_plan_decode(b->skipped.plan, b->skipped.payloads[i], &x,
                           &b->scratch, NULL) ||
        !same_order(&x, &b->orders[i]))
        die("comparing what is skipped");
}

/* Ours, C++, protobuf-c. */
static void run_rivals(const char *name, const bench_fn *fns, void *ctx)
{
    struct bench_contender contenders[] = {
        {.name = name, .fn = fns[0], .ctx = ctx, .units = EVENTS},
        {.name = "protobuf C++", .fn = fns[1], .ctx = ctx, .units = EVENTS},
        {.name = "protobuf-c", .fn = fns[2], .ctx = ctx, .units = EVENTS},
    };
    char other_name[64];
    struct bench_figure figure = {
        .name = name,
        .unit = "ns",
        .command = "make bench",
    };
    size_t faster;

    bench_run(contenders, 3, ROUNDS);
    faster = contenders[1].ns < contenders[2].ns ? 1 : 2;
    figure.value = contenders[0].ns;
    figure.rival = contenders[faster].name;
    figure.rival_value = contenders[faster].ns;
    figure.ratio = contenders[faster].ns / contenders[0].ns;
    bench_report(&figure);
    (void)snprintf(other_name, sizeof(other_name), "%s.other", name);
    figure.name = other_name;
    figure.rival = contenders[3 - faster].name;
    figure.rival_value = contenders[3 - faster].ns;
    figure.ratio = contenders[3 - faster].ns / contenders[0].ns;
    bench_report(&figure);
}

static void run_floor(const char *name, bench_fn ours, bench_fn straight,
                      void *ctx)
{
    struct bench_contender contenders[] = {
        {.name = name, .fn = ours, .ctx = ctx, .units = EVENTS},
        {.name = "floor", .fn = straight, .ctx = ctx, .units = EVENTS},
    };
    struct bench_figure figure = {
        .name = name,
        .unit = "ns",
        .rival = "straight-line C",
        .command = "make bench",
    };

    bench_run(contenders, 2, ROUNDS);
    figure.value = contenders[0].ns;
    figure.rival_value = contenders[1].ns;
    figure.ratio = contenders[0].ns / contenders[1].ns;
    bench_report(&figure);
}

static void run_skip(struct bench *b)
{
    struct bench_contender contenders[] = {
        {"skip", ours_decode, &b->skipped, EVENTS, 0, 0},
        {"read", ours_decode, &b->newer, EVENTS, 0, 0},
        {"blind", ours_decode, &b->blind, EVENTS, 0, 0},
    };
    struct bench_figure figure = {
        .name = "protobuf.decode.skip",
        .unit = "ns",
        .rival = "reading the fields that are skipped",
        .command = "make bench",
    };

    bench_run(contenders, 3, ROUNDS);
    figure.value = contenders[0].ns;
    figure.rival_value = contenders[1].ns;
    figure.ratio = contenders[1].ns / contenders[0].ns;
    bench_report(&figure);
    figure.name = "protobuf.decode.unknown";
    figure.value = contenders[2].ns;
    figure.ratio = contenders[1].ns / contenders[2].ns;
    bench_report(&figure);
}

int main(void)
{
    static struct bench b;
    static const bench_fn decodes[] = {ours_decode, cpp_decodes, c_decodes};
    static const bench_fn encodes[] = {ours_encode, cpp_encodes, c_encodes};
    struct side order = open_side(order_text);
    struct side newer = open_side(newer_text);
    struct side bound = order;

    bench_pin();
    scratch = &b.scratch;
    treaty_buf_init(&b.out, 0);
    b.orders = TREATY_ARENA_NEW_N(&b.keep, struct order, EVENTS);
    b.newer.record = treaty_arena_calloc(&b.keep, 1, newer.layout->root->size);
    b.plain.record = treaty_arena_calloc(&b.keep, 1, sizeof(struct order));
    if (!b.orders || !b.newer.record || !b.plain.record ||
        treaty_layout_from_bindings(order_rows,
                                    sizeof(order_rows) / sizeof(order_rows[0]),
                                    sizeof(struct order), &bound.layout, NULL))
        die("preparing");
    b.skipped.record = b.plain.record;
    b.blind.record = b.plain.record;
    order_make(&b.keep, b.orders, EVENTS, 1);
    if (order.schema->format->encode_plan(order.schema, bound.layout, NULL,
                                          &b.encode, NULL))
        die("compiling");
    b.plain.plan = decoder(&order, &bound);
    b.newer.plan = decoder(&newer, &newer);
    b.skipped.plan = decoder(&newer, &bound);
    b.blind.plan = b.plain.plan;
    make_payloads(&b);
    make_newer_payloads(&b);
    EACH_EVENT(i) check_event(&b, i);

    run_rivals("protobuf.decode", decodes, &b.plain);
    run_floor("protobuf.decode.floor", ours_decode, floor_decodes, &b.plain);
    b.encoded = FEW;
    run_rivals("protobuf.encode", encodes, &b);
    b.encoded = EVENTS;
    run_floor("protobuf.encode.floor", ours_encode, floor_encodes, &b);
    run_skip(&b);
    return 0;
}
