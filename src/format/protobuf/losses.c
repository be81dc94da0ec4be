/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the canonical text loses. The reference's text decides ids, so it is
 * stored as it is; those who care are told.
 */
#include "format/protobuf/load.h"
#include "format/protobuf/print.h"

#include "base/str.h"

struct walk {
    treaty_proto_loss_fn give;
    void *ctx;
};

static void give_loss(const struct walk *w, const char *what,
                      struct treaty_str element, size_t pos)
{
    const struct treaty_proto_loss loss = {what, element, pos};

    w->give(w->ctx, &loss);
}

static void walk_value(const struct walk *w, struct treaty_str element,
                       const struct treaty_proto_value *value)
{
    if (value->kind == TREATY_PROTO_VALUE_STRING &&
        !treaty_str_eq(value->text, value->reference))
        give_loss(w, "a string has escapes that change", element, value->pos);
    for (uint32_t i = 0; i < value->count; i++) {
        bool is_list = value->kind == TREATY_PROTO_VALUE_LIST;

        walk_value(w, element,
                   is_list ? &value->items[i] : &value->members[i].value);
    }
}

static void walk_quoted(const struct walk *w, struct treaty_str element,
                        struct treaty_str text, struct treaty_str reference,
                        size_t pos)
{
    if (text.data && (treaty_str_has(text, '\\') ||
                      (reference.data && !treaty_str_eq(text, reference))))
        give_loss(w, "a name or a path has escapes that change", element, pos);
}

static void walk_reserved(const struct walk *w, struct treaty_str element,
                          const struct treaty_proto_ranges *reserved,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_range *range = reserved[i].items;

        for (uint32_t k = 0; k < reserved[i].count; k++, range++)
            walk_quoted(w, element, range->name, range->reference, range->pos);
    }
}

static void walk_options(const struct walk *w, struct treaty_str element,
                         const struct treaty_proto_options *options)
{
    for (uint32_t i = 0; i < options->count; i++)
        walk_value(w, element, &options->items[i].value);
}

static void walk_extensions(const struct walk *w,
                            const struct treaty_proto_message *message)
{
    for (uint32_t i = 0; i < message->extensions_count; i++)
        walk_options(w, message->full, &message->extensions[i].options);
}

static void walk_default(const struct walk *w,
                         const struct treaty_proto_field *field)
{
    const struct treaty_proto_value *value = &field->default_value->value;

    if (value->kind == TREATY_PROTO_VALUE_STRING &&
        !treaty_proto_default_is_quoted(field))
        give_loss(w, "a default loses its quotes", field->full, value->pos);
    else
        walk_value(w, field->full, value);
}

/* All that a group may hold beside its fields; parts of it that are messages
 * of their own are not looked into, as they are gone altogether. */
static void walk_group(const struct walk *w,
                       const struct treaty_proto_field *field)
{
    const struct treaty_proto_message *message = field->ref.message;

    if (field->options.count)
        give_loss(w, "options of a group are dropped", field->full, field->pos);
    if (!message)
        return;
    if (message->options.count)
        give_loss(w, "options in a group are dropped", message->full,
                  message->options.items[0].pos);
    if (message->message_count || message->enum_count)
        give_loss(w, "types defined in a group are dropped", message->full,
                  message->pos);
    if (message->reserved_count)
        give_loss(w, "reserved numbers and names of a group are dropped",
                  message->full, message->reserved[0].pos);
    if (message->extensions_count || message->extend_count)
        give_loss(w, "extensions in a group are dropped", message->full,
                  message->pos);
}

static void walk_fields(const struct walk *w,
                        struct treaty_proto_field *const *fields,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_field *field = fields[i];

        if (field->is_group)
            walk_group(w, field);
        else
            walk_options(w, field->full, &field->options);
        if (field->default_value && !field->is_group)
            walk_default(w, field);
        if (field->json_name)
            walk_value(w, field->full, &field->json_name->value);
    }
}

static void walk_enums(const struct walk *w,
                       struct treaty_proto_enum *const *enums, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_enum *e = enums[i];

        walk_reserved(w, e->full, e->reserved, e->reserved_count);
        walk_options(w, e->full, &e->options);
        for (uint32_t k = 0; k < e->constant_count; k++)
            walk_options(w, e->full, &e->constants[k].options);
    }
}

static void walk_extends(const struct walk *w,
                         const struct treaty_proto_extend *extends,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        walk_fields(w, extends[i].fields, extends[i].field_count);
}

static void walk_message(const struct walk *w,
                         const struct treaty_proto_message *message)
{
    walk_fields(w, message->fields, message->field_count);
    if (!message->is_group) {
        walk_reserved(w, message->full, message->reserved,
                      message->reserved_count);
        walk_options(w, message->full, &message->options);
        walk_extensions(w, message);
        for (uint32_t i = 0; i < message->oneof_count; i++)
            walk_options(w, message->full, &message->oneofs[i].options);
        walk_extends(w, message->extends, message->extend_count);
        walk_enums(w, message->enums, message->enum_count);
    }
    for (uint32_t i = 0; i < message->message_count; i++) {
        if (!message->is_group || message->messages[i]->is_group)
            walk_message(w, message->messages[i]);
    }
}

static void walk_services(const struct walk *w,
                          const struct treaty_proto_file *file)
{
    for (uint32_t i = 0; i < file->service_count; i++) {
        const struct treaty_proto_service *service = &file->services[i];

        walk_options(w, service->name, &service->options);
        for (uint32_t k = 0; k < service->rpc_count; k++)
            walk_options(w, service->rpcs[k].name, &service->rpcs[k].options);
    }
}

void treaty_proto_losses(const struct treaty_proto_tree *tree,
                         treaty_proto_loss_fn give, void *ctx)
{
    const struct treaty_proto_file *file = tree->file;
    const struct walk w = {give, ctx};

    if (!treaty_proto_has_reference_text(tree))
        return;
    for (uint32_t i = 0; i < file->import_count; i++)
        walk_quoted(&w, file->package, file->imports[i].path,
                    file->imports[i].reference, file->imports[i].pos);
    walk_options(&w, file->package, &file->options);
    for (uint32_t i = 0; i < file->message_count; i++)
        walk_message(&w, file->messages[i]);
    walk_enums(&w, file->enums, file->enum_count);
    walk_extends(&w, file->extends, file->extend_count);
    walk_services(&w, file);
}

/* What the reference reads as a word, which an unquoted default must be. */
static bool is_word(struct treaty_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';

        if (!ok)
            return false;
    }
    return text.len > 0;
}

struct treaty_str
treaty_proto_default_word(const struct treaty_proto_value *value)
{
    if (is_word(value->reference))
        return value->reference;
    return is_word(value->text) ? value->text : (struct treaty_str){0};
}

static bool defaults_are_words(struct treaty_proto_field *const *fields,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_field *field = fields[i];
        const struct treaty_proto_value *value =
            field->default_value ? &field->default_value->value : NULL;

        if (value && value->kind == TREATY_PROTO_VALUE_STRING &&
            !treaty_proto_default_is_quoted(field) &&
            !treaty_proto_default_word(value).data)
            return false;
    }
    return true;
}

static bool extends_are_words(const struct treaty_proto_extend *extends,
                              uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!defaults_are_words(extends[i].fields, extends[i].field_count))
            return false;
    }
    return true;
}

/*
 * Can the reference read what it puts in quotes as it is: paths of imports and
 * reserved names? A quote ends it, and a backslash begins an escape, which is
 * another text, but a text.
 */
static bool is_quotable(struct treaty_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            return false;
        if (text.data[i] != '\\')
            continue;
        i++;
        if (i == text.len)
            return false;
        if ((text.data[i] | 0x20) == 'x' &&
            (i + 1 == text.len || treaty_hex_digit(text.data[i + 1]) < 0))
            return false;
    }
    return true;
}

static bool names_are_quotable(const struct treaty_proto_ranges *reserved,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < reserved[i].count; k++) {
            if (!is_quotable(reserved[i].items[k].reference))
                return false;
        }
    }
    return true;
}

static bool enums_are_quotable(struct treaty_proto_enum *const *enums,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!names_are_quotable(enums[i]->reserved, enums[i]->reserved_count))
            return false;
    }
    return true;
}

static bool imports_are_quotable(const struct treaty_proto_file *file)
{
    for (uint32_t i = 0; i < file->import_count; i++) {
        if (!is_quotable(file->imports[i].reference))
            return false;
    }
    return true;
}

static bool message_can_be_read(const struct treaty_proto_message *m)
{
    return defaults_are_words(m->fields, m->field_count) &&
           extends_are_words(m->extends, m->extend_count) &&
           names_are_quotable(m->reserved, m->reserved_count) &&
           enums_are_quotable(m->enums, m->enum_count);
}

bool treaty_proto_has_reference_text(const struct treaty_proto_tree *tree)
{
    const struct treaty_proto_file *file = tree->file;
    const struct treaty_proto_message *m = NULL;

    /* An edition may have come as a descriptor, which nobody objected to. */
    if (file->syntax == TREATY_PROTO_EDITION ||
        (tree->objections[TREATY_PROTO_REFERENCE].raised &&
         !tree->is_misspelled) ||
        !extends_are_words(file->extends, file->extend_count) ||
        !enums_are_quotable(file->enums, file->enum_count) ||
        !imports_are_quotable(file))
        return false;
    for (m = treaty_proto_next_message(file, m); m;
         m = treaty_proto_next_message(file, m)) {
        if (!message_can_be_read(m))
            return false;
    }
    return true;
}
