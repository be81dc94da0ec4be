/* SPDX-License-Identifier: Apache-2.0 */
/*
 * google.protobuf.Any as ProtoJSON has it: the fields of the message that is in
 * it, and beside them the URL of its type. A message with a text of its own has
 * that as "value".
 *
 *     {"@type": "type.googleapis.com/x.Item", "sku": "a"}
 *     {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}
 */
#include "record/text_inside.h"

#include "base/error.h"
#include "base/str.h"

enum {
    DEPTH_MAX = 32, /* of Any in Any; further in, bytes are printed */
};

/* The message that the URL names, or NULL. */
static const struct treaty_any_message *
find_message(const struct treaty_type *type, struct treaty_str url)
{
    if (!type->any || !treaty_str_has(url, '/'))
        return NULL;
    return type->any->find(type->any, treaty_str_after_last(url, '/'));
}

static void write_message(struct treaty_text_writer *w, struct treaty_str url,
                          const struct treaty_type *type, const char *at)
{
    treaty_buf_put_z(w->out, "{\"@type\":");
    treaty_json_quote(w->out, url);
    if (treaty_known_of(type) == TREATY_KNOWN_NOT) {
        treaty_text_write_fields(w, type, at, false);
    } else {
        treaty_buf_put_z(w->out, ",\"value\":");
        treaty_text_write(w, type, at);
    }
    treaty_buf_put_c(w->out, '}');
}

bool treaty_any_write(struct treaty_text_writer *w,
                      const struct treaty_type *type, const char *at)
{
    const struct treaty_any_message *message;
    struct treaty_arena arena = {0};
    struct treaty_str url;
    struct treaty_str payload;
    char *record;
    bool ok = false;

    memcpy(&url, at + type->fields[0].offset, sizeof(url));
    memcpy(&payload, at + type->fields[1].offset, sizeof(payload));
    message = w->depth < DEPTH_MAX ? find_message(type, url) : NULL;
    if (!message)
        return false;
    record = treaty_arena_calloc(&arena, 1, message->type->size + 1);
    if (record && !type->any->decode(message, payload, record, &arena)) {
        w->depth++;
        write_message(w, url, message->type, record);
        w->depth--;
        ok = true;
    }
    treaty_arena_release(&arena);
    return ok;
}

static enum treaty_code read_value(struct treaty_text_reader *r,
                                   const struct treaty_type *type,
                                   const struct treaty_json *object,
                                   const struct treaty_json *url, char *at)
{
    const struct treaty_json *value = NULL;

    if (treaty_known_of(type) == TREATY_KNOWN_NOT)
        return treaty_text_read_fields(r, type, object, url, at);
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        if (m == url)
            continue;
        if (value || !treaty_str_eq_z(m->name, "value"))
            return treaty_fail(r->err, TREATY_EVALUE, m->name_pos,
                               "beside its \"@type\" this has just a "
                               "\"value\"");
        value = m;
    }
    if (!value)
        return treaty_fail(r->err, TREATY_EVALUE, object->pos,
                           "the \"value\" of \"%.*s\" is missing",
                           TREATY_STR_ARG(url->text));
    return treaty_text_read(r, type, value, at);
}

/* What was read, as bytes on the arena. */
static enum treaty_code encode(struct treaty_text_reader *r,
                               const struct treaty_type *type,
                               const struct treaty_any_message *message,
                               const char *record, struct treaty_str *ret)
{
    struct treaty_buf out;
    enum treaty_code code;

    treaty_buf_init(&out, 0);
    code = type->any->encode(message, record, &out, r->err);
    if (!code)
        code = treaty_buf_status(&out, r->err);
    if (!code) {
        *ret = treaty_arena_dup(r->arena, treaty_buf_str(&out));
        if (!ret->data)
            code = treaty_fail_nomem(r->err);
    }
    treaty_buf_release(&out);
    return code;
}

static enum treaty_code read_message(struct treaty_text_reader *r,
                                     const struct treaty_type *type,
                                     const struct treaty_json *object,
                                     const struct treaty_json *url, char *at)
{
    const struct treaty_any_message *message = find_message(type, url->text);
    struct treaty_str payload;
    enum treaty_code code;
    char *record;

    if (!message)
        return treaty_fail(r->err, TREATY_EVALUE, url->pos,
                           "the schema has no message of the type \"%.*s\"",
                           TREATY_STR_ARG(url->text));
    record = treaty_arena_calloc(r->arena, 1, message->type->size + 1);
    if (!record)
        return treaty_fail_nomem(r->err);
    code = read_value(r, message->type, object, url, record);
    if (!code)
        code = encode(r, type, message, record, &payload);
    if (code)
        return code;
    memcpy(at + type->fields[0].offset, &url->text, sizeof(url->text));
    memcpy(at + type->fields[1].offset, &payload, sizeof(payload));
    return TREATY_OK;
}

enum treaty_code treaty_any_read(struct treaty_text_reader *r,
                                 const struct treaty_type *type,
                                 const struct treaty_json *value, char *at)
{
    const struct treaty_json *url = treaty_json_get(value, "@type");

    if (!url)
        return treaty_text_read_fields(r, type, value, NULL, at);
    if (url->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, url, "the URL of a type");
    return read_message(r, type, value, url, at);
}
