/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/compare.h"

#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/wire_rules.h"

#include <assert.h>

enum {
    FINDINGS_MAX = 10000,
    NESTING_MAX = 500, /* bodies within bodies: bounds the stack */
};

void treaty_proto_compare_fail(struct treaty_proto_compare *c,
                               enum treaty_code code)
{
    if (!c->failed)
        c->failed = code;
}

static bool is_full(const struct treaty_findings *list, bool breaking)
{
    return list->count >= FINDINGS_MAX && (!breaking || list->breaking > 0);
}

static void add(struct treaty_proto_compare *c,
                const struct treaty_finding *finding)
{
    if (treaty_findings_add(c->out, finding) != TREATY_OK)
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
}

static struct treaty_str print_path(struct treaty_proto_compare *c,
                                    const struct treaty_proto_place *place)
{
    struct treaty_str path = place->path;

    if (place->oneof.len)
        path = treaty_arena_join(c->arena, path, '/', place->oneof);
    if (place->has_number && path.data)
        path = treaty_arena_printf(c->arena, "%.*s/%lld", TREATY_STR_ARG(path),
                                   (long long)place->number);
    return path.data == place->path.data ? treaty_arena_dup(c->arena, path)
                                         : path;
}

void treaty_proto_found(struct treaty_proto_compare *c, const char *rule,
                        enum treaty_proto_harm harm,
                        const struct treaty_proto_place *place,
                        struct treaty_str detail)
{
    struct treaty_finding finding = {
        .rule = rule,
        .detail = detail,
        .reader_pos = place->new_pos,
        .writer_pos = place->old_pos,
        .breaking = harm == TREATY_PROTO_BREAKING,
    };

    if (is_full(c->out, finding.breaking))
        return;
    finding.path = print_path(c, place);
    if (!finding.path.data || !detail.data)
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
    else
        add(c, &finding);
}

struct treaty_str treaty_proto_change(struct treaty_proto_compare *c,
                                      struct treaty_str old,
                                      struct treaty_str new)
{
    return treaty_arena_printf(c->arena, "%.*s -> %.*s", TREATY_STR_ARG(old),
                               TREATY_STR_ARG(new));
}

struct treaty_str
treaty_proto_local_name(const struct treaty_proto_message *message)
{
    size_t skip = message->file->package.len;

    return treaty_str_sub(message->full, skip ? skip + 1 : 0,
                          message->full.len);
}

/* Lists of what is matched by name. */

static bool list_messages(struct treaty_proto_compare *c,
                          struct treaty_proto_message *const *messages,
                          uint32_t count, struct treaty_proto_index *ret)
{
    uint32_t index = 0;

    if (treaty_proto_index_init(ret, &c->scratch, count) != TREATY_OK) {
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct treaty_proto_entry *entry;

        if (messages[i]->is_group)
            continue; /* rule 2 */
        entry = treaty_proto_index_add(ret);
        entry->name = messages[i]->name;
        entry->index = index++;
        entry->element = messages[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

static bool list_enums(struct treaty_proto_compare *c,
                       struct treaty_proto_enum *const *enums, uint32_t count,
                       struct treaty_proto_index *ret)
{
    if (treaty_proto_index_init(ret, &c->scratch, count) != TREATY_OK) {
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(ret);

        entry->name = enums[i]->name;
        entry->element = enums[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

static bool list_constants(struct treaty_proto_compare *c,
                           const struct treaty_proto_enum *e,
                           struct treaty_proto_index *ret)
{
    if (treaty_proto_index_init(ret, &c->scratch, e->constant_count)) {
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
        return false;
    }
    for (uint32_t i = 0; i < e->constant_count; i++) {
        struct treaty_proto_entry *entry = treaty_proto_index_add(ret);

        entry->number = e->constants[i].number;
        entry->element = &e->constants[i];
    }
    treaty_proto_index_sort(ret);
    return true;
}

/* Enums. Nothing about them is incompatible in the reference. */

static void compare_constants(struct treaty_proto_compare *c,
                              const struct treaty_proto_constant *old,
                              const struct treaty_proto_constant *new,
                              struct treaty_proto_place place)
{
    assert(old || new);
    if (old)
        place.old_pos = old->pos;
    if (new)
        place.new_pos = new->pos;
    if (!old)
        treaty_proto_found(c, "ENUM_CONST_ADDED", TREATY_PROTO_HARMLESS, &place,
                           new->name);
    else if (!new)
        treaty_proto_found(c, "ENUM_CONST_REMOVED", TREATY_PROTO_HARMLESS,
                           &place, old->name);
    else if (!treaty_str_eq(old->name, new->name))
        treaty_proto_found(c, "ENUM_CONST_CHANGED", TREATY_PROTO_HARMLESS,
                           &place,
                           treaty_proto_change(c, old->name, new->name));
}

static void compare_enums(struct treaty_proto_compare *c,
                          const struct treaty_proto_enum *old,
                          const struct treaty_proto_enum *new,
                          struct treaty_proto_place place)
{
    struct treaty_proto_index lists[2];
    struct treaty_proto_match match = {&lists[0], &lists[1], 0, 0};
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    if (!list_constants(c, old, &lists[0]) ||
        !list_constants(c, new, &lists[1]))
        return;
    while (treaty_proto_match_next(&match, &o, &n)) {
        assert(o || n);
        place.number = o ? o->number : n->number;
        place.has_number = true;
        compare_constants(c, o ? o->element : NULL, n ? n->element : NULL,
                          place);
    }
}

/* `place` is that of what holds the enum. */
static void match_enum(struct treaty_proto_compare *c,
                       const struct treaty_proto_enum *old,
                       const struct treaty_proto_enum *new,
                       const struct treaty_proto_place *around)
{
    struct treaty_proto_place place = *around;

    assert(old || new);
    place.path = treaty_arena_join(&c->scratch, around->path, '/',
                                   old ? old->name : new->name);
    if (!place.path.data)
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
    if (old)
        place.old_pos = old->pos;
    if (new)
        place.new_pos = new->pos;
    if (!old)
        treaty_proto_found(c, "ENUM_ADDED", TREATY_PROTO_HARMLESS, &place,
                           new->name);
    else if (!new)
        treaty_proto_found(c, "ENUM_REMOVED", TREATY_PROTO_HARMLESS, &place,
                           old->name);
    else
        compare_enums(c, old, new, place);
}

/* Messages. */

static void match_message(struct treaty_proto_compare *c,
                          const struct treaty_proto_entry *old,
                          const struct treaty_proto_entry *new,
                          const struct treaty_proto_place *around)
{
    const struct treaty_proto_message *o = old ? old->element : NULL;
    const struct treaty_proto_message *n = new ? new->element : NULL;
    const struct treaty_proto_message *some = o ? o : n;
    struct treaty_proto_place place = *around;

    assert(some);
    place.path = treaty_arena_join(&c->scratch, around->path, '/', some->name);
    if (!place.path.data)
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
    if (o)
        place.old_pos = o->pos;
    if (n)
        place.new_pos = n->pos;
    if (o && n)
        treaty_proto_compare_messages(c, o, n, place.path);
    if (o && n && old->index != new->index)
        treaty_proto_found(c, "MESSAGE_MOVED", TREATY_PROTO_HARMLESS, &place,
                           o->name);
    if ((o && n) || some->is_map_entry)
        return; /* rule 2 */
    if (n)
        treaty_proto_found(c, "MESSAGE_ADDED", TREATY_PROTO_HARMLESS, &place,
                           n->name);
    else
        treaty_proto_found(c, "MESSAGE_REMOVED", TREATY_PROTO_BREAKING, &place,
                           o->name);
}

/* What a file and a message both hold. */
struct scope {
    struct treaty_proto_message *const *messages;
    uint32_t message_count;
    struct treaty_proto_enum *const *enums;
    uint32_t enum_count;
};

static void compare_scopes(struct treaty_proto_compare *c,
                           const struct scope *old, const struct scope *new,
                           const struct treaty_proto_place *place)
{
    struct treaty_proto_index lists[2];
    struct treaty_proto_match messages = {&lists[0], &lists[1], 0, 0};
    struct treaty_proto_match enums = messages;
    const struct treaty_proto_entry *o;
    const struct treaty_proto_entry *n;

    if (!list_messages(c, old->messages, old->message_count, &lists[0]) ||
        !list_messages(c, new->messages, new->message_count, &lists[1]))
        return;
    while (!c->failed && treaty_proto_match_next(&messages, &o, &n))
        match_message(c, o, n, place);
    if (!list_enums(c, old->enums, old->enum_count, &lists[0]) ||
        !list_enums(c, new->enums, new->enum_count, &lists[1]))
        return;
    while (!c->failed && treaty_proto_match_next(&enums, &o, &n))
        match_enum(c, o ? o->element : NULL, n ? n->element : NULL, place);
}

void treaty_proto_compare_messages(struct treaty_proto_compare *c,
                                   const struct treaty_proto_message *old,
                                   const struct treaty_proto_message *new,
                                   struct treaty_str path)
{
    const struct scope scopes[] = {
        {old->messages, old->message_count, old->enums, old->enum_count},
        {new->messages, new->message_count, new->enums, new->enum_count},
    };
    const struct treaty_proto_place place = {
        .path = path, .old_pos = old->pos, .new_pos = new->pos};

    if (c->failed)
        return;
    treaty_proto_compare_members(c, old, new, path);
    compare_scopes(c, &scopes[0], &scopes[1], &place);
}

/* Bodies under rule 3. */

/* Are both defined by the same text, as far as the reference can tell? */
static bool are_of_one_file(const struct treaty_proto_file *a,
                            const struct treaty_proto_file *b)
{
    if (a->subject.data && b->subject.data)
        return a->version == b->version &&
               treaty_str_eq(a->subject, b->subject);
    if (a->subject.data || b->subject.data)
        return false;
    if (!a->path.len || !b->path.len || a->is_builtin || b->is_builtin)
        return a->path.len == b->path.len && a->is_builtin == b->is_builtin;
    return treaty_str_eq(a->path, b->path) && treaty_str_eq(a->text, b->text);
}

/* "#/Outer/Inner". */
static struct treaty_str path_of(struct treaty_proto_compare *c,
                                 const struct treaty_proto_message *message)
{
    struct treaty_str rest = treaty_proto_local_name(message);
    struct treaty_str path = TREATY_STR("#");
    struct treaty_str part;

    while (path.data && treaty_str_split(&rest, '.', &part))
        path = treaty_arena_join(&c->scratch, path, '/', part);
    if (!path.data)
        treaty_proto_compare_fail(c, TREATY_ENOMEM);
    return path;
}

/* The findings of a pair; empty while it is being compared. */
struct body {
    const void *pair[2];
    struct treaty_findings findings;
};

static struct body *compare_new_body(struct treaty_proto_compare *c,
                                     const struct treaty_proto_message *old,
                                     const struct treaty_proto_message *new)
{
    struct body *body = TREATY_ARENA_NEW(&c->scratch, struct body);
    struct treaty_findings *around = c->out;
    struct treaty_findings found = {.arena = c->arena};
    enum treaty_code code = TREATY_ENOMEM;

    if (body) {
        body->pair[0] = old;
        body->pair[1] = new;
        code = treaty_map_put(
            &c->bodies,
            (struct treaty_str){(const char *)body->pair, sizeof(body->pair)},
            body);
    }
    if (code == TREATY_OK && c->nesting == NESTING_MAX)
        code = TREATY_ELIMIT;
    if (code) {
        treaty_proto_compare_fail(c, code);
        return NULL;
    }
    c->nesting++;
    c->out = &found;
    treaty_proto_compare_messages(c, old, new, path_of(c, new));
    c->out = around;
    c->nesting--;
    body->findings = found;
    return body;
}

/* Copy what was found in a body, at the place that uses it. */
static void splice(struct treaty_proto_compare *c,
                   const struct treaty_findings *findings,
                   const struct treaty_proto_place *place)
{
    for (const struct treaty_finding *f = findings->first; f; f = f->next) {
        struct treaty_finding copy = *f;

        if (is_full(c->out, findings->breaking > 0))
            return;
        if (is_full(c->out, f->breaking))
            continue;
        copy.reader_pos = place->new_pos;
        copy.writer_pos = place->old_pos;
        add(c, &copy);
    }
}

bool treaty_proto_compare_body(struct treaty_proto_compare *c,
                               const struct treaty_proto_message *old,
                               const struct treaty_proto_message *new,
                               const struct treaty_proto_place *place)
{
    const void *pair[2] = {old, new};
    struct body *body;

    if (are_of_one_file(old->file, new->file))
        return true;
    body = treaty_map_find(
        &c->bodies, (struct treaty_str){(const char *)pair, sizeof(pair)});
    if (!body)
        body = compare_new_body(c, old, new);
    if (!body)
        return true; /* failed */
    splice(c, &body->findings, place);
    return body->findings.breaking == 0;
}

/* Files. */

static void compare_files(struct treaty_proto_compare *c,
                          const struct treaty_proto_file *old,
                          const struct treaty_proto_file *new)
{
    const struct scope scopes[] = {
        {old->messages, old->message_count, old->enums, old->enum_count},
        {new->messages, new->message_count, new->enums, new->enum_count},
    };
    const struct treaty_proto_place root = {
        .path = TREATY_STR("#/"),
        .old_pos = old->package_pos,
        .new_pos = new->package_pos,
    };
    struct treaty_proto_place place = root;

    if (!treaty_str_eq(old->package, new->package))
        treaty_proto_found(c, "PACKAGE_CHANGED", TREATY_PROTO_BREAKING, &root,
                           treaty_proto_change(c, old->package, new->package));
    place.path = TREATY_STR("#");
    compare_scopes(c, &scopes[0], &scopes[1], &place);
}

enum treaty_code treaty_proto_compare(const struct treaty_schema *reader,
                                      const struct treaty_schema *writer,
                                      struct treaty_findings *out)
{
    struct treaty_proto_compare c = {
        .out = out,
        .arena = out->arena,
        .by_oneof = out->rules == TREATY_RULES_CONFLUENT_8_3,
    };

    if (out->rules > TREATY_RULES_CONFLUENT_8_3)
        return treaty_proto_wire_compare(treaty_proto_tree(writer),
                                         treaty_proto_tree(reader), out);
    treaty_arena_init(&c.scratch, 0, NULL);
    treaty_map_init(&c.bodies, &c.scratch);
    compare_files(&c, treaty_proto_tree(writer)->file,
                  treaty_proto_tree(reader)->file);
    treaty_arena_release(&c.scratch);
    return c.failed;
}
