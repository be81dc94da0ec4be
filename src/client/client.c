/* SPDX-License-Identifier: Apache-2.0 */
/* From options and environment to a client. */
#include "base/error.h"
#include "client/cache.h"
#include "client/impl.h"

enum {
    CONNECT_TIMEOUT_MS = 3000,
    TIMEOUT_MS = 10000,
    DEADLINE_MS = 30000,
    RETRIES = 3,
    BACKOFF_MS = 100,
    BACKOFF_MAX_MS = 3000,
    LOOKUP_RATE = 100,
    LOOKUP_RATE_MAX = 100000,
    UNKNOWN_RETRY_MS = 200,
    UNKNOWN_TTL_MS = 60000,
    UNKNOWN_MAX = 8192,
};

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

/* The option, or the variable, or nothing; empty counts as nothing. */
static struct treaty_str choose(struct treaty_arena *arena, const char *option,
                                const char *variable, bool *ret_nomem)
{
    const char *text = option && option[0] ? option : NULL;
    struct treaty_str copy;

    if (!text && variable)
        text = getenv(variable);
    if (!text || !text[0])
        return (struct treaty_str){0};
    copy = treaty_arena_dup(arena, treaty_str_z(text));
    if (!copy.data)
        *ret_nomem = true;
    return copy;
}

static bool is_one_line(struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] < ' ' || s.data[i] == 0x7f)
            return false;
    return true;
}

/*
 * Whose credentials an endpoint gets: those of the options, else those of its
 * URL, else those of the environment.
 */
static struct treaty_credentials
credentials_for(const struct treaty_url *url,
                const struct treaty_credentials *options,
                const struct treaty_credentials *environment)
{
    if (options->token.data || options->user.data)
        return *options;
    if (url->user.data)
        return (struct treaty_credentials){
            .user = url->user,
            .password = url->password,
        };
    return *environment;
}

static enum treaty_code set_endpoints(struct treaty_client *client,
                                      const struct treaty_client_options *o,
                                      struct treaty_error *err)
{
    struct treaty_arena *arena = &client->arena;
    bool nomem = false;
    struct treaty_credentials given = {
        .token = choose(arena, o->token, NULL, &nomem),
        .user = choose(arena, o->user, NULL, &nomem),
        .password = choose(arena, o->password, NULL, &nomem),
    };
    struct treaty_credentials found = {
        .token = choose(arena, NULL, "TREATY_REGISTRY_TOKEN", &nomem),
        .user = choose(arena, NULL, "TREATY_REGISTRY_USER", &nomem),
        .password = choose(arena, NULL, "TREATY_REGISTRY_PASSWORD", &nomem),
    };
    struct treaty_str list =
        choose(arena, o->urls, "TREATY_REGISTRY_URL", &nomem);
    struct treaty_url *urls;
    enum treaty_code code;

    if (nomem)
        return treaty_fail_nomem(err);
    if (!is_one_line(given.token) || !is_one_line(found.token))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "the registry token has a control character");
    if (!list.data)
        list = TREATY_STR("http://127.0.0.1:8081");
    code =
        treaty_url_parse_list(arena, list, &urls, &client->endpoint_count, err);
    if (code != TREATY_OK)
        return code;

    /* A password alone, given to go with a user from elsewhere. */
    if (given.user.data && !given.password.data)
        given.password = found.password;
    client->endpoints = TREATY_ARENA_NEW_N(arena, struct treaty_endpoint,
                                           client->endpoint_count);
    if (!client->endpoints)
        return treaty_fail_nomem(err);
    for (size_t i = 0; i < client->endpoint_count; i++)
        client->endpoints[i] = (struct treaty_endpoint){
            .base = urls[i].base,
            .credentials = credentials_for(&urls[i], &given, &found),
        };
    return TREATY_OK;
}

static enum treaty_code set_transport(struct treaty_client *client,
                                      const struct treaty_client_options *o,
                                      struct treaty_error *err)
{
    struct treaty_arena *arena = &client->arena;
    bool nomem = false;
    struct treaty_tls tls = {
        .ca_file = choose(arena, o->ca_file, "TREATY_REGISTRY_CA", &nomem),
        .cert_file =
            choose(arena, o->cert_file, "TREATY_REGISTRY_CERT", &nomem),
        .key_file = choose(arena, o->key_file, "TREATY_REGISTRY_KEY", &nomem),
        .key_password = choose(arena, o->key_password,
                               "TREATY_REGISTRY_KEY_PASSWORD", &nomem),
    };
    enum treaty_code code;

    if (nomem)
        return treaty_fail_nomem(err);
    code = treaty_transport_init(
        &client->transport, &tls,
        (long)or_default(o->connect_timeout_ms, CONNECT_TIMEOUT_MS));
    if (code == TREATY_OK)
        return TREATY_OK;
    return treaty_fail(err, code, TREATY_NO_OFFSET, "libcurl does not start");
}

static enum treaty_code set_limits(struct treaty_client *client,
                                   const struct treaty_client_options *o,
                                   struct treaty_error *err)
{
    uint32_t rate = or_default(o->lookup_rate, LOOKUP_RATE);

    client->timeout_ms = or_default(o->timeout_ms, TIMEOUT_MS);
    client->deadline_ms = or_default(o->deadline_ms, DEADLINE_MS);
    client->backoff_ms = or_default(o->backoff_ms, BACKOFF_MS);
    client->backoff_max_ms = or_default(o->backoff_max_ms, BACKOFF_MAX_MS);
    client->rounds = 1 + RETRIES;
    if (o->retries)
        client->rounds = o->retries < 0 ? 1 : (unsigned)o->retries + 1;
    client->unknown_retry_ms =
        o->unknown_retry_ms ? o->unknown_retry_ms : UNKNOWN_RETRY_MS;
    treaty_unknown_init(&client->unknown,
                        or_default(o->unknown_max, UNKNOWN_MAX),
                        or_default(o->unknown_ttl_ms, UNKNOWN_TTL_MS));
    if (rate > LOOKUP_RATE_MAX)
        rate = LOOKUP_RATE_MAX;
    if (treaty_limiter_init(&client->limiter, &client->arena, rate) !=
        TREATY_OK)
        return treaty_fail_nomem(err);
    return TREATY_OK;
}

static enum treaty_code set_telemetry(struct treaty_client *client,
                                      struct treaty_metrics *metrics,
                                      struct treaty_error *err)
{
    if (!metrics) {
        const struct treaty_alloc *alloc = &client->arena.alloc;

        client->own_metrics = treaty_metrics_new_with(alloc->fn ? alloc : NULL);
        metrics = client->own_metrics;
    }
    if (!metrics ||
        treaty_telemetry_init(&client->telemetry, metrics) != TREATY_OK)
        return treaty_fail_nomem(err);
    return TREATY_OK;
}

static enum treaty_code configure(struct treaty_client *client,
                                  const struct treaty_client_options *options,
                                  struct treaty_error *err)
{
    enum treaty_code code = set_endpoints(client, options, err);

    if (code == TREATY_OK)
        code = set_limits(client, options, err);
    if (code == TREATY_OK)
        code = set_transport(client, options, err);
    return code;
}

enum treaty_code
treaty_client_new_with(const struct treaty_client_options *options,
                       struct treaty_metrics *metrics,
                       struct treaty_client **ret, struct treaty_error *err)
{
    static const struct treaty_client_options defaults;
    struct treaty_arena arena;
    struct treaty_client *client;
    enum treaty_code code;

    if (!options)
        options = &defaults;
    treaty_arena_init(&arena, 0, &options->alloc);
    client = TREATY_ARENA_NEW(&arena, struct treaty_client);
    if (!client)
        return treaty_fail_nomem(err);
    client->arena = arena;
    pthread_mutex_init(&client->lock, NULL);
    pthread_mutex_init(&client->plans_lock, NULL);
    treaty_flights_init(&client->flights);
    treaty_arena_init(&client->plans_arena, 0, &options->alloc);
    treaty_map_init(&client->plans, &client->plans_arena);
    treaty_map_init(&client->ids, &client->arena);
    treaty_map_init(&client->latest, &client->arena);
    code = configure(client, options, err);
    if (code == TREATY_OK)
        code = set_telemetry(client, metrics, err);
    if (code != TREATY_OK) {
        treaty_client_free(client);
        return code;
    }
    *ret = client;
    return TREATY_OK;
}

enum treaty_code treaty_client_new(const struct treaty_client_options *options,
                                   struct treaty_client **ret,
                                   struct treaty_error *err)
{
    return treaty_client_new_with(options, NULL, ret, err);
}

void treaty_client_free(struct treaty_client *client)
{
    struct treaty_arena arena;

    if (!client)
        return;
    treaty_client_release_caches(client);
    treaty_transport_release(&client->transport);
    treaty_metrics_free(client->own_metrics);
    treaty_flights_release(&client->flights);
    pthread_mutex_destroy(&client->lock);
    pthread_mutex_destroy(&client->plans_lock);
    /* The client itself lies on its arena. */
    arena = client->arena;
    treaty_arena_release(&arena);
}

bool treaty_code_is_definite(enum treaty_code code)
{
    static const enum treaty_code passing[] = {
        TREATY_OK,       TREATY_ENOMEM,       TREATY_EINTERNAL,
        TREATY_EIO,      TREATY_ESTORE,       TREATY_EBUSY,
        TREATY_ETIMEOUT, TREATY_EUNREACHABLE, TREATY_ELOCKED,
    };

    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (code == passing[i])
            return false;
    return true;
}

bool treaty_error_is_definite(const struct treaty_error *err)
{
    return treaty_code_is_definite(err->code);
}

struct treaty_cache_counts
treaty_client_cache_counts(const struct treaty_client *client)
{
    return (struct treaty_cache_counts){
        .hits = treaty_counter_value(client->telemetry.hits),
        .misses = treaty_counter_value(client->telemetry.misses),
    };
}
