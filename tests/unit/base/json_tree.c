/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about parsed JSON, and writing it. */
#include "base/json.h"

#include "harness/tap.h"

#include <math.h>

static struct treaty_arena arena;

static const struct treaty_json *parse(const char *text)
{
    const struct treaty_json_options options = {.flags = TREATY_JSON_NAN};
    const struct treaty_json *root = NULL;

    CHECK_INT(
        treaty_json_parse(&arena, treaty_str_z(text), &options, &root, NULL),
        TREATY_OK);
    return root;
}

static void gets_members(void)
{
    const struct treaty_json *root = parse("{\"a\":1,\"b\":2,\"a\":3}");

    CHECK_STR_Z(treaty_json_get(root, "a")->text, "3");
    CHECK_STR_Z(treaty_json_get_str(root, TREATY_STR("b"))->text, "2");
    CHECK(!treaty_json_get(root, "c"));
    CHECK(!treaty_json_get(parse("[1]"), "a"));
    CHECK(!treaty_json_get(NULL, "a"));
    CHECK(treaty_json_is_shadowed(root->child));
    CHECK(!treaty_json_is_shadowed(root->child->next));
    CHECK(!treaty_json_is_shadowed(root->child->next->next));
    treaty_arena_release(&arena);
}

static void converts_numbers(void)
{
    int64_t integer = 7;
    double value = 7;

    CHECK(treaty_json_to_i64(parse("-9223372036854775808"), &integer));
    CHECK(integer == INT64_MIN);
    CHECK(!treaty_json_to_i64(parse("9223372036854775808"), &integer));
    CHECK(!treaty_json_to_i64(parse("1.0"), &integer));
    CHECK(!treaty_json_to_i64(parse("1e2"), &integer));
    CHECK(!treaty_json_to_i64(parse("\"1\""), &integer));
    CHECK(treaty_json_to_double(parse("1.5e2"), &value) && value == 150);
    CHECK(treaty_json_to_double(parse("1e999"), &value) && isinf(value));
    CHECK(treaty_json_to_double(parse("NaN"), &value) && isnan(value));
    CHECK(treaty_json_to_double(parse("Infinity"), &value) &&
          value == HUGE_VAL);
    CHECK(treaty_json_to_double(parse("-Infinity"), &value) &&
          value == -HUGE_VAL);
    CHECK(!treaty_json_to_double(parse("\"1\""), &value));
    treaty_arena_release(&arena);
}

static const struct {
    const char *a, *b;
    bool is_equal;
} pairs[] = {
    {"1", "1", true},
    {"1", "1.0", false},
    {"1", "\"1\"", false},
    {"true", "false", false},
    {"true", "true", true},
    {"null", "null", true},
    {"\"a\"", "\"\\u0061\"", true},
    {"\"a\"", "\"b\"", false},
    {"[]", "[]", true},
    {"[]", "{}", false},
    {"[1,2]", "[1,2]", true},
    {"[1,2]", "[2,1]", false},
    {"[1,2]", "[1]", false},
    {"[1]", "[1,2]", false},
    {"{}", "{}", true},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":2}", false},
    {"{\"a\":1,\"b\":2}", "{\"a\":1}", false},
    {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
    {"{\"a\":1}", "{\"b\":1}", false},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}", true},
    {"{\"a\":1,\"a\":2}", "{\"a\":1}", false},
    {"{\"a\":1,\"a\":2}", "{\"a\":2,\"b\":1}", false},
    {"{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[{}]}}", true},
    {"{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[[]]}}", false},
};

static void compares(void)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct treaty_json *a = parse(pairs[i].a);
        const struct treaty_json *b = parse(pairs[i].b);

        if (treaty_json_eq(a, b) != pairs[i].is_equal ||
            treaty_json_eq(b, a) != pairs[i].is_equal)
            tap_fail(__FILE__, __LINE__, "%s and %s", pairs[i].a, pairs[i].b);
    }
    tap_add_passed(sizeof(pairs) / sizeof(pairs[0]));
    treaty_arena_release(&arena);
}

/* An object of `count` members, forwards or backwards, one value changed. */
static const struct treaty_json *make_wide(int count, bool backwards,
                                           int changed)
{
    const struct treaty_json *root = NULL;
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    for (int i = 0; i < count; i++) {
        int n = backwards ? count - 1 - i : i;

        treaty_buf_printf(&text, "%c\"n%d\":%d", i ? ',' : '{', n,
                          n == changed ? -1 : n);
    }
    treaty_buf_put_c(&text, '}');
    CHECK_INT(treaty_json_parse(&arena,
                                treaty_arena_dup(&arena, treaty_buf_str(&text)),
                                NULL, &root, NULL),
              TREATY_OK);
    treaty_buf_release(&text);
    return root;
}

/* Far too slow unless both sides are looked up through tables. */
static void compares_wide_objects(void)
{
    const struct treaty_json *a = make_wide(100000, false, -1);

    CHECK(treaty_json_eq(a, make_wide(100000, true, -1)));
    CHECK(!treaty_json_eq(a, make_wide(100000, true, 777)));
    CHECK(!treaty_json_eq(a, make_wide(99999, true, -1)));
    CHECK(!treaty_json_eq(make_wide(99999, true, -1), a));
    CHECK(treaty_json_eq(make_wide(16, true, -1), make_wide(16, false, -1)));
    CHECK(treaty_json_eq(make_wide(17, true, -1), make_wide(17, false, -1)));
    treaty_arena_release(&arena);
}

static void names_kinds(void)
{
    CHECK_STR_Z(treaty_str_z(treaty_json_kind_text(TREATY_JSON_NULL)), "null");
    CHECK_STR_Z(treaty_str_z(treaty_json_kind_text(TREATY_JSON_BOOL)),
                "a boolean");
    CHECK_STR_Z(treaty_str_z(treaty_json_kind_text(TREATY_JSON_NUMBER)),
                "a number");
    CHECK_STR_Z(treaty_str_z(treaty_json_kind_text(TREATY_JSON_STRING)),
                "a string");
    CHECK_STR_Z(treaty_str_z(treaty_json_kind_text(TREATY_JSON_ARRAY)),
                "an array");
    CHECK_STR_Z(treaty_str_z(treaty_json_kind_text(TREATY_JSON_OBJECT)),
                "an object");
}

static void writes_trees(void)
{
    static const char *const texts[][2] = {
        {" [ 1.50 , -0, 1E5 ,true,false,null, \"\" ] ",
         "[1.50,-0,1E5,true,false,null,\"\"]"},
        {"{ \"a\" : { } , \"a\":[ ], \"b\\u000a\": {\"c\":1,\"d\":2} }",
         "{\"a\":{},\"a\":[],\"b\\n\":{\"c\":1,\"d\":2}}"},
        {"\"\\u00e9\\/\\u2028\\u007f\"", "\"\xc3\xa9/\xe2\x80\xa8\x7f\""},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        treaty_json_write(&out, parse(texts[i][0]));
        CHECK_STR_Z(treaty_buf_str(&out), texts[i][1]);
        treaty_buf_release(&out);
    }
    treaty_arena_release(&arena);
}

static void quotes(void)
{
    static const char all[] = "\"\\/\b\f\n\r\t\x01\x1f\x7f'<\xc3\xa9";
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_json_quote(&out, TREATY_STR(all));
    CHECK_STR_Z(treaty_buf_str(&out), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001"
                                      "\\u001F\x7f'<\xc3\xa9\"");
    treaty_buf_clear(&out);
    treaty_json_quote(&out, (struct treaty_str){"a\0b", 3});
    treaty_json_quote(&out, (struct treaty_str){0});
    CHECK_STR_Z(treaty_buf_str(&out), "\"a\\u0000b\"\"\"");
    treaty_buf_release(&out);
}

static void prints_numbers(void)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_json_put_double(&out, 0.1);
    treaty_buf_put_c(&out, ' ');
    treaty_json_put_float(&out, 0.1f);
    treaty_buf_put_c(&out, ' ');
    treaty_json_put_double(&out, 0.1f);
    CHECK_STR_Z(treaty_buf_str(&out), "0.1 0.1 0.10000000149011612");
    treaty_buf_release(&out);
}

static void builds(void)
{
    struct treaty_buf out;
    struct treaty_json_writer w = {.out = &out};

    treaty_buf_init(&out, 0);
    treaty_json_begin_object(&w);
    treaty_json_member_str(&w, "s", TREATY_STR("a\"b"));
    treaty_json_member_i64(&w, "i", INT64_MIN);
    treaty_json_member_bool(&w, "t", true);
    treaty_json_key(&w, "list");
    treaty_json_begin_array(&w);
    treaty_json_value_null(&w);
    treaty_json_value_bool(&w, false);
    treaty_json_begin_object(&w);
    treaty_json_end_object(&w);
    treaty_json_begin_array(&w);
    treaty_json_end_array(&w);
    treaty_json_value_raw(&w, TREATY_STR("{\"x\":1}"));
    treaty_json_value_str(&w, TREATY_STR("z"));
    treaty_json_end_array(&w);
    treaty_json_key(&w, "n");
    treaty_json_value_i64(&w, 5);
    treaty_json_end_object(&w);
    CHECK_STR_Z(treaty_buf_str(&out),
                "{\"s\":\"a\\\"b\",\"i\":-9223372036854775808,\"t\":true,"
                "\"list\":[null,false,{},[],{\"x\":1},\"z\"],\"n\":5}");
    treaty_buf_release(&out);
}

TAP_MAIN({"gets members", gets_members}, {"converts numbers", converts_numbers},
         {"compares", compares},
         {"compares wide objects", compares_wide_objects},
         {"names kinds", names_kinds}, {"writes trees", writes_trees},
         {"quotes", quotes}, {"prints numbers", prints_numbers},
         {"builds", builds})
