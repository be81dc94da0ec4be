/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a layout fit a schema? An application's layout may lack fields of the
 * schema, but whatever it has must be there, in the type that the schema says.
 */
#include "format/avro/plan.h"

#include "base/error.h"
#include "base/str.h"

struct fitter {
    struct treaty_arena arena;
    struct treaty_map seen; /* pairs of record types and nodes */
    struct treaty_buf path;
    bool failed; /* memory ran out: not everything was looked at */
    struct treaty_error *err;
};

const struct treaty_field *
treaty_avro_type_field(const struct treaty_type *type, struct treaty_str name,
                       uint32_t hint)
{
    if (hint < type->field_count &&
        treaty_str_eq(type->fields[hint].name, name))
        return &type->fields[hint];
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (treaty_str_eq(type->fields[i].name, name))
            return &type->fields[i];
    }
    return NULL;
}

/* "WHAT "NAME"WHY": the parts of the sentence around a name. */
static enum treaty_code refuse(struct fitter *f, const char *what,
                               struct treaty_str name, const char *why)
{
    treaty_fail(f->err, TREATY_EBIND, TREATY_NO_OFFSET, "%s \"%.*s\"%s", what,
                TREATY_STR_ARG(name), why);
    if (f->err)
        treaty_error_set_path(f->err, treaty_buf_str(&f->path));
    return TREATY_EBIND;
}

static enum treaty_code wrong_kind(struct fitter *f,
                                   const struct treaty_avro_node *node)
{
    return refuse(f, "the schema has", treaty_avro_type_name(node),
                  " here, which the layout's type cannot hold");
}

/* True the second time a pair comes along; also when memory has run out. */
static bool was_seen(struct fitter *f, const struct treaty_type *type,
                     const struct treaty_avro_node *node)
{
    const void *pair[2] = {type, node};
    struct treaty_str key = {(const char *)pair, sizeof(pair)};

    if (treaty_map_find(&f->seen, key))
        return true;
    key = treaty_arena_dup(&f->arena, key);
    if (!key.data || treaty_map_put(&f->seen, key, f) != TREATY_OK)
        f->failed = true;
    return f->failed;
}

static enum treaty_code fit(struct fitter *f, const struct treaty_type *type,
                            const struct treaty_avro_node *node);

static enum treaty_code fit_record(struct fitter *f,
                                   const struct treaty_type *type,
                                   const struct treaty_avro_node *node)
{
    size_t mark = f->path.len;

    if (was_seen(f, type, node))
        return TREATY_OK;
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct treaty_str name = type->fields[i].name;
        const struct treaty_avro_field *field =
            treaty_avro_field_find(node, name);
        enum treaty_code code;

        treaty_buf_put_c(&f->path, '/');
        treaty_buf_put(&f->path, name);
        if (!field)
            return refuse(f, "the schema has no field", name, "");
        code = fit(f, type->fields[i].type, field->type);
        if (code != TREATY_OK)
            return code;
        f->path.len = mark;
    }
    return TREATY_OK;
}

static enum treaty_code fit_optional(struct fitter *f,
                                     const struct treaty_type *type,
                                     const struct treaty_avro_node *node)
{
    int32_t null = treaty_avro_null_branch(node);

    if (null < 0)
        return refuse(
            f, "the schema has", treaty_avro_type_name(node),
            " here, which is never absent; the layout has an optional value");
    return fit(f, type->item, node->branches[1 - null]);
}

/* The branches of both, in any order; neither may have one alone. */
static enum treaty_code fit_union(struct fitter *f,
                                  const struct treaty_type *type,
                                  const struct treaty_avro_node *node)
{
    if (node->kind != TREATY_AVRO_UNION ||
        node->branch_count != type->field_count)
        return wrong_kind(f, node);
    for (uint32_t i = 0; i < node->branch_count; i++) {
        struct treaty_str name = treaty_avro_type_name(node->branches[i]);
        const struct treaty_field *branch =
            treaty_avro_type_field(type, name, i);
        enum treaty_code code;

        if (!branch)
            return refuse(f, "the layout has no branch", name, "");
        code = fit(f, branch->type, node->branches[i]);
        if (code != TREATY_OK)
            return code;
    }
    return TREATY_OK;
}

static enum treaty_code fit_items(struct fitter *f,
                                  const struct treaty_type *type,
                                  const struct treaty_avro_node *node)
{
    size_t mark = f->path.len;
    enum treaty_code code;

    if (type->key)
        return refuse(f, "the schema has", TREATY_STR("map"),
                      " here, whose keys are strings");
    treaty_buf_put_z(&f->path, type->kind == TREATY_KIND_MAP ? "{}" : "[]");
    code = fit(f, type->item, node->item);
    if (code == TREATY_OK)
        f->path.len = mark;
    return code;
}

static enum treaty_code fit(struct fitter *f, const struct treaty_type *type,
                            const struct treaty_avro_node *node)
{
    if (type->kind == TREATY_KIND_POINTER)
        type = type->item;
    if (type->kind == TREATY_KIND_OPTIONAL)
        return fit_optional(f, type, node);
    if (type->kind == TREATY_KIND_UNION)
        return fit_union(f, type, node);
    if (type->kind != treaty_avro_plain_kind(node->kind))
        return wrong_kind(f, node);
    if (type->kind == TREATY_KIND_FIXED && type->size != node->size)
        return refuse(f, "the layout has another size than fixed", node->full,
                      "");
    if (type->kind == TREATY_KIND_RECORD)
        return fit_record(f, type, node);
    if (type->kind == TREATY_KIND_ARRAY || type->kind == TREATY_KIND_MAP)
        return fit_items(f, type, node);
    return TREATY_OK;
}

enum treaty_code treaty_avro_fit(const struct treaty_type *type,
                                 const struct treaty_avro_node *node,
                                 struct treaty_error *err)
{
    struct fitter f = {.err = err};
    enum treaty_code code;

    treaty_map_init(&f.seen, &f.arena);
    code = fit(&f, type, node);
    if (!code && (f.failed || f.path.failed))
        code = treaty_fail_nomem(err);
    treaty_buf_release(&f.path);
    treaty_arena_release(&f.arena);
    return code;
}
