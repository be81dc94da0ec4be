/* SPDX-License-Identifier: Apache-2.0 */
/* Enums, and the ranges of `reserved` and `extensions`. */
#include "format/protobuf/parse.h"

enum { FIELD_MAX = 536870911 };

/* `a`, `a to b` or `a to max`. */
static void parse_numbers(struct treaty_proto_parser *p,
                          struct treaty_proto_range *range, bool of_enum)
{
    struct treaty_str text;

    range->first = treaty_proto_parse_int(p, "the number", &text);
    range->last = range->first;
    range->has_to = treaty_proto_accept_word(p, "to");
    if (!range->has_to)
        return;
    range->to_max = treaty_proto_accept_word(p, "max");
    if (range->to_max)
        range->last = of_enum ? INT32_MAX : FIELD_MAX;
    else
        range->last = treaty_proto_parse_int(p, "the last number", &text);
}

/* A name, which editions want without quotes and the others with. */
static void parse_reserved_name(struct treaty_proto_parser *p,
                                struct treaty_proto_range *range)
{
    const bool is_edition = p->file->syntax == TREATY_PROTO_EDITION;

    range->is_ident = p->token.kind == TREATY_PROTO_TOKEN_IDENT;
    if (range->is_ident && !is_edition)
        treaty_proto_mind(p, TREATY_PROTO_BY_BOTH, range->pos,
                          "put the reserved name in quotes");
    if (!range->is_ident && is_edition)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, range->pos,
                          "editions want reserved names without quotes");
    if (range->is_ident) {
        range->name = treaty_proto_token_text(p);
        treaty_proto_advance(p);
    } else {
        range->name = treaty_proto_parse_string(p, &range->reference);
    }
}

static bool at_number(const struct treaty_proto_parser *p)
{
    return p->token.kind == TREATY_PROTO_TOKEN_NUMBER ||
           treaty_proto_at(p, '-');
}

void treaty_proto_parse_ranges(struct treaty_proto_parser *p,
                               struct treaty_proto_list *list, bool of_enum)
{
    struct treaty_proto_ranges *ranges =
        treaty_proto_push(p, list, sizeof(*ranges));
    const bool takes_names = treaty_proto_at_word(p, "reserved");
    struct treaty_proto_list items = {0};
    struct treaty_proto_list options = {0};
    bool has_names = false;

    if (!ranges)
        return;
    ranges->pos = p->token.pos;
    treaty_proto_advance(p);
    do {
        struct treaty_proto_range *range =
            treaty_proto_push(p, &items, sizeof(*range));

        if (!range)
            return;
        range->pos = p->token.pos;
        if (items.count > 1 && has_names == at_number(p))
            treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, range->pos,
                              "reserve numbers and names by a statement each");
        has_names = takes_names && !at_number(p);
        if (has_names)
            parse_reserved_name(p, range);
        else
            parse_numbers(p, range, of_enum);
    } while (treaty_proto_accept(p, ','));
    if (!takes_names)
        treaty_proto_parse_options(p, &options);
    treaty_proto_expect(p, ';', "or \",\" behind the range");
    ranges->items = items.items;
    ranges->count = items.count;
    ranges->options = treaty_proto_list_options(&options);
}

static void parse_constant(struct treaty_proto_parser *p,
                           struct treaty_proto_list *list)
{
    struct treaty_proto_constant *constant =
        treaty_proto_push(p, list, sizeof(*constant));
    struct treaty_proto_list options = {0};

    if (!constant)
        return;
    constant->pos = p->token.pos;
    constant->name = treaty_proto_parse_name(p, "a constant");
    treaty_proto_expect(p, '=', "behind the name of the constant");
    constant->number_pos = p->token.pos;
    constant->number = treaty_proto_parse_int(p, "the number of the constant",
                                              &constant->number_text);
    treaty_proto_parse_options(p, &options);
    treaty_proto_expect(p, ';', "behind the constant");
    constant->options = treaty_proto_list_options(&options);
}

struct enum_body {
    struct treaty_proto_list constants;
    struct treaty_proto_list reserved;
    struct treaty_proto_list options;
};

static void parse_statement(struct treaty_proto_parser *p,
                            struct enum_body *body)
{
    if (treaty_proto_accept(p, ';'))
        return;
    if (treaty_proto_at_word(p, "option"))
        treaty_proto_parse_option(p, &body->options);
    else if (treaty_proto_at_word(p, "reserved"))
        treaty_proto_parse_ranges(p, &body->reserved, true);
    else
        parse_constant(p, &body->constants);
}

void treaty_proto_parse_enum(struct treaty_proto_parser *p,
                             struct treaty_proto_scope *scope)
{
    struct treaty_proto_enum *e = treaty_proto_make(p, sizeof(*e));
    struct enum_body body = {0};

    if (!e || !treaty_proto_push_pointer(p, &scope->enums, e))
        return;
    treaty_proto_advance(p);
    e->pos = p->token.pos;
    e->file = p->file;
    e->parent = scope->message;
    e->name = treaty_proto_parse_name(p, "an enum");
    treaty_proto_expect(p, '{', "behind the name of the enum");
    while (!p->code && !treaty_proto_at(p, '}'))
        parse_statement(p, &body);
    treaty_proto_expect(p, '}', "behind the enum");
    e->constants = body.constants.items;
    e->constant_count = body.constants.count;
    e->reserved = body.reserved.items;
    e->reserved_count = body.reserved.count;
    e->options = treaty_proto_list_options(&body.options);
    e->allows_alias = treaty_proto_option_true(&e->options, "allow_alias");
}
