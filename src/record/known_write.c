/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text_inside.h"

#include "base/str.h"

static void put_quoted(struct treaty_text_writer *w, const char *text,
                       size_t len)
{
    treaty_buf_put_c(w->out, '"');
    treaty_buf_put_mem(w->out, text, len);
    treaty_buf_put_c(w->out, '"');
}

static struct treaty_time load_time(const struct treaty_type *type,
                                    const char *at)
{
    struct treaty_time time;

    memcpy(&time.seconds, at + type->fields[0].offset, sizeof(time.seconds));
    memcpy(&time.nanos, at + type->fields[1].offset, sizeof(time.nanos));
    return time;
}

static bool write_time(struct treaty_text_writer *w, enum treaty_known known,
                       const struct treaty_type *type, const char *at)
{
    char text[TREATY_TIME_SIZE];
    struct treaty_time time = load_time(type, at);
    size_t len = known == TREATY_KNOWN_TIMESTAMP
                     ? treaty_timestamp_print(time, text)
                     : treaty_duration_print(time, text);

    if (len)
        put_quoted(w, text, len);
    return len != 0;
}

/*
 * "user_id" as "userId". False for a path that would not come back: one with
 * capitals, or with a '_' that no small letter follows.
 */
static bool put_path(struct treaty_buf *out, struct treaty_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.data[i];
        char next = i + 1 < path.len ? path.data[i + 1] : '\0';

        if (c == '_') {
            if (next < 'a' || next > 'z')
                return false;
            c = (char)(next - 'a' + 'A');
            i++;
        } else if ((c >= 'A' && c <= 'Z') || c == ',' || c == '"' ||
                   c == '\\' || c < 0x20 || c == 0x7f) {
            return false;
        }
        treaty_buf_put_c(out, c);
    }
    return true;
}

static bool write_mask(struct treaty_text_writer *w,
                       const struct treaty_type *type, const char *at)
{
    size_t start = w->out->len;
    struct treaty_array paths;

    memcpy(&paths, at + type->fields[0].offset, sizeof(paths));
    treaty_buf_put_c(w->out, '"');
    for (size_t i = 0; i < paths.count; i++) {
        const struct treaty_str *path = (const struct treaty_str *)paths.items;

        if (i)
            treaty_buf_put_c(w->out, ',');
        if (!put_path(w->out, path[i])) {
            w->out->len = start;
            return false;
        }
    }
    treaty_buf_put_c(w->out, '"');
    return true;
}

/* A Value that says nothing, which it must not, is null as well. */
static void write_json(struct treaty_text_writer *w,
                       const struct treaty_type *type, const char *at)
{
    const struct treaty_type *kind = type->fields[0].type;
    const struct treaty_field *branch;
    int32_t number;

    at += type->fields[0].offset;
    memcpy(&number, at, sizeof(number));
    if (number <= 0 || (uint32_t)number >= kind->field_count) {
        treaty_buf_put_z(w->out, "null");
        return;
    }
    branch = &kind->fields[number];
    treaty_text_write(w, branch->type, at + branch->offset);
}

bool treaty_known_write(struct treaty_text_writer *w, enum treaty_known known,
                        const struct treaty_type *type, const char *at)
{
    switch (known) {
    case TREATY_KNOWN_NOT:
        return false;
    case TREATY_KNOWN_TIMESTAMP:
    case TREATY_KNOWN_DURATION:
        return write_time(w, known, type, at);
    case TREATY_KNOWN_FIELD_MASK:
        return write_mask(w, type, at);
    case TREATY_KNOWN_BARE:
        treaty_text_write(w, type->fields[0].type, at + type->fields[0].offset);
        return true;
    case TREATY_KNOWN_VALUE:
        write_json(w, type, at);
        return true;
    case TREATY_KNOWN_ANY:
        return treaty_any_write(w, type, at);
    }
    return false;
}
