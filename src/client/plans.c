/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans by what they are made from. A plan is compiled under the lock, since
 * that takes less time than a second thread would lose by compiling it too.
 */
#include "base/error.h"
#include "base/str.h"
#include "client/cache.h"

/*
 * The key as bytes: no padding, every member set. Behind it lie the indexes of
 * the writer's message and the reader's, the writer's with their length.
 */
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
    uint64_t written_len;
};

static const struct treaty_schema *
reader_of(const struct treaty_plan_request *request)
{
    return request->reader ? request->reader : request->written;
}

static void put_key(struct treaty_buf *out,
                    const struct treaty_plan_request *request)
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
        .written_len = request->written->indexes.len,
    };

    memcpy(key.writer_guid, writer->guid, sizeof(key.writer_guid));
    memcpy(key.reader_guid,
           request->reader ? request->reader_guid : writer->guid,
           sizeof(key.reader_guid));
    treaty_buf_put_mem(out, &key, sizeof(key));
    treaty_buf_put(out, request->written->indexes);
    treaty_buf_put(out, reader_of(request)->indexes);
}

/* What a plan is made from; each holds one count. */
static enum treaty_code take_parts(const struct treaty_plan_request *request,
                                   struct treaty_cached_plan *entry,
                                   struct treaty_error *err)
{
    struct treaty_schema *reader =
        request->reader ? request->reader : request->written;

    entry->writer = request->writer;
    entry->written = treaty_schema_ref(request->written);
    entry->reader = treaty_schema_ref(reader);
    if (request->layout) {
        entry->layout = treaty_layout_ref(request->layout);
        return TREATY_OK;
    }
    return reader->format->layout(reader, &entry->layout, err);
}

/*
 * Names do not matter on the wire, so a message may be read under another
 * name, but not when the reader's schema knows both: then they are two.
 */
static enum treaty_code check_message(const struct treaty_schema *written,
                                      struct treaty_schema *reader,
                                      struct treaty_error *err)
{
    struct treaty_schema *same = NULL;
    enum treaty_code code;

    if (!reader->format->part || treaty_str_eq(written->name, reader->name))
        return TREATY_OK;
    code = reader->format->part(reader, written->name, &same, NULL);
    if (code == TREATY_ENOMESSAGE)
        return TREATY_OK;
    treaty_schema_unref(same);
    if (code != TREATY_OK)
        return treaty_fail_nomem(err);
    return treaty_fail(err, TREATY_EUNREADABLE, TREATY_NO_OFFSET,
                       "the event is a %.*s, and the reader reads %.*s",
                       TREATY_STR_ARG(written->name),
                       TREATY_STR_ARG(reader->name));
}

static enum treaty_code compile(const struct treaty_plan_request *request,
                                struct treaty_cached_plan *entry,
                                struct treaty_error *err)
{
    const struct treaty_schema *written = request->written;
    enum treaty_code code = take_parts(request, entry, err);

    if (code != TREATY_OK)
        return code;
    if (entry->reader->format != written->format)
        return treaty_fail(err, TREATY_EUNREADABLE, TREATY_NO_OFFSET,
                           "the writer's schema is of type %s, the reader's "
                           "of type %s",
                           written->format->name, entry->reader->format->name);
    code = check_message(written, entry->reader, err);
    if (code != TREATY_OK)
        return code;
    return written->format->decode_plan(written, entry->reader, entry->layout,
                                        &request->options, &entry->plan, err);
}

static void release(struct treaty_cached_plan *entry)
{
    treaty_plan_unref(entry->plan);
    treaty_layout_unref(entry->layout);
    treaty_schema_unref(entry->reader);
    treaty_schema_unref(entry->written);
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
    struct treaty_cached_plan *entry;
    struct treaty_buf key;
    enum treaty_code code;

    treaty_buf_init(&key, 0);
    put_key(&key, request);
    code = treaty_buf_status(&key, err);
    if (code == TREATY_OK) {
        entry = (struct treaty_cached_plan *)treaty_map_find(
            &client->plans, treaty_buf_str(&key));
        if (entry)
            *ret = entry;
        else
            code = add(client, request, treaty_buf_str(&key), ret, err);
    }
    treaty_buf_release(&key);
    return code;
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
