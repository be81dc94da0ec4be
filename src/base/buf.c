/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 128 };

void treaty_buf_init(struct treaty_buf *buf, size_t max)
{
    *buf = (struct treaty_buf){.max = max};
}

void treaty_buf_release(struct treaty_buf *buf)
{
    free(buf->data);
    *buf = (struct treaty_buf){.max = buf->max};
}

void treaty_buf_clear(struct treaty_buf *buf)
{
    buf->len = 0;
    buf->failed = TREATY_OK;
}

static char *fail(struct treaty_buf *buf, enum treaty_code code)
{
    buf->failed = code;
    return NULL;
}

/*
 * Make `cap` at least `need`. One byte more than `cap` is allocated, so that
 * vsnprintf has room for the terminator that nobody counts.
 */
static bool grow(struct treaty_buf *buf, size_t need)
{
    size_t cap = FIRST_CAP;
    char *data;

    if (buf->cap)
        cap = buf->cap * 2; /* no object is larger than half of SIZE_MAX */
    if (cap < need)
        cap = need;
    if (buf->max && cap > buf->max)
        cap = buf->max;
    data = realloc(buf->data, cap + 1);
    if (!data)
        return false;
    buf->data = data;
    buf->cap = cap;
    return true;
}

char *treaty_buf_reserve(struct treaty_buf *buf, size_t extra)
{
    if (buf->failed)
        return NULL;
    if (buf->max && extra > buf->max - buf->len)
        return fail(buf, TREATY_ELIMIT);
    if (extra >= SIZE_MAX - buf->len)
        return fail(buf, TREATY_ENOMEM);
    if (!buf->data || extra > buf->cap - buf->len) {
        if (!grow(buf, buf->len + extra))
            return fail(buf, TREATY_ENOMEM);
    }
    return buf->data + buf->len;
}

void treaty_buf_put_mem(struct treaty_buf *buf, const void *data, size_t len)
{
    char *at = treaty_buf_reserve(buf, len);

    if (!at || len == 0)
        return;
    memcpy(at, data, len);
    buf->len += len;
}

void treaty_buf_put(struct treaty_buf *buf, struct treaty_str s)
{
    treaty_buf_put_mem(buf, s.data, s.len);
}

void treaty_buf_put_c(struct treaty_buf *buf, char c)
{
    treaty_buf_put_mem(buf, &c, 1);
}

void treaty_buf_put_z(struct treaty_buf *buf, const char *z)
{
    treaty_buf_put_mem(buf, z, strlen(z));
}

void treaty_buf_put_u64(struct treaty_buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    treaty_buf_put_mem(buf, digits + at, sizeof(digits) - at);
}

void treaty_buf_put_i64(struct treaty_buf *buf, int64_t value)
{
    uint64_t magnitude = (uint64_t)value;

    if (value < 0) {
        treaty_buf_put_c(buf, '-');
        magnitude = 0 - magnitude;
    }
    treaty_buf_put_u64(buf, magnitude);
}

void treaty_buf_put_hex(struct treaty_buf *buf, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    char *at;

    if (len > SIZE_MAX / 2) {
        buf->failed = TREATY_ENOMEM;
        return;
    }
    at = treaty_buf_reserve(buf, len * 2);
    if (!at)
        return;
    for (size_t i = 0; i < len; i++) {
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    buf->len += len * 2;
}

void treaty_buf_printf(struct treaty_buf *buf, const char *format, ...)
{
    va_list args;
    char *at;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        (void)fail(buf, TREATY_ENOMEM); /* more than INT_MAX bytes */
        return;
    }
    at = treaty_buf_reserve(buf, (size_t)len);
    if (!at)
        return;
    va_start(args, format);
    (void)vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

enum treaty_code treaty_buf_status(const struct treaty_buf *buf,
                                   struct treaty_error *err)
{
    if (buf->failed == TREATY_OK)
        return TREATY_OK;
    if (buf->failed == TREATY_ENOMEM)
        return treaty_fail_nomem(err);
    return treaty_fail(err, buf->failed, TREATY_NO_OFFSET,
                       "the output exceeds %zu bytes", buf->max);
}
