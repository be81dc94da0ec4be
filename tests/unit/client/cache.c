/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas by id: asked for once, doubted before they are called unknown, and
 * never in the way of those that are known. */
#include "client/cache.h"

#include "base/clock.h"
#include "harness/responder.h"
#include "harness/tap.h"

#include <stdatomic.h>

#define INT_SCHEMA "{\"schema\":\"\\\"int\\\"\"}"
#define UNKNOWN "{\"error_code\":40403,\"message\":\"Schema not found\"}"

enum { MS = 1000000 };

static struct treaty_client *new_client(const struct responder *responder,
                                        struct treaty_client_options options)
{
    struct treaty_client *client = NULL;
    struct treaty_error err;

    options.urls = responder_url(responder);
    if (!CHECK_INT(treaty_client_new(&options, &client, &err), TREATY_OK))
        tap_note("%s", err.message);
    return client;
}

static enum treaty_code get(struct treaty_client *client, uint32_t id,
                            bool no_wait,
                            const struct treaty_cached_schema **ret,
                            struct treaty_error *err)
{
    struct treaty_frame frame = {.id = id};

    return treaty_client_schema(client, &frame, no_wait, ret, err);
}

/* Ids below 1,000 are known, "lag" ones from the second request on. */
static void answer(void *ctx, const struct responder_request *request,
                   struct responder_reply *reply)
{
    const char *id = strrchr(request->path, '/') + 1;
    long number = strtol(id, NULL, 10);
    atomic_size_t *lagging = (atomic_size_t *)ctx;
    bool known = number < 1000;

    if (number == 999 && atomic_fetch_add(lagging, 1) == 0)
        known = false;
    reply->status = known ? 200 : 404;
    reply->body = known ? INT_SCHEMA : UNKNOWN;
}

static void fetches_once(void)
{
    atomic_size_t lagging = 0;
    struct responder *responder = responder_start(answer, &lagging);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){0});
    const struct treaty_cached_schema *first = NULL;
    const struct treaty_cached_schema *again = NULL;
    char guid[37];
    struct treaty_error err;

    CHECK_INT(get(client, 7, false, &first, &err), TREATY_OK);
    CHECK_INT(get(client, 7, true, &again, &err), TREATY_OK);
    CHECK(first && first == again);
    CHECK_INT(first->id, 7);
    CHECK_STR_Z(first->schema->canonical, "\"int\"");
    treaty_guid_print(first->guid, guid);
    CHECK(strcmp(guid, "00000000-0000-0000-0000-000000000000") != 0);
    CHECK_INT(responder_requests(responder), 1);
    treaty_client_free(client);
    responder_stop(responder);
}

struct crowd {
    struct treaty_client *client;
    pthread_barrier_t start;
    atomic_size_t ok;
    atomic_size_t failed;
    _Atomic(const struct treaty_cached_schema *) schema;
};

static void *miss_together(void *ctx)
{
    struct crowd *crowd = (struct crowd *)ctx;
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;

    pthread_barrier_wait(&crowd->start);
    if (get(crowd->client, 5, false, &schema, &err) != TREATY_OK) {
        atomic_fetch_add(&crowd->failed,
                         strstr(err.message, "answers 503") ? 1 : 1000);
        return NULL;
    }
    atomic_store(&crowd->schema, schema);
    atomic_fetch_add(&crowd->ok, 1);
    return NULL;
}

static void slowly(void *ctx, const struct responder_request *request,
                   struct responder_reply *reply)
{
    (void)request;
    *reply = *(const struct responder_reply *)ctx;
    reply->delay_ms = 200;
}

static void at_once(void *ctx, const struct responder_request *request,
                    struct responder_reply *reply)
{
    (void)request;
    *reply = *(const struct responder_reply *)ctx;
}

static void run_crowd(const struct responder_reply *reply, size_t ok)
{
    enum { CROWD = 64 };
    struct responder_reply copy = *reply;
    struct responder *responder = responder_start(slowly, &copy);
    struct crowd crowd = {
        .client = new_client(responder,
                             (struct treaty_client_options){.retries = -1}),
    };
    pthread_t threads[CROWD];

    pthread_barrier_init(&crowd.start, NULL, CROWD);
    for (size_t i = 0; i < CROWD; i++)
        pthread_create(&threads[i], NULL, miss_together, &crowd);
    for (size_t i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(responder_requests(responder), 1);
    CHECK_INT(atomic_load(&crowd.ok), ok);
    CHECK_INT(atomic_load(&crowd.failed), CROWD - ok);
    pthread_barrier_destroy(&crowd.start);
    treaty_client_free(crowd.client);
    responder_stop(responder);
}

static void asks_once_for_a_crowd(void)
{
    static const struct responder_reply good = {.status = 200,
                                                .body = INT_SCHEMA};
    static const struct responder_reply bad = {.status = 503, .body = ""};

    run_crowd(&good, 64);
    run_crowd(&bad, 0);
}

static void doubts_before_it_believes(void)
{
    atomic_size_t lagging = 0;
    struct responder *responder = responder_start(answer, &lagging);
    struct treaty_client *client = new_client(
        responder, (struct treaty_client_options){.unknown_retry_ms = 100});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;
    uint64_t began = treaty_clock_mono_ns();

    CHECK_INT(get(client, 5000, false, &schema, &err), TREATY_ENOSCHEMA);
    CHECK(treaty_error_is_definite(&err));
    CHECK(strstr(err.message, "schema 5000"));
    /* The client counts in whole milliseconds. */
    CHECK(treaty_clock_mono_ns() - began >= 99 * MS);
    CHECK_INT(responder_requests(responder), 2);
    /* Remembered: no more requests. */
    for (int i = 0; i < 100; i++)
        CHECK_INT(get(client, 5000, i % 2, &schema, &err), TREATY_ENOSCHEMA);
    CHECK_INT(responder_requests(responder), 2);
    /* A replica that lags is believed the second time. */
    CHECK_INT(get(client, 999, false, &schema, &err), TREATY_OK);
    CHECK_INT(responder_requests(responder), 4);
    treaty_client_free(client);
    responder_stop(responder);
}

static void forgets_what_was_unknown(void)
{
    atomic_size_t lagging = 0;
    struct responder *responder = responder_start(answer, &lagging);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){
                                  .unknown_retry_ms = -1,
                                  .unknown_ttl_ms = 100,
                              });
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;

    CHECK_INT(get(client, 999, false, &schema, &err), TREATY_ENOSCHEMA);
    CHECK_INT(get(client, 999, false, &schema, &err), TREATY_ENOSCHEMA);
    CHECK_INT(responder_requests(responder), 1);
    treaty_clock_sleep_ms(120);
    CHECK_INT(get(client, 999, false, &schema, &err), TREATY_OK);
    CHECK_INT(responder_requests(responder), 2);
    treaty_client_free(client);
    responder_stop(responder);
}

/*
 * With `no_wait` the caller comes back instead of sleeping here: the second
 * request is due two seconds later, and nobody has made it yet.
 */
static void does_not_wait(void)
{
    atomic_size_t lagging = 0;
    struct responder *responder = responder_start(answer, &lagging);
    struct treaty_client *client = new_client(
        responder, (struct treaty_client_options){.unknown_retry_ms = 2000});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;

    CHECK_INT(get(client, 5000, true, &schema, &err), TREATY_EBUSY);
    CHECK(!treaty_error_is_definite(&err));
    CHECK_INT(get(client, 5000, true, &schema, &err), TREATY_EBUSY);
    CHECK_INT(responder_requests(responder), 1);
    treaty_clock_sleep_ms(2010);
    CHECK_INT(get(client, 5000, true, &schema, &err), TREATY_ENOSCHEMA);
    CHECK_INT(responder_requests(responder), 2);
    treaty_client_free(client);
    responder_stop(responder);
}

/* Only 404 with 40403 decides; nothing else is remembered. */
static void waits_for_everything_else(void)
{
    static const struct responder_reply replies[] = {
        {.status = 404, .body = "{\"error_code\":404,\"message\":\"m\"}"},
        {.status = 404, .body = "{\"error_code\":40401,\"message\":\"m\"}"},
        {.status = 404, .body = "gone"},
        {.status = 401, .body = "{\"error_code\":40101}"},
        {.status = 403, .body = "{\"error_code\":40301}"},
        {.status = 422, .body = "{\"error_code\":42201,\"message\":\"m\"}"},
        {.status = 429, .body = "{\"error_code\":42901}"},
        {.status = 500, .body = "{\"error_code\":40403}"},
        {.status = 200, .body = "hello"},
        {.status = 200, .body = "{}"},
        {.hang_up = 1},
    };
    struct treaty_client_options options = {.retries = -1};

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        struct responder_reply copy = replies[i];
        struct responder *responder = responder_start(at_once, &copy);
        struct treaty_client *client = new_client(responder, options);
        const struct treaty_cached_schema *schema = NULL;
        struct treaty_error err = {0};

        (void)get(client, 5, false, &schema, &err);
        if (treaty_error_is_definite(&err) || err.code == TREATY_OK)
            tap_fail(__FILE__, __LINE__, "case %zu is %s: %s", i,
                     treaty_code_name(err.code), err.message);
        (void)get(client, 5, false, &schema, &err);
        CHECK_INT(responder_requests(responder), 2);
        treaty_client_free(client);
        responder_stop(responder);
    }
}

/* What no parser here can read will not become readable. */
static void keeps_the_unusable(void)
{
    static const struct responder_reply broken = {
        .status = 200, .body = "{\"schema\":\"{\\\"type\\\":\\\"inx\\\"}\"}"};
    static const struct responder_reply foreign = {
        .status = 200, .body = "{\"schemaType\":\"XML\",\"schema\":\"<a/>\"}"};
    const struct responder_reply *const replies[] = {&broken, &foreign};

    for (size_t i = 0; i < 2; i++) {
        struct responder_reply copy = *replies[i];
        struct responder *responder = responder_start(at_once, &copy);
        struct treaty_client *client =
            new_client(responder, (struct treaty_client_options){0});
        const struct treaty_cached_schema *schema = NULL;
        struct treaty_error err;

        CHECK_INT(get(client, 5, false, &schema, &err), TREATY_EUNREADABLE);
        CHECK_INT(get(client, 5, false, &schema, &err), TREATY_EUNREADABLE);
        CHECK(treaty_error_is_definite(&err));
        CHECK_INT(responder_requests(responder), 1);
        treaty_client_free(client);
        responder_stop(responder);
    }
}

struct flood {
    pthread_mutex_t lock;
    uint64_t times[4096];
    size_t count;
};

static void note_time(void *ctx, const struct responder_request *request,
                      struct responder_reply *reply)
{
    struct flood *flood = (struct flood *)ctx;
    bool known = strcmp(request->path, "/schemas/ids/1") == 0;

    pthread_mutex_lock(&flood->lock);
    if (flood->count < 4096)
        flood->times[flood->count++] = treaty_clock_mono_ns();
    pthread_mutex_unlock(&flood->lock);
    reply->status = known ? 200 : 404;
    reply->body = known ? INT_SCHEMA : UNKNOWN;
}

struct bystander {
    struct treaty_client *client;
    atomic_bool done;
    uint64_t worst_ns;
    uint64_t looks;
    uint64_t slow; /* those that took longer than a request every 25 ms */
};

static void *look_at_the_known(void *ctx)
{
    struct bystander *bystander = (struct bystander *)ctx;
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;

    while (!atomic_load(&bystander->done)) {
        uint64_t began = treaty_clock_mono_ns();
        uint64_t took;

        CHECK_INT(get(bystander->client, 1, true, &schema, &err), TREATY_OK);
        took = treaty_clock_mono_ns() - began;
        if (took > bystander->worst_ns)
            bystander->worst_ns = took;
        bystander->slow += took > 25u * MS;
        bystander->looks++;
        treaty_clock_sleep_ms(1);
    }
    return NULL;
}

/*
 * A hundred thousand unknown ids: the registry sees at most so many requests
 * in any second, and a known id is answered all the while.
 */
static void bears_a_flood_of_unknown_ids(void)
{
    enum { RATE = 40, IDS = 100000 };
    static struct flood flood = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct responder *responder = responder_start(note_time, &flood);
    struct bystander bystander = {
        .client = new_client(responder,
                             (struct treaty_client_options){
                                 .lookup_rate = RATE,
                             }),
    };
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;
    pthread_t thread;
    uint64_t began = treaty_clock_mono_ns();
    uint64_t seconds;
    size_t wrong = 0;
    uint32_t id = 0;

    CHECK_INT(get(bystander.client, 1, true, &schema, &err), TREATY_OK);
    pthread_create(&thread, NULL, look_at_the_known, &bystander);
    /* All ids at least once, and on until three seconds are full. */
    while (id < IDS || treaty_clock_mono_ns() - began < 3000u * MS) {
        enum treaty_code code =
            get(bystander.client, 1000 + id % IDS, true, &schema, &err);

        wrong += code != TREATY_ENOSCHEMA && code != TREATY_EBUSY;
        id++;
    }
    seconds = (treaty_clock_mono_ns() - began) / (1000u * MS);
    atomic_store(&bystander.done, true);
    pthread_join(thread, NULL);

    CHECK_INT(wrong, 0);
    CHECK(flood.count > RATE && flood.count <= (seconds + 2) * RATE);
    /* Whoever insists on one of them is answered in the end. */
    for (int i = 0; i < 300 && get(bystander.client, 999999, true, &schema,
                                   &err) != TREATY_ENOSCHEMA;
         i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(err.code, TREATY_ENOSCHEMA);
    /* The times are taken at the far end, which may be kept waiting. */
    for (size_t i = 3 * RATE; i < flood.count; i++)
        CHECK(flood.times[i] - flood.times[i - 3 * RATE] >= 2000u * MS);
    /* A busy machine makes some wait; waiting for requests would make all. */
    CHECK(bystander.looks > 20);
    CHECK(bystander.slow * 10 < bystander.looks);
    tap_note("%u look-ups, %zu requests, worst known id %.1f ms", id,
             flood.count, (double)bystander.worst_ns / MS);
    treaty_client_free(bystander.client);
    responder_stop(responder);
}

/* a -> b -> c, a -> c; b and c say "deleted=true" is needed. */
static void with_references(void *ctx, const struct responder_request *request,
                            struct responder_reply *reply)
{
    (void)ctx;
    reply->status = 200;
    if (strcmp(request->path, "/schemas/ids/5") == 0)
        reply->body =
            "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"A\\\","
            "\\\"fields\\\":[{\\\"name\\\":\\\"b\\\",\\\"type\\\":\\\"B\\\"},"
            "{\\\"name\\\":\\\"c\\\",\\\"type\\\":\\\"C\\\"}]}\","
            "\"references\":[{\"name\":\"B\",\"subject\":\"b\",\"version\":1},"
            "{\"name\":\"C\",\"subject\":\"c\",\"version\":2}]}";
    else if (strcmp(request->path, "/subjects/b/versions/1?deleted=true") == 0)
        reply->body =
            "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"B\\\","
            "\\\"fields\\\":[{\\\"name\\\":\\\"c\\\",\\\"type\\\":\\\"C\\\"}]}"
            "\",\"references\":[{\"name\":\"C\",\"subject\":\"c\","
            "\"version\":2}]}";
    else if (strcmp(request->path, "/subjects/c/versions/2?deleted=true") == 0)
        reply->body =
            "{\"schema\":\"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"C\\\","
            "\\\"symbols\\\":[\\\"X\\\"]}\"}";
    else
        *reply = (struct responder_reply){.status = 404, .body = UNKNOWN};
}

static void fetches_references(void)
{
    struct responder *responder = responder_start(with_references, NULL);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){0});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err = {0};

    if (!CHECK_INT(get(client, 5, false, &schema, &err), TREATY_OK))
        tap_note("%s", err.message);
    else
        CHECK_INT(schema->schema->reference_count, 2);
    CHECK_INT(responder_requests(responder), 3);
    treaty_client_free(client);
    responder_stop(responder);
}

/* A registry that refers in a circle, or lacks what it refers to. */
static void broken_references(void *ctx,
                              const struct responder_request *request,
                              struct responder_reply *reply)
{
    (void)ctx;
    if (strcmp(request->path, "/schemas/ids/6") == 0) {
        reply->body = "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"name\":"
                      "\"x\",\"subject\":\"gone\",\"version\":1}]}";
    } else if (strcmp(request->path,
                      "/subjects/gone/versions/1?deleted=true") == 0) {
        reply->status = 404;
        reply->body = "{\"error_code\":40402,\"message\":\"no version\"}";
    } else {
        reply->body = "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"name\":"
                      "\"x\",\"subject\":\"me\",\"version\":1}]}";
    }
}

static void survives_broken_references(void)
{
    struct responder *responder = responder_start(broken_references, NULL);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){0});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err = {0};

    (void)get(client, 5, false, &schema, &err);
    CHECK_INT(responder_requests(responder), 2);
    CHECK_INT(get(client, 6, false, &schema, &err), TREATY_EUNREACHABLE);
    CHECK(strstr(err.message, "no version"));
    treaty_client_free(client);
    responder_stop(responder);
}

/* Who may wait, waits for a place within the rate. */
static void waits_for_its_turn(void)
{
    atomic_size_t lagging = 0;
    struct responder *responder = responder_start(answer, &lagging);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){.lookup_rate = 2});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;
    uint64_t began = treaty_clock_mono_ns();

    CHECK_INT(get(client, 1, false, &schema, &err), TREATY_OK);
    CHECK_INT(get(client, 2, false, &schema, &err), TREATY_OK);
    CHECK_INT(get(client, 3, true, &schema, &err), TREATY_EBUSY);
    CHECK(strstr(err.message, "the limit"));
    CHECK_INT(get(client, 3, false, &schema, &err), TREATY_OK);
    CHECK(treaty_clock_mono_ns() - began >= 1000u * MS);
    treaty_client_free(client);
    responder_stop(responder);
}

static void *wait_for_five(void *ctx)
{
    struct treaty_client *client = (struct treaty_client *)ctx;
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;

    CHECK_INT(get(client, 5, false, &schema, &err), TREATY_OK);
    return NULL;
}

/* Who may not wait does not follow one who does. */
static void follows_nobody_who_waits(void)
{
    struct responder_reply good = {.status = 200, .body = INT_SCHEMA};
    struct responder *responder = responder_start(slowly, &good);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){0});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;
    pthread_t thread;

    pthread_create(&thread, NULL, wait_for_five, client);
    while (responder_requests(responder) == 0)
        treaty_clock_sleep_ms(1);
    CHECK_INT(get(client, 5, true, &schema, &err), TREATY_EBUSY);
    pthread_join(thread, NULL);
    CHECK_INT(get(client, 5, true, &schema, &err), TREATY_OK);
    CHECK_INT(responder_requests(responder), 1);
    treaty_client_free(client);
    responder_stop(responder);
}

/* Each version refers to the next one, for ever. */
static void endlessly(void *ctx, const struct responder_request *request,
                      struct responder_reply *reply)
{
    char *body = (char *)ctx;

    snprintf(body, 200,
             "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"name\":\"x\","
             "\"subject\":\"s\",\"version\":%zu}]}",
             request->number);
    *reply = (struct responder_reply){.status = 200, .body = body};
}

static void bounds_references(void)
{
    char body[200];
    struct responder *responder = responder_start(endlessly, body);
    struct treaty_client *client = new_client(
        responder, (struct treaty_client_options){.lookup_rate = 5000});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err = {0};

    for (int i = 0; i < 2; i++)
        CHECK_INT(get(client, 5, false, &schema, &err), TREATY_EUNREADABLE);
    CHECK(strstr(err.message, "more than 1000 references"));
    CHECK_INT(responder_requests(responder), 1 + TREATY_REFERENCES_MAX);
    treaty_client_free(client);
    responder_stop(responder);
}

static void keeps_an_unusable_latest(void)
{
    struct responder_reply broken = {
        .status = 200,
        .body = "{\"id\":4,\"version\":1,\"schema\":\"nonsense\"}",
    };
    struct responder *responder = responder_start(at_once, &broken);
    struct treaty_client *client =
        new_client(responder, (struct treaty_client_options){0});
    const struct treaty_cached_schema *schema = NULL;
    struct treaty_error err;

    for (int i = 0; i < 3; i++)
        CHECK_INT(treaty_client_latest(client, "s", &schema, &err),
                  TREATY_EUNREADABLE);
    CHECK_INT(responder_requests(responder), 1);
    treaty_client_free(client);
    responder_stop(responder);
}

static void survives_lack_of_memory(void)
{
    struct responder *responder = responder_start(with_references, NULL);
    enum treaty_code code = TREATY_ENOMEM;
    size_t n = 0;

    while (code != TREATY_OK && n < 200) {
        struct tap_alloc state = {0};
        struct treaty_client *client = new_client(
            responder,
            (struct treaty_client_options){.alloc = tap_alloc_hook(&state)});
        const struct treaty_cached_schema *schema = NULL;
        struct treaty_error err = {0};

        state.fail_at = state.calls + ++n;
        code = get(client, 5, false, &schema, &err);
        CHECK(code == TREATY_OK ? schema != NULL : !schema);
        CHECK(code == TREATY_OK || code == TREATY_ENOMEM);
        if (code != TREATY_OK) /* what failed once works the next time */
            CHECK_INT(get(client, 5, false, &schema, &err), TREATY_OK);
        treaty_client_free(client);
        CHECK_INT(state.live, 0);
    }
    CHECK(n > 3 && n < 200);
    responder_stop(responder);
}

TAP_MAIN({"fetches once", fetches_once},
         {"asks once for a crowd", asks_once_for_a_crowd},
         {"doubts before it believes", doubts_before_it_believes},
         {"forgets what was unknown", forgets_what_was_unknown},
         {"does not wait", does_not_wait},
         {"waits for everything else", waits_for_everything_else},
         {"keeps the unusable", keeps_the_unusable},
         {"bears a flood of unknown ids", bears_a_flood_of_unknown_ids},
         {"fetches references", fetches_references},
         {"survives broken references", survives_broken_references},
         {"waits for its turn", waits_for_its_turn},
         {"follows nobody who waits", follows_nobody_who_waits},
         {"bounds references", bounds_references},
         {"keeps an unusable latest", keeps_an_unusable_latest},
         {"survives lack of memory", survives_lack_of_memory})
