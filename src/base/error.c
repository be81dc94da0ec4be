/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

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

enum treaty_code treaty_fail_v(struct treaty_error *err, enum treaty_code code,
                               size_t offset, const char *format, va_list args)
{
    if (!err)
        return code;
    err->code = code;
    err->offset = offset;
    err->path[0] = '\0';
    (void)vsnprintf(err->message, sizeof(err->message), format, args);
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
