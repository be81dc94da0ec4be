/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortest decimal of a binary number, after Giulietti, "The Schubfach
 * way to render doubles" (2021), which Java uses as well.
 *
 * The number is v = c * 2^q; what rounds to it lies between its left and
 * right bounds, half way to the neighbours. With k such that the interval is
 * at least 10^k wide and less than ten times that, it holds a multiple of
 * 10^k, and at most one of 10^(k + 1), which is shorter. So only four
 * candidates are looked at: the multiples of 10^(k + 1) and of 10^k on both
 * sides of v. All quantities are scaled by 4 * 10^-k and rounded to odd (the
 * lowest bit tells that something was cut off), which keeps comparisons exact.
 */
#include "base/decimal.h"

#include "base/power10.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A finite positive number c * 2^q. */
struct binary {
    uint64_t c;
    int q;
    bool is_left_closer; /* a power of two: the neighbour below is nearer */
    bool is_tiny;        /* so few bits that two digits need help */
};

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* The high 64 bits of g * c / 2^64, the lowest bit set if that was inexact. */
static uint64_t scale(treaty_u128 g, uint64_t c)
{
    const treaty_u128 low = (treaty_u128)(uint64_t)g * c;
    const treaty_u128 high =
        (treaty_u128)(uint64_t)(g >> 64) * c + (uint64_t)(low >> 64);

    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Of the neighbours s and s + 1, both good, the one nearer to vb / 4. */
static uint64_t nearer(uint64_t s, uint64_t vb)
{
    const uint64_t middle = 4 * s + 2;

    if (vb > middle || (vb == middle && (s & 1)))
        return s + 1;
    return s;
}

/* `out` is 1 when the bounds themselves round to a neighbour. */
static struct decimal shorten(uint64_t c, int q, bool is_left_closer)
{
    const uint64_t out = c & 1;
    const int k = (q * 1262611 - (is_left_closer ? 524031 : 0)) >> 22;
    const int h = q + treaty_power10_log2(-k) + 1;
    const treaty_u128 g = treaty_power10(-k);
    const uint64_t left = scale(g, (4 * c - 2 + is_left_closer) << h) + out;
    const uint64_t vb = scale(g, (4 * c) << h);
    const uint64_t right = scale(g, (4 * c + 2) << h) - out;
    const uint64_t s = vb / 4;
    bool is_low_in, is_high_in;

    if (s >= 100) { /* else two digits are what we want */
        const uint64_t tens = s / 10;

        is_low_in = left <= 40 * tens;
        is_high_in = 40 * tens + 40 <= right;
        if (is_low_in != is_high_in)
            return (struct decimal){tens + is_high_in, k + 1};
    }
    is_low_in = left <= 4 * s;
    is_high_in = 4 * s + 4 <= right;
    if (is_low_in != is_high_in)
        return (struct decimal){s + is_high_in, k};
    return (struct decimal){nearer(s, vb), k};
}

/*
 * A tiny number would come out with one digit; ten times the number has two,
 * which are then taken one place further down.
 */
static struct decimal to_decimal(struct binary b)
{
    struct decimal d;

    if (b.is_tiny) {
        d = shorten(10 * b.c, b.q, false);
        d.exponent--;
    } else {
        d = shorten(b.c, b.q, b.is_left_closer);
    }
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

static size_t put_text(char *out, const char *z)
{
    size_t len = strlen(z);

    memcpy(out, z, len);
    return len;
}

static size_t put_unsigned(char *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    memcpy(out, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

/* d.ddd with the point after `point` digits, zeros where there are none. */
static size_t put_pointed(char *out, const char *digits, size_t count,
                          size_t point)
{
    size_t at = 0;

    while (at < point || at < count) {
        if (at == point)
            *out++ = '.';
        *out++ = at < count ? digits[at] : '0';
        at++;
    }
    if (count > point)
        return at + 1;
    *out++ = '.';
    *out = '0';
    return at + 2;
}

static size_t put_decimal(char *out, struct decimal d)
{
    char digits[24] = "0000";
    size_t count = put_unsigned(digits + 4, d.digits);
    int point = (int)count + d.exponent; /* value = 0.digits * 10^point */
    size_t len;

    if (point > 0 && point <= 7)
        return put_pointed(out, digits + 4, count, (size_t)point);
    if (point <= 0 && point > -3) {
        size_t zeros = (size_t)(1 - point);

        return put_pointed(out, digits + 4 - zeros, count + zeros, 1);
    }
    len = put_pointed(out, digits + 4, count, 1);
    out[len++] = 'E';
    if (point < 1)
        out[len++] = '-';
    return len + put_unsigned(out + len,
                              (uint64_t)(point < 1 ? 1 - point : point - 1));
}

/*
 * The parts of a number as IEEE 754 stores them: `exponent` as stored, `bits`
 * that its mantissa has, and the largest exponent, which is none.
 */
struct parts {
    bool is_negative;
    uint64_t mantissa;
    int exponent;
    int bits;
    int exponent_none;
    unsigned tiny; /* c below this is tiny */
};

static size_t put_parts(char *out, struct parts p)
{
    struct binary b = {.c = p.mantissa, .q = 1};
    size_t len = 0;

    if (p.exponent == p.exponent_none && p.mantissa)
        return put_text(out, "NaN");
    if (p.is_negative)
        out[len++] = '-';
    if (p.exponent == p.exponent_none)
        return len + put_text(out + len, "Infinity");
    if (p.exponent == 0 && p.mantissa == 0)
        return len + put_text(out + len, "0.0");

    if (p.exponent) {
        b.c |= UINT64_C(1) << p.bits;
        b.q = p.exponent;
        b.is_left_closer = p.mantissa == 0 && p.exponent > 1;
    }
    b.is_tiny = b.c < p.tiny;
    b.q -= p.exponent_none / 2 + p.bits;
    return len + put_decimal(out + len, to_decimal(b));
}

size_t treaty_decimal_put_double(char *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return put_parts(out, (struct parts){
                              .is_negative = bits >> 63,
                              .mantissa = bits & ((UINT64_C(1) << 52) - 1),
                              .exponent = (int)(bits >> 52 & 0x7ff),
                              .bits = 52,
                              .exponent_none = 0x7ff,
                              .tiny = 3,
                          });
}

size_t treaty_decimal_put_float(char *out, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return put_parts(out, (struct parts){
                              .is_negative = bits >> 31,
                              .mantissa = bits & ((UINT32_C(1) << 23) - 1),
                              .exponent = (int)(bits >> 23 & 0xff),
                              .bits = 23,
                              .exponent_none = 0xff,
                              .tiny = 8,
                          });
}
