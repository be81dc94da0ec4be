/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in .proto files: three notations in, and out the digits that protoc
 * prints, which need 15 or 17 places (6 or 9 for a float).
 */
#include "format/protobuf/number.h"
#include "harness/tap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static void check_double(double value, const char *want)
{
    char out[TREATY_PROTO_NUMBER_SIZE];
    size_t len = treaty_proto_print_double(out, value);

    CHECK_STR_Z(((struct treaty_str){out, len}), want);
}

static void check_float(float value, const char *want)
{
    char out[TREATY_PROTO_NUMBER_SIZE];
    size_t len = treaty_proto_print_float(out, value);

    CHECK_STR_Z(((struct treaty_str){out, len}), want);
}

static void prints(void)
{
    check_double(0, "0");
    check_double(-0.0, "-0");
    check_double(1.5, "1.5");
    check_double(0.1, "0.1");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(1e100, "1e+100");
    check_double(123456789012345, "123456789012345");
    check_double(1e15, "1e+15");
    check_double(1e-5, "1e-05");
    check_double(0.0001, "0.0001");
    check_double(-DBL_MAX, "-1.7976931348623157e+308");
    check_double(DBL_MIN, "2.2250738585072014e-308");
    check_double(DBL_TRUE_MIN, "4.94065645841247e-324");
    check_double(HUGE_VAL, "inf");
    check_double(-HUGE_VAL, "-inf");
    check_double((double)NAN, "nan");
    check_float(0.1F, "0.1");
    check_float(16777216.0F, "16777216");
    check_float(1.17549435e-38F, "1.17549435e-38");
    check_float(FLT_MAX, "3.40282347e+38");
    check_float(123456.0F, "123456");
    check_float(1e6F, "1e+06");
    check_float(-INFINITY, "-inf");
}

/* Whatever is printed reads back as the same number. */
static void reads_back(void)
{
    uint64_t bits = 88172645463325252U;

    for (int i = 0; i < 3000; i++) {
        char out[TREATY_PROTO_NUMBER_SIZE];
        double value;
        double back = 0;
        size_t len;

        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        len = treaty_proto_print_double(out, fabs(value));
        CHECK(treaty_proto_read_number((struct treaty_str){out, len}, &back));
        CHECK(back == fabs(value));
    }
}

static void reads_integers(void)
{
    uint64_t value = 0;

    CHECK(treaty_proto_read_integer(TREATY_STR("0"), &value) && value == 0);
    CHECK(treaty_proto_read_integer(TREATY_STR("17"), &value) && value == 17);
    CHECK(treaty_proto_read_integer(TREATY_STR("017"), &value) && value == 15);
    CHECK(treaty_proto_read_integer(TREATY_STR("0x1F"), &value) && value == 31);
    CHECK(treaty_proto_read_integer(TREATY_STR("0Xff"), &value) &&
          value == 255);
    CHECK(
        treaty_proto_read_integer(TREATY_STR("18446744073709551615"), &value) &&
        value == UINT64_MAX);
    CHECK(
        !treaty_proto_read_integer(TREATY_STR("18446744073709551616"), &value));
    CHECK(
        !treaty_proto_read_integer(TREATY_STR("0x10000000000000000"), &value));
    CHECK(!treaty_proto_read_integer(TREATY_STR("08"), &value));
    CHECK(!treaty_proto_read_integer(TREATY_STR("0x"), &value));
    CHECK(!treaty_proto_read_integer(TREATY_STR("1a"), &value));
    CHECK(!treaty_proto_read_integer(TREATY_STR(""), &value));
    CHECK(!treaty_proto_read_integer(TREATY_STR("1.0"), &value));
}

static void reads_numbers(void)
{
    double value = 0;

    CHECK(treaty_proto_read_number(TREATY_STR("1.5e3"), &value) &&
          value == 1500);
    CHECK(treaty_proto_read_number(TREATY_STR("0x10"), &value) && value == 16);
    CHECK(
        treaty_proto_read_number(TREATY_STR("100000000000000000000"), &value) &&
        value == 1e20);
    CHECK(!treaty_proto_read_number(TREATY_STR("inf"), &value));
    CHECK(!treaty_proto_read_number(TREATY_STR(""), &value));
}

TAP_MAIN({"prints", prints}, {"reads back", reads_back},
         {"reads integers", reads_integers}, {"reads numbers", reads_numbers})
