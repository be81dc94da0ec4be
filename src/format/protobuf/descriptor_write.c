/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors as protoc writes them. Fields of each message go out in the
 * order of their numbers; lists keep the order of the text, in which what the
 * compiler makes up stands where it was asked for: the entry message of a map
 * among its siblings, the oneof of a proto3 `optional` behind the written ones.
 */
#include "format/protobuf/descriptor.h"

#include "base/error.h"
#include "format/protobuf/descriptor_number.h"
#include "format/protobuf/load.h"
#include "format/protobuf/number.h"
#include "format/protobuf/options.h"
#include "format/protobuf/put.h"

/* The first failure sticks in `code`; what is written after it is lost. */
struct writer {
    struct treaty_proto_interpreter in;
    const struct treaty_proto_file *file;
    struct treaty_buf *out;
    struct treaty_error *err;
    enum treaty_code code;
};

/* Options that are all for the source only leave nothing behind. */
static void put_options(struct writer *w, uint32_t number,
                        enum treaty_proto_target target, struct treaty_str full,
                        const struct treaty_proto_options *options)
{
    struct treaty_proto_place place = {target, full, options};
    struct treaty_proto_dynamic *message;
    size_t before = w->out->len;
    size_t at;

    if (options->count == 0 || w->code != TREATY_OK)
        return;
    w->code = treaty_proto_options_read(&w->in, &place, &message, w->err);
    if (w->code != TREATY_OK)
        return;
    at = treaty_proto_put_open(w->out, number);
    treaty_proto_dynamic_put(message, false, w->out);
    if (w->out->len == at)
        w->out->len = before;
    else
        treaty_proto_put_close(w->out, at);
}

/* `outer`.`name`; the name itself when there is nothing around it. */
static struct treaty_str join(struct writer *w, struct treaty_str outer,
                              struct treaty_str name)
{
    struct treaty_str full = name;

    if (outer.len)
        full = treaty_arena_join(&w->in.arena, outer, '.', name);
    if (!full.data && w->code == TREATY_OK)
        w->code = treaty_fail_nomem(w->err);
    return full;
}

/* A full name goes out with the dot that says so. */
static void put_full(struct writer *w, uint32_t number, struct treaty_str full)
{
    size_t at = treaty_proto_put_open(w->out, number);

    treaty_buf_put_c(w->out, '.');
    treaty_buf_put(w->out, full);
    treaty_proto_put_close(w->out, at);
}

static void put_ref(struct writer *w, uint32_t number,
                    const struct treaty_proto_ref *ref)
{
    if (ref->message)
        put_full(w, number, ref->message->full);
    else if (ref->enumeration)
        put_full(w, number, ref->enumeration->full);
}

static enum treaty_proto_type type_of(const struct treaty_proto_field *field)
{
    if (field->is_group)
        return TREATY_PROTO_GROUP;
    if (field->ref.message)
        return TREATY_PROTO_MESSAGE;
    if (field->ref.enumeration)
        return TREATY_PROTO_ENUM;
    return field->ref.type;
}

static void put_label(struct writer *w, const struct treaty_proto_field *field)
{
    enum treaty_proto_label label = TREATY_PROTO_OPTIONAL;

    if (field->presence == TREATY_PROTO_MANY)
        label = TREATY_PROTO_REPEATED;
    else if (field->label == TREATY_PROTO_REQUIRED)
        label = TREATY_PROTO_REQUIRED;
    treaty_proto_put_int(w->out, TREATY_FIELD_LABEL, label);
}

static void put_escaped(struct treaty_buf *out, struct treaty_str bytes)
{
    static const char plain[] = "nrt\"'\\";
    static const char special[] = "\n\r\t\"'\\";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        const char *found = c ? strchr(special, c) : NULL;

        if (found)
            treaty_buf_printf(out, "\\%c", plain[found - special]);
        else if (c < 0x20 || c >= 0x7f)
            treaty_buf_printf(out, "\\%03o", (unsigned)c);
        else
            treaty_buf_put_c(out, (char)c);
    }
}

static void put_float(struct treaty_buf *out, enum treaty_proto_type type,
                      const struct treaty_proto_value *value)
{
    char text[TREATY_PROTO_NUMBER_SIZE];
    double number = 0;
    size_t len;

    if (value->kind == TREATY_PROTO_VALUE_IDENT) { /* inf, nan */
        if (value->negative && !treaty_str_eq_z(value->text, "nan"))
            treaty_buf_put_c(out, '-');
        treaty_buf_put(out, value->text);
        return;
    }
    (void)treaty_proto_read_number(value->text, &number);
    if (value->negative)
        number = -number;
    if (type == TREATY_PROTO_FLOAT)
        len = treaty_proto_print_float(text, (float)number);
    else
        len = treaty_proto_print_double(text, number);
    treaty_buf_put_mem(out, text, len);
}

static void put_integer(struct treaty_buf *out,
                        const struct treaty_proto_value *value)
{
    uint64_t number = 0;

    (void)treaty_proto_read_integer(value->text, &number);
    if (value->negative && number)
        treaty_buf_put_c(out, '-');
    treaty_buf_put_u64(out, number);
}

/* Linking has checked that the value fits the type. */
static void put_default(struct writer *w,
                        const struct treaty_proto_field *field)
{
    const struct treaty_proto_value *value;
    enum treaty_proto_type type = type_of(field);
    size_t at;

    if (!field->default_value)
        return;
    value = &field->default_value->value;
    at = treaty_proto_put_open(w->out, TREATY_FIELD_DEFAULT);
    if (type == TREATY_PROTO_BYTES)
        put_escaped(w->out, value->text);
    else if (type == TREATY_PROTO_FLOAT || type == TREATY_PROTO_DOUBLE)
        put_float(w->out, type, value);
    else if (value->kind == TREATY_PROTO_VALUE_NUMBER)
        put_integer(w->out, value);
    else
        treaty_buf_put(w->out, value->text);
    treaty_proto_put_close(w->out, at);
}

/* A proto3 field that is `optional` by that word, as key and value of a made
 * entry are not. */
static bool is_optional_3(const struct writer *w,
                          const struct treaty_proto_field *field)
{
    return w->file->syntax == TREATY_PROTO_3 &&
           field->label == TREATY_PROTO_OPTIONAL &&
           !(field->parent && field->parent->is_synthetic);
}

/* `oneof` is the index of the field's oneof, written or made up, or -1. */
static void put_field(struct writer *w, uint32_t number,
                      const struct treaty_proto_field *field, int64_t oneof)
{
    size_t at = treaty_proto_put_open(w->out, number);

    treaty_proto_put_bytes(w->out, TREATY_FIELD_NAME, field->name);
    if (field->extendee)
        put_ref(w, TREATY_FIELD_EXTENDEE, field->extendee);
    treaty_proto_put_int(w->out, TREATY_FIELD_NUMBER, field->number);
    put_label(w, field);
    treaty_proto_put_int(w->out, TREATY_FIELD_TYPE, type_of(field));
    put_ref(w, TREATY_FIELD_TYPE_NAME, &field->ref);
    put_default(w, field);
    put_options(w, TREATY_FIELD_OPTIONS, TREATY_PROTO_TARGET_FIELD, field->full,
                &field->options);
    if (oneof >= 0)
        treaty_proto_put_int(w->out, TREATY_FIELD_ONEOF, oneof);
    treaty_proto_put_bytes(w->out, TREATY_FIELD_JSON_NAME, field->json);
    if (is_optional_3(w, field))
        treaty_proto_put_int(w->out, TREATY_FIELD_PROTO3_OPTIONAL, 1);
    treaty_proto_put_close(w->out, at);
}

static void put_fields(struct writer *w, const struct treaty_proto_message *m)
{
    int64_t next = m->oneof_count;

    for (uint32_t i = 0; i < m->field_count; i++) {
        const struct treaty_proto_field *field = m->fields[i];
        int64_t oneof = -1;

        if (field->oneof)
            oneof = field->oneof->index;
        else if (is_optional_3(w, field))
            oneof = next++;
        put_field(w, TREATY_MESSAGE_FIELD, field, oneof);
    }
}

static void put_extends(struct writer *w, uint32_t number,
                        const struct treaty_proto_extend *extends,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < extends[i].field_count; k++)
            put_field(w, number, extends[i].fields[k], -1);
}

static bool has_member(const struct treaty_proto_message *m,
                       struct treaty_str name)
{
    for (uint32_t i = 0; i < m->field_count; i++)
        if (treaty_str_eq(m->fields[i]->name, name))
            return true;
    for (uint32_t i = 0; i < m->oneof_count; i++)
        if (treaty_str_eq(m->oneofs[i].name, name))
            return true;
    return false;
}

/* `_name`, or `name` when it begins so, with an `X` before it for as long as
 * another member has that name. */
static void put_optional_oneof(struct writer *w,
                               const struct treaty_proto_message *m,
                               struct treaty_str name)
{
    struct treaty_str made = name;
    size_t at;

    if (name.len == 0 || name.data[0] != '_')
        made = treaty_arena_printf(&w->in.arena, "_%.*s", TREATY_STR_ARG(name));
    while (made.data && has_member(m, made))
        made = treaty_arena_printf(&w->in.arena, "X%.*s", TREATY_STR_ARG(made));
    if (!made.data) {
        w->code = treaty_fail_nomem(w->err);
        return;
    }
    at = treaty_proto_put_open(w->out, TREATY_MESSAGE_ONEOF);
    treaty_proto_put_bytes(w->out, TREATY_ONEOF_NAME, made);
    treaty_proto_put_close(w->out, at);
}

static void put_oneofs(struct writer *w, const struct treaty_proto_message *m)
{
    for (uint32_t i = 0; i < m->oneof_count; i++) {
        const struct treaty_proto_oneof *oneof = &m->oneofs[i];
        struct treaty_str full = join(w, m->full, oneof->name);
        size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_ONEOF);

        treaty_proto_put_bytes(w->out, TREATY_ONEOF_NAME, oneof->name);
        put_options(w, TREATY_ONEOF_OPTIONS, TREATY_PROTO_TARGET_ONEOF, full,
                    &oneof->options);
        treaty_proto_put_close(w->out, at);
    }
    for (uint32_t i = 0; i < m->field_count; i++)
        if (!m->fields[i]->oneof && is_optional_3(w, m->fields[i]))
            put_optional_oneof(w, m, m->fields[i]->name);
}

static void put_start_end(struct writer *w, int64_t start, int64_t end)
{
    treaty_proto_put_int(w->out, TREATY_RANGE_START, start);
    treaty_proto_put_int(w->out, TREATY_RANGE_END, end);
}

/* A message set has extensions up to the last number there is. */
static int64_t end_of(const struct treaty_proto_message *m,
                      const struct treaty_proto_range *range)
{
    if (!range->to_max)
        return range->last + 1;
    if (treaty_proto_option_true(&m->options, "message_set_wire_format"))
        return INT32_MAX;
    return (int64_t)TREATY_PROTO_NUMBER_MAX + 1;
}

static void put_extensions(struct writer *w,
                           const struct treaty_proto_message *m)
{
    for (uint32_t i = 0; i < m->extensions_count; i++) {
        const struct treaty_proto_ranges *ranges = &m->extensions[i];

        for (uint32_t k = 0; k < ranges->count; k++) {
            size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_RANGE);

            put_start_end(w, ranges->items[k].first,
                          end_of(m, &ranges->items[k]));
            put_options(w, TREATY_RANGE_OPTIONS, TREATY_PROTO_TARGET_RANGE,
                        m->full, &ranges->options);
            treaty_proto_put_close(w->out, at);
        }
    }
}

void treaty_proto_put_reserved_names(struct treaty_buf *out, uint32_t number,
                                     const struct treaty_proto_ranges *reserved,
                                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < reserved[i].count; k++)
            if (reserved[i].items[k].name.data)
                treaty_proto_put_bytes(out, number, reserved[i].items[k].name);
}

static void put_reserved(struct writer *w, const struct treaty_proto_message *m)
{
    for (uint32_t i = 0; i < m->reserved_count; i++)
        for (uint32_t k = 0; k < m->reserved[i].count; k++) {
            const struct treaty_proto_range *range = &m->reserved[i].items[k];
            size_t at;

            if (range->name.data)
                continue;
            at = treaty_proto_put_open(w->out, TREATY_MESSAGE_RESERVED);
            put_start_end(w, range->first, end_of(m, range));
            treaty_proto_put_close(w->out, at);
        }
    treaty_proto_put_reserved_names(w->out, TREATY_MESSAGE_RESERVED_NAME,
                                    m->reserved, m->reserved_count);
}

static void put_constant(struct writer *w, const struct treaty_proto_enum *e,
                         const struct treaty_proto_constant *constant)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_ENUM_VALUE);

    treaty_proto_put_bytes(w->out, TREATY_CONSTANT_NAME, constant->name);
    treaty_proto_put_int(w->out, TREATY_CONSTANT_NUMBER, constant->number);
    /* Its name is a sibling of the enum's, so the scope is the same. */
    put_options(w, TREATY_CONSTANT_OPTIONS, TREATY_PROTO_TARGET_CONSTANT,
                e->full, &constant->options);
    treaty_proto_put_close(w->out, at);
}

/* Ranges of enums hold their end. */
static void put_enum_reserved(struct writer *w,
                              const struct treaty_proto_enum *e)
{
    for (uint32_t i = 0; i < e->reserved_count; i++)
        for (uint32_t k = 0; k < e->reserved[i].count; k++) {
            const struct treaty_proto_range *range = &e->reserved[i].items[k];
            size_t at;

            if (range->name.data)
                continue;
            at = treaty_proto_put_open(w->out, TREATY_ENUM_RESERVED);
            put_start_end(w, range->first,
                          range->to_max ? INT32_MAX : range->last);
            treaty_proto_put_close(w->out, at);
        }
    treaty_proto_put_reserved_names(w->out, TREATY_ENUM_RESERVED_NAME,
                                    e->reserved, e->reserved_count);
}

static void put_enum(struct writer *w, uint32_t number,
                     const struct treaty_proto_enum *e)
{
    size_t at = treaty_proto_put_open(w->out, number);

    treaty_proto_put_bytes(w->out, TREATY_ENUM_NAME, e->name);
    for (uint32_t i = 0; i < e->constant_count; i++)
        put_constant(w, e, &e->constants[i]);
    put_options(w, TREATY_ENUM_OPTIONS, TREATY_PROTO_TARGET_ENUM, e->full,
                &e->options);
    put_enum_reserved(w, e);
    treaty_proto_put_close(w->out, at);
}

static void put_message(struct writer *w, uint32_t number,
                        const struct treaty_proto_message *m);

/*
 * The entry message that a map field asked for. Its option has no statement in
 * the text, so its bytes are written as they are: 7: {7: true}.
 */
static void put_entry(struct writer *w, const struct treaty_proto_message *m)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_MESSAGE_MESSAGE);

    treaty_proto_put_bytes(w->out, TREATY_MESSAGE_NAME, m->name);
    put_fields(w, m);
    treaty_proto_put_bytes(w->out, TREATY_MESSAGE_OPTIONS,
                           TREATY_STR("\x38\x01"));
    treaty_proto_put_close(w->out, at);
}

/* Nested messages and the entries of maps, as the text has them. */
static void put_nested(struct writer *w, const struct treaty_proto_message *m)
{
    uint32_t field = 0;

    for (uint32_t i = 0; i <= m->message_count; i++) {
        size_t until = i < m->message_count ? m->messages[i]->pos : SIZE_MAX;

        for (; field < m->field_count && m->fields[field]->pos < until; field++)
            if (m->fields[field]->is_map)
                put_entry(w, m->fields[field]->ref.message);
        if (i < m->message_count)
            put_message(w, TREATY_MESSAGE_MESSAGE, m->messages[i]);
    }
}

/* Loading bounds how deep messages are nested. */
static void put_message(struct writer *w, uint32_t number,
                        const struct treaty_proto_message *m)
{
    size_t at = treaty_proto_put_open(w->out, number);

    treaty_proto_put_bytes(w->out, TREATY_MESSAGE_NAME, m->name);
    put_fields(w, m);
    put_nested(w, m);
    for (uint32_t i = 0; i < m->enum_count; i++)
        put_enum(w, TREATY_MESSAGE_ENUM, m->enums[i]);
    put_extensions(w, m);
    put_extends(w, TREATY_MESSAGE_EXTENSION, m->extends, m->extend_count);
    put_options(w, TREATY_MESSAGE_OPTIONS, TREATY_PROTO_TARGET_MESSAGE, m->full,
                &m->options);
    put_oneofs(w, m);
    put_reserved(w, m);
    treaty_proto_put_close(w->out, at);
}

static void put_rpc(struct writer *w, struct treaty_str service,
                    const struct treaty_proto_rpc *rpc)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_SERVICE_RPC);
    struct treaty_str full = join(w, service, rpc->name);

    treaty_proto_put_bytes(w->out, TREATY_RPC_NAME, rpc->name);
    put_ref(w, TREATY_RPC_REQUEST, &rpc->request);
    put_ref(w, TREATY_RPC_RESPONSE, &rpc->response);
    put_options(w, TREATY_RPC_OPTIONS, TREATY_PROTO_TARGET_RPC, full,
                &rpc->options);
    if (rpc->has_block && rpc->options.count == 0)
        treaty_proto_put_bytes(w->out, TREATY_RPC_OPTIONS, TREATY_STR(""));
    if (rpc->streams_request)
        treaty_proto_put_int(w->out, TREATY_RPC_STREAMS_REQUEST, 1);
    if (rpc->streams_response)
        treaty_proto_put_int(w->out, TREATY_RPC_STREAMS_RESPONSE, 1);
    treaty_proto_put_close(w->out, at);
}

static void put_service(struct writer *w,
                        const struct treaty_proto_service *service)
{
    size_t at = treaty_proto_put_open(w->out, TREATY_FILE_SERVICE);
    struct treaty_str full = join(w, w->file->package, service->name);

    treaty_proto_put_bytes(w->out, TREATY_SERVICE_NAME, service->name);
    for (uint32_t i = 0; i < service->rpc_count; i++)
        put_rpc(w, full, &service->rpcs[i]);
    put_options(w, TREATY_SERVICE_OPTIONS, TREATY_PROTO_TARGET_SERVICE, full,
                &service->options);
    treaty_proto_put_close(w->out, at);
}

static void put_imports(struct writer *w, uint32_t number,
                        enum treaty_proto_import_kind kind)
{
    for (uint32_t i = 0; i < w->file->import_count; i++)
        if (w->file->imports[i].kind == kind)
            treaty_proto_put_int(w->out, number, i);
}

int64_t treaty_proto_edition_number(const struct treaty_proto_file *file)
{
    int64_t year;

    if (!treaty_str_to_i64(file->edition, &year) || year < 2023 || year > 9999)
        return 0;
    return year - 1023; /* 2023 is 1000 */
}

static void put_syntax(struct writer *w)
{

    if (w->file->syntax == TREATY_PROTO_3)
        treaty_proto_put_bytes(w->out, TREATY_FILE_SYNTAX,
                               TREATY_STR("proto3"));
    if (w->file->syntax != TREATY_PROTO_EDITION)
        return;
    treaty_proto_put_bytes(w->out, TREATY_FILE_SYNTAX, TREATY_STR("editions"));
    treaty_proto_put_int(w->out, TREATY_FILE_EDITION,
                         treaty_proto_edition_number(w->file));
}

static void put_file(struct writer *w, struct treaty_str name)
{
    const struct treaty_proto_file *file = w->file;

    treaty_proto_put_bytes(w->out, TREATY_FILE_NAME, name);
    if (file->package.len)
        treaty_proto_put_bytes(w->out, TREATY_FILE_PACKAGE, file->package);
    for (uint32_t i = 0; i < file->import_count; i++)
        treaty_proto_put_bytes(w->out, TREATY_FILE_DEPENDENCY,
                               file->imports[i].path);
    for (uint32_t i = 0; i < file->message_count; i++)
        put_message(w, TREATY_FILE_MESSAGE, file->messages[i]);
    for (uint32_t i = 0; i < file->enum_count; i++)
        put_enum(w, TREATY_FILE_ENUM, file->enums[i]);
    for (uint32_t i = 0; i < file->service_count; i++)
        put_service(w, &file->services[i]);
    put_extends(w, TREATY_FILE_EXTENSION, file->extends, file->extend_count);
    put_options(w, TREATY_FILE_OPTIONS, TREATY_PROTO_TARGET_FILE,
                (struct treaty_str){0}, &file->options);
    put_imports(w, TREATY_FILE_PUBLIC, TREATY_PROTO_IMPORT_PUBLIC);
    put_imports(w, TREATY_FILE_WEAK, TREATY_PROTO_IMPORT_WEAK);
    put_syntax(w);
}

enum treaty_code treaty_proto_put_descriptor(
    const struct treaty_proto_tree *tree, const struct treaty_proto_file *file,
    struct treaty_str name, struct treaty_buf *out, struct treaty_error *err)
{
    struct writer w = {.file = file, .out = out, .err = err};
    enum treaty_code code =
        treaty_proto_interpreter_init(&w.in, tree, file, err);

    if (code != TREATY_OK)
        return code;
    put_file(&w, name);
    treaty_proto_interpreter_release(&w.in);
    return w.code == TREATY_OK ? treaty_buf_status(out, err) : w.code;
}
