/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and their values. protoc reads the inside of `{ }` later, with the
 * grammar of its text format, and so may the reference with its own; here
 * both are one grammar, and what each of them would not take is objected to.
 */
#include "format/protobuf/parse.h"

static void parse_value(struct treaty_proto_parser *p,
                        struct treaty_proto_value *value, bool is_inner);

/* `(pkg.ext)` or `name`. */
static void parse_name_part(struct treaty_proto_parser *p,
                            struct treaty_proto_list *parts)
{
    struct treaty_proto_name_part *part =
        treaty_proto_push(p, parts, sizeof(*part));

    if (!part)
        return;
    part->pos = p->token.pos;
    part->is_extension = treaty_proto_accept(p, '(');
    if (part->is_extension) {
        part->name =
            treaty_proto_parse_full_name(p, true, "the name of an option");
        treaty_proto_expect(p, ')', "behind the name of the option");
        return;
    }
    if (p->token.kind != TREATY_PROTO_TOKEN_IDENT) {
        treaty_proto_stop_unexpected(p, "the name of an option");
        return;
    }
    part->name = treaty_proto_token_text(p);
    treaty_proto_advance(p);
}

void treaty_proto_parse_assignment(struct treaty_proto_parser *p,
                                   struct treaty_proto_option *option)
{
    struct treaty_proto_list parts = {0};
    const uint32_t depth = p->depth;

    option->pos = p->token.pos;
    /* `a.b.c = 1` says as much as `a = { b { c: 1 } }`, so it nests as deep. */
    do {
        parse_name_part(p, &parts);
    } while (treaty_proto_accept(p, '.') && treaty_proto_enter(p));
    option->parts = parts.items;
    option->part_count = parts.count;
    treaty_proto_expect(p, '=', "behind the name of the option");
    parse_value(p, &option->value, false);
    p->depth = depth;
}

void treaty_proto_parse_option(struct treaty_proto_parser *p,
                               struct treaty_proto_list *list)
{
    struct treaty_proto_option *option;

    treaty_proto_advance(p);
    option = treaty_proto_push(p, list, sizeof(*option));
    if (!option)
        return;
    treaty_proto_parse_assignment(p, option);
    treaty_proto_expect(p, ';', "behind the option");
}

void treaty_proto_parse_options(struct treaty_proto_parser *p,
                                struct treaty_proto_list *list)
{
    if (!treaty_proto_accept(p, '['))
        return;
    do {
        struct treaty_proto_option *option =
            treaty_proto_push(p, list, sizeof(*option));

        if (!option)
            return;
        treaty_proto_parse_assignment(p, option);
    } while (treaty_proto_accept(p, ','));
    treaty_proto_expect(p, ']', "or \",\" behind the option");
}

/* `[pkg.ext]` or `[host/pkg.Type]` of a member; what is in the brackets. */
static struct treaty_str parse_bracketed(struct treaty_proto_parser *p)
{
    const size_t pos = p->token.pos;
    struct treaty_str name =
        treaty_proto_parse_full_name(p, false, "the name of an extension");

    while (treaty_proto_accept(p, '/')) {
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, pos,
                          "a type's URL cannot stand here");
        (void)treaty_proto_parse_full_name(p, false, "a part of a type's URL");
        name = treaty_str_sub(p->lexer.text, pos, p->last_end - pos);
    }
    treaty_proto_expect(p, ']', "behind the name");
    return name;
}

/* Does a bracket stand here that a value may begin with? */
static bool at_open(const struct treaty_proto_parser *p)
{
    return treaty_proto_at(p, '{') || treaty_proto_at(p, '<') ||
           treaty_proto_at(p, '[');
}

static void parse_member(struct treaty_proto_parser *p,
                         struct treaty_proto_member *member)
{
    member->pos = p->token.pos;
    member->is_extension = treaty_proto_accept(p, '[');
    if (member->is_extension)
        member->name = parse_bracketed(p);
    else
        member->name =
            treaty_proto_parse_full_name(p, false, "the name of a member");
    member->has_colon = treaty_proto_accept(p, ':');
    if (!member->has_colon && !at_open(p))
        treaty_proto_stop_unexpected(p, "\":\" behind the name of the member");
    if (!member->has_colon && !treaty_proto_at(p, '{'))
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, p->token.pos,
                          "\":\" is missing before the value");
    parse_value(p, &member->value, true);
}

/* The members up to `close`. */
static void parse_members(struct treaty_proto_parser *p,
                          struct treaty_proto_value *value, char close)
{
    struct treaty_proto_list members = {0};

    while (!p->code && !treaty_proto_at(p, close)) {
        struct treaty_proto_member *member =
            treaty_proto_push(p, &members, sizeof(*member));

        if (!member)
            return;
        parse_member(p, member);
        if (!treaty_proto_accept(p, ','))
            (void)treaty_proto_accept(p, ';');
    }
    value->members = members.items;
    value->count = members.count;
}

static void parse_aggregate(struct treaty_proto_parser *p,
                            struct treaty_proto_value *value)
{
    const char open = p->token.symbol;
    const char close = open == '{' ? '}' : '>';

    value->kind = TREATY_PROTO_VALUE_MESSAGE;
    if (value->negative)
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, value->pos,
                          "a message has no minus before it");
    if (open == '<')
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, p->token.pos,
                          "write \"{\" and \"}\" around the members");
    if (!treaty_proto_enter(p))
        return;
    treaty_proto_advance(p);
    parse_members(p, value, close);
    treaty_proto_expect(p, close, "behind the members");
    treaty_proto_leave(p);
}

static void parse_items(struct treaty_proto_parser *p,
                        struct treaty_proto_value *value)
{
    struct treaty_proto_list items = {0};

    value->kind = TREATY_PROTO_VALUE_LIST;
    if (!treaty_proto_enter(p))
        return;
    treaty_proto_advance(p);
    if (!treaty_proto_at(p, ']')) {
        do {
            struct treaty_proto_value *item =
                treaty_proto_push(p, &items, sizeof(*item));

            if (!item)
                return;
            parse_value(p, item, true);
        } while (treaty_proto_accept(p, ','));
    }
    treaty_proto_expect(p, ']', "or \",\" in the list");
    treaty_proto_leave(p);
    value->items = items.items;
    value->count = items.count;
}

/* Does what the reference takes for a word stand here? */
static bool at_word(const struct treaty_proto_parser *p)
{
    return treaty_proto_word_end(p->lexer.text, p->token.pos) > p->token.pos;
}

/*
 * A name, `inf` and `true` among them. The reference's words may also have `-`
 * and `.` anywhere, or be a minus alone, and its text has the default of bytes
 * as such a word.
 */
static void parse_word(struct treaty_proto_parser *p,
                       struct treaty_proto_value *value)
{
    value->kind = TREATY_PROTO_VALUE_IDENT;
    value->text = treaty_proto_parse_word(p);
    if (value->text.len && !treaty_proto_is_ident(value->text))
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, value->pos,
                          "a value is one word; put a text with dots in "
                          "quotes");
    if (value->negative &&
        !treaty_str_eq_nocase(value->text, TREATY_STR("inf")) &&
        !treaty_str_eq_nocase(value->text, TREATY_STR("nan")) &&
        !treaty_str_eq_nocase(value->text, TREATY_STR("infinity")))
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, value->pos,
                          "behind a minus stands a number, \"inf\" or \"nan\"");
}

static void parse_number(struct treaty_proto_parser *p,
                         struct treaty_proto_value *value)
{
    value->kind = TREATY_PROTO_VALUE_NUMBER;
    value->text = treaty_proto_token_text(p);
    treaty_proto_advance(p);
}

static void parse_text(struct treaty_proto_parser *p,
                       struct treaty_proto_value *value)
{
    value->kind = TREATY_PROTO_VALUE_STRING;
    if (value->negative)
        treaty_proto_stop(p, value->pos, "a string has no minus before it");
    value->text = treaty_proto_parse_string(p, &value->reference);
}

/* `is_inner`: within an aggregate. */
static void parse_value(struct treaty_proto_parser *p,
                        struct treaty_proto_value *value, bool is_inner)
{
    value->pos = p->token.pos;
    value->negative = treaty_proto_accept(p, '-');
    if (treaty_proto_at(p, '[') && !is_inner)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "a list can stand only within \"{ }\"; write the "
                          "option once for each value");
    if (p->token.kind == TREATY_PROTO_TOKEN_STRING)
        parse_text(p, value);
    else if (p->token.kind == TREATY_PROTO_TOKEN_NUMBER)
        parse_number(p, value);
    else if (at_word(p) || (value->negative && !at_open(p)))
        parse_word(p, value);
    else if (value->negative && (is_inner || !treaty_proto_at(p, '{')))
        treaty_proto_stop_unexpected(p, "a number behind the minus");
    else if (treaty_proto_at(p, '{') || (is_inner && treaty_proto_at(p, '<')))
        parse_aggregate(p, value);
    else if (treaty_proto_at(p, '['))
        parse_items(p, value);
    else
        treaty_proto_stop_unexpected(p, "a value");
    value->end = p->last_end;
}
