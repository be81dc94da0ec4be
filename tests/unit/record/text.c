/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text.h"

#include "harness/model.h"
#include "harness/tap.h"

#define ALL                                                                    \
    "{\"type\":\"record\",\"name\":\"x.A\",\"fields\":["                       \
    "{\"name\":\"n\",\"type\":\"null\",\"default\":null},"                     \
    "{\"name\":\"b\",\"type\":\"boolean\",\"default\":true},"                  \
    "{\"name\":\"i\",\"type\":\"int\",\"default\":-7},"                        \
    "{\"name\":\"l\",\"type\":\"long\",\"default\":9007199254740993},"         \
    "{\"name\":\"f\",\"type\":\"float\",\"default\":1.5},"                     \
    "{\"name\":\"d\",\"type\":\"double\",\"default\":0.1},"                    \
    "{\"name\":\"s\",\"type\":\"string\",\"default\":\"\\u00e9\"},"            \
    "{\"name\":\"y\",\"type\":\"bytes\",\"default\":\"\\u00ff\\u0000\"},"      \
    "{\"name\":\"x\",\"type\":{\"type\":\"fixed\",\"name\":\"F\","             \
    "\"size\":2},\"default\":\"ab\"},"                                         \
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\","              \
    "\"symbols\":[\"P\",\"Q\"]},\"default\":\"Q\"},"                           \
    "{\"name\":\"o\",\"type\":[\"null\",\"string\"],\"default\":null},"        \
    "{\"name\":\"u\",\"type\":[\"int\",\"E\",\"F\"],\"default\":3},"           \
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"long\"},"        \
    "\"default\":[1,2]},"                                                      \
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":\"int\"},"          \
    "\"default\":{\"k\":4}}]}"

#define DEFAULTS_PLAIN                                                         \
    "{\"n\":null,\"b\":true,\"i\":-7,\"l\":9007199254740993,\"f\":1.5,"        \
    "\"d\":0.1,\"s\":\"\xc3\xa9\",\"y\":\"\xc3\xbf\\u0000\",\"x\":\"ab\","     \
    "\"e\":\"Q\",\"o\":null,\"u\":3,\"a\":[1,2],\"m\":{\"k\":4}}"

static const struct treaty_json *parse(struct treaty_arena *arena,
                                       const char *text)
{
    const struct treaty_json *value = NULL;

    CHECK_INT(treaty_json_parse(arena, treaty_str_z(text), NULL, &value, NULL),
              TREATY_OK);
    return value;
}

static void read_back(const struct model *model, const char *in,
                      enum treaty_text_form in_form, const char *out,
                      enum treaty_text_form out_form)
{
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_buf buf;
    void *record =
        treaty_arena_calloc(&arena, 1, model->layout->root->size + 1);

    treaty_buf_init(&buf, 0);
    if (treaty_record_read(&arena, model->layout->root, parse(&arena, in),
                           in_form, record, &err))
        tap_fail(__FILE__, __LINE__, "%s: %s", in, err.message);
    treaty_record_write(&buf, model->layout->root, record, out_form);
    CHECK_STR_Z(treaty_buf_str(&buf), out);
    treaty_buf_release(&buf);
    treaty_arena_release(&arena);
}

static void defaults_fill_in(void)
{
    struct model model = model_open(ALL);

    read_back(&model, "{}", TREATY_TEXT_PLAIN, DEFAULTS_PLAIN,
              TREATY_TEXT_PLAIN);
    read_back(&model, DEFAULTS_PLAIN, TREATY_TEXT_PLAIN, DEFAULTS_PLAIN,
              TREATY_TEXT_PLAIN);
    model_close(&model);
}

static void avro_form_names_branches(void)
{
    static const char *const cases[][2] = {
        {"{\"o\":{\"string\":\"x\"},\"u\":{\"x.E\":\"P\"}}",
         "{\"o\":\"x\",\"u\":\"P\"}"},
        {"{\"o\":null,\"u\":{\"int\":5}}", "{\"o\":null,\"u\":5}"},
        {"{\"o\":null,\"u\":{\"x.F\":\"ab\"}}", "{\"o\":null,\"u\":\"ab\"}"},
    };
    struct model model = model_open(
        "{\"type\":\"record\",\"name\":\"x.A\",\"fields\":["
        "{\"name\":\"o\",\"type\":[\"null\",\"string\"]},"
        "{\"name\":\"u\",\"type\":[\"int\",{\"type\":\"enum\",\"name\":\"E\","
        "\"symbols\":[\"P\",\"Q\"]},{\"type\":\"fixed\",\"name\":\"F\","
        "\"size\":2}]}]}");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_back(&model, cases[i][0], TREATY_TEXT_AVRO, cases[i][0],
                  TREATY_TEXT_AVRO);
        read_back(&model, cases[i][0], TREATY_TEXT_AVRO, cases[i][1],
                  TREATY_TEXT_PLAIN);
        read_back(&model, cases[i][1], TREATY_TEXT_PLAIN, cases[i][0],
                  TREATY_TEXT_AVRO);
    }
    model_close(&model);
}

static void faults_are_located(void)
{
    static const struct fault {
        const char *text;
        enum treaty_code code;
        size_t offset;
        const char *path;
    } faults[] = {
        {"[]", TREATY_ETYPE, 0, ""},
        {"{\"i\":2147483648}", TREATY_EVALUE, 5, "/i"},
        {"{\"i\":1.0}", TREATY_EVALUE, 5, "/i"},
        {"{\"b\":1}", TREATY_ETYPE, 5, "/b"},
        {"{\"s\":1}", TREATY_ETYPE, 5, "/s"},
        {"{\"x\":\"abc\"}", TREATY_EVALUE, 5, "/x"},
        {"{\"y\":\"\xe2\x82\xac\"}", TREATY_EVALUE, 5, "/y"},
        {"{\"e\":\"R\"}", TREATY_EVALUE, 5, "/e"},
        {"{\"a\":[1,\"x\"]}", TREATY_ETYPE, 8, "/a"},
        {"{\"m\":{\"k\":[]}}", TREATY_ETYPE, 10, "/m/k"},
        {"{\"u\":\"zzz\"}", TREATY_EVALUE, 5, "/u"},
        {"{\"zz\":1}", TREATY_EVALUE, 1, ""},
        {"{\"d\":\"nan\"}", TREATY_ETYPE, 5, "/d"},
    };
    struct model model = model_open(ALL);

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_error err = {0};
        void *record = treaty_arena_calloc(&arena, 1, model.layout->root->size);

        CHECK_INT(treaty_record_read(&arena, model.layout->root,
                                     parse(&arena, faults[i].text),
                                     TREATY_TEXT_PLAIN, record, &err),
                  faults[i].code);
        CHECK_INT(err.offset, faults[i].offset);
        CHECK_STR_Z(treaty_str_z(err.path), faults[i].path);
        treaty_arena_release(&arena);
    }
    model_close(&model);
}

static void special_numbers(void)
{
    struct model model =
        model_open("{\"type\":\"array\",\"items\":\"double\"}");

    read_back(&model, "[\"NaN\",\"Infinity\",\"-Infinity\",1e400,-0.0,1]",
              TREATY_TEXT_PLAIN,
              "[\"NaN\",\"Infinity\",\"-Infinity\",\"Infinity\",-0.0,1.0]",
              TREATY_TEXT_PLAIN);
    model_close(&model);
}

static void bad_utf8_is_replaced(void)
{
    struct model model = model_open("\"string\"");
    struct treaty_str bad = {"a\xff\"b", 4};
    struct treaty_buf buf;

    treaty_buf_init(&buf, 0);
    treaty_record_write(&buf, model.layout->root, &bad, TREATY_TEXT_PLAIN);
    CHECK_STR_Z(treaty_buf_str(&buf), "\"a\xef\xbf\xbd\\\"b\"");
    treaty_buf_release(&buf);
    model_close(&model);
}

TAP_MAIN({"missing fields take their default", defaults_fill_in},
         {"Avro's form names the branches", avro_form_names_branches},
         {"a fault has its place", faults_are_located},
         {"NaN and infinities are texts", special_numbers},
         {"bad UTF-8 is replaced when printed", bad_utf8_is_replaced})
