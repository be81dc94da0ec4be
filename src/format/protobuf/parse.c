/* SPDX-License-Identifier: Apache-2.0 */
/* A file: its head, imports, services, and what the other parts parse. */
#include "format/protobuf/parse.h"

/* What is at the top of a file, besides what a scope has. */
struct body {
    struct treaty_proto_scope scope;
    struct treaty_proto_list imports;
    struct treaty_proto_list services;
    uint32_t statement_count; /* empty ones included */
};

static void parse_syntax_value(struct treaty_proto_parser *p, size_t pos)
{
    struct treaty_str unused;
    struct treaty_str value = treaty_proto_parse_string(p, &unused);

    if (treaty_str_eq_z(value, "proto2"))
        p->file->syntax = TREATY_PROTO_2;
    else if (treaty_str_eq_z(value, "proto3"))
        p->file->syntax = TREATY_PROTO_3;
    else
        treaty_proto_stop(p, pos,
                          "unknown syntax; there are \"proto2\", \"proto3\" "
                          "and editions");
}

static void parse_edition_value(struct treaty_proto_parser *p, size_t pos)
{
    struct treaty_str unused;

    treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, pos,
                      "the reference does not know editions");
    p->file->syntax = TREATY_PROTO_EDITION;
    p->file->edition = treaty_proto_parse_string(p, &unused);
    if (!treaty_str_eq_z(p->file->edition, "2023"))
        treaty_proto_stop(p, pos,
                          "unknown edition; \"2023\" is the one that is known");
}

/* `syntax = "...";` or `edition = "...";`. */
static void parse_syntax(struct treaty_proto_parser *p, struct body *body)
{
    const bool is_edition = treaty_proto_at_word(p, "edition");
    const size_t start = p->token.pos;
    size_t pos;

    if (body->statement_count > 1)
        treaty_proto_mind(p, TREATY_PROTO_BY_BOTH, start,
                          "\"%s\" must be the first statement of a file",
                          is_edition ? "edition" : "syntax");
    treaty_proto_advance(p);
    treaty_proto_expect(
        p, '=', is_edition ? "behind \"edition\"" : "behind \"syntax\"");
    pos = p->token.pos;
    if (is_edition)
        parse_edition_value(p, pos);
    else
        parse_syntax_value(p, pos);
    p->file->syntax_pos = start;
    treaty_proto_expect(p, ';', "behind the syntax");
}

static void parse_package(struct treaty_proto_parser *p, struct body *body)
{
    const size_t pos = p->token.pos;

    (void)body;
    if (p->file->package.len)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, pos,
                          "a file has one package; this is a second one");
    treaty_proto_advance(p);
    p->file->package_pos = p->token.pos;
    p->file->package = treaty_proto_parse_full_name(p, false, "a package");
    treaty_proto_expect(p, ';', "behind the package");
}

static void parse_import(struct treaty_proto_parser *p, struct body *body)
{
    struct treaty_proto_import *import =
        treaty_proto_push(p, &body->imports, sizeof(*import));

    if (!import)
        return;
    treaty_proto_advance(p);
    if (treaty_proto_accept_word(p, "public"))
        import->kind = TREATY_PROTO_IMPORT_PUBLIC;
    else if (treaty_proto_accept_word(p, "weak"))
        import->kind = TREATY_PROTO_IMPORT_WEAK;
    import->pos = p->token.pos;
    if (p->token.kind == TREATY_PROTO_TOKEN_IDENT) {
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "put the path of the file in quotes");
        import->path = treaty_proto_parse_full_name(p, false, "a path");
    } else {
        import->path = treaty_proto_parse_string(p, &import->reference);
    }
    treaty_proto_expect(p, ';', "behind the import");
}

static void parse_rpc_type(struct treaty_proto_parser *p,
                           struct treaty_proto_ref *ref, bool *ret_streams)
{
    treaty_proto_expect(p, '(', "before the type");
    *ret_streams = treaty_proto_accept_word(p, "stream");
    treaty_proto_parse_type(p, ref);
    treaty_proto_expect(p, ')', "behind the type");
}

static void parse_rpc_block(struct treaty_proto_parser *p,
                            struct treaty_proto_list *options)
{
    while (!p->code && !treaty_proto_at(p, '}')) {
        if (treaty_proto_at_word(p, "option"))
            treaty_proto_parse_option(p, options);
        else if (!treaty_proto_accept(p, ';'))
            treaty_proto_stop_unexpected(p, "\"option\" or \"}\"");
    }
    treaty_proto_expect(p, '}', "behind the method");
}

static void parse_rpc(struct treaty_proto_parser *p,
                      struct treaty_proto_list *rpcs)
{
    struct treaty_proto_rpc *rpc = treaty_proto_push(p, rpcs, sizeof(*rpc));
    struct treaty_proto_list options = {0};

    if (!rpc)
        return;
    treaty_proto_advance(p);
    rpc->pos = p->token.pos;
    rpc->name = treaty_proto_parse_name(p, "a method");
    parse_rpc_type(p, &rpc->request, &rpc->streams_request);
    if (!treaty_proto_accept_word(p, "returns"))
        treaty_proto_stop_unexpected(p, "\"returns\"");
    parse_rpc_type(p, &rpc->response, &rpc->streams_response);
    rpc->has_block = treaty_proto_accept(p, '{');
    if (rpc->has_block)
        parse_rpc_block(p, &options);
    else
        treaty_proto_expect(p, ';', "behind the method");
    rpc->options = treaty_proto_list_options(&options);
}

static void parse_service(struct treaty_proto_parser *p, struct body *body)
{
    struct treaty_proto_service *service =
        treaty_proto_push(p, &body->services, sizeof(*service));
    struct treaty_proto_list rpcs = {0};
    struct treaty_proto_list options = {0};

    if (!service)
        return;
    treaty_proto_advance(p);
    service->pos = p->token.pos;
    service->name = treaty_proto_parse_name(p, "a service");
    treaty_proto_expect(p, '{', "behind the name of the service");
    while (!p->code && !treaty_proto_at(p, '}')) {
        if (treaty_proto_at_word(p, "option"))
            treaty_proto_parse_option(p, &options);
        else if (treaty_proto_at_word(p, "rpc"))
            parse_rpc(p, &rpcs);
        else if (!treaty_proto_accept(p, ';'))
            treaty_proto_stop_unexpected(p, "\"rpc\", \"option\" or \"}\"");
    }
    treaty_proto_expect(p, '}', "behind the service");
    service->rpcs = rpcs.items;
    service->rpc_count = rpcs.count;
    service->options = treaty_proto_list_options(&options);
}

static void parse_message(struct treaty_proto_parser *p, struct body *body)
{
    treaty_proto_parse_message(p, &body->scope);
}

static void parse_enum(struct treaty_proto_parser *p, struct body *body)
{
    treaty_proto_parse_enum(p, &body->scope);
}

static void parse_extend(struct treaty_proto_parser *p, struct body *body)
{
    treaty_proto_parse_extend(p, &body->scope);
}

static void parse_option(struct treaty_proto_parser *p, struct body *body)
{
    treaty_proto_parse_option(p, &body->scope.options);
}

static const struct {
    const char *word;
    void (*parse)(struct treaty_proto_parser *p, struct body *body);
} statements[] = {
    {"message", parse_message}, {"enum", parse_enum},
    {"import", parse_import},   {"option", parse_option},
    {"package", parse_package}, {"extend", parse_extend},
    {"service", parse_service}, {"syntax", parse_syntax},
    {"edition", parse_syntax},
};

static void parse_statement(struct treaty_proto_parser *p, struct body *body)
{
    const struct treaty_str word = treaty_proto_token_text(p);

    body->statement_count++;
    if (treaty_proto_accept(p, ';'))
        return;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        if (treaty_proto_is_word(word, statements[i].word)) {
            statements[i].parse(p, body);
            return;
        }
    }
    treaty_proto_stop_unexpected(
        p, "a statement, such as \"message\" or \"import\"");
}

static void settle(struct treaty_proto_file *file, struct body *body)
{
    file->imports = body->imports.items;
    file->import_count = body->imports.count;
    file->options = treaty_proto_list_options(&body->scope.options);
    file->messages = body->scope.messages.items;
    file->message_count = body->scope.messages.count;
    file->enums = body->scope.enums.items;
    file->enum_count = body->scope.enums.count;
    file->extends = body->scope.extends.items;
    file->extend_count = body->scope.extends.count;
    file->services = body->services.items;
    file->service_count = body->services.count;
    treaty_proto_settle_extends(&body->scope.extends);
}

/* Past the mark that some editors put at the start of a text. */
static void skip_byte_order_mark(struct treaty_proto_parser *p)
{
    if (!treaty_str_starts(p->lexer.text, TREATY_STR("\xEF\xBB\xBF")))
        return;
    treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, 0,
                      "the text begins with a byte order mark; remove it");
    p->lexer.at = 3;
}

enum treaty_code treaty_proto_parse_file(struct treaty_proto_loader *loader,
                                         struct treaty_proto_file *file)
{
    struct body body = {0};
    struct treaty_proto_parser p = {
        .loader = loader,
        .arena = loader->arena,
        .file = file,
        .lexer.text = file->text,
    };

    skip_byte_order_mark(&p);
    treaty_proto_advance(&p);
    while (!p.code && !treaty_proto_at_end(&p))
        parse_statement(&p, &body);
    settle(file, &body);
    return p.code;
}
