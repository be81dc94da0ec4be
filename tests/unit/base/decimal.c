/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include "base/power10.h"
#include "base/rng.h"
#include "harness/tap.h"

#include <inttypes.h>

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* A number with room for 5^342 * 2^128, the lowest limb first. */
struct big {
    uint32_t limb[32];
};

static void big_multiply(struct big *b, uint32_t by)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < 32; i++) {
        carry += (uint64_t)b->limb[i] * by;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    CHECK_INT(carry, 0);
}

static struct big big_from(treaty_u128 v)
{
    struct big b = {{(uint32_t)v, (uint32_t)(v >> 32), (uint32_t)(v >> 64),
                     (uint32_t)(v >> 96)}};

    return b;
}

static int big_compare(const struct big *a, const struct big *b)
{
    for (size_t i = 32; i-- > 0;) {
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

static struct big big_power2(int n)
{
    struct big b = {{0}};

    b.limb[n / 32] = UINT32_C(1) << (n % 32);
    return b;
}

/* Where the highest bit of `b` is. */
static int big_log2(const struct big *b)
{
    for (int n = 32 * 32 - 1; n > 0; n--) {
        if (b->limb[n / 32] >> (n % 32) & 1)
            return n;
    }
    return 0;
}

/*
 * (G - 1) < 10^k * 2^(127 - e) <= G, with 5^|k| multiplied out on the side
 * where it is whole: for k >= 0, G * 2^(e - 127 - k) against 5^k; for k < 0,
 * G * 5^-k against 2^(127 - e + k).
 */
static bool is_row_right(int k)
{
    const int e = treaty_power10_log2(k);
    struct big high = big_from(treaty_power10(k));
    struct big low = big_from(treaty_power10(k) - 1);
    struct big exact = big_power2(0);
    int shift = e - 127 - k;

    if (k < 0) {
        for (int i = 0; i < -k; i++) {
            big_multiply(&high, 5);
            big_multiply(&low, 5);
        }
        exact = big_power2(127 - e + k);
    } else {
        for (int i = 0; i < k; i++)
            big_multiply(&exact, 5);
        if (e != big_log2(&exact) + k)
            return false;
        for (; shift > 0; shift--) {
            big_multiply(&high, 2);
            big_multiply(&low, 2);
        }
        for (; shift < 0; shift++)
            big_multiply(&exact, 2);
    }
    return big_compare(&low, &exact) < 0 && big_compare(&exact, &high) <= 0 &&
           treaty_power10(k) >> 127 == 1;
}

static void powers_are_right(void)
{
    for (int k = TREATY_POWER10_LEAST; k <= TREATY_POWER10_MOST; k++) {
        if (!is_row_right(k))
            tap_fail(__FILE__, __LINE__, "10^%d", k);
    }
    tap_add_passed(TREATY_POWER10_MOST - TREATY_POWER10_LEAST + 1);
}

/* As JDK 19 and later print them. */
static const struct {
    uint64_t bits;
    const char *text;
} doubles[] = {
    {0x0000000000000000, "0.0"},
    {0x8000000000000000, "-0.0"},
    {0x3ff0000000000000, "1.0"},
    {0xbff0000000000000, "-1.0"},
    {0x3fb999999999999a, "0.1"},
    {0x3fd3333333333334, "0.30000000000000004"},
    {0x3fd5555555555555, "0.3333333333333333"},
    {0x4059000000000000, "100.0"},
    {0x405edd2f1a9fbe77, "123.456"},
    {0x3f60624dd2f1a9fc, "0.002"},
    {0x3f50624dd2f1a9fc, "0.001"},
    {0x3f50624dd2f1a9fb, "9.999999999999998E-4"},
    {0x416312cfe0000000, "9999999.0"},
    {0x416312cff9999999, "9999999.799999999"},
    {0x416312d000000000, "1.0E7"},
    {0x4170000000000000, "1.6777216E7"},
    {0x4202a05f20000000, "1.0E10"},
    {0x3ee4f8b588e368f1, "1.0E-5"},
    {0x433fffffffffffff, "9.007199254740991E15"},
    {0x4340000000000000, "9.007199254740992E15"},
    {0x4340000000000001, "9.007199254740994E15"},
    {0x43e0000000000000, "9.223372036854776E18"},
    {0x44b52d02c7e14af6, "1.0E23"},
    {0x44b52d02c7e14af7, "1.0000000000000001E23"},
    {0x7fefffffffffffff, "1.7976931348623157E308"},
    {0x0010000000000000, "2.2250738585072014E-308"},
    {0x000fffffffffffff, "2.225073858507201E-308"},
    {0x0000000000000001, "4.9E-324"},
    {0x0000000000000002, "9.9E-324"},
    {0x0000000000000003, "1.5E-323"},
    {0x0000000000000004, "2.0E-323"},
    {0x7ff0000000000000, "Infinity"},
    {0xfff0000000000000, "-Infinity"},
    {0x7ff8000000000000, "NaN"},
    {0xfff8000000000001, "NaN"},
};

static void prints_doubles(void)
{
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        char text[TREATY_DECIMAL_SIZE];
        size_t len =
            treaty_decimal_put_double(text, from_bits(doubles[i].bits));

        CHECK_STR_Z(((struct treaty_str){text, len}), doubles[i].text);
    }
    tap_add_passed(sizeof(doubles) / sizeof(doubles[0]));
}

static const struct {
    uint32_t bits;
    const char *text;
} floats[] = {
    {0x00000000, "0.0"},           {0x80000000, "-0.0"},
    {0x3f800000, "1.0"},           {0x3dcccccd, "0.1"},
    {0x3eaaaaab, "0.33333334"},    {0x3a83126f, "0.001"},
    {0x3a83126e, "9.999999E-4"},   {0x4b189680, "1.0E7"},
    {0x4b18967f, "9999999.0"},     {0x4b800000, "1.6777216E7"},
    {0x501502f9, "1.0E10"},        {0x7f7fffff, "3.4028235E38"},
    {0x00800000, "1.1754944E-38"}, {0x007fffff, "1.1754942E-38"},
    {0x00000001, "1.4E-45"},       {0x00000002, "2.8E-45"},
    {0x00000007, "9.8E-45"},       {0x00000008, "1.1E-44"},
    {0x7f800000, "Infinity"},      {0xff800000, "-Infinity"},
    {0x7fc00000, "NaN"},
};

static void prints_floats(void)
{
    for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
        char text[TREATY_DECIMAL_SIZE];
        size_t len;
        float value;

        memcpy(&value, &floats[i].bits, sizeof(value));
        len = treaty_decimal_put_float(text, value);
        CHECK_STR_Z(((struct treaty_str){text, len}), floats[i].text);
    }
    tap_add_passed(sizeof(floats) / sizeof(floats[0]));
}

#define ZEROS_50 "00000000000000000000000000000000000000000000000000"
#define ZEROS_300 ZEROS_50 ZEROS_50 ZEROS_50 ZEROS_50 ZEROS_50 ZEROS_50
#define ZEROS_900 ZEROS_300 ZEROS_300 ZEROS_300

static const struct {
    const char *text;
    uint64_t bits;
} readings[] = {
    {"0", 0},
    {"-0", 0x8000000000000000},
    {"0.0e999999999999999999999", 0},
    {"1", 0x3ff0000000000000},
    {"-0.5e3", 0xc07f400000000000},
    {"0.1", 0x3fb999999999999a},
    {"1e22", 0x4480f0cf064dd592},
    {"1e23", 0x44b52d02c7e14af6},
    {"1E+2", 0x4059000000000000},
    {".5", 0x3fe0000000000000},
    {"5.", 0x4014000000000000},
    {"007", 0x401c000000000000},
    /* Ties: to the even neighbour, up as soon as there is more. */
    {"9007199254740993", 0x4340000000000000},
    {"9007199254740993.0", 0x4340000000000000},
    {"9007199254740993.0000000000000000000000001", 0x4340000000000001},
    {"9007199254740992.9999999999999999999999999", 0x4340000000000000},
    {"9007199254740995", 0x4340000000000002},
    {"9007199254740993." ZEROS_900 "1", 0x4340000000000001},
    {"9007199254740993." ZEROS_900 ZEROS_900, 0x4340000000000000},
    {"9007199254740993" ZEROS_900 "1e-901", 0x4340000000000001},
    {"1.00000000000000011102230246251565404236316680908203125",
     0x3ff0000000000000},
    {"1.00000000000000011102230246251565404236316680908203126",
     0x3ff0000000000001},
    {"1.00000000000000011102230246251565404236316680908203124",
     0x3ff0000000000000},
    {"1.00000000000000033306690738754696212708950042724609375",
     0x3ff0000000000002},
    /* The edges of the range. */
    {"1.7976931348623157e308", 0x7fefffffffffffff},
    {"1.7976931348623158e308", 0x7fefffffffffffff},
    {"1.7976931348623159e308", 0x7ff0000000000000},
    {"-1e309", 0xfff0000000000000},
    {"2e308", 0x7ff0000000000000},
    {"1e400", 0x7ff0000000000000},
    {"1e99999999999999999999999", 0x7ff0000000000000},
    {"2.2250738585072014e-308", 0x0010000000000000},
    {"2.2250738585072011e-308", 0x000fffffffffffff},
    {"2.2250738585072012e-308", 0x0010000000000000},
    {"4.9e-324", 1},
    {"3e-324", 1},
    {"2.4703282292062327e-324", 0},
    {"2.4703282292062328e-324", 1},
    {"2e-324", 0},
    {"1e-342", 0},
    {"1e-343", 0},
    {"1e-400", 0},
    {"1e-99999999999999999999999", 0},
    {"0." ZEROS_900 "1e901", 0x3ff0000000000000},
    {"1" ZEROS_900 "e-900", 0x3ff0000000000000},
    {"123456789012345678901234567890", 0x45f8ee90ff6c373e},
    {"8.5", 0x4021000000000000},
};

static void reads_doubles(void)
{
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        double value = -1;

        if (!treaty_str_to_double(treaty_str_z(readings[i].text), &value) ||
            to_bits(value) != readings[i].bits)
            tap_fail(__FILE__, __LINE__, "%.60s gives %016" PRIx64,
                     readings[i].text, to_bits(value));
    }
    tap_add_passed(sizeof(readings) / sizeof(readings[0]));
}

static void refuses_what_is_no_number(void)
{
    static const char *const texts[] = {
        "",     "-",    ".",    "-.",    "e5", "1e",    "1e+",  "1e-",
        "1..2", "1.2.", "1e5x", "1e5.0", "+1", "1_0",   "0x10", "inf",
        "nan",  " 1",   "1 ",   "--1",   "1-", "1e--5",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double value = 7;

        if (treaty_str_to_double(treaty_str_z(texts[i]), &value) || value != 7)
            tap_fail(__FILE__, __LINE__, "\"%s\" is taken", texts[i]);
    }
    tap_add_passed(sizeof(texts) / sizeof(texts[0]));
}

/* What is printed reads back to the same bits. */
static void print_and_read_agree(void)
{
    struct treaty_rng rng;

    treaty_rng_init(&rng, 11);
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = treaty_rng_next(&rng);
        char text[TREATY_DECIMAL_SIZE];
        double value, back = 0;

        if (i % 3 == 0) /* subnormal */
            bits &= ~(UINT64_C(0x7ff) << 52);
        value = from_bits(bits);
        if ((bits >> 52 & 0x7ff) == 0x7ff)
            continue;
        CHECK(treaty_str_to_double(
            (struct treaty_str){text, treaty_decimal_put_double(text, value)},
            &back));
        if (to_bits(back) != bits) {
            tap_fail(__FILE__, __LINE__, "%016" PRIx64, bits);
            break;
        }
    }
}

static void floats_read_back(void)
{
    struct treaty_rng rng;

    treaty_rng_init(&rng, 12);
    for (int i = 0; i < 100000; i++) {
        uint32_t bits = (uint32_t)treaty_rng_next(&rng);
        char text[TREATY_DECIMAL_SIZE];
        double back = 0;
        float value, same;

        if ((bits >> 23 & 0xff) == 0xff)
            continue;
        memcpy(&value, &bits, sizeof(value));
        CHECK(treaty_str_to_double(
            (struct treaty_str){text, treaty_decimal_put_float(text, value)},
            &back));
        same = (float)back;
        if (memcmp(&same, &value, sizeof(value)) != 0) {
            tap_fail(__FILE__, __LINE__, "%08" PRIx32, bits);
            break;
        }
    }
}

/*
 * The half of the least double, and one unit in its last place more or less.
 * Its digits are made here by halving, so they need no trust.
 */
static void exact_half_of_the_least(void)
{
    static char digits[1200] = "1";
    size_t count = 1;
    char *text = digits;
    double value;
    char whole[1300];

    /* 2^-1075 = 5^1075 / 10^1075: multiply by five, from the right. */
    for (int i = 0; i < 1075; i++) {
        int carry = 0;

        for (size_t k = count; k-- > 0;) {
            int d = (text[k] - '0') * 5 + carry;

            text[k] = (char)('0' + d % 10);
            carry = d / 10;
        }
        if (carry) {
            memmove(text + 1, text, count++);
            text[0] = (char)('0' + carry);
        }
    }
    (void)snprintf(whole, sizeof(whole), "%.*se-1075", (int)count, text);
    CHECK(treaty_str_to_double(treaty_str_z(whole), &value));
    CHECK_INT(to_bits(value), 0);
    (void)snprintf(whole, sizeof(whole), "%.*s1e-1076", (int)count, text);
    CHECK(treaty_str_to_double(treaty_str_z(whole), &value));
    CHECK_INT(to_bits(value), 1);
    text[count - 1]--;
    (void)snprintf(whole, sizeof(whole), "%.*s9e-1076", (int)count, text);
    CHECK(treaty_str_to_double(treaty_str_z(whole), &value));
    CHECK_INT(to_bits(value), 0);
}

TAP_MAIN({"powers are right", powers_are_right},
         {"prints doubles", prints_doubles}, {"prints floats", prints_floats},
         {"reads doubles", reads_doubles},
         {"refuses what is no number", refuses_what_is_no_number},
         {"print and read agree", print_and_read_agree},
         {"floats read back", floats_read_back},
         {"exact half of the least", exact_half_of_the_least})
