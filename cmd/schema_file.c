/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/schema_file.h"

#include "base/error.h"
#include "base/file.h"
#include "base/locate.h"
#include "base/str.h"
#include "client/closure.h"
#include "serde/imports.h"

#include <stdio.h>

/* What a file is read with, and what it came to. */
struct reading {
    const struct treaty_schema_file *file;
    const struct treaty_format *format;
    struct treaty_arena arena;
    struct treaty_source source;
    struct treaty_error err;
};

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

const char *treaty_schema_file_format(const char *flag, const char *path)
{
    if (flag)
        return flag;
    return path && treaty_str_ends(treaty_str_z(path), TREATY_STR(".proto"))
               ? "protobuf"
               : "avro";
}

/* What the references need of the registry. */
static enum treaty_code fetch_references(struct reading *r,
                                         struct treaty_closure *ret)
{
    const struct treaty_import_options *imports = r->file->imports;
    struct treaty_schema_info info = {
        .references = imports->references,
        .reference_count = imports->reference_count,
    };
    struct treaty_manner manner = {.limited = false};

    *ret = (struct treaty_closure){0};
    if (!imports->reference_count)
        return TREATY_OK;
    if (!r->file->client)
        return treaty_fail(&r->err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "-reference needs a -registry to ask");
    r->source.references = imports->references;
    r->source.reference_count = imports->reference_count;
    return treaty_client_closure(r->file->client, &info, manner, &r->arena, ret,
                                 &r->err);
}

/* References first, and behind them the files of the folders. */
static enum treaty_code find_imports(struct reading *r)
{
    struct treaty_import_source from;
    struct treaty_brought brought;
    struct treaty_closure closure;
    struct treaty_import *all;
    enum treaty_code code;

    if (!r->file->imports)
        return TREATY_OK;
    from = treaty_import_options_source(r->file->imports);
    code = fetch_references(r, &closure);
    if (!code)
        code = treaty_brought_find(&r->arena, r->format, r->source.text, &from,
                                   &brought, &r->err);
    if (code)
        return code;
    all = TREATY_ARENA_NEW_N(&r->arena, struct treaty_import,
                             closure.count + brought.count + 1);
    if (!all)
        return treaty_fail_nomem(&r->err);
    for (size_t i = 0; i < closure.count; i++)
        all[i] = closure.imports[i];
    for (size_t i = 0; i < brought.count; i++)
        all[closure.count + i] =
            (struct treaty_import){.reference.name = brought.files[i].path,
                                   .text = brought.files[i].text};
    r->source.imports = all;
    r->source.import_count = closure.count + brought.count;
    return TREATY_OK;
}

static enum treaty_code parse(struct reading *r, struct treaty_schema **ret)
{
    struct treaty_schema *whole = NULL;
    enum treaty_code code = find_imports(r);

    if (!code)
        code = treaty_schema_parse(r->format, &r->source, &whole, &r->err);
    if (code)
        return code;
    code =
        treaty_schema_part(whole, treaty_str_z(r->file->message), ret, &r->err);
    treaty_schema_unref(whole);
    return code;
}

static bool read_text(struct reading *r)
{
    r->source.text = r->file->text;
    if (r->source.text.data)
        return true;
    if (!treaty_file_read(&r->arena, r->file->path, TREATY_SCHEMA_FILE_MAX,
                          &r->source.text, &r->err))
        return true;
    fprintf(stderr, "treaty: %s: %s\n", r->file->path, r->err.message);
    return false;
}

bool treaty_schema_file_open(const struct treaty_schema_file *file,
                             struct treaty_schema **ret)
{
    const char *format = treaty_schema_file_format(file->format, file->path);
    struct reading r = {
        .file = file,
        .format = treaty_format_find(treaty_str_z(format)),
        .source = {.strictness = file->strictness,
                   .limits = {.text_max = TREATY_SCHEMA_FILE_MAX}},
    };
    bool ok = false;

    if (!r.format)
        fprintf(stderr, "treaty: there is no format \"%s\"\n", format);
    else if (read_text(&r)) {
        ok = parse(&r, ret) == TREATY_OK;
        if (!ok)
            treaty_schema_file_complain(file->path, r.source.text, &r.err);
    }
    treaty_arena_release(&r.arena);
    return ok;
}

bool treaty_schema_file_load(const char *path, const char *format,
                             struct treaty_schema **ret)
{
    struct treaty_schema_file file = {.path = path, .format = format};

    return treaty_schema_file_open(&file, ret);
}
