/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads on one serializer and one deserializer; the warm path. */
#include "serde/serde.h"

#include "harness/order.h"
#include "harness/registry.h"
#include "harness/tap.h"

#include <stdatomic.h>

enum { THREADS = 8, CROWD = 64, VERSIONS = 4, EVENTS = 2000 };

static const char *const names[VERSIONS] = {"order-v1.avsc", "order-v2.avsc",
                                            "order-v3.avsc", "order-v4.avsc"};

struct shared {
    struct tap_registry *registry;
    struct treaty_client *client;
    struct treaty_serializer *serializers[VERSIONS];
    struct treaty_deserializer *deserializer;
    pthread_barrier_t start;
    struct treaty_message message; /* for the crowd */
    atomic_size_t wrong;
};

static void begin(struct shared *s)
{
    struct treaty_deserializer_options reader = {
        .schema = order_schema("order-v2.avsc"),
        .bindings = order_bindings,
        .binding_count = ORDER_BINDINGS_V2,
        .record_size = sizeof(struct order),
    };
    struct treaty_client_options options = {0};
    struct treaty_error err;

    s->registry = tap_registry_start();
    options.urls = tap_registry_url(s->registry);
    CHECK_INT(treaty_client_new(&options, &s->client, &err), TREATY_OK);
    for (size_t i = 0; i < VERSIONS; i++) {
        struct treaty_serializer_options writer = {
            .schema = order_schema(names[i]),
            .topic = "orders",
            .bindings = order_bindings,
            .binding_count = ORDER_BINDINGS_V1,
            .record_size = sizeof(struct order),
        };

        CHECK_INT(
            treaty_serializer_new(s->client, &writer, &s->serializers[i], &err),
            TREATY_OK);
    }
    CHECK_INT(
        treaty_deserializer_new(s->client, &reader, &s->deserializer, &err),
        TREATY_OK);
}

static void end(struct shared *s)
{
    for (size_t i = 0; i < VERSIONS; i++)
        treaty_serializer_free(s->serializers[i]);
    treaty_deserializer_free(s->deserializer);
    treaty_client_free(s->client);
    tap_registry_stop(s->registry);
}

static bool one_event(struct shared *s, size_t version,
                      struct treaty_scratch *scratch)
{
    struct order order = order_sample();
    struct order back;
    struct treaty_message message;
    struct treaty_error err;

    treaty_scratch_reset(scratch);
    return treaty_serialize(s->serializers[version], &order, scratch, &message,
                            &err) == TREATY_OK &&
           treaty_deserialize(s->deserializer, &message, &back, scratch,
                              &err) == TREATY_OK &&
           back.items.count == 2 && back.ts == order.ts &&
           treaty_str_eq(back.order_id, order.order_id);
}

/* All versions mixed, in an order that differs from thread to thread. */
static void *work(void *ctx)
{
    struct shared *s = (struct shared *)ctx;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    size_t step = (size_t)(uintptr_t)scratch / 64 % 3 + 1;

    pthread_barrier_wait(&s->start);
    for (size_t i = 0; i < EVENTS; i++)
        if (!one_event(s, i * step % VERSIONS, scratch))
            atomic_fetch_add(&s->wrong, 1);
    treaty_scratch_free(scratch);
    return NULL;
}

static void run_threads(struct shared *s, size_t count, void *(*fn)(void *))
{
    pthread_t threads[CROWD];

    pthread_barrier_init(&s->start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, fn, s);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&s->start);
    CHECK_INT(atomic_load(&s->wrong), 0);
}

/* One registration and one fetch for each schema, whoever comes first. */
static void serves_many_threads(void)
{
    static struct shared s;
    struct treaty_cache_counts counts;

    begin(&s);
    run_threads(&s, THREADS, work);
    counts = treaty_client_cache_counts(s.client);
    CHECK_INT(counts.hits + counts.misses, 2 * THREADS * EVENTS);
    CHECK_INT(tap_registry_requests(s.registry), 2 * VERSIONS);
    end(&s);
}

static void *miss(void *ctx)
{
    struct shared *s = (struct shared *)ctx;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct order back;
    struct treaty_error err;

    pthread_barrier_wait(&s->start);
    if (treaty_deserialize(s->deserializer, &s->message, &back, scratch,
                           &err) != TREATY_OK)
        atomic_fetch_add(&s->wrong, 1);
    treaty_scratch_free(scratch);
    return NULL;
}

static void asks_once_for_a_crowd(void)
{
    static struct shared s;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct order order = order_sample();
    struct treaty_error err;

    begin(&s);
    CHECK_INT(
        treaty_serialize(s.serializers[2], &order, scratch, &s.message, &err),
        TREATY_OK);
    CHECK_INT(tap_registry_requests(s.registry), 1);
    run_threads(&s, CROWD, miss);
    CHECK_INT(tap_registry_requests(s.registry), 2);
    treaty_scratch_free(scratch);
    end(&s);
}

/* A scratch that moves between deserializers does not mix them up. */
static void keeps_deserializers_apart(void)
{
    static struct shared s;
    struct treaty_deserializer *any = NULL;
    struct treaty_deserializer_options options = {0};
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_scratch *writer = treaty_scratch_new(0, NULL);
    struct order order = order_sample();
    struct treaty_message message;
    struct treaty_error err;

    begin(&s);
    CHECK_INT(
        treaty_serialize(s.serializers[0], &order, writer, &message, &err),
        TREATY_OK);
    for (int i = 0; i < 20; i++) {
        struct treaty_event event = {0};
        struct order back = {0};

        CHECK_INT(treaty_deserializer_new(s.client, &options, &any, &err),
                  TREATY_OK);
        CHECK_INT(
            treaty_deserialize_event(any, &message, scratch, &event, &err),
            TREATY_OK);
        CHECK_INT(
            treaty_deserialize(s.deserializer, &message, &back, scratch, &err),
            TREATY_OK);
        CHECK_INT(back.ts, order.ts);
        CHECK(event.layout &&
              event.layout != treaty_deserializer_layout(s.deserializer));
        treaty_deserializer_free(any);
    }
    treaty_scratch_free(writer);
    treaty_scratch_free(scratch);
    end(&s);
}

static void measures_one_in_128(void)
{
    struct treaty_metrics *metrics = treaty_metrics_new();
    static struct shared s;
    struct treaty_client_options options = {0};
    struct treaty_client *own;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_error err;
    struct treaty_buf text;

    begin(&s);
    options.urls = tap_registry_url(s.registry);
    CHECK_INT(treaty_client_new_with(&options, metrics, &own, &err), TREATY_OK);
    treaty_client_free(own);
    treaty_buf_init(&text, 0);
    for (size_t i = 0; i < 640; i++)
        CHECK(one_event(&s, 0, scratch));
    CHECK_INT(treaty_histogram_count(s.client->telemetry.serialize_time) +
                  treaty_histogram_count(s.client->telemetry.deserialize_time),
              1280);
    /* 1,280 calls in all, alternating: each tenth sample of 128. */
    CHECK_INT(treaty_counter_value(s.client->telemetry.hits), 1278);
    treaty_metrics_write(metrics, &text);
    treaty_buf_put_c(&text, '\0');
    CHECK(strstr(text.data, "treaty_serde_cache_hits_total 0"));
    CHECK(strstr(text.data, "treaty_client_requests_total{outcome=\"ok\"} 0"));
    treaty_buf_release(&text);
    treaty_scratch_free(scratch);
    end(&s);
    treaty_metrics_free(metrics);
}

/* Lack of memory at any point: a clean failure, and it works afterwards. */
static enum treaty_code run_all(struct treaty_client *client)
{
    struct treaty_serializer_options s = {
        .schema = order_schema("order-v1.avsc"),
        .topic = "orders",
        .bindings = order_bindings,
        .binding_count = ORDER_BINDINGS_V1,
        .record_size = sizeof(struct order),
    };
    struct treaty_deserializer_options d = {.schema = s.schema};
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_serializer *serializer = NULL;
    struct treaty_deserializer *deserializer = NULL;
    struct order order = order_sample();
    struct treaty_message message;
    struct treaty_event event;
    enum treaty_code code;

    code = treaty_serializer_new(client, &s, &serializer, NULL);
    if (code == TREATY_OK)
        code = treaty_deserializer_new(client, &d, &deserializer, NULL);
    if (code == TREATY_OK)
        code = treaty_serialize(serializer, &order, scratch, &message, NULL);
    if (code == TREATY_OK)
        code = treaty_deserialize_event(deserializer, &message, scratch, &event,
                                        NULL);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    treaty_scratch_free(scratch);
    return code;
}

static void survives_lack_of_memory(void)
{
    struct tap_registry *registry = tap_registry_start();
    enum treaty_code code = TREATY_ENOMEM;
    size_t n = 0;

    while (code != TREATY_OK && n < 100) {
        struct tap_alloc state = {0};
        struct treaty_client_options options = {
            .urls = tap_registry_url(registry),
            .alloc = tap_alloc_hook(&state),
        };
        struct treaty_client *client = NULL;

        CHECK_INT(treaty_client_new(&options, &client, NULL), TREATY_OK);
        state.fail_at = state.calls + ++n;
        code = run_all(client);
        CHECK(code == TREATY_OK || code == TREATY_ENOMEM);
        CHECK_INT(run_all(client), TREATY_OK);
        treaty_client_free(client);
        CHECK_INT(state.live, 0);
    }
    CHECK(n > 5 && n < 100);
    tap_registry_stop(registry);
}

TAP_MAIN({"serves many threads", serves_many_threads},
         {"asks once for a crowd", asks_once_for_a_crowd},
         {"keeps deserializers apart", keeps_deserializers_apart},
         {"measures one in 128", measures_one_in_128},
         {"survives lack of memory", survives_lack_of_memory})
