/* SPDX-License-Identifier: Apache-2.0 */
#include "client/url.h"

#include "base/error.h"
#include "base/str.h"

/* Percent-decode onto the arena; a lone '%' stands for itself. */
static struct treaty_str decode(struct treaty_arena *arena, struct treaty_str s)
{
    struct treaty_str copy = treaty_arena_dup(arena, s);
    char *out = (char *)(uintptr_t)copy.data;
    size_t n = 0;

    if (!copy.data)
        return copy;
    for (size_t i = 0; i < s.len; i++) {
        int high = i + 2 < s.len ? treaty_hex_digit(s.data[i + 1]) : -1;
        int low = high >= 0 ? treaty_hex_digit(s.data[i + 2]) : -1;

        if (s.data[i] == '%' && low >= 0) {
            out[n++] = (char)(high << 4 | low);
            i += 2;
            continue;
        }
        out[n++] = s.data[i];
    }
    out[n] = '\0';
    return (struct treaty_str){out, n};
}

/* Length of "http://" or "https://" at the start of `s`, 0 for neither. */
static size_t scheme_length(struct treaty_str s)
{
    static const struct treaty_str schemes[] = {
        {"http://", 7},
        {"https://", 8},
    };

    for (size_t i = 0; i < 2; i++)
        if (treaty_str_eq_nocase(treaty_str_sub(s, 0, schemes[i].len),
                                 schemes[i]))
            return schemes[i].len;
    return 0;
}

static bool has_plain_characters(struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] <= ' ' || s.data[i] == 0x7f)
            return false;
    return true;
}

/*
 * The message never quotes the URL: when it is broken, nobody can tell which
 * part of it is the password.
 */
static enum treaty_code check(struct treaty_str text, size_t scheme,
                              struct treaty_str host, struct treaty_str path,
                              struct treaty_error *err)
{
    if (!scheme)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a registry URL must begin with http:// or "
                           "https://");
    if (!has_plain_characters(text))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a registry URL must not contain spaces or control "
                           "characters");
    if (host.len == 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a registry URL names no host");
    if (treaty_str_has(path, '@'))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a registry URL has an @ behind its host: "
                           "percent-encode credentials, a / as %%2F");
    if (treaty_str_has(path, '?') || treaty_str_has(path, '#'))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a registry URL must have no query and no "
                           "fragment");
    return TREATY_OK;
}

static enum treaty_code read_userinfo(struct treaty_arena *arena,
                                      struct treaty_str info,
                                      struct treaty_url *url,
                                      struct treaty_error *err)
{
    size_t colon = treaty_str_find(info, ':');

    url->user = decode(arena, treaty_str_sub(info, 0, colon));
    url->password = decode(arena, treaty_str_sub(info, colon + 1, info.len));
    if (!url->user.data || !url->password.data)
        return treaty_fail_nomem(err);
    return TREATY_OK;
}

static enum treaty_code parse(struct treaty_arena *arena,
                              struct treaty_str text, struct treaty_url *ret,
                              struct treaty_error *err)
{
    size_t scheme = scheme_length(text);
    struct treaty_str rest = treaty_str_sub(text, scheme, text.len);
    size_t slash = 0;
    struct treaty_str authority;
    struct treaty_str path;
    struct treaty_str host;
    size_t at;
    enum treaty_code code;

    while (slash < rest.len && !strchr("/?#", rest.data[slash]))
        slash++;
    authority = treaty_str_sub(rest, 0, slash);
    path = treaty_str_sub(rest, slash, rest.len);
    at = treaty_str_find_last(authority, '@');
    host =
        at < authority.len ? treaty_str_after_last(authority, '@') : authority;
    code = check(text, scheme, host, path, err);
    if (code != TREATY_OK)
        return code;
    if (at < authority.len) {
        code = read_userinfo(arena, treaty_str_sub(authority, 0, at), ret, err);
        if (code != TREATY_OK)
            return code;
    }

    while (treaty_str_ends(path, TREATY_STR("/")))
        path.len--;
    ret->base =
        treaty_arena_printf(arena, "%.*s%.*s%.*s", (int)scheme, text.data,
                            TREATY_STR_ARG(host), TREATY_STR_ARG(path));
    return ret->base.data ? TREATY_OK : treaty_fail_nomem(err);
}

enum treaty_code treaty_url_parse_list(struct treaty_arena *arena,
                                       struct treaty_str list,
                                       struct treaty_url **ret,
                                       size_t *ret_count,
                                       struct treaty_error *err)
{
    struct treaty_str rest = list;
    struct treaty_str part;
    struct treaty_url *urls;
    size_t count = 0;

    while (treaty_str_split(&rest, ',', &part))
        count++;
    urls = TREATY_ARENA_NEW_N(arena, struct treaty_url, count ? count : 1);
    if (!urls)
        return treaty_fail_nomem(err);

    rest = list;
    count = 0;
    while (treaty_str_split(&rest, ',', &part)) {
        enum treaty_code code;

        part = treaty_str_trim(part);
        if (part.len == 0)
            continue;
        code = parse(arena, part, &urls[count], err);
        if (code != TREATY_OK)
            return code;
        count++;
    }
    if (count == 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "no registry URL is given");
    *ret = urls;
    *ret_count = count;
    return TREATY_OK;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

void treaty_url_put_segment(struct treaty_buf *out, struct treaty_str s)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (is_unreserved(s.data[i])) {
            treaty_buf_put_c(out, s.data[i]);
            continue;
        }
        treaty_buf_put_c(out, '%');
        treaty_buf_put_c(out, digits[c >> 4]);
        treaty_buf_put_c(out, digits[c & 15]);
    }
}
