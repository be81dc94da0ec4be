/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/kafka_records.h"

/* Kafka's zigzag varint. */
static size_t write_varint(char *out, int64_t value)
{
    uint64_t raw = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    size_t len = 0;

    for (; raw >= 0x80; raw >>= 7)
        out[len++] = (char)(raw | 0x80);
    out[len++] = (char)raw;
    return len;
}

static int64_t read_varint(const char **at)
{
    uint64_t raw = 0;
    unsigned shift = 0;

    for (; **at & 0x80; shift += 7)
        raw |= (uint64_t)(*(*at)++ & 0x7f) << shift;
    raw |= (uint64_t) * (*at)++ << shift;
    return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

void bench_put_record(struct treaty_buf *batch, size_t i,
                      struct treaty_str value)
{
    char head[40] = {0};
    char len[10];
    size_t size = 1; /* attributes */

    size += write_varint(head + size, (int64_t)i / 16);
    size += write_varint(head + size, (int64_t)i);
    size += write_varint(head + size, -1);
    size += write_varint(head + size, (int64_t)value.len);
    treaty_buf_put_mem(batch, len,
                       write_varint(len, (int64_t)(size + value.len + 1)));
    treaty_buf_put_mem(batch, head, size);
    treaty_buf_put(batch, value);
    treaty_buf_put_c(batch, 0);
}

struct treaty_str bench_take_record(const char **at)
{
    int64_t len = read_varint(at);
    const char *end = *at + len;
    struct treaty_str value;

    (*at)++;
    (void)read_varint(at);
    (void)read_varint(at);
    (void)read_varint(at);
    value.len = (size_t)read_varint(at);
    value.data = *at;
    *at = end;
    return value;
}
