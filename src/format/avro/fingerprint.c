/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/fingerprint.h"

#include "base/error.h"
#include "format/avro/schema.h"

#include <stdlib.h>

enum { NESTING_MAX = 2000 }; /* bounds the stack, as imports may chain */

struct printer {
    struct treaty_buf *out;
    bool *known; /* by id: printed, so the fullname will do */
    uint32_t nesting;
    bool too_deep;
};

/* Names need no escapes: the form has each character as it is. */
static void put_quoted(struct printer *p, struct treaty_str s)
{
    treaty_buf_put_c(p->out, '"');
    treaty_buf_put(p->out, s);
    treaty_buf_put_c(p->out, '"');
}

static void put_type(struct printer *p, const struct treaty_avro_node *node);

static void put_fields(struct printer *p, const struct treaty_avro_node *node)
{
    treaty_buf_put_z(p->out, ",\"fields\":[");
    for (uint32_t i = 0; i < node->field_count && !p->too_deep; i++) {
        treaty_buf_put_z(p->out, i > 0 ? ",{\"name\":" : "{\"name\":");
        put_quoted(p, node->fields[i].name);
        treaty_buf_put_z(p->out, ",\"type\":");
        put_type(p, node->fields[i].type);
        treaty_buf_put_c(p->out, '}');
    }
    treaty_buf_put_z(p->out, "]}");
}

static void put_symbols(struct printer *p, const struct treaty_avro_node *node)
{
    treaty_buf_put_z(p->out, ",\"symbols\":[");
    for (uint32_t i = 0; i < node->symbol_count; i++) {
        if (i > 0)
            treaty_buf_put_c(p->out, ',');
        put_quoted(p, node->symbols[i]);
    }
    treaty_buf_put_z(p->out, "]}");
}

static void put_named(struct printer *p, const struct treaty_avro_node *node)
{
    if (p->known[node->id]) {
        put_quoted(p, node->full);
        return;
    }
    p->known[node->id] = true;
    treaty_buf_put_z(p->out, "{\"name\":");
    put_quoted(p, node->full);
    treaty_buf_printf(p->out, ",\"type\":\"%s\"",
                      treaty_avro_kind_name(node->kind));
    if (node->kind == TREATY_AVRO_RECORD)
        put_fields(p, node);
    else if (node->kind == TREATY_AVRO_ENUM)
        put_symbols(p, node);
    else
        treaty_buf_printf(p->out, ",\"size\":%u}", node->size);
}

static void put_union(struct printer *p, const struct treaty_avro_node *node)
{
    treaty_buf_put_c(p->out, '[');
    for (uint32_t i = 0; i < node->branch_count && !p->too_deep; i++) {
        if (i > 0)
            treaty_buf_put_c(p->out, ',');
        put_type(p, node->branches[i]);
    }
    treaty_buf_put_c(p->out, ']');
}

static void put_container(struct printer *p,
                          const struct treaty_avro_node *node)
{
    treaty_buf_put_z(p->out, node->kind == TREATY_AVRO_ARRAY
                                 ? "{\"type\":\"array\",\"items\":"
                                 : "{\"type\":\"map\",\"values\":");
    put_type(p, node->item);
    treaty_buf_put_c(p->out, '}');
}

static void put_type(struct printer *p, const struct treaty_avro_node *node)
{
    if (p->nesting == NESTING_MAX)
        p->too_deep = true;
    if (p->too_deep)
        return;
    p->nesting++;
    if (treaty_avro_is_named(node->kind))
        put_named(p, node);
    else if (node->kind == TREATY_AVRO_UNION)
        put_union(p, node);
    else if (node->item)
        put_container(p, node);
    else
        put_quoted(p, treaty_avro_type_name(node));
    p->nesting--;
}

enum treaty_code
treaty_avro_put_parsing_form(const struct treaty_schema *schema,
                             struct treaty_buf *out, struct treaty_error *err)
{
    const struct treaty_avro_tree *tree = treaty_avro_tree(schema);
    struct printer p = {.out = out};

    p.known = calloc(tree->node_count + 1, sizeof(bool));
    if (!p.known)
        return treaty_fail_nomem(err);
    put_type(&p, tree->root);
    free(p.known);
    if (p.too_deep)
        return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "the schema nests deeper than %d types",
                           NESTING_MAX);
    return treaty_buf_status(out, err);
}

static enum treaty_code digest(struct treaty_str text,
                               struct treaty_avro_fingerprints *ret,
                               struct treaty_error *err)
{
    struct treaty_avro_fingerprints made = {
        .crc64 = treaty_crc64_avro(text.data, text.len),
    };
    enum treaty_code code = treaty_md5(text.data, text.len, made.md5);

    if (!code)
        code = treaty_sha256(text.data, text.len, made.sha256);
    if (code)
        return treaty_fail(err, code, TREATY_NO_OFFSET,
                           "the crypto library refuses MD5 or SHA-256");
    *ret = made;
    return TREATY_OK;
}

enum treaty_code treaty_avro_fingerprint(const struct treaty_schema *schema,
                                         struct treaty_avro_fingerprints *ret,
                                         struct treaty_error *err)
{
    struct treaty_buf form;
    enum treaty_code code;

    treaty_buf_init(&form, 0);
    code = treaty_avro_put_parsing_form(schema, &form, err);
    if (!code)
        code = digest(treaty_buf_str(&form), ret, err);
    treaty_buf_release(&form);
    return code;
}
