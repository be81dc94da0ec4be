/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "harness/model.h"
#include "harness/tap.h"

#define SCHEMA                                                                 \
    "syntax = \"proto2\"; message M {"                                         \
    " optional string s = 1; repeated Item items = 2;"                         \
    " repeated sint32 packed = 3 [packed = true];"                             \
    " optional E e = 4; optional group G = 5 { optional double d = 6; }"       \
    " map<int32, bool> m = 7; optional float f = 8;"                           \
    " optional fixed64 x = 9; optional bytes y = 10;"                          \
    " message Item { optional int64 n = 1; } enum E { A = 3; } }"

static void print_span(void *ctx, const struct treaty_span *span)
{
    treaty_buf_printf(ctx, "%zu+%zu %.*s|%.*s|%.*s\n", span->offset, span->len,
                      (int)span->path.len, span->path.data, (int)span->type.len,
                      span->type.data, (int)span->value.len, span->value.data);
}

static enum treaty_code annotate(const struct model *model,
                                 struct treaty_str payload,
                                 struct treaty_buf *out,
                                 struct treaty_error *err)
{
    return model->schema->format->annotate(model->schema, payload, print_span,
                                           out, err);
}

#define BYTES(literal)                                                         \
    {                                                                          \
        literal, sizeof(literal) - 1                                           \
    }

static void every_byte_is_told(void)
{
    static const struct {
        struct treaty_str payload;
        const char *spans;
    } cases[] = {
        {BYTES(""), ""},
        {BYTES("\x0a\x03"
               "A-1"),
         "0+1 s|tag|1, length\n1+1 s|length|3\n2+3 s|string|\"A-1\"\n"},
        {BYTES("\x12\x02\x08\x05\x12\x00"),
         "0+1 items[0]|tag|2, length\n1+1 items[0]|length|2\n"
         "2+1 items[0].n|tag|1, varint\n3+1 items[0].n|int64|5\n"
         "4+1 items[1]|tag|2, length\n5+1 items[1]|length|0\n"},
        /* Packed, and not. */
        {BYTES("\x1a\x03\x01\x80\x01\x18\x04"),
         "0+1 packed|tag|3, length\n1+1 packed|length|3\n"
         "2+1 packed[0]|sint32|-1\n3+2 packed[1]|sint32|64\n"
         "5+1 packed[0]|tag|3, varint\n6+1 packed[0]|sint32|2\n"},
        {BYTES("\x20\x03\x20\x09"), "0+1 e|tag|4, varint\n1+1 e|enum|3 = A\n"
                                    "2+1 e|tag|4, varint\n3+1 e|enum|9\n"},
        {BYTES("\x2b\x31\0\0\0\0\0\0\xf8\x3f\x2c"),
         "0+1 g|tag|5, group\n1+1 g.d|tag|6, 64 bits\n2+8 g.d|double|1.5\n"
         "10+1 g|tag|5, end\n"},
        {BYTES("\x3a\x04\x08\x07\x10\x01"),
         "0+1 m[0]|tag|7, length\n1+1 m[0]|length|4\n"
         "2+1 m[0].key|tag|1, varint\n3+1 m[0].key|int32|7\n"
         "4+1 m[0].value|tag|2, varint\n5+1 m[0].value|bool|true\n"},
        {BYTES("\x45\0\0\xc0\x3f\x49\x01\0\0\0\0\0\0\0\x52\x01\xff"),
         "0+1 f|tag|8, 32 bits\n1+4 f|float|1.5\n"
         "5+1 x|tag|9, 64 bits\n6+8 x|fixed64|1\n"
         "14+1 y|tag|10, length\n15+1 y|length|1\n16+1 y|bytes|ff\n"},
        /* Unknown numbers, and a known one with another wire type. */
        {BYTES("\xa0\x06\x05\x08\x07\xa3\x06\x0a\x01x\xa4\x06"),
         "0+2 #100|tag|100, varint\n2+1 #100|unknown|5\n"
         "3+1 #1|tag|1, varint\n4+1 #1|unknown|7\n"
         "5+2 #100|tag|100, group\n7+1 #100.#1|tag|1, length\n"
         "8+1 #100.#1|length|1\n9+1 #100.#1|unknown|78\n"
         "10+2 #100|tag|100, end\n"},
    };
    struct model model = model_open_proto(SCHEMA);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct treaty_error err = {0};
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        if (annotate(&model, cases[i].payload, &out, &err))
            tap_fail(__FILE__, __LINE__, "case %zu: %s", i, err.message);
        CHECK_STR_Z(treaty_buf_str(&out), cases[i].spans);
        treaty_buf_release(&out);
    }
    model_close(&model);
}

static void faults_are_located(void)
{
    static const struct {
        struct treaty_str payload;
        enum treaty_code code;
        size_t offset;
        const char *path;
    } cases[] = {
        {BYTES("\x0a"), TREATY_ETRUNCATED, 1, "s"},
        {BYTES("\x0a\x05x"), TREATY_ETRUNCATED, 1, "s"},
        {BYTES("\x12\x02\x08\x85\x12"), TREATY_ETRUNCATED, 3, "items[0].n"},
        {BYTES("\x20"), TREATY_ETRUNCATED, 1, "e"},
        {BYTES("\x45\0\0"), TREATY_ETRUNCATED, 1, "f"},
        {BYTES("\x07"), TREATY_ETAG, 0, ""},
        {BYTES("\x0e"), TREATY_ETAG, 0, ""},
        {BYTES("\0"), TREATY_ETAG, 0, ""},
        {BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), TREATY_EVARINT, 0,
         ""},
        {BYTES("\x80\x80\x80\x80\x10"), TREATY_ETAG, 0, ""},
        {BYTES("\x2c"), TREATY_ETAG, 0, ""},
        {BYTES("\x2b\x34"), TREATY_ETAG, 1, "g"},
        {BYTES("\x2b"), TREATY_ETRUNCATED, 1, "g"},
        {BYTES("\x12\x01\x2b\x2c"), TREATY_ETRUNCATED, 3, "items[0].#5"},
    };
    struct model model = model_open_proto(SCHEMA);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct treaty_error err = {0};
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        if (!CHECK_INT(annotate(&model, cases[i].payload, &out, &err),
                       cases[i].code) ||
            !CHECK_INT(err.offset, cases[i].offset))
            tap_note("case %zu: %s", i, err.message);
        CHECK_STR_Z(treaty_str_z(err.path), cases[i].path);
        treaty_buf_release(&out);
    }
    model_close(&model);
}

static void depth_has_a_bound(void)
{
    struct model model = model_open_proto(SCHEMA);
    struct treaty_error err = {0};
    struct treaty_buf payload;
    struct treaty_buf out;

    treaty_buf_init(&payload, 0);
    treaty_buf_init(&out, 0);
    for (int i = 0; i < 10000; i++)
        treaty_buf_put_c(&payload, '\x7b');
    CHECK_INT(annotate(&model, treaty_buf_str(&payload), &out, &err),
              TREATY_EDEPTH);
    treaty_buf_release(&payload);
    treaty_buf_release(&out);
    model_close(&model);
}

TAP_MAIN({"every byte is told", every_byte_is_told},
         {"a fault has its place", faults_are_located},
         {"depth has a bound", depth_has_a_bound})
