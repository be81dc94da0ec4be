/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full names. Everything that has one is a symbol: packages with all their
 * beginnings, and the constants of an enum beside the enum. Of two things with
 * one name the first keeps it.
 */
#include "base/error.h"
#include "format/protobuf/loader.h"

/* Where names are being entered. */
struct linker {
    struct treaty_proto_loader *loader;
    struct treaty_proto_file *file;
    enum treaty_code code;
};

/* Where a name stands, if it is a view of the text. */
static size_t place_of(const struct linker *l, struct treaty_str name)
{
    const uintptr_t text = (uintptr_t)l->file->text.data;
    const uintptr_t at = (uintptr_t)name.data;

    if (!text || at < text || at >= text + l->file->text.len)
        return TREATY_NO_OFFSET;
    return at - text;
}

static struct treaty_str join(struct linker *l, struct treaty_str scope,
                              struct treaty_str name)
{
    struct treaty_str full = name;

    if (scope.len + name.len > TREATY_PROTO_NAME_MAX) {
        if (!l->code)
            l->code = treaty_proto_fail(
                l->loader, TREATY_ELIMIT, l->file, place_of(l, name),
                "a full name is longer than the limit of %d characters",
                TREATY_PROTO_NAME_MAX);
        return (struct treaty_str){"", 0};
    }
    if (scope.len)
        full = treaty_arena_join(l->loader->arena, scope, '.', name);
    if (full.data)
        return full;
    l->code = treaty_fail_nomem(l->loader->err);
    return (struct treaty_str){"", 0};
}

/* The reference minds only types, and services, that stand side by side. */
static bool reference_minds(const struct linker *l,
                            enum treaty_proto_symbol_kind kind,
                            const struct treaty_proto_symbol *known)
{
    const bool is_type =
        kind == TREATY_PROTO_SYMBOL_MESSAGE || kind == TREATY_PROTO_SYMBOL_ENUM;
    const bool was_type = known->kind == TREATY_PROTO_SYMBOL_MESSAGE ||
                          known->kind == TREATY_PROTO_SYMBOL_ENUM;
    const bool are_services = kind == TREATY_PROTO_SYMBOL_SERVICE &&
                              known->kind == TREATY_PROTO_SYMBOL_SERVICE;

    return known->file == l->file && ((is_type && was_type) || are_services);
}

static void object_to_twin(struct linker *l, struct treaty_str full,
                           enum treaty_proto_symbol_kind kind, size_t pos,
                           const struct treaty_proto_symbol *known)
{
    struct treaty_str scope = treaty_str_before_last(full, '.');
    unsigned who = TREATY_PROTO_BY_PROTOC;

    if (reference_minds(l, kind, known))
        who |= TREATY_PROTO_BY_REFERENCE;
    if (known->file != l->file)
        treaty_proto_object(l->loader, who, TREATY_EDUPLICATE, l->file, pos,
                            "\"%.*s\" is defined already, in \"%.*s\"",
                            TREATY_STR_ARG(full),
                            TREATY_STR_ARG(known->file->path));
    else if (kind == TREATY_PROTO_SYMBOL_CONSTANT)
        treaty_proto_object(l->loader, who, TREATY_EDUPLICATE, l->file, pos,
                            "\"%.*s\" is defined twice in %s%.*s%s; the "
                            "constants of an enum stand beside it, not in it",
                            TREATY_STR_ARG(treaty_str_after_last(full, '.')),
                            scope.len ? "\"" : "the file",
                            TREATY_STR_ARG(scope), scope.len ? "\"" : "");
    else
        treaty_proto_object(l->loader, who, TREATY_EDUPLICATE, l->file, pos,
                            "\"%.*s\" is defined twice", TREATY_STR_ARG(full));
}

static void enter(struct linker *l, struct treaty_str full,
                  enum treaty_proto_symbol_kind kind, size_t pos, void *element)
{
    struct treaty_proto_tree *tree = l->loader->tree;
    struct treaty_proto_symbol *symbol =
        treaty_arena_alloc_aligned(l->loader->arena, sizeof(*symbol),
                                   _Alignof(struct treaty_proto_symbol));
    void *found = NULL;
    const struct treaty_proto_symbol *known;

    if (l->code)
        return;
    if (!symbol ||
        treaty_map_add(&tree->symbols, full, symbol, &found) != TREATY_OK) {
        l->code = treaty_fail_nomem(l->loader->err);
        return;
    }
    known = found;
    if (!known)
        *symbol = (struct treaty_proto_symbol){kind, l->file, pos, element};
    else if (kind != TREATY_PROTO_SYMBOL_PACKAGE || known->kind != kind)
        object_to_twin(l, full, kind, pos, known);
}

/* Each beginning of the package that ends before a dot, and all of it. */
static void enter_package(struct linker *l)
{
    struct treaty_str package = l->file->package;

    for (size_t i = 1; i <= package.len; i++) {
        if (i == package.len || package.data[i] == '.')
            enter(l, treaty_str_sub(package, 0, i), TREATY_PROTO_SYMBOL_PACKAGE,
                  l->file->package_pos, l->file);
    }
}

static char to_upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* An underscore goes, and what follows it is a capital. */
size_t treaty_proto_put_camel(char *out, struct treaty_str name, bool first_up)
{
    bool up = first_up;
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '_') {
            up = true;
            continue;
        }
        out[len++] = up ? to_upper(name.data[i]) : name.data[i];
        up = false;
    }
    return len;
}

static void set_json_name(struct linker *l, struct treaty_proto_field *field)
{
    char *camel;

    field->json = field->name;
    if (field->json_name &&
        field->json_name->value.kind == TREATY_PROTO_VALUE_STRING) {
        field->json = field->json_name->value.text;
        return;
    }
    if (!treaty_str_has(field->name, '_'))
        return;
    camel = treaty_arena_alloc_aligned(l->loader->arena, field->name.len, 1);
    if (!camel) {
        l->code = treaty_fail_nomem(l->loader->err);
        return;
    }
    field->json = (struct treaty_str){
        camel, treaty_proto_put_camel(camel, field->name, false)};
}

/* A field of the message that stands for the pairs of a map. */
static struct treaty_proto_field *make_part(struct linker *l,
                                            const struct treaty_proto_field *of,
                                            struct treaty_proto_message *entry,
                                            struct treaty_str name,
                                            struct treaty_proto_ref ref)
{
    struct treaty_proto_field *part =
        TREATY_ARENA_NEW(l->loader->arena, struct treaty_proto_field);

    if (!part) {
        l->code = treaty_fail_nomem(l->loader->err);
        return NULL;
    }
    part->name = name;
    part->json = name;
    part->full = join(l, entry->full, name);
    part->pos = ref.pos;
    part->name_pos = of->name_pos;
    part->number_pos = of->number_pos;
    part->label = TREATY_PROTO_OPTIONAL;
    part->ref = ref;
    part->parent = entry;
    part->number = entry->field_count + 1;
    part->number_text = treaty_str_z(entry->field_count ? "2" : "1");
    entry->fields[entry->field_count++] = part;
    return part;
}

/* The name of a map's entry: `FooBarEntry` for `foo_bar`. */
static struct treaty_str name_entry(struct linker *l, struct treaty_str field)
{
    const struct treaty_str entry = TREATY_STR("Entry");
    char *name =
        treaty_arena_alloc_aligned(l->loader->arena, field.len + entry.len, 1);
    size_t len;

    if (!name) {
        l->code = treaty_fail_nomem(l->loader->err);
        return (struct treaty_str){"", 0};
    }
    len = treaty_proto_put_camel(name, field, true);
    memcpy(name + len, entry.data, entry.len);
    return (struct treaty_str){name, len + entry.len};
}

static void make_entry(struct linker *l, struct treaty_str scope,
                       struct treaty_proto_field *field)
{
    struct treaty_arena *arena = l->loader->arena;
    struct treaty_proto_message *entry =
        TREATY_ARENA_NEW(arena, struct treaty_proto_message);
    struct treaty_proto_field **fields =
        TREATY_ARENA_NEW_N(arena, struct treaty_proto_field *, 2);

    if (!entry || !fields) {
        l->code = treaty_fail_nomem(l->loader->err);
        return;
    }
    entry->name = name_entry(l, field->name);
    entry->full = join(l, scope, entry->name);
    entry->pos = field->name_pos;
    entry->file = l->file;
    entry->parent = field->parent;
    entry->is_map_entry = true;
    entry->is_synthetic = true;
    entry->fields = fields;
    entry->id = l->loader->tree->message_count++;
    (void)make_part(l, field, entry, TREATY_STR("key"), field->key);
    (void)make_part(l, field, entry, TREATY_STR("value"), field->value);
    field->ref.name = entry->name;
    field->ref.type = TREATY_PROTO_MESSAGE;
    field->ref.message = entry;
    enter(l, entry->full, TREATY_PROTO_SYMBOL_MESSAGE, entry->pos, entry);
}

static void enter_field(struct linker *l, struct treaty_str scope,
                        struct treaty_proto_field *field)
{
    field->full = join(l, scope, field->name);
    set_json_name(l, field);
    enter(l, field->full,
          field->extendee ? TREATY_PROTO_SYMBOL_EXTENSION
                          : TREATY_PROTO_SYMBOL_FIELD,
          field->name_pos, field);
    if (field->is_map)
        make_entry(l, scope, field);
}

static void enter_enum(struct linker *l, struct treaty_str scope,
                       struct treaty_proto_enum *e)
{
    e->full = join(l, scope, e->name);
    enter(l, e->full, TREATY_PROTO_SYMBOL_ENUM, e->pos, e);
    for (uint32_t i = 0; i < e->constant_count; i++)
        enter(l, join(l, scope, e->constants[i].name),
              TREATY_PROTO_SYMBOL_CONSTANT, e->constants[i].pos,
              &e->constants[i]);
}

static void enter_extends(struct linker *l, struct treaty_str scope,
                          const struct treaty_proto_extend *extends,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < extends[i].field_count; j++)
            enter_field(l, scope, extends[i].fields[j]);
    }
}

static void number_messages(struct treaty_proto_message **messages,
                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        messages[i]->index = i;
}

static void enter_message(struct linker *l, struct treaty_proto_message *m)
{
    struct treaty_str scope = m->parent ? m->parent->full : l->file->package;

    m->full = join(l, scope, m->name);
    m->id = l->loader->tree->message_count++;
    number_messages(m->messages, m->message_count);
    enter(l, m->full, TREATY_PROTO_SYMBOL_MESSAGE, m->pos, m);
    for (uint32_t i = 0; i < m->field_count; i++)
        enter_field(l, m->full, m->fields[i]);
    for (uint32_t i = 0; i < m->oneof_count; i++)
        enter(l, join(l, m->full, m->oneofs[i].name), TREATY_PROTO_SYMBOL_ONEOF,
              m->oneofs[i].pos, &m->oneofs[i]);
    for (uint32_t i = 0; i < m->enum_count; i++)
        enter_enum(l, m->full, m->enums[i]);
    enter_extends(l, m->full, m->extends, m->extend_count);
}

static void enter_service(struct linker *l, struct treaty_proto_service *s)
{
    struct treaty_str full = join(l, l->file->package, s->name);

    enter(l, full, TREATY_PROTO_SYMBOL_SERVICE, s->pos, s);
    for (uint32_t i = 0; i < s->rpc_count; i++)
        enter(l, join(l, full, s->rpcs[i].name), TREATY_PROTO_SYMBOL_RPC,
              s->rpcs[i].pos, &s->rpcs[i]);
}

enum treaty_code treaty_proto_link_names(struct treaty_proto_loader *loader,
                                         struct treaty_proto_file *file)
{
    struct linker l = {.loader = loader, .file = file};
    struct treaty_proto_message *m;

    number_messages(file->messages, file->message_count);
    enter_package(&l);
    for (m = treaty_proto_next_message(file, NULL); m && !l.code;
         m = treaty_proto_next_message(file, m))
        enter_message(&l, m);
    for (uint32_t i = 0; i < file->enum_count; i++)
        enter_enum(&l, file->package, file->enums[i]);
    enter_extends(&l, file->package, file->extends, file->extend_count);
    for (uint32_t i = 0; i < file->service_count; i++)
        enter_service(&l, &file->services[i]);
    return l.code;
}
