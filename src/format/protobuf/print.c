/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The elements of a file as text.
 *
 *     syntax = "proto3";
 *     package p;
 *                            an empty line before each section of the file:
 *     message M {            imports, options, types, extends, services
 *       reserved 1;
 *                            and between those of a message
 *       message Inner {
 *         string s = 2;
 *                            where this line has two blanks, as the
 *         enum E { ... }     reference indents the text of a nested message
 *       }                    line by line, empty lines included
 *     }
 */
#include "format/protobuf/print.h"

#include "base/error.h"
#include "base/str.h"

#include <stdlib.h>

void treaty_proto_print_nomem(struct treaty_proto_printer *p)
{
    if (!p->out->failed)
        p->out->failed = TREATY_ENOMEM;
}

void treaty_proto_print_indent(struct treaty_proto_printer *p)
{
    for (uint32_t i = 0; i < p->depth; i++)
        treaty_buf_put(p->out, TREATY_STR("  "));
}

struct treaty_proto_items treaty_proto_items_new(struct treaty_proto_printer *p,
                                                 size_t room)
{
    struct treaty_proto_items ret = {
        TREATY_ARENA_NEW_N(&p->scratch, struct treaty_proto_item, room + 1), 0};

    if (!ret.items)
        treaty_proto_print_nomem(p);
    return ret;
}

void treaty_proto_items_add(struct treaty_proto_items *items,
                            const void *element, int64_t number,
                            struct treaty_str name)
{
    if (!items->items)
        return;
    items->items[items->count] =
        (struct treaty_proto_item){element, number, name, items->count};
    items->count++;
}

static int compare_items(const void *a, const void *b)
{
    const struct treaty_proto_item *x = a;
    const struct treaty_proto_item *y = b;
    int names = treaty_str_cmp(x->name, y->name);

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    if (names)
        return names;
    return x->at < y->at ? -1 : 1;
}

void treaty_proto_items_order(const struct treaty_proto_printer *p,
                              struct treaty_proto_items *items)
{
    if (treaty_proto_normalizes(p) && items->count > 1)
        qsort(items->items, items->count, sizeof(*items->items), compare_items);
}

void treaty_proto_print_section(struct treaty_proto_printer *p, bool *begun)
{
    if (*begun) {
        p->depth--;
        treaty_proto_print_indent(p);
        p->depth++;
    }
    treaty_buf_put_c(p->out, '\n');
    *begun = true;
}

void treaty_proto_print_closing(struct treaty_proto_printer *p, bool begun)
{
    if (begun)
        treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "}\n");
}

struct treaty_str treaty_proto_print_enter(struct treaty_proto_printer *p,
                                           struct treaty_str full)
{
    struct treaty_str outer = p->scope;

    p->scope = full;
    return outer;
}

void treaty_proto_print_type(struct treaty_proto_printer *p,
                             const struct treaty_proto_ref *ref)
{
    struct treaty_str full = {0};

    if (ref->message)
        full = ref->message->full;
    else if (ref->enumeration)
        full = ref->enumeration->full;
    if (!treaty_proto_normalizes(p) || full.len == 0) {
        treaty_buf_put(p->out, ref->name);
        return;
    }
    treaty_buf_put_c(p->out, '.');
    treaty_buf_put(p->out, full);
}

struct treaty_str treaty_proto_shown_name(const struct treaty_proto_printer *p,
                                          struct treaty_str text,
                                          struct treaty_str reference)
{
    return p->is_lossless || !reference.data ? text : reference;
}

void treaty_proto_print_quoted(struct treaty_proto_printer *p,
                               struct treaty_str name)
{
    if (p->is_lossless) {
        treaty_proto_print_string(p, name);
        return;
    }
    treaty_buf_put_c(p->out, '"');
    treaty_buf_put(p->out, name);
    treaty_buf_put_c(p->out, '"');
}

static void put_rpc_type(struct treaty_proto_printer *p, bool streams,
                         const struct treaty_proto_ref *type)
{
    treaty_buf_put_z(p->out, streams ? "(stream " : "(");
    treaty_proto_print_type(p, type);
    treaty_buf_put_c(p->out, ')');
}

static void put_rpc(struct treaty_proto_printer *p,
                    const struct treaty_proto_rpc *rpc)
{
    struct treaty_proto_lines options =
        treaty_proto_option_lines(p, &rpc->options, NULL);

    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "rpc ");
    treaty_buf_put(p->out, rpc->name);
    treaty_buf_put_c(p->out, ' ');
    put_rpc_type(p, rpc->streams_request, &rpc->request);
    treaty_buf_put_z(p->out, " returns ");
    put_rpc_type(p, rpc->streams_response, &rpc->response);
    if (options.count) {
        treaty_buf_put_z(p->out, " {\n");
        p->depth++;
        treaty_proto_print_lines(p, &options);
        p->depth--;
        treaty_proto_print_indent(p);
        treaty_buf_put_c(p->out, '}');
    }
    treaty_buf_put_z(p->out, ";\n");
}

static void put_service(struct treaty_proto_printer *p,
                        const struct treaty_proto_service *service)
{
    struct treaty_proto_lines options =
        treaty_proto_option_lines(p, &service->options, NULL);
    bool begun = false;

    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "service ");
    treaty_buf_put(p->out, service->name);
    treaty_buf_put_z(p->out, " {");
    p->depth++;
    if (options.count)
        treaty_proto_print_section(p, &begun);
    treaty_proto_print_lines(p, &options);
    if (service->rpc_count)
        treaty_proto_print_section(p, &begun);
    for (uint32_t i = 0; i < service->rpc_count; i++)
        put_rpc(p, &service->rpcs[i]);
    p->depth--;
    treaty_proto_print_closing(p, begun);
}

static void put_syntax(struct treaty_proto_printer *p,
                       const struct treaty_proto_file *file)
{
    if (file->syntax == TREATY_PROTO_2 && !treaty_proto_normalizes(p))
        treaty_buf_put_z(p->out, "syntax = \"proto2\";\n");
    if (file->syntax == TREATY_PROTO_3)
        treaty_buf_put_z(p->out, "syntax = \"proto3\";\n");
    if (file->syntax == TREATY_PROTO_EDITION)
        treaty_buf_printf(p->out, "edition = \"%.*s\";\n",
                          TREATY_STR_ARG(file->edition));
    if (file->package.len)
        treaty_buf_printf(p->out, "package %.*s;\n",
                          TREATY_STR_ARG(file->package));
}

static const char *const import_words[] = {
    [TREATY_PROTO_IMPORT] = "import ",
    [TREATY_PROTO_IMPORT_PUBLIC] = "import public ",
    [TREATY_PROTO_IMPORT_WEAK] = "import weak ",
};

static void put_imports_of(struct treaty_proto_printer *p,
                           const struct treaty_proto_file *file,
                           enum treaty_proto_import_kind kind)
{
    struct treaty_proto_items items =
        treaty_proto_items_new(p, file->import_count);

    for (uint32_t i = 0; i < file->import_count; i++) {
        const struct treaty_proto_import *import = &file->imports[i];

        if (import->kind == kind)
            treaty_proto_items_add(
                &items, import, 0,
                treaty_proto_shown_name(p, import->path, import->reference));
    }
    treaty_proto_items_order(p, &items);
    for (uint32_t i = 0; i < items.count; i++) {
        if (treaty_proto_normalizes(p) && i > 0 &&
            treaty_str_eq(items.items[i].name, items.items[i - 1].name))
            continue;
        treaty_buf_put_z(p->out, import_words[kind]);
        treaty_proto_print_quoted(p, items.items[i].name);
        treaty_buf_put_z(p->out, ";\n");
    }
}

static void put_imports(struct treaty_proto_printer *p,
                        const struct treaty_proto_file *file)
{
    if (!file->import_count)
        return;
    treaty_buf_put_c(p->out, '\n');
    put_imports_of(p, file, TREATY_PROTO_IMPORT);
    put_imports_of(p, file, TREATY_PROTO_IMPORT_PUBLIC);
    put_imports_of(p, file, TREATY_PROTO_IMPORT_WEAK);
}

static void put_types(struct treaty_proto_printer *p,
                      const struct treaty_proto_file *file)
{
    struct treaty_proto_items messages =
        treaty_proto_items_new(p, file->message_count);

    for (uint32_t i = 0; i < file->message_count; i++) {
        if (treaty_proto_stands_alone(p, file->messages[i]))
            treaty_proto_items_add(&messages, file->messages[i], 0,
                                   (struct treaty_str){0});
    }
    if (messages.count || file->enum_count)
        treaty_buf_put_c(p->out, '\n');
    for (uint32_t i = 0; i < messages.count; i++)
        treaty_proto_print_message(p, messages.items[i].element);
    for (uint32_t i = 0; i < file->enum_count; i++)
        treaty_proto_print_enum(p, file->enums[i]);
}

static void put_file(struct treaty_proto_printer *p,
                     const struct treaty_proto_file *file)
{
    struct treaty_proto_lines options =
        treaty_proto_option_lines(p, &file->options, NULL);
    bool extends = file->extend_count && p->which != TREATY_PROTO_PLAIN;

    put_syntax(p, file);
    put_imports(p, file);
    if (options.count)
        treaty_buf_put_c(p->out, '\n');
    treaty_proto_print_lines(p, &options);
    put_types(p, file);
    if (extends)
        treaty_buf_put_c(p->out, '\n');
    if (extends)
        treaty_proto_print_extends(p, file->extends, file->extend_count);
    if (file->service_count)
        treaty_buf_put_c(p->out, '\n');
    for (uint32_t i = 0; i < file->service_count; i++)
        put_service(p, &file->services[i]);
}

enum treaty_code treaty_proto_put_text(const struct treaty_proto_tree *tree,
                                       enum treaty_proto_text which,
                                       struct treaty_buf *out,
                                       struct treaty_error *err)
{
    struct treaty_proto_printer printer = {
        .tree = tree,
        .out = out,
        .which = which,
        .is_lossless =
            !treaty_proto_has_reference_text(tree) &&
            !(which == TREATY_PROTO_NORMALIZED && tree->is_mended_normalized),
        .scope = tree->file->package,
    };

    put_file(&printer, tree->file);
    treaty_arena_release(&printer.scratch);
    return treaty_buf_status(out, err);
}
