/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The normalised text, the way the reference makes it (confluent.md 5.5 and
 * 12): rewrite the schema, parse that, print it. The rewriting is what counts:
 *
 *     attributes   those of a sound logical type first, then all by key,
 *                  objects inside them by key too
 *     aliases      sorted by fullname
 *     doc          an empty one of a type is dropped
 *     defaults     turned into values of the type and back. What has no value
 *                  there vanishes, and the field is then without default; a
 *                  part of a default that has none makes the whole fail
 *
 * Keys and names go into the rewritten text unescaped, as in the reference, so
 * one with a quote in it fails, and one with a backslash comes out changed.
 */
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/avro/canonical.h"
#include "format/avro/format.h"
#include "format/avro/java_json.h"

#include <stdlib.h>

/* Nesting of types, which bounds the stack; parsing has a limit of its own. */
enum { NESTING_MAX = 2000 };

struct writer {
    struct treaty_buf *out;
    struct treaty_arena scratch;
    bool *known; /* by id: printed or the root of an import */
    uint32_t nesting;
    bool failed; /* the reference throws, or memory ran out (in `nomem`) */
    bool nomem;
};

/* What a default or attribute becomes. */
enum outcome {
    WRITTEN,
    NOTHING, /* the value has no counterpart in its type */
    THROWN,
};

struct member {
    const struct treaty_json *value;
};

static int compare_names(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;

    return treaty_utf8_cmp_utf16(x->value->name, y->value->name);
}

/* The members by key, an array of `object->count` on scratch; or NULL. */
static const struct member *sort_members(struct writer *w,
                                         const struct treaty_json *object)
{
    struct member *list =
        TREATY_ARENA_NEW_N(&w->scratch, struct member, object->count + 1);
    size_t count = 0;

    if (!list) {
        w->nomem = true;
        return NULL;
    }
    for (const struct treaty_json *m = object->child; m; m = m->next)
        list[count++].value = m;
    qsort(list, count, sizeof(list[0]), compare_names);
    return list;
}

/* Characters past U+00FF have no byte; pairs of surrogates are one of them. */
static void write_latin1(struct writer *w, struct treaty_str text)
{
    struct treaty_buf bytes;
    size_t at = 0;

    treaty_buf_init(&bytes, 0);
    while (at < text.len) {
        size_t from = at;

        if (treaty_utf8_next(text, &at) > 0xff)
            treaty_buf_put_c(&bytes, '?');
        else
            treaty_buf_put(&bytes, treaty_str_sub(text, from, at - from));
    }
    if (treaty_buf_status(&bytes, NULL) != TREATY_OK)
        w->nomem = true;
    treaty_json_quote(w->out, treaty_buf_str(&bytes));
    treaty_buf_release(&bytes);
}

static enum outcome write_text(struct writer *w, struct treaty_str text,
                               const struct treaty_avro_node *type)
{
    if (!type || type->kind == TREATY_AVRO_STRING ||
        type->kind == TREATY_AVRO_ENUM) {
        treaty_json_quote(w->out, text);
        return WRITTEN;
    }
    if (type->kind == TREATY_AVRO_BYTES || type->kind == TREATY_AVRO_FIXED) {
        write_latin1(w, text);
        return WRITTEN;
    }
    return NOTHING;
}

static void write_floating(struct writer *w, double value, bool single)
{
    struct treaty_buf *out = w->out;
    bool infinite = value > 1.7976931348623157e308 ||
                    value < -1.7976931348623157e308 ||
                    (single && ((float)value > 3.4028234663852886e38f ||
                                (float)value < -3.4028234663852886e38f));

    if (value != value)
        treaty_buf_put_z(out, "\"NaN\"");
    else if (infinite)
        treaty_buf_put_z(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else if (single)
        treaty_json_put_float(out, (float)value);
    else
        treaty_json_put_double(out, value);
}

/* Integers past 64 bits have no value in any type, nor as an attribute. */
static enum outcome write_number(struct writer *w,
                                 const struct treaty_json *number,
                                 const struct treaty_avro_node *type)
{
    int64_t integer = 0;
    double value;
    bool fits_int;

    if (!treaty_json_to_double(number, &value))
        return NOTHING;
    if (number->is_integer && !treaty_json_to_i64(number, &integer))
        return NOTHING;
    if (type &&
        (type->kind == TREATY_AVRO_FLOAT || type->kind == TREATY_AVRO_DOUBLE)) {
        write_floating(w, value, type->kind == TREATY_AVRO_FLOAT);
        return WRITTEN;
    }
    if (!number->is_integer) {
        if (type)
            return NOTHING;
        write_floating(w, value, false);
        return WRITTEN;
    }
    fits_int = integer >= INT32_MIN && integer <= INT32_MAX;
    if (type && type->kind != TREATY_AVRO_LONG &&
        !(type->kind == TREATY_AVRO_INT && fits_int))
        return NOTHING;
    treaty_buf_put_i64(w->out, integer);
    return WRITTEN;
}

static enum outcome write_value(struct writer *w,
                                const struct treaty_json *value,
                                const struct treaty_avro_node *type);

static enum outcome write_array(struct writer *w,
                                const struct treaty_json *array,
                                const struct treaty_avro_node *type)
{
    const struct treaty_avro_node *item = type ? type->item : NULL;

    if (array->child && type && type->kind != TREATY_AVRO_ARRAY)
        return THROWN;
    treaty_buf_put_c(w->out, '[');
    for (const struct treaty_json *c = array->child; c; c = c->next) {
        if (c != array->child)
            treaty_buf_put_c(w->out, ',');
        if (write_value(w, c, item) != WRITTEN)
            return THROWN;
    }
    treaty_buf_put_c(w->out, ']');
    return WRITTEN;
}

/* The type of a member, NULL for any; false when the reference throws. */
static bool find_member_type(const struct treaty_avro_node *type,
                             struct treaty_str name,
                             const struct treaty_avro_node **ret)
{
    const struct treaty_avro_field *field;

    *ret = NULL;
    if (type && type->kind == TREATY_AVRO_MAP)
        *ret = type->item;
    if (!type || type->kind != TREATY_AVRO_RECORD)
        return true;
    field = treaty_avro_field_find(type, name);
    if (field)
        *ret = field->type;
    return field != NULL;
}

static enum outcome write_object(struct writer *w,
                                 const struct treaty_json *object,
                                 const struct treaty_avro_node *type)
{
    const struct member *members = sort_members(w, object);

    treaty_buf_put_c(w->out, '{');
    for (uint32_t i = 0; members && i < object->count; i++) {
        const struct treaty_json *value = members[i].value;
        const struct treaty_avro_node *member_type;

        if (i > 0)
            treaty_buf_put_c(w->out, ',');
        treaty_json_quote(w->out, value->name);
        treaty_buf_put_c(w->out, ':');
        if (!find_member_type(type, value->name, &member_type) ||
            write_value(w, value, member_type) != WRITTEN)
            return THROWN;
    }
    treaty_buf_put_c(w->out, '}');
    return WRITTEN;
}

/* Write `value` as one of `type`; as it is when that is NULL. */
static enum outcome write_value(struct writer *w,
                                const struct treaty_json *value,
                                const struct treaty_avro_node *type)
{
    if (type && type->kind == TREATY_AVRO_UNION) {
        /* Only the first branch counts, whichever one the default is of. */
        if (type->branch_count == 0)
            return THROWN;
        type = type->branches[0];
    }
    switch (value->kind) {
    case TREATY_JSON_NULL:
    case TREATY_JSON_BOOL:
        treaty_json_write(w->out, value);
        return WRITTEN;
    case TREATY_JSON_NUMBER:
        return write_number(w, value, type);
    case TREATY_JSON_STRING:
        return write_text(w, value->text, type);
    case TREATY_JSON_ARRAY:
        return write_array(w, value, type);
    case TREATY_JSON_OBJECT:
        return write_object(w, value, type);
    }
    return THROWN;
}

static void write_key(struct writer *w, struct treaty_str key)
{
    treaty_buf_put_z(w->out, ",\"");
    treaty_buf_put(w->out, key);
    treaty_buf_put_z(w->out, "\":");
}

static int compare_props(const void *a, const void *b)
{
    const struct treaty_avro_prop *x = a;
    const struct treaty_avro_prop *y = b;

    return treaty_utf8_cmp_utf16(x->name, y->name);
}

static void write_props(struct writer *w, const struct treaty_avro_props *props)
{
    struct treaty_avro_prop *sorted = TREATY_ARENA_NEW_N(
        &w->scratch, struct treaty_avro_prop, props->count + 1);

    if (!sorted) {
        w->nomem = true;
        return;
    }
    if (props->count)
        memcpy(sorted, props->items, props->count * sizeof(sorted[0]));
    qsort(sorted, props->count, sizeof(sorted[0]), compare_props);
    for (uint32_t i = 0; i < props->count; i++) {
        write_key(w, sorted[i].name);
        if (write_value(w, sorted[i].value, NULL) != WRITTEN)
            w->failed = true;
    }
}

/* Ahead of the sorted ones; the parser keeps the first place of a member. */
static void write_logical(struct writer *w, const struct treaty_avro_node *node)
{
    if (node->logical.len == 0)
        return;
    write_key(w, TREATY_STR("logicalType"));
    treaty_json_quote(w->out, node->logical);
    if (!treaty_str_eq_z(node->logical, "decimal"))
        return;
    treaty_buf_printf(w->out, ",\"precision\":%d", node->precision);
    if (node->scale != 0)
        treaty_buf_printf(w->out, ",\"scale\":%d", node->scale);
}

static int compare_texts(const void *a, const void *b)
{
    const struct treaty_str *x = a;
    const struct treaty_str *y = b;

    return treaty_utf8_cmp_utf16(*x, *y);
}

static void write_aliases(struct writer *w, const struct treaty_str *aliases,
                          uint32_t count)
{
    struct treaty_str *sorted =
        TREATY_ARENA_NEW_N(&w->scratch, struct treaty_str, count + 1);

    if (!sorted)
        w->nomem = true;
    if (!sorted || count == 0)
        return;
    memcpy(sorted, aliases, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_texts);
    write_key(w, TREATY_STR("aliases"));
    treaty_buf_put_c(w->out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            treaty_buf_put_c(w->out, ',');
        treaty_json_quote(w->out, sorted[i]);
    }
    treaty_buf_put_c(w->out, ']');
}

static void write_doc(struct writer *w, struct treaty_str doc)
{
    write_key(w, TREATY_STR("doc"));
    treaty_json_quote(w->out, doc);
}

static void write_default(struct writer *w,
                          const struct treaty_avro_field *field)
{
    size_t from = w->out->len;
    enum outcome outcome;

    if (!field->default_json)
        return;
    write_key(w, TREATY_STR("default"));
    outcome = write_value(w, field->default_json, field->type);
    if (outcome == NOTHING)
        w->out->len = from;
    if (outcome == THROWN)
        w->failed = true;
}

static void write_type(struct writer *w, const struct treaty_avro_node *node);

static void write_field(struct writer *w, const struct treaty_avro_field *field)
{
    static const char *const orders[] = {
        [TREATY_AVRO_ASCENDING] = ",\"order\":\"ascending\"",
        [TREATY_AVRO_DESCENDING] = ",\"order\":\"descending\"",
        [TREATY_AVRO_IGNORE] = ",\"order\":\"ignore\"",
    };

    treaty_buf_put_z(w->out, "{\"name\":\"");
    treaty_buf_put(w->out, field->name);
    treaty_buf_put_z(w->out, "\",\"type\":");
    write_type(w, field->type);
    treaty_buf_put_z(w->out, orders[field->order]);
    if (field->doc.data)
        write_doc(w, field->doc);
    write_aliases(w, field->aliases, field->alias_count);
    write_default(w, field);
    write_props(w, &field->props);
    treaty_buf_put_c(w->out, '}');
}

static void write_body(struct writer *w, const struct treaty_avro_node *node)
{
    const bool is_record = node->kind == TREATY_AVRO_RECORD;
    const uint32_t count = is_record ? node->field_count : node->symbol_count;

    if (node->kind == TREATY_AVRO_FIXED) {
        treaty_buf_printf(w->out, ",\"size\":%u", node->size);
        write_logical(w, node);
        return;
    }
    treaty_buf_put_z(w->out, is_record ? ",\"fields\":[" : ",\"symbols\":[");
    for (uint32_t i = 0; i < count && !w->failed; i++) {
        if (i > 0)
            treaty_buf_put_c(w->out, ',');
        if (is_record)
            write_field(w, &node->fields[i]);
        else
            treaty_json_quote(w->out, node->symbols[i]);
    }
    treaty_buf_put_c(w->out, ']');
}

static void write_named(struct writer *w, const struct treaty_avro_node *node)
{
    const bool known = w->known[node->id];

    treaty_buf_put_z(w->out, known ? "\"" : "{\"name\":\"");
    treaty_buf_put(w->out, node->full);
    treaty_buf_put_c(w->out, '"');
    if (known)
        return;
    w->known[node->id] = true;
    treaty_buf_printf(w->out, ",\"type\":\"%s\"",
                      treaty_avro_kind_name(node->kind));
    write_body(w, node);
    if (node->doc.len)
        write_doc(w, node->doc);
    write_aliases(w, node->aliases, node->alias_count);
    if (node->default_symbol >= 0) {
        write_key(w, TREATY_STR("default"));
        treaty_json_quote(w->out, node->symbols[node->default_symbol]);
    }
    write_props(w, &node->props);
    treaty_buf_put_c(w->out, '}');
}

static void write_union(struct writer *w, const struct treaty_avro_node *node)
{
    treaty_buf_put_c(w->out, '[');
    for (uint32_t i = 0; i < node->branch_count; i++) {
        if (i > 0)
            treaty_buf_put_c(w->out, ',');
        write_type(w, node->branches[i]);
    }
    treaty_buf_put_c(w->out, ']');
}

static void write_plain(struct writer *w, const struct treaty_avro_node *node)
{
    treaty_buf_printf(w->out, "{\"type\":\"%s\"",
                      treaty_avro_kind_name(node->kind));
    if (node->item) {
        treaty_buf_put_z(w->out, node->kind == TREATY_AVRO_ARRAY
                                     ? ",\"items\":"
                                     : ",\"values\":");
        write_type(w, node->item);
    }
    write_logical(w, node);
    write_props(w, &node->props);
    treaty_buf_put_c(w->out, '}');
}

static void write_type(struct writer *w, const struct treaty_avro_node *node)
{
    if (w->nesting == NESTING_MAX)
        w->failed = true;
    if (w->failed)
        return;
    w->nesting++;
    if (treaty_avro_is_named(node->kind))
        write_named(w, node);
    else if (node->kind == TREATY_AVRO_UNION)
        write_union(w, node);
    else
        write_plain(w, node);
    w->nesting--;
}

static enum treaty_code rewrite(const struct treaty_avro_tree *tree,
                                struct treaty_buf *out,
                                struct treaty_error *err)
{
    struct writer w = {.out = out};

    w.known = calloc(tree->node_count + 1, sizeof(bool));
    if (!w.known)
        return treaty_fail_nomem(err);
    treaty_arena_init(&w.scratch, 0, NULL);
    for (size_t i = 0; i < tree->import_count; i++)
        w.known[tree->import_roots[i]->id] = true;
    write_type(&w, tree->root);
    free(w.known);
    treaty_arena_release(&w.scratch);
    if (w.nomem)
        return treaty_fail_nomem(err);
    if (w.failed)
        return treaty_fail(err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "the schema cannot be normalised: a default or an "
                           "attribute holds what no value of its type is, such "
                           "as a member that is no field of the record");
    return treaty_buf_status(out, err);
}

enum treaty_code treaty_avro_normalize(const struct treaty_schema *schema,
                                       struct treaty_buf *out,
                                       struct treaty_error *err)
{
    const struct treaty_avro_tree *tree = treaty_avro_tree(schema);
    struct treaty_schema *parsed = NULL;
    struct treaty_buf text;
    enum treaty_code code;

    treaty_buf_init(&text, 0);
    code = rewrite(tree, &text, err);
    if (!code) {
        code =
            treaty_avro_parse_again(tree, treaty_buf_str(&text), &parsed, err);
        if (code && code != TREATY_ENOMEM)
            code = treaty_fail(err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                               "the schema cannot be normalised: its "
                               "normalised text is not a schema");
    }
    if (!code) {
        treaty_buf_put(out, parsed->canonical);
        code = treaty_buf_status(out, err);
    }
    treaty_schema_unref(parsed);
    treaty_buf_release(&text);
    return code;
}
