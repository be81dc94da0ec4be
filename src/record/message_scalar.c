/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars as ProtoJSON reads them: integers also in quotes and with an
 * exponent, bytes in either base64 with or without padding, enums by name or
 * number.
 */
#include "record/text_inside.h"

#include "base/error.h"
#include "base/str.h"

#include <math.h>

/* Numbers, taken apart: 12.5e3 is "12", "5" and 3. */
struct parts {
    bool is_negative;
    struct treaty_str whole;
    struct treaty_str fraction;
    int64_t exponent;
};

enum { EXPONENT_MAX = 1000000 }; /* further ones make no difference */

static struct treaty_str cut_digits(struct treaty_str *rest)
{
    struct treaty_str digits = {rest->data, 0};

    while (digits.len < rest->len && rest->data[digits.len] >= '0' &&
           rest->data[digits.len] <= '9')
        digits.len++;
    *rest = treaty_str_sub(*rest, digits.len, rest->len);
    return digits;
}

static bool cut_char(struct treaty_str *rest, const char *any_of)
{
    if (!rest->len || !strchr(any_of, rest->data[0]) || !rest->data[0])
        return false;
    *rest = treaty_str_sub(*rest, 1, rest->len);
    return true;
}

static bool cut_exponent(struct treaty_str *rest, int64_t *ret)
{
    bool is_negative = cut_char(rest, "-");
    struct treaty_str digits;
    int64_t value = 0;

    if (!is_negative)
        (void)cut_char(rest, "+");
    digits = cut_digits(rest);
    for (size_t i = 0; i < digits.len && value < EXPONENT_MAX; i++)
        value = value * 10 + (digits.data[i] - '0');
    *ret = is_negative ? -value : value;
    return digits.len > 0;
}

static bool take_apart(struct treaty_str text, struct parts *ret)
{
    struct parts parts = {.is_negative = cut_char(&text, "-")};

    parts.whole = cut_digits(&text);
    if (!parts.whole.len || (parts.whole.len > 1 && parts.whole.data[0] == '0'))
        return false;
    if (cut_char(&text, ".")) {
        parts.fraction = cut_digits(&text);
        if (!parts.fraction.len)
            return false;
    }
    if (cut_char(&text, "eE") && !cut_exponent(&text, &parts.exponent))
        return false;
    *ret = parts;
    return text.len == 0;
}

static bool add_digit(uint64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10u, value) &&
           !__builtin_add_overflow(*value, (uint64_t)digit, value);
}

bool treaty_text_is_number(struct treaty_str text)
{
    struct parts parts;

    return take_apart(text, &parts);
}

bool treaty_text_to_integer(struct treaty_str text,
                            struct treaty_text_integer *ret)
{
    struct parts parts;
    uint64_t value = 0;
    int64_t point; /* how many of the digits stand before it */
    int64_t at = 0;

    if (!take_apart(text, &parts))
        return false;
    point = (int64_t)parts.whole.len + parts.exponent;
    for (size_t i = 0; i < parts.whole.len + parts.fraction.len; i++, at++) {
        int digit = i < parts.whole.len
                        ? parts.whole.data[i] - '0'
                        : parts.fraction.data[i - parts.whole.len] - '0';

        if (at < point ? !add_digit(&value, digit) : digit != 0)
            return false;
    }
    for (; at < point && value; at++) {
        if (!add_digit(&value, 0))
            return false;
    }
    *ret = (struct treaty_text_integer){parts.is_negative, value};
    return true;
}

struct bounds {
    uint64_t below; /* the magnitude of the least */
    uint64_t most;
    const char *name;
};

static bool fits(const struct bounds *bounds, struct treaty_text_integer number)
{
    return number.magnitude <=
           (number.is_negative ? bounds->below : bounds->most);
}

enum treaty_code treaty_message_read_integer(struct treaty_text_reader *r,
                                             const struct treaty_type *type,
                                             const struct treaty_json *value,
                                             char *at)
{
    static const struct bounds bounds[] = {
        [TREATY_KIND_INT32] = {(uint64_t)INT32_MAX + 1, INT32_MAX,
                               "a 32-bit integer"},
        [TREATY_KIND_INT64] = {(uint64_t)INT64_MAX + 1, INT64_MAX,
                               "a 64-bit integer"},
        [TREATY_KIND_UINT32] = {0, UINT32_MAX, "an unsigned 32-bit integer"},
        [TREATY_KIND_UINT64] = {0, UINT64_MAX, "an unsigned 64-bit integer"},
    };
    const struct bounds *bound = &bounds[type->kind];
    struct treaty_text_integer number = {false, 0};
    uint64_t wide;
    uint32_t narrow;

    if (value->kind != TREATY_JSON_NUMBER && value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value, bound->name);
    if (!treaty_text_to_integer(value->text, &number) || !fits(bound, number))
        return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                           "\"%.*s\" is not %s", TREATY_STR_ARG(value->text),
                           bound->name);
    wide = number.is_negative ? 0 - number.magnitude : number.magnitude;
    narrow = (uint32_t)wide;
    if (type->size == sizeof(narrow))
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &wide, sizeof(wide));
    return TREATY_OK;
}

/* Keys are texts: "12", "true". */
enum treaty_code treaty_message_read_key(struct treaty_text_reader *r,
                                         const struct treaty_type *key,
                                         const struct treaty_json *member,
                                         char *at)
{
    struct treaty_json text = {.kind = TREATY_JSON_STRING,
                               .pos = member->name_pos,
                               .text = member->name};

    if (!key || key->kind == TREATY_KIND_STRING) {
        memcpy(at, &member->name, sizeof(member->name));
        return TREATY_OK;
    }
    if (key->kind != TREATY_KIND_BOOL)
        return treaty_message_read_integer(r, key, &text, at);
    *at = treaty_str_eq_z(member->name, "true");
    if (*at || treaty_str_eq_z(member->name, "false"))
        return TREATY_OK;
    return treaty_fail(r->err, TREATY_EVALUE, member->name_pos,
                       "the key \"%.*s\" is not true or false",
                       TREATY_STR_ARG(member->name));
}

static bool special_real(struct treaty_str text, double *ret)
{
    if (treaty_str_eq_z(text, "NaN"))
        *ret = (double)NAN;
    else if (treaty_str_eq_z(text, "Infinity"))
        *ret = (double)INFINITY;
    else if (treaty_str_eq_z(text, "-Infinity"))
        *ret = -(double)INFINITY;
    else
        return false;
    return true;
}

enum treaty_code treaty_message_read_real(struct treaty_text_reader *r,
                                          const struct treaty_type *type,
                                          const struct treaty_json *value,
                                          char *at)
{
    bool is_float = type->kind == TREATY_KIND_FLOAT;
    double number = 0;
    float narrow;
    bool finite = value->kind != TREATY_JSON_STRING ||
                  !special_real(value->text, &number);

    if (value->kind != TREATY_JSON_NUMBER && value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value, "a number");
    if (finite && (!treaty_text_is_number(value->text) ||
                   !treaty_str_to_double(value->text, &number)))
        return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                           "\"%.*s\" is no number, \"NaN\", \"Infinity\" or "
                           "\"-Infinity\"",
                           TREATY_STR_ARG(value->text));
    narrow = (float)number;
    if (finite && (isinf(number) || (is_float && isinf(narrow))))
        return treaty_fail(
            r->err, TREATY_EVALUE, value->pos, "%.*s is past the range of a %s",
            TREATY_STR_ARG(value->text), is_float ? "float" : "double");
    if (is_float)
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &number, sizeof(number));
    return TREATY_OK;
}

/* Base64, of which readers take more than writers give. */

static int bits_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Without padding, of which there is none or what makes it full. */
static bool strip_padding(struct treaty_str *text)
{
    size_t len = text->len;

    while (len && text->len - len < 2 && text->data[len - 1] == '=')
        len--;
    if (len != text->len && text->len % 4)
        return false;
    text->len = len;
    return len % 4 != 1;
}

static bool decode_base64(struct treaty_str text, char *out, size_t *ret)
{
    uint32_t bits = 0;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int value = bits_of(text.data[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4)
            out[len++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    *ret = len;
    return true;
}

enum treaty_code treaty_message_read_bytes(struct treaty_text_reader *r,
                                           const struct treaty_type *type,
                                           const struct treaty_json *value,
                                           char *at)
{
    struct treaty_str text = value->text;
    struct treaty_str bytes;
    char *data;

    (void)type;
    if (value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value, "bytes in base64");
    data = treaty_arena_alloc_aligned(r->arena, text.len + 1, 1);
    if (!data)
        return treaty_fail_nomem(r->err);
    bytes.data = data;
    if (!strip_padding(&text) || !decode_base64(text, data, &bytes.len))
        return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                           "\"%.*s\" is not base64",
                           TREATY_STR_ARG(value->text));
    memcpy(at, &bytes, sizeof(bytes));
    return TREATY_OK;
}

static enum treaty_code read_symbol(struct treaty_text_reader *r,
                                    const struct treaty_type *type,
                                    const struct treaty_json *value,
                                    struct treaty_enum *ret)
{
    for (uint32_t i = 0; i < type->symbol_count; i++) {
        if (!treaty_str_eq(type->symbols[i], value->text))
            continue;
        *ret = (struct treaty_enum){(int32_t)i, treaty_type_number(type, i)};
        return TREATY_OK;
    }
    return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                       "\"%.*s\" is no value of enum \"%.*s\"",
                       TREATY_STR_ARG(value->text), TREATY_STR_ARG(type->name));
}

static enum treaty_code read_number(struct treaty_text_reader *r,
                                    const struct treaty_type *type,
                                    const struct treaty_json *value,
                                    struct treaty_enum *ret)
{
    static const struct treaty_type int32 = {.kind = TREATY_KIND_INT32,
                                             .size = sizeof(int32_t)};
    struct treaty_enum found = {-1, 0};
    enum treaty_code code =
        treaty_message_read_integer(r, &int32, value, (char *)&found.raw);

    if (code)
        return code;
    for (uint32_t i = 0; i < type->symbol_count && found.symbol < 0; i++) {
        if (treaty_type_number(type, i) == found.raw)
            found.symbol = (int32_t)i;
    }
    if (found.symbol < 0 && !type->is_open)
        return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                           "%d is no value of enum \"%.*s\"", (int)found.raw,
                           TREATY_STR_ARG(type->name));
    *ret = found;
    return TREATY_OK;
}

enum treaty_code treaty_message_read_enum(struct treaty_text_reader *r,
                                          const struct treaty_type *type,
                                          const struct treaty_json *value,
                                          char *at)
{
    struct treaty_enum found = {0, 0};
    enum treaty_code code = TREATY_OK;

    if (value->kind == TREATY_JSON_STRING)
        code = read_symbol(r, type, value, &found);
    else if (value->kind == TREATY_JSON_NUMBER)
        code = read_number(r, type, value, &found);
    else if (value->kind != TREATY_JSON_NULL ||
             !treaty_known_is_null_value(type))
        code = treaty_text_expected(r, value, "the name or number of a value");
    if (!code)
        memcpy(at, &found, sizeof(found));
    return code;
}
