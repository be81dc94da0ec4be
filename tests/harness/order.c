/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/order.h"

#include "base/file.h"
#include "harness/tap.h"

#include <pthread.h>
#include <stddef.h>

static const char *const statuses[] = {"PLACED", "PAID", "SHIPPED", NULL};

const struct treaty_binding order_bindings[ORDER_BINDINGS_V2] = {
    {.path = "order_id",
     .offset = offsetof(struct order, order_id),
     .kind = TREATY_KIND_STRING},
    {.path = "account_id",
     .offset = offsetof(struct order, account_id),
     .kind = TREATY_KIND_INT64},
    {.path = "status",
     .offset = offsetof(struct order, status),
     .kind = TREATY_KIND_ENUM,
     .symbols = statuses},
    {.path = "amount_cents",
     .offset = offsetof(struct order, amount_cents),
     .kind = TREATY_KIND_INT64},
    {.path = "currency",
     .offset = offsetof(struct order, currency),
     .kind = TREATY_KIND_STRING},
    {.path = "ts",
     .offset = offsetof(struct order, ts),
     .kind = TREATY_KIND_INT64},
    {.path = "items",
     .offset = offsetof(struct order, items),
     .kind = TREATY_KIND_ARRAY},
    {.path = "items[]",
     .kind = TREATY_KIND_RECORD,
     .size = sizeof(struct order_item)},
    {.path = "items[].sku",
     .offset = offsetof(struct order_item, sku),
     .kind = TREATY_KIND_STRING},
    {.path = "items[].qty",
     .offset = offsetof(struct order_item, qty),
     .kind = TREATY_KIND_INT32},
    {.path = "items[].price_cents",
     .offset = offsetof(struct order_item, price_cents),
     .kind = TREATY_KIND_INT64},
    {.path = "customer_email",
     .offset = offsetof(struct order, email),
     .kind = TREATY_KIND_STRING,
     .optional = true,
     .flag_offset = offsetof(struct order, has_email)},
};

struct order order_sample(void)
{
    static struct order_item items[] = {
        {.price_cents = 1250, .sku = {"A-1", 3}, .qty = 3},
        {.price_cents = 99, .sku = {"B-22", 4}, .qty = -1},
    };

    return (struct order){
        .amount_cents = 3849,
        .order_id = {"f00f00f00f00f00f00f00f00f00f00f00f00", 36},
        .currency = {"EUR", 3},
        .status = {.symbol = 1},
        .account_id = INT64_C(1) << 40,
        .ts = 1700000000000,
        .items = {items, 2},
        .has_email = true,
        .email = {"a@b", 3},
    };
}

/* One place for each schema that a test asks for. */
struct kept {
    const char *name;
    struct treaty_str text;
};

const char *order_schema(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct treaty_arena arena;
    static struct kept kept[16];
    char path[400];
    size_t i = 0;
    struct treaty_error err;

    pthread_mutex_lock(&lock);
    while (i < 15 && kept[i].name && strcmp(kept[i].name, name) != 0)
        i++;
    if (!kept[i].name) {
        snprintf(path, sizeof(path), TREATY_SOURCE_DIR "/schemas/%s", name);
        kept[i].name = name;
        if (treaty_file_read(&arena, path, 1 << 20, &kept[i].text, &err) !=
            TREATY_OK) {
            tap_fail(__FILE__, __LINE__, "%s: %s", path, err.message);
            kept[i].text = TREATY_STR("");
        }
    }
    pthread_mutex_unlock(&lock);
    return kept[i].text.data;
}
