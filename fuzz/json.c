/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader on any bytes. The first byte chooses the flags ('@' for
 * none), the rest is the text. What must hold:
 *
 * 1. A failure has a place within the text, or none, and a message that is
 *    UTF-8.
 * 2. Each value lies within the one around it, after what precedes it.
 * 3. Written and read again, the tree is equal, and writes the same bytes.
 * 4. A number that is printed and read again is the same number.
 */
#include "base/json.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)                                                          \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

static void check_error(const struct treaty_error *err, size_t len)
{
    REQUIRE(err->code != TREATY_OK);
    REQUIRE(err->offset <= len || err->offset == TREATY_NO_OFFSET);
    REQUIRE(err->message[0] != '\0');
    REQUIRE(treaty_utf8_valid(treaty_str_z(err->message)));
}

static void check_number(const struct treaty_json *number)
{
    char text[TREATY_DECIMAL_SIZE];
    double value, back;
    size_t len;

    REQUIRE(treaty_json_to_double(number, &value));
    len = treaty_decimal_put_double(text, value);
    if (!treaty_str_to_double((struct treaty_str){text, len}, &back))
        return; /* NaN, Infinity */
    REQUIRE(memcmp(&value, &back, sizeof(value)) == 0);
}

static void check_value(const struct treaty_json *value, size_t from, size_t to)
{
    size_t at = value->pos;
    uint32_t count = 0;

    REQUIRE(value->pos >= from && value->pos < value->end);
    REQUIRE(value->end <= to);
    if (value->kind == TREATY_JSON_NUMBER)
        check_number(value);
    for (const struct treaty_json *c = value->child; c; c = c->next) {
        if (value->kind == TREATY_JSON_OBJECT) {
            REQUIRE(c->name_pos > at && c->name_pos < c->pos);
            REQUIRE(treaty_utf8_valid(c->name));
        }
        check_value(c, at + 1, value->end - 1);
        at = c->end;
        count++;
    }
    REQUIRE(count == value->count);
}

static void check_again(struct treaty_arena *arena,
                        const struct treaty_json *first, unsigned flags)
{
    const struct treaty_json_options options = {
        .flags = flags & (TREATY_JSON_NAN | TREATY_JSON_DUPLICATES_FAIL),
        .size_max = SIZE_MAX,
    };
    const struct treaty_json *second = NULL;
    struct treaty_buf once, twice;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    treaty_json_write(&once, first);
    REQUIRE(treaty_json_parse(arena, treaty_buf_str(&once), &options, &second,
                              NULL) == TREATY_OK);
    REQUIRE(treaty_json_eq(first, second));
    treaty_json_write(&twice, second);
    REQUIRE(treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&twice)));
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct treaty_json_options options = {0};
    struct treaty_arena arena = {0};
    const struct treaty_json *root = NULL;
    struct treaty_error err = {0};
    struct treaty_str text;

    if (size == 0)
        return 0;
    options.flags = data[0] & 0x1f;
    text = (struct treaty_str){(const char *)data + 1, size - 1};
    if (treaty_json_parse(&arena, text, &options, &root, &err)) {
        REQUIRE(!root);
        check_error(&err, text.len);
    } else {
        check_value(root, 0, text.len);
        check_again(&arena, root, options.flags);
    }
    treaty_arena_release(&arena);
    return 0;
}
