/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: fields, maps, groups, oneofs. */
#include "base/error.h"
#include "format/protobuf/parse.h"

/* Where a field stands decides what it may be. */
enum place {
    IN_MESSAGE,
    IN_ONEOF,
    IN_EXTEND,
};

static const struct {
    const char *word;
    enum treaty_proto_label label;
} labels[] = {
    {"optional", TREATY_PROTO_OPTIONAL},
    {"required", TREATY_PROTO_REQUIRED},
    {"repeated", TREATY_PROTO_REPEATED},
};

static void parse_body(struct treaty_proto_parser *p,
                       struct treaty_proto_message *message);

static enum treaty_proto_label find_label(struct treaty_str word)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (treaty_proto_is_word(word, labels[i].word))
            return labels[i].label;
    }
    return TREATY_PROTO_NO_LABEL;
}

static void mind_label(struct treaty_proto_parser *p, enum place place,
                       enum treaty_proto_label label)
{
    const enum treaty_proto_syntax syntax = p->file->syntax;

    if (place == IN_ONEOF)
        treaty_proto_stop(p, p->token.pos,
                          "a member of a oneof has no label; remove \"%.*s\"",
                          TREATY_STR_ARG(treaty_proto_token_text(p)));
    if (syntax == TREATY_PROTO_3 && label == TREATY_PROTO_REQUIRED)
        treaty_proto_mind(p, TREATY_PROTO_BY_BOTH, p->token.pos,
                          "proto3 has no required fields; remove the label");
    if (syntax == TREATY_PROTO_EDITION && label == TREATY_PROTO_OPTIONAL)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "editions have no \"optional\"; every field is "
                          "unless features.field_presence says otherwise");
    if (syntax == TREATY_PROTO_EDITION && label == TREATY_PROTO_REQUIRED)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "editions have no \"required\"; set "
                          "features.field_presence = LEGACY_REQUIRED");
}

static void parse_label(struct treaty_proto_parser *p, enum place place,
                        struct treaty_proto_field *field)
{
    field->label = find_label(treaty_proto_token_text(p));
    if (field->label == TREATY_PROTO_NO_LABEL)
        return;
    mind_label(p, place, field->label);
    treaty_proto_advance(p);
}

static void parse_map_types(struct treaty_proto_parser *p,
                            struct treaty_proto_field *field);

/* The type of a map's value. The reference lets that be a map, whose type
 * nothing resolves, so its name is the whole of it. */
static void parse_map_value(struct treaty_proto_parser *p,
                            struct treaty_proto_ref *value)
{
    struct treaty_proto_field inner = {0};

    if (!treaty_proto_at_word(p, "map") ||
        !treaty_proto_symbol_follows(p, '<')) {
        treaty_proto_parse_type(p, value);
        return;
    }
    treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                      "the values of a map cannot be maps; wrap the inner one "
                      "in a message");
    value->pos = p->token.pos;
    treaty_proto_advance(p);
    if (treaty_proto_enter(p))
        parse_map_types(p, &inner);
    treaty_proto_leave(p);
    value->name = treaty_arena_printf(p->arena, "map<%.*s, %.*s>",
                                      TREATY_STR_ARG(inner.key.name),
                                      TREATY_STR_ARG(inner.value.name));
    if (!value->name.data)
        treaty_proto_run_out(p);
}

/* `<key, value>`. */
static void parse_map_types(struct treaty_proto_parser *p,
                            struct treaty_proto_field *field)
{
    treaty_proto_expect(p, '<', "behind \"map\"");
    treaty_proto_parse_type(p, &field->key);
    treaty_proto_expect(p, ',', "between the types of the map");
    parse_map_value(p, &field->value);
    treaty_proto_expect(p, '>', "behind the types of the map");
}

static void parse_map(struct treaty_proto_parser *p, enum place place,
                      struct treaty_proto_field *field)
{
    field->is_map = true;
    field->ref.pos = p->token.pos;
    if (field->label)
        treaty_proto_mind(p, TREATY_PROTO_BY_BOTH, field->pos,
                          "a map has no label; it is repeated anyway");
    if (place == IN_ONEOF)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, field->pos,
                          "a map cannot be a member of a oneof; wrap it in a "
                          "message");
    if (place == IN_EXTEND)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, field->pos,
                          "a map cannot be an extension; wrap it in a message");
    treaty_proto_advance(p);
    parse_map_types(p, field);
}

/* What a missing label means hangs on the syntax. */
static void mind_no_label(struct treaty_proto_parser *p, enum place place,
                          const struct treaty_proto_field *field)
{
    if (place != IN_ONEOF && !field->label && treaty_proto_is_2(p->file))
        treaty_proto_mind(p, TREATY_PROTO_BY_BOTH, field->pos,
                          "a field of proto2 needs a label: optional, "
                          "required or repeated");
}

static void parse_field_type(struct treaty_proto_parser *p, enum place place,
                             struct treaty_proto_field *field)
{
    const bool is_map = treaty_proto_at_word(p, "map");

    if (is_map && treaty_proto_symbol_follows(p, '<')) {
        parse_map(p, place, field);
        return;
    }
    mind_no_label(p, place, field);
    if (is_map)
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, p->token.pos,
                          "\"map\" begins the type of a map: map<key, value>");
    field->is_group = treaty_proto_at_word(p, "group");
    treaty_proto_parse_type(p, &field->ref);
}

/* Take `default` and `json_name` out of the options. */
static void settle_options(struct treaty_proto_parser *p,
                           struct treaty_proto_field *field,
                           struct treaty_proto_list *list)
{
    struct treaty_proto_option *options = list->items;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct treaty_proto_name_part *part = options[i].parts;
        const struct treaty_proto_option **slot = NULL;
        struct treaty_proto_option *copy;

        if (options[i].part_count == 1 && !part->is_extension) {
            if (treaty_str_eq_z(part->name, "default"))
                slot = &field->default_value;
            else if (treaty_str_eq_z(part->name, "json_name"))
                slot = &field->json_name;
        }
        if (!slot) {
            options[kept++] = options[i];
            continue;
        }
        if (*slot)
            treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, options[i].pos,
                              "\"%.*s\" is set twice",
                              TREATY_STR_ARG(part->name));
        copy = treaty_proto_make(p, sizeof(*copy));
        if (!copy)
            return;
        *copy = options[i];
        *slot = copy;
    }
    list->count = kept;
    field->options = treaty_proto_list_options(list);
}

/* The field of a group is called like its type, in lower case. */
static struct treaty_str lower(struct treaty_proto_parser *p,
                               struct treaty_str name)
{
    char *copy = treaty_proto_make(p, name.len + 1);

    if (!copy)
        return (struct treaty_str){"", 0};
    for (size_t i = 0; i < name.len; i++) {
        bool is_upper = name.data[i] >= 'A' && name.data[i] <= 'Z';

        copy[i] = (char)(is_upper ? name.data[i] | 0x20 : name.data[i]);
    }
    return (struct treaty_str){copy, name.len};
}

static void parse_group(struct treaty_proto_parser *p,
                        struct treaty_proto_scope *scope,
                        struct treaty_proto_field *field)
{
    struct treaty_proto_message *message =
        treaty_proto_make(p, sizeof(*message));

    if (!message || !treaty_proto_push_pointer(p, &scope->messages, message))
        return;
    if (p->file->syntax == TREATY_PROTO_EDITION)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, field->ref.pos,
                          "editions have no groups; define a message, and set "
                          "features.message_encoding = DELIMITED");
    if (scope->message && scope->message->is_group)
        treaty_proto_mind(p, TREATY_PROTO_BY_REFERENCE, field->ref.pos,
                          "a group cannot hold a group");
    if (field->name.len &&
        (field->name.data[0] < 'A' || field->name.data[0] > 'Z'))
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, field->name_pos,
                          "the name of a group begins with a capital letter");
    message->name = field->name;
    message->pos = field->name_pos;
    message->parent = scope->message;
    message->is_group = true;
    field->name = lower(p, message->name);
    field->ref.name = message->name;
    field->ref.type = TREATY_PROTO_GROUP;
    field->ref.message = message;
    parse_body(p, message);
}

static void parse_number(struct treaty_proto_parser *p,
                         struct treaty_proto_field *field)
{
    treaty_proto_expect(p, '=', "and a number behind the name of the field");
    field->number_pos = p->token.pos;
    if (treaty_proto_at(p, '-'))
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "the number of a field is positive");
    field->number = treaty_proto_parse_int(p, "the number of the field",
                                           &field->number_text);
}

static struct treaty_proto_field *parse_field(struct treaty_proto_parser *p,
                                              struct treaty_proto_scope *scope,
                                              enum place place)
{
    struct treaty_proto_field *field = treaty_proto_make(p, sizeof(*field));
    struct treaty_proto_list options = {0};

    if (!field)
        return NULL;
    field->pos = p->token.pos;
    field->parent = scope->message;
    parse_label(p, place, field);
    parse_field_type(p, place, field);
    field->name_pos = p->token.pos;
    field->name = treaty_proto_parse_name(p, "a field");
    parse_number(p, field);
    treaty_proto_parse_options(p, &options);
    settle_options(p, field, &options);
    if (field->is_group)
        parse_group(p, scope, field);
    else
        treaty_proto_expect(p, ';', "behind the field");
    return field;
}

static void parse_member(struct treaty_proto_parser *p,
                         struct treaty_proto_scope *scope,
                         struct treaty_proto_list *members)
{
    struct treaty_proto_field *field = parse_field(p, scope, IN_ONEOF);

    if (field && treaty_proto_push_pointer(p, &scope->fields, field))
        (void)treaty_proto_push_pointer(p, members, field);
}

static void parse_oneof(struct treaty_proto_parser *p,
                        struct treaty_proto_scope *scope)
{
    struct treaty_proto_oneof oneof = {.index = scope->oneofs.count};
    struct treaty_proto_list members = {0};
    struct treaty_proto_list options = {0};
    struct treaty_proto_oneof *slot;

    treaty_proto_advance(p);
    oneof.pos = p->token.pos;
    oneof.name = treaty_proto_parse_name(p, "a oneof");
    treaty_proto_expect(p, '{', "behind the name of the oneof");
    while (!p->code && !treaty_proto_at(p, '}')) {
        if (treaty_proto_at_word(p, "option"))
            treaty_proto_parse_option(p, &options);
        else
            parse_member(p, scope, &members);
    }
    if (!members.count)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "a oneof needs a member");
    treaty_proto_expect(p, '}', "behind the oneof");
    oneof.fields = members.items;
    oneof.field_count = members.count;
    oneof.options = treaty_proto_list_options(&options);
    slot = treaty_proto_push(p, &scope->oneofs, sizeof(*slot));
    if (slot)
        *slot = oneof;
}

static void parse_plain_field(struct treaty_proto_parser *p,
                              struct treaty_proto_scope *scope)
{
    struct treaty_proto_field *field = parse_field(p, scope, IN_MESSAGE);

    if (field)
        (void)treaty_proto_push_pointer(p, &scope->fields, field);
}

static void parse_reserved(struct treaty_proto_parser *p,
                           struct treaty_proto_scope *scope)
{
    treaty_proto_parse_ranges(p, &scope->reserved, false);
}

static void parse_extensions(struct treaty_proto_parser *p,
                             struct treaty_proto_scope *scope)
{
    treaty_proto_parse_ranges(p, &scope->extensions, false);
}

static void parse_message_option(struct treaty_proto_parser *p,
                                 struct treaty_proto_scope *scope)
{
    treaty_proto_parse_option(p, &scope->options);
}

/* A word that begins a statement; what begins with another is a field. */
static const struct {
    const char *word;
    void (*parse)(struct treaty_proto_parser *p,
                  struct treaty_proto_scope *scope);
} statements[] = {
    {"option", parse_message_option},
    {"oneof", parse_oneof},
    {"message", treaty_proto_parse_message},
    {"enum", treaty_proto_parse_enum},
    {"reserved", parse_reserved},
    {"extensions", parse_extensions},
    {"extend", treaty_proto_parse_extend},
};

static void parse_statement(struct treaty_proto_parser *p,
                            struct treaty_proto_scope *scope)
{
    const struct treaty_str word = treaty_proto_token_text(p);

    if (treaty_proto_accept(p, ';'))
        return;
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        if (treaty_proto_is_word(word, statements[i].word)) {
            statements[i].parse(p, scope);
            return;
        }
    }
    parse_plain_field(p, scope);
}

static void settle_oneofs(struct treaty_proto_message *message)
{
    for (uint32_t i = 0; i < message->oneof_count; i++) {
        struct treaty_proto_oneof *oneof = &message->oneofs[i];

        for (uint32_t j = 0; j < oneof->field_count; j++)
            oneof->fields[j]->oneof = oneof;
    }
}

static void settle(struct treaty_proto_message *message,
                   struct treaty_proto_scope *scope)
{
    message->fields = scope->fields.items;
    message->field_count = scope->fields.count;
    message->oneofs = scope->oneofs.items;
    message->oneof_count = scope->oneofs.count;
    message->messages = scope->messages.items;
    message->message_count = scope->messages.count;
    message->enums = scope->enums.items;
    message->enum_count = scope->enums.count;
    message->extends = scope->extends.items;
    message->extend_count = scope->extends.count;
    message->reserved = scope->reserved.items;
    message->reserved_count = scope->reserved.count;
    message->extensions = scope->extensions.items;
    message->extensions_count = scope->extensions.count;
    message->options = treaty_proto_list_options(&scope->options);
    message->is_map_entry =
        treaty_proto_option_true(&message->options, "map_entry");
    settle_oneofs(message);
    treaty_proto_settle_extends(&scope->extends);
}

/* protoc has a limit of its own on messages in messages. */
enum { PROTOC_DEPTH_MAX = 31 };

static void parse_body(struct treaty_proto_parser *p,
                       struct treaty_proto_message *message)
{
    struct treaty_proto_scope scope = {.message = message};

    message->file = p->file;
    if (!treaty_proto_enter(p))
        return;
    if (p->depth > PROTOC_DEPTH_MAX)
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "messages are nested deeper than %d levels",
                          PROTOC_DEPTH_MAX);
    treaty_proto_expect(p, '{', "before the fields of the message");
    while (!p->code && !treaty_proto_at(p, '}'))
        parse_statement(p, &scope);
    treaty_proto_expect(p, '}', "behind the message");
    settle(message, &scope);
    treaty_proto_leave(p);
}

void treaty_proto_parse_message(struct treaty_proto_parser *p,
                                struct treaty_proto_scope *scope)
{
    struct treaty_proto_message *message =
        treaty_proto_make(p, sizeof(*message));

    if (!message || !treaty_proto_push_pointer(p, &scope->messages, message))
        return;
    treaty_proto_advance(p);
    message->pos = p->token.pos;
    message->parent = scope->message;
    message->name = treaty_proto_parse_name(p, "a message");
    parse_body(p, message);
}

static void parse_extension(struct treaty_proto_parser *p,
                            struct treaty_proto_scope *scope,
                            struct treaty_proto_list *fields)
{
    struct treaty_proto_field *field;

    if (treaty_proto_at(p, ';')) {
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "a field is missing before \";\"");
        treaty_proto_advance(p);
        return;
    }
    field = parse_field(p, scope, IN_EXTEND);
    if (field)
        (void)treaty_proto_push_pointer(p, fields, field);
}

void treaty_proto_parse_extend(struct treaty_proto_parser *p,
                               struct treaty_proto_scope *scope)
{
    struct treaty_proto_extend *extend =
        treaty_proto_push(p, &scope->extends, sizeof(*extend));
    struct treaty_proto_list fields = {0};
    const uint32_t at = scope->extends.count - 1;

    if (!extend)
        return;
    extend->pos = p->token.pos;
    treaty_proto_advance(p);
    treaty_proto_parse_type(p, &extend->extendee);
    treaty_proto_expect(p, '{', "behind the name of the message");
    if (treaty_proto_at(p, '}'))
        treaty_proto_mind(p, TREATY_PROTO_BY_PROTOC, p->token.pos,
                          "this extends nothing; add a field, or remove it");
    while (!p->code && !treaty_proto_at(p, '}'))
        parse_extension(p, scope, &fields);
    treaty_proto_expect(p, '}', "behind the extensions");
    extend = (struct treaty_proto_extend *)scope->extends.items + at;
    extend->fields = fields.items;
    extend->field_count = fields.count;
}

void treaty_proto_settle_extends(struct treaty_proto_list *extends)
{
    struct treaty_proto_extend *items = extends->items;

    for (uint32_t i = 0; i < extends->count; i++) {
        for (uint32_t j = 0; j < items[i].field_count; j++)
            items[i].fields[j]->extendee = &items[i].extendee;
    }
}
