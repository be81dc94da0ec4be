/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "base/str.h"
#include "base/utf8.h"

struct treaty_str treaty_url_without_authority(struct treaty_str text)
{
    size_t at = treaty_str_find(text, ':');

    if (text.len == 0 || text.data[0] == '/')
        return text;
    if (!treaty_str_starts(treaty_str_sub(text, at, 3), TREATY_STR("://")))
        return text;
    text = treaty_str_sub(text, at + 3, text.len);
    at = treaty_str_find(text, '/');
    return at == text.len ? TREATY_STR("/")
                          : treaty_str_sub(text, at, text.len);
}

/* The byte that `%XX` at `text.data[at]` stands for, or -1. */
static int unescape(struct treaty_str text, size_t at)
{
    int high;
    int low;

    if (text.len - at < 3)
        return -1;
    high = treaty_hex_digit(text.data[at + 1]);
    low = treaty_hex_digit(text.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_plain(struct treaty_str text, bool plus_is_space)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '%' || (signed char)c < 0 || (c == '+' && plus_is_space))
            return false;
    }
    return true;
}

enum treaty_code treaty_url_decode(struct treaty_arena *arena,
                                   struct treaty_str text, bool plus_is_space,
                                   struct treaty_str *ret)
{
    char *out;
    size_t n = 0;

    if (is_plain(text, plus_is_space)) {
        *ret = text;
        return TREATY_OK;
    }
    out = treaty_arena_alloc_aligned(arena, text.len + 1, 1);
    if (!out)
        return TREATY_ENOMEM;
    for (size_t i = 0; i < text.len; i++) {
        int c = (unsigned char)text.data[i];

        if (c == '%') {
            c = unescape(text, i);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c < 0)
            return TREATY_EREQUEST;
        out[n++] = (char)c;
    }
    if (!treaty_utf8_valid((struct treaty_str){out, n}))
        return TREATY_EREQUEST;
    *ret = (struct treaty_str){out, n};
    return TREATY_OK;
}

static enum treaty_code parse_pair(struct treaty_arena *arena,
                                   struct treaty_str text,
                                   struct treaty_url_pair *ret)
{
    size_t at = treaty_str_find(text, '=');
    enum treaty_code code =
        treaty_url_decode(arena, treaty_str_sub(text, 0, at), true, &ret->name);

    if (code)
        return code;
    return treaty_url_decode(arena, treaty_str_sub(text, at + 1, text.len),
                             true, &ret->value);
}

enum treaty_code treaty_url_query_parse(struct treaty_arena *arena,
                                        struct treaty_str query,
                                        struct treaty_url_query *ret)
{
    struct treaty_url_pair *pairs;
    struct treaty_str text;
    size_t count = 1;
    size_t n = 0;
    enum treaty_code code = TREATY_OK;

    for (size_t i = 0; i < query.len; i++)
        count += query.data[i] == '&';
    pairs = TREATY_ARENA_NEW_N(arena, struct treaty_url_pair, count);
    if (!pairs)
        return TREATY_ENOMEM;
    while (!code && treaty_str_split(&query, '&', &text))
        code = parse_pair(arena, text, &pairs[n++]);
    *ret = (struct treaty_url_query){pairs, n};
    return code;
}

struct treaty_str treaty_url_query_find(const struct treaty_url_query *query,
                                        const char *name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (treaty_str_eq_z(query->pairs[i].name, name))
            return query->pairs[i].value;
    }
    return (struct treaty_str){0};
}
