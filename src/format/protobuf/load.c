/* SPDX-License-Identifier: Apache-2.0 */
/* A source: the text, what it imports, what those import; then the link. */
#include "base/error.h"
#include "base/locate.h"
#include "format/protobuf/builtin.h"
#include "format/protobuf/loader.h"
#include "format/schema.h"

enum { FIRST_ROOM = 8 };

/* "in "a/b.proto", line 3, column 5: " before what is said of an import. */
static size_t put_place(char *out, size_t size,
                        const struct treaty_proto_file *file, size_t pos)
{
    struct treaty_place place;
    int len;

    if (file->path.len == 0)
        return 0;
    if (pos == TREATY_NO_OFFSET) {
        len = snprintf(out, size, "in \"%.*s\": ", TREATY_STR_ARG(file->path));
    } else {
        place = treaty_locate(file->text, pos);
        len = snprintf(out, size, "in \"%.*s\", line %zu, column %zu: ",
                       TREATY_STR_ARG(file->path), place.line, place.column);
    }
    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

/* Nobody minds what is wrong in a file that nobody imports. */
static bool is_stray(const struct treaty_proto_loader *loader,
                     const struct treaty_proto_file *file)
{
    return loader->loads_strays ||
           (loader->imported_count && file->index >= loader->imported_count);
}

void treaty_proto_object_text(struct treaty_proto_loader *loader,
                              unsigned authorities, enum treaty_code code,
                              const struct treaty_proto_file *file, size_t pos,
                              const char *message)
{
    char place[TREATY_MESSAGE_MAX / 2];
    struct treaty_error whole;
    size_t len;

    for (unsigned i = 0; i < TREATY_PROTO_AUTHORITIES; i++) {
        if (loader->tree->objections[i].raised)
            authorities &= ~(1U << i);
    }
    if (!authorities || file->is_builtin || is_stray(loader, file))
        return;
    len = put_place(place, sizeof(place), file, pos);
    (void)treaty_fail(&whole, code, pos, "%.*s%s", (int)len, place, message);
    for (unsigned i = 0; i < TREATY_PROTO_AUTHORITIES; i++) {
        struct treaty_proto_objection *o = &loader->tree->objections[i];

        if ((authorities & 1U << i) == 0)
            continue;
        *o = (struct treaty_proto_objection){
            .raised = true, .code = code, .file = file, .pos = pos};
        memcpy(o->message, whole.message, sizeof(o->message));
    }
}

void treaty_proto_object(struct treaty_proto_loader *loader,
                         unsigned authorities, enum treaty_code code,
                         const struct treaty_proto_file *file, size_t pos,
                         const char *format, ...)
{
    struct treaty_error err;
    va_list args;

    va_start(args, format);
    (void)treaty_fail_v(&err, code, pos, format, args);
    va_end(args);
    treaty_proto_object_text(loader, authorities, code, file, pos, err.message);
}

enum treaty_code treaty_proto_fail_v(struct treaty_proto_loader *loader,
                                     enum treaty_code code,
                                     const struct treaty_proto_file *file,
                                     size_t pos, const char *format,
                                     va_list args)
{
    struct treaty_error err;
    char place[TREATY_MESSAGE_MAX / 2];
    size_t len;

    (void)treaty_fail_v(&err, code, pos, format, args);
    len = put_place(place, sizeof(place), file, pos);
    return treaty_fail(loader->err, code,
                       file->path.len ? TREATY_NO_OFFSET : pos, "%.*s%s",
                       (int)len, place, err.message);
}

enum treaty_code treaty_proto_fail(struct treaty_proto_loader *loader,
                                   enum treaty_code code,
                                   const struct treaty_proto_file *file,
                                   size_t pos, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    code = treaty_proto_fail_v(loader, code, file, pos, format, args);
    va_end(args);
    return code;
}

/* A file with its path and text, among the loaded ones; NULL: no memory. */
static struct treaty_proto_file *new_file(struct treaty_proto_loader *loader,
                                          struct treaty_str path,
                                          struct treaty_str text)
{
    struct treaty_proto_file *file =
        TREATY_ARENA_NEW(loader->arena, struct treaty_proto_file);

    if (!file)
        return NULL;
    file->path = treaty_arena_dup(loader->arena, path);
    file->text = text;
    if (!file->path.data ||
        treaty_map_put(&loader->files, file->path, file) != TREATY_OK)
        return NULL;
    return file;
}

/* Behind the files of the tree, those that it imports being there. */
static enum treaty_code add_file(struct treaty_proto_loader *loader,
                                 struct treaty_proto_file *file)
{
    struct treaty_proto_tree *tree = loader->tree;

    if (tree->file_count == loader->order_room) {
        uint32_t room =
            loader->order_room ? loader->order_room * 2 : FIRST_ROOM;
        struct treaty_proto_file **files =
            TREATY_ARENA_NEW_N(loader->arena, struct treaty_proto_file *, room);

        if (!files)
            return treaty_fail_nomem(loader->err);
        if (tree->file_count)
            memcpy(files, tree->files, tree->file_count * sizeof(*files));
        tree->files = files;
        loader->order_room = room;
    }
    file->index = tree->file_count;
    tree->files[tree->file_count++] = file;
    return TREATY_OK;
}

static const struct treaty_import *
find_import(const struct treaty_source *source, struct treaty_str path)
{
    for (size_t i = 0; i < source->import_count; i++) {
        if (treaty_str_eq(source->imports[i].reference.name, path))
            return &source->imports[i];
    }
    return NULL;
}

/* Copy what the registry knows of a file. */
static enum treaty_code copy_import(struct treaty_proto_loader *loader,
                                    const struct treaty_import *import,
                                    struct treaty_proto_file *file)
{
    const struct treaty_reference *reference = &import->reference;

    file->text = treaty_arena_dup(loader->arena, import->text);
    file->version = reference->version;
    if (reference->subject.data)
        file->subject = treaty_arena_dup(loader->arena, reference->subject);
    if (!file->text.data || (reference->subject.data && !file->subject.data))
        return treaty_fail_nomem(loader->err);
    return TREATY_OK;
}

/* Parse what `path` stands for, a reference or a file that we carry; NULL when
 * nothing does. */
static enum treaty_code open_file(struct treaty_proto_loader *loader,
                                  struct treaty_str path,
                                  struct treaty_proto_file **ret)
{
    const struct treaty_import *import = find_import(loader->source, path);
    struct treaty_str text = import ? import->text : treaty_proto_builtin(path);
    struct treaty_proto_file *file;

    *ret = NULL;
    if (!text.data)
        return TREATY_OK;
    file = new_file(loader, path, text);
    if (!file)
        return treaty_fail_nomem(loader->err);
    file->is_builtin = !import;
    if (import && copy_import(loader, import, file) != TREATY_OK)
        return TREATY_ENOMEM;
    *ret = file;
    return treaty_proto_parse_file(loader, file);
}

/*
 * Files that are being loaded: each one waits for the import that follows it.
 * They are a list instead of a recursion, as a chain of imports may be long.
 */
struct waiting {
    struct treaty_proto_file *file;
    uint32_t next; /* import to look at */
    struct waiting *importer;
};

static bool is_waiting(const struct waiting *top,
                       const struct treaty_proto_file *file)
{
    while (top && top->file != file)
        top = top->importer;
    return top != NULL;
}

static enum treaty_code push_waiting(struct treaty_proto_loader *loader,
                                     struct treaty_proto_file *file,
                                     struct waiting **top)
{
    struct waiting *waiting =
        TREATY_ARENA_NEW(&loader->scratch, struct waiting);

    if (!waiting)
        return treaty_fail_nomem(loader->err);
    waiting->file = file;
    waiting->importer = *top;
    *top = waiting;
    return TREATY_OK;
}

/* Look at one import of the file on top. */
static enum treaty_code follow(struct treaty_proto_loader *loader,
                               struct treaty_proto_import *import,
                               struct waiting **top)
{
    const struct treaty_proto_file *file = (*top)->file;
    struct treaty_proto_file *known =
        treaty_map_find(&loader->files, import->path);
    enum treaty_code code;

    if (known) {
        if (!is_waiting(*top, known))
            import->file = known;
        else
            treaty_proto_object(loader, TREATY_PROTO_BY_PROTOC, TREATY_ESCHEMA,
                                file, import->pos,
                                "\"%.*s\" imports this file, directly or not; "
                                "imports cannot be cyclic",
                                TREATY_STR_ARG(import->path));
        return TREATY_OK;
    }
    code = open_file(loader, import->path, &import->file);
    if (code)
        return code;
    if (import->file)
        return push_waiting(loader, import->file, top);
    treaty_proto_object(loader, TREATY_PROTO_BY_PROTOC, TREATY_ESCHEMA, file,
                        import->pos,
                        "\"%.*s\" is not known; add a reference of that "
                        "name, or mend the path",
                        TREATY_STR_ARG(import->path));
    return TREATY_OK;
}

/* Load all that `file`, which is parsed, imports; then add it. */
static enum treaty_code close_over(struct treaty_proto_loader *loader,
                                   struct treaty_proto_file *file)
{
    struct waiting *top = NULL;
    enum treaty_code code = push_waiting(loader, file, &top);

    while (!code && top) {
        struct treaty_proto_file *here = top->file;

        if (top->next < here->import_count) {
            code = follow(loader, &here->imports[top->next++], &top);
            continue;
        }
        top = top->importer;
        code = add_file(loader, here);
    }
    return code;
}

enum treaty_code treaty_proto_load_import(struct treaty_proto_loader *loader,
                                          struct treaty_str path,
                                          struct treaty_proto_file **ret)
{
    enum treaty_code code;

    *ret = treaty_map_find(&loader->files, path);
    if (*ret)
        return TREATY_OK;
    code = open_file(loader, path, ret);
    if (code || !*ret)
        return code;
    return close_over(loader, *ret);
}

/* Linking what a file uses may add files, behind the others. */
static enum treaty_code link_files(struct treaty_proto_loader *loader)
{
    struct treaty_proto_tree *tree = loader->tree;
    enum treaty_code code = TREATY_OK;

    for (uint32_t i = 0; !code && i < tree->file_count; i++)
        code = treaty_proto_link_names(loader, tree->files[i]);
    for (uint32_t i = 0; !code && i < tree->file_count; i++)
        code = treaty_proto_link_uses(loader, tree->files[i]);
    return code;
}

static enum treaty_code check_files(struct treaty_proto_loader *loader)
{
    struct treaty_proto_tree *tree = loader->tree;
    enum treaty_code code = TREATY_OK;

    if (!treaty_proto_is_checked(loader))
        return TREATY_OK;
    for (uint32_t i = 0; !code && i < loader->imported_count; i++) {
        if (!tree->files[i]->is_builtin)
            code = treaty_proto_check(loader, tree->files[i]);
    }
    return code;
}

/* Who must not object, by strictness: all of the set together refuse. */
static const unsigned refusing[] = {
    [TREATY_NEW] = TREATY_PROTO_BY_BOTH,
    [TREATY_STRICT] = TREATY_PROTO_BY_PROTOC,
    [TREATY_STORED] = 0,
};

/* Refuse the text when those who count object to it: with protoc's words,
 * which the reference's agree with or come behind. */
static enum treaty_code judge(struct treaty_proto_loader *loader)
{
    const struct treaty_proto_objection *objections = loader->tree->objections;
    const struct treaty_proto_objection *said =
        &objections[TREATY_PROTO_PROTOC];
    const unsigned needed = refusing[loader->source->strictness];
    unsigned raised = 0;

    for (unsigned i = 0; i < TREATY_PROTO_AUTHORITIES; i++) {
        if (objections[i].raised)
            raised |= 1U << i;
    }
    if (!needed || (raised & needed) != needed)
        return TREATY_OK;
    return treaty_fail(loader->err, said->code,
                       said->file->path.len ? TREATY_NO_OFFSET : said->pos,
                       "%s", said->message);
}

static enum treaty_code run(struct treaty_proto_loader *loader,
                            struct treaty_proto_file *file, bool is_parsed)
{
    enum treaty_code code = TREATY_OK;

    if (!is_parsed)
        code = treaty_proto_parse_file(loader, file);
    if (!code)
        code = close_over(loader, file);
    loader->imported_count = loader->tree->file_count;
    if (!code)
        code = link_files(loader);
    if (!code)
        code = check_files(loader);
    /* Both have objected to a text that no tree can be made of, and the first
     * objection says more than the last. */
    if ((code == TREATY_OK || code == TREATY_ESCHEMA) &&
        judge(loader) != TREATY_OK)
        code = loader->err ? loader->err->code : TREATY_ESCHEMA;
    return code;
}

static enum treaty_code load(struct treaty_arena *arena,
                             const struct treaty_source *source,
                             struct treaty_proto_file *file, bool is_parsed,
                             struct treaty_proto_tree **ret,
                             struct treaty_error *err)
{
    struct treaty_error own;
    struct treaty_proto_loader loader = {
        .arena = arena,
        .tree = TREATY_ARENA_NEW(arena, struct treaty_proto_tree),
        .source = source,
        .limits = treaty_limits_fill(source->limits),
        .err = err ? err : &own,
    };
    enum treaty_code code;

    if (!loader.tree)
        return treaty_fail_nomem(err);
    loader.tree->arena = arena;
    loader.tree->file = file;
    treaty_arena_init(&loader.scratch, 0, NULL);
    treaty_map_init(&loader.files, &loader.scratch);
    treaty_map_init(&loader.declarations, &loader.scratch);
    treaty_map_init(&loader.tree->symbols, arena);
    code = run(&loader, file, is_parsed);
    treaty_arena_release(&loader.scratch);
    if (!code)
        *ret = loader.tree;
    return code;
}

enum treaty_code treaty_proto_load(struct treaty_arena *arena,
                                   const struct treaty_source *source,
                                   struct treaty_proto_tree **ret,
                                   struct treaty_error *err)
{
    struct treaty_proto_file *file =
        TREATY_ARENA_NEW(arena, struct treaty_proto_file);

    if (!file)
        return treaty_fail_nomem(err);
    file->path = TREATY_STR("");
    file->text = source->text;
    return load(arena, source, file, false, ret, err);
}

enum treaty_code treaty_proto_load_file(struct treaty_arena *arena,
                                        const struct treaty_source *source,
                                        struct treaty_proto_file *file,
                                        struct treaty_proto_tree **ret,
                                        struct treaty_error *err)
{
    return load(arena, source, file, true, ret, err);
}
