/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <string.h>

/* Where the forms differ: the last two digits, and padding. */
static const struct form_row {
    char digit62, digit63;
    bool is_padded;
} forms[] = {
    [TREATY_BASE64] = {'+', '/', true},
    [TREATY_BASE64_URL] = {'-', '_', false},
};

static char digit_of(const struct form_row *form, uint32_t value)
{
    if (value < 26)
        return (char)('A' + value);
    if (value < 52)
        return (char)('a' + value - 26);
    if (value < 62)
        return (char)('0' + value - 52);
    return value == 62 ? form->digit62 : form->digit63;
}

/* The value of a digit, or -1. */
static int value_of(const struct form_row *form, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == form->digit62)
        return 62;
    return c == form->digit63 ? 63 : -1;
}

/* Up to three bytes as up to four digits. */
static void put_group(struct treaty_buf *out, const struct form_row *form,
                      const unsigned char *bytes, size_t n)
{
    uint32_t bits = 0;
    char digits[4] = {'=', '=', '=', '='};

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < n ? bytes[i] : 0u);
    for (size_t i = 0; i <= n; i++)
        digits[i] = digit_of(form, bits >> (18 - 6 * i) & 63);
    treaty_buf_put_mem(out, digits, form->is_padded ? 4 : n + 1);
}

void treaty_base64_put(struct treaty_buf *out, enum treaty_base64_form form,
                       struct treaty_str bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;

        put_group(out, &forms[form], at + i, left < 3 ? left : 3);
    }
}

/* Take the padding off; false when there is not what there should be. */
static bool strip_padding(const struct form_row *form, struct treaty_str *text)
{
    if (!form->is_padded)
        return true;
    if (text->len % 4)
        return false;
    for (int i = 0; i < 2; i++) {
        if (text->len && text->data[text->len - 1] == '=')
            text->len--;
    }
    return true;
}

/* Two to four digits as one to three bytes. */
static bool get_group(struct treaty_buf *out, const struct form_row *form,
                      const char *digits, size_t n)
{
    uint32_t bits = 0;
    unsigned char bytes[3];

    for (size_t i = 0; i < 4; i++) {
        int value = i < n ? value_of(form, digits[i]) : 0;

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    for (size_t i = 0; i < 3; i++)
        bytes[i] = (unsigned char)(bits >> (16 - 8 * i));
    for (size_t i = n - 1; i < 3; i++) {
        if (bytes[i])
            return false;
    }
    treaty_buf_put_mem(out, bytes, n - 1);
    return true;
}

bool treaty_base64_get(struct treaty_buf *out, enum treaty_base64_form form,
                       struct treaty_str text)
{
    const size_t before = out->len;

    if (!strip_padding(&forms[form], &text) || text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t left = text.len - i;

        if (!get_group(out, &forms[form], text.data + i, left < 4 ? left : 4)) {
            out->len = before;
            return false;
        }
    }
    return true;
}
