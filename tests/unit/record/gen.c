/* SPDX-License-Identifier: Apache-2.0 */
#include "record/gen.h"

#include "base/buf.h"
#include "harness/model.h"
#include "harness/tap.h"
#include "record/text.h"

#define NODE                                                                   \
    "{\"type\":\"record\",\"name\":\"Node\",\"fields\":["                      \
    "{\"name\":\"value\",\"type\":\"int\"},"                                   \
    "{\"name\":\"next\",\"type\":[\"null\",\"Node\"]},"                        \
    "{\"name\":\"kids\",\"type\":{\"type\":\"array\",\"items\":\"Node\"}}]}"

#define WIDE                                                                   \
    "{\"type\":\"record\",\"name\":\"W\",\"fields\":["                         \
    "{\"name\":\"u\",\"type\":[\"int\",\"string\",\"boolean\"]},"              \
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\","              \
    "\"symbols\":[\"A\",\"B\",\"C\"]}},"                                       \
    "{\"name\":\"o\",\"type\":[\"null\",\"long\"]},"                           \
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"double\"}},"      \
    "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\","             \
    "\"size\":3}},{\"name\":\"b\",\"type\":\"bytes\"}]}"

/* One event of `gen` as JSON. */
static void print_event(struct treaty_buf *out, const struct model *model,
                        const struct treaty_gen *gen, uint64_t sequence)
{
    struct treaty_gen_identity identity = {3, sequence, 99};
    struct treaty_arena arena = {0};
    void *record =
        treaty_arena_calloc(&arena, 1, model->layout->root->size + 1);

    treaty_buf_clear(out);
    CHECK_INT(treaty_gen_event(gen, &identity, record, &arena), TREATY_OK);
    treaty_record_write(out, model->layout->root, record, TREATY_TEXT_AVRO);
    treaty_arena_release(&arena);
}

static void same_seed_same_event(void)
{
    struct model model = model_open_file("order-v3.avsc");
    struct treaty_gen *gen = NULL;
    struct treaty_gen *again = NULL;
    struct treaty_buf one;
    struct treaty_buf two;

    treaty_buf_init(&one, 0);
    treaty_buf_init(&two, 0);
    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_LIKELY, &gen, NULL), 0);
    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_LIKELY, &again, NULL), 0);
    for (uint64_t i = 0; i < 100; i++) {
        print_event(&one, &model, gen, i);
        print_event(&two, &model, again, i);
        CHECK_STR(treaty_buf_str(&one), treaty_buf_str(&two));
        print_event(&two, &model, gen, i + 1);
        CHECK(!treaty_str_eq(treaty_buf_str(&one), treaty_buf_str(&two)));
    }
    treaty_gen_free(gen);
    treaty_gen_free(again);
    treaty_buf_release(&one);
    treaty_buf_release(&two);
    model_close(&model);
}

static void order_carries_identity(void)
{
    struct model model = model_open_file("order-v1.avsc");
    struct treaty_gen_identity identity = {0xabcdef01u, 123456789012u,
                                           0xfedcba9876543210u};
    struct treaty_gen_identity back;
    struct treaty_arena arena = {0};
    struct treaty_value value;
    struct treaty_gen *gen = NULL;
    void *record = treaty_arena_calloc(&arena, 1, model.layout->root->size);

    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_LIKELY, &gen, NULL), 0);
    CHECK(treaty_gen_carries_identity(gen));
    CHECK_INT(treaty_gen_event(gen, &identity, record, &arena), TREATY_OK);
    CHECK_INT(treaty_record_get(model.layout, record, "order_id", &value, NULL),
              0);
    CHECK_STR_Z(value.as.str, "abcdef01001cbe991a14fedcba9876543210");
    CHECK(treaty_gen_identity_parse(value.as.str, &back));
    CHECK_INT(back.producer, identity.producer);
    CHECK_INT(back.sequence, identity.sequence);
    CHECK(back.seed == identity.seed);
    treaty_gen_free(gen);
    treaty_arena_release(&arena);
    model_close(&model);
}

static void identity_refuses_other_text(void)
{
    struct treaty_gen_identity back;

    CHECK(!treaty_gen_identity_parse(TREATY_STR(""), &back));
    CHECK(!treaty_gen_identity_parse(
        TREATY_STR("abcdef01001cbe991a14fedcba987654321"), &back));
    CHECK(!treaty_gen_identity_parse(
        TREATY_STR("abcdef01001cbe991a14fedcba98765432100"), &back));
    CHECK(!treaty_gen_identity_parse(
        TREATY_STR("abcdef01001cbe991a14fedcba987654321G"), &back));
    CHECK(!treaty_gen_identity_parse(
        TREATY_STR("ABCDEF01001cbe991a14fedcba9876543210"), &back));
}

/* Over 500 edge events every branch, symbol and null must have occurred. */
static void edge_reaches_everything(void)
{
    static const char *const parts[] = {"\"u\":{\"int\"",
                                        "\"u\":{\"string\"",
                                        "\"u\":{\"boolean\"",
                                        "\"e\":\"A\"",
                                        "\"e\":\"B\"",
                                        "\"e\":\"C\"",
                                        "\"o\":null",
                                        "\"o\":{\"long\":",
                                        "\"m\":{}",
                                        "-9223372036854775808",
                                        "9223372036854775807",
                                        "-2147483648",
                                        "\"NaN\"",
                                        "\"Infinity\"",
                                        "\"b\":\"\""};
    struct model model = model_open(WIDE);
    struct treaty_gen *gen = NULL;
    struct treaty_buf out;
    size_t found[sizeof(parts) / sizeof(parts[0])] = {0};

    treaty_buf_init(&out, 0);
    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_EDGE, &gen, NULL), 0);
    for (uint64_t i = 0; i < 500; i++) {
        print_event(&out, &model, gen, i);
        treaty_buf_put_c(&out, '\0');
        for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++)
            found[p] += strstr(out.data, parts[p]) != NULL;
    }
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        if (!found[p])
            tap_fail(__FILE__, __LINE__, "never generated: %s", parts[p]);
    }
    treaty_gen_free(gen);
    treaty_buf_release(&out);
    model_close(&model);
}

static void recursion_ends(void)
{
    struct model model = model_open(NODE);
    struct treaty_gen *gen = NULL;
    struct treaty_buf out;
    size_t longest = 0;

    treaty_buf_init(&out, 0);
    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_EDGE, &gen, NULL), 0);
    for (uint64_t i = 0; i < 300; i++) {
        print_event(&out, &model, gen, i);
        if (out.len > longest)
            longest = out.len;
    }
    CHECK(longest > 100);
    CHECK(longest < 1000000);
    treaty_gen_free(gen);
    treaty_buf_release(&out);
    model_close(&model);
}

static void uninhabited_is_refused(void)
{
    static const char *const schemas[] = {
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"r\",\"type\":\"R\"}]}",
    };

    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        struct model model = model_open(schemas[i]);
        struct treaty_gen *gen = NULL;
        struct treaty_error err;

        CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_EDGE, &gen, &err),
                  TREATY_EVALUE);
        CHECK(gen == NULL);
        model_close(&model);
    }
}

/* The size that "512-byte Orders" speaks of, give or take. */
static void orders_have_their_size(void)
{
    struct model model = model_open_file("order-v3.avsc");
    struct treaty_plan_options options = {0};
    struct treaty_plan *plan = NULL;
    struct treaty_gen *gen = NULL;
    struct treaty_arena arena = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_LIKELY, &gen, NULL), 0);
    CHECK_INT(treaty_format_avro.encode_plan(model.schema, model.layout,
                                             &options, &plan, NULL),
              0);
    for (uint64_t i = 0; i < 2000; i++) {
        struct treaty_gen_identity identity = {0, i, 1};
        void *record = treaty_arena_calloc(&arena, 1, model.layout->root->size);

        CHECK_INT(treaty_gen_event(gen, &identity, record, &arena), 0);
        CHECK_INT(treaty_plan_encode(plan, record, &out, NULL), 0);
        treaty_arena_reset(&arena);
    }
    tap_note("mean size of order-v3: %zu bytes", out.len / 2000);
    CHECK(out.len / 2000 > 490);
    CHECK(out.len / 2000 < 535);
    treaty_plan_unref(plan);
    treaty_gen_free(gen);
    treaty_buf_release(&out);
    treaty_arena_release(&arena);
    model_close(&model);
}

TAP_MAIN({"the same seed makes the same event", same_seed_same_event},
         {"an order carries its identity", order_carries_identity},
         {"other texts are no identity", identity_refuses_other_text},
         {"edge events reach every branch", edge_reaches_everything},
         {"recursive events end", recursion_ends},
         {"types without values are refused", uninhabited_is_refused},
         {"orders have about 512 bytes", orders_have_their_size})
