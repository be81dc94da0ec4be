/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal text to the nearest double, ties to even.
 *
 * The first 19 significant digits make an integer `w`, so the value is
 * w * 10^q, or lies just above it when digits were dropped. Then, in turn:
 *
 * 1. Both w and 10^|q| are exact doubles: one multiplication or division
 *    rounds right by itself.
 * 2. Multiply the bounds of w with the bounds of the 128-bit power. Rounding
 *    is monotonic: when the lower and the upper product round to the same
 *    double, so does all between.
 * 3. They round to two neighbours: compare the whole text with the middle of
 *    the two, in exact integers. Rare (ties, and about one in 2^60 others).
 */
#include "base/power10.h"
#include "base/str.h"

#include <assert.h>
#include <math.h>

enum {
    DIGITS_KEPT = 19,   /* what fits 64 bits */
    DIGITS_EXACT = 800, /* past the 767 that a tie can have */
    MANTISSA_BITS = 53,
    EXPONENT_BIAS = 1023,
};

/* Further digits of an exponent change nothing: no text is that long. */
#define EXPONENT_LIMIT (INT64_C(1) << 56)

struct decimal {
    uint64_t w;
    int64_t q;
    bool is_negative;
    bool is_cut; /* digits other than 0 were dropped from `w` */
    struct treaty_str mantissa;
    int64_t exponent; /* as written */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The part of `s` after `e`; false when it is no number. */
static bool read_exponent(struct treaty_str s, int64_t *ret)
{
    bool is_negative = s.len && s.data[0] == '-';
    int64_t value = 0;

    if (s.len && (s.data[0] == '-' || s.data[0] == '+'))
        s = treaty_str_sub(s, 1, s.len);
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.data[i]))
            return false;
        if (value < EXPONENT_LIMIT)
            value = value * 10 + (s.data[i] - '0');
    }
    *ret = is_negative ? -value : value;
    return true;
}

/* Take in the digits of `d->mantissa`; false when it is malformed. */
static bool read_mantissa(struct decimal *d)
{
    struct treaty_str s = d->mantissa;
    bool after_point = false;
    int kept = 0;

    if (s.len == 0 || (s.len == 1 && s.data[0] == '.'))
        return false;
    d->q = d->exponent;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (c == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (!is_digit(c))
            return false;
        if (kept < DIGITS_KEPT) {
            d->w = d->w * 10 + (uint64_t)(c - '0');
            kept += d->w != 0;
            d->q -= after_point;
        } else {
            d->is_cut |= c != '0';
            d->q += !after_point;
        }
    }
    return true;
}

static bool read_decimal(struct treaty_str s, struct decimal *d)
{
    size_t e;

    if (s.len && s.data[0] == '-') {
        d->is_negative = true;
        s = treaty_str_sub(s, 1, s.len);
    }
    e = treaty_str_find(s, 'e');
    if (e == s.len)
        e = treaty_str_find(s, 'E');
    d->mantissa = treaty_str_sub(s, 0, e);
    if (e < s.len &&
        !read_exponent(treaty_str_sub(s, e + 1, s.len), &d->exponent))
        return false;
    return read_mantissa(d);
}

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* A product of 64 and 128 bits: high * 2^64 + low. */
struct product {
    treaty_u128 high;
    uint64_t low;
};

static struct product multiply(uint64_t w, treaty_u128 g)
{
    const treaty_u128 low = (treaty_u128)w * (uint64_t)g;

    return (struct product){
        (treaty_u128)w * (uint64_t)(g >> 64) + (uint64_t)(low >> 64),
        (uint64_t)low,
    };
}

static int bit_length(treaty_u128 v)
{
    if (v >> 64)
        return 128 - __builtin_clzll((uint64_t)(v >> 64));
    return 64 - __builtin_clzll((uint64_t)v);
}

/*
 * The bits of the double nearest to p * 2^exp. `p` has 128 bits at least (the
 * power alone has them), so `p.high` is not 0, and 53 bits and the one below
 * them lie within `p.high`.
 */
static uint64_t round_product(struct product p, int exp)
{
    const int length = bit_length(p.high);
    const int e = exp + 64 + length - 1; /* 2^e <= value < 2^(e + 1) */
    int precision = MANTISSA_BITS;
    uint64_t mantissa, bits;
    treaty_u128 rest, half;
    int drop;

    if (e > EXPONENT_BIAS)
        return (uint64_t)(2 * EXPONENT_BIAS + 1) << 52;
    if (e < 1 - EXPONENT_BIAS)
        precision = e + EXPONENT_BIAS + 52;
    if (precision < 0)
        return 0;
    drop = length - precision;
    half = (treaty_u128)1 << (drop - 1);
    mantissa = 0;
    if (drop < 128)
        mantissa = (uint64_t)(p.high >> drop);
    rest = p.high - ((treaty_u128)mantissa << (drop & 127));

    bits = mantissa;
    if (precision == MANTISSA_BITS)
        bits += (uint64_t)(e + EXPONENT_BIAS - 1) << 52;
    if (rest > half || (rest == half && (p.low || (mantissa & 1))))
        bits++;
    return bits;
}

/* An integer of up to 4096 bits, the lowest limb first. */
struct big {
    uint32_t limb[128];
    size_t used;
};

static void big_set(struct big *b, uint64_t value)
{
    b->limb[0] = (uint32_t)value;
    b->limb[1] = (uint32_t)(value >> 32);
    b->used = 2;
}

/* b = b * by + plus */
static void big_multiply(struct big *b, uint32_t by, uint32_t plus)
{
    uint64_t carry = plus;

    for (size_t i = 0; i < b->used; i++) {
        carry += (uint64_t)b->limb[i] * by;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        assert(b->used < sizeof(b->limb) / sizeof(b->limb[0]));
        b->limb[b->used++] = (uint32_t)carry;
    }
}

/* b = b * base^n, for a small base. */
static void big_multiply_power(struct big *b, uint32_t base, int64_t n)
{
    for (; n >= 8; n -= 8)
        big_multiply(b, base * base * base * base * base * base * base * base,
                     0);
    for (; n > 0; n--)
        big_multiply(b, base, 0);
}

static int big_compare(const struct big *a, const struct big *b)
{
    size_t most = a->used > b->used ? a->used : b->used;

    for (size_t i = most; i-- > 0;) {
        uint32_t x = i < a->used ? a->limb[i] : 0;
        uint32_t y = i < b->used ? b->limb[i] : 0;

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

/*
 * All digits of the text as one integer, and its power of ten. Past
 * DIGITS_EXACT a 1 stands for whatever else there is: no tie is that long, so
 * only "more than the digits before" matters.
 */
static int64_t big_read(struct big *b, const struct decimal *d)
{
    int64_t q = d->exponent;
    bool after_point = false;
    bool has_more = false;
    int digits = 0;

    big_set(b, 0);
    for (size_t i = 0; i < d->mantissa.len; i++) {
        char c = d->mantissa.data[i];

        if (c == '.') {
            after_point = true;
            continue;
        }
        if (digits < DIGITS_EXACT) {
            big_multiply(b, 10, (uint32_t)(c - '0'));
            digits += digits || c != '0';
            q -= after_point;
        } else {
            has_more |= c != '0';
            q += !after_point;
        }
    }
    if (!has_more)
        return q;
    big_multiply(b, 10, 1);
    return q - 1;
}

/* The text lies between the double `bits` and the next one: choose. */
static uint64_t choose_neighbour(const struct decimal *d, uint64_t bits)
{
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    int64_t exponent = (int64_t)(bits >> 52);
    struct big text, middle;
    int64_t q = big_read(&text, d);
    int order;

    if (exponent)
        mantissa |= UINT64_C(1) << 52;
    else
        exponent = 1;
    /* The middle is (2 * mantissa + 1) * 2^exponent. */
    exponent -= EXPONENT_BIAS + 52 + 1;
    big_set(&middle, 2 * mantissa + 1);
    big_multiply_power(&text, 2, -exponent);
    big_multiply_power(&middle, 2, exponent);
    big_multiply_power(&text, 10, q);
    big_multiply_power(&middle, 10, -q);

    order = big_compare(&text, &middle);
    if (order > 0 || (order == 0 && (bits & 1)))
        return bits + 1;
    return bits;
}

/* 1. of the essay; false when it does not apply. */
static bool convert_small(const struct decimal *d, double *ret)
{
    static const double powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };

    if (d->is_cut || d->w > UINT64_C(1) << MANTISSA_BITS || d->q < -22 ||
        d->q > 22)
        return false;
    if (d->q < 0)
        *ret = (double)d->w / powers[-d->q];
    else
        *ret = (double)d->w * powers[d->q];
    return true;
}

static double convert(const struct decimal *d)
{
    double value;
    uint64_t low, high;
    treaty_u128 g;
    int q, exp;

    if (convert_small(d, &value))
        return value;
    if (d->w == 0 || d->q < TREATY_POWER10_LEAST)
        return 0;
    if (d->q > 308)
        return HUGE_VAL;
    q = (int)d->q;
    g = treaty_power10(q);
    exp = treaty_power10_log2(q) - 127;
    high = round_product(multiply(d->w + d->is_cut, g), exp);
    if (q < 0 || q > TREATY_POWER10_EXACT_MOST)
        g--;
    low = round_product(multiply(d->w, g), exp);
    if (low != high)
        low = choose_neighbour(d, low);
    return from_bits(low);
}

bool treaty_str_to_double(struct treaty_str s, double *ret)
{
    struct decimal d = {0};

    if (!read_decimal(s, &d))
        return false;
    *ret = convert(&d);
    if (d.is_negative)
        *ret = -*ret;
    return true;
}
