/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a schema that a google.protobuf.Any may hold. Each gets its
 * layout and its plans when it is met first, under a lock; they live as long as
 * the layout that asks.
 */
#include "format/protobuf/any.h"

#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>

struct known_message {
    struct treaty_any_message message; /* first: it is all that others see */
    struct treaty_layout *layout;
    struct treaty_plan *decode;
    struct treaty_plan *encode;
};

struct schema_any {
    struct treaty_any any;        /* first */
    struct treaty_schema *schema; /* one count: of the whole */
    struct treaty_arena arena;
    struct treaty_map messages; /* full name -> known_message; NULL layout:
                                   nothing can be made of it */
    pthread_mutex_t lock;
};

static enum treaty_code make_message(struct schema_any *a,
                                     const struct treaty_schema *schema,
                                     struct known_message *ret)
{
    const struct treaty_plan_options options = {0};
    enum treaty_code code =
        treaty_proto_layout_among(schema, &a->any, &ret->layout, NULL);

    if (!code)
        code = treaty_proto_decode_plan(schema, schema, ret->layout, &options,
                                        &ret->decode, NULL);
    if (!code)
        code = treaty_proto_encode_plan(schema, ret->layout, &options,
                                        &ret->encode, NULL);
    if (!code)
        ret->message.type = ret->layout->root;
    return code;
}

static void release_message(struct known_message *known)
{
    treaty_plan_unref(known->decode);
    treaty_plan_unref(known->encode);
    treaty_layout_unref(known->layout);
}

/* The schema as if it stood for another of its messages: also for one of an
 * import, which is no part of it. */
static struct known_message *add_message(struct schema_any *a,
                                         struct treaty_str name)
{
    struct treaty_schema as = *a->schema;
    struct known_message *known;
    struct treaty_str key;

    as.part = treaty_proto_find_message(treaty_proto_tree(a->schema), name);
    as.whole = a->schema;
    if (!as.part)
        return NULL;
    known = TREATY_ARENA_NEW(&a->arena, struct known_message);
    key = treaty_arena_dup(&a->arena, name);
    if (!known || !key.data)
        return NULL;
    /* Out of memory it is tried again, anything else is what it is. */
    if (make_message(a, &as, known) == TREATY_ENOMEM ||
        treaty_map_put(&a->messages, key, known)) {
        release_message(known);
        return NULL;
    }
    return known;
}

static const struct treaty_any_message *find(struct treaty_any *any,
                                             struct treaty_str name)
{
    struct schema_any *a = (struct schema_any *)any;
    struct known_message *known;

    pthread_mutex_lock(&a->lock);
    known = treaty_map_find(&a->messages, name);
    if (!known)
        known = add_message(a, name);
    pthread_mutex_unlock(&a->lock);
    return known && known->message.type ? &known->message : NULL;
}

static enum treaty_code decode(const struct treaty_any_message *message,
                               struct treaty_str payload, void *record,
                               struct treaty_arena *arena)
{
    const struct known_message *known = (const struct known_message *)message;

    return treaty_plan_decode(known->decode, payload, record, arena, NULL);
}

static enum treaty_code encode(const struct treaty_any_message *message,
                               const void *record, struct treaty_buf *out,
                               struct treaty_error *err)
{
    const struct known_message *known = (const struct known_message *)message;

    return treaty_plan_encode(known->encode, record, out, err);
}

static void free_any(struct treaty_any *any)
{
    struct schema_any *a = (struct schema_any *)any;
    const struct treaty_map_entry *at = treaty_map_next(&a->messages, NULL);

    for (; at; at = treaty_map_next(&a->messages, at))
        release_message(at->value);
    treaty_arena_release(&a->arena);
    treaty_schema_unref(a->schema);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

/* Frozen but for its count, which a user may take a share of. */
static struct treaty_schema *share(const struct treaty_schema *schema)
{
    return treaty_schema_ref((struct treaty_schema *)(uintptr_t)schema);
}

struct treaty_any *treaty_proto_any_new(const struct treaty_schema *schema)
{
    struct schema_any *a = calloc(1, sizeof(*a));

    if (!a)
        return NULL;
    a->any = (struct treaty_any){find, decode, encode, free_any};
    a->schema = share(schema->whole ? schema->whole : schema);
    treaty_map_init(&a->messages, &a->arena);
    pthread_mutex_init(&a->lock, NULL);
    return &a->any;
}
