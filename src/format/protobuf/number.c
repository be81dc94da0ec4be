/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digits come from the exact decimal expansion, which every binary number has:
 * m * 2^e is an integer for e >= 0, and m * 5^-e with -e digits behind the
 * point below. That is slow and simple; defaults are few. printf would look at
 * the locale, and the shortest digits are not what protoc prints.
 */
#include "format/protobuf/number.h"

#include "base/str.h"

#include <float.h>
#include <math.h>

enum {
    LIMB = 1000000000, /* nine decimal digits each, the lowest first */
    LIMB_DIGITS = 9,
    LIMBS_MAX = 96, /* 767 digits are the most that a double needs */
    DIGITS_MAX = LIMBS_MAX * LIMB_DIGITS,
};

struct big {
    uint32_t limbs[LIMBS_MAX];
    size_t count;
};

static void multiply(struct big *b, uint32_t by)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < b->count; i++) {
        carry += (uint64_t)b->limbs[i] * by;
        b->limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    for (; carry && b->count < LIMBS_MAX; carry /= LIMB)
        b->limbs[b->count++] = (uint32_t)(carry % LIMB);
}

/* All digits, the highest first, without zeros before them; how many. */
static size_t spell(const struct big *b, char *digits)
{
    size_t len = 0;

    for (size_t i = b->count; i-- > 0;) {
        uint32_t limb = b->limbs[i];

        for (uint32_t unit = LIMB / 10; unit; unit /= 10) {
            char digit = (char)('0' + limb / unit % 10);

            if (len || digit != '0')
                digits[len++] = digit;
        }
    }
    return len;
}

/* Is what follows the first `keep` digits more than half, or half behind an
 * odd digit? */
static bool rounds_up(const char *digits, size_t len, size_t keep)
{
    if (digits[keep] != '5')
        return digits[keep] > '5';
    for (size_t i = keep + 1; i < len; i++)
        if (digits[i] != '0')
            return true;
    return (digits[keep - 1] - '0') % 2 == 1;
}

/* A positive number as digits with the point behind the first of them, times
 * ten to the power `exponent`. */
struct expansion {
    char digits[DIGITS_MAX + 1];
    size_t len;
    int exponent;
};

static void expand(double value, struct expansion *ret)
{
    int e;
    uint64_t m = (uint64_t)ldexp(frexp(value, &e), DBL_MANT_DIG);
    struct big b = {.count = 0};

    for (e -= DBL_MANT_DIG; m; m /= LIMB)
        b.limbs[b.count++] = (uint32_t)(m % LIMB);
    for (int i = 0; i < e; i++)
        multiply(&b, 2);
    for (int i = 0; i > e; i--)
        multiply(&b, 5);
    ret->len = spell(&b, ret->digits);
    ret->exponent = (int)ret->len - 1 + (e < 0 ? e : 0);
}

/* Round to `keep` digits at most, and leave zeros at the end out. */
static void shorten(struct expansion *x, size_t keep)
{
    if (x->len > keep) {
        bool up = rounds_up(x->digits, x->len, keep);

        x->len = keep;
        while (up && x->len && x->digits[x->len - 1] == '9')
            x->len--;
        if (up && x->len) {
            x->digits[x->len - 1]++;
        } else if (up) {
            x->digits[x->len++] = '1';
            x->exponent++;
        }
    }
    while (x->len > 1 && x->digits[x->len - 1] == '0')
        x->len--;
}

static size_t put_exponent(char *out, int exponent)
{
    size_t len = 0;
    int size = exponent < 0 ? -exponent : exponent;

    out[len++] = 'e';
    out[len++] = exponent < 0 ? '-' : '+';
    if (size >= 100)
        out[len++] = (char)('0' + size / 100);
    out[len++] = (char)('0' + size / 10 % 10);
    out[len++] = (char)('0' + size % 10);
    return len;
}

/* The digits with a point behind `point` of them, zeros where there are none.
 */
static size_t put_pointed(char *out, const struct expansion *x, int point)
{
    size_t len = 0;
    int count = (int)x->len;

    if (point <= 0) {
        out[len++] = '0';
        out[len++] = '.';
    }
    for (int i = point < 0 ? point : 0; i < count || i < point; i++) {
        if (i == point && i > 0)
            out[len++] = '.';
        out[len++] = '0';
        if (i >= 0 && i < count)
            out[len - 1] = x->digits[i];
    }
    return len;
}

/* As `%.*g`. */
static size_t put_digits(char *out, double value, int precision)
{
    struct expansion x;
    size_t len = 0;

    if (signbit(value))
        out[len++] = '-';
    if (value == 0) {
        out[len++] = '0';
        return len;
    }
    expand(fabs(value), &x);
    shorten(&x, (size_t)precision);
    if (x.exponent >= -4 && x.exponent < precision)
        return len + put_pointed(out + len, &x, x.exponent + 1);
    len += put_pointed(out + len, &x, 1);
    return len + put_exponent(out + len, x.exponent);
}

/* What has no digits; the length, 0 for what has. */
static size_t put_special(char *out, double value)
{
    const char *z = NULL;

    if (isnan(value))
        z = "nan";
    else if (isinf(value))
        z = value < 0 ? "-inf" : "inf";
    if (!z)
        return 0;
    memcpy(out, z, strlen(z));
    return strlen(z);
}

static double read_back(const char *text, size_t len)
{
    bool negative = text[0] == '-';
    double value = 0;

    (void)treaty_str_to_double(
        (struct treaty_str){text + negative, len - negative}, &value);
    return negative ? -value : value;
}

size_t treaty_proto_print_double(char out[TREATY_PROTO_NUMBER_SIZE],
                                 double value)
{
    size_t len = put_special(out, value);

    if (len)
        return len;
    len = put_digits(out, value, DBL_DIG);
    if (read_back(out, len) == value)
        return len;
    return put_digits(out, value, DBL_DIG + 2);
}

size_t treaty_proto_print_float(char out[TREATY_PROTO_NUMBER_SIZE], float value)
{
    size_t len = put_special(out, (double)value);

    if (len)
        return len;
    len = put_digits(out, (double)value, FLT_DIG);
    if ((float)read_back(out, len) == value)
        return len;
    return put_digits(out, (double)value, FLT_DIG + 3);
}

bool treaty_proto_read_integer(struct treaty_str text, uint64_t *ret)
{
    uint64_t value = 0;
    uint64_t base = 10;
    size_t at = 0;

    if (text.len > 1 && text.data[0] == '0') {
        at = text.data[1] == 'x' || text.data[1] == 'X' ? 2 : 1;
        base = at == 2 ? 16 : 8;
    }
    if (at == text.len)
        return false;
    for (; at < text.len; at++) {
        int digit = treaty_hex_digit(text.data[at]);

        if (digit < 0 || (uint64_t)digit >= base ||
            value > (UINT64_MAX - (uint64_t)digit) / base)
            return false;
        value = value * base + (uint64_t)digit;
    }
    *ret = value;
    return true;
}

bool treaty_proto_read_number(struct treaty_str text, double *ret)
{
    uint64_t integer;

    if (treaty_proto_read_integer(text, &integer)) {
        *ret = (double)integer;
        return true;
    }
    return treaty_str_to_double(text, ret);
}
