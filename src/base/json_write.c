/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/decimal.h"
#include "base/str.h"

/* The letter of a short escape, or NUL. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

static void put_escape(struct treaty_buf *out, char c)
{
    const char letter = short_escape(c);
    const char pair[2] = {'\\', letter};

    if (letter)
        treaty_buf_put_mem(out, pair, sizeof(pair));
    else
        treaty_buf_printf(out, "\\u%04X", (unsigned)(unsigned char)c);
}

void treaty_json_quote(struct treaty_buf *out, struct treaty_str s)
{
    size_t from = 0;

    treaty_buf_put_c(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if ((unsigned char)c >= ' ' && c != '"' && c != '\\')
            continue;
        treaty_buf_put_mem(out, s.data + from, i - from);
        put_escape(out, c);
        from = i + 1;
    }
    treaty_buf_put(out, treaty_str_sub(s, from, s.len));
    treaty_buf_put_c(out, '"');
}

static void write_scalar(struct treaty_buf *out,
                         const struct treaty_json *value)
{
    if (value->kind == TREATY_JSON_STRING)
        treaty_json_quote(out, value->text);
    else
        treaty_buf_put(out, value->text);
}

static bool is_container(const struct treaty_json *value)
{
    return value->kind == TREATY_JSON_ARRAY ||
           value->kind == TREATY_JSON_OBJECT;
}

void treaty_json_write(struct treaty_buf *out, const struct treaty_json *value)
{
    const bool is_object = value->kind == TREATY_JSON_OBJECT;

    if (!is_container(value)) {
        write_scalar(out, value);
        return;
    }
    treaty_buf_put_c(out, is_object ? '{' : '[');
    for (const struct treaty_json *c = value->child; c; c = c->next) {
        if (c != value->child)
            treaty_buf_put_c(out, ',');
        if (is_object) {
            treaty_json_quote(out, c->name);
            treaty_buf_put_c(out, ':');
        }
        treaty_json_write(out, c);
    }
    treaty_buf_put_c(out, is_object ? '}' : ']');
}

void treaty_json_put_double(struct treaty_buf *out, double value)
{
    char text[TREATY_DECIMAL_SIZE];

    treaty_buf_put_mem(out, text, treaty_decimal_put_double(text, value));
}

void treaty_json_put_float(struct treaty_buf *out, float value)
{
    char text[TREATY_DECIMAL_SIZE];

    treaty_buf_put_mem(out, text, treaty_decimal_put_float(text, value));
}

/* A comma where one is due; the value that follows makes the next one due. */
static void begin_value(struct treaty_json_writer *w)
{
    if (w->need_comma)
        treaty_buf_put_c(w->out, ',');
    w->need_comma = true;
}

static void open_container(struct treaty_json_writer *w, char c)
{
    begin_value(w);
    treaty_buf_put_c(w->out, c);
    w->need_comma = false;
}

static void close_container(struct treaty_json_writer *w, char c)
{
    treaty_buf_put_c(w->out, c);
    w->need_comma = true;
}

void treaty_json_begin_object(struct treaty_json_writer *w)
{
    open_container(w, '{');
}

void treaty_json_end_object(struct treaty_json_writer *w)
{
    close_container(w, '}');
}

void treaty_json_begin_array(struct treaty_json_writer *w)
{
    open_container(w, '[');
}

void treaty_json_end_array(struct treaty_json_writer *w)
{
    close_container(w, ']');
}

void treaty_json_key(struct treaty_json_writer *w, const char *name)
{
    begin_value(w);
    treaty_json_quote(w->out, treaty_str_z(name));
    treaty_buf_put_c(w->out, ':');
    w->need_comma = false;
}

void treaty_json_value_str(struct treaty_json_writer *w, struct treaty_str s)
{
    begin_value(w);
    treaty_json_quote(w->out, s);
}

void treaty_json_value_i64(struct treaty_json_writer *w, int64_t value)
{
    begin_value(w);
    treaty_buf_put_i64(w->out, value);
}

void treaty_json_value_bool(struct treaty_json_writer *w, bool value)
{
    begin_value(w);
    treaty_buf_put_z(w->out, value ? "true" : "false");
}

void treaty_json_value_null(struct treaty_json_writer *w)
{
    begin_value(w);
    treaty_buf_put_z(w->out, "null");
}

void treaty_json_value_raw(struct treaty_json_writer *w, struct treaty_str raw)
{
    begin_value(w);
    treaty_buf_put(w->out, raw);
}

void treaty_json_member_str(struct treaty_json_writer *w, const char *name,
                            struct treaty_str s)
{
    treaty_json_key(w, name);
    treaty_json_value_str(w, s);
}

void treaty_json_member_i64(struct treaty_json_writer *w, const char *name,
                            int64_t value)
{
    treaty_json_key(w, name);
    treaty_json_value_i64(w, value);
}

void treaty_json_member_bool(struct treaty_json_writer *w, const char *name,
                             bool value)
{
    treaty_json_key(w, name);
    treaty_json_value_bool(w, value);
}
