/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/tap.h"
#include "message_shapes.h"
#include "record/text.h"

static enum treaty_code convert(const struct treaty_type *type, const char *in,
                                struct treaty_buf *out,
                                struct treaty_error *err)
{
    struct treaty_arena arena = {0};
    char *record = treaty_arena_calloc(&arena, 1, type->size + 1);
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

struct pair {
    const char *in;
    const char *out; /* NULL: as `in` */
};

static void check_pairs(const struct treaty_type *type,
                        const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct treaty_error err = {0};
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        if (convert(type, pairs[i].in, &out, &err))
            tap_fail(__FILE__, __LINE__, "%s: %s (%s)", pairs[i].in,
                     err.message, err.path);
        else
            CHECK_STR_Z(treaty_buf_str(&out),
                        pairs[i].out ? pairs[i].out : pairs[i].in);
        treaty_buf_release(&out);
    }
    forget_messages();
}

#define CHECK_PAIRS(type, pairs)                                               \
    check_pairs((type), (pairs), sizeof(pairs) / sizeof((pairs)[0]))

struct fault {
    const char *in;
    enum treaty_code code;
    size_t offset;
    const char *path;
};

static void check_faults(const struct treaty_type *type,
                         const struct fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct treaty_error err = {0};
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        if (!tap_check_int(convert(type, faults[i].in, &out, &err),
                           faults[i].code, __FILE__, __LINE__, faults[i].in))
            tap_note("%s", err.message);
        tap_check_int((int64_t)err.offset, (int64_t)faults[i].offset, __FILE__,
                      __LINE__, faults[i].in);
        CHECK_STR_Z(treaty_str_z(err.path), faults[i].path);
        treaty_buf_release(&out);
    }
    forget_messages();
}

#define CHECK_FAULTS(type, faults)                                             \
    check_faults((type), (faults), sizeof(faults) / sizeof((faults)[0]))

static void scalars_come_back(void)
{
    static const struct pair pairs[] = {
        {"{}", NULL},
        {"{\"aBool\":true,\"aInt32\":-1,\"aInt64\":\"-9223372036854775808\","
         "\"aUint32\":4294967295,\"aUint64\":\"18446744073709551615\","
         "\"aFloat\":1.5,\"aDouble\":-0.0,\"aString\":\"\xc3\xa9\","
         "\"aBytes\":\"AP8=\",\"aEnum\":\"BLUE\",\"many\":[\"0\",\"1\"]}",
         NULL},
        /* What was never set, and what was set to the default. */
        {"{\"aBool\":false,\"aInt32\":0,\"aInt64\":\"0\",\"aFloat\":0,"
         "\"aString\":\"\",\"aBytes\":\"\",\"aEnum\":\"NONE\",\"many\":[]}",
         "{}"},
        {"{\"aBool\":null,\"aInt32\":null,\"aString\":null,\"aEnum\":null,"
         "\"many\":null}",
         "{}"},
        /* The other name, and the other spellings of numbers. */
        {"{\"a_int32\":\"7\"}", "{\"aInt32\":7}"},
        {"{\"aInt64\":7}", "{\"aInt64\":\"7\"}"},
        {"{\"aInt32\":1e5}", "{\"aInt32\":100000}"},
        {"{\"aInt32\":\"-1.50e1\"}", "{\"aInt32\":-15}"},
        {"{\"aInt32\":100000.000}", "{\"aInt32\":100000}"},
        {"{\"aInt32\":0e999999999999999999999}", "{}"},
        {"{\"aUint64\":1844674407370955161.5E1}",
         "{\"aUint64\":\"18446744073709551615\"}"},
        {"{\"aUint64\":-0}", "{}"},
        {"{\"aDouble\":\"1e3\"}", "{\"aDouble\":1000.0}"},
        {"{\"aFloat\":\"NaN\",\"aDouble\":\"-Infinity\"}", NULL},
        {"{\"aFloat\":3.4028235e38}", "{\"aFloat\":3.4028235E38}"},
        {"{\"aFloat\":1e-60}", "{}"},
        /* Base64 for URLs, without padding, with bits left over. */
        {"{\"aBytes\":\"-_8\"}", "{\"aBytes\":\"+/8=\"}"},
        {"{\"aBytes\":\"-_\"}", "{\"aBytes\":\"+w==\"}"},
        {"{\"aBytes\":\"AA==\"}", NULL},
        {"{\"aBytes\":\"AAAA\"}", NULL},
        /* Enums by number, by a second name, and without a name. */
        {"{\"aEnum\":5}", "{\"aEnum\":\"RED\"}"},
        {"{\"aEnum\":\"CRIMSON\"}", NULL},
        {"{\"aEnum\":-2.0}", "{\"aEnum\":\"BLUE\"}"},
        {"{\"aEnum\":77}", NULL},
        {"{\"aEnum\":0}", "{}"},
    };

    CHECK_PAIRS(scalars(), pairs);
}

static void scalar_faults_are_located(void)
{
    static const struct fault faults[] = {
        {"[]", TREATY_ETYPE, 0, ""},
        {"{\"nope\":1}", TREATY_EVALUE, 1, ""},
        {"{\"aInt32\":2147483648}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"a_int32\":\"-2147483649\"}", TREATY_EVALUE, 11, "/a_int32"},
        {"{\"aInt32\":0.5}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":1e-1}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":1e20}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":\"\"}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":\" 1\"}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":\"01\"}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":\"1.\"}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":\"1e\"}", TREATY_EVALUE, 10, "/aInt32"},
        {"{\"aInt32\":true}", TREATY_ETYPE, 10, "/aInt32"},
        {"{\"aInt64\":9223372036854775808}", TREATY_EVALUE, 10, "/aInt64"},
        {"{\"aUint32\":-1}", TREATY_EVALUE, 11, "/aUint32"},
        {"{\"aUint64\":\"18446744073709551616\"}", TREATY_EVALUE, 11,
         "/aUint64"},
        {"{\"aUint64\":1e19999999999999999999}", TREATY_EVALUE, 11, "/aUint64"},
        {"{\"aBool\":\"true\"}", TREATY_ETYPE, 9, "/aBool"},
        {"{\"aFloat\":3.5e38}", TREATY_EVALUE, 10, "/aFloat"},
        {"{\"aDouble\":1e400}", TREATY_EVALUE, 11, "/aDouble"},
        {"{\"aDouble\":\"inf\"}", TREATY_EVALUE, 11, "/aDouble"},
        {"{\"aDouble\":\".5\"}", TREATY_EVALUE, 11, "/aDouble"},
        {"{\"aString\":1}", TREATY_ETYPE, 11, "/aString"},
        {"{\"aBytes\":\"A\"}", TREATY_EVALUE, 10, "/aBytes"},
        {"{\"aBytes\":\"AA=\"}", TREATY_EVALUE, 10, "/aBytes"},
        {"{\"aBytes\":\"A A=\"}", TREATY_EVALUE, 10, "/aBytes"},
        {"{\"aEnum\":\"red\"}", TREATY_EVALUE, 9, "/aEnum"},
        {"{\"aEnum\":2147483648}", TREATY_EVALUE, 9, "/aEnum"},
        {"{\"aEnum\":false}", TREATY_ETYPE, 9, "/aEnum"},
        {"{\"many\":[1,null]}", TREATY_ETYPE, 11, "/many"},
        {"{\"aInt32\":1,\"a_int32\":1}", TREATY_EVALUE, 12, ""},
    };

    CHECK_FAULTS(scalars(), faults);
}

static void shapes_come_back(void)
{
    static const struct pair pairs[] = {
        {"{\"opt\":0}", NULL},
        {"{\"opt\":null}", "{}"},
        {"{\"nextOne\":{\"nextOne\":{}}}", NULL},
        {"{\"asText\":\"\"}", NULL},
        {"{\"as_number\":3}", "{\"n\":3}"},
        {"{\"n\":0,\"asText\":null}", "{\"n\":0}"},
        {"{\"byId\":{\"-1\":\"a\",\"2\":\"b\"},\"byFlag\":{\"true\":{\"opt\":1}"
         ",\"false\":{}},\"byName\":{\"k\":\"0\"}}",
         NULL},
        {"{\"at\":\"1972-01-01T10:00:20.021Z\",\"took\":\"-1.5s\"}",
         "{\"at\":\"1972-01-01T10:00:20.021Z\",\"took\":\"-1.500s\"}"},
        {"{\"mask\":\"fooBar,b.cD\"}", NULL},
        {"{\"mask\":\"\"}", NULL},
        {"{\"mask\":{\"paths\":[\"x_1\"]}}", NULL},
        {"{\"count\":\"0\"}", NULL},
        {"{\"count\":null,\"at\":null}", "{}"},
        {"{\"json\":{\"a\":[null,1,true,\"x\",{}],\"b\":{\"c\":[]}}}",
         "{\"json\":{\"a\":[null,1.0,true,\"x\",{}],\"b\":{\"c\":[]}}}"},
        /* Null is a value here, and what is missing is not. */
        {"{\"json\":null}", NULL},
        {"{\"asValue\":null}", NULL},
    };

    CHECK_PAIRS(shapes(), pairs);
}

static void shape_faults_are_located(void)
{
    static const struct fault faults[] = {
        {"{\"asText\":\"a\",\"n\":1}", TREATY_EVALUE, 14, ""},
        {"{\"choice\":1}", TREATY_EVALUE, 1, ""},
        {"{\"byId\":{\"x\":\"a\"}}", TREATY_EVALUE, 9, "/byId/x"},
        {"{\"byId\":{\"1\":null}}", TREATY_ETYPE, 13, "/byId/1"},
        {"{\"byFlag\":{\"True\":{}}}", TREATY_EVALUE, 11, "/byFlag/True"},
        {"{\"byFlag\":{\"true\":{\"opt\":\"x\"}}}", TREATY_EVALUE, 25,
         "/byFlag/true/opt"},
        {"{\"at\":\"1972-02-30T00:00:00Z\"}", TREATY_EVALUE, 6, "/at"},
        {"{\"at\":1}", TREATY_ETYPE, 6, "/at"},
        {"{\"took\":\"1\"}", TREATY_EVALUE, 8, "/took"},
        {"{\"mask\":\"a_b\"}", TREATY_EVALUE, 8, "/mask"},
        {"{\"json\":{\"a\":1e400}}", TREATY_EVALUE, 13, "/json/a"},
        {"{\"nextOne\":{\"nextOne\":{\"opt\":[]}}}", TREATY_ETYPE, 29,
         "/nextOne/nextOne/opt"},
    };

    CHECK_FAULTS(shapes(), faults);
}

static void required_fields_are_there(void)
{
    static const struct pair pairs[] = {
        {"{\"id\":0}", NULL},
        {"{\"id\":1,\"tag\":\"RED\"}", NULL},
    };
    static const struct fault faults[] = {
        {"{}", TREATY_EVALUE, 0, ""},
        {"{\"id\":null}", TREATY_EVALUE, 0, ""},
        {"{\"id\":1,\"tag\":77}", TREATY_EVALUE, 14, "/tag"},
    };

    CHECK_PAIRS(with_required(), pairs);
    CHECK_FAULTS(with_required(), faults);
}

static void times_are_texts(void)
{
    static const struct pair points[] = {
        {"\"0001-01-01T00:00:00Z\"", NULL},
        {"\"1969-12-31T23:59:59.999999999Z\"", NULL},
        {"\"1970-01-01T00:00:00Z\"", NULL},
        {"\"2000-02-29T12:34:56.000001Z\"", NULL},
        {"\"2024-12-31T23:30:00-01:00\"", "\"2025-01-01T00:30:00Z\""},
        {"\"2024-03-01T00:10:00.1+00:20\"", "\"2024-02-29T23:50:00.100Z\""},
        {"\"9999-12-31T23:59:59.999999999Z\"", NULL},
        {"{\"seconds\":\"253402300800\"}", NULL},
        {"{\"nanos\":-1}", NULL},
    };
    static const struct pair spans[] = {
        {"\"0s\"", NULL},
        {"\"1.000340012s\"", NULL},
        {"\"-0.000000001s\"", NULL},
        {"\"1.1s\"", "\"1.100s\""},
        {"\"315576000000s\"", NULL},
        {"{\"seconds\":\"1\",\"nanos\":-1}", NULL},
    };
    static const struct fault bad_points[] = {
        {"\"10000-01-01T00:00:00Z\"", TREATY_EVALUE, 0, ""},
        {"\"0001-01-01T00:00:00+00:01\"", TREATY_EVALUE, 0, ""},
        {"\"2023-02-29T00:00:00Z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01t00:00:00Z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01T00:00:00z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01T00:00:60Z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01T24:00:00Z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01T00:00:00\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01T00:00:00.Z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-01-01T00:00:00.0123456789Z\"", TREATY_EVALUE, 0, ""},
        {"\"2024-1-01T00:00:00Z\"", TREATY_EVALUE, 0, ""},
        {"\"\"", TREATY_EVALUE, 0, ""},
    };
    static const struct fault bad_spans[] = {
        {"\"315576000001s\"", TREATY_EVALUE, 0, ""},
        {"\"315576000000.1s\"", TREATY_EVALUE, 0, ""},
        {"\"1.s\"", TREATY_EVALUE, 0, ""},
        {"\".5s\"", TREATY_EVALUE, 0, ""},
        {"\"+1s\"", TREATY_EVALUE, 0, ""},
        {"\"s\"", TREATY_EVALUE, 0, ""},
    };

    CHECK_PAIRS(time_type("google.protobuf.Timestamp"), points);
    CHECK_PAIRS(time_type("google.protobuf.Duration"), spans);
    CHECK_FAULTS(time_type("google.protobuf.Timestamp"), bad_points);
    CHECK_FAULTS(time_type("google.protobuf.Duration"), bad_spans);
}

/* Not everything that is called so is one. */
static void only_the_real_ones_are_special(void)
{
    static const struct pair pairs[] = {{"{\"seconds\":1.5}", NULL}};

    CHECK_PAIRS(MESSAGE("google.protobuf.Timestamp",
                        {"seconds", NULL, 1, L(DOUBLE), false}),
                pairs);
}

/* Names are found in a table, not by searching: this would take minutes. */
static void many_fields_take_no_time(void)
{
    enum { COUNT = 30000 };
    struct message_field *fields =
        TREATY_ARENA_NEW_N(&message_arena, struct message_field, COUNT);
    const struct treaty_type *leaf = L(INT32);
    const struct treaty_type *type;
    struct treaty_error err = {0};
    struct treaty_buf in;
    struct treaty_buf out;

    treaty_buf_init(&in, 0);
    treaty_buf_init(&out, 0);
    for (int i = 0; i < COUNT; i++) {
        fields[i] = (struct message_field){
            treaty_arena_printf(&message_arena, "f%d", i).data, NULL, i + 1,
            leaf, false};
        treaty_buf_printf(&in, "%c\"f%d\":%d", i ? ',' : '{', COUNT - 1 - i,
                          COUNT - i);
    }
    treaty_buf_put(&in, TREATY_STR("}\0"));
    type =
        message_fill(message_type(TREATY_KIND_RECORD), "x.Many", fields, COUNT);
    CHECK_INT(convert(type, in.data, &out, &err), TREATY_OK);
    CHECK_INT(out.len + 1, in.len);
    CHECK(treaty_str_starts(treaty_buf_str(&out),
                            TREATY_STR("{\"f0\":1,\"f1\":2,")));
    treaty_buf_release(&in);
    treaty_buf_release(&out);
    forget_messages();
}

TAP_MAIN({"scalars come back", scalars_come_back},
         {"a bad scalar has its place", scalar_faults_are_located},
         {"presence, oneofs, maps, well-known types", shapes_come_back},
         {"a bad shape has its place", shape_faults_are_located},
         {"required fields", required_fields_are_there},
         {"timestamps and durations", times_are_texts},
         {"a type of a well-known name alone", only_the_real_ones_are_special},
         {"thousands of fields", many_fields_take_no_time})
