/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CLIENT_H
#define TREATY_CLIENT_H

/*
 * A client of a schema registry: requests over HTTP with keep-alive, retries
 * and failover, and the caches that serializers and deserializers share.
 *
 * A client may be used by many threads at once. Schemas and plans that it has
 * fetched live until it is freed; serializers and deserializers must be freed
 * before it.
 *
 * Failures come in two kinds, which treaty_error_is_definite tells apart:
 *
 *     definite        the answer will not change: HTTP 404 with error_code
 *                     40403 is TREATY_ENOSCHEMA, a broken frame TREATY_EFRAME
 *     infrastructure  ask again later: no connection, 401, 403, 429, 5xx,
 *                     other 404s while fetching, a reply that is not JSON.
 *                     TREATY_EUNREACHABLE, TREATY_EBUSY, TREATY_ETIMEOUT
 *
 * No error text contains a password, a token or the user part of a URL.
 */
#include <treaty/base.h>
#include <treaty/schema.h>
#include <treaty/scratch.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct treaty_client;

/*
 * All members may be zero. Strings are copied.
 *
 * Where a member is NULL, the environment is asked: TREATY_REGISTRY_URL,
 * TREATY_REGISTRY_USER, TREATY_REGISTRY_PASSWORD, TREATY_REGISTRY_TOKEN,
 * TREATY_REGISTRY_CA, TREATY_REGISTRY_CERT, TREATY_REGISTRY_KEY and
 * TREATY_REGISTRY_KEY_PASSWORD. Credentials are taken from the first of: the
 * options, the URL (`https://user:password@host`, percent-encoded), the
 * environment. A token goes before a user.
 */
struct treaty_client_options {
    const char *urls; /* separated by commas; else http://127.0.0.1:8081 */
    const char *user; /* HTTP basic */
    const char *password;
    const char *token;     /* HTTP bearer */
    const char *ca_file;   /* PEM; NULL: the system's */
    const char *cert_file; /* PEM, of the client */
    const char *key_file;  /* PEM, its key */
    const char *key_password;
    uint32_t connect_timeout_ms; /* 0: 3,000 */
    uint32_t timeout_ms;         /* of one request; 0: 10,000 */
    uint32_t deadline_ms;        /* of one call with all retries; 0: 30,000 */
    int32_t retries; /* rounds over all URLs after the first; 0: 3, -1: none */
    uint32_t backoff_ms;     /* before the first retry, then doubling; 0: 100 */
    uint32_t backoff_max_ms; /* 0: 3,000 */
    /*
     * Look-ups of ids and GUIDs that are not cached, in any second, all
     * retries and references included; 0: 100.
     */
    uint32_t lookup_rate;
    /*
     * A schema that the registry does not know is asked for once more after
     * this time, since a replica may lag, and only then believed to be
     * unknown; 0: 200, -1: believe the first answer.
     */
    int32_t unknown_retry_ms;
    uint32_t unknown_ttl_ms;   /* how long that is remembered; 0: 60,000 */
    uint32_t unknown_max;      /* of how many schemas; 0: 8,192 */
    struct treaty_alloc alloc; /* for what lives as long; .fn NULL: libc */
};

TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_new(const struct treaty_client_options *options,
                  struct treaty_client **ret, struct treaty_error *err);
TREATY_API void treaty_client_free(struct treaty_client *client);

/* How often the caches of a client answered, since it was made. */
struct treaty_cache_counts {
    uint64_t hits;   /* events whose schema was at hand */
    uint64_t misses; /* events for which the registry had to be asked */
};
TREATY_API struct treaty_cache_counts
treaty_client_cache_counts(const struct treaty_client *client);

/* True when trying again later cannot help. */
TREATY_API bool treaty_error_is_definite(const struct treaty_error *err);
TREATY_API bool treaty_code_is_definite(enum treaty_code code);

/* What is registered, looked up or checked. */
struct treaty_schema_request {
    const char *subject;
    const char *type; /* "AVRO", ...; NULL: AVRO */
    struct treaty_str text;
    const struct treaty_reference *references;
    size_t reference_count;
    bool normalize;
};

/*
 * One schema as the registry tells it. What a reply leaves out is 0, or has
 * `.data` NULL; `type` is then "AVRO". All of it lies on the scratch.
 */
struct treaty_schema_info {
    int32_t id;
    int32_t version;
    struct treaty_str guid;
    struct treaty_str subject;
    struct treaty_str type;
    struct treaty_str text;
    const struct treaty_reference *references;
    size_t reference_count;
};

/* Names or sentences, and numbers, on the scratch. */
struct treaty_texts {
    const struct treaty_str *items;
    size_t count;
};
struct treaty_numbers {
    const int32_t *items;
    size_t count;
};

/*
 * The calls. Each blocks until it is answered or has failed for good, and
 * leaves `*ret` alone on failure. A refusal by the registry comes back as the
 * code of its error_code (TREATY_EINCOMPATIBLE, TREATY_ESCHEMA,
 * TREATY_ENOSUBJECT, ...) with the registry's message.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code treaty_client_register(
    struct treaty_client *client, const struct treaty_schema_request *schema,
    struct treaty_scratch *scratch, struct treaty_schema_info *ret,
    struct treaty_error *err);

/* Is this schema registered under its subject? TREATY_ENOSCHEMA if not. */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_look_up(struct treaty_client *client,
                      const struct treaty_schema_request *schema,
                      struct treaty_scratch *scratch,
                      struct treaty_schema_info *ret, struct treaty_error *err);

TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_get_id(struct treaty_client *client, int32_t id,
                     struct treaty_scratch *scratch,
                     struct treaty_schema_info *ret, struct treaty_error *err);

TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_get_guid(struct treaty_client *client, const char *guid,
                       struct treaty_scratch *scratch,
                       struct treaty_schema_info *ret,
                       struct treaty_error *err);

/* `version` 0 means the latest. */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_get_version(struct treaty_client *client, const char *subject,
                          int32_t version, struct treaty_scratch *scratch,
                          struct treaty_schema_info *ret,
                          struct treaty_error *err);

TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_subjects(struct treaty_client *client,
                       struct treaty_scratch *scratch, struct treaty_texts *ret,
                       struct treaty_error *err);

TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_versions(struct treaty_client *client, const char *subject,
                       struct treaty_scratch *scratch,
                       struct treaty_numbers *ret, struct treaty_error *err);

/*
 * Would registering succeed? `messages` says why not, in the registry's words.
 * `version` 0 checks as registering would, any other only against that one,
 * and -1 only against the latest.
 */
struct treaty_check {
    bool compatible;
    struct treaty_texts messages;
};
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_check(struct treaty_client *client,
                    const struct treaty_schema_request *schema, int32_t version,
                    struct treaty_scratch *scratch, struct treaty_check *ret,
                    struct treaty_error *err);

/*
 * The compatibility level. A NULL `subject` means the global one. A subject
 * without a level of its own answers TREATY_ENOCONFIG.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_get_level(struct treaty_client *client, const char *subject,
                        struct treaty_scratch *scratch, struct treaty_str *ret,
                        struct treaty_error *err);
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_set_level(struct treaty_client *client, const char *subject,
                        const char *level, struct treaty_error *err);

/*
 * Delete a subject, or one of its versions: softly, or `permanent` what was
 * deleted softly before. A delete whose outcome is unknown is not repeated.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_delete_subject(struct treaty_client *client, const char *subject,
                             bool permanent, struct treaty_error *err);
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_client_delete_version(struct treaty_client *client, const char *subject,
                             int32_t version, bool permanent,
                             struct treaty_error *err);

#ifdef __cplusplus
}
#endif
#endif
