/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_ORDER_H
#define TREATY_TESTS_HARNESS_ORDER_H

/* An application's own struct for the Order of schemas/, and its bindings. */
#include <treaty/treaty.h>

struct order_item {
    int64_t price_cents;
    struct treaty_str sku;
    int32_t qty;
};

/* In an order of its own, which is not the schema's. */
struct order {
    int64_t amount_cents;
    struct treaty_str order_id;
    struct treaty_str currency;
    struct treaty_enum status;
    int64_t account_id;
    int64_t ts;
    struct treaty_array items;
    bool has_email;
    struct treaty_str email;
};

enum { ORDER_BINDINGS_V1 = 11, ORDER_BINDINGS_V2 = 12 };

/* The first ORDER_BINDINGS_V1 rows are what v1 has. */
extern const struct treaty_binding order_bindings[ORDER_BINDINGS_V2];

/* An order with two items, both static. */
struct order order_sample(void);

/* schemas/NAME, read once and kept; "" after reporting a failure. */
const char *order_schema(const char *name);

#endif
