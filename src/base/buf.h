/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_BUF_H
#define TREATY_SRC_BASE_BUF_H

/*
 * A growable byte buffer that knows its maximum. The first failure sticks:
 * after it every append is ignored and `failed` stays set, so a writer checks
 * once, at the end, with treaty_buf_status.
 */
#include <treaty/base.h>

#include <stdbool.h>

struct treaty_buf {
    char *data; /* heap; NULL while empty */
    size_t len;
    size_t cap;
    size_t max;              /* 0: no bound but memory */
    enum treaty_code failed; /* TREATY_OK, TREATY_ENOMEM or TREATY_ELIMIT */
};

void treaty_buf_init(struct treaty_buf *buf, size_t max);
void treaty_buf_release(struct treaty_buf *buf);

/* Empty it, keep the memory, forget the failure. */
void treaty_buf_clear(struct treaty_buf *buf);

/*
 * Room for `extra` more bytes at `data + len`, or NULL after recording the
 * failure. The caller adds what it wrote to `len`.
 */
char *treaty_buf_reserve(struct treaty_buf *buf, size_t extra);

void treaty_buf_put(struct treaty_buf *buf, struct treaty_str s);
void treaty_buf_put_c(struct treaty_buf *buf, char c);
void treaty_buf_put_z(struct treaty_buf *buf, const char *z);
void treaty_buf_put_mem(struct treaty_buf *buf, const void *data, size_t len);
void treaty_buf_put_i64(struct treaty_buf *buf, int64_t value);
void treaty_buf_put_u64(struct treaty_buf *buf, uint64_t value);
void treaty_buf_put_hex(struct treaty_buf *buf, const void *data, size_t len);
void treaty_buf_printf(struct treaty_buf *buf, const char *format, ...)
    TREATY_PRINTF(2, 3);

static inline struct treaty_str treaty_buf_str(const struct treaty_buf *buf)
{
    return (struct treaty_str){buf->data ? buf->data : "", buf->len};
}

/* TREATY_OK, or the failure that stuck, described in `err`. */
TREATY_MUST_CHECK enum treaty_code
treaty_buf_status(const struct treaty_buf *buf, struct treaty_error *err);

#endif
