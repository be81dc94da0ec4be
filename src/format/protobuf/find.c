/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about a tree. */
#include "format/protobuf/load.h"

/* By number of the type; those up to BOOL and so on that have a keyword. */
static const char *const type_names[] = {
    [TREATY_PROTO_UNRESOLVED] = "unresolved",
    [TREATY_PROTO_DOUBLE] = "double",
    [TREATY_PROTO_FLOAT] = "float",
    [TREATY_PROTO_INT64] = "int64",
    [TREATY_PROTO_UINT64] = "uint64",
    [TREATY_PROTO_INT32] = "int32",
    [TREATY_PROTO_FIXED64] = "fixed64",
    [TREATY_PROTO_FIXED32] = "fixed32",
    [TREATY_PROTO_BOOL] = "bool",
    [TREATY_PROTO_STRING] = "string",
    [TREATY_PROTO_GROUP] = "group",
    [TREATY_PROTO_MESSAGE] = "message",
    [TREATY_PROTO_BYTES] = "bytes",
    [TREATY_PROTO_UINT32] = "uint32",
    [TREATY_PROTO_ENUM] = "enum",
    [TREATY_PROTO_SFIXED32] = "sfixed32",
    [TREATY_PROTO_SFIXED64] = "sfixed64",
    [TREATY_PROTO_SINT32] = "sint32",
    [TREATY_PROTO_SINT64] = "sint64",
};

static bool is_scalar(enum treaty_proto_type type)
{
    return type != TREATY_PROTO_UNRESOLVED && type != TREATY_PROTO_GROUP &&
           type != TREATY_PROTO_MESSAGE && type != TREATY_PROTO_ENUM;
}

enum treaty_proto_type treaty_proto_scalar_find(struct treaty_str name)
{
    if (name.len < 4 || name.len > 8)
        return TREATY_PROTO_UNRESOLVED;
    for (int i = 1; i <= TREATY_PROTO_SINT64; i++) {
        if (name.data[0] == type_names[i][0] &&
            is_scalar((enum treaty_proto_type)i) &&
            treaty_str_eq_z(name, type_names[i]))
            return (enum treaty_proto_type)i;
    }
    return TREATY_PROTO_UNRESOLVED;
}

const char *treaty_proto_type_name(enum treaty_proto_type type)
{
    return type_names[type];
}

void *treaty_proto_find(const struct treaty_proto_tree *tree,
                        enum treaty_proto_symbol_kind kind,
                        struct treaty_str full)
{
    const struct treaty_proto_symbol *symbol =
        treaty_map_find(&tree->symbols, full);

    /* Only a package that protoc refuses begins with a dot of its own. */
    if (!symbol && full.len && full.data[0] == '.')
        symbol =
            treaty_map_find(&tree->symbols, treaty_str_sub(full, 1, full.len));
    return symbol && symbol->kind == kind ? symbol->element : NULL;
}

struct treaty_proto_message *
treaty_proto_find_message(const struct treaty_proto_tree *tree,
                          struct treaty_str full)
{
    return treaty_proto_find(tree, TREATY_PROTO_SYMBOL_MESSAGE, full);
}

struct treaty_proto_enum *
treaty_proto_find_enum(const struct treaty_proto_tree *tree,
                       struct treaty_str full)
{
    return treaty_proto_find(tree, TREATY_PROTO_SYMBOL_ENUM, full);
}

struct treaty_proto_field *
treaty_proto_field_by_number(const struct treaty_proto_message *message,
                             int64_t number)
{
    for (uint32_t i = 0; i < message->field_count; i++) {
        if (message->fields[i]->number == number)
            return message->fields[i];
    }
    return NULL;
}

struct treaty_proto_field *
treaty_proto_field_by_name(const struct treaty_proto_message *message,
                           struct treaty_str name)
{
    for (uint32_t i = 0; i < message->field_count; i++) {
        if (treaty_str_eq(message->fields[i]->name, name))
            return message->fields[i];
    }
    return NULL;
}

const struct treaty_proto_constant *
treaty_proto_constant_by_number(const struct treaty_proto_enum *enumeration,
                                int64_t number)
{
    for (uint32_t i = 0; i < enumeration->constant_count; i++) {
        if (enumeration->constants[i].number == number)
            return &enumeration->constants[i];
    }
    return NULL;
}

const struct treaty_proto_constant *
treaty_proto_constant_by_name(const struct treaty_proto_enum *enumeration,
                              struct treaty_str name)
{
    for (uint32_t i = 0; i < enumeration->constant_count; i++) {
        if (treaty_str_eq(enumeration->constants[i].name, name))
            return &enumeration->constants[i];
    }
    return NULL;
}

struct treaty_proto_message *
treaty_proto_next_message(const struct treaty_proto_file *file,
                          const struct treaty_proto_message *after)
{
    if (!after)
        return file->message_count ? file->messages[0] : NULL;
    if (after->message_count)
        return after->messages[0];
    for (; after; after = after->parent) {
        const struct treaty_proto_message *parent = after->parent;
        uint32_t count = parent ? parent->message_count : file->message_count;
        struct treaty_proto_message *const *siblings =
            parent ? parent->messages : file->messages;

        if (after->index + 1 < count)
            return siblings[after->index + 1];
    }
    return NULL;
}

const struct treaty_proto_option *
treaty_proto_option_find(const struct treaty_proto_options *options,
                         const char *name)
{
    for (uint32_t i = options->count; i > 0; i--) {
        const struct treaty_proto_option *option = &options->items[i - 1];

        if (option->part_count == 1 && !option->parts[0].is_extension &&
            treaty_str_eq_z(option->parts[0].name, name))
            return option;
    }
    return NULL;
}

bool treaty_proto_option_true(const struct treaty_proto_options *options,
                              const char *name)
{
    const struct treaty_proto_option *option =
        treaty_proto_option_find(options, name);

    return option && option->value.kind == TREATY_PROTO_VALUE_IDENT &&
           treaty_str_eq_z(option->value.text, "true");
}
