/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text_inside.h"

#include "base/base64.h"
#include "base/str.h"
#include "base/utf8.h"

#include <math.h>

struct treaty_str treaty_type_branch_name(const struct treaty_type *type)
{
    static const char *const names[] = {
        [TREATY_KIND_NULL] = "null",     [TREATY_KIND_BOOL] = "boolean",
        [TREATY_KIND_INT32] = "int",     [TREATY_KIND_INT64] = "long",
        [TREATY_KIND_UINT32] = "int",    [TREATY_KIND_UINT64] = "long",
        [TREATY_KIND_FLOAT] = "float",   [TREATY_KIND_DOUBLE] = "double",
        [TREATY_KIND_STRING] = "string", [TREATY_KIND_BYTES] = "bytes",
        [TREATY_KIND_ARRAY] = "array",   [TREATY_KIND_MAP] = "map",
    };

    if (type->kind == TREATY_KIND_POINTER)
        return type->item->name;
    if (type->name.len)
        return type->name;
    if (type->kind < sizeof(names) / sizeof(names[0]) && names[type->kind])
        return treaty_str_z(names[type->kind]);
    return TREATY_STR("");
}

/* Bad UTF-8 can be here when the caller let it pass: it becomes U+FFFD. */
static void write_string(struct treaty_text_writer *w, struct treaty_str s)
{
    size_t at = 0;
    char good[4];

    if (treaty_utf8_valid(s)) {
        treaty_json_quote(w->out, s);
        return;
    }
    treaty_buf_put_c(w->out, '"');
    while (at < s.len) {
        size_t len = treaty_utf8_put(good, treaty_utf8_next(s, &at));
        struct treaty_str one = {good, len};
        struct treaty_buf quoted;

        treaty_buf_init(&quoted, 0);
        treaty_json_quote(&quoted, one);
        if (quoted.len > 2)
            treaty_buf_put_mem(w->out, quoted.data + 1, quoted.len - 2);
        treaty_buf_release(&quoted);
    }
    treaty_buf_put_c(w->out, '"');
}

static void write_bytes(struct treaty_text_writer *w, const char *data,
                        size_t len)
{
    char two[4];

    treaty_buf_put_c(w->out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];

        if (c < 0x20 || c == '"' || c == '\\')
            treaty_buf_printf(w->out, "\\u%04X", c);
        else
            treaty_buf_put_mem(w->out, two, treaty_utf8_put(two, c));
    }
    treaty_buf_put_c(w->out, '"');
}

static void write_raw_bytes(struct treaty_text_writer *w,
                            struct treaty_str bytes)
{
    if (!w->is_message) {
        write_bytes(w, bytes.data, bytes.len);
        return;
    }
    treaty_buf_put_c(w->out, '"');
    treaty_base64_put(w->out, TREATY_BASE64, bytes);
    treaty_buf_put_c(w->out, '"');
}

/* In quotes in messages: JSON's readers may keep only 53 bits of a number. */
static void write_i64(struct treaty_text_writer *w, int64_t value)
{
    if (w->is_message)
        treaty_buf_put_c(w->out, '"');
    treaty_buf_put_i64(w->out, value);
    if (w->is_message)
        treaty_buf_put_c(w->out, '"');
}

static void write_u64(struct treaty_text_writer *w, uint64_t value)
{
    if (w->is_message)
        treaty_buf_put_c(w->out, '"');
    treaty_buf_put_u64(w->out, value);
    if (w->is_message)
        treaty_buf_put_c(w->out, '"');
}

static void write_double(struct treaty_text_writer *w, double value)
{
    if (isnan(value))
        treaty_buf_put_z(w->out, "\"NaN\"");
    else if (isinf(value))
        treaty_buf_put_z(w->out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        treaty_json_put_double(w->out, value);
}

static void write_float(struct treaty_text_writer *w, float value)
{
    if (isfinite(value))
        treaty_json_put_float(w->out, value);
    else
        write_double(w, (double)value);
}

static void write_enum(struct treaty_text_writer *w,
                       const struct treaty_type *type, const char *at)
{
    struct treaty_enum value;

    memcpy(&value, at, sizeof(value));
    if (w->is_message && treaty_known_is_null_value(type))
        treaty_buf_put_z(w->out, "null");
    else if (value.symbol >= 0 && (uint32_t)value.symbol < type->symbol_count)
        treaty_json_quote(w->out, type->symbols[value.symbol]);
    else
        treaty_buf_put_i64(w->out, value.raw);
}

/* A value that lies in a union: named in Avro's form. */
static void write_branch(struct treaty_text_writer *w,
                         const struct treaty_type *type, const char *at)
{
    if (w->form == TREATY_TEXT_PLAIN || type->kind == TREATY_KIND_NULL) {
        treaty_text_write(w, type, at);
        return;
    }
    treaty_buf_put_c(w->out, '{');
    treaty_json_quote(w->out, treaty_type_branch_name(type));
    treaty_buf_put_c(w->out, ':');
    treaty_text_write(w, type, at);
    treaty_buf_put_c(w->out, '}');
}

static void write_optional(struct treaty_text_writer *w,
                           const struct treaty_type *type, const char *at)
{
    if (at[type->flag_offset])
        write_branch(w, type->item, at + type->value_offset);
    else
        treaty_buf_put_z(w->out, "null");
}

static void write_union(struct treaty_text_writer *w,
                        const struct treaty_type *type, const char *at)
{
    int32_t branch;

    memcpy(&branch, at, sizeof(branch));
    if (branch < 0 || (uint32_t)branch >= type->field_count)
        treaty_buf_put_z(w->out, "null");
    else
        write_branch(w, type->fields[branch].type,
                     at + type->fields[branch].offset);
}

static void write_record(struct treaty_text_writer *w,
                         const struct treaty_type *type, const char *at)
{
    treaty_buf_put_c(w->out, '{');
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (i)
            treaty_buf_put_c(w->out, ',');
        treaty_json_quote(w->out, type->fields[i].name);
        treaty_buf_put_c(w->out, ':');
        treaty_text_write(w, type->fields[i].type, at + type->fields[i].offset);
    }
    treaty_buf_put_c(w->out, '}');
}

/* Keys of a map are texts in JSON, whatever they are. */
static void write_key(struct treaty_text_writer *w,
                      const struct treaty_type *key, const char *at)
{
    struct treaty_text_writer bare = {.out = w->out, .form = w->form};
    struct treaty_str text;

    if (!key || key->kind == TREATY_KIND_STRING) {
        memcpy(&text, at, sizeof(text));
        write_string(w, text);
        return;
    }
    treaty_buf_put_c(w->out, '"');
    treaty_text_write(&bare, key, at);
    treaty_buf_put_c(w->out, '"');
}

static void write_items(struct treaty_text_writer *w,
                        const struct treaty_type *type, const char *at)
{
    bool is_map = type->kind == TREATY_KIND_MAP;
    size_t stride = treaty_type_stride(type);
    struct treaty_array array;

    memcpy(&array, at, sizeof(array));
    treaty_buf_put_c(w->out, is_map ? '{' : '[');
    for (size_t i = 0; i < array.count; i++) {
        const char *item = (const char *)array.items + i * stride;

        if (i)
            treaty_buf_put_c(w->out, ',');
        if (is_map) {
            write_key(w, type->key, item);
            treaty_buf_put_c(w->out, ':');
            item += type->value_offset;
        }
        treaty_text_write(w, type->item, item);
    }
    treaty_buf_put_c(w->out, is_map ? '}' : ']');
}

static void write_pointer(struct treaty_text_writer *w,
                          const struct treaty_type *type, const char *at)
{
    const char *record;

    memcpy(&record, at, sizeof(record));
    if (record)
        treaty_text_write(w, type->item, record);
    else
        treaty_buf_put_z(w->out, "null");
}

/* Numbers and the like: what is copied out and printed. */
#define WRITE_AS(ctype, print)                                                 \
    do {                                                                       \
        ctype value;                                                           \
        memcpy(&value, at, sizeof(value));                                     \
        print;                                                                 \
    } while (0)

/* NOLINTNEXTLINE(readability-function-size): one flat switch over the kinds */
void treaty_text_write(struct treaty_text_writer *w,
                       const struct treaty_type *type, const char *at)
{
    switch (type->kind) {
    case TREATY_KIND_NULL:
        treaty_buf_put_z(w->out, "null");
        return;
    case TREATY_KIND_BOOL:
        treaty_buf_put_z(w->out, *at ? "true" : "false");
        return;
    case TREATY_KIND_INT32:
        WRITE_AS(int32_t, treaty_buf_put_i64(w->out, value));
        return;
    case TREATY_KIND_INT64:
        WRITE_AS(int64_t, write_i64(w, value));
        return;
    case TREATY_KIND_UINT32:
        WRITE_AS(uint32_t, treaty_buf_put_u64(w->out, value));
        return;
    case TREATY_KIND_UINT64:
        WRITE_AS(uint64_t, write_u64(w, value));
        return;
    case TREATY_KIND_FLOAT:
        WRITE_AS(float, write_float(w, value));
        return;
    case TREATY_KIND_DOUBLE:
        WRITE_AS(double, write_double(w, value));
        return;
    case TREATY_KIND_STRING:
        WRITE_AS(struct treaty_str, write_string(w, value));
        return;
    case TREATY_KIND_BYTES:
        WRITE_AS(struct treaty_str, write_raw_bytes(w, value));
        return;
    case TREATY_KIND_FIXED:
        write_bytes(w, at, type->size);
        return;
    case TREATY_KIND_ENUM:
        write_enum(w, type, at);
        return;
    case TREATY_KIND_OPTIONAL:
        write_optional(w, type, at);
        return;
    case TREATY_KIND_UNION:
        write_union(w, type, at);
        return;
    case TREATY_KIND_RECORD:
        if (type->is_message && w->form == TREATY_TEXT_PLAIN)
            treaty_text_write_message(w, type, at);
        else
            write_record(w, type, at);
        return;
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
        write_items(w, type, at);
        return;
    case TREATY_KIND_POINTER:
        write_pointer(w, type, at);
        return;
    }
}

void treaty_record_write(struct treaty_buf *out, const struct treaty_type *type,
                         const void *record, enum treaty_text_form form)
{
    struct treaty_text_writer w = {.out = out, .form = form};

    treaty_text_write(&w, type, record);
}
