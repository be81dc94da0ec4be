/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz"
                             "0123456789+/";

void treaty_base64_put(const uint8_t bytes[16], char ret[TREATY_BASE64_16])
{
    uint8_t padded[18] = {0};

    memcpy(padded, bytes, 16);
    for (size_t i = 0; i < 6; i++) {
        const uint8_t *p = padded + i * 3;
        uint32_t bits =
            (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | (uint32_t)p[2];

        for (unsigned k = 0; k < 4; k++)
            ret[i * 4 + k] = digits[bits >> (18 - 6 * k) & 63];
    }
    ret[22] = '=';
    ret[23] = '=';
}

static int digit_of(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

bool treaty_base64_get(struct treaty_str text, uint8_t ret[16])
{
    uint32_t bits = 0;
    size_t n = 0;

    if (text.len != TREATY_BASE64_16 || memcmp(text.data + 22, "==", 2) != 0)
        return false;
    for (size_t i = 0; i < 22; i++) {
        int digit = digit_of(text.data[i]);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        /* Every digit but each fourth completes a byte. */
        if (i % 4)
            ret[n++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    return true;
}
