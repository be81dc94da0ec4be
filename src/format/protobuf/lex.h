/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_LEX_H
#define TREATY_SRC_FORMAT_PROTOBUF_LEX_H

/*
 * The words of a .proto file. Tokens are cut as protoc cuts them, only longer
 * where the reference goes on: `a-b` and `1a` are one word to it. Such a token
 * is odd: a sound one to the reference alone, and `trouble` says what protoc
 * finds wrong with it.
 */
#include "base/str.h"

enum treaty_proto_token_kind {
    TREATY_PROTO_TOKEN_END,
    TREATY_PROTO_TOKEN_IDENT,
    TREATY_PROTO_TOKEN_NUMBER, /* begins with a digit, or a dot and a digit */
    TREATY_PROTO_TOKEN_STRING, /* with its quotes */
    TREATY_PROTO_TOKEN_SYMBOL, /* one character */
};

struct treaty_proto_token {
    enum treaty_proto_token_kind kind;
    char symbol; /* of a SYMBOL, else NUL */
    bool is_float;
    size_t pos;
    size_t end;
};

struct treaty_proto_lexer {
    struct treaty_str text;
    size_t at; /* behind the last token */
    /* What is wrong on the way to the last token or within it; NULL: nothing.
     * `is_fatal` when the reference stops there, too. */
    const char *trouble;
    size_t trouble_pos;
    bool is_fatal;
};

void treaty_proto_lex(struct treaty_proto_lexer *lexer,
                      struct treaty_proto_token *ret);

/* The end of what the reference takes for one word at `pos`: letters, digits,
 * `_`, `-` and `.`. */
size_t treaty_proto_word_end(struct treaty_str text, size_t pos);

/* Is it this word, which is not empty? Most are not: look at the first letter
 * before all else. */
static inline bool treaty_proto_is_word(struct treaty_str s, const char *word)
{
    return s.len && s.data[0] == word[0] && treaty_str_eq_z(s, word);
}

/* Is it a letter or `_` and then letters, digits and `_`? */
bool treaty_proto_is_ident(struct treaty_str s);

#endif
