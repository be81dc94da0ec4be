/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans by what they are made from. A plan is compiled under the lock, since
 * that takes less time than a second thread would lose by compiling it too.
 */
#include "base/error.h"
#include "client/cache.h"

/* The key as bytes: no padding, every member set. */
struct plan_key {
    uint64_t writer_hi;
    uint64_t writer_lo;
    uint64_t by_guid;
    uint8_t writer_guid[16];
    uint8_t reader_guid[16];
    uint64_t layout; /* 0: natural */
    uint64_t utf8;
    uint64_t walk_to_end;
    uint64_t depth_max;
    uint64_t memory_max;
};

static struct plan_key key_of(const struct treaty_plan_request *request)
{
    const struct treaty_cached_schema *writer = request->writer;
    struct plan_key key = {
        .writer_hi = writer->key.hi,
        .writer_lo = writer->key.lo,
        .by_guid = writer->key.by_guid,
        .layout = request->layout ? request->layout->fingerprint : 0,
        .utf8 = (uint64_t)request->options.utf8,
        .walk_to_end = request->options.walk_to_end,
        .depth_max = request->options.depth_max,
        .memory_max = request->options.memory_max,
    };

    memcpy(key.writer_guid, writer->guid, sizeof(key.writer_guid));
    memcpy(key.reader_guid,
           request->reader ? request->reader_guid : writer->guid,
           sizeof(key.reader_guid));
    return key;
}

/* What a plan is made from; each holds one count. */
static enum treaty_code take_parts(const struct treaty_plan_request *request,
                                   struct treaty_cached_plan *entry,
                                   struct treaty_error *err)
{
    struct treaty_schema *reader =
        request->reader ? request->reader : request->writer->schema;

    entry->writer = request->writer;
    entry->reader = treaty_schema_ref(reader);
    if (request->layout) {
        entry->layout = treaty_layout_ref(request->layout);
        return TREATY_OK;
    }
    return reader->format->layout(reader, &entry->layout, err);
}

static enum treaty_code compile(const struct treaty_plan_request *request,
                                struct treaty_cached_plan *entry,
                                struct treaty_error *err)
{
    enum treaty_code code = take_parts(request, entry, err);

    if (code != TREATY_OK)
        return code;
    if (entry->reader->format != request->writer->schema->format)
        return treaty_fail(err, TREATY_EUNREADABLE, TREATY_NO_OFFSET,
                           "the writer's schema is of type %s, the reader's "
                           "of type %s",
                           request->writer->schema->format->name,
                           entry->reader->format->name);
    return entry->reader->format->decode_plan(
        request->writer->schema, entry->reader, entry->layout,
        &request->options, &entry->plan, err);
}

static void release(struct treaty_cached_plan *entry)
{
    treaty_plan_unref(entry->plan);
    treaty_layout_unref(entry->layout);
    treaty_schema_unref(entry->reader);
}

/* Compile and keep; a plan that cannot be made is kept with its reason. */
static enum treaty_code add(struct treaty_client *client,
                            const struct treaty_plan_request *request,
                            struct treaty_str key,
                            struct treaty_cached_plan **ret,
                            struct treaty_error *err)
{
    struct treaty_arena *arena = &client->plans_arena;
    struct treaty_str copy = treaty_arena_dup(arena, key);
    struct treaty_cached_plan *entry =
        TREATY_ARENA_NEW(arena, struct treaty_cached_plan);
    struct treaty_error *failure = TREATY_ARENA_NEW(arena, struct treaty_error);
    enum treaty_code code;

    if (!copy.data || !entry || !failure)
        return treaty_fail_nomem(err);
    code = compile(request, entry, failure);
    if (code == TREATY_OK || treaty_code_is_definite(code)) {
        if (code != TREATY_OK)
            entry->failure = failure;
        if (treaty_map_put(&client->plans, copy, entry) == TREATY_OK) {
            entry->next = client->all_plans;
            client->all_plans = entry;
            *ret = entry;
            return TREATY_OK;
        }
        code = treaty_fail_nomem(failure);
    }
    release(entry);
    return treaty_fail(err, code, TREATY_NO_OFFSET, "%s", failure->message);
}

static enum treaty_code
find_or_add_locked(struct treaty_client *client,
                   const struct treaty_plan_request *request,
                   struct treaty_cached_plan **ret, struct treaty_error *err)
{
    struct plan_key bytes = key_of(request);
    struct treaty_str key = {(const char *)&bytes, sizeof(bytes)};
    struct treaty_cached_plan *entry =
        (struct treaty_cached_plan *)treaty_map_find(&client->plans, key);

    if (!entry)
        return add(client, request, key, ret, err);
    *ret = entry;
    return TREATY_OK;
}

enum treaty_code treaty_client_plan(struct treaty_client *client,
                                    const struct treaty_plan_request *request,
                                    struct treaty_cached_plan **ret,
                                    struct treaty_error *err)
{
    enum treaty_code code;

    pthread_mutex_lock(&client->plans_lock);
    code = find_or_add_locked(client, request, ret, err);
    pthread_mutex_unlock(&client->plans_lock);
    return code;
}
