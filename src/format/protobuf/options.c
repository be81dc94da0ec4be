/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/options.h"

#include "base/error.h"
#include "format/protobuf/builtin.h"
#include "format/protobuf/load.h"
#include "format/protobuf/option_value.h"

#include <stdatomic.h>

/* The message that each kind of element has its options in, and how an option
 * says that it is meant for that kind. */
static const struct target {
    const char *message;
    const char *ident;
} targets[TREATY_PROTO_TARGETS] = {
    [TREATY_PROTO_TARGET_FILE] = {"google.protobuf.FileOptions",
                                  "TARGET_TYPE_FILE"},
    [TREATY_PROTO_TARGET_RANGE] = {"google.protobuf.ExtensionRangeOptions",
                                   "TARGET_TYPE_EXTENSION_RANGE"},
    [TREATY_PROTO_TARGET_MESSAGE] = {"google.protobuf.MessageOptions",
                                     "TARGET_TYPE_MESSAGE"},
    [TREATY_PROTO_TARGET_FIELD] = {"google.protobuf.FieldOptions",
                                   "TARGET_TYPE_FIELD"},
    [TREATY_PROTO_TARGET_ONEOF] = {"google.protobuf.OneofOptions",
                                   "TARGET_TYPE_ONEOF"},
    [TREATY_PROTO_TARGET_ENUM] = {"google.protobuf.EnumOptions",
                                  "TARGET_TYPE_ENUM"},
    [TREATY_PROTO_TARGET_CONSTANT] = {"google.protobuf.EnumValueOptions",
                                      "TARGET_TYPE_ENUM_ENTRY"},
    [TREATY_PROTO_TARGET_SERVICE] = {"google.protobuf.ServiceOptions",
                                     "TARGET_TYPE_SERVICE"},
    [TREATY_PROTO_TARGET_RPC] = {"google.protobuf.MethodOptions",
                                 "TARGET_TYPE_METHOD"},
};

/* descriptor.proto on an arena of its own, for files that do not import it;
 * with Confluent's options, which import it. */
struct standard {
    struct treaty_arena arena;
    struct treaty_proto_tree *tree;
};

static enum treaty_code load_standard(struct standard **ret,
                                      struct treaty_error *err)
{
    struct treaty_source source = {.strictness = TREATY_STORED};
    struct treaty_arena arena = {0};
    struct standard *made = TREATY_ARENA_NEW(&arena, struct standard);
    enum treaty_code code;

    if (!made)
        return treaty_fail_nomem(err);
    source.text = treaty_proto_builtin(TREATY_STR("confluent/meta.proto"));
    code = treaty_proto_load(&arena, &source, &made->tree, err);
    if (code != TREATY_OK) {
        treaty_arena_release(&arena);
        return code;
    }
    made->arena = arena;
    *ret = made;
    return TREATY_OK;
}

/*
 * Loaded once for the whole process, which keeps it: most files have options
 * and few import their definition. Two threads that meet here both load it,
 * and one of the two is thrown away.
 */
static enum treaty_code find_standard(const struct treaty_proto_tree **ret,
                                      struct treaty_error *err)
{
    static _Atomic(struct standard *) shared;
    struct standard *made = atomic_load(&shared);
    struct standard *none = NULL;
    enum treaty_code code;

    if (!made) {
        code = load_standard(&made, err);
        if (code != TREATY_OK)
            return code;
        if (!atomic_compare_exchange_strong(&shared, &none, made)) {
            struct treaty_arena arena = made->arena;

            treaty_arena_release(&arena);
            made = none;
        }
    }
    *ret = made->tree;
    return TREATY_OK;
}

enum treaty_code
treaty_proto_options_standard(enum treaty_proto_target target,
                              struct treaty_proto_standard *ret,
                              struct treaty_error *err)
{
    const struct treaty_proto_tree *tree;
    enum treaty_code code = find_standard(&tree, err);

    if (code != TREATY_OK)
        return code;
    ret->type =
        treaty_proto_find_message(tree, treaty_str_z(targets[target].message));
    ret->confluent = tree->file;
    return TREATY_OK;
}

/* The definition of a kind of options: the imported one, or ours. */
static enum treaty_code find_message(struct treaty_proto_interpreter *in,
                                     enum treaty_proto_target target,
                                     const struct treaty_proto_message **ret,
                                     struct treaty_error *err)
{
    struct treaty_str name = treaty_str_z(targets[target].message);
    struct treaty_proto_standard standard;
    enum treaty_code code;

    if (!in->messages[target])
        in->messages[target] = treaty_proto_find_message(in->tree, name);
    if (!in->messages[target]) {
        code = treaty_proto_options_standard(target, &standard, err);
        if (code != TREATY_OK)
            return code;
        in->messages[target] = standard.type;
    }
    *ret = in->messages[target];
    return TREATY_OK;
}

static enum treaty_code see_publics(struct treaty_map *visible,
                                    const struct treaty_proto_file *file);

static enum treaty_code see(struct treaty_map *visible,
                            struct treaty_proto_file *file)
{
    enum treaty_code code;

    if (!file || treaty_map_find(visible, file->path))
        return TREATY_OK;
    code = treaty_map_put(visible, file->path, file);
    return code == TREATY_OK ? see_publics(visible, file) : code;
}

/* Recursion ends since a file is seen once; loading bounds its depth. */
static enum treaty_code see_publics(struct treaty_map *visible,
                                    const struct treaty_proto_file *file)
{
    enum treaty_code code = TREATY_OK;

    for (uint32_t i = 0; i < file->import_count && code == TREATY_OK; i++)
        if (file->imports[i].kind == TREATY_PROTO_IMPORT_PUBLIC)
            code = see(visible, file->imports[i].file);
    return code;
}

enum treaty_code treaty_proto_interpreter_init(
    struct treaty_proto_interpreter *in, const struct treaty_proto_tree *tree,
    const struct treaty_proto_file *file, struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    *in = (struct treaty_proto_interpreter){.tree = tree, .file = file};
    treaty_map_init(&in->visible, &in->arena);
    for (uint32_t i = 0; i < file->import_count && code == TREATY_OK; i++)
        code = see(&in->visible, file->imports[i].file);
    if (code == TREATY_OK)
        return TREATY_OK;
    treaty_arena_release(&in->arena);
    return treaty_fail_nomem(err);
}

void treaty_proto_interpreter_release(struct treaty_proto_interpreter *in)
{
    treaty_arena_release(&in->arena);
}

static bool is_in_package(const struct treaty_proto_file *file,
                          struct treaty_str name)
{
    return treaty_str_starts(file->package, name) &&
           (file->package.len == name.len ||
            file->package.data[name.len] == '.');
}

/* A package is seen when any file that is seen lies in it. */
static bool sees_package(const struct treaty_proto_interpreter *in,
                         struct treaty_str name)
{
    const struct treaty_map_entry *entry = NULL;

    if (is_in_package(in->file, name))
        return true;
    for (;;) {
        entry = treaty_map_next(&in->visible, entry);
        if (!entry)
            return false;
        if (is_in_package(entry->value, name))
            return true;
    }
}

static const struct treaty_proto_symbol *
find_visible(const struct treaty_proto_interpreter *in, struct treaty_str name)
{
    const struct treaty_proto_symbol *symbol =
        treaty_map_find(&in->tree->symbols, name);

    if (!symbol || symbol->file == in->file)
        return symbol;
    if (symbol->kind == TREATY_PROTO_SYMBOL_PACKAGE)
        return sees_package(in, name) ? symbol : NULL;
    return treaty_map_find(&in->visible, symbol->file->path) == symbol->file
               ? symbol
               : NULL;
}

static bool has_members(const struct treaty_proto_symbol *symbol)
{
    return symbol->kind == TREATY_PROTO_SYMBOL_PACKAGE ||
           symbol->kind == TREATY_PROTO_SYMBOL_MESSAGE ||
           symbol->kind == TREATY_PROTO_SYMBOL_ENUM ||
           symbol->kind == TREATY_PROTO_SYMBOL_SERVICE;
}

/*
 * Look in one scope. The first component of a longer name decides: once it
 * means something that has members, no other scope is asked. True when the
 * search is over.
 */
static bool look_in(const struct treaty_proto_interpreter *in,
                    struct treaty_str whole, struct treaty_str first,
                    const struct treaty_proto_symbol **ret,
                    struct treaty_str *ret_lost)
{
    const struct treaty_proto_symbol *found = find_visible(in, first);

    if (!found)
        return false;
    if (whole.len == first.len) {
        *ret = found;
        return true;
    }
    if (!has_members(found))
        return false;
    *ret = find_visible(in, whole);
    if (!*ret && ret_lost)
        *ret_lost = whole;
    return true;
}

enum treaty_code
treaty_proto_option_lookup(struct treaty_proto_interpreter *in,
                           struct treaty_str scope, struct treaty_str name,
                           const struct treaty_proto_symbol **ret,
                           struct treaty_str *ret_lost)
{
    size_t first = treaty_str_find(name, '.');

    *ret = NULL;
    if (first == 0 && name.len) {
        *ret = find_visible(in, treaty_str_sub(name, 1, name.len));
        return TREATY_OK;
    }
    for (scope = treaty_str_before_last(scope, '.'); scope.len;
         scope = treaty_str_before_last(scope, '.')) {
        struct treaty_str whole =
            treaty_arena_join(&in->arena, scope, '.', name);
        struct treaty_str part =
            treaty_str_sub(whole, 0, scope.len + 1 + first);

        if (!whole.data)
            return TREATY_ENOMEM;
        if (look_in(in, whole, part, ret, ret_lost))
            return TREATY_OK;
    }
    *ret = find_visible(in, name);
    return TREATY_OK;
}

/* One option on its way down the parts of its name. */
struct walk {
    struct treaty_proto_interpreter *in;
    const struct treaty_proto_place *place;
    const struct treaty_proto_option *option;
    struct treaty_proto_dynamic *message;
    const struct treaty_proto_field *field;
};

/* The name up to its part number `last`, for people. */
static struct treaty_str spell_name(const struct walk *w, uint32_t last)
{
    struct treaty_str text = TREATY_STR("");

    for (uint32_t i = 0; i <= last; i++) {
        const struct treaty_proto_name_part *part = &w->option->parts[i];

        text = treaty_arena_printf(
            &w->in->arena, part->is_extension ? "%.*s%s(%.*s)" : "%.*s%s%.*s",
            TREATY_STR_ARG(text), i ? "." : "", TREATY_STR_ARG(part->name));
    }
    return text;
}

static enum treaty_code find_extension(struct walk *w, uint32_t index,
                                       struct treaty_error *err)
{
    const struct treaty_proto_name_part *part = &w->option->parts[index];
    const struct treaty_proto_symbol *symbol;
    struct treaty_str scope = w->place->full;
    struct treaty_str lost = {0};

    if (w->place->target == TREATY_PROTO_TARGET_FILE)
        scope = treaty_arena_join(&w->in->arena, w->in->file->package, '.',
                                  TREATY_STR("-"));
    if (!scope.data || treaty_proto_option_lookup(w->in, scope, part->name,
                                                  &symbol, &lost) != TREATY_OK)
        return treaty_fail_nomem(err);
    if (symbol && (symbol->kind == TREATY_PROTO_SYMBOL_EXTENSION ||
                   symbol->kind == TREATY_PROTO_SYMBOL_FIELD))
        w->field = symbol->element;
    if (!w->field && lost.data)
        return treaty_fail(err, TREATY_ESCHEMA, part->pos,
                           "the option (%.*s) is taken for (%.*s), which is "
                           "not defined; a dot before it would start at the "
                           "outermost scope",
                           TREATY_STR_ARG(part->name), TREATY_STR_ARG(lost));
    return TREATY_OK;
}

static enum treaty_code find_field(struct walk *w, uint32_t index,
                                   struct treaty_error *err)
{
    const struct treaty_proto_name_part *part = &w->option->parts[index];
    enum treaty_code code = TREATY_OK;

    w->field = NULL;
    if (part->is_extension)
        code = find_extension(w, index, err);
    else
        w->field = treaty_proto_field_by_name(w->message->type, part->name);
    if (code != TREATY_OK)
        return code;
    if (w->field && !part->is_extension &&
        treaty_str_eq_z(part->name, "uninterpreted_option"))
        return treaty_fail(err, TREATY_ESCHEMA, part->pos,
                           "\"uninterpreted_option\" is set by the compiler "
                           "alone");
    if (!w->field)
        return treaty_fail(err, TREATY_ESCHEMA, part->pos,
                           "there is no option \"%.*s\" here; is the file "
                           "that defines it imported?",
                           TREATY_STR_ARG(spell_name(w, index)));
    if (part->is_extension && (!w->field->extendee ||
                               w->field->extendee->message != w->message->type))
        return treaty_fail(err, TREATY_ESCHEMA, part->pos,
                           "\"%.*s\" is not a field or an extension of %.*s",
                           TREATY_STR_ARG(spell_name(w, index)),
                           TREATY_STR_ARG(w->message->type->full));
    return TREATY_OK;
}

/* May the option stand at this kind of element? It may when it does not say. */
static enum treaty_code check_target(const struct walk *w,
                                     struct treaty_error *err)
{
    const struct treaty_proto_options *options = &w->field->options;
    const char *ident = targets[w->place->target].ident;
    bool is_said = false;

    for (uint32_t i = 0; i < options->count; i++) {
        const struct treaty_proto_option *option = &options->items[i];

        if (option->part_count != 1 || option->parts[0].is_extension ||
            !treaty_str_eq_z(option->parts[0].name, "targets"))
            continue;
        is_said = true;
        if (treaty_str_eq_z(option->value.text, ident))
            return TREATY_OK;
    }
    if (!is_said)
        return TREATY_OK;
    return treaty_fail(err, TREATY_ESCHEMA, w->option->pos,
                       "the option %.*s cannot stand here",
                       TREATY_STR_ARG(w->field->full));
}

/* Step into the message that all but the last part of a name stands for. */
static enum treaty_code descend(struct walk *w, uint32_t index,
                                struct treaty_error *err)
{
    const struct treaty_proto_field *field = w->field;
    struct treaty_proto_dynamic_field *entry;
    struct treaty_proto_dynamic_value *value;

    if (!field->ref.message)
        return treaty_fail(err, TREATY_ESCHEMA, w->option->parts[index].pos,
                           "the option \"%.*s\" is not a message",
                           TREATY_STR_ARG(spell_name(w, index)));
    if (field->presence == TREATY_PROTO_MANY)
        return treaty_fail(err, TREATY_ESCHEMA, w->option->parts[index].pos,
                           "the option \"%.*s\" is repeated, so each of its "
                           "values is an aggregate, { ... }",
                           TREATY_STR_ARG(spell_name(w, index)));
    entry = treaty_proto_dynamic_find(w->message, field);
    value = entry ? entry->last
                  : treaty_proto_dynamic_add(&w->in->arena, w->message, field);
    if (value && !value->message)
        value->message =
            treaty_proto_dynamic_new(&w->in->arena, field->ref.message);
    if (!value || !value->message)
        return treaty_fail_nomem(err);
    w->message = value->message;
    return TREATY_OK;
}

static enum treaty_code read_option(struct walk *w, struct treaty_error *err)
{
    const struct treaty_proto_option *option = w->option;
    uint32_t last = option->part_count - 1;
    enum treaty_code code = TREATY_OK;

    for (uint32_t i = 0; i <= last; i++) {
        code = find_field(w, i, err);
        if (code == TREATY_OK)
            code = check_target(w, err);
        if (code == TREATY_OK && i < last)
            code = descend(w, i, err);
        if (code != TREATY_OK)
            return code;
    }
    if (w->field->presence != TREATY_PROTO_MANY &&
        treaty_proto_dynamic_find(w->message, w->field))
        return treaty_fail(err, TREATY_ESCHEMA, option->pos,
                           "the option \"%.*s\" is set already",
                           TREATY_STR_ARG(spell_name(w, last)));
    return treaty_proto_option_set(w->in, w->message, w->field, &option->value,
                                   err);
}

enum treaty_code treaty_proto_options_read(struct treaty_proto_interpreter *in,
                                           const struct treaty_proto_place *at,
                                           struct treaty_proto_dynamic **ret,
                                           struct treaty_error *err)
{
    const struct treaty_proto_message *type;
    struct treaty_proto_dynamic *message;
    enum treaty_code code = find_message(in, at->target, &type, err);

    if (code != TREATY_OK)
        return code;
    message = treaty_proto_dynamic_new(&in->arena, type);
    if (!message)
        return treaty_fail_nomem(err);
    for (uint32_t i = 0; i < at->options->count && code == TREATY_OK; i++) {
        struct walk walk = {in, at, &at->options->items[i], message, NULL};

        code = read_option(&walk, err);
    }
    if (code == TREATY_OK)
        *ret = message;
    return code;
}
