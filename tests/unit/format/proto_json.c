/* SPDX-License-Identifier: Apache-2.0 */
/* ProtoJSON of schemas, where a schema is needed: names, groups, Any. */
#include "base/buf.h"
#include "harness/model.h"
#include "harness/tap.h"
#include "record/text.h"

#define HOLDER                                                                 \
    "syntax = \"proto3\"; package x;"                                          \
    "import \"google/protobuf/any.proto\";"                                    \
    "import \"google/protobuf/duration.proto\";"                               \
    "message Holder { google.protobuf.Any any = 1;"                            \
    " repeated google.protobuf.Any many = 2; }"                                \
    "message Item { string sku = 1; int64 price_cents = 2; Holder in = 3;"     \
    " message Part { int32 n = 1; } }"

static enum treaty_code convert(const struct model *model, const char *in,
                                struct treaty_buf *out,
                                struct treaty_error *err)
{
    const struct treaty_type *type = model->layout->root;
    struct treaty_arena arena = {0};
    void *record = treaty_arena_calloc(&arena, 1, type->size + 1);
    const struct treaty_json *value = NULL;
    enum treaty_code code =
        treaty_json_parse(&arena, treaty_str_z(in), NULL, &value, err);

    if (!code)
        code = treaty_record_read(&arena, type, value, TREATY_TEXT_PLAIN,
                                  record, err);
    if (!code)
        treaty_record_write(out, type, record, TREATY_TEXT_PLAIN);
    treaty_arena_release(&arena);
    return code;
}

static void comes_back(const struct model *model, const char *in,
                       const char *want)
{
    struct treaty_error err = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (convert(model, in, &out, &err))
        tap_fail(__FILE__, __LINE__, "%s: %s (%s)", in, err.message, err.path);
    else
        CHECK_STR_Z(treaty_buf_str(&out), want);
    treaty_buf_release(&out);
}

static void fails(const struct model *model, const char *in, size_t offset,
                  const char *path)
{
    struct treaty_error err = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    CHECK(convert(model, in, &out, &err) != TREATY_OK);
    tap_check_int((int64_t)err.offset, (int64_t)offset, __FILE__, __LINE__, in);
    CHECK_STR_Z(treaty_str_z(err.path), path);
    treaty_buf_release(&out);
}

#define URL "type.googleapis.com/"

static void any_holds_messages_of_the_schema(void)
{
    static const char *const same[] = {
        "{}",
        "{\"any\":{}}",
        "{\"any\":{\"@type\":\"" URL "x.Item\"}}",
        "{\"any\":{\"@type\":\"" URL "x.Item\",\"sku\":\"a\","
        "\"priceCents\":\"5\"}}",
        "{\"any\":{\"@type\":\"other/x.Item.Part\",\"n\":1}}",
        /* An import's message, and one that has a text. */
        "{\"any\":{\"@type\":\"" URL "google.protobuf.Duration\","
        "\"value\":\"1.500s\"}}",
        /* Any in Any, directly and within a message. */
        "{\"any\":{\"@type\":\"" URL "google.protobuf.Any\",\"value\":"
        "{\"@type\":\"" URL "x.Item\",\"sku\":\"a\"}}}",
        "{\"many\":[{\"@type\":\"" URL "x.Holder\",\"any\":{\"@type\":\"" URL
        "x.Item\",\"in\":{\"any\":{}}}}]}",
        /* What the schema does not have is bytes. */
        "{\"any\":{\"typeUrl\":\"" URL "x.Nope\",\"value\":\"AQI=\"}}",
        "{\"any\":{\"typeUrl\":\"x.Item\"}}",
        /* No message at all. */
        "{\"any\":{\"typeUrl\":\"" URL "x.Item\",\"value\":\"Cv8=\"}}",
    };
    struct model model = model_open_proto(HOLDER);

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        comes_back(&model, same[i], same[i]);
    comes_back(&model,
               "{\"any\":{\"price_cents\":7,\"@type\":\"" URL "x.Item\"}}",
               "{\"any\":{\"@type\":\"" URL "x.Item\",\"priceCents\":\"7\"}}");
    model_close(&model);
}

static void any_refuses_the_rest(void)
{
    struct model model = model_open_proto(HOLDER);

    fails(&model, "{\"any\":{\"@type\":\"" URL "x.Nope\"}}", 16, "/any");
    fails(&model, "{\"any\":{\"@type\":\"x.Item\"}}", 16, "/any");
    fails(&model, "{\"any\":{\"@type\":1}}", 16, "/any");
    fails(&model, "{\"any\":{\"@type\":\"/x.Item\",\"sku\":1}}", 32,
          "/any/sku");
    fails(&model, "{\"any\":{\"@type\":\"/google.protobuf.Duration\"}}", 7,
          "/any");
    fails(&model,
          "{\"any\":{\"@type\":\"/google.protobuf.Duration\",\"value\":\"1s\","
          "\"x\":1}}",
          57, "/any");
    model_close(&model);
}

static void names_are_those_of_the_schema(void)
{
    struct model model = model_open_proto(
        "syntax = \"proto2\"; message M {"
        " optional int32 foo_bar = 1;"
        " optional int32 _under = 2;"
        " optional int32 Upper__x_1 = 3;"
        " optional int32 own = 4 [json_name = \"@own\"];"
        " optional group My_Group = 5 { optional int32 in_it = 1; }"
        " required bool must = 6;"
        " optional E e = 7 [default = B]; enum E { A = 3; B = 4; } }");

    comes_back(&model,
               "{\"fooBar\":1,\"Under\":2,\"UpperX1\":3,\"@own\":4,"
               "\"myGroup\":{\"inIt\":5},\"must\":false,\"e\":\"A\"}",
               "{\"fooBar\":1,\"Under\":2,\"UpperX1\":3,\"@own\":4,"
               "\"myGroup\":{\"inIt\":5},\"must\":false,\"e\":\"A\"}");
    comes_back(&model,
               "{\"foo_bar\":1,\"_under\":2,\"Upper__x_1\":3,\"own\":4,"
               "\"my_group\":{\"in_it\":5},\"must\":true,\"e\":3}",
               "{\"fooBar\":1,\"Under\":2,\"UpperX1\":3,\"@own\":4,"
               "\"myGroup\":{\"inIt\":5},\"must\":true,\"e\":\"A\"}");
    fails(&model, "{\"must\":true,\"e\":5}", 17, "/e");
    fails(&model, "{\"fooBar\":1}", 0, "");
    model_close(&model);
}

static const char big[] =
    "{\"any\":{\"@type\":\"" URL "x.Holder\",\"many\":[{\"@type\":\"" URL
    "x.Item\",\"sku\":\"a\",\"in\":{\"any\":{\"@type\":\"" URL
    "google.protobuf.Duration\",\"value\":\"2s\"}}}]},"
    "\"many\":[{\"typeUrl\":\"x\",\"value\":\"AQID\"},{}]}";

/* The arena alone runs out: what an Any keeps lies elsewhere. */
static void reading_runs_out_of_memory(void)
{
    struct model model = model_open_proto(HOLDER);
    const struct treaty_type *type = model.layout->root;
    struct treaty_arena text = {0};
    const struct treaty_json *value = NULL;
    enum treaty_code code = TREATY_ENOMEM;

    CHECK_INT(treaty_json_parse(&text, treaty_str_z(big), NULL, &value, NULL),
              TREATY_OK);
    for (size_t n = 1; code != TREATY_OK && n < 100; n++) {
        struct tap_alloc state = {.fail_at = n};
        struct treaty_alloc alloc = tap_alloc_hook(&state);
        struct treaty_arena arena;
        void *record = treaty_arena_calloc(&text, 1, type->size + 1);

        treaty_arena_init(&arena, 0, &alloc);
        code = treaty_record_read(&arena, type, value, TREATY_TEXT_PLAIN,
                                  record, NULL);
        CHECK(code == TREATY_OK || code == TREATY_ENOMEM);
        treaty_arena_release(&arena);
        CHECK_INT(state.live, 0);
    }
    CHECK_INT(code, TREATY_OK);
    treaty_arena_release(&text);
    model_close(&model);
}

TAP_MAIN({"an Any has the fields of what is in it",
          any_holds_messages_of_the_schema},
         {"a bad Any has its place", any_refuses_the_rest},
         {"reading runs out of memory", reading_runs_out_of_memory},
         {"names in JSON are those of the schema",
          names_are_those_of_the_schema})
