/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/str.h"
#include "format/format.h"
#include "harness/paragraph.h"
#include "harness/tap.h"

#include <stdio.h>

static void put_span(void *ctx, const struct treaty_span *span)
{
    struct treaty_buf *out = ctx;

    treaty_buf_printf(out, "\n%zu %zu %.*s %.*s %.*s", span->offset, span->len,
                      span->path.len ? (int)span->path.len : 1,
                      span->path.len ? span->path.data : "-",
                      (int)span->type.len, span->type.data,
                      (int)span->value.len, span->value.data);
}

static size_t hex_bytes(struct treaty_str hex, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = 0;

    for (size_t i = 0; i + 1 < hex.len; i++) {
        const char *high = strchr(digits, hex.data[i]);

        if (!high)
            continue;
        i++;
        out[len++] = (char)((high - digits) * 16 +
                            (strchr(digits, hex.data[i]) - digits));
    }
    return len;
}

/* The pieces of the payload, at an unreadable page's edge, as corpus lines. */
static void annotate(const struct treaty_schema *schema, struct treaty_str hex,
                     struct treaty_buf *out)
{
    char bytes[1024];
    struct tap_guard guard =
        tap_guard_copy(bytes, hex_bytes(hex, bytes), false);
    size_t len = hex_bytes(hex, bytes);
    struct treaty_error err;

    memcpy(guard.data, bytes, len);
    if (schema->format->annotate(schema, (struct treaty_str){guard.data, len},
                                 put_span, out, &err))
        treaty_buf_printf(out, "\n! %s %zu %s", treaty_code_name(err.code),
                          err.offset, err.path[0] ? err.path : "-");
    tap_guard_free(&guard);
}

static void run_case(const struct paragraph *p)
{
    struct treaty_source source = {.strictness = TREATY_NEW};
    struct treaty_schema *schema = NULL;
    struct treaty_str rest = p->text;
    struct treaty_str payload = {0};
    struct treaty_error err;
    struct treaty_buf out;

    (void)treaty_str_split(&rest, '\n', &source.text);
    (void)treaty_str_split(&rest, '\n', &payload);
    source.text = treaty_str_sub(source.text, strlen("schema "), SIZE_MAX);
    if (treaty_schema_parse(NULL, &source, &schema, &err)) {
        tap_fail(p->file, p->number, "%s", err.message);
        return;
    }
    treaty_buf_init(&out, 0);
    annotate(schema, treaty_str_sub(payload, strlen("payload"), SIZE_MAX),
             &out);
    if (!treaty_str_eq(treaty_str_sub(treaty_buf_str(&out), 1, SIZE_MAX), rest))
        tap_fail(p->file, p->number, "got:%.*s\nwant:\n%.*s", (int)out.len,
                 out.data, (int)rest.len, rest.data);
    treaty_buf_release(&out);
    treaty_schema_unref(schema);
}

static void corpus(void)
{
    paragraph_each("avro/annotate.test", run_case);
}

/* 500,000,000 nulls in six bytes: the pieces are counted. */
static void null_arrays_are_bounded(void)
{
    struct treaty_source source = {
        .text = TREATY_STR("{\"type\":\"array\",\"items\":\"null\"}"),
        .strictness = TREATY_NEW};
    struct treaty_schema *schema = NULL;
    struct treaty_buf out;
    struct treaty_error err;

    CHECK_INT(treaty_schema_parse(NULL, &source, &schema, NULL), TREATY_OK);
    treaty_buf_init(&out, 1 << 20);
    CHECK_INT(schema->format->annotate(schema,
                                       TREATY_STR("\x80\x94\xeb\xdc\x03\x00"),
                                       put_span, &out, &err),
              TREATY_ELIMIT);
    treaty_buf_release(&out);
    treaty_schema_unref(schema);
}

TAP_MAIN({"each byte is named", corpus},
         {"an array of nulls is bounded", null_arrays_are_bounded})
