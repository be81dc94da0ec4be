/* SPDX-License-Identifier: Apache-2.0 */
/* A source: its imports in order, then its text; then the canonical text. */
#include "base/error.h"
#include "base/str.h"
#include "format/avro/canonical.h"
#include "format/avro/format.h"
#include "format/avro/parser.h"
#include "format/schema.h"

/* The reader of JSON has codes of its own for what is a broken or too large
 * text to us. */
static enum treaty_code rename_json_code(enum treaty_code code,
                                         struct treaty_error *err)
{
    if (code == TREATY_EDEPTH)
        code = TREATY_ELIMIT;
    else if (code == TREATY_EUTF8)
        code = TREATY_EJSON;
    if (err)
        err->code = code;
    return code;
}

static enum treaty_code read_json(struct treaty_avro_parser *p,
                                  struct treaty_str text,
                                  const struct treaty_json **ret)
{
    struct treaty_json_options options = {
        .flags = TREATY_JSON_COMMENTS,
        .depth_max = p->tree->limits.depth_max,
        .size_max = text.len + 1,
    };
    enum treaty_code code =
        treaty_json_parse(&p->scratch, text, &options, ret, p->err);

    return code ? rename_json_code(code, p->err) : TREATY_OK;
}

static bool holds(const struct treaty_json *value, size_t offset)
{
    return offset >= value->pos && offset < value->end;
}

static bool holds_member(const struct treaty_json *member, size_t offset)
{
    return offset >= member->name_pos && offset < member->end;
}

/* The JSON pointer to what stands at `offset`, found from the top. */
static void put_path(struct treaty_buf *out, const struct treaty_json *value,
                     size_t offset)
{
    const bool is_object = value->kind == TREATY_JSON_OBJECT;
    size_t index = 0;

    for (const struct treaty_json *c = value->child; c; c = c->next, index++) {
        if (is_object ? !holds_member(c, offset) : !holds(c, offset))
            continue;
        treaty_buf_put_c(out, '/');
        if (is_object)
            treaty_buf_put(out, c->name);
        else
            treaty_buf_put_u64(out, index);
        if (holds(c, offset))
            put_path(out, c, offset);
        return;
    }
}

static void set_path(struct treaty_error *err, const struct treaty_json *root)
{
    struct treaty_buf path;

    if (!err || err->offset == TREATY_NO_OFFSET)
        return;
    treaty_buf_init(&path, 4096);
    put_path(&path, root, err->offset);
    treaty_error_set_path(err, treaty_buf_str(&path));
    treaty_buf_release(&path);
}

/* Read one text into `slot`. */
static enum treaty_code parse_text(struct treaty_avro_parser *p,
                                   struct treaty_str text,
                                   const struct treaty_avro_node **slot)
{
    const struct treaty_json *json;
    enum treaty_code code = read_json(p, text, &json);

    if (code)
        return code;
    p->keep = (struct treaty_java_keep){p->arena, text, p->imported};
    p->pending = NULL;
    p->pending_end = &p->pending;
    p->checks = NULL;
    p->checks_end = &p->checks;
    code = treaty_avro_parse_type(p, json, (struct treaty_str){0}, slot);
    if (!code)
        code = treaty_avro_link(p);
    if (code)
        set_path(p->err, json);
    return code;
}

/* An error in an import has no place in the text at hand. */
static enum treaty_code fail_import(struct treaty_avro_parser *p,
                                    const struct treaty_import *import,
                                    enum treaty_code code)
{
    struct treaty_error inner;

    if (!p->err)
        return code;
    inner = *p->err;
    return treaty_fail(p->err, code, TREATY_NO_OFFSET,
                       "in the reference \"%.*s\": %s",
                       TREATY_STR_ARG(import->reference.name), inner.message);
}

/* Imports are stored already, so they are read by the looser rules. */
static enum treaty_code parse_imports(struct treaty_avro_parser *p,
                                      const struct treaty_source *source)
{
    const struct treaty_avro_node **roots = TREATY_ARENA_NEW_N(
        p->arena, const struct treaty_avro_node *, source->import_count + 1);

    if (!roots)
        return treaty_fail_nomem(p->err);
    p->imported = true;
    p->strictness = TREATY_STORED;
    for (size_t i = 0; i < source->import_count; i++) {
        struct treaty_str text =
            treaty_arena_dup(p->arena, source->imports[i].text);
        enum treaty_code code;

        if (!text.data)
            return treaty_fail_nomem(p->err);
        code = parse_text(p, text, &roots[i]);
        if (code)
            return fail_import(p, &source->imports[i], code);
    }
    p->tree->import_roots = roots;
    p->tree->import_count = source->import_count;
    p->imported = false;
    p->strictness = source->strictness;
    return TREATY_OK;
}

static enum treaty_code parse_tree(struct treaty_schema *schema,
                                   const struct treaty_source *source,
                                   struct treaty_avro_tree *tree,
                                   struct treaty_error *err)
{
    struct treaty_avro_parser p = {
        .arena = &schema->arena,
        .tree = tree,
        .err = err,
    };
    enum treaty_code code;

    treaty_arena_init(&p.scratch, 0, NULL);
    tree->strictness = source->strictness;
    tree->limits = treaty_limits_fill(source->limits);
    treaty_map_init(&tree->names, p.arena);
    code = parse_imports(&p, source);
    if (!code)
        code = parse_text(&p, schema->text, &tree->root);
    treaty_arena_release(&p.scratch);
    return code;
}

static enum treaty_code print_canonical(struct treaty_schema *schema,
                                        const struct treaty_avro_tree *tree,
                                        struct treaty_error *err)
{
    struct treaty_buf out;
    enum treaty_code code;

    treaty_buf_init(&out, 0);
    code = treaty_avro_put_canonical(tree, false, tree->limits.depth_max, &out,
                                     err);
    if (!code)
        schema->canonical =
            treaty_arena_dup(&schema->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    if (!code && !schema->canonical.data)
        return treaty_fail_nomem(err);
    return code;
}

/* Take over the imports that `tree` has parsed. */
static enum treaty_code adopt_imports(struct treaty_avro_parser *p,
                                      const struct treaty_avro_tree *tree)
{
    const struct treaty_map_entry *e = treaty_map_next(&tree->names, NULL);

    p->tree->import_roots = tree->import_roots;
    p->tree->import_count = tree->import_count;
    p->tree->node_count = tree->node_count;
    for (; e; e = treaty_map_next(&tree->names, e)) {
        const struct treaty_avro_node *node = e->value;

        if (node->imported &&
            treaty_map_put(&p->tree->names, e->key, e->value) != TREATY_OK)
            return treaty_fail_nomem(p->err);
    }
    return TREATY_OK;
}

static enum treaty_code parse_tree_again(struct treaty_schema *schema,
                                         const struct treaty_avro_tree *from,
                                         struct treaty_avro_tree *tree,
                                         struct treaty_error *err)
{
    struct treaty_avro_parser p = {
        .arena = &schema->arena,
        .tree = tree,
        .strictness = from->strictness,
        .err = err,
    };
    enum treaty_code code;

    treaty_arena_init(&p.scratch, 0, NULL);
    tree->strictness = from->strictness;
    tree->limits = from->limits;
    treaty_map_init(&tree->names, p.arena);
    code = adopt_imports(&p, from);
    if (!code)
        code = parse_text(&p, schema->text, &tree->root);
    treaty_arena_release(&p.scratch);
    return code;
}

/* What follows the parse of a tree, whose result is `code`. */
static enum treaty_code finish(struct treaty_schema *schema,
                               struct treaty_avro_tree *tree,
                               enum treaty_code code,
                               struct treaty_schema **ret,
                               struct treaty_error *err)
{
    if (!code)
        code = print_canonical(schema, tree, err);
    if (code) {
        treaty_schema_unref(schema);
        return code;
    }
    if (tree->root->kind == TREATY_AVRO_RECORD)
        schema->name = tree->root->full;
    schema->root = tree;
    *ret = schema;
    return TREATY_OK;
}

enum treaty_code treaty_avro_parse(const struct treaty_source *source,
                                   struct treaty_schema **ret,
                                   struct treaty_error *err)
{
    struct treaty_schema *schema;
    struct treaty_avro_tree *tree;
    enum treaty_code code =
        treaty_schema_new(&treaty_format_avro, source, &schema, err);

    if (code)
        return code;
    tree = TREATY_ARENA_NEW(&schema->arena, struct treaty_avro_tree);
    code =
        tree ? parse_tree(schema, source, tree, err) : treaty_fail_nomem(err);
    return finish(schema, tree, code, ret, err);
}

enum treaty_code treaty_avro_parse_again(const struct treaty_avro_tree *tree,
                                         struct treaty_str text,
                                         struct treaty_schema **ret,
                                         struct treaty_error *err)
{
    const struct treaty_source source = {
        .text = text,
        .limits = {.text_max = text.len + 1},
    };
    struct treaty_schema *schema;
    struct treaty_avro_tree *again;
    enum treaty_code code =
        treaty_schema_new(&treaty_format_avro, &source, &schema, err);

    if (code)
        return code;
    again = TREATY_ARENA_NEW(&schema->arena, struct treaty_avro_tree);
    code = again ? parse_tree_again(schema, tree, again, err)
                 : treaty_fail_nomem(err);
    return finish(schema, again, code, ret, err);
}
