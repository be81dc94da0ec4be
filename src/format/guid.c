/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GUID of a schema: MD5 over its canonical text and each reference's name,
 * subject and version, without anything between them. Two lists may thus give
 * one GUID; who stores schemas compares contents as well.
 */
#include "base/digest.h"
#include "base/str.h"
#include "format/format.h"

#include <string.h>

enum treaty_code treaty_schema_guid(struct treaty_str canonical,
                                    const struct treaty_reference *references,
                                    size_t reference_count, uint8_t ret[16])
{
    struct treaty_buf bytes;
    enum treaty_code code;

    treaty_buf_init(&bytes, 0);
    treaty_buf_put(&bytes, canonical);
    for (size_t i = 0; i < reference_count; i++) {
        const struct treaty_reference *r = &references[i];
        uint32_t version = (uint32_t)r->version;
        uint8_t number[4] = {(uint8_t)(version >> 24), (uint8_t)(version >> 16),
                             (uint8_t)(version >> 8), (uint8_t)version};

        treaty_buf_put(&bytes, r->name);
        treaty_buf_put(&bytes, r->subject);
        treaty_buf_put_mem(&bytes, number, sizeof(number));
    }
    code = treaty_buf_status(&bytes, NULL);
    if (!code)
        code = treaty_md5(treaty_buf_str(&bytes).data, bytes.len, ret);
    treaty_buf_release(&bytes);
    return code;
}

/* A dash stands before these bytes. */
static bool has_dash(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void treaty_guid_print(const uint8_t guid[16], char ret[37])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < 16; i++) {
        if (has_dash(i))
            *ret++ = '-';
        *ret++ = digits[guid[i] >> 4];
        *ret++ = digits[guid[i] & 15];
    }
    *ret = '\0';
}

bool treaty_guid_parse(struct treaty_str text, uint8_t ret[16])
{
    const bool dashes = text.len == 36;
    uint8_t guid[16];
    size_t at = 0;

    if (text.len != 32 && text.len != 36)
        return false;
    for (size_t i = 0; i < 16; i++) {
        int high;
        int low;

        if (dashes && has_dash(i) && text.data[at++] != '-')
            return false;
        high = treaty_hex_digit(text.data[at]);
        low = treaty_hex_digit(text.data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        guid[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    memcpy(ret, guid, sizeof(guid));
    return true;
}
