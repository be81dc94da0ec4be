/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_PLAN_SUPPORT_H
#define TREATY_TESTS_UNIT_PLAN_SUPPORT_H

/*
 * Decoding under the worst conditions: each payload lies against an unreadable
 * page on either side, cut at every length, and runs through the portable loop
 * and the one of this machine, which must agree to the byte.
 */
#include "base/buf.h"
#include "base/str.h"
#include "format/format.h"
#include "harness/tap.h"
#include "plan/build.h"
#include "record/text.h"

#include <stdlib.h>

/* What would not be registered today may be stored all the same. */
static inline struct treaty_schema *support_parse(struct treaty_str text)
{
    struct treaty_source source = {.text = text};
    struct treaty_schema *schema = NULL;
    struct treaty_error err;

    if (treaty_schema_parse(NULL, &source, &schema, NULL) == TREATY_OK)
        return schema;
    source.strictness = TREATY_STORED;
    if (treaty_schema_parse(NULL, &source, &schema, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%.*s: %s", (int)text.len, text.data,
                 err.message);
    return schema;
}

static inline struct treaty_layout *
support_layout(const struct treaty_schema *schema)
{
    struct treaty_layout *layout = NULL;
    struct treaty_error err;

    if (schema->format->layout(schema, &layout, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return layout;
}

static inline int support_hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = memchr(digits, c, 16);

    return at ? (int)(at - digits) : -1;
}

/* Hex digits with blanks between them. */
static inline struct treaty_str support_hex(struct treaty_arena *arena,
                                            struct treaty_str hex)
{
    char *out = treaty_arena_alloc(arena, hex.len + 1);
    size_t len = 0;
    int high = -1;

    for (size_t i = 0; out && i < hex.len; i++) {
        int digit = support_hex_digit(hex.data[i]);

        if (digit < 0)
            continue;
        if (high < 0) {
            high = digit;
            continue;
        }
        out[len++] = (char)(high << 4 | digit);
        high = -1;
    }
    return (struct treaty_str){out, len};
}

/* What a decode came to, as text: the value, or "! CODE OFFSET PATH". */
static inline void support_decode(const struct treaty_plan *plan,
                                  const struct treaty_type *type,
                                  struct treaty_str payload,
                                  struct treaty_buf *out)
{
    struct treaty_arena arena = {0};
    struct treaty_error err;
    void *record = calloc(1, type->size + 1);
    enum treaty_code code =
        treaty_plan_decode(plan, payload, record, &arena, &err);

    if (code == TREATY_OK) {
        treaty_record_write(out, type, record, TREATY_TEXT_AVRO);
    } else {
        if (code != err.code || err.message[0] == '\0')
            tap_fail(__FILE__, __LINE__, "code and error differ");
        treaty_buf_printf(out, "! %s %zu %s", treaty_code_name(code) + 7,
                          err.offset, err.path);
    }
    free(record);
    treaty_arena_release(&arena);
}

/* The same in one place of memory and with one loop. */
static inline void support_decode_at(struct treaty_plan *plan,
                                     const struct treaty_type *type,
                                     struct treaty_str payload, bool front,
                                     struct treaty_buf *out)
{
    struct tap_guard guard = tap_guard_copy(payload.data, payload.len, front);

    support_decode(plan, type, (struct treaty_str){guard.data, payload.len},
                   out);
    tap_guard_free(&guard);
}

/*
 * Decode everywhere; the text of one decode into `out`, a failure for each
 * that differs from it.
 */
static inline void support_decode_all(struct treaty_plan *plan,
                                      const struct treaty_type *type,
                                      struct treaty_str payload,
                                      struct treaty_buf *out)
{
    support_decode_at(plan, type, payload, false, out);
    for (int i = 0; i < 3; i++) {
        struct treaty_buf other;

        treaty_buf_init(&other, 0);
        if (i > 0)
            treaty_plan_set_portable(plan);
        support_decode_at(plan, type, payload, i < 2, &other);
        treaty_plan_set_native(plan);
        if (!treaty_str_eq(treaty_buf_str(&other), treaty_buf_str(out)))
            tap_fail(__FILE__, __LINE__, "way %d gives %.*s instead of %.*s", i,
                     (int)other.len, other.data, (int)out->len, out->data);
        treaty_buf_release(&other);
    }
}

/* Each shorter payload decodes or fails, the same way everywhere. */
static inline void support_decode_prefixes(struct treaty_plan *plan,
                                           const struct treaty_type *type,
                                           struct treaty_str payload)
{
    for (size_t len = 0; len < payload.len; len++) {
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        support_decode_all(plan, type, treaty_str_sub(payload, 0, len), &out);
        treaty_buf_release(&out);
    }
}

#endif
