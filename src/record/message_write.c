/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as ProtoJSON writes them: fields by their JSON name, what was never
 * set left out, the member of a oneof like any other field.
 */
#include "record/text_inside.h"

#include "base/str.h"

bool treaty_text_is_oneof(const struct treaty_type *type,
                          const struct treaty_field *field)
{
    return type->is_message && field->type->kind == TREATY_KIND_UNION;
}

static bool is_zero(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i])
            return false;
    }
    return true;
}

bool treaty_text_is_unset(const struct treaty_type *type, const char *at)
{
    struct treaty_str view;
    struct treaty_array array;
    struct treaty_enum symbol;

    switch (type->kind) {
    case TREATY_KIND_OPTIONAL:
        return !at[type->flag_offset];
    case TREATY_KIND_STRING:
    case TREATY_KIND_BYTES:
        memcpy(&view, at, sizeof(view));
        return view.len == 0;
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
        memcpy(&array, at, sizeof(array));
        return array.count == 0;
    case TREATY_KIND_ENUM:
        memcpy(&symbol, at, sizeof(symbol));
        return symbol.raw == 0;
    case TREATY_KIND_RECORD:
        return false;
    default: /* a number, or a pointer */
        return is_zero(at, type->size);
    }
}

static void write_member(struct treaty_text_writer *w,
                         const struct treaty_field *field, const char *at,
                         bool *is_first)
{
    if (!*is_first)
        treaty_buf_put_c(w->out, ',');
    *is_first = false;
    treaty_json_quote(w->out, field->json.data ? field->json : field->name);
    treaty_buf_put_c(w->out, ':');
    treaty_text_write(w, field->type, at);
}

static void write_oneof(struct treaty_text_writer *w,
                        const struct treaty_type *type, const char *at,
                        bool *is_first)
{
    const struct treaty_field *branch;
    int32_t number;

    memcpy(&number, at, sizeof(number));
    if (number <= 0 || (uint32_t)number >= type->field_count)
        return;
    branch = &type->fields[number];
    write_member(w, branch, at + branch->offset, is_first);
}

void treaty_text_write_fields(struct treaty_text_writer *w,
                              const struct treaty_type *type, const char *at,
                              bool is_first)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct treaty_field *field = &type->fields[i];
        const char *value = at + field->offset;

        if (treaty_text_is_oneof(type, field))
            write_oneof(w, field->type, value, &is_first);
        else if (field->must || !treaty_text_is_unset(field->type, value))
            write_member(w, field, value, &is_first);
    }
}

void treaty_text_write_message(struct treaty_text_writer *w,
                               const struct treaty_type *type, const char *at)
{
    enum treaty_known known = treaty_known_of(type);

    w->is_message = true;
    if (known != TREATY_KNOWN_NOT && treaty_known_write(w, known, type, at))
        return;
    treaty_buf_put_c(w->out, '{');
    treaty_text_write_fields(w, type, at, true);
    treaty_buf_put_c(w->out, '}');
}
