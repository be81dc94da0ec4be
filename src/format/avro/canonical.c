/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/canonical.h"

#include "base/error.h"
#include "base/str.h"
#include "format/avro/java_json.h"
#include "format/avro/name.h"

#include <stdlib.h>

struct printer {
    struct treaty_buf *out;
    bool *known;    /* by id: printed or imported, so its name will do */
    uint32_t depth; /* of open braces and brackets */
    uint32_t depth_max;
    bool too_deep;
};

static void open_level(struct printer *p, char c)
{
    treaty_buf_put_c(p->out, c);
    p->depth++;
    if (p->depth > p->depth_max)
        p->too_deep = true;
}

static void close_level(struct printer *p, char c)
{
    treaty_buf_put_c(p->out, c);
    p->depth--;
}

static uint32_t depth_of(const struct treaty_json *value)
{
    uint32_t deepest = 0;

    if (value->kind != TREATY_JSON_ARRAY && value->kind != TREATY_JSON_OBJECT)
        return 0;
    for (const struct treaty_json *c = value->child; c; c = c->next) {
        uint32_t depth = depth_of(c);

        if (depth > deepest)
            deepest = depth;
    }
    return deepest + 1;
}

static void put_json(struct printer *p, const struct treaty_json *value)
{
    if (p->depth + depth_of(value) > p->depth_max)
        p->too_deep = true;
    treaty_java_json_put(p->out, value);
}

static void put_member(struct printer *p, const char *name,
                       struct treaty_str value)
{
    treaty_buf_put_z(p->out, ",\"");
    treaty_buf_put_z(p->out, name);
    treaty_buf_put_z(p->out, "\":");
    treaty_json_quote(p->out, value);
}

static void put_props(struct printer *p, const struct treaty_avro_props *props)
{
    for (uint32_t i = 0; i < props->count; i++) {
        treaty_buf_put_c(p->out, ',');
        treaty_json_quote(p->out, props->items[i].name);
        treaty_buf_put_c(p->out, ':');
        put_json(p, props->items[i].value);
    }
}

static void put_list(struct printer *p, const char *name,
                     const struct treaty_str *items, uint32_t count)
{
    treaty_buf_put_z(p->out, name);
    treaty_buf_put_c(p->out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            treaty_buf_put_c(p->out, ',');
        treaty_json_quote(p->out, items[i]);
    }
    treaty_buf_put_c(p->out, ']');
}

static void put_type_aliases(struct printer *p,
                             const struct treaty_avro_node *node)
{
    if (node->alias_count == 0)
        return;
    treaty_buf_put_z(p->out, ",\"aliases\":[");
    for (uint32_t i = 0; i < node->alias_count; i++) {
        struct treaty_avro_name name = treaty_avro_name_split(node->aliases[i]);

        if (i > 0)
            treaty_buf_put_c(p->out, ',');
        treaty_json_quote(p->out, treaty_avro_name_relative(&name, node->ns));
    }
    treaty_buf_put_c(p->out, ']');
}

static void put_type(struct printer *p, const struct treaty_avro_node *node,
                     struct treaty_str ns);

static void put_field(struct printer *p, const struct treaty_avro_field *field,
                      struct treaty_str ns)
{
    open_level(p, '{');
    treaty_buf_put_z(p->out, "\"name\":");
    treaty_json_quote(p->out, field->name);
    treaty_buf_put_z(p->out, ",\"type\":");
    put_type(p, field->type, ns);
    if (field->doc.data)
        put_member(p, "doc", field->doc);
    if (field->default_json) {
        treaty_buf_put_z(p->out, ",\"default\":");
        put_json(p, field->default_json);
    }
    if (field->order == TREATY_AVRO_DESCENDING)
        put_member(p, "order", TREATY_STR("descending"));
    if (field->order == TREATY_AVRO_IGNORE)
        put_member(p, "order", TREATY_STR("ignore"));
    if (field->alias_count)
        put_list(p, ",\"aliases\":", field->aliases, field->alias_count);
    put_props(p, &field->props);
    close_level(p, '}');
}

static void put_fields(struct printer *p, const struct treaty_avro_node *node)
{
    treaty_buf_put_z(p->out, ",\"fields\":");
    open_level(p, '[');
    for (uint32_t i = 0; i < node->field_count && !p->too_deep; i++) {
        if (i > 0)
            treaty_buf_put_c(p->out, ',');
        put_field(p, &node->fields[i], node->ns);
    }
    close_level(p, ']');
}

static void put_symbols(struct printer *p, const struct treaty_avro_node *node)
{
    put_list(p, ",\"symbols\":", node->symbols, node->symbol_count);
    if (node->default_symbol >= 0)
        put_member(p, "default", node->symbols[node->default_symbol]);
}

/* The namespace is there only where it differs from the one in force. */
static void put_names(struct printer *p, const struct treaty_avro_node *node,
                      struct treaty_str ns)
{
    put_member(p, "name", node->name);
    if (!treaty_str_eq(node->ns, ns))
        put_member(p, "namespace", node->ns);
    if (node->doc.data)
        put_member(p, "doc", node->doc);
}

static void put_named(struct printer *p, const struct treaty_avro_node *node,
                      struct treaty_str ns)
{
    struct treaty_avro_name name = treaty_avro_name_split(node->full);

    if (p->known[node->id]) {
        treaty_json_quote(p->out, treaty_avro_name_relative(&name, ns));
        return;
    }
    p->known[node->id] = true;
    open_level(p, '{');
    treaty_buf_put_z(p->out, "\"type\":\"");
    treaty_buf_put_z(
        p->out, node->is_error ? "error" : treaty_avro_kind_name(node->kind));
    treaty_buf_put_c(p->out, '"');
    put_names(p, node, ns);
    if (node->kind == TREATY_AVRO_RECORD)
        put_fields(p, node);
    else if (node->kind == TREATY_AVRO_ENUM)
        put_symbols(p, node);
    else
        treaty_buf_printf(p->out, ",\"size\":%u", node->size);
    put_props(p, &node->props);
    put_type_aliases(p, node);
    close_level(p, '}');
}

static void put_union(struct printer *p, const struct treaty_avro_node *node,
                      struct treaty_str ns)
{
    open_level(p, '[');
    for (uint32_t i = 0; i < node->branch_count && !p->too_deep; i++) {
        if (i > 0)
            treaty_buf_put_c(p->out, ',');
        put_type(p, node->branches[i], ns);
    }
    close_level(p, ']');
}

/* Primitives, arrays and maps; a bare primitive is only its name. */
static void put_plain(struct printer *p, const struct treaty_avro_node *node,
                      struct treaty_str ns)
{
    struct treaty_str kind = treaty_str_z(treaty_avro_kind_name(node->kind));

    if (!node->item && node->props.count == 0) {
        treaty_json_quote(p->out, kind);
        return;
    }
    open_level(p, '{');
    treaty_buf_put_z(p->out, "\"type\":");
    treaty_json_quote(p->out, kind);
    if (node->item) {
        treaty_buf_put_z(p->out, node->kind == TREATY_AVRO_ARRAY
                                     ? ",\"items\":"
                                     : ",\"values\":");
        put_type(p, node->item, ns);
    }
    put_props(p, &node->props);
    close_level(p, '}');
}

static void put_type(struct printer *p, const struct treaty_avro_node *node,
                     struct treaty_str ns)
{
    if (p->too_deep)
        return;
    if (treaty_avro_is_named(node->kind))
        put_named(p, node, ns);
    else if (node->kind == TREATY_AVRO_UNION)
        put_union(p, node, ns);
    else
        put_plain(p, node, ns);
}

enum treaty_code treaty_avro_put_canonical(const struct treaty_avro_tree *tree,
                                           bool inline_imports,
                                           uint32_t depth_max,
                                           struct treaty_buf *out,
                                           struct treaty_error *err)
{
    struct printer p = {.out = out, .depth_max = depth_max};

    p.known = calloc(tree->node_count + 1, sizeof(bool));
    if (!p.known)
        return treaty_fail_nomem(err);
    for (size_t i = 0; i < tree->import_count && !inline_imports; i++)
        p.known[tree->import_roots[i]->id] = true;
    put_type(&p, tree->root, (struct treaty_str){0});
    free(p.known);
    if (p.too_deep)
        return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "printed with each type where it is used first, "
                           "the schema nests deeper than %u levels",
                           depth_max);
    return treaty_buf_status(out, err);
}
