/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/lex.h"

enum char_class {
    SPACE = 1,
    LETTER = 2, /* and `_` */
    DIGIT = 4,
    HEX = 8,
    WORD = 16, /* `-` and `.`, in the reference's words */
    CONTROL = 32,
    S = SPACE,
    C = CONTROL,
    D = DIGIT | HEX,
    H = LETTER | HEX,
    L = LETTER,
    W = WORD,
};

/* clang-format off */
static const uint8_t classes[256] = {
    C, C, C, C, C, C, C, C, C, S, S, S, S, S, C, C,
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, W, W, 0,
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0,
    0, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, L,
    0, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, C,
};
/* clang-format on */

static bool is(const struct treaty_proto_lexer *lx, size_t at, unsigned class)
{
    return at < lx->text.len &&
           (classes[(unsigned char)lx->text.data[at]] & class) != 0;
}

static char char_at(const struct treaty_proto_lexer *lx, size_t at)
{
    return at < lx->text.len ? lx->text.data[at] : '\0';
}

static size_t skip(const struct treaty_proto_lexer *lx, size_t at,
                   unsigned class)
{
    const char *const data = lx->text.data;
    const size_t len = lx->text.len;

    while (at < len && (classes[(unsigned char)data[at]] & class) != 0)
        at++;
    return at;
}

/* The first trouble of a token is the one that counts. */
static void complain(struct treaty_proto_lexer *lx, size_t pos, bool is_fatal,
                     const char *trouble)
{
    if (lx->trouble && !(is_fatal && !lx->is_fatal))
        return;
    lx->trouble = trouble;
    lx->trouble_pos = pos;
    lx->is_fatal = is_fatal;
}

static size_t skip_line(const struct treaty_proto_lexer *lx, size_t at)
{
    const char *end = memchr(lx->text.data + at, '\n', lx->text.len - at);

    return end ? (size_t)(end - lx->text.data) + 1 : lx->text.len;
}

static size_t skip_block_comment(struct treaty_proto_lexer *lx, size_t pos)
{
    for (size_t at = pos + 2; at < lx->text.len; at++) {
        if (char_at(lx, at) == '*' && char_at(lx, at + 1) == '/')
            return at + 2;
        if (char_at(lx, at) == '/' && char_at(lx, at + 1) == '*')
            complain(lx, at, false,
                     "\"/*\" stands in a comment that has begun already; "
                     "comments do not nest");
    }
    complain(lx, pos, true, "the comment has no end; close it with \"*/\"");
    return lx->text.len;
}

/* Past spaces and comments. */
static size_t skip_space(struct treaty_proto_lexer *lx, size_t at)
{
    for (;;) {
        char next;

        at = skip(lx, at, SPACE);
        if (char_at(lx, at) != '/')
            return at;
        next = char_at(lx, at + 1);
        if (next != '/' && next != '*')
            return at;
        at = next == '/' ? skip_line(lx, at) : skip_block_comment(lx, at);
    }
}

static size_t lex_hex(struct treaty_proto_lexer *lx, size_t pos)
{
    size_t at = skip(lx, pos + 2, HEX);

    if (at == pos + 2)
        complain(lx, pos, false, "hexadecimal digits must follow \"0x\"");
    return at;
}

static size_t lex_exponent(struct treaty_proto_lexer *lx, size_t at)
{
    size_t digits = at + 1;

    if (char_at(lx, digits) == '+' || char_at(lx, digits) == '-')
        digits++;
    if (!is(lx, digits, DIGIT)) {
        complain(lx, at, false, "digits must follow the \"e\" of an exponent");
        return at;
    }
    return skip(lx, digits, DIGIT);
}

static size_t lex_decimal(struct treaty_proto_lexer *lx, size_t pos,
                          bool *ret_float)
{
    size_t at = skip(lx, pos, DIGIT);

    if (char_at(lx, at) == '.') {
        *ret_float = true;
        at = skip(lx, at + 1, DIGIT);
    }
    if (char_at(lx, at) == 'e' || char_at(lx, at) == 'E') {
        *ret_float = true;
        at = lex_exponent(lx, at);
    }
    return at;
}

static bool is_octal(struct treaty_str digits)
{
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '7')
            return false;
    }
    return true;
}

static void lex_number(struct treaty_proto_lexer *lx,
                       struct treaty_proto_token *t)
{
    char second = char_at(lx, t->pos + 1);
    size_t word;

    t->kind = TREATY_PROTO_TOKEN_NUMBER;
    if (char_at(lx, t->pos) == '0' && (second == 'x' || second == 'X'))
        t->end = lex_hex(lx, t->pos);
    else
        t->end = lex_decimal(lx, t->pos, &t->is_float);
    if (!t->is_float && char_at(lx, t->pos) == '0' &&
        is(lx, t->pos + 1, DIGIT) &&
        !is_octal(treaty_str_sub(lx->text, t->pos, t->end - t->pos)))
        complain(lx, t->pos, false,
                 "a number that begins with 0 is octal and has no 8 and no 9");
    word = treaty_proto_word_end(lx->text, t->pos);
    if (word > t->end) {
        complain(lx, t->end, false,
                 "a number ends here; put a space behind it, or mend it");
        t->end = word;
    }
}

static void lex_ident(struct treaty_proto_lexer *lx,
                      struct treaty_proto_token *t)
{
    t->kind = TREATY_PROTO_TOKEN_IDENT;
    t->end = skip(lx, t->pos, LETTER | DIGIT);
    if (char_at(lx, t->end) != '-')
        return;
    complain(lx, t->end, false,
             "a name has letters, digits and \"_\" only, no \"-\"");
    while (is(lx, t->end, LETTER | DIGIT) || char_at(lx, t->end) == '-')
        t->end++;
}

static void lex_string(struct treaty_proto_lexer *lx,
                       struct treaty_proto_token *t)
{
    char quote = char_at(lx, t->pos);

    t->kind = TREATY_PROTO_TOKEN_STRING;
    for (size_t at = t->pos + 1; at < lx->text.len; at++) {
        char c = lx->text.data[at];

        if (c == quote) {
            t->end = at + 1;
            return;
        }
        if (c == '\n')
            complain(lx, t->pos, false,
                     "the string does not end in its line; write \\n for a "
                     "line end, or join several strings");
        if (c == '\0')
            complain(lx, at, false, "a string cannot hold a NUL; write \\0");
        if (c == '\\')
            at++;
    }
    complain(lx, t->pos, true,
             "the string has no end; the closing quote is "
             "missing");
    t->end = lx->text.len;
}

static void lex_symbol(struct treaty_proto_lexer *lx,
                       struct treaty_proto_token *t)
{
    t->kind = TREATY_PROTO_TOKEN_SYMBOL;
    t->symbol = lx->text.data[t->pos];
    t->end = t->pos + 1;
    if (is(lx, t->pos, CONTROL))
        complain(lx, t->pos, true,
                 "a control character cannot stand in a schema");
    if ((unsigned char)t->symbol >= 0x80)
        complain(lx, t->pos, true,
                 "only strings and comments may hold characters beyond ASCII");
}

void treaty_proto_lex(struct treaty_proto_lexer *lexer,
                      struct treaty_proto_token *ret)
{
    struct treaty_proto_token t = {0};

    lexer->trouble = NULL;
    lexer->is_fatal = false;
    t.pos = skip_space(lexer, lexer->at);
    t.end = t.pos;
    if (t.pos >= lexer->text.len)
        t.kind = TREATY_PROTO_TOKEN_END;
    else if (is(lexer, t.pos, LETTER))
        lex_ident(lexer, &t);
    else if (is(lexer, t.pos, DIGIT) ||
             (char_at(lexer, t.pos) == '.' && is(lexer, t.pos + 1, DIGIT)))
        lex_number(lexer, &t);
    else if (char_at(lexer, t.pos) == '"' || char_at(lexer, t.pos) == '\'')
        lex_string(lexer, &t);
    else
        lex_symbol(lexer, &t);
    lexer->at = t.end;
    *ret = t;
}

size_t treaty_proto_word_end(struct treaty_str text, size_t pos)
{
    while (pos < text.len && (classes[(unsigned char)text.data[pos]] &
                              (LETTER | DIGIT | WORD)) != 0)
        pos++;
    return pos;
}

bool treaty_proto_is_ident(struct treaty_str s)
{
    if (!s.len || (classes[(unsigned char)s.data[0]] & LETTER) == 0)
        return false;
    for (size_t i = 1; i < s.len; i++) {
        if ((classes[(unsigned char)s.data[i]] & (LETTER | DIGIT)) == 0)
            return false;
    }
    return true;
}
