/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text_inside.h"

#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"

#include <assert.h>
#include <math.h>

enum {
    /*
     * Reading plain unions tries branch after branch, which multiplies where
     * unions nest; past this many values the text is called ambiguous.
     */
    STEPS_MAX = 4000000,
    DEPTH_MAX = 1024, /* of types; one level of JSON can be several */
};

enum treaty_code treaty_text_expected(struct treaty_text_reader *r,
                                      const struct treaty_json *value,
                                      const char *what)
{
    return treaty_fail(r->err, TREATY_ETYPE, value->pos,
                       "expected %s, found %s", what,
                       treaty_json_kind_text(value->kind));
}

static enum treaty_code read_integer(struct treaty_text_reader *r,
                                     const struct treaty_type *type,
                                     const struct treaty_json *value, char *at)
{
    static const struct bound {
        int64_t least;
        int64_t most;
        const char *name;
    } bounds[] = {
        [TREATY_KIND_INT32] = {INT32_MIN, INT32_MAX, "a 32-bit integer"},
        [TREATY_KIND_INT64] = {INT64_MIN, INT64_MAX, "a 64-bit integer"},
        [TREATY_KIND_UINT32] = {0, UINT32_MAX, "an unsigned 32-bit integer"},
        [TREATY_KIND_UINT64] = {0, INT64_MAX, "an unsigned 64-bit integer"},
    };
    const struct bound *bound = &bounds[type->kind];
    uint64_t wide;
    int64_t number;

    if (value->kind != TREATY_JSON_NUMBER)
        return treaty_text_expected(r, value, bound->name);
    if (type->kind == TREATY_KIND_UINT64 &&
        treaty_str_to_u64(value->text, &wide)) {
        memcpy(at, &wide, sizeof(wide));
        return TREATY_OK;
    }
    if (!treaty_json_to_i64(value, &number) || number < bound->least ||
        number > bound->most)
        return treaty_fail(r->err, TREATY_EVALUE, value->pos, "%.*s is not %s",
                           TREATY_STR_ARG(value->text), bound->name);
    /* Little or big end: the low half is copied by value, not by address. */
    if (type->size == sizeof(int32_t)) {
        uint32_t narrow = (uint32_t)number;

        memcpy(at, &narrow, sizeof(narrow));
    } else {
        memcpy(at, &number, sizeof(number));
    }
    return TREATY_OK;
}

static bool special_double(const struct treaty_json *value, double *ret)
{
    static const struct special {
        const char *text;
        double value;
    } specials[] = {
        {"NaN", (double)NAN},
        {"Infinity", (double)INFINITY},
        {"-Infinity", -(double)INFINITY},
    };

    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (treaty_str_eq_z(value->text, specials[i].text)) {
            *ret = specials[i].value;
            return true;
        }
    }
    return false;
}

static enum treaty_code read_real(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    double number = 0;
    bool ok = false;

    if (value->kind == TREATY_JSON_NUMBER)
        ok = treaty_json_to_double(value, &number);
    else if (value->kind == TREATY_JSON_STRING)
        ok = special_double(value, &number);
    if (!ok)
        return treaty_text_expected(r, value,
                                    "a number, \"NaN\" or \"Infinity\"");
    if (type->kind == TREATY_KIND_FLOAT) {
        float narrow = (float)number;

        memcpy(at, &narrow, sizeof(narrow));
    } else {
        memcpy(at, &number, sizeof(number));
    }
    return TREATY_OK;
}

static enum treaty_code read_bool(struct treaty_text_reader *r,
                                  const struct treaty_json *value, char *at)
{
    if (value->kind != TREATY_JSON_BOOL)
        return treaty_text_expected(r, value, "true or false");
    *at = value->truth;
    return TREATY_OK;
}

static enum treaty_code read_string(struct treaty_text_reader *r,
                                    const struct treaty_json *value, char *at)
{
    if (value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value, "a string");
    memcpy(at, &value->text, sizeof(value->text));
    return TREATY_OK;
}

/* One character a byte: `U+00FF` is 0xff. */
static enum treaty_code latin_bytes(struct treaty_text_reader *r,
                                    const struct treaty_json *value,
                                    struct treaty_str *ret)
{
    char *data;
    size_t len = 0;
    size_t at = 0;

    if (value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value,
                                    "a string with one character a byte");
    data = treaty_arena_alloc_aligned(r->arena, value->text.len + 1, 1);
    if (!data)
        return treaty_fail_nomem(r->err);
    while (at < value->text.len) {
        uint32_t cp = treaty_utf8_next(value->text, &at);

        if (cp > 0xff)
            return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                               "bytes are written with one character from "
                               "U+0000 to U+00FF a byte; U+%04X is none",
                               (unsigned)cp);
        data[len++] = (char)cp;
    }
    *ret = (struct treaty_str){data, len};
    return TREATY_OK;
}

static enum treaty_code read_bytes(struct treaty_text_reader *r,
                                   const struct treaty_json *value, char *at)
{
    struct treaty_str bytes;
    enum treaty_code code = latin_bytes(r, value, &bytes);

    if (!code)
        memcpy(at, &bytes, sizeof(bytes));
    return code;
}

static enum treaty_code read_fixed(struct treaty_text_reader *r,
                                   const struct treaty_type *type,
                                   const struct treaty_json *value, char *at)
{
    struct treaty_str bytes;
    enum treaty_code code = latin_bytes(r, value, &bytes);

    if (code)
        return code;
    if (bytes.len != type->size)
        return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                           "\"%.*s\" has %zu bytes, this has %zu",
                           TREATY_STR_ARG(type->name), type->size, bytes.len);
    memcpy(at, bytes.data, bytes.len);
    return TREATY_OK;
}

static enum treaty_code read_enum(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    if (value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value,
                                    "an enum symbol in double quotes");
    for (uint32_t i = 0; i < type->symbol_count; i++) {
        struct treaty_enum found = {(int32_t)i, (int32_t)i};

        if (!treaty_str_eq(type->symbols[i], value->text))
            continue;
        memcpy(at, &found, sizeof(found));
        return TREATY_OK;
    }
    return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                       "\"%.*s\" is no symbol of enum \"%.*s\"",
                       TREATY_STR_ARG(value->text), TREATY_STR_ARG(type->name));
}

/*
 * In Avro's form a branch is `{"name": value}`. The plain form has the value
 * itself; a null is then no branch but the null one.
 */
static const struct treaty_json *
named_branch(const struct treaty_text_reader *r, const struct treaty_type *type,
             const struct treaty_json *value)
{
    if (r->form == TREATY_TEXT_PLAIN || type->kind == TREATY_KIND_NULL)
        return value;
    if (value->kind != TREATY_JSON_OBJECT || value->count != 1)
        return NULL;
    if (!treaty_str_eq(value->child->name, treaty_type_branch_name(type)))
        return NULL;
    return value->child;
}

static enum treaty_code read_optional(struct treaty_text_reader *r,
                                      const struct treaty_type *type,
                                      const struct treaty_json *value, char *at)
{
    const struct treaty_json *inner;

    at[type->flag_offset] = false;
    if (value->kind == TREATY_JSON_NULL)
        return TREATY_OK;
    inner = named_branch(r, type->item, value);
    if (!inner)
        return treaty_fail(r->err, TREATY_ETYPE, value->pos,
                           "expected null or {\"%.*s\": ...}",
                           TREATY_STR_ARG(treaty_type_branch_name(type->item)));
    at[type->flag_offset] = true;
    return treaty_text_read(r, type->item, inner, at + type->value_offset);
}

static enum treaty_code read_branch(struct treaty_text_reader *r,
                                    const struct treaty_type *type, uint32_t i,
                                    const struct treaty_json *value, char *at)
{
    const struct treaty_field *branch = &type->fields[i];
    int32_t number = (int32_t)i;

    memset(at, 0, type->size);
    memcpy(at, &number, sizeof(number));
    return treaty_text_read(r, branch->type, value, at + branch->offset);
}

static enum treaty_code read_union(struct treaty_text_reader *r,
                                   const struct treaty_type *type,
                                   const struct treaty_json *value, char *at)
{
    struct treaty_error *err = r->err;
    enum treaty_code code = TREATY_ETYPE;

    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct treaty_json *inner =
            named_branch(r, type->fields[i].type, value);

        if (!inner)
            continue;
        if (r->form == TREATY_TEXT_AVRO &&
            type->fields[i].type->kind != TREATY_KIND_NULL)
            return read_branch(r, type, i, inner, at);
        r->err = NULL;
        code = read_branch(r, type, i, inner, at);
        r->err = err;
        if (code == TREATY_OK || code == TREATY_ENOMEM || code == TREATY_ELIMIT)
            break;
    }
    if (code == TREATY_ENOMEM)
        return treaty_fail_nomem(err);
    if (code)
        return treaty_fail(err, code, value->pos,
                           "%s fits no branch of the union",
                           treaty_json_kind_text(value->kind));
    return TREATY_OK;
}

/* A field that the text leaves out. */
static enum treaty_code read_missing(struct treaty_text_reader *r,
                                     const struct treaty_field *field,
                                     const struct treaty_json *object, char *at)
{
    enum treaty_text_form form = r->form;
    const struct treaty_json *value;
    enum treaty_code code;

    if (!field->fallback.data) {
        if (field->type->kind == TREATY_KIND_OPTIONAL)
            return TREATY_OK;
        return treaty_fail(r->err, TREATY_EVALUE, object->pos,
                           "field \"%.*s\" is missing and has no default",
                           TREATY_STR_ARG(field->name));
    }
    code = treaty_json_parse(r->arena, field->fallback, NULL, &value, r->err);
    if (code)
        return code;
    /* Defaults in schemas never name the branch of a union. */
    r->form = TREATY_TEXT_PLAIN;
    code = treaty_text_read(r, field->type, value, at);
    r->form = form;
    return code;
}

static enum treaty_code read_field(struct treaty_text_reader *r,
                                   const struct treaty_field *field,
                                   const struct treaty_json *value,
                                   const struct treaty_json *object, char *at)
{
    enum treaty_code code;

    if (value)
        code = treaty_text_read(r, field->type, value, at + field->offset);
    else
        code = read_missing(r, field, object, at + field->offset);
    if (code && r->err)
        treaty_error_prepend_path(r->err, field->name);
    return code;
}

/* The last one of members that were given twice counts. */
static enum treaty_code read_record(struct treaty_text_reader *r,
                                    const struct treaty_type *type,
                                    const struct treaty_json *value, char *at)
{
    enum treaty_code code = TREATY_OK;
    const struct treaty_json **given;
    struct treaty_text_slot slot;

    if (value->kind != TREATY_JSON_OBJECT)
        return treaty_text_expected(r, value, "an object");
    given = TREATY_ARENA_NEW_N(r->arena, const struct treaty_json *,
                               (size_t)type->field_count + 1);
    if (!given)
        return treaty_fail_nomem(r->err);
    for (const struct treaty_json *m = value->child; m && !code; m = m->next) {
        code = treaty_text_find(r, type, m, &slot);
        if (!code)
            given[slot.field] = m;
    }
    for (uint32_t i = 0; i < type->field_count && !code; i++)
        code = read_field(r, &type->fields[i], given[i], value, at);
    return code;
}

static enum treaty_code read_items(struct treaty_text_reader *r,
                                   const struct treaty_type *type,
                                   const struct treaty_json *value, char *at)
{
    bool is_map = type->kind == TREATY_KIND_MAP;
    size_t stride = treaty_type_stride(type);
    struct treaty_array array = {NULL, value->count};
    enum treaty_code code = TREATY_OK;
    char *item;

    if (is_map && value->kind != TREATY_JSON_OBJECT)
        return treaty_text_expected(r, value, "an object");
    if (!is_map && value->kind != TREATY_JSON_ARRAY)
        return treaty_text_expected(r, value, "an array");
    item = treaty_arena_calloc(r->arena, value->count + 1, stride + 1);
    if (!item)
        return treaty_fail_nomem(r->err);
    if (value->count)
        array.items = item;
    memcpy(at, &array, sizeof(array));
    for (const struct treaty_json *v = value->child; v && !code; v = v->next) {
        if (is_map)
            code = treaty_message_read_key(r, type->key, v, item);
        if (!code)
            code =
                treaty_text_read(r, type->item, v, item + type->value_offset);
        if (code && r->err && is_map)
            treaty_error_prepend_path(r->err, v->name);
        item += stride;
    }
    return code;
}

static enum treaty_code read_pointer(struct treaty_text_reader *r,
                                     const struct treaty_type *type,
                                     const struct treaty_json *value, char *at)
{
    char *record = treaty_arena_calloc(r->arena, 1, type->item->size + 1);

    if (!record)
        return treaty_fail_nomem(r->err);
    memcpy(at, &record, sizeof(record));
    return treaty_text_read(r, type->item, value, record);
}

/* NOLINTNEXTLINE(readability-function-size): one flat switch over the kinds */
static enum treaty_code read_kind(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    switch (type->kind) {
    case TREATY_KIND_NULL:
        if (value->kind != TREATY_JSON_NULL)
            return treaty_text_expected(r, value, "null");
        return TREATY_OK;
    case TREATY_KIND_BOOL:
        return read_bool(r, value, at);
    case TREATY_KIND_INT32:
    case TREATY_KIND_INT64:
    case TREATY_KIND_UINT32:
    case TREATY_KIND_UINT64:
        return read_integer(r, type, value, at);
    case TREATY_KIND_FLOAT:
    case TREATY_KIND_DOUBLE:
        return read_real(r, type, value, at);
    case TREATY_KIND_STRING:
        return read_string(r, value, at);
    case TREATY_KIND_BYTES:
        return read_bytes(r, value, at);
    case TREATY_KIND_FIXED:
        return read_fixed(r, type, value, at);
    case TREATY_KIND_ENUM:
        return read_enum(r, type, value, at);
    case TREATY_KIND_OPTIONAL:
        return read_optional(r, type, value, at);
    case TREATY_KIND_UNION:
        return read_union(r, type, value, at);
    case TREATY_KIND_RECORD:
        if (type->is_message && r->form == TREATY_TEXT_PLAIN)
            return treaty_text_read_message(r, type, value, at);
        return read_record(r, type, value, at);
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
        return read_items(r, type, value, at);
    case TREATY_KIND_POINTER:
        return read_pointer(r, type, value, at);
    }
    return TREATY_EINTERNAL;
}

enum treaty_code treaty_text_read(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    static const treaty_message_read_fn scalars[] = {
        [TREATY_KIND_INT32] = treaty_message_read_integer,
        [TREATY_KIND_INT64] = treaty_message_read_integer,
        [TREATY_KIND_UINT32] = treaty_message_read_integer,
        [TREATY_KIND_UINT64] = treaty_message_read_integer,
        [TREATY_KIND_FLOAT] = treaty_message_read_real,
        [TREATY_KIND_DOUBLE] = treaty_message_read_real,
        [TREATY_KIND_BYTES] = treaty_message_read_bytes,
        [TREATY_KIND_ENUM] = treaty_message_read_enum,
        [TREATY_KIND_POINTER] = NULL,
    };
    enum treaty_code code;

    if (r->is_message && scalars[type->kind])
        return scalars[type->kind](r, type, value, at);
    if (!r->is_message && ++r->steps > STEPS_MAX)
        return treaty_fail(r->err, TREATY_ELIMIT, value->pos,
                           "the unions here are too ambiguous to read without "
                           "branch names; use the Avro form");
    if (r->depth >= DEPTH_MAX)
        return treaty_fail(r->err, TREATY_EDEPTH, value->pos,
                           "nested more than %d deep", DEPTH_MAX);
    r->depth++;
    code = read_kind(r, type, value, at);
    r->depth--;
    return code;
}

enum treaty_code treaty_record_read(struct treaty_arena *arena,
                                    const struct treaty_type *type,
                                    const struct treaty_json *value,
                                    enum treaty_text_form form, void *record,
                                    struct treaty_error *err)
{
    struct treaty_text_reader r = {.arena = arena, .form = form, .err = err};

    assert(value);
    return treaty_text_read(&r, type, value, record);
}
