/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_SPANS_H
#define TREATY_SRC_FORMAT_SPANS_H

/*
 * Taking a payload apart for people: a cursor that a format moves from piece to
 * piece, saying what each one is.
 *
 *     struct treaty_spans s;
 *     treaty_spans_init(&s, payload, give, ctx, err);
 *     from = s.at;
 *     bits = treaty_spans_varint(&s, "the payload ends inside an integer");
 *     treaty_buf_put_u64(&s.value, bits);
 *     treaty_spans_give(&s, from, TREATY_STR("long"));
 *     return treaty_spans_finish(&s);
 *
 * It shares nothing with the plans, so that a hexdump can be held against what
 * a plan decoded. The first error sticks: after it reads yield zeros and
 * nothing more is given out.
 */
#include "base/buf.h"
#include "format/format.h"

struct treaty_spans {
    struct treaty_str payload;
    size_t at;
    size_t end;             /* of what may be read now: all, or a message */
    struct treaty_buf path; /* of the piece that comes next */
    struct treaty_buf value;
    treaty_span_fn give;
    void *ctx;
    struct treaty_error *err;
    enum treaty_code code;
    uint32_t depth;
    uint32_t count;
};

void treaty_spans_init(struct treaty_spans *s, struct treaty_str payload,
                       treaty_span_fn give, void *ctx,
                       struct treaty_error *err);

/* Free the memory; the first error, or that there was not enough of it. */
enum treaty_code treaty_spans_finish(struct treaty_spans *s);

/* Fail at `offset` and at the path, unless something failed before. */
void treaty_spans_fail(struct treaty_spans *s, enum treaty_code code,
                       size_t offset, const char *what);

/*
 * Give the bytes from `from` to the cursor, with `s->value` as their value, and
 * empty that.
 */
void treaty_spans_give(struct treaty_spans *s, size_t from,
                       struct treaty_str type);

/* Before and after what may be nested; false when it is so too deeply. */
bool treaty_spans_enter(struct treaty_spans *s);
void treaty_spans_leave(struct treaty_spans *s);

/* Reads fail with the sentence `what` when too few bytes are left. */
uint64_t treaty_spans_varint(struct treaty_spans *s, const char *what);
uint64_t treaty_spans_fixed(struct treaty_spans *s, size_t len,
                            const char *what); /* little-endian */
const char *treaty_spans_bytes(struct treaty_spans *s, size_t len,
                               const char *what); /* NULL: failed */

static inline int64_t treaty_spans_unzigzag(uint64_t bits)
{
    return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

/* Append to the value: a number by its bits, the start of a string or blob. */
void treaty_spans_put_float(struct treaty_spans *s, uint64_t bits);
void treaty_spans_put_double(struct treaty_spans *s, uint64_t bits);
void treaty_spans_put_data(struct treaty_spans *s, struct treaty_str data,
                           bool is_text);

#endif
