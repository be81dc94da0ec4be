/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_SCHEMAS_H
#define TREATY_SRC_CLIENT_SCHEMAS_H

/* From a registry's reply to a schema in the cache. */
#include "client/cache.h"

/* A schema, or the reason why there is none, before it is kept. */
struct treaty_built_schema {
    struct treaty_schema *schema;
    int32_t id;
    uint8_t guid[16];
    struct treaty_error failure;
};

/*
 * The GUID of a schema, as the registry told it or else as it is made from
 * the content. TREATY_ENOMEM, TREATY_EINTERNAL.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_find_guid(struct treaty_str told, struct treaty_str canonical,
                        const struct treaty_reference *references,
                        size_t reference_count, uint8_t ret[16],
                        struct treaty_error *err);

/*
 * Parse what the registry told. A text that this build cannot parse makes a
 * schema with a `failure` of TREATY_EUNREADABLE. TREATY_ENOMEM otherwise.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_build(const struct treaty_schema_info *info,
                    const struct treaty_closure *closure,
                    struct treaty_built_schema *ret, struct treaty_error *err);

/* A schema that can never be used, because of `cause`. */
struct treaty_built_schema
treaty_schema_unusable(const struct treaty_error *cause);

/*
 * Keep it, under `key` unless that is NULL. Takes the schema over, on failure
 * too. TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code treaty_client_keep_schema(
    struct treaty_client *client, const struct treaty_table_key *key,
    const struct treaty_built_schema *built, struct treaty_cached_schema **ret,
    struct treaty_error *err);

#endif
