/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_JSON_TOKEN_H
#define TREATY_SRC_BASE_JSON_TOKEN_H

/*
 * The tokens of JSON: blanks, strings, numbers, words, and what to tell a
 * person when something else stands there. Only the reader uses it.
 */
#include "base/json.h"

struct treaty_json_lexer {
    struct treaty_str text; /* UTF-8 */
    size_t at;
    unsigned flags;
    struct treaty_error *err;
};

/* The byte at hand; NUL at the end, where no token may begin either. */
static inline char treaty_json_peek(const struct treaty_json_lexer *lexer)
{
    if (lexer->at < lexer->text.len)
        return lexer->text.data[lexer->at];
    return '\0';
}

/* The slow half of treaty_json_skip_blanks. */
enum treaty_code treaty_json_skip_more(struct treaty_json_lexer *lexer);

/* Over blanks, and over comments where they are allowed. */
static inline enum treaty_code
treaty_json_skip_blanks(struct treaty_json_lexer *lexer)
{
    char c = treaty_json_peek(lexer);

    if (c > ' ' && c != '/')
        return TREATY_OK;
    return treaty_json_skip_more(lexer);
}

/*
 * A string whose opening quote is at hand: its contents, a view or a copy on
 * `arena`, and the offset past the closing quote, where the lexer then is.
 */
enum treaty_code treaty_json_read_string(struct treaty_json_lexer *lexer,
                                         struct treaty_arena *arena,
                                         struct treaty_str *ret,
                                         size_t *ret_end);

/* A number, true, false or null into `node`, whose `pos` is set. */
enum treaty_code treaty_json_read_scalar(struct treaty_json_lexer *lexer,
                                         struct treaty_json *node);

/* Where something is missing: a member name, a colon after one, a comma or
 * the end of a container, the end of the text. */
enum treaty_code treaty_json_fail_name(const struct treaty_json_lexer *lexer);
enum treaty_code treaty_json_fail_colon(const struct treaty_json_lexer *lexer,
                                        struct treaty_str name);
enum treaty_code treaty_json_fail_comma(const struct treaty_json_lexer *lexer,
                                        char closer);
enum treaty_code
treaty_json_fail_trailing(const struct treaty_json_lexer *lexer);

#endif
