/* SPDX-License-Identifier: Apache-2.0 */
#include "client/schemas.h"

#include "base/error.h"

enum treaty_code
treaty_schema_find_guid(struct treaty_str told, struct treaty_str canonical,
                        const struct treaty_reference *references,
                        size_t reference_count, uint8_t ret[16],
                        struct treaty_error *err)
{
    enum treaty_code code;

    if (told.data && treaty_guid_parse(told, ret))
        return TREATY_OK;
    code = treaty_schema_guid(canonical, references, reference_count, ret);
    if (code == TREATY_OK)
        return TREATY_OK;
    return treaty_fail(err, code, TREATY_NO_OFFSET,
                       "a schema's GUID cannot be made");
}

struct treaty_built_schema
treaty_schema_unusable(const struct treaty_error *cause)
{
    struct treaty_built_schema built = {0};

    (void)treaty_fail(&built.failure, TREATY_EUNREADABLE, TREATY_NO_OFFSET,
                      "the schema in the registry cannot be used: %s",
                      cause->message);
    return built;
}

enum treaty_code treaty_schema_build(const struct treaty_schema_info *info,
                                     const struct treaty_closure *closure,
                                     struct treaty_built_schema *ret,
                                     struct treaty_error *err)
{
    struct treaty_built_schema built = {.id = info->id};
    struct treaty_error cause;
    enum treaty_code code = treaty_closure_parse(closure, info, TREATY_STORED,
                                                 &built.schema, &cause);

    if (code == TREATY_ENOMEM)
        return treaty_fail_nomem(err);
    if (code != TREATY_OK) {
        *ret = treaty_schema_unusable(&cause);
        ret->id = info->id;
        return TREATY_OK;
    }
    code = treaty_schema_find_guid(
        info->guid, built.schema->canonical, built.schema->references,
        built.schema->reference_count, built.guid, err);
    if (code != TREATY_OK) {
        treaty_schema_unref(built.schema);
        return code;
    }
    *ret = built;
    return TREATY_OK;
}

static struct treaty_cached_schema *
make_entry(struct treaty_client *client,
           const struct treaty_built_schema *built)
{
    struct treaty_cached_schema *entry =
        TREATY_ARENA_NEW(&client->arena, struct treaty_cached_schema);
    struct treaty_error *failure = NULL;

    if (entry && !built->schema) {
        failure = TREATY_ARENA_NEW(&client->arena, struct treaty_error);
        if (!failure)
            return NULL;
        *failure = built->failure;
    }
    if (!entry)
        return NULL;
    *entry = (struct treaty_cached_schema){
        .id = built->id,
        .schema = built->schema,
        .failure = failure,
        .next = client->all_schemas,
    };
    memcpy(entry->guid, built->guid, sizeof(entry->guid));
    return entry;
}

static struct treaty_cached_schema *
keep_locked(struct treaty_client *client, const struct treaty_table_key *key,
            const struct treaty_built_schema *built)
{
    struct treaty_cached_schema *entry = make_entry(client, built);

    if (!entry)
        return NULL;
    if (key) {
        entry->key = *key;
        if (treaty_table_add(&client->schemas, &client->arena, *key, entry) !=
            TREATY_OK)
            return NULL;
    } else {
        entry->key = treaty_table_key_of_id((uint32_t)built->id);
    }
    client->all_schemas = entry;
    return entry;
}

enum treaty_code treaty_client_keep_schema(
    struct treaty_client *client, const struct treaty_table_key *key,
    const struct treaty_built_schema *built, struct treaty_cached_schema **ret,
    struct treaty_error *err)
{
    struct treaty_cached_schema *entry;

    pthread_mutex_lock(&client->lock);
    entry = keep_locked(client, key, built);
    pthread_mutex_unlock(&client->lock);
    if (!entry) {
        treaty_schema_unref(built->schema);
        return treaty_fail_nomem(err);
    }
    *ret = entry;
    return TREATY_OK;
}
