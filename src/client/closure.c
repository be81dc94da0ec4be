/* SPDX-License-Identifier: Apache-2.0 */
#include "client/closure.h"

#include "base/error.h"
#include "client/call.h"
#include "client/query.h"
#include "client/reply.h"

#include <inttypes.h>

/* A schema whose references are being gone through: a stack, since chains of
 * references may be long, and recursion is for a registry to choose. */
struct level {
    struct treaty_import self;
    const struct treaty_reference *references;
    size_t count;
    size_t next;
};

struct walk {
    struct treaty_client *client;
    struct treaty_manner manner;
    struct treaty_arena *arena;
    struct treaty_import *imports;
    size_t count;
    struct level *levels;
    size_t depth;
};

static bool same_place(const struct treaty_reference *a,
                       const struct treaty_reference *b)
{
    return a->version == b->version && treaty_str_eq(a->subject, b->subject);
}

/* Of two that carry the same name the first wins. One that is on the way comes
 * again only in a cycle, which only a broken registry has. */
static bool is_seen(const struct walk *walk,
                    const struct treaty_reference *reference)
{
    for (size_t i = 0; i < walk->count; i++)
        if (treaty_str_eq(walk->imports[i].reference.name, reference->name))
            return true;
    for (size_t i = 1; i < walk->depth; i++)
        if (same_place(&walk->levels[i].self.reference, reference))
            return true;
    return false;
}

/* What was fetched under another name; what it refers to is there, too. */
static const struct treaty_import *
find_fetched(const struct walk *walk, const struct treaty_reference *reference)
{
    for (size_t i = 0; i < walk->count; i++)
        if (same_place(&walk->imports[i].reference, reference))
            return &walk->imports[i];
    return NULL;
}

/* Versions that were deleted softly still serve those that refer to them. */
static enum treaty_code fetch(struct walk *walk,
                              const struct treaty_reference *reference,
                              struct treaty_schema_info *ret,
                              struct treaty_error *err)
{
    struct treaty_call call = {
        .limited = walk->manner.limited,
        .no_wait = walk->manner.no_wait,
    };
    const struct treaty_json *json;
    struct treaty_buf path;
    struct treaty_str subject =
        treaty_arena_dup(walk->arena, reference->subject);
    char format[64];
    enum treaty_code code;

    if (!subject.data)
        return treaty_fail_nomem(err);
    snprintf(format, sizeof(format),
             "/subjects/%%s/versions/%" PRId32 "?deleted=true",
             reference->version);
    treaty_buf_init(&path, 0);
    treaty_query_path(&path, format, subject.data);
    code = treaty_buf_status(&path, err);
    if (code == TREATY_OK) {
        call.path = path.data;
        code = treaty_call_run(walk->client, &call, walk->arena, &json, err);
    }
    treaty_buf_release(&path);
    if (code != TREATY_OK)
        return code;
    code = treaty_reply_schema(json, walk->arena, ret, err);
    if (code == TREATY_OK && !ret->text.data)
        return treaty_reply_is_odd(err, "schema");
    return code;
}

static enum treaty_code step_into(struct walk *walk,
                                  const struct treaty_reference *reference,
                                  struct treaty_error *err)
{
    const struct treaty_import *fetched = find_fetched(walk, reference);
    struct treaty_schema_info info;
    enum treaty_code code;

    if (walk->count + walk->depth > TREATY_REFERENCES_MAX)
        return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "a schema has more than %d references",
                           TREATY_REFERENCES_MAX);
    if (fetched) {
        walk->imports[walk->count++] = (struct treaty_import){
            .reference = *reference,
            .text = fetched->text,
        };
        return TREATY_OK;
    }
    code = fetch(walk, reference, &info, err);
    if (code != TREATY_OK)
        return code;
    walk->levels[walk->depth++] = (struct level){
        .self = {.reference = *reference, .text = info.text},
        .references = info.references,
        .count = info.reference_count,
    };
    return TREATY_OK;
}

/* Down while there is something to fetch, and up, adding what is complete. */
static enum treaty_code walk_all(struct walk *walk, struct treaty_error *err)
{
    while (walk->depth > 0) {
        struct level *top = &walk->levels[walk->depth - 1];
        enum treaty_code code;

        if (top->next == top->count) {
            walk->depth--;
            if (walk->depth > 0)
                walk->imports[walk->count++] = top->self;
            continue;
        }
        top->next++;
        if (is_seen(walk, &top->references[top->next - 1]))
            continue;
        code = step_into(walk, &top->references[top->next - 1], err);
        if (code != TREATY_OK)
            return code;
    }
    return TREATY_OK;
}

enum treaty_code treaty_client_closure(struct treaty_client *client,
                                       const struct treaty_schema_info *schema,
                                       struct treaty_manner manner,
                                       struct treaty_arena *arena,
                                       struct treaty_closure *ret,
                                       struct treaty_error *err)
{
    struct walk walk = {.client = client, .manner = manner, .arena = arena};
    enum treaty_code code;

    if (schema->reference_count == 0) {
        *ret = (struct treaty_closure){0};
        return TREATY_OK;
    }
    walk.imports = TREATY_ARENA_NEW_N(arena, struct treaty_import,
                                      TREATY_REFERENCES_MAX + 1);
    walk.levels =
        TREATY_ARENA_NEW_N(arena, struct level, TREATY_REFERENCES_MAX + 1);
    if (!walk.imports || !walk.levels)
        return treaty_fail_nomem(err);
    walk.levels[walk.depth++] = (struct level){
        .references = schema->references,
        .count = schema->reference_count,
    };
    code = walk_all(&walk, err);
    if (code != TREATY_OK)
        return code;
    *ret = (struct treaty_closure){walk.imports, walk.count};
    return TREATY_OK;
}

enum treaty_code treaty_closure_parse(const struct treaty_closure *closure,
                                      const struct treaty_schema_info *schema,
                                      enum treaty_strictness strictness,
                                      struct treaty_schema **ret,
                                      struct treaty_error *err)
{
    const struct treaty_format *format = treaty_format_find(schema->type);
    struct treaty_source source = {
        .text = schema->text,
        .references = schema->references,
        .reference_count = schema->reference_count,
        .imports = closure->imports,
        .import_count = closure->count,
        .strictness = strictness,
    };

    if (!format)
        return treaty_fail(err, TREATY_ETYPE, TREATY_NO_OFFSET,
                           "schemas of type %.*s are not supported",
                           TREATY_STR_ARG(schema->type));
    return treaty_schema_parse(format, &source, ret, err);
}

enum treaty_code treaty_client_parse(struct treaty_client *client,
                                     const struct treaty_schema_info *schema,
                                     enum treaty_strictness strictness,
                                     struct treaty_manner manner,
                                     struct treaty_schema **ret,
                                     struct treaty_error *err)
{
    struct treaty_closure closure = {0};
    struct treaty_arena arena;
    enum treaty_code code;

    treaty_arena_init(&arena, 0, &client->arena.alloc);
    code = treaty_client_closure(client, schema, manner, &arena, &closure, err);
    if (code == TREATY_OK)
        code = treaty_closure_parse(&closure, schema, strictness, ret, err);
    treaty_arena_release(&arena);
    return code;
}
