/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/put.h"

enum { VARINT_MAX = 10 };

static size_t write_varint(char *out, uint64_t value)
{
    size_t len = 0;

    while (value >= 0x80) {
        out[len++] = (char)(0x80 | (value & 0x7f));
        value >>= 7;
    }
    out[len++] = (char)value;
    return len;
}

void treaty_proto_put_varint(struct treaty_buf *out, uint64_t value)
{
    char *to = treaty_buf_reserve(out, VARINT_MAX);

    if (to)
        out->len += write_varint(to, value);
}

void treaty_proto_put_tag(struct treaty_buf *out, uint32_t number,
                          enum treaty_wire_type wire)
{
    treaty_proto_put_varint(out, (uint64_t)number << 3 | (uint64_t)wire);
}

void treaty_proto_put_fixed(struct treaty_buf *out, uint64_t bits, int size)
{
    for (int i = 0; i < size; i++)
        treaty_buf_put_c(out, (char)(bits >> (8 * i)));
}

void treaty_proto_put_int(struct treaty_buf *out, uint32_t number,
                          int64_t value)
{
    treaty_proto_put_tag(out, number, TREATY_WIRE_VARINT);
    treaty_proto_put_varint(out, (uint64_t)value);
}

void treaty_proto_put_bytes(struct treaty_buf *out, uint32_t number,
                            struct treaty_str bytes)
{
    treaty_proto_put_tag(out, number, TREATY_WIRE_LEN);
    treaty_proto_put_varint(out, bytes.len);
    treaty_buf_put(out, bytes);
}

size_t treaty_proto_put_open(struct treaty_buf *out, uint32_t number)
{
    treaty_proto_put_tag(out, number, TREATY_WIRE_LEN);
    return out->len;
}

void treaty_proto_put_close(struct treaty_buf *out, size_t at)
{
    char length[VARINT_MAX];
    size_t content = out->len - at;
    size_t len = write_varint(length, content);

    if (!treaty_buf_reserve(out, len))
        return;
    memmove(out->data + at + len, out->data + at, content);
    memcpy(out->data + at, length, len);
    out->len += len;
}
