/* SPDX-License-Identifier: Apache-2.0 */
/* The next token, and what all parts of the parser ask of it. */
#include "base/error.h"
#include "format/protobuf/parse.h"

enum { FIRST_ROOM = 4, SHOWN_MAX = 40 };

void treaty_proto_run_out(struct treaty_proto_parser *p)
{
    if (p->code)
        return;
    p->code = treaty_fail_nomem(p->loader->err);
    p->token = (struct treaty_proto_token){0};
}

void *treaty_proto_make(struct treaty_proto_parser *p, size_t size)
{
    void *object = treaty_arena_calloc(p->arena, 1, size);

    if (!object)
        treaty_proto_run_out(p);
    return object;
}

static bool grow(struct treaty_proto_parser *p, struct treaty_proto_list *list,
                 size_t size)
{
    uint32_t room = list->room ? list->room * 2 : FIRST_ROOM;
    void *items = treaty_arena_calloc(p->arena, room, size);

    if (!items) {
        treaty_proto_run_out(p);
        return false;
    }
    if (list->count)
        memcpy(items, list->items, list->count * size);
    list->items = items;
    list->room = room;
    return true;
}

void *treaty_proto_push(struct treaty_proto_parser *p,
                        struct treaty_proto_list *list, size_t size)
{
    if (p->code || (list->count == list->room && !grow(p, list, size)))
        return NULL;
    return (char *)list->items + size * list->count++;
}

bool treaty_proto_push_pointer(struct treaty_proto_parser *p,
                               struct treaty_proto_list *list, void *pointer)
{
    void **slot = treaty_proto_push(p, list, sizeof(*slot));

    if (slot)
        *slot = pointer;
    return slot != NULL;
}

static void mind_v(struct treaty_proto_parser *p, unsigned authorities,
                   size_t pos, const char *format, va_list args)
{
    struct treaty_error err;

    if (p->code)
        return;
    (void)treaty_fail_v(&err, TREATY_ESCHEMA, pos, format, args);
    treaty_proto_object_text(p->loader, authorities, TREATY_ESCHEMA, p->file,
                             pos, err.message);
}

void treaty_proto_mind(struct treaty_proto_parser *p, unsigned authorities,
                       size_t pos, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    mind_v(p, authorities, pos, format, args);
    va_end(args);
}

void treaty_proto_stop(struct treaty_proto_parser *p, size_t pos,
                       const char *format, ...)
{
    va_list args;

    if (p->code)
        return;
    va_start(args, format);
    mind_v(p, TREATY_PROTO_BY_BOTH, pos, format, args);
    va_end(args);
    va_start(args, format);
    p->code = treaty_proto_fail_v(p->loader, TREATY_ESCHEMA, p->file, pos,
                                  format, args);
    va_end(args);
    p->token = (struct treaty_proto_token){.pos = pos, .end = pos};
}

struct treaty_str treaty_proto_token_text(const struct treaty_proto_parser *p)
{
    return treaty_str_sub(p->lexer.text, p->token.pos,
                          p->token.end - p->token.pos);
}

void treaty_proto_stop_unexpected(struct treaty_proto_parser *p,
                                  const char *expected)
{
    struct treaty_str found = treaty_proto_token_text(p);

    if (treaty_proto_at_end(p))
        treaty_proto_stop(p, p->token.pos,
                          "expected %s, found the end of the text", expected);
    else if (p->token.kind == TREATY_PROTO_TOKEN_STRING)
        treaty_proto_stop(p, p->token.pos, "expected %s, found a string",
                          expected);
    else
        treaty_proto_stop(p, p->token.pos, "expected %s, found \"%.*s\"%s",
                          expected,
                          TREATY_STR_ARG(treaty_str_sub(found, 0, SHOWN_MAX)),
                          found.len > SHOWN_MAX ? "..." : "");
}

void treaty_proto_advance(struct treaty_proto_parser *p)
{
    const struct treaty_proto_lexer *lexer = &p->lexer;

    if (p->code)
        return;
    p->last_end = p->token.end;
    treaty_proto_lex(&p->lexer, &p->token);
    if (lexer->trouble && lexer->is_fatal)
        treaty_proto_stop(p, lexer->trouble_pos, "%s", lexer->trouble);
    else if (lexer->trouble)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, lexer->trouble_pos, "%s",
                          lexer->trouble);
}

bool treaty_proto_symbol_follows(const struct treaty_proto_parser *p,
                                 char symbol)
{
    struct treaty_proto_lexer lexer = p->lexer;
    struct treaty_proto_token next;

    treaty_proto_lex(&lexer, &next);
    return next.symbol == symbol;
}

bool treaty_proto_at_word(const struct treaty_proto_parser *p, const char *word)
{
    return p->token.kind == TREATY_PROTO_TOKEN_IDENT &&
           treaty_proto_is_word(treaty_proto_token_text(p), word);
}

bool treaty_proto_accept(struct treaty_proto_parser *p, char symbol)
{
    bool is_there = treaty_proto_at(p, symbol);

    if (is_there)
        treaty_proto_advance(p);
    return is_there;
}

bool treaty_proto_accept_word(struct treaty_proto_parser *p, const char *word)
{
    bool is_there = treaty_proto_at_word(p, word);

    if (is_there)
        treaty_proto_advance(p);
    return is_there;
}

void treaty_proto_expect(struct treaty_proto_parser *p, char symbol,
                         const char *where)
{
    char expected[80];

    if (treaty_proto_accept(p, symbol))
        return;
    (void)snprintf(expected, sizeof(expected), "\"%c\" %s", symbol, where);
    treaty_proto_stop_unexpected(p, expected);
}

/* Nobody would take more than the limit, whoever says so. */
static void exceed(struct treaty_proto_parser *p, const char *what,
                   uint32_t limit)
{
    if (p->code)
        return;
    p->code = treaty_proto_fail(p->loader, TREATY_ELIMIT, p->file, p->token.pos,
                                "%s; the limit is %u", what, limit);
    p->token = (struct treaty_proto_token){0};
}

void treaty_proto_count_name(struct treaty_proto_parser *p)
{
    if (++p->name_count > p->loader->limits.names_max)
        exceed(p, "this is one name too many for a schema",
               p->loader->limits.names_max);
}

bool treaty_proto_enter(struct treaty_proto_parser *p)
{
    if (++p->depth > p->loader->limits.depth_max)
        exceed(p, "blocks are nested too deeply", p->loader->limits.depth_max);
    return !p->code;
}

static void check_length(struct treaty_proto_parser *p, struct treaty_str name)
{
    if (name.len > TREATY_PROTO_NAME_MAX)
        exceed(p, "a name has too many characters", TREATY_PROTO_NAME_MAX);
}

/* Take everything from the next token to `end` as one token. */
static struct treaty_str take_to(struct treaty_proto_parser *p, size_t end)
{
    struct treaty_str taken =
        treaty_str_sub(p->lexer.text, p->token.pos, end - p->token.pos);

    p->token.end = end;
    p->lexer.at = end;
    treaty_proto_advance(p);
    return taken;
}

struct treaty_str treaty_proto_parse_name(struct treaty_proto_parser *p,
                                          const char *what)
{
    struct treaty_str name;
    char expected[80];
    size_t end;

    if (p->token.kind != TREATY_PROTO_TOKEN_IDENT) {
        (void)snprintf(expected, sizeof(expected), "the name of %s", what);
        treaty_proto_stop_unexpected(p, expected);
        return (struct treaty_str){"", 0};
    }
    treaty_proto_count_name(p);
    end = treaty_proto_word_end(p->lexer.text, p->token.pos);
    if (end != p->token.end)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.end,
                          "the name of %s has letters, digits and \"_\" only",
                          what);
    name = take_to(p, end);
    check_length(p, name);
    return name;
}

/* Does `[.]a.b.c` stand here, without a gap? */
static bool is_dotted(struct treaty_str name, bool leading)
{
    struct treaty_str part;

    if (leading && name.len && name.data[0] == '.')
        name = treaty_str_sub(name, 1, name.len);
    while (treaty_str_split(&name, '.', &part)) {
        if (!treaty_proto_is_ident(part))
            return false;
    }
    return true;
}

/* protoc lets spaces stand around the dots: join what they separate. */
static struct treaty_str join_parts(struct treaty_proto_parser *p,
                                    struct treaty_str name, const char *what)
{
    const size_t pos = p->token.pos;

    while (!p->code && (treaty_proto_at(p, '.') ||
                        (name.len && name.data[name.len - 1] == '.'))) {
        struct treaty_str part = treaty_proto_token_text(p);

        if (!treaty_proto_at(p, '.') &&
            p->token.kind != TREATY_PROTO_TOKEN_IDENT) {
            treaty_proto_stop_unexpected(p, "a name after the dot");
            break;
        }
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, pos,
                          "%s must be written without spaces", what);
        name = treaty_arena_printf(p->arena, "%.*s%.*s", TREATY_STR_ARG(name),
                                   TREATY_STR_ARG(part));
        if (!name.data)
            treaty_proto_run_out(p);
        check_length(p, name);
        treaty_proto_advance(p);
    }
    return name;
}

struct treaty_str treaty_proto_parse_full_name(struct treaty_proto_parser *p,
                                               bool leading, const char *what)
{
    const size_t pos = p->token.pos;
    size_t end = treaty_proto_word_end(p->lexer.text, pos);
    struct treaty_str name;

    if (p->code || end == pos) {
        treaty_proto_stop_unexpected(p, what);
        return (struct treaty_str){"", 0};
    }
    name = take_to(p, end);
    check_length(p, name);
    if (p->token.symbol == '.' || name.data[name.len - 1] == '.')
        name = join_parts(p, name, what);
    if (!p->code && !is_dotted(name, leading))
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, pos,
                          "\"%.*s\" cannot be %s, which has names joined by "
                          "dots, of letters, digits and \"_\" each",
                          TREATY_STR_ARG(treaty_str_sub(name, 0, SHOWN_MAX)),
                          what);
    return name;
}

struct treaty_str treaty_proto_parse_word(struct treaty_proto_parser *p)
{
    const size_t pos = p->token.pos;
    const size_t end = treaty_proto_word_end(p->lexer.text, pos);
    struct treaty_str word = {"", 0};

    if (p->code || end == pos)
        return word;
    word = take_to(p, end);
    check_length(p, word);
    return word;
}

void treaty_proto_parse_type(struct treaty_proto_parser *p,
                             struct treaty_proto_ref *ref)
{
    ref->pos = p->token.pos;
    ref->name = treaty_proto_parse_full_name(p, true, "a type");
    ref->type = treaty_proto_scalar_find(ref->name);
}

/* The value of an integer in one of the three notations, at most
 * INT64_MAX; false when it is none. */
static bool read_int(struct treaty_str text, int64_t *ret)
{
    unsigned base = 10;
    uint64_t value = 0;
    size_t at = 0;

    if (text.len > 1 && text.data[0] == '0')
        base = 8;
    if (text.len > 2 && (text.data[1] == 'x' || text.data[1] == 'X')) {
        base = 16;
        at = 2;
    }
    for (; at < text.len; at++) {
        const char *digits = "0123456789abcdef";
        char lower = (char)(text.data[at] | 0x20);
        const char *digit = memchr(digits, lower, 16);

        if (!digit || (base < 16 && digit - digits > 9))
            return false;
        value = value * base + (uint64_t)(digit - digits);
        if (value > INT64_MAX / 16)
            value = INT64_MAX / 16;
    }
    *ret = (int64_t)value;
    return text.len > 0;
}

int64_t treaty_proto_parse_int(struct treaty_proto_parser *p, const char *what,
                               struct treaty_str *ret_text)
{
    const size_t pos = p->token.pos;
    const bool negative = treaty_proto_accept(p, '-');
    struct treaty_str digits = treaty_proto_token_text(p);
    char expected[80];
    int64_t value = 0;

    if (negative && p->token.pos != pos + 1)
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, pos,
                          "the minus must stand at its number");
    if (p->token.kind != TREATY_PROTO_TOKEN_NUMBER || p->token.is_float ||
        !read_int(digits, &value)) {
        (void)snprintf(expected, sizeof(expected), "%s, an integer", what);
        treaty_proto_stop_unexpected(p, expected);
        return 0;
    }
    if (value > (negative ? (int64_t)INT32_MAX + 1 : INT32_MAX))
        treaty_proto_mind(p, TREATY_PROTO_BY_BOTH, pos,
                          "%s %s%.*s does not fit in 32 bits", what,
                          negative ? "-" : "",
                          TREATY_STR_ARG(treaty_str_sub(digits, 0, SHOWN_MAX)));
    treaty_proto_advance(p);
    *ret_text = treaty_str_sub(p->lexer.text, pos, p->last_end - pos);
    return negative ? -value : value;
}
