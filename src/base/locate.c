/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locate.h"

#include "base/str.h"

/* How much of a very long line is shown before and after the place. */
enum { SHOWN_BEFORE = 48, SHOWN_AFTER = 28 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t count_characters(struct treaty_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (!is_continuation(s.data[i]))
            n++;
    }
    return n;
}

struct treaty_place treaty_locate(struct treaty_str text, size_t offset)
{
    struct treaty_place place = {.line = 1};
    size_t start = 0;
    size_t len;

    if (offset > text.len)
        offset = text.len;
    for (size_t i = 0; i < offset; i++) {
        if (text.data[i] == '\n') {
            place.line++;
            start = i + 1;
        }
    }
    len = treaty_str_find(treaty_str_sub(text, start, text.len), '\n');
    place.text = treaty_str_sub(text, start, len);
    if (len && place.text.data[len - 1] == '\r')
        place.text.len--;
    place.column =
        count_characters(treaty_str_sub(text, start, offset - start)) + 1;
    return place;
}

/* Controls could move the cursor of a terminal. */
static void put_visible(struct treaty_buf *out, struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            treaty_buf_put_c(out, '?');
        else
            treaty_buf_put_c(out, s.data[i]);
    }
}

/* As wide as `s`: tabs stay tabs, so that the caret meets its character. */
static void put_blank(struct treaty_buf *out, struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '\t')
            treaty_buf_put_c(out, '\t');
        else if (!is_continuation(s.data[i]))
            treaty_buf_put_c(out, ' ');
    }
}

/* `line` with a caret under byte `at`; long lines are cut on both sides. */
static void put_caret(struct treaty_buf *out, struct treaty_str line, size_t at)
{
    size_t from = 0;
    size_t to = line.len;

    if (at > line.len)
        at = line.len;
    if (at > SHOWN_BEFORE && line.len > SHOWN_BEFORE + SHOWN_AFTER)
        from = at - SHOWN_BEFORE;
    if (to - at > SHOWN_AFTER && to - from > SHOWN_BEFORE + SHOWN_AFTER)
        to = at + SHOWN_AFTER;
    while (from > 0 && is_continuation(line.data[from]))
        from--;
    while (to < line.len && is_continuation(line.data[to]))
        to++;

    treaty_buf_put_z(out, from ? "    ..." : "    ");
    put_visible(out, treaty_str_sub(line, from, to - from));
    treaty_buf_put_z(out, to < line.len ? "...\n" : "\n");
    treaty_buf_put_z(out, from ? "       " : "    ");
    put_blank(out, treaty_str_sub(line, from, at - from));
    treaty_buf_put_z(out, "^\n");
}

void treaty_locate_print(struct treaty_buf *out, const char *name,
                         struct treaty_str text, const struct treaty_error *err)
{
    struct treaty_place place;
    size_t offset = err->offset;

    if (offset == TREATY_NO_OFFSET) {
        treaty_buf_printf(out, "%s: %s\n", name, err->message);
        return;
    }
    if (offset > text.len)
        offset = text.len;
    place = treaty_locate(text, offset);
    treaty_buf_printf(out, "%s:%zu:%zu: %s\n", name, place.line, place.column,
                      err->message);
    if (text.len)
        put_caret(out, place.text,
                  (size_t)(text.data + offset - place.text.data));
}
