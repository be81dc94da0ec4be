/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* The functions behind what the header tells the analyzer. */
#undef treaty_fail
#undef treaty_fail_nomem

struct code_row {
    const char *name;
    int http_status;
    int rest_error;
    int exit_status;
    const char *text;
};

static const struct code_row rows[TREATY_CODE_COUNT] = {
#define ROW(name, http, rest, exit_status, text)                               \
    {"TREATY_" #name, http, rest, exit_status, text},
    TREATY_CODE_MAP(ROW)
#undef ROW
};

static const struct code_row *row_of(enum treaty_code code)
{
    return &rows[code < TREATY_CODE_COUNT ? code : TREATY_EINTERNAL];
}

const char *treaty_code_name(enum treaty_code code)
{
    return row_of(code)->name;
}

const char *treaty_code_text(enum treaty_code code)
{
    return row_of(code)->text;
}

int treaty_code_http_status(enum treaty_code code)
{
    return row_of(code)->http_status;
}

int treaty_code_rest_error(enum treaty_code code)
{
    return row_of(code)->rest_error;
}

int treaty_code_exit_status(enum treaty_code code)
{
    return row_of(code)->exit_status;
}

/* How many bytes the sequence that begins with `lead` has. */
static size_t sequence_len(unsigned char lead)
{
    if (lead >= 0xf0)
        return 4;
    if (lead >= 0xe0)
        return 3;
    return lead >= 0xc0 ? 2 : 1;
}

/*
 * `len` bytes of `text` remain after a cut, many more than a character has:
 * the largest length up to it that does not end within a UTF-8 sequence, since
 * messages leave as JSON.
 */
static size_t cut_at_character(const char *text, size_t len)
{
    size_t at = len;

    while (len - at < 3 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (sequence_len((unsigned char)text[at - 1]) > len - at + 1)
        return at - 1;
    return len;
}

/* Inputs need not be UTF-8, but what quotes them must be: it leaves as JSON. */
static void mend(char *text)
{
    struct treaty_str rest = {text, strlen(text)};
    size_t at = treaty_utf8_check(rest);

    while (at < rest.len) {
        text += at;
        rest.len -= at;
        text[0] = '?';
        rest.data = text;
        at = treaty_utf8_check(rest);
    }
}

enum treaty_code treaty_fail_v(struct treaty_error *err, enum treaty_code code,
                               size_t offset, const char *format, va_list args)
{
    size_t room = sizeof(err->message);
    int len;

    if (!err)
        return code;
    err->code = code;
    err->offset = offset;
    err->path[0] = '\0';
    len = vsnprintf(err->message, room, format, args);
    if (len >= (int)room)
        err->message[cut_at_character(err->message, room - 1)] = '\0';
    mend(err->message);
    return code;
}

enum treaty_code treaty_fail(struct treaty_error *err, enum treaty_code code,
                             size_t offset, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)treaty_fail_v(err, code, offset, format, args);
    va_end(args);
    return code;
}

enum treaty_code treaty_fail_nomem(struct treaty_error *err)
{
    return treaty_fail(err, TREATY_ENOMEM, TREATY_NO_OFFSET, "%s",
                       treaty_code_text(TREATY_ENOMEM));
}

/* Continuation bytes at the front belong to a character that was cut off. */
static struct treaty_str from_character(struct treaty_str s)
{
    while (s.len && ((unsigned char)s.data[0] & 0xc0) == 0x80) {
        s.data++;
        s.len--;
    }
    return s;
}

void treaty_error_set_path(struct treaty_error *err, struct treaty_str path)
{
    const size_t room = sizeof(err->path) - 1;
    const size_t half = (room - 3) / 2;
    struct treaty_str head = {path.data, half};
    struct treaty_str tail;

    if (!err)
        return;
    if (path.len <= room) {
        (void)snprintf(err->path, sizeof(err->path), "%.*s",
                       TREATY_STR_ARG(path));
        mend(err->path);
        return;
    }
    head.len = cut_at_character(path.data, half);
    tail =
        from_character((struct treaty_str){path.data + path.len - half, half});
    (void)snprintf(err->path, sizeof(err->path), "%.*s...%.*s",
                   TREATY_STR_ARG(head), TREATY_STR_ARG(tail));
    mend(err->path);
}

void treaty_error_prepend_path(struct treaty_error *err, struct treaty_str step)
{
    char whole[3 * sizeof(err->path)];
    int len;

    if (!err)
        return;
    if (step.len > sizeof(err->path))
        step.len = cut_at_character(step.data, sizeof(err->path));
    len = snprintf(whole, sizeof(whole), "/%.*s%s", TREATY_STR_ARG(step),
                   err->path);
    treaty_error_set_path(err, (struct treaty_str){whole, (size_t)len});
}
