/* SPDX-License-Identifier: Apache-2.0 */
#include "format/spans.h"

#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
    DEPTH_MAX = 256,
    SPANS_MAX = 1 << 20, /* an array of nulls costs no bytes */
    VALUE_SHOWN = 48,    /* bytes of a string or blob that are shown */
};

void treaty_spans_init(struct treaty_spans *s, struct treaty_str payload,
                       treaty_span_fn give, void *ctx, struct treaty_error *err)
{
    *s = (struct treaty_spans){.payload = payload,
                               .end = payload.len,
                               .give = give,
                               .ctx = ctx,
                               .err = err};
    treaty_buf_init(&s->path, 4096);
    treaty_buf_init(&s->value, 4096);
}

enum treaty_code treaty_spans_finish(struct treaty_spans *s)
{
    if (!s->code)
        s->code = treaty_buf_status(&s->path, s->err);
    treaty_buf_release(&s->path);
    treaty_buf_release(&s->value);
    return s->code;
}

void treaty_spans_fail(struct treaty_spans *s, enum treaty_code code,
                       size_t offset, const char *what)
{
    if (s->code)
        return;
    s->code = treaty_fail(s->err, code, offset, "%s", what);
    if (s->err)
        treaty_error_set_path(s->err, treaty_buf_str(&s->path));
}

void treaty_spans_give(struct treaty_spans *s, size_t from,
                       struct treaty_str type)
{
    struct treaty_span span = {from, s->at - from, treaty_buf_str(&s->path),
                               type, treaty_buf_str(&s->value)};

    if (!s->code && ++s->count > SPANS_MAX)
        treaty_spans_fail(s, TREATY_ELIMIT, from,
                          "the event has too many pieces to show");
    if (!s->code)
        s->give(s->ctx, &span);
    treaty_buf_clear(&s->value);
}

bool treaty_spans_enter(struct treaty_spans *s)
{
    if (s->depth >= DEPTH_MAX)
        treaty_spans_fail(s, TREATY_EDEPTH, s->at,
                          "the event is nested too deeply to show");
    if (s->code)
        return false;
    s->depth++;
    return true;
}

void treaty_spans_leave(struct treaty_spans *s)
{
    s->depth--;
}

uint64_t treaty_spans_varint(struct treaty_spans *s, const char *what)
{
    uint64_t bits = 0;
    size_t from = s->at;

    for (unsigned shift = 0; shift < 70 && !s->code; shift += 7) {
        uint8_t byte;

        if (s->at >= s->end) {
            treaty_spans_fail(s, TREATY_ETRUNCATED, from, what);
            return 0;
        }
        byte = (uint8_t)s->payload.data[s->at++];
        if (shift == 63 && byte > 1)
            break;
        bits |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return bits;
    }
    treaty_spans_fail(s, TREATY_EVARINT, from,
                      "this integer has more than 64 bits");
    return 0;
}

const char *treaty_spans_bytes(struct treaty_spans *s, size_t len,
                               const char *what)
{
    if (s->code || s->end - s->at < len) {
        treaty_spans_fail(s, TREATY_ETRUNCATED, s->at, what);
        return NULL;
    }
    s->at += len;
    return s->payload.data + s->at - len;
}

uint64_t treaty_spans_fixed(struct treaty_spans *s, size_t len,
                            const char *what)
{
    const char *bytes = treaty_spans_bytes(s, len, what);
    uint64_t bits = 0;

    for (size_t i = 0; bytes && i < len; i++)
        bits |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return bits;
}

void treaty_spans_put_float(struct treaty_spans *s, uint64_t bits)
{
    uint32_t narrow = (uint32_t)bits;
    float value;

    memcpy(&value, &narrow, sizeof(value));
    treaty_json_put_float(&s->value, value);
}

void treaty_spans_put_double(struct treaty_spans *s, uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    treaty_json_put_double(&s->value, value);
}

void treaty_spans_put_data(struct treaty_spans *s, struct treaty_str data,
                           bool is_text)
{
    struct treaty_str shown = treaty_str_sub(data, 0, VALUE_SHOWN);

    if (is_text) {
        shown.len = treaty_utf8_check(shown);
        treaty_json_quote(&s->value, shown);
    } else {
        treaty_buf_put_hex(&s->value, shown.data, shown.len);
    }
    if (shown.len < data.len)
        treaty_buf_printf(&s->value, "... (%zu bytes)", data.len);
    if (is_text && !treaty_utf8_valid(data))
        treaty_buf_put_z(&s->value, " not UTF-8");
}
