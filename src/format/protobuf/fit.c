/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a layout fit a message? An application's layout may lack fields of it,
 * but whatever it has must be there, in the type that the schema says. A field
 * that may be unset may be bound without a flag: it is zero, or its default,
 * then. One that always has a value cannot be bound with a flag, which would
 * say nothing.
 */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/codec.h"

#include <stdarg.h>
#include <stdio.h>

struct fitter {
    struct treaty_arena arena;
    struct treaty_map seen; /* pairs of record types and messages */
    struct treaty_buf path;
    bool failed; /* memory ran out: not everything was looked at */
    struct treaty_error *err;
};

static enum treaty_code refuse(struct fitter *f, const char *format, ...)
    TREATY_PRINTF(2, 3);

static enum treaty_code refuse(struct fitter *f, const char *format, ...)
{
    char text[TREATY_MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    treaty_fail(f->err, TREATY_EBIND, TREATY_NO_OFFSET, "%s", text);
    if (f->err)
        treaty_error_set_path(f->err, treaty_buf_str(&f->path));
    return TREATY_EBIND;
}

static enum treaty_code wrong_kind(struct fitter *f,
                                   const struct treaty_proto_field *field)
{
    return refuse(f,
                  "the schema has %s%.*s here, which the layout's type cannot "
                  "hold",
                  treaty_proto_is_many(field) ? "repeated " : "",
                  TREATY_STR_ARG(field->ref.name));
}

/* True the second time a pair comes along; also when memory has run out. */
static bool was_seen(struct fitter *f, const struct treaty_type *type,
                     const struct treaty_proto_message *message)
{
    const void *pair[2] = {type, message};
    struct treaty_str key = {(const char *)pair, sizeof(pair)};

    if (treaty_map_find(&f->seen, key))
        return true;
    key = treaty_arena_dup(&f->arena, key);
    if (!key.data || treaty_map_put(&f->seen, key, f) != TREATY_OK)
        f->failed = true;
    return f->failed;
}

static enum treaty_code fit_record(struct fitter *f,
                                   const struct treaty_type *type,
                                   const struct treaty_proto_message *message);

/* One value: of a list, or without its flag. */
static enum treaty_code fit_value(struct fitter *f,
                                  const struct treaty_type *type,
                                  const struct treaty_proto_field *field)
{
    if (type->kind == TREATY_KIND_POINTER)
        type = type->item;
    if (type->kind != treaty_proto_kind(&field->ref))
        return wrong_kind(f, field);
    if (type->kind == TREATY_KIND_RECORD)
        return fit_record(f, type, field->ref.message);
    return TREATY_OK;
}

static enum treaty_code fit_map(struct fitter *f,
                                const struct treaty_type *type,
                                const struct treaty_proto_field *field)
{
    const struct treaty_proto_message *entry = field->ref.message;
    const struct treaty_proto_field *key =
        treaty_proto_field_by_number(entry, 1);
    const struct treaty_proto_field *value =
        treaty_proto_field_by_number(entry, 2);
    enum treaty_kind kind = type->key ? type->key->kind : TREATY_KIND_STRING;

    if (!key || !value || kind != treaty_proto_kind(&key->ref))
        return refuse(f, "the keys of the schema's map are of another type");
    return fit_value(f, type->item, value);
}

static enum treaty_code fit_list(struct fitter *f,
                                 const struct treaty_type *type,
                                 const struct treaty_proto_field *field)
{
    size_t mark = f->path.len;
    bool is_map = type->kind == TREATY_KIND_MAP;
    enum treaty_code code;

    if (type->kind != TREATY_KIND_ARRAY && !is_map)
        return wrong_kind(f, field);
    if (is_map && !treaty_proto_is_map_field(field))
        return wrong_kind(f, field);
    treaty_buf_put_z(&f->path, is_map ? "{}" : "[]");
    code = is_map ? fit_map(f, type, field) : fit_value(f, type->item, field);
    if (code == TREATY_OK)
        f->path.len = mark;
    return code;
}

static enum treaty_code fit_field(struct fitter *f,
                                  const struct treaty_type *type,
                                  const struct treaty_proto_field *field)
{
    if (treaty_proto_is_many(field))
        return fit_list(f, type, field);
    if (type->kind != TREATY_KIND_OPTIONAL)
        return fit_value(f, type, field);
    if (field->presence == TREATY_PROTO_IMPLICIT)
        return refuse(f,
                      "the schema has %.*s here, which is never absent; the "
                      "layout has an optional value",
                      TREATY_STR_ARG(field->ref.name));
    return fit_value(f, type->item, field);
}

static const struct treaty_proto_oneof *
find_oneof(const struct treaty_proto_message *message, struct treaty_str name)
{
    for (uint32_t i = 0; i < message->oneof_count; i++) {
        if (treaty_str_eq(message->oneofs[i].name, name))
            return &message->oneofs[i];
    }
    return NULL;
}

/* The members of both, in any order; neither may have one alone. */
static enum treaty_code fit_oneof(struct fitter *f,
                                  const struct treaty_type *type,
                                  const struct treaty_proto_oneof *oneof)
{
    if (type->field_count != oneof->field_count + 1 ||
        type->fields[0].type->kind != TREATY_KIND_NULL)
        return refuse(f, "the schema has a oneof of %u members here",
                      (unsigned)oneof->field_count);
    for (uint32_t i = 0; i < oneof->field_count; i++) {
        const struct treaty_type *branch = NULL;
        enum treaty_code code;

        for (uint32_t k = 1; k < type->field_count; k++) {
            if (treaty_str_eq(type->fields[k].name, oneof->fields[i]->name))
                branch = type->fields[k].type;
        }
        if (!branch)
            return refuse(f, "the layout has no branch \"%.*s\"",
                          TREATY_STR_ARG(oneof->fields[i]->name));
        code = fit_value(f, branch, oneof->fields[i]);
        if (code != TREATY_OK)
            return code;
    }
    return TREATY_OK;
}

/* The field of that name: in a natural layout one of the next. */
static const struct treaty_proto_field *
find_field(const struct treaty_proto_message *message, struct treaty_str name,
           uint32_t *hint)
{
    for (uint32_t i = *hint; i < message->field_count && i < *hint + 4; i++) {
        if (!treaty_str_eq(message->fields[i]->name, name))
            continue;
        *hint = i + 1;
        return message->fields[i];
    }
    return treaty_proto_field_by_name(message, name);
}

static enum treaty_code fit_part(struct fitter *f,
                                 const struct treaty_field *part,
                                 const struct treaty_proto_message *message,
                                 uint32_t *hint)
{
    const struct treaty_proto_field *field;
    const struct treaty_proto_oneof *oneof = NULL;

    if (part->type->kind == TREATY_KIND_UNION)
        oneof = find_oneof(message, part->name);
    if (oneof)
        return fit_oneof(f, part->type, oneof);
    field = find_field(message, part->name, hint);
    if (!field)
        return refuse(f, "the schema has no field \"%.*s\"",
                      TREATY_STR_ARG(part->name));
    return fit_field(f, part->type, field);
}

static enum treaty_code fit_record(struct fitter *f,
                                   const struct treaty_type *type,
                                   const struct treaty_proto_message *message)
{
    size_t mark = f->path.len;
    uint32_t hint = 0;

    if (was_seen(f, type, message))
        return TREATY_OK;
    for (uint32_t i = 0; i < type->field_count; i++) {
        enum treaty_code code;

        treaty_buf_put_c(&f->path, '/');
        treaty_buf_put(&f->path, type->fields[i].name);
        code = fit_part(f, &type->fields[i], message, &hint);
        if (code != TREATY_OK)
            return code;
        f->path.len = mark;
    }
    return TREATY_OK;
}

enum treaty_code treaty_proto_fit(const struct treaty_type *type,
                                  const struct treaty_proto_message *message,
                                  struct treaty_error *err)
{
    struct fitter f = {.err = err};
    enum treaty_code code;

    treaty_map_init(&f.seen, &f.arena);
    if (type->kind == TREATY_KIND_RECORD)
        code = fit_record(&f, type, message);
    else
        code = refuse(&f, "a message is read into a struct");
    if (!code && (f.failed || f.path.failed))
        code = treaty_fail_nomem(err);
    treaty_buf_release(&f.path);
    treaty_arena_release(&f.arena);
    return code;
}
