/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_ORDER_H
#define TREATY_BENCH_LIB_ORDER_H

/*
 * The event of the codec benchmarks: an order of 12 fields and about 512 bytes
 * in Avro, random within what orders look like. One event in ten has a note
 * that is not ASCII; items are 3 to 6.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <treaty/record.h>

struct order_item {
    struct treaty_str sku;
    int32_t qty;
    int64_t price_cents;
};

/* As it is written: the natural layout of order_writer_schema. */
struct order {
    struct treaty_str order_id;
    int64_t account_id;
    struct treaty_enum status;
    int64_t amount_cents;
    struct treaty_str currency;
    int64_t ts;
    struct treaty_array items;
    struct treaty_str customer_email;
    struct treaty_str shipping_address;
    struct treaty_str user_agent;
    struct treaty_str trace_id;
    struct treaty_str note;
};

/* As another version reads it: 9 fields in another order, qty widened. */
struct order9_item {
    struct treaty_str sku;
    int64_t qty;
    int64_t price_cents;
};

struct order9 {
    struct treaty_str note;
    int64_t ts;
    struct treaty_array items;
    struct treaty_str order_id;
    struct treaty_str currency;
    struct treaty_enum status;
    int64_t amount_cents;
    int64_t account_id;
    struct treaty_str shipping_address;
};

/* Its first four fields. */
struct order4 {
    struct treaty_str order_id;
    int64_t account_id;
    struct treaty_enum status;
    int64_t amount_cents;
};

extern const char order_writer_schema[];
extern const char order9_schema[];
extern const char order4_schema[];

/* Fill `count` orders; their texts and items lie on `arena`. */
void order_make(struct treaty_arena *arena, struct order *orders, size_t count,
                uint64_t seed);

bool order9_equal(const struct order9 *a, const struct order9 *b);
bool order4_equal(const struct order4 *a, const struct order4 *b);

#endif
