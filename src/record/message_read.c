/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as ProtoJSON reads them: fields by either of their names, once; a
 * null is a field that was left out, save where null is a value.
 */
#include "record/text_inside.h"

#include "base/error.h"
#include "base/str.h"

/* What the object has for a field. */
struct given {
    const struct treaty_json *value;
    uint32_t branch;
};

static const struct treaty_field *field_at(const struct treaty_type *type,
                                           struct treaty_text_slot slot)
{
    const struct treaty_field *field = &type->fields[slot.field];

    return slot.branch ? &field->type->fields[slot.branch] : field;
}

static enum treaty_code take_member(struct treaty_text_reader *r,
                                    const struct treaty_type *type,
                                    const struct treaty_json *member,
                                    struct given *given)
{
    struct treaty_text_slot slot;
    enum treaty_code code = treaty_text_find(r, type, member, &slot);
    const struct given *before;

    if (code)
        return code;
    if (member->kind == TREATY_JSON_NULL &&
        !treaty_known_accepts_null(field_at(type, slot)->type))
        return TREATY_OK;
    before = &given[slot.field];
    if (before->value && before->branch == slot.branch)
        return treaty_fail(r->err, TREATY_EVALUE, member->name_pos,
                           "field \"%.*s\" is given twice",
                           TREATY_STR_ARG(field_at(type, slot)->name));
    if (before->value)
        return treaty_fail(r->err, TREATY_EVALUE, member->name_pos,
                           "\"%.*s\" and \"%.*s\" belong to the same oneof",
                           TREATY_STR_ARG(before->value->name),
                           TREATY_STR_ARG(member->name));
    given[slot.field] = (struct given){member, slot.branch};
    return TREATY_OK;
}

static enum treaty_code read_given(struct treaty_text_reader *r,
                                   const struct treaty_field *field,
                                   const struct given *given, char *at)
{
    const struct treaty_type *type = field->type;
    int32_t branch = (int32_t)given->branch;

    if (branch) {
        memcpy(at, &branch, sizeof(branch));
        at += type->fields[branch].offset;
        type = type->fields[branch].type;
    }
    if (type->kind == TREATY_KIND_OPTIONAL) {
        at[type->flag_offset] = true;
        at += type->value_offset;
        type = type->item;
    }
    return treaty_text_read(r, type, given->value, at);
}

static enum treaty_code read_field(struct treaty_text_reader *r,
                                   const struct treaty_field *field,
                                   const struct given *given,
                                   const struct treaty_json *object, char *at)
{
    enum treaty_code code;

    if (!given->value) {
        if (!field->must)
            return TREATY_OK;
        return treaty_fail(r->err, TREATY_EVALUE, object->pos,
                           "the required field \"%.*s\" is missing",
                           TREATY_STR_ARG(field->name));
    }
    code = read_given(r, field, given, at + field->offset);
    if (code && r->err)
        treaty_error_prepend_path(r->err, given->value->name);
    return code;
}

enum treaty_code treaty_text_read_fields(struct treaty_text_reader *r,
                                         const struct treaty_type *type,
                                         const struct treaty_json *value,
                                         const struct treaty_json *skip,
                                         char *at)
{
    enum treaty_code code = TREATY_OK;
    struct given *given;

    if (value->kind != TREATY_JSON_OBJECT)
        return treaty_text_expected(r, value, "an object");
    given = TREATY_ARENA_NEW_N(r->arena, struct given,
                               (size_t)type->field_count + 1);
    if (!given)
        return treaty_fail_nomem(r->err);
    for (const struct treaty_json *m = value->child; m && !code; m = m->next) {
        if (m != skip)
            code = take_member(r, type, m, given);
    }
    for (uint32_t i = 0; i < type->field_count && !code; i++)
        code = read_field(r, &type->fields[i], &given[i], value, at);
    return code;
}

enum treaty_code treaty_text_read_message(struct treaty_text_reader *r,
                                          const struct treaty_type *type,
                                          const struct treaty_json *value,
                                          char *at)
{
    enum treaty_known known = treaty_known_of(type);

    r->is_message = true;
    if (known != TREATY_KNOWN_NOT)
        return treaty_known_read(r, known, type, value, at);
    return treaty_text_read_fields(r, type, value, NULL, at);
}
