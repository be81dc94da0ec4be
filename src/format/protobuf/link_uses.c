/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the names in a file mean. protoc looks from the inside out, and only at
 * the files that this one imports, or that those import publicly:
 *
 *     in message a.b.M, "N.O" is sought as a.b.M.N.O, a.b.N.O, a.N.O, N.O,
 *
 * where the innermost N that can hold something decides, even if it holds no
 * O. The reference looks at every file it knows. So a name is sought protoc's
 * way first, and then again for the reference among all files, those included
 * that nobody has imported.
 */
#include "base/buf.h"
#include "base/error.h"
#include "format/protobuf/builtin.h"
#include "format/protobuf/features.h"
#include "format/protobuf/loader.h"

struct linker {
    struct treaty_proto_loader *loader;
    struct treaty_proto_file *file;
    struct treaty_proto_file **seen; /* the files that `file` sees */
    uint32_t seen_count;
    struct treaty_buf candidate; /* a name that is being tried */
    enum treaty_code code;
};

/* A name that is sought, and where it stands. */
struct use {
    struct treaty_str scope; /* full name of what is around it, or empty */
    struct treaty_proto_ref *ref;
    bool types_only; /* what is no type is passed over */
};

static bool is_visible(const struct linker *l,
                       const struct treaty_proto_file *file)
{
    const struct treaty_proto_loader *loader = l->loader;

    return file->index < loader->visible_room &&
           loader->visible[file->index] == l->file->index + 1;
}

static void see(struct linker *l, struct treaty_proto_file *file)
{
    if (!file || is_visible(l, file))
        return;
    l->loader->visible[file->index] = l->file->index + 1;
    l->seen[l->seen_count++] = file;
}

static void see_imports(struct linker *l)
{
    const struct treaty_proto_file *file = l->file;

    see(l, l->file);
    for (uint32_t i = 0; i < file->import_count; i++)
        see(l, file->imports[i].file);
    for (uint32_t i = 1; i < l->seen_count; i++) {
        const struct treaty_proto_file *via = l->seen[i];

        for (uint32_t j = 0; j < via->import_count; j++) {
            if (via->imports[j].kind == TREATY_PROTO_IMPORT_PUBLIC)
                see(l, via->imports[j].file);
        }
    }
}

/* Room for the files there are by now, which late ones may have joined. */
static enum treaty_code make_room(struct linker *l)
{
    struct treaty_proto_loader *loader = l->loader;
    const uint32_t count = loader->tree->file_count;

    if (loader->visible_room < count) {
        const size_t room = (size_t)count * 2;

        loader->visible = TREATY_ARENA_NEW_N(&loader->scratch, uint32_t, room);
        loader->seen = TREATY_ARENA_NEW_N(&loader->scratch,
                                          struct treaty_proto_file *, room);
        if (!loader->visible || !loader->seen)
            return treaty_fail_nomem(loader->err);
        loader->visible_room = count * 2;
    }
    l->seen = loader->seen;
    return TREATY_OK;
}

/* Is `package` that of a file that is seen, or a beginning of it? */
static bool is_visible_package(const struct linker *l,
                               struct treaty_str package)
{
    for (uint32_t i = 0; i < l->seen_count; i++) {
        struct treaty_str of = l->seen[i]->package;

        if (treaty_str_starts(of, package) &&
            (of.len == package.len || of.data[package.len] == '.'))
            return true;
    }
    return false;
}

/* The symbol called `scope`.`name`, if it may be seen. */
static const struct treaty_proto_symbol *look_up(struct linker *l,
                                                 struct treaty_str scope,
                                                 struct treaty_str name,
                                                 bool everywhere)
{
    const struct treaty_proto_symbol *symbol;

    treaty_buf_clear(&l->candidate);
    if (scope.len) {
        treaty_buf_put(&l->candidate, scope);
        treaty_buf_put_c(&l->candidate, '.');
        treaty_buf_put(&l->candidate, name);
        name = treaty_buf_str(&l->candidate);
    }
    if (l->candidate.failed) {
        l->code = treaty_fail_nomem(l->loader->err);
        return NULL;
    }
    symbol = treaty_map_find(&l->loader->tree->symbols, name);
    if (!symbol || everywhere || is_visible(l, symbol->file))
        return symbol;
    if (symbol->kind == TREATY_PROTO_SYMBOL_PACKAGE &&
        is_visible_package(l, name))
        return symbol;
    return NULL;
}

/* The message that stands for a map has a name, but nobody may use it. */
static bool is_entry(const struct treaty_proto_symbol *symbol)
{
    return symbol->kind == TREATY_PROTO_SYMBOL_MESSAGE &&
           ((const struct treaty_proto_message *)symbol->element)->is_synthetic;
}

static bool is_type(const struct treaty_proto_symbol *symbol)
{
    if (is_entry(symbol))
        return false;
    return symbol->kind == TREATY_PROTO_SYMBOL_MESSAGE ||
           symbol->kind == TREATY_PROTO_SYMBOL_ENUM;
}

static bool holds_names(const struct treaty_proto_symbol *symbol)
{
    return is_type(symbol) || symbol->kind == TREATY_PROTO_SYMBOL_PACKAGE ||
           symbol->kind == TREATY_PROTO_SYMBOL_SERVICE;
}

/* One scope, protoc's way. True when the search ends here, with what was
 * found or, in `*ret_hider`, what hides the rest of the name. */
static bool search_scope(struct linker *l, struct treaty_str scope,
                         const struct use *use,
                         const struct treaty_proto_symbol **ret,
                         const struct treaty_proto_symbol **ret_hider)
{
    const struct treaty_str name = use->ref->name;
    const size_t first_len = treaty_str_find(name, '.');
    const struct treaty_proto_symbol *found =
        look_up(l, scope, treaty_str_sub(name, 0, first_len), false);

    if (!found)
        return false;
    if (first_len == name.len) {
        if (use->types_only && !is_type(found))
            return false;
        *ret = found;
        return true;
    }
    if (!holds_names(found))
        return false;
    *ret = look_up(l, scope, name, false);
    if (!*ret)
        *ret_hider = found;
    return true;
}

static const struct treaty_proto_symbol *
search_visible(struct linker *l, const struct use *use,
               const struct treaty_proto_symbol **ret_hider)
{
    const struct treaty_str name = use->ref->name;
    const struct treaty_proto_symbol *found = NULL;
    struct treaty_str scope = use->scope;

    if (name.len && name.data[0] == '.')
        return look_up(l, (struct treaty_str){0},
                       treaty_str_sub(name, 1, name.len), false);
    while (!search_scope(l, scope, use, &found, ret_hider) && scope.len)
        scope = treaty_str_before_last(scope, '.');
    return found;
}

/* The reference's way: the first scope in which the whole name is a type. */
static const struct treaty_proto_symbol *search_all(struct linker *l,
                                                    const struct use *use)
{
    struct treaty_str name = use->ref->name;
    struct treaty_str scope = use->scope;

    if (name.len && name.data[0] == '.') {
        name = treaty_str_sub(name, 1, name.len);
        scope = (struct treaty_str){0};
    }
    for (;;) {
        const struct treaty_proto_symbol *found = look_up(l, scope, name, true);

        if (found && is_type(found))
            return found;
        if (scope.len == 0)
            return NULL;
        scope = treaty_str_before_last(scope, '.');
    }
}

/* A file that has no sense helps nobody, but does no harm either. */
static enum treaty_code load_stray(struct linker *l, struct treaty_str path)
{
    struct treaty_proto_tree *tree = l->loader->tree;
    uint32_t i = tree->file_count;
    struct treaty_proto_file *file;
    enum treaty_code code;

    l->loader->loads_strays = true;
    code = treaty_proto_load_import(l->loader, path, &file);
    for (; !code && i < tree->file_count; i++)
        code = treaty_proto_link_names(l->loader, tree->files[i]);
    l->loader->loads_strays = false;
    return code == TREATY_ESCHEMA ? TREATY_OK : code;
}

/* Could the text define something of that name? */
static bool mentions(struct treaty_str text, struct treaty_str name)
{
    return memmem(text.data, text.len, name.data, name.len) != NULL;
}

/* After so many searches it is cheaper to have everything. */
enum { SEARCHES_MAX = 8 };

/* Bring in what nobody has imported: references, then files that we carry, if
 * they may have the name. */
static void load_strays(struct linker *l, struct treaty_str name)
{
    const struct treaty_source *source = l->loader->source;
    struct treaty_str simple = treaty_str_after_last(name, '.');
    struct treaty_str path;

    if (l->loader->stray_rounds > SEARCHES_MAX)
        return;
    if (++l->loader->stray_rounds > SEARCHES_MAX)
        simple.len = 0;

    for (size_t i = 0; !l->code && i < source->import_count; i++) {
        if (mentions(source->imports[i].text, simple))
            l->code = load_stray(l, source->imports[i].reference.name);
    }
    for (size_t i = 0; !l->code; i++) {
        path = treaty_proto_builtin_path(i);
        if (!path.data)
            break;
        if (mentions(treaty_proto_builtin(path), simple))
            l->code = load_stray(l, path);
    }
}

static void set_target(struct treaty_proto_ref *ref,
                       const struct treaty_proto_symbol *found)
{
    if (found->kind == TREATY_PROTO_SYMBOL_MESSAGE) {
        ref->type = TREATY_PROTO_MESSAGE;
        ref->message = found->element;
    } else {
        ref->type = TREATY_PROTO_ENUM;
        ref->enumeration = found->element;
    }
}

/* Words that people write for a type. */
static const struct {
    const char *wrong;
    const char *right;
} hints[] = {
    {"String", "string"},
    {"str", "string"},
    {"text", "string"},
    {"int", "int32"},
    {"Int", "int32"},
    {"integer", "int32"},
    {"Integer", "int32"},
    {"short", "int32"},
    {"long", "int64"},
    {"Long", "int64"},
    {"uint", "uint32"},
    {"boolean", "bool"},
    {"Boolean", "bool"},
    {"Bool", "bool"},
    {"Double", "double"},
    {"Float", "float"},
    {"float32", "float"},
    {"float64", "double"},
    {"number", "double"},
    {"byte", "bytes"},
    {"Bytes", "bytes"},
    {"binary", "bytes"},
    {"int8", "int32"},
    {"int16", "int32"},
    {"uint8", "uint32"},
    {"uint16", "uint32"},
    {"decimal", "string"},
    {"any", "google.protobuf.Any"},
    {"datetime", "google.protobuf.Timestamp"},
    {"timestamp", "google.protobuf.Timestamp"},
    {"Timestamp", "google.protobuf.Timestamp"},
    {"Duration", "google.protobuf.Duration"},
};

static struct treaty_str find_word(struct treaty_str name)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (treaty_str_eq_z(name, hints[i].wrong))
            return treaty_str_z(hints[i].right);
    }
    return (struct treaty_str){0};
}

/* A type that is called the same, but for case and scope. */
static struct treaty_str find_namesake(const struct linker *l,
                                       struct treaty_str name)
{
    const struct treaty_map *symbols = &l->loader->tree->symbols;
    const struct treaty_map_entry *e;

    name = treaty_str_after_last(name, '.');
    for (e = treaty_map_next(symbols, NULL); e;
         e = treaty_map_next(symbols, e)) {
        if (is_type(e->value) &&
            treaty_str_eq_nocase(treaty_str_after_last(e->key, '.'), name))
            return e->key;
    }
    return (struct treaty_str){0};
}

/* Why the reference finds nothing either. Only the first objection is kept, so
 * the search for a hint is made once at most. */
static void object_unknown(struct linker *l, const struct use *use,
                           const struct treaty_proto_symbol *found,
                           const struct treaty_proto_symbol *hider)
{
    const struct treaty_proto_ref *ref = use->ref;
    const struct treaty_str name = ref->name;
    struct treaty_str hint = find_word(name);

    if (!hint.data && !found && !hider &&
        !l->loader->tree->objections[TREATY_PROTO_PROTOC].raised)
        hint = find_namesake(l, name);
    if (hint.data)
        treaty_proto_object(l->loader, TREATY_PROTO_BY_BOTH, TREATY_ETYPE,
                            l->file, ref->pos,
                            "unknown type \"%.*s\"; did you mean \"%.*s\"?",
                            TREATY_STR_ARG(name), TREATY_STR_ARG(hint));
    else if (found)
        treaty_proto_object(
            l->loader, TREATY_PROTO_BY_BOTH, TREATY_ETYPE, l->file, ref->pos,
            "\"%.*s\" is not a type but something else", TREATY_STR_ARG(name));
    else if (hider)
        treaty_proto_object(
            l->loader, TREATY_PROTO_BY_BOTH, TREATY_ETYPE, l->file, ref->pos,
            "unknown type \"%.*s\": the \"%.*s\" nearest to it has none of "
            "that name; begin the name with a dot to start outside",
            TREATY_STR_ARG(name),
            TREATY_STR_ARG(
                treaty_str_sub(name, 0, treaty_str_find(name, '.'))));
    else
        treaty_proto_object(l->loader, TREATY_PROTO_BY_BOTH, TREATY_ETYPE,
                            l->file, ref->pos,
                            "unknown type \"%.*s\"; define it, or import the "
                            "file that does",
                            TREATY_STR_ARG(name));
}

/* Found by the reference alone. */
static void object_unseen(struct linker *l, const struct use *use,
                          const struct treaty_proto_symbol *found,
                          const struct treaty_proto_symbol *hider)
{
    const struct treaty_proto_ref *ref = use->ref;
    const struct treaty_str name = ref->name;

    if (hider)
        treaty_proto_object(
            l->loader, TREATY_PROTO_BY_PROTOC, TREATY_ETYPE, l->file, ref->pos,
            "\"%.*s\" is hidden by a nearer \"%.*s\", which has none of that "
            "name; begin the name with a dot to start outside",
            TREATY_STR_ARG(name),
            TREATY_STR_ARG(
                treaty_str_sub(name, 0, treaty_str_find(name, '.'))));
    else
        treaty_proto_object(
            l->loader, TREATY_PROTO_BY_PROTOC, TREATY_ETYPE, l->file, ref->pos,
            "\"%.*s\" is in \"%.*s\", which this file does not import",
            TREATY_STR_ARG(name), TREATY_STR_ARG(found->file->path));
}

static void resolve(struct linker *l, const struct use *use)
{
    const struct treaty_proto_symbol *hider = NULL;
    const struct treaty_proto_symbol *all = NULL;
    const struct treaty_proto_symbol *found;

    if (l->code || treaty_proto_is_lost(l->loader) ||
        use->ref->type != TREATY_PROTO_UNRESOLVED ||
        treaty_str_has(use->ref->name, '<'))
        return;
    found = search_visible(l, use, &hider);
    if (found && is_type(found)) {
        set_target(use->ref, found);
        return;
    }
    all = search_all(l, use);
    if (!all) {
        load_strays(l, use->ref->name);
        all = search_all(l, use);
    }
    if (!all) {
        object_unknown(l, use, found, hider);
        return;
    }
    object_unseen(l, use, all, hider);
    set_target(use->ref, all);
}

static bool is_key_type(enum treaty_proto_type type)
{
    return type != TREATY_PROTO_FLOAT && type != TREATY_PROTO_DOUBLE &&
           type != TREATY_PROTO_BYTES && type != TREATY_PROTO_MESSAGE &&
           type != TREATY_PROTO_GROUP && type != TREATY_PROTO_ENUM;
}

static void mind_key_type(struct linker *l, unsigned authorities,
                          const struct treaty_proto_ref *key)
{
    if (!is_key_type(key->type))
        treaty_proto_object(l->loader, authorities, TREATY_ETYPE, l->file,
                            key->pos,
                            "the key of a map is an integer, a bool or a "
                            "string, not \"%.*s\"",
                            TREATY_STR_ARG(key->name));
}

/* The field of that name that is in no oneof, or NULL. */
static struct treaty_proto_field *
find_plain(const struct treaty_proto_message *m, const char *name)
{
    struct treaty_proto_field *field =
        treaty_proto_field_by_name(m, treaty_str_z(name));

    return field && !field->oneof ? field : NULL;
}

/* An entry that is written out, which protoc refuses, is a map to the
 * reference where it stands in a message. */
static void mind_entry(struct linker *l, const struct treaty_proto_message *m)
{
    const struct treaty_proto_field *key = find_plain(m, "key");

    if (!m->is_map_entry || !m->parent ||
        !treaty_str_ends(m->name, TREATY_STR("Entry")))
        return;
    if (key && find_plain(m, "value"))
        mind_key_type(l, TREATY_PROTO_BY_REFERENCE, &key->ref);
    else
        treaty_proto_object(l->loader, TREATY_PROTO_BY_REFERENCE,
                            TREATY_ESCHEMA, l->file, m->pos,
                            "the entry of a map has a field \"key\" and a "
                            "field \"value\"");
}

static void resolve_field(struct linker *l, struct treaty_str scope,
                          struct treaty_proto_field *field)
{
    const struct treaty_proto_message *entry = field->ref.message;

    if (field->is_map) {
        resolve(l, &(struct use){scope, &field->key, true});
        resolve(l, &(struct use){scope, &field->value, true});
        mind_key_type(l, TREATY_PROTO_BY_BOTH, &field->key);
        entry->fields[0]->ref = field->key;
        entry->fields[1]->ref = field->value;
    } else {
        resolve(l, &(struct use){scope, &field->ref, true});
    }
    treaty_proto_settle_field(l->file, field);
}

static void resolve_extends(struct linker *l, struct treaty_str scope,
                            struct treaty_proto_extend *extends, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        resolve(l, &(struct use){scope, &extends[i].extendee, false});
        for (uint32_t j = 0; j < extends[i].field_count; j++)
            resolve_field(l, scope, extends[i].fields[j]);
    }
}

static void resolve_message(struct linker *l, struct treaty_proto_message *m)
{
    treaty_proto_settle_message(m);
    for (uint32_t i = 0; i < m->field_count; i++)
        resolve_field(l, m->full, m->fields[i]);
    mind_entry(l, m);
    resolve_extends(l, m->full, m->extends, m->extend_count);
    for (uint32_t i = 0; i < m->enum_count; i++)
        treaty_proto_settle_enum(m->enums[i]);
}

static void resolve_service(struct linker *l, struct treaty_proto_service *s)
{
    struct treaty_str scope = s->name;

    if (l->file->package.len)
        scope = treaty_arena_join(&l->loader->scratch, l->file->package, '.',
                                  s->name);
    if (!scope.data) {
        l->code = treaty_fail_nomem(l->loader->err);
        return;
    }
    for (uint32_t i = 0; i < s->rpc_count; i++) {
        resolve(l, &(struct use){scope, &s->rpcs[i].request, false});
        resolve(l, &(struct use){scope, &s->rpcs[i].response, false});
    }
}

static void resolve_file(struct linker *l)
{
    struct treaty_proto_file *file = l->file;
    struct treaty_proto_message *m;

    treaty_proto_settle_file(file);
    for (uint32_t i = 0; i < file->enum_count; i++)
        treaty_proto_settle_enum(file->enums[i]);
    for (m = treaty_proto_next_message(file, NULL); m;
         m = treaty_proto_next_message(file, m))
        resolve_message(l, m);
    resolve_extends(l, file->package, file->extends, file->extend_count);
    for (uint32_t i = 0; i < file->service_count; i++)
        resolve_service(l, &file->services[i]);
}

enum treaty_code treaty_proto_link_uses(struct treaty_proto_loader *loader,
                                        struct treaty_proto_file *file)
{
    struct linker l = {.loader = loader, .file = file};

    l.code = make_room(&l);
    if (l.code)
        return l.code;
    see_imports(&l);
    treaty_buf_init(&l.candidate, 0);
    resolve_file(&l);
    treaty_buf_release(&l.candidate);
    return l.code;
}
