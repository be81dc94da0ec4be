/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings, whose escapes the authorities do not read alike:
 *
 *     escape            protoc             reference
 *     \n \r \t ...      the character      the character
 *     \101 \x41         one byte           one character, up to U+01FF
 *     \u00e9 \U0001F600 the character      "u00e9", as it knows no such escape
 *     \q                refused            "q"
 */
#include "base/utf8.h"
#include "format/protobuf/parse.h"

/* What protoc takes in eight digits: 21 bits. */
enum { UNICODE_MAX = 0x1FFFFF };

static const char escapes[][2] = {
    {'a', '\a'}, {'b', '\b'}, {'f', '\f'},  {'n', '\n'},
    {'r', '\r'}, {'t', '\t'}, {'v', '\v'},  {'\\', '\\'},
    {'?', '?'},  {'"', '"'},  {'\'', '\''},
};

/* What is decoded, and to where. */
struct decoder {
    struct treaty_str raw; /* between the quotes */
    size_t at;             /* behind the backslash */
    char *out;
    bool for_reference;
    bool is_bad;
};

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = (char)(c | 0x20);
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return 99;
}

/* Up to `max` digits; how many there were in `*ret_count`. */
static uint32_t read_digits(struct decoder *d, unsigned base, unsigned max,
                            unsigned *ret_count)
{
    uint32_t value = 0;
    unsigned count = 0;

    while (count < max && d->at < d->raw.len &&
           digit_value(d->raw.data[d->at]) < base) {
        value = value * base + digit_value(d->raw.data[d->at]);
        d->at++;
        count++;
    }
    *ret_count = count;
    return value;
}

static void put_numeric(struct decoder *d, unsigned base, unsigned max)
{
    unsigned count;
    uint32_t value = read_digits(d, base, max, &count);

    if (count == 0)
        d->is_bad = true;
    else if (d->for_reference)
        d->out += treaty_utf8_put(d->out, value);
    else
        *d->out++ = (char)(value & 0xff);
}

/* The second half of a pair of surrogates, if `\uDC00` or so stands here. */
static uint32_t read_low_surrogate(struct decoder *d)
{
    const size_t start = d->at;
    unsigned count = 0;
    uint32_t value = 0;

    if (d->at + 1 < d->raw.len && d->raw.data[d->at] == '\\' &&
        d->raw.data[d->at + 1] == 'u') {
        d->at += 2;
        value = read_digits(d, 16, 4, &count);
    }
    if (count == 4 && value >= 0xDC00 && value <= 0xDFFF)
        return value;
    d->at = start;
    return 0;
}

/* As UTF-8 has it, also where that has none: for a surrogate on its own, and
 * past the last character. */
static void put_code_point(struct decoder *d, uint32_t value)
{
    if (value >= 0xD800 && value <= 0xDFFF) {
        *d->out++ = (char)(0xE0 | (value >> 12));
        *d->out++ = (char)(0x80 | ((value >> 6) & 0x3F));
        *d->out++ = (char)(0x80 | (value & 0x3F));
    } else if (value > 0x10FFFF) {
        *d->out++ = (char)(0xF0 | (value >> 18));
        *d->out++ = (char)(0x80 | ((value >> 12) & 0x3F));
        *d->out++ = (char)(0x80 | ((value >> 6) & 0x3F));
        *d->out++ = (char)(0x80 | (value & 0x3F));
    } else {
        d->out += treaty_utf8_put(d->out, value);
    }
}

static void put_unicode(struct decoder *d, unsigned digits)
{
    unsigned count;
    uint32_t value = read_digits(d, 16, digits, &count);
    uint32_t low = 0;

    if (count != digits || value > UNICODE_MAX) {
        d->is_bad = true;
        return;
    }
    if (value >= 0xD800 && value <= 0xDBFF)
        low = read_low_surrogate(d);
    if (low)
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    put_code_point(d, value);
}

static void put_escape(struct decoder *d)
{
    char c = d->raw.data[d->at];

    if (c >= '0' && c <= '7') {
        put_numeric(d, 8, 3);
        return;
    }
    d->at++;
    if (c == 'x' || c == 'X') {
        put_numeric(d, 16, 2);
        return;
    }
    if (!d->for_reference && (c == 'u' || c == 'U')) {
        put_unicode(d, c == 'u' ? 4 : 8);
        return;
    }
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        if (escapes[i][0] == c) {
            *d->out++ = escapes[i][1];
            return;
        }
    }
    d->is_bad = !d->for_reference;
    *d->out++ = c;
}

/* Decode one literal to `d->out`; the place of the first bad escape, or the
 * length of it. */
static size_t decode(struct decoder *d)
{
    size_t bad = d->raw.len;

    while (d->at < d->raw.len) {
        const char *slash =
            memchr(d->raw.data + d->at, '\\', d->raw.len - d->at);
        size_t run = slash ? (size_t)(slash - d->raw.data) : d->raw.len;

        memcpy(d->out, d->raw.data + d->at, run - d->at);
        d->out += run - d->at;
        d->at = run + 1;
        if (d->at >= d->raw.len)
            break;
        put_escape(d);
        if (d->is_bad && bad == d->raw.len)
            bad = run;
    }
    return bad;
}

static struct treaty_str literal(const struct treaty_proto_parser *p)
{
    struct treaty_str text = treaty_proto_token_text(p);

    return treaty_str_sub(text, 1, text.len - 2);
}

/* Append the string that is next to both texts, which have the room. */
static void append(struct treaty_proto_parser *p, char **protoc,
                   char **reference)
{
    struct treaty_str raw = literal(p);
    struct decoder d = {.raw = raw, .out = *protoc};
    size_t bad = decode(&d);

    *protoc = d.out;
    if (d.is_bad)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos + 1 + bad,
                          "no such escape in a string; for a backslash write "
                          "two");
    d = (struct decoder){.raw = raw, .out = *reference, .for_reference = true};
    bad = decode(&d);
    *reference = d.out;
    if (d.is_bad)
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, p->token.pos + 1 + bad,
                          "hexadecimal digits must follow \"\\x\"");
    treaty_proto_advance(p);
}

/* Adjacent strings together have at most this many bytes. */
static size_t length_of_all(const struct treaty_proto_parser *p)
{
    struct treaty_proto_lexer lexer = p->lexer;
    struct treaty_proto_token token = p->token;
    size_t len = 0;

    while (token.kind == TREATY_PROTO_TOKEN_STRING) {
        len += token.end - token.pos;
        treaty_proto_lex(&lexer, &token);
    }
    return len;
}

struct treaty_str treaty_proto_parse_string(struct treaty_proto_parser *p,
                                            struct treaty_str *ret_reference)
{
    size_t len = length_of_all(p);
    struct treaty_str raw;
    char *texts;
    char *protoc;
    char *reference;

    if (p->token.kind != TREATY_PROTO_TOKEN_STRING) {
        treaty_proto_stop_unexpected(p, "a string in quotes");
        return (struct treaty_str){"", 0};
    }
    raw = literal(p);
    if (len == raw.len + 2 && !treaty_str_has(raw, '\\')) {
        treaty_proto_advance(p);
        *ret_reference = raw;
        return raw;
    }
    texts = treaty_proto_make(p, 2 * len);
    if (!texts)
        return (struct treaty_str){"", 0};
    protoc = texts;
    reference = texts + len;
    while (p->token.kind == TREATY_PROTO_TOKEN_STRING)
        append(p, &protoc, &reference);
    *ret_reference =
        (struct treaty_str){texts + len, (size_t)(reference - texts) - len};
    return (struct treaty_str){texts, (size_t)(protoc - texts)};
}
