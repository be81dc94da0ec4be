/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include "base/error.h"

static unsigned byte_at(struct treaty_str s, size_t i)
{
    return (unsigned char)s.data[i];
}

static enum treaty_code parse_header(struct treaty_str value,
                                     struct treaty_str header,
                                     struct treaty_frame *ret,
                                     struct treaty_error *err)
{
    struct treaty_frame frame = {.by_guid = true, .payload = value};

    if (header.len == 0)
        return treaty_fail(err, TREATY_EFRAME, 0, "the schema header is empty");
    if (byte_at(header, 0) != TREATY_FRAME_MAGIC_GUID)
        return treaty_fail(err, TREATY_EFRAME, 0,
                           "the schema header begins with 0x%02x, not with "
                           "0x01 and a GUID",
                           byte_at(header, 0));
    if (header.len < TREATY_FRAME_GUID_SIZE)
        return treaty_fail(err, TREATY_EFRAME, header.len,
                           "the schema header has %zu bytes, not 17",
                           header.len);

    memcpy(frame.guid, header.data + 1, sizeof(frame.guid));
    frame.more = (struct treaty_str){header.data + TREATY_FRAME_GUID_SIZE,
                                     header.len - TREATY_FRAME_GUID_SIZE};
    *ret = frame;
    return TREATY_OK;
}

static enum treaty_code parse_prefix(struct treaty_str value,
                                     struct treaty_frame *ret,
                                     struct treaty_error *err)
{
    uint32_t id;

    if (!value.data)
        return treaty_fail(err, TREATY_EFRAME, TREATY_NO_OFFSET,
                           "a null value has no schema");
    if (value.len == 0)
        return treaty_fail(err, TREATY_EFRAME, 0, "the value is empty");
    if (byte_at(value, 0) != TREATY_FRAME_MAGIC_ID)
        return treaty_fail(err, TREATY_EFRAME, 0,
                           "the magic byte is 0x%02x, not 0x00",
                           byte_at(value, 0));
    if (value.len < TREATY_FRAME_ID_SIZE)
        return treaty_fail(err, TREATY_EFRAME, value.len,
                           "the value ends inside the schema id, after %zu "
                           "of 5 bytes",
                           value.len);

    id = byte_at(value, 1) << 24 | byte_at(value, 2) << 16 |
         byte_at(value, 3) << 8 | byte_at(value, 4);
    /* No registry gives out such ids, and asking for one is not answered by
     * "no such schema" but by "no such route". */
    if (id > INT32_MAX)
        return treaty_fail(err, TREATY_EFRAME, 1,
                           "the schema id is %u, above 2147483647", id);

    *ret = (struct treaty_frame){
        .id = id,
        .payload = {value.data + TREATY_FRAME_ID_SIZE,
                    value.len - TREATY_FRAME_ID_SIZE},
        .payload_at = TREATY_FRAME_ID_SIZE,
    };
    return TREATY_OK;
}

enum treaty_code treaty_frame_parse(struct treaty_str value,
                                    struct treaty_str header,
                                    struct treaty_frame *ret,
                                    struct treaty_error *err)
{
    if (header.data)
        return parse_header(value, header, ret, err);
    return parse_prefix(value, ret, err);
}

void treaty_frame_write_guid(char out[TREATY_FRAME_GUID_SIZE],
                             const uint8_t guid[16])
{
    out[0] = TREATY_FRAME_MAGIC_GUID;
    memcpy(out + 1, guid, 16);
}

/*
 * A varint of at most five bytes, which is what 32 bits take; the number of
 * its bytes, or 0. `*ret` has the 32 bits, still in zigzag.
 */
static size_t read_varint(struct treaty_str bytes, uint32_t *ret)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 5 && i < bytes.len; i++) {
        unsigned b = byte_at(bytes, i);

        value |= (uint32_t)(b & 0x7f) << (7 * i);
        if (b < 0x80) {
            *ret = value;
            return i + 1;
        }
    }
    return 0;
}

size_t treaty_frame_indexes_len(struct treaty_str bytes)
{
    uint32_t zigzag = 0;
    size_t at = read_varint(bytes, &zigzag);

    /* An odd one is negative; each index takes a byte at least. */
    if (at == 0 || zigzag % 2 != 0 || zigzag / 2 > bytes.len - at)
        return 0;
    for (uint32_t left = zigzag / 2; left > 0; left--) {
        struct treaty_str rest = {bytes.data + at, bytes.len - at};
        uint32_t index;
        size_t len = read_varint(rest, &index);

        if (len == 0)
            return 0;
        at += len;
    }
    return at;
}
