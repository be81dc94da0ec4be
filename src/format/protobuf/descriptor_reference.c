/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors as the reference makes them of a text.
 * They are not what protoc makes of it: nothing is resolved, so names of types
 * are those of the text; a oneof's fields come before the others; a map's
 * entry is called after the field as it is spelled, and the field has no type;
 * groups are lost, and all options that are neither descriptor.proto's own nor
 * Confluent's.
 */
#include "format/protobuf/descriptor.h"

#include "base/error.h"
#include "format/protobuf/descriptor_number.h"
#include "format/protobuf/load.h"
#include "format/protobuf/option_value.h"
#include "format/protobuf/put.h"

/* The first failure sticks in `code`. */
struct writer {
    struct treaty_proto_interpreter in;
    const struct treaty_proto_file *file;
    struct treaty_buf *out;
    struct treaty_error *err;
    enum treaty_code code;
};

/* One of Confluent's extensions by its full name, or NULL. */
static const struct treaty_proto_field *
find_confluent(const struct treaty_proto_standard *standard,
               struct treaty_str name)
{
    const struct treaty_proto_file *file = standard->confluent;

    if (name.len && name.data[0] == '.')
        name = treaty_str_sub(name, 1, name.len);
    for (uint32_t i = 0; i < file->extend_count; i++)
        for (uint32_t k = 0; k < file->extends[i].field_count; k++)
            if (file->extends[i].extendee.message == standard->type &&
                treaty_str_eq(file->extends[i].fields[k]->full, name))
                return file->extends[i].fields[k];
    return NULL;
}

static const struct treaty_proto_field *
find_part(const struct treaty_proto_standard *standard,
          const struct treaty_proto_message *type,
          const struct treaty_proto_name_part *part)
{
    if (!part->is_extension)
        return treaty_proto_field_by_name(type, part->name);
    return type == standard->type ? find_confluent(standard, part->name) : NULL;
}

/* Has every part of the name a meaning? */
static bool is_known(const struct treaty_proto_standard *standard,
                     const struct treaty_proto_option *option)
{
    const struct treaty_proto_message *type = standard->type;

    for (uint32_t i = 0; i < option->part_count; i++) {
        const struct treaty_proto_field *field =
            type ? find_part(standard, type, &option->parts[i]) : NULL;

        if (!field)
            return false;
        type = field->ref.message;
    }
    return true;
}

/* The message that `field` is set to, made when it is not; NULL: no memory. */
static struct treaty_proto_dynamic *
enter(struct writer *w, struct treaty_proto_dynamic *message,
      const struct treaty_proto_field *field)
{
    struct treaty_proto_dynamic_field *entry =
        treaty_proto_dynamic_find(message, field);
    struct treaty_proto_dynamic_value *value =
        entry ? entry->last
              : treaty_proto_dynamic_add(&w->in.arena, message, field);

    if (value && !value->message)
        value->message =
            treaty_proto_dynamic_new(&w->in.arena, field->ref.message);
    if (value && value->message)
        return value->message;
    w->code = treaty_fail_nomem(w->err);
    return NULL;
}

/* A bool is true when it says so, and false whatever else it says. */
static void set_bool(struct writer *w, struct treaty_proto_dynamic *message,
                     const struct treaty_proto_field *field,
                     const struct treaty_proto_value *value)
{
    struct treaty_proto_dynamic_value *to =
        treaty_proto_dynamic_add(&w->in.arena, message, field);

    if (to)
        to->bits = treaty_str_eq_nocase(value->text, TREATY_STR("true"));
    else
        w->code = treaty_fail_nomem(w->err);
}

/* What cannot be set is lost. */
static void set_value(struct writer *w, struct treaty_proto_dynamic *message,
                      const struct treaty_proto_field *field,
                      const struct treaty_proto_value *value)
{
    enum treaty_code code;

    if (field->ref.type == TREATY_PROTO_BOOL) {
        set_bool(w, message, field, value);
        return;
    }
    code = treaty_proto_option_set(&w->in, message, field, value, w->err);
    if (code == TREATY_ENOMEM)
        w->code = code;
    else if (code != TREATY_OK)
        treaty_proto_dynamic_drop(message, field);
}

static void read_option(struct writer *w,
                        const struct treaty_proto_standard *standard,
                        struct treaty_proto_dynamic *message,
                        const struct treaty_proto_option *option)
{
    uint32_t last = option->part_count - 1;
    const struct treaty_proto_value *value = &option->value;
    const struct treaty_proto_field *field = NULL;

    if (!is_known(standard, option))
        return;
    for (uint32_t i = 0; i <= last; i++) {
        field = find_part(standard, message->type, &option->parts[i]);
        if (i < last)
            message = enter(w, message, field);
        if (!message)
            return;
    }
    if (value->kind != TREATY_PROTO_VALUE_LIST) {
        set_value(w, message, field, value);
        return;
    }
    for (uint32_t i = 0; i < value->count; i++)
        set_value(w, message, field, &value->items[i]);
}

static void put_options(struct writer *w, uint32_t number,
                        enum treaty_proto_target target,
                        const struct treaty_proto_options *options)
{
    struct treaty_proto_standard standard;
    struct treaty_proto_dynamic *message;
    size_t before = w->out->len;
    size_t at;

    if (options->count == 0 || w->code != TREATY_OK)
        return;
    w->code = treaty_proto_options_standard(target, &standard, w->err);
    if (w->code != TREATY_OK)
        return;
    message = treaty_proto_dynamic_new(&w->in.arena, standard.type);
    if (!message) {
        w->code = treaty_fail_nomem(w->err);
        return;
    }
    for (uint32_t i = 0; i < options->count; i++)
        read_option(w, &standard, message, &options->items[i]);
    at = treaty_proto_put_open(w->out, number);
    treaty_proto_dynamic_put(message, true, w->out);
    if (w->out->len == at)
        w->out->len = before;
    else
        treaty_proto_put_close(w->out, at);
}

static void put_value(struct writer *w, uint32_t number,
                      const struct treaty_proto_value *value)
{
    size_t at = treaty_proto_put_open(w->out, number);

    if (value->negative)
        treaty_buf_put_c(w->out, '-');
    treaty_buf_put(w->out, value->kind == TREATY_PROTO_VALUE_STRING
                               ? value->reference
                               : value->text);
    treaty_proto_put_close(w->out, at);
}

static void put_type(struct writer *w, const struct treaty_proto_ref *ref)
{
    enum treaty_proto_type type = ref->type;

    if (ref->message)
        type = TREATY_PROTO_MESSAGE;
    else if (ref->enumeration)
        type = TREATY_PROTO_ENUM;
    if (type != TREATY_PROTO_UNRESOLVED)
        treaty_proto_put_int(w->out, TREATY_FIELD_TYPE, type);
    if (type == TREATY_PROTO_UNRESOLVED || ref->message || ref->enumeration)
        treaty_proto_put_bytes(w->out, TREATY_FIELD_TYPE_NAME, ref->name);
}

static void put_map_type(struct writer *w, struct treaty_str field)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_FIELD_TYPE_NAME);

    treaty_buf_put(w->out, field);
    treaty_buf_put_z(w->out, "Entry");
    treaty_proto_put_close(w->out, at);
}

static enum treaty_proto_label label_of(const struct treaty_proto_field *field)
{
    if (field->is_map)
        return TREATY_PROTO_REPEATED;
    return field->oneof ? TREATY_PROTO_OPTIONAL : field->label;
}

/* A proto3 field of a message that is `optional` by that word. */
static bool is_optional_3(const struct writer *w,
                          const struct treaty_proto_field *field)
{
    return w->file->syntax == TREATY_PROTO_3 && !field->extendee &&
           !field->oneof && field->label == TREATY_PROTO_OPTIONAL;
}

/* `oneof` is the index of the field's oneof, written or made up, or -1. */
static void put_field(struct writer *w, uint32_t number,
                      const struct treaty_proto_field *field, int64_t oneof)
{
    size_t at = treaty_proto_put_open(w->out, number);

    treaty_proto_put_bytes(w->out, TREATY_FIELD_NAME, field->name);
    if (field->extendee)
        treaty_proto_put_bytes(w->out, TREATY_FIELD_EXTENDEE,
                               field->extendee->name);
    treaty_proto_put_int(w->out, TREATY_FIELD_NUMBER, field->number);
    if (label_of(field) != TREATY_PROTO_NO_LABEL)
        treaty_proto_put_int(w->out, TREATY_FIELD_LABEL, label_of(field));
    if (field->is_map)
        put_map_type(w, field->name);
    else
        put_type(w, &field->ref);
    if (field->default_value)
        put_value(w, TREATY_FIELD_DEFAULT, &field->default_value->value);
    put_options(w, TREATY_FIELD_OPTIONS, TREATY_PROTO_TARGET_FIELD,
                &field->options);
    if (oneof >= 0)
        treaty_proto_put_int(w->out, TREATY_FIELD_ONEOF, oneof);
    if (field->json_name)
        put_value(w, TREATY_FIELD_JSON_NAME, &field->json_name->value);
    if (is_optional_3(w, field))
        treaty_proto_put_int(w->out, TREATY_FIELD_PROTO3_OPTIONAL, 1);
    treaty_proto_put_close(w->out, at);
}

static void put_fields(struct writer *w, const struct treaty_proto_message *m)
{
    int64_t next = m->oneof_count;

    for (uint32_t i = 0; i < m->oneof_count; i++)
        for (uint32_t k = 0; k < m->oneofs[i].field_count; k++)
            if (!m->oneofs[i].fields[k]->is_group)
                put_field(w, TREATY_MESSAGE_FIELD, m->oneofs[i].fields[k], i);
    for (uint32_t i = 0; i < m->field_count; i++) {
        const struct treaty_proto_field *field = m->fields[i];

        if (field->oneof || field->is_group)
            continue;
        put_field(w, TREATY_MESSAGE_FIELD, field,
                  is_optional_3(w, field) ? next++ : -1);
    }
}

/* An empty options message belongs to each. */
static void put_oneof(struct writer *w, const char *before,
                      struct treaty_str name)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_ONEOF);
    size_t name_at = treaty_proto_put_open(w->out, TREATY_ONEOF_NAME);

    treaty_buf_put_z(w->out, before);
    treaty_buf_put(w->out, name);
    treaty_proto_put_close(w->out, name_at);
    treaty_proto_put_bytes(w->out, TREATY_ONEOF_OPTIONS, TREATY_STR(""));
    treaty_proto_put_close(w->out, at);
}

static void put_oneofs(struct writer *w, const struct treaty_proto_message *m)
{
    for (uint32_t i = 0; i < m->oneof_count; i++)
        put_oneof(w, "", m->oneofs[i].name);
    for (uint32_t i = 0; i < m->field_count; i++)
        if (is_optional_3(w, m->fields[i]))
            put_oneof(w, "_", m->fields[i]->name);
}

static void put_entry_field(struct writer *w, const char *name, int64_t number,
                            const struct treaty_proto_ref *ref)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_FIELD);

    treaty_proto_put_bytes(w->out, TREATY_FIELD_NAME, treaty_str_z(name));
    treaty_proto_put_int(w->out, TREATY_FIELD_NUMBER, number);
    put_type(w, ref);
    treaty_proto_put_close(w->out, at);
}

static void put_entry(struct writer *w, const struct treaty_proto_field *field)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_MESSAGE);
    size_t name_at = treaty_proto_put_open(w->out, TREATY_MESSAGE_NAME);

    treaty_buf_put(w->out, field->name);
    treaty_buf_put_z(w->out, "Entry");
    treaty_proto_put_close(w->out, name_at);
    put_entry_field(w, "key", 1, &field->key);
    put_entry_field(w, "value", 2, &field->value);
    /* map_entry: true */
    treaty_proto_put_bytes(w->out, TREATY_MESSAGE_OPTIONS,
                           TREATY_STR("\x38\x01"));
    treaty_proto_put_close(w->out, at);
}

/* The reference has one "max", which is the largest number of a field. */
static int64_t last_of(const struct treaty_proto_range *range)
{
    return range->to_max ? TREATY_PROTO_NUMBER_MAX : range->last;
}

static void put_reserved(struct writer *w, uint32_t number,
                         const struct treaty_proto_ranges *reserved,
                         uint32_t count, int behind)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < reserved[i].count; k++) {
            const struct treaty_proto_range *range = &reserved[i].items[k];
            size_t at;

            if (range->name.data)
                continue;
            at = treaty_proto_put_open(w->out, number);
            treaty_proto_put_int(w->out, TREATY_RANGE_START, range->first);
            treaty_proto_put_int(w->out, TREATY_RANGE_END,
                                 last_of(range) + behind);
            treaty_proto_put_close(w->out, at);
        }
}

/* Here, too, an empty options message belongs to each. */
static void put_extensions(struct writer *w,
                           const struct treaty_proto_message *m)
{
    for (uint32_t i = 0; i < m->extensions_count; i++)
        for (uint32_t k = 0; k < m->extensions[i].count; k++) {
            const struct treaty_proto_range *range = &m->extensions[i].items[k];
            size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_RANGE);

            treaty_proto_put_int(w->out, TREATY_RANGE_START, range->first);
            treaty_proto_put_int(w->out, TREATY_RANGE_END, last_of(range) + 1);
            treaty_proto_put_bytes(w->out, TREATY_RANGE_OPTIONS,
                                   TREATY_STR(""));
            treaty_proto_put_close(w->out, at);
        }
}

static void put_extends(struct writer *w, uint32_t number,
                        const struct treaty_proto_extend *extends,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < extends[i].field_count; k++)
            if (!extends[i].fields[k]->is_group)
                put_field(w, number, extends[i].fields[k], -1);
}

static void put_constant(struct writer *w,
                         const struct treaty_proto_constant *constant)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_ENUM_VALUE);

    treaty_proto_put_bytes(w->out, TREATY_CONSTANT_NAME, constant->name);
    treaty_proto_put_int(w->out, TREATY_CONSTANT_NUMBER, constant->number);
    put_options(w, TREATY_CONSTANT_OPTIONS, TREATY_PROTO_TARGET_CONSTANT,
                &constant->options);
    treaty_proto_put_close(w->out, at);
}

static void put_enum(struct writer *w, uint32_t number,
                     const struct treaty_proto_enum *e)
{
    size_t at = treaty_proto_put_open(w->out, number);

    treaty_proto_put_bytes(w->out, TREATY_ENUM_NAME, e->name);
    for (uint32_t i = 0; i < e->constant_count; i++)
        put_constant(w, &e->constants[i]);
    put_options(w, TREATY_ENUM_OPTIONS, TREATY_PROTO_TARGET_ENUM, &e->options);
    put_reserved(w, TREATY_ENUM_RESERVED, e->reserved, e->reserved_count, 0);
    treaty_proto_put_reserved_names(w->out, TREATY_ENUM_RESERVED_NAME,
                                    e->reserved, e->reserved_count);
    treaty_proto_put_close(w->out, at);
}

/* Loading bounds how deep messages are nested. */
static void put_messages(struct writer *w, uint32_t number,
                         struct treaty_proto_message *const *messages,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_message *m = messages[i];
        size_t at;

        if (m->is_group)
            continue;
        at = treaty_proto_put_open(w->out, number);
        treaty_proto_put_bytes(w->out, TREATY_MESSAGE_NAME, m->name);
        put_fields(w, m);
        put_messages(w, TREATY_MESSAGE_MESSAGE, m->messages, m->message_count);
        for (uint32_t k = 0; k < m->field_count; k++)
            if (m->fields[k]->is_map)
                put_entry(w, m->fields[k]);
        for (uint32_t k = 0; k < m->enum_count; k++)
            put_enum(w, TREATY_MESSAGE_ENUM, m->enums[k]);
        put_extensions(w, m);
        put_extends(w, TREATY_MESSAGE_EXTENSION, m->extends, m->extend_count);
        put_options(w, TREATY_MESSAGE_OPTIONS, TREATY_PROTO_TARGET_MESSAGE,
                    &m->options);
        put_oneofs(w, m);
        put_reserved(w, TREATY_MESSAGE_RESERVED, m->reserved, m->reserved_count,
                     1);
        treaty_proto_put_reserved_names(w->out, TREATY_MESSAGE_RESERVED_NAME,
                                        m->reserved, m->reserved_count);
        treaty_proto_put_close(w->out, at);
    }
}

static void put_rpc(struct writer *w, const struct treaty_proto_rpc *rpc)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_SERVICE_RPC);

    treaty_proto_put_bytes(w->out, TREATY_RPC_NAME, rpc->name);
    treaty_proto_put_bytes(w->out, TREATY_RPC_REQUEST, rpc->request.name);
    treaty_proto_put_bytes(w->out, TREATY_RPC_RESPONSE, rpc->response.name);
    put_options(w, TREATY_RPC_OPTIONS, TREATY_PROTO_TARGET_RPC, &rpc->options);
    treaty_proto_put_int(w->out, TREATY_RPC_STREAMS_REQUEST,
                         rpc->streams_request);
    treaty_proto_put_int(w->out, TREATY_RPC_STREAMS_RESPONSE,
                         rpc->streams_response);
    treaty_proto_put_close(w->out, at);
}

static void put_service(struct writer *w,
                        const struct treaty_proto_service *service)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_FILE_SERVICE);

    treaty_proto_put_bytes(w->out, TREATY_SERVICE_NAME, service->name);
    for (uint32_t i = 0; i < service->rpc_count; i++)
        put_rpc(w, &service->rpcs[i]);
    put_options(w, TREATY_SERVICE_OPTIONS, TREATY_PROTO_TARGET_SERVICE,
                &service->options);
    treaty_proto_put_close(w->out, at);
}

/* The first import of each path, those of other kinds before public ones; one
 * that nobody knows is lost. */
static bool is_listed(const struct treaty_proto_file *file, uint32_t index,
                      bool public)
{
    const struct treaty_proto_import *import = &file->imports[index];

    if (!import->file || (import->kind == TREATY_PROTO_IMPORT_PUBLIC) != public)
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (treaty_str_eq(file->imports[i].path, import->path))
            return false;
    return true;
}

/* How many imports were written. */
static int64_t put_imports(struct writer *w, bool public)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < w->file->import_count; i++) {
        if (!is_listed(w->file, i, public))
            continue;
        treaty_proto_put_bytes(w->out, TREATY_FILE_DEPENDENCY,
                               w->file->imports[i].path);
        count++;
    }
    return count;
}

static void put_syntax(struct writer *w)
{
    static const char *const names[] = {NULL, "proto2", "proto3", "editions"};

    if (names[w->file->syntax])
        treaty_proto_put_bytes(w->out, TREATY_FILE_SYNTAX,
                               treaty_str_z(names[w->file->syntax]));
    if (w->file->syntax == TREATY_PROTO_EDITION)
        treaty_proto_put_int(w->out, TREATY_FILE_EDITION,
                             treaty_proto_edition_number(w->file));
}

static void put_file(struct writer *w)
{
    const struct treaty_proto_file *file = w->file;
    int64_t private_count;
    int64_t public_count;

    treaty_proto_put_bytes(w->out, TREATY_FILE_NAME, TREATY_STR("default"));
    if (file->package.len)
        treaty_proto_put_bytes(w->out, TREATY_FILE_PACKAGE, file->package);
    private_count = put_imports(w, false);
    public_count = put_imports(w, true);
    put_messages(w, TREATY_FILE_MESSAGE, file->messages, file->message_count);
    for (uint32_t i = 0; i < file->enum_count; i++)
        put_enum(w, TREATY_FILE_ENUM, file->enums[i]);
    for (uint32_t i = 0; i < file->service_count; i++)
        put_service(w, &file->services[i]);
    put_extends(w, TREATY_FILE_EXTENSION, file->extends, file->extend_count);
    put_options(w, TREATY_FILE_OPTIONS, TREATY_PROTO_TARGET_FILE,
                &file->options);
    for (int64_t i = 0; i < public_count; i++)
        treaty_proto_put_int(w->out, TREATY_FILE_PUBLIC, private_count + i);
    put_syntax(w);
}

enum treaty_code
treaty_proto_put_reference_descriptor(const struct treaty_proto_tree *tree,
                                      struct treaty_buf *out,
                                      struct treaty_error *err)
{
    struct writer w = {.file = tree->file, .out = out, .err = err};
    enum treaty_code code =
        treaty_proto_interpreter_init(&w.in, tree, tree->file, err);

    if (code != TREATY_OK)
        return code;
    put_file(&w);
    treaty_proto_interpreter_release(&w.in);
    return w.code == TREATY_OK ? treaty_buf_status(out, err) : w.code;
}
