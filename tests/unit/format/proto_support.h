/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_FORMAT_PROTO_SUPPORT_H
#define TREATY_TESTS_UNIT_FORMAT_PROTO_SUPPORT_H

/*
 * Protobuf's codec under the worst conditions, as unit/plan/support.h does it
 * for Avro; and a print of records that hides nothing: presence, branches,
 * numbers of enums, unknown fields.
 *
 *     {id=7 note=- status=PAID(2) kind=?(9) g=name:"x" tags=["a","b"]
 *      m={"k":1} ~0a0161}
 */
#include "base/utf8.h"
#include "format/protobuf/format.h"
#include "unit/plan/support.h"

static inline struct treaty_schema *proto_schema(struct treaty_str text)
{
    const struct treaty_source source = {.text = text,
                                         .strictness = TREATY_STORED};
    struct treaty_schema *schema = NULL;
    struct treaty_error err;

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%.*s: %s", (int)text.len, text.data,
                 err.message);
    return schema;
}

static inline void proto_print(struct treaty_buf *out,
                               const struct treaty_type *type, const char *at);

static inline void proto_print_kept(struct treaty_buf *out,
                                    const struct treaty_type *type,
                                    const char *at)
{
    struct treaty_array kept;
    const struct treaty_str *pieces;

    if (!type->keeps_unknown)
        return;
    memcpy(&kept, at + type->unknown_offset, sizeof(kept));
    pieces = kept.items;
    for (size_t i = 0; i < kept.count; i++) {
        treaty_buf_put_z(out, " ~");
        treaty_buf_put_hex(out, pieces[i].data, pieces[i].len);
    }
}

static inline void proto_print_record(struct treaty_buf *out,
                                      const struct treaty_type *type,
                                      const char *at)
{
    treaty_buf_put_c(out, '{');
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (i)
            treaty_buf_put_c(out, ' ');
        treaty_buf_put(out, type->fields[i].name);
        treaty_buf_put_c(out, '=');
        proto_print(out, type->fields[i].type, at + type->fields[i].offset);
    }
    proto_print_kept(out, type, at);
    treaty_buf_put_c(out, '}');
}

static inline void proto_print_list(struct treaty_buf *out,
                                    const struct treaty_type *type,
                                    const char *at)
{
    static const struct treaty_type string = {.kind = TREATY_KIND_STRING};
    bool is_map = type->kind == TREATY_KIND_MAP;
    struct treaty_array array;

    memcpy(&array, at, sizeof(array));
    treaty_buf_put_c(out, is_map ? '{' : '[');
    for (size_t i = 0; i < array.count; i++) {
        const char *item =
            (const char *)array.items + i * treaty_type_stride(type);

        if (i)
            treaty_buf_put_c(out, ',');
        if (is_map) {
            proto_print(out, type->key ? type->key : &string, item);
            treaty_buf_put_c(out, ':');
            item += type->value_offset;
        }
        proto_print(out, type->item, item);
    }
    treaty_buf_put_c(out, is_map ? '}' : ']');
}

static inline void proto_print_enum(struct treaty_buf *out,
                                    const struct treaty_type *type,
                                    const char *at)
{
    struct treaty_enum value;

    memcpy(&value, at, sizeof(value));
    if (value.symbol >= 0 && (uint32_t)value.symbol < type->symbol_count)
        treaty_buf_put(out, type->symbols[value.symbol]);
    else
        treaty_buf_put_c(out, '?');
    treaty_buf_printf(out, "(%d)", value.raw);
}

static inline void proto_print_union(struct treaty_buf *out,
                                     const struct treaty_type *type,
                                     const char *at)
{
    int32_t branch;

    memcpy(&branch, at, sizeof(branch));
    if (branch < 0 || (uint32_t)branch >= type->field_count) {
        treaty_buf_printf(out, "?%d", branch);
        return;
    }
    if (branch == 0) {
        treaty_buf_put_c(out, '-');
        return;
    }
    treaty_buf_put(out, type->fields[branch].name);
    treaty_buf_put_c(out, ':');
    proto_print(out, type->fields[branch].type,
                at + type->fields[branch].offset);
}

static inline void proto_print_bytes(struct treaty_buf *out, const char *at)
{
    struct treaty_str value;

    memcpy(&value, at, sizeof(value));
    treaty_buf_put_c(out, '<');
    treaty_buf_put_hex(out, value.data, value.len);
    treaty_buf_put_c(out, '>');
}

static inline void proto_print(struct treaty_buf *out,
                               const struct treaty_type *type, const char *at)
{
    struct treaty_str text;
    const char *part;

    switch (type->kind) {
    case TREATY_KIND_RECORD:
        proto_print_record(out, type, at);
        return;
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
        proto_print_list(out, type, at);
        return;
    case TREATY_KIND_UNION:
        proto_print_union(out, type, at);
        return;
    case TREATY_KIND_ENUM:
        proto_print_enum(out, type, at);
        return;
    case TREATY_KIND_OPTIONAL:
        if (*(const bool *)(at + type->flag_offset))
            proto_print(out, type->item, at + type->value_offset);
        else
            treaty_buf_put_c(out, '-');
        return;
    case TREATY_KIND_POINTER:
        memcpy(&part, at, sizeof(part));
        if (part)
            proto_print(out, type->item, part);
        else
            treaty_buf_put_z(out, "NULL");
        return;
    case TREATY_KIND_BYTES:
        proto_print_bytes(out, at);
        return;
    case TREATY_KIND_STRING:
        memcpy(&text, at, sizeof(text));
        if (!treaty_utf8_valid(text)) {
            proto_print_bytes(out, at);
            return;
        }
        treaty_json_quote(out, text);
        return;
    default:
        treaty_record_write(out, type, at, TREATY_TEXT_AVRO);
        return;
    }
}

/* What a decode came to: the record, or "! CODE OFFSET PATH". */
static inline void proto_decode(const struct treaty_plan *plan,
                                const struct treaty_type *type,
                                struct treaty_str payload,
                                struct treaty_buf *out)
{
    struct treaty_arena arena = {0};
    struct treaty_error err;
    /* What was in the struct before does not matter. */
    char *record = malloc(type->size + 1);
    enum treaty_code code;

    memset(record, 0xA5, type->size + 1);
    code = treaty_plan_decode(plan, payload, record, &arena, &err);
    if (code == TREATY_OK) {
        proto_print(out, type, record);
    } else {
        if (code != err.code || err.message[0] == '\0')
            tap_fail(__FILE__, __LINE__, "code and error differ");
        treaty_buf_printf(out, "! %s %zu %s", treaty_code_name(code) + 7,
                          err.offset, err.path);
        if (treaty_plan_decode(plan, payload, record, &arena, NULL) != code)
            tap_fail(__FILE__, __LINE__, "another code without an error");
    }
    free(record);
    treaty_arena_release(&arena);
}

static inline void proto_decode_at(struct treaty_plan *plan,
                                   const struct treaty_type *type,
                                   struct treaty_str payload, bool front,
                                   struct treaty_buf *out)
{
    struct tap_guard guard = tap_guard_copy(payload.data, payload.len, front);

    proto_decode(plan, type, (struct treaty_str){guard.data, payload.len}, out);
    tap_guard_free(&guard);
}

/* Against either guard and through both loops; all must agree. */
static inline void proto_decode_all(struct treaty_plan *plan,
                                    const struct treaty_type *type,
                                    struct treaty_str payload,
                                    struct treaty_buf *out)
{
    proto_decode_at(plan, type, payload, false, out);
    for (int i = 0; i < 3; i++) {
        struct treaty_buf other;

        treaty_buf_init(&other, 0);
        if (i > 0)
            treaty_plan_set_portable(plan);
        proto_decode_at(plan, type, payload, i < 2, &other);
        treaty_plan_set_native(plan);
        if (!treaty_str_eq(treaty_buf_str(&other), treaty_buf_str(out)))
            tap_fail(__FILE__, __LINE__, "way %d gives %.*s instead of %.*s", i,
                     (int)other.len, other.data, (int)out->len, out->data);
        treaty_buf_release(&other);
    }
}

/* Encode through both loops. */
static inline enum treaty_code proto_encode_all(struct treaty_plan *plan,
                                                const void *record,
                                                struct treaty_buf *out,
                                                struct treaty_error *err)
{
    enum treaty_code code = treaty_plan_encode(plan, record, out, err);
    struct treaty_buf other;
    struct treaty_error other_err;
    enum treaty_code other_code;

    treaty_buf_init(&other, 0);
    treaty_plan_set_portable(plan);
    other_code = treaty_plan_encode(plan, record, &other, &other_err);
    treaty_plan_set_native(plan);
    if (code != other_code ||
        (code == TREATY_OK &&
         !treaty_str_eq(treaty_buf_str(out), treaty_buf_str(&other))))
        tap_fail(__FILE__, __LINE__, "the loops write different bytes");
    treaty_buf_release(&other);
    return code;
}

#endif
