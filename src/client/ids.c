/* SPDX-License-Identifier: Apache-2.0 */
/* Ids by schema and subject, and the latest schemas of subjects. */
#include "base/error.h"
#include "client/cache.h"
#include "client/schemas.h"
#include "client/scratch.h"

#include <assert.h>

enum { GUID_LEN = 16 };

struct job {
    struct treaty_client *client;
    struct treaty_str key;
    const struct treaty_id_request *request; /* NULL for the latest */
    const char *subject;
    struct treaty_scratch scratch;
};

static void *find(struct treaty_client *client, struct treaty_map *map,
                  struct treaty_str key)
{
    void *value;

    pthread_mutex_lock(&client->lock);
    value = treaty_map_find(map, key);
    pthread_mutex_unlock(&client->lock);
    return value;
}

static bool put_locked(struct treaty_client *client, struct treaty_map *map,
                       struct treaty_str key, void *value)
{
    struct treaty_str copy = treaty_arena_dup(&client->arena, key);

    return copy.data && treaty_map_put(map, copy, value) == TREATY_OK;
}

static enum treaty_code put(struct treaty_client *client,
                            struct treaty_map *map, struct treaty_str key,
                            void *value, struct treaty_error *err)
{
    bool done;

    pthread_mutex_lock(&client->lock);
    done = put_locked(client, map, key, value);
    pthread_mutex_unlock(&client->lock);
    return done ? TREATY_OK : treaty_fail_nomem(err);
}

/* "r" or "l", "n" or "-", "v" or "-", the content's GUID, the subject. */
static enum treaty_code write_key(struct treaty_buf *out,
                                  const struct treaty_id_request *request,
                                  struct treaty_error *err)
{
    static const struct treaty_str untold;
    uint8_t guid[GUID_LEN];
    enum treaty_code code =
        treaty_schema_find_guid(untold, request->canonical, request->references,
                                request->reference_count, guid, err);

    if (code != TREATY_OK)
        return code;
    treaty_buf_put_c(out, request->look_up ? 'l' : 'r');
    treaty_buf_put_c(out, request->normalize ? 'n' : '-');
    treaty_buf_put_c(out, request->wants_version ? 'v' : '-');
    treaty_buf_put_mem(out, guid, sizeof(guid));
    treaty_buf_put_z(out, request->subject);
    return treaty_buf_status(out, err);
}

static struct treaty_cached_id *new_id(struct treaty_client *client)
{
    struct treaty_cached_id *id;

    pthread_mutex_lock(&client->lock);
    id = TREATY_ARENA_NEW(&client->arena, struct treaty_cached_id);
    pthread_mutex_unlock(&client->lock);
    return id;
}

static enum treaty_code ask_for_id(struct job *job, void **ret,
                                   struct treaty_error *err)
{
    const struct treaty_id_request *wanted = job->request;
    struct treaty_schema_request request = {
        .subject = job->subject,
        .type = wanted->format->name,
        .text = wanted->text,
        .references = wanted->references,
        .reference_count = wanted->reference_count,
        .normalize = wanted->normalize,
    };
    struct treaty_schema_info info;
    struct treaty_cached_id *id;
    enum treaty_code code;

    code = wanted->look_up ? treaty_client_look_up(job->client, &request,
                                                   &job->scratch, &info, err)
                           : treaty_client_register(job->client, &request,
                                                    &job->scratch, &info, err);
    /* Registries before 8.0 answer a registration with the id alone. */
    if (code == TREATY_OK && wanted->wants_version && info.version == 0)
        code = treaty_client_look_up(job->client, &request, &job->scratch,
                                     &info, err);
    if (code != TREATY_OK)
        return code;
    id = new_id(job->client);
    if (!id)
        return treaty_fail_nomem(err);
    id->id = info.id;
    id->version = info.version;
    code = treaty_schema_find_guid(info.guid, wanted->canonical,
                                   wanted->references, wanted->reference_count,
                                   id->guid, err);
    if (code != TREATY_OK)
        return code;
    *ret = id;
    return put(job->client, &job->client->ids, job->key, id, err);
}

static enum treaty_code ask_for_latest(struct job *job, void **ret,
                                       struct treaty_error *err)
{
    struct treaty_client *client = job->client;
    struct treaty_manner manner = {0};
    struct treaty_schema_info info;
    struct treaty_closure closure = {0};
    struct treaty_built_schema built;
    struct treaty_cached_schema *schema;
    enum treaty_code code = treaty_client_get_version(
        client, job->subject, 0, &job->scratch, &info, err);

    if (code == TREATY_OK)
        code = treaty_client_closure(client, &info, manner, &job->scratch.arena,
                                     &closure, err);
    if (code == TREATY_OK)
        code = treaty_schema_build(&info, &closure, &built, err);
    if (code != TREATY_OK)
        return code;
    code = treaty_client_keep_schema(client, NULL, &built, &schema, err);
    if (code != TREATY_OK)
        return code;
    *ret = schema;
    return put(client, &client->latest, job->key, schema, err);
}

/* Another flight may have landed between the look into the cache and this. */
static void run_job(void *ctx, struct treaty_flight_result *ret)
{
    struct job *job = (struct job *)ctx;
    struct treaty_map *map =
        job->request ? &job->client->ids : &job->client->latest;

    ret->code = TREATY_OK;
    ret->value = find(job->client, map, job->key);
    if (ret->value)
        return;
    treaty_arena_init(&job->scratch.arena, 0, &job->client->arena.alloc);
    ret->code = job->request ? ask_for_id(job, &ret->value, &ret->err)
                             : ask_for_latest(job, &ret->value, &ret->err);
    treaty_arena_release(&job->scratch.arena);
}

static enum treaty_code fly(struct job *job, void **ret,
                            struct treaty_error *err)
{
    struct treaty_flight_request request = {
        .key = job->key,
        .fn = run_job,
        .ctx = job,
    };
    struct treaty_flight_result result = {0};

    treaty_flight_run(&job->client->flights, &job->client->lock, &request,
                      &result);
    if (result.code != TREATY_OK)
        return treaty_fail(err, result.code, TREATY_NO_OFFSET, "%s",
                           result.err.message);
    *ret = result.value;
    return TREATY_OK;
}

enum treaty_code treaty_client_id_of(struct treaty_client *client,
                                     const struct treaty_id_request *request,
                                     const struct treaty_cached_id **ret,
                                     struct treaty_error *err)
{
    struct job job = {
        .client = client,
        .request = request,
        .subject = request->subject,
    };
    struct treaty_buf key;
    void *value = NULL;
    enum treaty_code code;

    treaty_buf_init(&key, 0);
    code = write_key(&key, request, err);
    job.key = treaty_buf_str(&key);
    if (code == TREATY_OK)
        code = fly(&job, &value, err);
    treaty_buf_release(&key);
    if (code != TREATY_OK)
        return code;
    *ret = (const struct treaty_cached_id *)value;
    return TREATY_OK;
}

enum treaty_code treaty_client_latest(struct treaty_client *client,
                                      const char *subject,
                                      const struct treaty_cached_schema **ret,
                                      struct treaty_error *err)
{
    struct job job = {.client = client, .subject = subject};
    struct treaty_buf key;
    const struct treaty_cached_schema *schema;
    void *value = NULL;
    enum treaty_code code;

    treaty_buf_init(&key, 0);
    treaty_buf_put_z(&key, "latest:");
    treaty_buf_put_z(&key, subject);
    code = treaty_buf_status(&key, err);
    job.key = treaty_buf_str(&key);
    if (code == TREATY_OK)
        code = fly(&job, &value, err);
    treaty_buf_release(&key);
    if (code != TREATY_OK)
        return code;
    schema = (const struct treaty_cached_schema *)value;
    assert(schema);
    if (!schema->schema)
        return treaty_fail_again(err, schema->failure);
    *ret = schema;
    return TREATY_OK;
}
