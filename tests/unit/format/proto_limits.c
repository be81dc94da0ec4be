/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that would take long or deep stacks to print. */
#include "format/protobuf/format.h"
#include "harness/tap.h"

#include <time.h>

enum {
    DEPTH_MAX = 256,
    MANY = 50000,
    SECONDS_MAX = 10, /* linear work takes a tenth of one, quadratic minutes */
};

static const char head[] = "syntax = \"proto2\"; message M { "
                           "optional int32 a = 1 [";

/* Parse and normalise; the code of what fails first. */
static enum treaty_code use(struct treaty_str text)
{
    struct treaty_source source = {.text = text};
    struct treaty_schema *schema = NULL;
    struct treaty_buf out;
    enum treaty_code code =
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, NULL);

    if (code)
        return code;
    treaty_buf_init(&out, 0);
    code = treaty_proto_normalize(schema, &out, NULL);
    treaty_buf_release(&out);
    treaty_schema_unref(schema);
    return code;
}

static enum treaty_code use_parts(int count)
{
    struct treaty_buf text;
    enum treaty_code code;

    treaty_buf_init(&text, 0);
    treaty_buf_printf(&text, "%s(x)", head);
    for (int i = 1; i < count; i++)
        treaty_buf_put_z(&text, ".y");
    treaty_buf_put_z(&text, " = 1]; }");
    code = use(treaty_buf_str(&text));
    treaty_buf_release(&text);
    return code;
}

static void names_of_options_nest(void)
{
    CHECK_INT(use_parts(1), TREATY_OK);
    CHECK_INT(use_parts(DEPTH_MAX), TREATY_OK);
    CHECK_INT(use_parts(DEPTH_MAX + 1), TREATY_ELIMIT);
    CHECK_INT(use_parts(400000), TREATY_ELIMIT);
}

/* What is printed must fit the limit, too, unless it is stored already. */
static void prints_fit(void)
{
    struct treaty_source source = {.limits = {.text_max = 1000}};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    treaty_buf_put_z(&text, "syntax=\"proto3\";");
    for (int i = 0; i < 30; i++)
        treaty_buf_put_z(&text, "message M{");
    for (int i = 0; i < 30; i++)
        treaty_buf_put_z(&text, "int32 a=1;}");
    source.text = treaty_buf_str(&text);
    CHECK(text.len < 1000);
    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err),
        TREATY_ESCHEMATOOLARGE);
    CHECK_STR_Z(treaty_str_z(err.message),
                "the canonical text is longer than 1000 bytes");
    source.strictness = TREATY_STORED;
    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err),
        TREATY_OK);
    CHECK(schema && schema->canonical.len > 3000);
    treaty_schema_unref(schema);
    treaty_buf_release(&text);
}

/* What is repeated `MANY` times in a text, %d being its number. */
static const struct {
    const char *head;
    const char *item;
    const char *tail;
    int count;
} many[] = {
    {"syntax = \"proto2\"; message M { optional int32 a = 1 [(x).y = 1",
     ",(x).z%d=1", "]; }", MANY},
    {"syntax = \"proto2\"; message M { optional int32 a = 1 [(x).y = 1",
     ",(x).y=%d", "]; }", MANY},
    {"syntax = \"proto2\"; message M { optional int32 a = 1 [(x) = {", "z%d:1 ",
     "}]; }", MANY},
    {"syntax = \"proto2\"; message M { optional int32 a = 1 [(x) = {", "z:%d ",
     "}]; }", MANY},
    {"syntax = \"proto2\"; message M { extensions 1 to max; } ",
     "extend M {/*%d*/} ", "", MANY},
    {"syntax = \"proto2\"; message M { ", "extensions %d;", "}", MANY},
    {"syntax = \"proto2\"; message M { ", "oneof o%d { int32 f%d = 1; }", "}",
     20000},
    {"syntax = \"proto3\"; enum E { ", "C%d = 1;", "}", MANY},
    {"syntax = \"proto2\"; message M { optional int32 a = 1 [default = 1e",
     "%d", "]; }", 1},
    {"syntax = \"proto2\"; message M { optional int32 a = 1 [default = 1",
     "%05d", ".5]; }", MANY},
};

static void check_many(size_t i)
{
    struct treaty_buf text;
    clock_t from; /* processor time: others may be busy */
    enum treaty_code code;

    treaty_buf_init(&text, 0);
    treaty_buf_put_z(&text, many[i].head);
    for (int n = many[i].count; n > 0; n--) {
        const char *rest = many[i].item;

        for (const char *at = strchr(rest, '%'); at; at = strchr(rest, '%')) {
            treaty_buf_put_mem(&text, rest, (size_t)(at - rest));
            treaty_buf_put_i64(&text, n);
            rest = strchr(at, 'd') + 1;
        }
        treaty_buf_put_z(&text, rest);
    }
    treaty_buf_put_z(&text, many[i].tail);
    from = clock();
    code = use(treaty_buf_str(&text));
    if (code)
        tap_fail(__FILE__, __LINE__, "case %zu: %s", i, treaty_code_text(code));
    if (clock() - from > SECONDS_MAX * CLOCKS_PER_SEC && !tap_is_slow())
        tap_fail(__FILE__, __LINE__, "case %zu takes too long", i);
    treaty_buf_release(&text);
}

static void stays_fast(void)
{
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        check_many(i);
}

TAP_MAIN({"names of options nest", names_of_options_nest},
         {"prints fit", prints_fit}, {"stays fast", stays_fast})
