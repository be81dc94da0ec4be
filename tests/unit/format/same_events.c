/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same seed gives the same logical events in Avro and in Protobuf: written
 * by each version of Order in either format, and read into one struct of an
 * application.
 */
#include "base/buf.h"
#include "harness/model.h"
#include "harness/tap.h"
#include "record/gen.h"
#include "record/text.h"

#include <stddef.h>
#include <stdio.h>

enum { EVENTS = 300 };

struct item {
    struct treaty_str sku;
    int64_t price_cents;
    int32_t qty;
};

struct order {
    struct treaty_enum status;
    struct treaty_str texts[7];
    bool has[7];
    int64_t account_id;
    int64_t amount_cents;
    int64_t ts;
    struct treaty_array items;
};

#define TEXT(name, i)                                                          \
    {                                                                          \
        .path = (name), .kind = TREATY_KIND_STRING,                            \
        .offset = offsetof(struct order, texts[i])                             \
    }
#define OPTIONAL_TEXT(name, i)                                                 \
    {                                                                          \
        .path = (name), .kind = TREATY_KIND_STRING,                            \
        .offset = offsetof(struct order, texts[i]), .optional = true,          \
        .flag_offset = offsetof(struct order, has[i])                          \
    }
#define FIELD(name, kind_, member)                                             \
    {                                                                          \
        .path = (name), .kind = TREATY_KIND_##kind_,                           \
        .offset = offsetof(struct order, member)                               \
    }
#define IN_ITEM(name, kind_, member)                                           \
    {                                                                          \
        .path = "items[]." name, .kind = TREATY_KIND_##kind_,                  \
        .offset = offsetof(struct item, member)                                \
    }

static const char *const statuses[] = {"PLACED", "PAID", "SHIPPED", NULL};

static const struct treaty_binding bindings[] = {
    {.path = "status",
     .kind = TREATY_KIND_ENUM,
     .offset = offsetof(struct order, status),
     .symbols = statuses},
    TEXT("order_id", 0),
    TEXT("currency", 1),
    OPTIONAL_TEXT("customer_email", 2),
    OPTIONAL_TEXT("shipping_address", 3),
    OPTIONAL_TEXT("user_agent", 4),
    OPTIONAL_TEXT("trace_id", 5),
    OPTIONAL_TEXT("note", 6),
    FIELD("account_id", INT64, account_id),
    FIELD("amount_cents", INT64, amount_cents),
    FIELD("ts", INT64, ts),
    FIELD("items", ARRAY, items),
    {.path = "items[]",
     .kind = TREATY_KIND_RECORD,
     .size = sizeof(struct item)},
    IN_ITEM("sku", STRING, sku),
    IN_ITEM("price_cents", INT64, price_cents),
    IN_ITEM("qty", INT32, qty),
};

/* One format: a writer's version, and the way to the application's struct. */
struct side {
    struct model writer;
    struct model reader;
    struct treaty_gen *gen;
    struct treaty_plan *encode;
    struct treaty_plan *decode;
    struct treaty_layout *app;
    struct treaty_buf payload;
    struct treaty_buf text;
};

/* The schemas of a format: PREFIX, the version, ENDING. */
struct family {
    const char *prefix;
    const char *ending;
};

static struct model open_version(const struct family *family, int version)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "%s%d%s", family->prefix, version,
                   family->ending);
    return model_open_file(name);
}

static void open_side(struct side *side, const struct family *family,
                      int version, enum treaty_gen_style style)
{
    const struct treaty_plan_options options = {.walk_to_end = true};
    const struct treaty_format *format;
    struct treaty_error err = {0};

    *side = (struct side){0};
    side->writer = open_version(family, version);
    side->reader = open_version(family, 3);
    format = side->writer.schema->format;
    if (treaty_layout_from_bindings(bindings,
                                    sizeof(bindings) / sizeof(bindings[0]),
                                    sizeof(struct order), &side->app, &err) ||
        treaty_gen_new(side->writer.layout, style, &side->gen, &err) ||
        format->encode_plan(side->writer.schema, side->writer.layout, &options,
                            &side->encode, &err) ||
        format->decode_plan(side->writer.schema, side->reader.schema, side->app,
                            &options, &side->decode, &err))
        tap_fail(__FILE__, __LINE__, "version %d: %s", version, err.message);
}

static void close_side(struct side *side)
{
    treaty_gen_free(side->gen);
    treaty_plan_unref(side->encode);
    treaty_plan_unref(side->decode);
    treaty_layout_unref(side->app);
    treaty_buf_release(&side->payload);
    treaty_buf_release(&side->text);
    model_close(&side->writer);
    model_close(&side->reader);
}

/* Make the event, send it through its format, and print the struct. */
static bool take(struct side *side, const struct treaty_gen_identity *identity,
                 struct treaty_arena *arena)
{
    void *record =
        treaty_arena_calloc(arena, 1, side->writer.layout->root->size);
    struct order order = {0};
    struct treaty_error err = {0};

    treaty_buf_clear(&side->payload);
    treaty_buf_clear(&side->text);
    if (treaty_gen_event(side->gen, identity, record, arena) ||
        treaty_plan_encode(side->encode, record, &side->payload, &err) ||
        treaty_plan_decode(side->decode, treaty_buf_str(&side->payload), &order,
                           arena, &err)) {
        tap_fail(__FILE__, __LINE__, "event %d: %s (%s)",
                 (int)identity->sequence, err.message, err.path);
        return false;
    }
    treaty_record_write(&side->text, side->app->root, &order,
                        TREATY_TEXT_PLAIN);
    return true;
}

static void compare_version(int version, enum treaty_gen_style style)
{
    static const struct family as_avro = {"order-v", ".avsc"};
    static const struct family as_proto = {"order/protobuf/order-v", ".proto"};
    struct treaty_arena arena = {0};
    struct side avro;
    struct side proto;

    open_side(&avro, &as_avro, version, style);
    open_side(&proto, &as_proto, version, style);
    for (uint64_t i = 0; i < EVENTS && avro.decode && proto.decode; i++) {
        struct treaty_gen_identity identity = {(uint32_t)version, i, 42};

        if (!take(&avro, &identity, &arena) ||
            !take(&proto, &identity, &arena) ||
            !CHECK_STR(treaty_buf_str(&proto.text), treaty_buf_str(&avro.text)))
            break;
        treaty_arena_reset(&arena);
    }
    CHECK(avro.text.len > 200);
    close_side(&avro);
    close_side(&proto);
    treaty_arena_release(&arena);
}

static void likely_events_agree(void)
{
    for (int version = 1; version <= 4; version++)
        compare_version(version, TREATY_GEN_LIKELY);
}

static void odd_events_agree(void)
{
    for (int version = 1; version <= 4; version++)
        compare_version(version, TREATY_GEN_EDGE);
}

TAP_MAIN({"likely events are the same in both formats", likely_events_agree},
         {"odd ones, too", odd_events_agree})
