/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/schema_file.h"

#include "base/file.h"
#include "base/locate.h"
#include "base/str.h"

#include <stdio.h>

void treaty_schema_file_complain(const char *name, struct treaty_str text,
                                 const struct treaty_error *err)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_locate_print(&out, name, text, err);
    if (err->path[0])
        treaty_buf_printf(&out, "    at %s\n", err->path);
    (void)fwrite(treaty_buf_str(&out).data, 1, out.len, stderr);
    treaty_buf_release(&out);
}

bool treaty_schema_file_load(const char *path, const char *format,
                             struct treaty_schema **ret)
{
    struct treaty_arena arena = {0};
    struct treaty_source source = {
        .strictness = TREATY_NEW,
        .limits = {.text_max = TREATY_SCHEMA_FILE_MAX},
    };
    const struct treaty_format *row =
        treaty_format_find(treaty_str_z(format ? format : ""));
    struct treaty_error err;
    bool ok = false;

    if (!row) {
        fprintf(stderr, "treaty: there is no format \"%s\"\n", format);
        return false;
    }
    if (treaty_file_read(&arena, path, TREATY_SCHEMA_FILE_MAX, &source.text,
                         &err))
        fprintf(stderr, "treaty: %s: %s\n", path, err.message);
    else if (treaty_schema_parse(row, &source, ret, &err))
        treaty_schema_file_complain(path, source.text, &err);
    else
        ok = true;
    treaty_arena_release(&arena);
    return ok;
}
