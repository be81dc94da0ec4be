/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over a file; imports, extensions, services. */
#include "format/protobuf/check.h"

#include "base/error.h"
#include "format/protobuf/options.h"

void treaty_proto_refuse(struct treaty_proto_checker *c, enum treaty_code code,
                         size_t pos, const char *format, ...)
{
    struct treaty_error err;
    va_list args;

    va_start(args, format);
    (void)treaty_fail_v(&err, code, pos, format, args);
    va_end(args);
    treaty_proto_object_text(c->loader, TREATY_PROTO_BY_PROTOC, code, c->file,
                             pos, err.message);
}

static bool is_lite(const struct treaty_proto_file *file)
{
    const struct treaty_proto_option *option =
        treaty_proto_option_find(&file->options, "optimize_for");

    return option && treaty_str_eq_z(option->value.text, "LITE_RUNTIME");
}

/* protoc has one spelling for each path. */
static bool is_plain_path(struct treaty_str path)
{
    struct treaty_str part;

    if (treaty_str_has(path, '\\'))
        return false;
    while (treaty_str_split(&path, '/', &part)) {
        if (part.len == 0 || treaty_str_eq_z(part, ".") ||
            treaty_str_eq_z(part, ".."))
            return false;
    }
    return true;
}

static void check_imports(struct treaty_proto_checker *c)
{
    const struct treaty_proto_file *file = c->file;
    struct treaty_map paths;

    treaty_map_init(&paths, c->scratch);
    for (uint32_t i = 0; i < file->import_count && !treaty_proto_is_refused(c);
         i++) {
        const struct treaty_proto_import *import = &file->imports[i];

        if (treaty_map_find(&paths, import->path))
            treaty_proto_refuse(c, TREATY_EDUPLICATE, import->pos,
                                "\"%.*s\" is imported twice",
                                TREATY_STR_ARG(import->path));
        else if (treaty_map_put(&paths, import->path, c) != TREATY_OK)
            c->code = treaty_fail_nomem(c->loader->err);
        if (!is_plain_path(import->path))
            treaty_proto_refuse(c, TREATY_ESCHEMA, import->pos,
                                "the path of an import has names between "
                                "single slashes, no \".\", \"..\" or \"\\\"");
        if (import->file && is_lite(import->file) && !is_lite(file))
            treaty_proto_refuse(c, TREATY_ESCHEMA, import->pos,
                                "\"%.*s\" has optimize_for = LITE_RUNTIME, "
                                "which this file then needs, too",
                                TREATY_STR_ARG(import->path));
    }
}

/* `max` of a message set is higher than that of others. */
static bool is_in_range(const struct treaty_proto_message *m, int64_t number,
                        bool is_set)
{
    for (uint32_t i = 0; i < m->extensions_count; i++) {
        const struct treaty_proto_ranges *ranges = &m->extensions[i];

        for (uint32_t j = 0; j < ranges->count; j++) {
            const struct treaty_proto_range *range = &ranges->items[j];

            if (number >= range->first &&
                (number <= range->last || (is_set && range->to_max)))
                return true;
        }
    }
    return false;
}

/* Messages of descriptor.proto that options are fields of. */
static bool is_options(const struct treaty_proto_message *m)
{
    return treaty_str_starts(m->full, TREATY_STR("google.protobuf.")) &&
           treaty_str_ends(m->full, TREATY_STR("Options"));
}

/* Two extensions of one file must differ; those of others only make protoc
 * warn. */
static void check_number_is_free(struct treaty_proto_checker *c,
                                 struct treaty_proto_field *field,
                                 const struct treaty_proto_message *m)
{
    struct treaty_str key = treaty_arena_printf(c->scratch, "%u %lld", m->id,
                                                (long long)field->number);
    const struct treaty_proto_field *same;
    void *found = NULL;

    if (!key.data ||
        treaty_map_add(&c->extensions, key, field, &found) != TREATY_OK)
        c->code = treaty_fail_nomem(c->loader->err);
    same = found;
    if (same)
        treaty_proto_refuse(c, TREATY_EDUPLICATE, field->number_pos,
                            "number %lld of \"%.*s\" is used by extension "
                            "\"%.*s\" already",
                            (long long)field->number, TREATY_STR_ARG(m->full),
                            TREATY_STR_ARG(same->full));
}

static void check_extension(struct treaty_proto_checker *c,
                            struct treaty_proto_field *field,
                            const struct treaty_proto_message *m)
{
    if (!is_in_range(m, field->number, c->is_set))
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->number_pos,
                            "\"%.*s\" does not keep number %lld for extensions",
                            TREATY_STR_ARG(m->full), (long long)field->number);
    if (field->label == TREATY_PROTO_REQUIRED)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->pos,
                            "an extension cannot be required");
    if (c->is_set && (field->label == TREATY_PROTO_REPEATED ||
                      field->ref.type != TREATY_PROTO_MESSAGE))
        treaty_proto_refuse(c, TREATY_ETYPE, field->ref.pos,
                            "the extensions of a message set are messages, "
                            "and not repeated");
    if (c->file->syntax == TREATY_PROTO_3 && !is_options(m))
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->extendee->pos,
                            "proto3 has extensions of options only; use "
                            "google.protobuf.Any");
    for (uint32_t i = 0; i < m->extensions_count; i++)
        treaty_proto_check_declared(c, field, &m->extensions[i]);
    treaty_proto_check_field(c, field);
    check_number_is_free(c, field, m);
}

/* Many extend one message, which may have many options: look once. */
static void meet_extendee(struct treaty_proto_checker *c,
                          const struct treaty_proto_message *m)
{
    if (c->extendee == m)
        return;
    c->extendee = m;
    c->is_set =
        treaty_proto_option_true(&m->options, "message_set_wire_format");
}

static void check_extends(struct treaty_proto_checker *c,
                          const struct treaty_proto_extend *extends,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_ref *ref = &extends[i].extendee;

        if (!ref->message) {
            treaty_proto_refuse(c, TREATY_ETYPE, ref->pos,
                                "\"%.*s\" is no message, so nothing can extend "
                                "it",
                                TREATY_STR_ARG(ref->name));
            continue;
        }
        meet_extendee(c, ref->message);
        for (uint32_t j = 0; j < extends[i].field_count; j++)
            check_extension(c, extends[i].fields[j], ref->message);
    }
}

static void check_rpc_type(struct treaty_proto_checker *c,
                           const struct treaty_proto_ref *ref)
{
    if (!ref->message)
        treaty_proto_refuse(c, TREATY_ETYPE, ref->pos,
                            "a method takes and returns messages; \"%.*s\" is "
                            "none",
                            TREATY_STR_ARG(ref->name));
}

static void check_services(struct treaty_proto_checker *c)
{
    const struct treaty_proto_file *file = c->file;
    const struct treaty_proto_options *options = &file->options;

    if (file->service_count && is_lite(file) &&
        (treaty_proto_option_true(options, "cc_generic_services") ||
         treaty_proto_option_true(options, "java_generic_services")))
        treaty_proto_refuse(c, TREATY_ESCHEMA, file->services[0].pos,
                            "with optimize_for = LITE_RUNTIME there are no "
                            "generic services");
    for (uint32_t i = 0; i < file->service_count; i++) {
        const struct treaty_proto_service *service = &file->services[i];

        for (uint32_t j = 0; j < service->rpc_count; j++) {
            check_rpc_type(c, &service->rpcs[j].request);
            check_rpc_type(c, &service->rpcs[j].response);
        }
    }
}

static void check_elements(struct treaty_proto_checker *c)
{
    const struct treaty_proto_file *file = c->file;
    const struct treaty_proto_message *m;

    for (m = treaty_proto_next_message(file, NULL);
         m && !treaty_proto_is_refused(c);
         m = treaty_proto_next_message(file, m)) {
        treaty_proto_check_message(c, m);
        for (uint32_t i = 0; i < m->enum_count; i++)
            treaty_proto_check_enum(c, m->enums[i]);
        check_extends(c, m->extends, m->extend_count);
    }
    for (uint32_t i = 0; i < file->enum_count; i++)
        treaty_proto_check_enum(c, file->enums[i]);
    check_extends(c, file->extends, file->extend_count);
    check_services(c);
}

/* What options say is read only to see whether it can be. */
static void check_option_values(struct treaty_proto_checker *c)
{
    struct treaty_error err;
    enum treaty_code code =
        treaty_proto_options_check(c->loader->tree, c->file, &err);

    if (code == TREATY_ENOMEM)
        c->code = treaty_fail_nomem(c->loader->err);
    else if (code)
        treaty_proto_refuse(c, code, err.offset, "%s", err.message);
}

enum treaty_code treaty_proto_check(struct treaty_proto_loader *loader,
                                    const struct treaty_proto_file *file)
{
    struct treaty_arena scratch;
    struct treaty_proto_checker c = {
        .loader = loader,
        .scratch = &scratch,
        .file = file,
    };

    if (treaty_proto_is_refused(&c))
        return TREATY_OK;
    treaty_arena_init(&scratch, 0, NULL);
    treaty_map_init(&c.extensions, &scratch);
    check_imports(&c);
    check_elements(&c);
    if (!treaty_proto_is_refused(&c))
        check_option_values(&c);
    if (!treaty_proto_is_refused(&c))
        treaty_proto_check_features(&c);
    treaty_arena_release(&scratch);
    return c.code;
}
