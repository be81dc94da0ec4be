/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_PARSE_H
#define TREATY_SRC_FORMAT_PROTOBUF_PARSE_H

/*
 * The parser's own state, shared by its files:
 *
 *     parse.c          a file: its head, imports, extensions, services
 *     parse_message.c  messages: fields, groups, oneofs, ranges
 *     parse_enum.c     enums
 *     parse_option.c   options, and the values in them
 *     parse_token.c    the next token, and what all of the above ask of it
 *
 * The grammar is the union of those of the two authorities: where only one of
 * them stops, the parser objects on its behalf and goes on. Where both do, it
 * fails, and from then on every token is the end of the text, so callers look
 * at `code` once, at the end.
 */
#include "format/protobuf/lex.h"
#include "format/protobuf/loader.h"

struct treaty_proto_parser {
    struct treaty_proto_loader *loader;
    struct treaty_arena *arena;
    struct treaty_proto_file *file;
    struct treaty_proto_lexer lexer;
    struct treaty_proto_token token; /* the next one */
    size_t last_end;                 /* of the one before it */
    uint32_t depth;                  /* of blocks */
    uint32_t name_count;
    enum treaty_code code; /* the failure, if there was one */
};

/* A growing array on the arena. */
struct treaty_proto_list {
    void *items;
    uint32_t count;
    uint32_t room;
};

/* A block that defines things: a message, or the file. */
struct treaty_proto_scope {
    struct treaty_proto_message *message; /* NULL: the file */
    struct treaty_proto_list fields;
    struct treaty_proto_list oneofs;
    struct treaty_proto_list messages;
    struct treaty_proto_list enums;
    struct treaty_proto_list extends;
    struct treaty_proto_list reserved;
    struct treaty_proto_list extensions;
    struct treaty_proto_list options;
};

/* A cleared element of `size` bytes at the end of `list`; NULL after a failure
 * (of memory). It moves when the list grows. */
void *treaty_proto_push(struct treaty_proto_parser *p,
                        struct treaty_proto_list *list, size_t size);
bool treaty_proto_push_pointer(struct treaty_proto_parser *p,
                               struct treaty_proto_list *list, void *pointer);
/* A cleared object on the arena, or NULL after a failure. */
void *treaty_proto_make(struct treaty_proto_parser *p, size_t size);

/* Fail for want of memory. */
void treaty_proto_run_out(struct treaty_proto_parser *p);

void treaty_proto_advance(struct treaty_proto_parser *p);
struct treaty_str treaty_proto_token_text(const struct treaty_proto_parser *p);
/* Is the token behind the next one this symbol? */
bool treaty_proto_symbol_follows(const struct treaty_proto_parser *p,
                                 char symbol);

static inline bool treaty_proto_at_end(const struct treaty_proto_parser *p)
{
    return p->token.kind == TREATY_PROTO_TOKEN_END;
}

static inline bool treaty_proto_at(const struct treaty_proto_parser *p,
                                   char symbol)
{
    return p->token.symbol == symbol;
}

bool treaty_proto_at_word(const struct treaty_proto_parser *p,
                          const char *word);
/* Go past the symbol, or the word, if it is next. */
bool treaty_proto_accept(struct treaty_proto_parser *p, char symbol);
bool treaty_proto_accept_word(struct treaty_proto_parser *p, const char *word);
/* Go past the symbol, or fail; `where` ends the sentence "expected X ...". */
void treaty_proto_expect(struct treaty_proto_parser *p, char symbol,
                         const char *where);

/* Fail where both authorities stop; "..., found "x"" is added to the second
 * one. Neither does anything after a failure. */
void treaty_proto_stop(struct treaty_proto_parser *p, size_t pos,
                       const char *format, ...) TREATY_PRINTF(3, 4);
void treaty_proto_stop_unexpected(struct treaty_proto_parser *p,
                                  const char *expected);
/* Object on behalf of `authorities`. */
void treaty_proto_mind(struct treaty_proto_parser *p, unsigned authorities,
                       size_t pos, const char *format, ...) TREATY_PRINTF(4, 5);

/* Count a name; one past the limit fails. */
void treaty_proto_count_name(struct treaty_proto_parser *p);
/* Go one block deeper, or fail; and back. */
bool treaty_proto_enter(struct treaty_proto_parser *p);
static inline void treaty_proto_leave(struct treaty_proto_parser *p)
{
    p->depth--;
}

/* The name of something that is defined; `what` is "a field" and such. */
struct treaty_str treaty_proto_parse_name(struct treaty_proto_parser *p,
                                          const char *what);
/* A name that may have dots, at its front as well if `leading`. */
struct treaty_str treaty_proto_parse_full_name(struct treaty_proto_parser *p,
                                               bool leading, const char *what);
/* One word as the reference cuts it; empty, and nothing is taken, where none
 * stands. */
struct treaty_str treaty_proto_parse_word(struct treaty_proto_parser *p);
/* A type's name into `ref`, scalars found. */
void treaty_proto_parse_type(struct treaty_proto_parser *p,
                             struct treaty_proto_ref *ref);
/* An integer with its sign; `*ret_text` as written. Beyond 32 bits both
 * authorities object. */
int64_t treaty_proto_parse_int(struct treaty_proto_parser *p, const char *what,
                               struct treaty_str *ret_text);

/* `option ... ;`, the word being next, into `list`. */
void treaty_proto_parse_option(struct treaty_proto_parser *p,
                               struct treaty_proto_list *list);
/* `name = value`. */
void treaty_proto_parse_assignment(struct treaty_proto_parser *p,
                                   struct treaty_proto_option *option);
/* `[a = b, ...]`, if it is there. */
void treaty_proto_parse_options(struct treaty_proto_parser *p,
                                struct treaty_proto_list *list);
static inline struct treaty_proto_options
treaty_proto_list_options(const struct treaty_proto_list *list)
{
    return (struct treaty_proto_options){list->items, list->count};
}

/* Adjacent strings as one; the second by the reference's escapes. */
struct treaty_str treaty_proto_parse_string(struct treaty_proto_parser *p,
                                            struct treaty_str *ret_reference);

/* `message`, `enum`, `extend`, the word being next, into `scope`. */
void treaty_proto_parse_message(struct treaty_proto_parser *p,
                                struct treaty_proto_scope *scope);
void treaty_proto_parse_enum(struct treaty_proto_parser *p,
                             struct treaty_proto_scope *scope);
void treaty_proto_parse_extend(struct treaty_proto_parser *p,
                               struct treaty_proto_scope *scope);
/* `reserved` or `extensions`, the word being next, into `list`. */
void treaty_proto_parse_ranges(struct treaty_proto_parser *p,
                               struct treaty_proto_list *list, bool of_enum);
/* The extendees lie in an array that grew: let the fields see its end. */
void treaty_proto_settle_extends(struct treaty_proto_list *extends);

#endif
