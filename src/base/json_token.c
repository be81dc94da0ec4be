/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_token.h"

#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How much of what was found a message quotes. */
enum { SHOWN_MAX = 24, FOUND_SIZE = 40 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What may stand in an unquoted word, a number or a date. */
static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_' || c == '.' || c == '+' || c == '-' || c == '$' ||
           (unsigned char)c >= 0x80;
}

/*
 * Blanks of other kinds and marks of no width, which come in by copying from
 * a web page: to show them as they are would help nobody.
 */
static bool is_invisible(uint32_t cp)
{
    return cp < ' ' || (cp >= 0x7f && cp <= 0xa0) || cp == 0xad ||
           (cp >= 0x2000 && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202f) ||
           cp == 0x205f || cp == 0x2060 || cp == 0x3000 || cp == 0xfeff;
}

static struct treaty_str word_at(const struct treaty_json_lexer *lexer)
{
    struct treaty_str text = lexer->text;
    size_t end = lexer->at;

    while (end < text.len && is_word(text.data[end])) {
        size_t next = end;

        if (is_invisible(treaty_utf8_next(text, &next)))
            break;
        end = next;
    }
    return treaty_str_sub(text, lexer->at, end - lexer->at);
}

/* At most SHOWN_MAX bytes, whole characters. */
static struct treaty_str shorten(struct treaty_str s)
{
    size_t len = SHOWN_MAX;

    if (s.len <= len)
        return s;
    while (((unsigned char)s.data[len] & 0xc0) == 0x80)
        len--;
    return treaty_str_sub(s, 0, len);
}

/* What is quoted by the character at the front, or the rest. */
static struct treaty_str quoted_at(struct treaty_str s)
{
    struct treaty_str inner = treaty_str_sub(s, 1, s.len);

    return treaty_str_sub(inner, 0, treaty_str_find(inner, s.data[0]));
}

/* Name what stands at hand: a word, a string, a character or the end. */
static const char *describe(const struct treaty_json_lexer *lexer,
                            char out[FOUND_SIZE])
{
    struct treaty_str rest =
        treaty_str_sub(lexer->text, lexer->at, lexer->text.len);
    char first = treaty_json_peek(lexer);
    const char *quote = "'";
    struct treaty_str all, shown;
    size_t len = 0;
    uint32_t cp;

    if (rest.len == 0)
        return "the end of the text";
    cp = treaty_utf8_next(rest, &len);
    if (is_invisible(cp)) {
        (void)snprintf(out, FOUND_SIZE, "U+%04X", (unsigned)cp);
        return out;
    }
    all = word_at(lexer);
    if (first == '"' || first == '\'') {
        all = quoted_at(rest);
        quote = first == '"' ? "\"" : "'";
    } else if (all.len) {
        quote = "";
    } else {
        all = treaty_str_sub(rest, 0, 1);
    }
    shown = shorten(all);
    (void)snprintf(out, FOUND_SIZE, "%s%.*s%s%s", quote, TREATY_STR_ARG(shown),
                   shown.len < all.len ? "..." : "", quote);
    return out;
}

static enum treaty_code fail(const struct treaty_json_lexer *lexer, size_t at,
                             const char *message)
{
    return treaty_fail(lexer->err, TREATY_EJSON, at, "%s", message);
}

/* `what`, and then what was found instead. */
static enum treaty_code fail_found(const struct treaty_json_lexer *lexer,
                                   const char *what)
{
    char found[FOUND_SIZE];

    return treaty_fail(lexer->err, TREATY_EJSON, lexer->at, "%s, found %s",
                       what, describe(lexer, found));
}

enum treaty_code treaty_json_fail_name(const struct treaty_json_lexer *lexer)
{
    char c = treaty_json_peek(lexer);

    if (word_at(lexer).len || c == '\'')
        return fail_found(lexer, "member name must be in double quotes");
    return fail_found(lexer, "expected a member name in double quotes");
}

enum treaty_code treaty_json_fail_colon(const struct treaty_json_lexer *lexer,
                                        struct treaty_str name)
{
    struct treaty_str shown = shorten(name);
    char found[FOUND_SIZE];

    return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                       "expected ':' after the member name \"%.*s%s\", found "
                       "%s",
                       TREATY_STR_ARG(shown), shown.len < name.len ? "..." : "",
                       describe(lexer, found));
}

enum treaty_code treaty_json_fail_comma(const struct treaty_json_lexer *lexer,
                                        char closer)
{
    const char *where = closer == '}' ? "an object" : "an array";
    char c = treaty_json_peek(lexer);
    char found[FOUND_SIZE];

    if (lexer->at == lexer->text.len)
        return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                           "the text ends within %s; '%c' is missing", where,
                           closer);
    (void)describe(lexer, found);
    if (c == '"' || c == '{' || c == '[' || word_at(lexer).len)
        return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                           "missing comma before %s", found);
    return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                       "expected ',' or '%c' in %s, found %s", closer, where,
                       found);
}

enum treaty_code
treaty_json_fail_trailing(const struct treaty_json_lexer *lexer)
{
    return fail_found(lexer, "expected nothing after the value");
}

/* From the slash at hand to the end of the comment. */
static enum treaty_code skip_comment(struct treaty_json_lexer *lexer)
{
    struct treaty_str text = lexer->text;
    size_t start = lexer->at;
    struct treaty_str rest = treaty_str_sub(text, start, text.len);

    if (!(lexer->flags & TREATY_JSON_COMMENTS))
        return fail(lexer, start, "comments are not allowed here");
    if (treaty_str_starts(rest, TREATY_STR("//"))) {
        lexer->at += treaty_str_find(rest, '\n');
        return TREATY_OK;
    }
    if (!treaty_str_starts(rest, TREATY_STR("/*")))
        return fail(lexer, start, "a comment begins with // or /*");
    for (size_t at = start + 2; at + 1 < text.len; at++) {
        if (text.data[at] == '*' && text.data[at + 1] == '/') {
            lexer->at = at + 2;
            return TREATY_OK;
        }
    }
    return fail(lexer, start, "the comment is not closed");
}

enum treaty_code treaty_json_skip_more(struct treaty_json_lexer *lexer)
{
    for (;;) {
        enum treaty_code code;

        switch (treaty_json_peek(lexer)) {
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            lexer->at++;
            continue;
        case '/':
            code = skip_comment(lexer);
            if (code)
                return code;
            continue;
        default:
            return TREATY_OK;
        }
    }
}

/*
 * Offset of the first `"`, `\` or control from `at` on, or the end. Eight
 * bytes a step; a step may stop early for a byte that is none of them (after
 * a borrow), so the loop behind it has the last word.
 */
static size_t find_special(struct treaty_str text, size_t at)
{
    uint64_t word;

    for (; text.len - at >= sizeof(word); at += sizeof(word)) {
        uint64_t quote, slash, control;

        memcpy(&word, text.data + at, sizeof(word));
        quote = word ^ (ONES * '"');
        slash = word ^ (ONES * '\\');
        quote = (quote - ONES) & ~quote;
        slash = (slash - ONES) & ~slash;
        control = (word - ONES * ' ') & ~word;
        if ((quote | slash | control) & HIGH_BITS)
            break;
    }
    for (; at < text.len; at++) {
        unsigned char c = (unsigned char)text.data[at];

        if (c == '"' || c == '\\' || c < ' ')
            break;
    }
    return at;
}

static enum treaty_code fail_control(const struct treaty_json_lexer *lexer,
                                     size_t at)
{
    unsigned c = (unsigned char)lexer->text.data[at];

    if (c == '\n' || c == '\r')
        return fail(lexer, at,
                    "line break within a string; close it with '\"' before, or "
                    "write \\n");
    return treaty_fail(lexer->err, TREATY_EJSON, at,
                       "control character U+%04X within a string; write "
                       "\\u%04X",
                       c, c);
}

/* Offset of the quote that closes the string whose contents begin at `at`. */
static enum treaty_code find_close(const struct treaty_json_lexer *lexer,
                                   size_t at, size_t *ret)
{
    struct treaty_str text = lexer->text;

    for (;;) {
        at = find_special(text, at);
        if (at >= text.len)
            return fail(lexer, lexer->at, "the string is not closed");
        if (text.data[at] == '"') {
            *ret = at;
            return TREATY_OK;
        }
        if (text.data[at] != '\\')
            return fail_control(lexer, at);
        at += 2;
        if (at > text.len)
            at = text.len;
    }
}

/* `\uXXXX` at the front of `s` as a UTF-16 unit; false when it is not. */
static bool read_unit(struct treaty_str s, uint32_t *ret)
{
    uint32_t unit = 0;

    if (s.len < 6 || s.data[0] != '\\' || s.data[1] != 'u')
        return false;
    for (size_t i = 2; i < 6; i++) {
        int digit = treaty_hex_digit(s.data[i]);

        if (digit < 0)
            return false;
        unit = unit << 4 | (uint32_t)digit;
    }
    *ret = unit;
    return true;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/*
 * The escape `\u....` at `at`, and the one after it when the two are a pair.
 * Appends to `*out` and returns how far it read through `used`.
 */
static enum treaty_code read_unicode(const struct treaty_json_lexer *lexer,
                                     size_t at, size_t end, char **out,
                                     size_t *used)
{
    struct treaty_str s = treaty_str_sub(lexer->text, at, end - at);
    uint32_t unit, low;

    if (!read_unit(s, &unit))
        return fail(lexer, at, "\\u needs four hexadecimal digits");
    *used = 6;
    if (is_high(unit) && read_unit(treaty_str_sub(s, 6, 6), &low) &&
        is_low(low)) {
        *used = 12;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (is_high(unit) || is_low(unit)) {
        if (!(lexer->flags & TREATY_JSON_LONE_SURROGATES))
            return treaty_fail(lexer->err, TREATY_EJSON, at,
                               "\\u%04X is half of a surrogate pair; its other "
                               "half is missing",
                               unit);
        unit = '?';
    }
    *out += treaty_utf8_put(*out, unit);
    return TREATY_OK;
}

/* What a one-letter escape stands for, or NUL. */
static char plain_escape(char c)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";

    for (size_t i = 0; letters[i]; i++) {
        if (letters[i] == c)
            return meanings[i];
    }
    return '\0';
}

static enum treaty_code fail_escape(const struct treaty_json_lexer *lexer,
                                    size_t at)
{
    struct treaty_str s = treaty_str_sub(lexer->text, at + 1, 4);
    size_t len = 0;

    (void)treaty_utf8_next(s, &len);
    if ((unsigned char)s.data[0] < ' ')
        return fail_control(lexer, at + 1);
    return treaty_fail(lexer->err, TREATY_EJSON, at,
                       "unknown escape \\%.*s; a backslash itself is written "
                       "\\\\",
                       (int)len, s.data);
}

/* Copy what stands from `at` to `end` to `out`, resolving escapes. */
static enum treaty_code unescape(const struct treaty_json_lexer *lexer,
                                 size_t at, size_t end, char *out,
                                 size_t *ret_len)
{
    const char *data = lexer->text.data;
    char *start = out;

    while (at < end) {
        size_t stop = find_special((struct treaty_str){data, end}, at);
        enum treaty_code code;
        size_t used = 2;

        memcpy(out, data + at, stop - at);
        out += stop - at;
        at = stop;
        if (at == end)
            break;
        *out = plain_escape(data[at + 1]);
        if (*out) {
            out++;
        } else if (data[at + 1] == 'u') {
            code = read_unicode(lexer, at, end, &out, &used);
            if (code)
                return code;
        } else {
            return fail_escape(lexer, at);
        }
        at += used;
    }
    *ret_len = (size_t)(out - start);
    return TREATY_OK;
}

/* The text only shrinks when escapes are resolved, so its length suffices. */
static enum treaty_code read_escaped(struct treaty_json_lexer *lexer,
                                     struct treaty_arena *arena,
                                     struct treaty_str *ret, size_t *ret_end)
{
    size_t start = lexer->at + 1;
    size_t close = 0;
    size_t len = 0;
    char *copy;
    enum treaty_code code = find_close(lexer, start, &close);

    if (code)
        return code;
    copy = treaty_arena_alloc_aligned(arena, close - start + 1, 1);
    if (!copy)
        return treaty_fail_nomem(lexer->err);
    code = unescape(lexer, start, close, copy, &len);
    if (code)
        return code;
    *ret = (struct treaty_str){copy, len};
    *ret_end = lexer->at = close + 1;
    return TREATY_OK;
}

enum treaty_code treaty_json_read_string(struct treaty_json_lexer *lexer,
                                         struct treaty_arena *arena,
                                         struct treaty_str *ret,
                                         size_t *ret_end)
{
    size_t start = lexer->at + 1;
    size_t stop = find_special(lexer->text, start);

    if (stop == lexer->text.len || lexer->text.data[stop] != '"')
        return read_escaped(lexer, arena, ret, ret_end);
    *ret = (struct treaty_str){lexer->text.data + start, stop - start};
    *ret_end = lexer->at = stop + 1;
    return TREATY_OK;
}

static void finish(struct treaty_json_lexer *lexer, struct treaty_json *node,
                   enum treaty_json_kind kind, size_t len)
{
    node->kind = kind;
    node->text = treaty_str_sub(lexer->text, node->pos, len);
    lexer->at += len;
    node->end = lexer->at;
}

static size_t skip_digits(struct treaty_str s, size_t at)
{
    while (at < s.len && is_digit(s.data[at]))
        at++;
    return at;
}

/*
 * How long the number at the front of `s` is. Where the grammar breaks, `*why`
 * says so and the length leads there.
 */
static size_t measure_number(struct treaty_str s, bool *integer,
                             const char **why)
{
    size_t at = s.data[0] == '-';
    size_t digits = skip_digits(s, at);

    *why = "a digit must follow the minus sign";
    if (digits == at)
        return at;
    *why = "a number must not begin with 0";
    if (s.data[at] == '0' && digits - at > 1)
        return at;
    at = digits;
    if (at < s.len && s.data[at] == '.') {
        *integer = false;
        digits = skip_digits(s, at + 1);
        *why = "a digit must follow the decimal point";
        if (digits == at + 1)
            return digits;
        at = digits;
    }
    if (at < s.len && (s.data[at] == 'e' || s.data[at] == 'E')) {
        *integer = false;
        at++;
        if (at < s.len && (s.data[at] == '+' || s.data[at] == '-'))
            at++;
        digits = skip_digits(s, at);
        *why = "a digit must follow the exponent sign";
        if (digits == at)
            return at;
        at = digits;
    }
    *why = NULL;
    return at;
}

static enum treaty_code read_number(struct treaty_json_lexer *lexer,
                                    struct treaty_json *node)
{
    struct treaty_str rest =
        treaty_str_sub(lexer->text, lexer->at, lexer->text.len);
    const char *why;
    size_t len;

    node->is_integer = true;
    len = measure_number(rest, &node->is_integer, &why);
    if (why)
        return fail(lexer, lexer->at + len, why);
    if (word_at(lexer).len > len)
        return fail_found(lexer, "string value must be in double quotes");
    finish(lexer, node, TREATY_JSON_NUMBER, len);
    return TREATY_OK;
}

/* Words of JSON, and of its flag NAN. */
static const struct word_row {
    const char *word;
    enum treaty_json_kind kind;
    bool truth;
    unsigned flag; /* without it the word is no JSON */
} words[] = {
    {"true", TREATY_JSON_BOOL, true, 0},
    {"false", TREATY_JSON_BOOL, false, 0},
    {"null", TREATY_JSON_NULL, false, 0},
    {"NaN", TREATY_JSON_NUMBER, false, TREATY_JSON_NAN},
    {"Infinity", TREATY_JSON_NUMBER, false, TREATY_JSON_NAN},
    {"-Infinity", TREATY_JSON_NUMBER, false, TREATY_JSON_NAN},
};

/* How other languages spell them. */
static const struct {
    const char *found;
    const char *meant;
} lookalikes[] = {
    {"true", "true"}, {"false", "false"}, {"null", "null"},
    {"none", "null"}, {"nil", "null"},    {"undefined", "null"},
};

static enum treaty_code fail_word(const struct treaty_json_lexer *lexer,
                                  struct treaty_str word)
{
    char found[FOUND_SIZE];

    for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++) {
        if (!treaty_str_eq_nocase(word, treaty_str_z(lookalikes[i].found)))
            continue;
        return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                           "unknown word %s; write %s", describe(lexer, found),
                           lookalikes[i].meant);
    }
    if (word.data[0] == '+')
        return fail(lexer, lexer->at, "a number must not begin with '+'");
    if (word.data[0] == '.')
        return fail(lexer, lexer->at,
                    "a digit must stand before the decimal point");
    return fail_found(lexer, "string value must be in double quotes");
}

static enum treaty_code read_word(struct treaty_json_lexer *lexer,
                                  struct treaty_json *node,
                                  struct treaty_str word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct word_row *row = &words[i];

        if (!treaty_str_eq_z(word, row->word))
            continue;
        if (row->flag && !(lexer->flags & row->flag))
            return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                               "%s is not a JSON number", row->word);
        node->truth = row->truth;
        finish(lexer, node, row->kind, word.len);
        return TREATY_OK;
    }
    return fail_word(lexer, word);
}

enum treaty_code treaty_json_read_scalar(struct treaty_json_lexer *lexer,
                                         struct treaty_json *node)
{
    char c = treaty_json_peek(lexer);
    struct treaty_str word;

    if (is_digit(c))
        return read_number(lexer, node);
    word = word_at(lexer);
    if (c == '-' && !treaty_str_eq(word, TREATY_STR("-Infinity")))
        return read_number(lexer, node);
    if (word.len)
        return read_word(lexer, node, word);
    if (c == '\'')
        return fail_found(lexer, "string value must be in double quotes");
    return fail_found(lexer, "expected a value");
}
