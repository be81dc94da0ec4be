/* SPDX-License-Identifier: Apache-2.0 */
#include "serde/imports.h"

#include "base/error.h"
#include "base/str.h"

enum { DEPTH_MAX = 256 };

/* A file that was met: on the way down, or complete. */
struct visit {
    bool complete;
};

struct finder {
    struct treaty_arena *arena;
    const struct treaty_format *format;
    const struct treaty_import_source *source;
    struct treaty_map visits; /* path -> struct visit */
    struct treaty_brought *brought;
    unsigned depth;
    struct treaty_error *err;
};

/* A text that cannot be read imports nothing: the parser will say why. */
static enum treaty_code read_imports(struct finder *f, struct treaty_str text,
                                     struct treaty_import_names *ret)
{
    struct treaty_import_names names = {0};
    enum treaty_code code =
        f->format->imports(f->arena, text, &names.items, &names.count, NULL);

    if (code == TREATY_ENOMEM)
        return treaty_fail_nomem(f->err);
    *ret = code == TREATY_OK ? names : (struct treaty_import_names){0};
    return TREATY_OK;
}

/* The text of a file, which may end with the source's call; .data NULL: it has
 * none of that path. */
static struct treaty_str find_text(const struct finder *f,
                                   struct treaty_str path)
{
    const struct treaty_import_source *source = f->source;

    for (size_t i = 0; i < source->file_count; i++) {
        if (treaty_str_eq_z(path, source->files[i].path))
            return source->files[i].text;
    }
    if (!source->find)
        return (struct treaty_str){0};
    return source->find(source->ctx, path.data);
}

static enum treaty_code visit_all(struct finder *f,
                                  const struct treaty_import_names *names);

static enum treaty_code add_file(struct finder *f, struct treaty_str path,
                                 struct treaty_str text, struct visit *visit)
{
    struct treaty_brought_file file = {.path = path};
    enum treaty_code code;

    file.text = treaty_arena_dup(f->arena, text);
    if (!file.text.data)
        return treaty_fail_nomem(f->err);
    code = read_imports(f, file.text, &file.imports);
    if (code == TREATY_OK)
        code = visit_all(f, &file.imports);
    if (code != TREATY_OK)
        return code;
    if (f->brought->count == TREATY_REFERENCES_MAX)
        return treaty_fail(f->err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "a schema imports more than %d files",
                           TREATY_REFERENCES_MAX);
    f->brought->files[f->brought->count++] = file;
    visit->complete = true;
    return TREATY_OK;
}

static enum treaty_code visit(struct finder *f, struct treaty_str name)
{
    struct treaty_str path = treaty_arena_dup(f->arena, name); /* terminated */
    struct visit *met = (struct visit *)treaty_map_find(&f->visits, name);
    struct treaty_str text;

    if (met && met->complete)
        return TREATY_OK;
    if (met)
        return treaty_fail(f->err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "\"%.*s\" imports itself", TREATY_STR_ARG(name));
    if (!path.data)
        return treaty_fail_nomem(f->err);
    text = find_text(f, path);
    if (!text.data)
        return TREATY_OK;
    met = TREATY_ARENA_NEW(f->arena, struct visit);
    if (!met || treaty_map_put(&f->visits, path, met) != TREATY_OK)
        return treaty_fail_nomem(f->err);
    return add_file(f, path, text, met);
}

static enum treaty_code visit_all(struct finder *f,
                                  const struct treaty_import_names *names)
{
    enum treaty_code code = TREATY_OK;

    if (f->depth == DEPTH_MAX)
        return treaty_fail(f->err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "files import each other over more than %d levels",
                           DEPTH_MAX);
    f->depth++;
    for (size_t i = 0; code == TREATY_OK && i < names->count; i++)
        code = visit(f, names->items[i]);
    f->depth--;
    return code;
}

enum treaty_code treaty_brought_find(struct treaty_arena *arena,
                                     const struct treaty_format *format,
                                     struct treaty_str text,
                                     const struct treaty_import_source *source,
                                     struct treaty_brought *ret,
                                     struct treaty_error *err)
{
    struct treaty_brought brought = {0};
    struct finder f = {
        .arena = arena,
        .format = format,
        .source = source,
        .brought = &brought,
        .err = err,
    };
    enum treaty_code code;

    *ret = brought;
    if (!format || !format->imports || (!source->file_count && !source->find))
        return TREATY_OK;
    treaty_map_init(&f.visits, arena);
    brought.files = TREATY_ARENA_NEW_N(arena, struct treaty_brought_file,
                                       TREATY_REFERENCES_MAX);
    if (!brought.files)
        return treaty_fail_nomem(err);
    code = read_imports(&f, text, &brought.imports);
    if (code == TREATY_OK)
        code = visit_all(&f, &brought.imports);
    if (code == TREATY_OK)
        *ret = brought;
    return code;
}

/* "shop/money.proto" to "shop.money". */
static struct treaty_str qualify(struct treaty_arena *arena,
                                 struct treaty_str path)
{
    static const struct treaty_str ending = {".proto", 6};
    struct treaty_str name;
    char *at;

    if (treaty_str_ends(path, ending))
        path.len -= ending.len;
    name = treaty_arena_dup(arena, path);
    at = (char *)(uintptr_t)name.data;
    for (size_t i = 0; i < name.len; i++) {
        if (at[i] == '/')
            at[i] = '.';
    }
    return name;
}

enum treaty_code treaty_brought_name(struct treaty_arena *arena,
                                     struct treaty_brought *brought,
                                     enum treaty_reference_strategy strategy,
                                     struct treaty_error *err)
{
    for (size_t i = 0; i < brought->count; i++) {
        struct treaty_brought_file *file = &brought->files[i];

        file->subject = strategy == TREATY_REFERENCE_QUALIFIED
                            ? qualify(arena, file->path)
                            : file->path;
        if (!file->subject.data)
            return treaty_fail_nomem(err);
    }
    return TREATY_OK;
}

static const struct treaty_brought_file *
find_file(const struct treaty_brought *brought, struct treaty_str path)
{
    for (size_t i = 0; i < brought->count; i++) {
        if (treaty_str_eq(brought->files[i].path, path))
            return &brought->files[i];
    }
    return NULL;
}

static const struct treaty_reference *
find_reference(const struct treaty_id_request *request, struct treaty_str name)
{
    for (size_t i = 0; i < request->reference_count; i++) {
        if (treaty_str_eq(request->references[i].name, name))
            return &request->references[i];
    }
    return NULL;
}

static bool is_listed(const struct treaty_reference *list, size_t count,
                      struct treaty_str name)
{
    for (size_t i = 0; i < count; i++) {
        if (treaty_str_eq(list[i].name, name))
            return true;
    }
    return false;
}

/*
 * What a file refers to: the files brought along that it imports, and those of
 * the schema's own references, which are in the registry.
 */
static enum treaty_code make_references(struct treaty_arena *arena,
                                        const struct treaty_brought *brought,
                                        const struct treaty_import_names *names,
                                        const struct treaty_id_request *own,
                                        struct treaty_id_request *ret,
                                        struct treaty_error *err)
{
    struct treaty_reference *list =
        TREATY_ARENA_NEW_N(arena, struct treaty_reference,
                           names->count + own->reference_count + 1);
    size_t n = ret == own ? own->reference_count : 0;

    if (!list)
        return treaty_fail_nomem(err);
    if (n > 0)
        memcpy(list, own->references, n * sizeof(*list));
    for (size_t i = 0; i < names->count; i++) {
        struct treaty_str name = names->items[i];
        const struct treaty_brought_file *file = find_file(brought, name);
        const struct treaty_reference *known = find_reference(own, name);

        if (is_listed(list, n, name))
            continue;
        if (file)
            list[n++] = (struct treaty_reference){file->path, file->subject,
                                                  file->version};
        else if (known)
            list[n++] = *known;
    }
    ret->references = list;
    ret->reference_count = n;
    return TREATY_OK;
}

static enum treaty_code register_file(struct treaty_arena *arena,
                                      struct treaty_client *client,
                                      const struct treaty_brought *brought,
                                      const struct treaty_id_request *own,
                                      struct treaty_brought_file *file,
                                      struct treaty_error *err)
{
    struct treaty_id_request request = *own;
    const struct treaty_cached_id *id;
    struct treaty_error cause;
    enum treaty_code code;

    request.text = file->text;
    request.canonical = file->text;
    request.subject = file->subject.data;
    request.wants_version = true;
    code = make_references(arena, brought, &file->imports, own, &request, err);
    if (code != TREATY_OK)
        return code;
    code = treaty_client_id_of(client, &request, &id, &cause);
    if (code != TREATY_OK)
        return treaty_fail(err, code, TREATY_NO_OFFSET, "import \"%.*s\": %s",
                           TREATY_STR_ARG(file->path), cause.message);
    file->version = id->version;
    return TREATY_OK;
}

enum treaty_code treaty_brought_register(struct treaty_arena *arena,
                                         struct treaty_client *client,
                                         struct treaty_brought *brought,
                                         struct treaty_id_request *request,
                                         struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    if (brought->count == 0)
        return TREATY_OK;
    for (size_t i = 0; code == TREATY_OK && i < brought->count; i++)
        code = register_file(arena, client, brought, request,
                             &brought->files[i], err);
    if (code != TREATY_OK)
        return code;
    return make_references(arena, brought, &brought->imports, request, request,
                           err);
}
