/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas by what frames call them, and the end of all caches. */
#include "client/cache.h"

#include "base/clock.h"
#include "base/error.h"
#include "client/call.h"
#include "client/reply.h"
#include "client/schemas.h"

#include <assert.h>

enum { NS_PER_MS = 1000000, GUID_TEXT = 37, NAME_SIZE = 48 };

/* One schema on its way from the registry. */
struct fetch {
    struct treaty_client *client;
    const struct treaty_frame *frame;
    struct treaty_table_key key;
    bool no_wait;
    char name[NAME_SIZE]; /* "schema 7", for messages */
};

static uint64_t now_ms(void)
{
    return treaty_clock_mono_ns() / NS_PER_MS;
}

static struct treaty_table_key key_of(const struct treaty_frame *frame)
{
    return frame->by_guid ? treaty_table_key_of_guid(frame->guid)
                          : treaty_table_key_of_id(frame->id);
}

static void write_path(const struct fetch *fetch, char path[64])
{
    char guid[GUID_TEXT];

    if (!fetch->frame->by_guid) {
        snprintf(path, 64, "/schemas/ids/%u", fetch->frame->id);
        return;
    }
    treaty_guid_print(fetch->frame->guid, guid);
    snprintf(path, 64, "/schemas/guids/%s", guid);
}

static void write_name(struct fetch *fetch)
{
    char guid[GUID_TEXT];

    if (!fetch->frame->by_guid) {
        snprintf(fetch->name, NAME_SIZE, "schema %u", fetch->frame->id);
        return;
    }
    treaty_guid_print(fetch->frame->guid, guid);
    snprintf(fetch->name, NAME_SIZE, "schema %s", guid);
}

/*
 * Only "no such schema" decides anything about an event. Whatever else a
 * registry, or something in its place, refuses is a reason to wait.
 */
static enum treaty_code as_infrastructure(const struct fetch *fetch,
                                          const struct treaty_error *cause,
                                          struct treaty_error *err)
{
    enum treaty_code code = treaty_code_is_definite(cause->code)
                                ? TREATY_EUNREACHABLE
                                : cause->code;

    return treaty_fail(err, code, TREATY_NO_OFFSET, "%s cannot be fetched: %s",
                       fetch->name, cause->message);
}

static enum treaty_code ask(const struct fetch *fetch, bool elsewhere,
                            struct treaty_arena *arena,
                            struct treaty_schema_info *ret,
                            struct treaty_error *err)
{
    char path[64];
    struct treaty_call call = {
        .path = path,
        .limited = true,
        .no_wait = fetch->no_wait,
        .first = elsewhere ? 1 : 0,
    };
    const struct treaty_json *json;
    struct treaty_error cause;
    enum treaty_code code;

    write_path(fetch, path);
    code = treaty_call_run(fetch->client, &call, arena, &json, &cause);
    if (code == TREATY_OK)
        code = treaty_reply_schema(json, arena, ret, &cause);
    if (code == TREATY_OK && !ret->text.data)
        code = treaty_reply_is_odd(&cause, "schema");
    if (code == TREATY_OK || code == TREATY_ENOSCHEMA)
        return code;
    return as_infrastructure(fetch, &cause, err);
}

static enum treaty_unknown_state recall(const struct fetch *fetch,
                                        uint64_t *ret_ask_ms)
{
    struct treaty_client *client = fetch->client;
    enum treaty_unknown_state state;

    pthread_mutex_lock(&client->lock);
    state =
        treaty_unknown_find(&client->unknown, fetch->key, now_ms(), ret_ask_ms);
    pthread_mutex_unlock(&client->lock);
    return state;
}

/* Doubt it until `ask_ms`, or with 0 believe that it is unknown. */
static void remember(const struct fetch *fetch, uint64_t ask_ms)
{
    struct treaty_client *client = fetch->client;

    pthread_mutex_lock(&client->lock);
    treaty_unknown_put(&client->unknown, &client->arena, fetch->key, now_ms(),
                       ask_ms);
    pthread_mutex_unlock(&client->lock);
}

static enum treaty_code fail_unknown(const struct fetch *fetch,
                                     struct treaty_error *err)
{
    return treaty_fail(err, TREATY_ENOSCHEMA, TREATY_NO_OFFSET,
                       "the registry does not know %s", fetch->name);
}

static enum treaty_code fail_doubted(const struct fetch *fetch,
                                     struct treaty_error *err)
{
    return treaty_fail(err, TREATY_EBUSY, TREATY_NO_OFFSET,
                       "the registry does not know %s yet; it will be asked "
                       "again",
                       fetch->name);
}

/* Wait until a doubted schema may be asked for again, or say that it takes
 * time. */
static enum treaty_code wait_until(const struct fetch *fetch, uint64_t ask_ms,
                                   struct treaty_error *err)
{
    uint64_t now = now_ms();

    if (now >= ask_ms)
        return TREATY_OK;
    if (fetch->no_wait)
        return fail_doubted(fetch, err);
    treaty_clock_sleep_ms(ask_ms - now);
    return TREATY_OK;
}

/* Ask; when the answer is no for the first time, doubt it and ask again. */
static enum treaty_code ask_twice(const struct fetch *fetch,
                                  struct treaty_arena *arena,
                                  struct treaty_schema_info *ret,
                                  struct treaty_error *err)
{
    int32_t pause_ms = fetch->client->unknown_retry_ms;
    uint64_t ask_ms = 0;
    enum treaty_unknown_state state = recall(fetch, &ask_ms);
    enum treaty_code code = TREATY_OK;

    if (state == TREATY_UNKNOWN_CONFIRMED)
        return fail_unknown(fetch, err);
    if (state == TREATY_UNKNOWN_NOT && pause_ms >= 0) {
        code = ask(fetch, false, arena, ret, err);
        if (code != TREATY_ENOSCHEMA)
            return code;
        ask_ms = now_ms() + (uint64_t)pause_ms;
        remember(fetch, ask_ms);
    }
    code = wait_until(fetch, ask_ms, err);
    if (code != TREATY_OK)
        return code;
    code = ask(fetch, true, arena, ret, err);
    if (code != TREATY_ENOSCHEMA)
        return code;
    remember(fetch, 0);
    return fail_unknown(fetch, err);
}

/* Parse it, or keep the reason why that cannot be done. */
static enum treaty_code build(const struct fetch *fetch,
                              const struct treaty_schema_info *info,
                              struct treaty_arena *arena,
                              struct treaty_built_schema *ret,
                              struct treaty_error *err)
{
    struct treaty_manner manner = {.limited = true, .no_wait = fetch->no_wait};
    struct treaty_closure closure = {0};
    struct treaty_error cause;
    enum treaty_code code = treaty_client_closure(fetch->client, info, manner,
                                                  arena, &closure, &cause);

    if (code == TREATY_ELIMIT) {
        *ret = treaty_schema_unusable(&cause);
        return TREATY_OK;
    }
    if (code != TREATY_OK)
        return as_infrastructure(fetch, &cause, err);
    return treaty_schema_build(info, &closure, ret, err);
}

static enum treaty_code fetch_on(const struct fetch *fetch,
                                 struct treaty_arena *arena,
                                 struct treaty_cached_schema **ret,
                                 struct treaty_error *err)
{
    struct treaty_schema_info info;
    struct treaty_built_schema built;
    enum treaty_code code = ask_twice(fetch, arena, &info, err);

    if (code != TREATY_OK)
        return code;
    code = build(fetch, &info, arena, &built, err);
    if (code != TREATY_OK)
        return code;
    if (!fetch->frame->by_guid)
        built.id = (int32_t)fetch->frame->id;
    return treaty_client_keep_schema(fetch->client, &fetch->key, &built, ret,
                                     err);
}

static void fetch_schema(void *ctx, struct treaty_flight_result *ret)
{
    struct fetch *fetch = (struct fetch *)ctx;
    struct treaty_cached_schema *schema =
        (struct treaty_cached_schema *)treaty_table_find(
            &fetch->client->schemas, fetch->key);
    struct treaty_arena arena;

    ret->code = TREATY_OK;
    if (!schema) {
        treaty_arena_init(&arena, 0, &fetch->client->arena.alloc);
        ret->code = fetch_on(fetch, &arena, &schema, &ret->err);
        treaty_arena_release(&arena);
    }
    ret->value = schema;
}

enum treaty_code treaty_client_schema(struct treaty_client *client,
                                      const struct treaty_frame *frame,
                                      bool no_wait,
                                      const struct treaty_cached_schema **ret,
                                      struct treaty_error *err)
{
    struct fetch fetch = {
        .client = client,
        .frame = frame,
        .key = key_of(frame),
        .no_wait = no_wait,
    };
    struct treaty_flight_request request = {
        .no_wait = no_wait,
        .fn = fetch_schema,
        .ctx = &fetch,
    };
    struct treaty_flight_result result;
    const struct treaty_cached_schema *schema =
        (const struct treaty_cached_schema *)treaty_table_find(&client->schemas,
                                                               fetch.key);

    if (!schema) {
        write_name(&fetch);
        request.key = treaty_str_z(fetch.name);
        treaty_flight_run(&client->flights, &client->lock, &request, &result);
        if (result.code != TREATY_OK)
            return treaty_fail(err, result.code, result.err.offset, "%s",
                               result.err.message);
        schema = (const struct treaty_cached_schema *)result.value;
    }
    if (!schema->schema)
        return treaty_fail_again(err, schema->failure);
    *ret = schema;
    return TREATY_OK;
}

/* Its offset counts in a text that the caller has never seen. */
enum treaty_code treaty_fail_again(struct treaty_error *err,
                                   const struct treaty_error *failure)
{
    assert(failure->code != TREATY_OK);
    if (err) {
        *err = *failure;
        err->offset = TREATY_NO_OFFSET;
    }
    return failure->code;
}

void treaty_client_release_caches(struct treaty_client *client)
{
    for (struct treaty_cached_plan *p = client->all_plans; p; p = p->next) {
        treaty_plan_unref(p->plan);
        treaty_layout_unref(p->layout);
        treaty_schema_unref(p->reader);
        treaty_schema_unref(p->written);
    }
    for (struct treaty_cached_schema *s = client->all_schemas; s; s = s->next)
        treaty_schema_unref(s->schema);
    treaty_arena_release(&client->plans_arena);
}
