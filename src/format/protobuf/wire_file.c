/* SPDX-License-Identifier: Apache-2.0 */
/* buf's rules: what is held against what, files and services. */
#include "format/protobuf/wire_rules.h"

#include "base/str.h"
#include "format/protobuf/load.h"

static struct treaty_str full_of(const struct treaty_proto_ref *ref)
{
    return ref->message ? ref->message->full : ref->name;
}

static void compare_rpc_types(struct treaty_proto_wire *w,
                              enum treaty_proto_wire_rule rule,
                              const struct treaty_proto_ref *old,
                              const struct treaty_proto_ref *new,
                              struct treaty_str full)
{
    const struct treaty_proto_spot spot = {
        .full = full, .old_pos = old->pos, .new_pos = new->pos};

    if (!treaty_str_eq(full_of(old), full_of(new)))
        treaty_proto_wire_found(w, rule, &spot, full_of(old), full_of(new));
}

static struct treaty_str idempotency(const struct treaty_proto_rpc *rpc)
{
    const struct treaty_proto_option *option =
        treaty_proto_option_find(&rpc->options, "idempotency_level");

    return option ? option->value.text : TREATY_STR("IDEMPOTENCY_UNKNOWN");
}

static void compare_streaming(struct treaty_proto_wire *w,
                              enum treaty_proto_wire_rule rule, bool old,
                              bool new, const struct treaty_proto_spot *spot)
{
    static const struct treaty_str words[] = {
        {"one message", sizeof("one message") - 1},
        {"stream", sizeof("stream") - 1},
    };

    if (old != new)
        treaty_proto_wire_found(w, rule, spot, words[old], words[new]);
}

static void compare_rpcs(struct treaty_proto_wire *w,
                         const struct treaty_proto_rpc *old,
                         const struct treaty_proto_rpc *new,
                         struct treaty_str service)
{
    struct treaty_str full =
        treaty_arena_join(&w->scratch, service, '/', new->name);
    const struct treaty_proto_spot spot = {
        .full = full,
        .old_pos = treaty_proto_statement(w->old_file, old->pos, "rpc"),
        .new_pos = treaty_proto_statement(w->new_file, new->pos, "rpc"),
    };

    if (!full.data) {
        treaty_proto_wire_fail(w, TREATY_ENOMEM);
        return;
    }
    compare_rpc_types(w, TREATY_PROTO_RPC_SAME_REQUEST_TYPE, &old->request,
                      &new->request, full);
    compare_rpc_types(w, TREATY_PROTO_RPC_SAME_RESPONSE_TYPE, &old->response,
                      &new->response, full);
    compare_streaming(w, TREATY_PROTO_RPC_SAME_CLIENT_STREAMING,
                      old->streams_request, new->streams_request, &spot);
    compare_streaming(w, TREATY_PROTO_RPC_SAME_SERVER_STREAMING,
                      old->streams_response, new->streams_response, &spot);
    if (!treaty_str_eq(idempotency(old), idempotency(new)))
        treaty_proto_wire_found(w, TREATY_PROTO_RPC_SAME_IDEMPOTENCY_LEVEL,
                                &spot, idempotency(old), idempotency(new));
}

static bool index_rpcs(struct treaty_proto_wire *w,
                       const struct treaty_proto_service *service,
                       struct treaty_proto_index *ret)
{
    if (!treaty_proto_wire_index(w, ret, service->rpc_count))
        return false;
    for (uint32_t i = 0; i < service->rpc_count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(ret);

        entry->name = service->rpcs[i].name;
        entry->element = &service->rpcs[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

static void compare_services(struct treaty_proto_wire *w,
                             const struct treaty_proto_entry *old,
                             const struct treaty_proto_entry *new)
{
    struct treaty_str full = new->name;
    struct treaty_proto_index lists[2];
    struct treaty_proto_match match = {&lists[0], &lists[1], 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    if (w->new_file->package.len)
        full = treaty_arena_join(&w->scratch, w->new_file->package, '.', full);
    if (!full.data)
        treaty_proto_wire_fail(w, TREATY_ENOMEM);
    if (!index_rpcs(w, old->element, &lists[0]) ||
        !index_rpcs(w, new->element, &lists[1]))
        return;
    while (!w->failed && treaty_proto_match_next(&match, &o, &n)) {
        if (o && n)
            compare_rpcs(w, o->element, n->element, full);
    }
}

static void compare_packages(struct treaty_proto_wire *w)
{
    const struct treaty_proto_file *old = w->old_file;
    const struct treaty_proto_file *new = w->new_file;
    const struct treaty_proto_spot spot = {
        .full = new->package,
        .old_pos = treaty_proto_statement(old, old->package_pos, "package"),
        .new_pos = treaty_proto_statement(new, new->package_pos, "package"),
    };

    if (!treaty_str_eq(old->package, new->package))
        treaty_proto_wire_found(w, TREATY_PROTO_FILE_SAME_PACKAGE, &spot,
                                old->package, new->package);
}

/* What a file has, whatever it lies in; by full name. */
struct side {
    struct treaty_proto_index messages;
    struct treaty_proto_index enums;
    struct treaty_proto_index services;   /* by name */
    struct treaty_proto_index extensions; /* by message and number */
};

static size_t count_extensions(const struct treaty_proto_extend *extends,
                               uint32_t count)
{
    size_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += extends[i].field_count;
    return sum;
}

/* How much there is, as the `size` of each. */
static struct side count_side(const struct treaty_proto_file *file)
{
    struct side side = {.enums.size = file->enum_count,
                        .services.size = file->service_count};
    const struct treaty_proto_message *m;

    side.extensions.size = count_extensions(file->extends, file->extend_count);
    for (m = treaty_proto_next_message(file, NULL); m;
         m = treaty_proto_next_message(file, m)) {
        side.messages.size++;
        side.enums.size += m->enum_count;
        side.extensions.size += count_extensions(m->extends, m->extend_count);
    }
    return side;
}

static void add(struct treaty_proto_index *list, struct treaty_str name,
                const void *element)
{
    struct treaty_proto_entry *entry = treaty_proto_index_add(list);

    entry->name = name;
    entry->element = element;
}

static void add_extends(struct side *side,
                        const struct treaty_proto_extend *extends,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < extends[i].field_count; j++) {
            struct treaty_proto_entry *entry =
                treaty_proto_index_add(&side->extensions);

            entry->name = full_of(&extends[i].extendee);
            entry->number = extends[i].fields[j]->number;
            entry->element = extends[i].fields[j];
        }
    }
}

static void add_message(struct side *side, const struct treaty_proto_message *m)
{
    for (uint32_t i = 0; i < m->enum_count; i++)
        add(&side->enums, m->enums[i]->full, m->enums[i]);
    add_extends(side, m->extends, m->extend_count);
    if (!m->is_map_entry) /* rule 3 */
        add(&side->messages, m->full, m);
}

static bool index_side(struct treaty_proto_wire *w,
                       const struct treaty_proto_file *file, struct side *ret)
{
    const struct treaty_proto_message *m;

    *ret = count_side(file);
    if (!treaty_proto_wire_index(w, &ret->messages, ret->messages.size) ||
        !treaty_proto_wire_index(w, &ret->enums, ret->enums.size) ||
        !treaty_proto_wire_index(w, &ret->services, ret->services.size) ||
        !treaty_proto_wire_index(w, &ret->extensions, ret->extensions.size))
        return false;
    for (uint32_t i = 0; i < file->enum_count; i++)
        add(&ret->enums, file->enums[i]->full, file->enums[i]);
    for (uint32_t i = 0; i < file->service_count; i++)
        add(&ret->services, file->services[i].name, &file->services[i]);
    add_extends(ret, file->extends, file->extend_count);
    for (m = treaty_proto_next_message(file, NULL); m;
         m = treaty_proto_next_message(file, m))
        add_message(ret, m);
    treaty_proto_index_sort(&ret->messages);
    treaty_proto_index_sort(&ret->enums);
    treaty_proto_index_sort(&ret->services);
    treaty_proto_index_sort(&ret->extensions);
    return true;
}

typedef void (*pair_fn)(struct treaty_proto_wire *w,
                        const struct treaty_proto_entry *old,
                        const struct treaty_proto_entry *new);

static void pair_messages(struct treaty_proto_wire *w,
                          const struct treaty_proto_entry *old,
                          const struct treaty_proto_entry *new)
{
    treaty_proto_wire_messages(w, old->element, new->element);
}

static void pair_enums(struct treaty_proto_wire *w,
                       const struct treaty_proto_entry *old,
                       const struct treaty_proto_entry *new)
{
    treaty_proto_wire_enums(w, old->element, new->element);
}

static void pair_extensions(struct treaty_proto_wire *w,
                            const struct treaty_proto_entry *old,
                            const struct treaty_proto_entry *new)
{
    treaty_proto_wire_field(w, old->element, new->element);
}

/* What only one side has is no finding: rule 1. */
static void pair_up(struct treaty_proto_wire *w,
                    const struct treaty_proto_index *old,
                    const struct treaty_proto_index *new, pair_fn pair)
{
    struct treaty_proto_match match = {old, new, 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    while (!w->failed && treaty_proto_match_next(&match, &o, &n)) {
        if (o && n)
            pair(w, o, n);
    }
}

static void compare_files(struct treaty_proto_wire *w,
                          const struct treaty_proto_entry *old,
                          const struct treaty_proto_entry *new)
{
    struct side was;
    struct side is;

    w->old_file = old->element;
    w->new_file = new->element;
    if (new->name.len && treaty_str_eq(w->old_file->text, w->new_file->text))
        return; /* an import that both share */
    compare_packages(w);
    if (!index_side(w, w->old_file, &was) || !index_side(w, w->new_file, &is))
        return;
    pair_up(w, &was.messages, &is.messages, pair_messages);
    pair_up(w, &was.enums, &is.enums, pair_enums);
    pair_up(w, &was.services, &is.services, compare_services);
    pair_up(w, &was.extensions, &is.extensions, pair_extensions);
}

static bool index_files(struct treaty_proto_wire *w,
                        const struct treaty_proto_tree *tree,
                        struct treaty_proto_index *ret)
{
    if (!treaty_proto_wire_index(w, ret, tree->file_count))
        return false;
    for (uint32_t i = 0; i < tree->file_count; i++) {
        if (!tree->files[i]->is_builtin)
            add(ret, tree->files[i]->path, tree->files[i]);
    }
    treaty_proto_index_sort(ret);
    return true;
}

enum treaty_code treaty_proto_wire_compare(const struct treaty_proto_tree *old,
                                           const struct treaty_proto_tree *new,
                                           struct treaty_findings *out)
{
    struct treaty_proto_wire w = {.out = out, .old = old, .new = new};
    struct treaty_proto_index was;
    struct treaty_proto_index is;

    treaty_arena_init(&w.scratch, 0, NULL);
    if (index_files(&w, old, &was) && index_files(&w, new, &is))
        pair_up(&w, &was, &is, compare_files);
    treaty_arena_release(&w.scratch);
    return w.failed;
}
