/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layout bound to an application's struct: what a decode fills in is what
 * the compiler sees, and a table that does not fit is refused by row.
 */
#include "base/error.h"
#include "format/format.h"
#include "harness/tap.h"
#include "plan/plan.h"

#include <stddef.h>

struct line {
    struct treaty_str sku;
    int32_t qty;
    bool has_gift;
    struct treaty_str gift;
};

struct stock {
    struct treaty_str key;
    double price;
    struct treaty_enum state;
};

struct order {
    struct treaty_str id;
    bool paid;
    bool has_note;
    bool has_customer;
    uint8_t tag[3];
    struct treaty_enum status;
    struct {
        struct treaty_str name;
        int64_t since;
    } customer;
    struct treaty_array lines;
    struct treaty_array words;
    struct treaty_array stock;
    float rate;
    struct treaty_str note;
    struct treaty_array ages; /* of {bool, int32_t} */
};

struct age {
    bool known;
    int32_t years;
};

static const char *const statuses[] = {"SHIPPED", "PAID", NULL};
static const char *const states[] = {"IN", "OUT", NULL};

#define AT(field) offsetof(struct order, field)

static const struct treaty_binding rows[] = {
    {.path = "id", AT(id), TREATY_KIND_STRING},
    {.path = "paid", AT(paid), TREATY_KIND_BOOL},
    {.path = "tag", AT(tag), TREATY_KIND_FIXED, 3},
    {.path = "status", AT(status), TREATY_KIND_ENUM, .symbols = statuses},
    {.path = "customer",
     .kind = TREATY_KIND_RECORD,
     .optional = true,
     .flag_offset = AT(has_customer)},
    {.path = "customer.name", AT(customer.name), TREATY_KIND_STRING},
    {.path = "customer.since", AT(customer.since), TREATY_KIND_INT64},
    {.path = "lines", AT(lines), TREATY_KIND_ARRAY},
    {.path = "lines[]",
     .kind = TREATY_KIND_RECORD,
     .size = sizeof(struct line)},
    {.path = "lines[].sku", offsetof(struct line, sku), TREATY_KIND_STRING},
    {.path = "lines[].qty", offsetof(struct line, qty), TREATY_KIND_INT32},
    {.path = "lines[].gift",
     offsetof(struct line, gift),
     TREATY_KIND_STRING,
     .optional = true,
     .flag_offset = offsetof(struct line, has_gift)},
    {.path = "words", AT(words), TREATY_KIND_ARRAY},
    {.path = "words[]", 0, TREATY_KIND_STRING},
    {.path = "stock", AT(stock), TREATY_KIND_MAP},
    {.path = "stock{}",
     .kind = TREATY_KIND_RECORD,
     .size = sizeof(struct stock)},
    {.path = "stock{}.price",
     offsetof(struct stock, price),
     TREATY_KIND_DOUBLE},
    {.path = "stock{}.state",
     offsetof(struct stock, state),
     TREATY_KIND_ENUM,
     .symbols = states},
    {.path = "rate", AT(rate), TREATY_KIND_FLOAT},
    {.path = "note",
     AT(note),
     TREATY_KIND_STRING,
     .optional = true,
     .flag_offset = AT(has_note)},
    {.path = "ages", AT(ages), TREATY_KIND_ARRAY},
    {.path = "ages[]",
     offsetof(struct age, years),
     TREATY_KIND_INT32,
     .optional = true,
     .flag_offset = offsetof(struct age, known)},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"Order\",\"fields\":["
    "{\"name\":\"rate\",\"type\":\"float\"},"
    "{\"name\":\"id\",\"type\":\"string\"},"
    "{\"name\":\"unbound\",\"type\":\"long\",\"default\":6},"
    "{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":"
    "{\"type\":\"record\",\"name\":\"Line\",\"fields\":["
    "{\"name\":\"qty\",\"type\":\"int\"},{\"name\":\"sku\",\"type\":\"string\"}"
    ","
    "{\"name\":\"gift\",\"type\":[\"null\",\"string\"]}]}}},"
    "{\"name\":\"paid\",\"type\":\"boolean\"},"
    "{\"name\":\"tag\",\"type\":"
    "{\"type\":\"fixed\",\"name\":\"Tag\",\"size\":3}},"
    "{\"name\":\"status\",\"type\":{\"type\":\"enum\",\"name\":\"Status\","
    "\"symbols\":[\"NEW\",\"PAID\",\"SHIPPED\"]}},"
    "{\"name\":\"customer\",\"type\":[\"null\",{\"type\":\"record\","
    "\"name\":\"Customer\",\"fields\":[{\"name\":\"name\","
    "\"type\":\"string\"},{\"name\":\"since\",\"type\":\"long\"}]}]},"
    "{\"name\":\"words\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
    "{\"name\":\"stock\",\"type\":{\"type\":\"map\",\"values\":"
    "{\"type\":\"record\",\"name\":\"Stock\",\"fields\":["
    "{\"name\":\"price\",\"type\":\"double\"},{\"name\":\"state\",\"type\":"
    "{\"type\":\"enum\",\"name\":\"State\",\"symbols\":[\"OUT\",\"IN\"]}}]}}},"
    "{\"name\":\"note\",\"type\":[\"string\",\"null\"]},"
    "{\"name\":\"ages\",\"type\":{\"type\":\"array\",\"items\":"
    "[\"null\",\"int\"]}}]}";

static const char payload[] = "\x00\x00\xc0\x3f" /* rate 1.5 */
                              "\x04o1\x0c"       /* id, unbound 6 */
                              "\x04\x06\x02x\x00\x08\x02y\x02\x02g\x00"
                              "\x01"
                              "tag"
                              "\x04" /* SHIPPED */
                              "\x02\x06"
                              "Ann\x14"        /* customer */
                              "\x02\x04hi\x00" /* words */
                              "\x02\x02k\0\0\0\0\0\0\xf8\x3f\x02\x00" /* IN */
                              "\x00\x06yes"                           /* note */
                              "\x04\x02\x0e\x00\x00"; /* ages 7, null */

static struct treaty_schema *parse(const char *text)
{
    const struct treaty_source source = {.text = treaty_str_z(text)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err;

    if (treaty_schema_parse(NULL, &source, &schema, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

static void check_order(const struct order *order)
{
    const struct line *lines = order->lines.items;
    const struct stock *stock = order->stock.items;
    const struct treaty_str *words = order->words.items;
    const struct age *ages = order->ages.items;

    CHECK_STR_Z(order->id, "o1");
    CHECK(order->paid);
    CHECK(memcmp(order->tag, "tag", 3) == 0);
    CHECK_INT(order->status.symbol, 0);
    CHECK_INT(order->status.raw, 2);
    CHECK(order->has_customer);
    CHECK_STR_Z(order->customer.name, "Ann");
    CHECK_INT(order->customer.since, 10);
    CHECK_INT(order->lines.count, 2);
    CHECK_STR_Z(lines[0].sku, "x");
    CHECK_INT(lines[0].qty, 3);
    CHECK(!lines[0].has_gift);
    CHECK_STR_Z(lines[1].sku, "y");
    CHECK(lines[1].has_gift);
    CHECK_STR_Z(lines[1].gift, "g");
    CHECK_INT(order->words.count, 1);
    CHECK_STR_Z(words[0], "hi");
    CHECK_INT(order->stock.count, 1);
    CHECK_STR_Z(stock[0].key, "k");
    CHECK(stock[0].price > 1.49 && stock[0].price < 1.51);
    CHECK_INT(stock[0].state.symbol, 0);
    CHECK_INT(stock[0].state.raw, 1);
    CHECK(order->has_note);
    CHECK_STR_Z(order->note, "yes");
    CHECK_INT(order->ages.count, 2);
    CHECK(ages[0].known && ages[0].years == 7);
    CHECK(!ages[1].known);
}

static void round_trip(void)
{
    struct treaty_schema *schema = parse(schema_text);
    struct treaty_layout *layout = NULL;
    struct treaty_plan *decode = NULL;
    struct treaty_plan *encode = NULL;
    const struct treaty_str bytes = {payload, sizeof(payload) - 1};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_buf out;
    struct order order;

    treaty_buf_init(&out, 0);
    if (treaty_layout_from_bindings(rows, ROWS, sizeof(struct order), &layout,
                                    &err) ||
        schema->format->decode_plan(schema, schema, layout, NULL, &decode,
                                    &err) ||
        schema->format->encode_plan(schema, layout, NULL, &encode, &err)) {
        tap_fail(__FILE__, __LINE__, "%s %s", err.path, err.message);
        return;
    }
    memset(&order, 0xA5, sizeof(order));
    CHECK_INT(treaty_plan_decode(decode, bytes, &order, &arena, &err),
              TREATY_OK);
    check_order(&order);
    CHECK_INT(treaty_plan_record_size(decode), sizeof(order));
    /* The field that is not bound is written as its default. */
    CHECK_INT(treaty_plan_encode(encode, &order, &out, &err), TREATY_OK);
    CHECK_STR(treaty_buf_str(&out), bytes);

    order.status.symbol = -1;
    CHECK_INT(treaty_plan_encode(encode, &order, &out, &err), TREATY_EVALUE);
    CHECK_STR_Z(treaty_str_z(err.path), "/status");
    CHECK_STR(treaty_buf_str(&out), bytes); /* what was there stays */

    treaty_buf_release(&out);
    treaty_arena_release(&arena);
    treaty_plan_unref(decode);
    treaty_plan_unref(encode);
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
}

/* A table of one or two rows, and what is wrong with it. */
struct wrong {
    struct treaty_binding rows[2];
    const char *message;
};

static const struct wrong wrongs[] = {
    {{{.path = ""}}, "row 0, \"\": the path is empty"},
    {{{.path = "a..b"}}, "row 0, \"a..b\": the path is malformed"},
    {{{.path = "[]"}}, "row 0, \"[]\": the path is malformed"},
    {{{.path = "a[}"}}, "row 0, \"a[}\": the path is malformed"},
    {{{"a", 0, TREATY_KIND_INT32, .flag_offset = 0},
      {"a", 4, TREATY_KIND_INT32, .flag_offset = 0}},
     "row 1, \"a\": the path was bound by an earlier row"},
    {{{.path = "a", 30, TREATY_KIND_INT32}},
     "row 0, \"a\": it lies outside its struct"},
    {{{.path = "a", 2, TREATY_KIND_INT32}},
     "row 0, \"a\": its offset is not aligned"},
    {{{.path = "a", 0, TREATY_KIND_ENUM}},
     "row 0, \"a\": an enum needs the list of its symbols"},
    {{{.path = "a", 0, TREATY_KIND_UNION}},
     "row 0, \"a\": unions and pointers cannot be bound by a table; an "
     "optional value is bound by its own kind and a flag"},
    {{{.path = "a", 0, TREATY_KIND_INT32},
      {.path = "a.b", 4, TREATY_KIND_INT32}},
     "row 0, \"a\": only records, arrays and maps have parts"},
    {{{.path = "a", 0, TREATY_KIND_ARRAY}},
     "row 0, \"a\": an array needs a row for its items, PATH[], and no other"},
    {{{.path = "a", 0, TREATY_KIND_MAP}, {.path = "a[]", 0, TREATY_KIND_INT32}},
     "row 0, \"a\": a map needs a row for its values, PATH{}, and no other"},
    {{{.path = "a", 0, TREATY_KIND_ARRAY},
      {.path = "a[]", 0, TREATY_KIND_RECORD}},
     "row 1, \"a[]\": the size of its struct is missing"},
    {{{.path = "a", 0, TREATY_KIND_MAP}, {.path = "a{}", 0, TREATY_KIND_INT32}},
     "row 1, \"a{}\": an item starts at 0, and the value of a map behind the "
     "key"},
    {{{.path = "a", 0, TREATY_KIND_ARRAY},
      {.path = "a[].b", 0, TREATY_KIND_INT32}},
     "\"[]\": the items of an array and the values of a map need a row of "
     "their own"},
    {{{.path = "a", 0, TREATY_KIND_INT32, .optional = true, .flag_offset = 32}},
     "row 0, \"a\": its flag lies outside its struct"},
};

static void refusals(void)
{
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct treaty_layout *layout = NULL;
        struct treaty_error err;
        size_t count = wrongs[i].rows[1].path ? 2 : 1;

        CHECK_INT(treaty_layout_from_bindings(wrongs[i].rows, count, 32,
                                              &layout, &err),
                  TREATY_EBIND);
        CHECK_STR_Z(treaty_str_z(err.message), wrongs[i].message);
        CHECK(!layout);
    }
}

/* Layouts that are sound by themselves but not this schema's. */
static void misfits(void)
{
    static const struct {
        struct treaty_binding row;
        const char *message;
    } cases[] = {
        {{.path = "nope", 0, TREATY_KIND_INT32},
         "the schema has no field \"nope\""},
        {{.path = "id", 0, TREATY_KIND_INT32},
         "the schema has \"string\" here, which the layout's type cannot "
         "hold"},
        {{.path = "tag", 0, TREATY_KIND_FIXED, 4},
         "the layout has another size than fixed \"Tag\""},
        {{.path = "paid",
          0,
          TREATY_KIND_BOOL,
          .optional = true,
          .flag_offset = 1},
         "the schema has \"boolean\" here, which is never absent; the layout "
         "has an optional value"},
    };
    struct treaty_schema *schema = parse(schema_text);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct treaty_layout *layout = NULL;
        struct treaty_plan *plan = NULL;
        struct treaty_error err;

        CHECK_INT(
            treaty_layout_from_bindings(&cases[i].row, 1, 32, &layout, &err),
            TREATY_OK);
        CHECK_INT(schema->format->decode_plan(schema, schema, layout, NULL,
                                              &plan, &err),
                  TREATY_EBIND);
        CHECK_STR_Z(treaty_str_z(err.message), cases[i].message);
        CHECK_INT(
            schema->format->encode_plan(schema, layout, NULL, &plan, &err),
            TREATY_EBIND);
        treaty_layout_unref(layout);
    }
    treaty_schema_unref(schema);
}

/* Fields that have no default must be bound by one who writes. */
static void encode_needs_fields(void)
{
    struct treaty_schema *schema = parse(schema_text);
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    struct treaty_error err;

    CHECK_INT(treaty_layout_from_bindings(rows, 1, sizeof(struct order),
                                          &layout, &err),
              TREATY_OK);
    CHECK_INT(schema->format->encode_plan(schema, layout, NULL, &plan, &err),
              TREATY_EBIND);
    CHECK_STR_Z(treaty_str_z(err.message),
                "the layout has no field \"rate\", and the schema gives it no "
                "default");
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
}

static void fingerprints(void)
{
    struct treaty_binding copy[ROWS];
    struct treaty_layout *a = NULL;
    struct treaty_layout *b = NULL;
    struct treaty_layout *c = NULL;

    memcpy(copy, rows, sizeof(rows));
    copy[1].offset++;
    CHECK_INT(
        treaty_layout_from_bindings(rows, ROWS, sizeof(struct order), &a, NULL),
        TREATY_OK);
    CHECK_INT(
        treaty_layout_from_bindings(rows, ROWS, sizeof(struct order), &b, NULL),
        TREATY_OK);
    CHECK_INT(
        treaty_layout_from_bindings(copy, ROWS, sizeof(struct order), &c, NULL),
        TREATY_OK);
    CHECK(a->fingerprint == b->fingerprint);
    CHECK(a->fingerprint != c->fingerprint);
    treaty_layout_unref(treaty_layout_ref(a));
    treaty_layout_unref(a);
    treaty_layout_unref(b);
    treaty_layout_unref(c);
}

TAP_MAIN({"a struct is filled and written", round_trip},
         {"tables that are wrong", refusals},
         {"tables that fit another schema", misfits},
         {"an encoder needs what has no default", encode_needs_fields},
         {"fingerprints", fingerprints})
