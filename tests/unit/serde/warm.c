/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The warm path takes no lock and allocates nothing: this program stands in
 * for the C library's functions and counts. Sanitizers do the same for their
 * own ends, so under them there is nothing to count.
 */
#include "harness/order.h"
#include "harness/registry.h"
#include "harness/tap.h"

#include <dlfcn.h>
#include <pthread.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#ifdef HAS_SANITIZER

static void is_warm(void)
{
    tap_skip("a sanitizer stands in for malloc");
}

static void is_warm_in_protobuf(void)
{
    tap_skip("a sanitizer stands in for malloc");
}

#else

static _Thread_local size_t counted;

/* glibc's own names of what is stood in for. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    counted++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    counted++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    counted++;
    return __libc_realloc(old, size);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    typedef int (*lock_fn)(pthread_mutex_t *);
    static _Atomic(lock_fn) next;
    lock_fn fn = next;

    if (!fn) {
        void *symbol = dlsym(RTLD_NEXT, "pthread_mutex_lock");

        memcpy(&fn, &symbol, sizeof(fn));
        next = fn;
    }
    counted++;
    return fn(mutex);
}

struct pair {
    struct treaty_serializer *serializer;
    struct treaty_deserializer *deserializer;
};

static void make_pair(struct treaty_client *client, const char *writer,
                      struct pair *ret)
{
    struct treaty_serializer_options s = {
        .schema = order_schema(writer),
        .topic = "orders",
        .bindings = order_bindings,
        .binding_count = ORDER_BINDINGS_V1,
        .record_size = sizeof(struct order),
    };
    struct treaty_deserializer_options d = {
        .schema = order_schema("order-v2.avsc"),
        .bindings = order_bindings,
        .binding_count = ORDER_BINDINGS_V2,
        .record_size = sizeof(struct order),
    };
    struct treaty_error err;

    CHECK_INT(treaty_serializer_new(client, &s, &ret->serializer, &err),
              TREATY_OK);
    CHECK_INT(treaty_deserializer_new(client, &d, &ret->deserializer, &err),
              TREATY_OK);
}

/* Two versions in turn, so that the table is read and not only the slot. */
static size_t run(struct pair *pairs, struct treaty_scratch *scratch,
                  size_t events)
{
    struct order order = order_sample();
    struct order back;
    struct treaty_message message;
    size_t failures = 0;

    for (size_t i = 0; i < events; i++) {
        treaty_scratch_reset(scratch);
        failures += treaty_serialize(pairs[i % 2].serializer, &order, scratch,
                                     &message, NULL) != TREATY_OK;
        failures += treaty_deserialize(pairs[0].deserializer, &message, &back,
                                       scratch, NULL) != TREATY_OK;
    }
    return failures;
}

static void is_warm(void)
{
    struct tap_registry *registry = tap_registry_start();
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_client_options options = {.urls = tap_registry_url(registry)};
    struct treaty_client *client = NULL;
    struct pair pairs[2];
    struct treaty_error err;
    size_t before;

    CHECK_INT(treaty_client_new(&options, &client, &err), TREATY_OK);
    make_pair(client, "order-v1.avsc", &pairs[0]);
    make_pair(client, "order-v3.avsc", &pairs[1]);
    before = counted;
    CHECK_INT(run(pairs, scratch, 4), 0);
    CHECK(counted > before + 10); /* or nothing would be counted at all */
    before = counted;
    CHECK_INT(run(pairs, scratch, 10000), 0);
    CHECK_INT(counted, before);
    for (size_t i = 0; i < 2; i++) {
        treaty_serializer_free(pairs[i].serializer);
        treaty_deserializer_free(pairs[i].deserializer);
    }
    treaty_client_free(client);
    treaty_scratch_free(scratch);
    tap_registry_stop(registry);
}

/* Messages of one schema and of another, in turn, by id and by GUID. */
static const struct {
    const char *schema;
    const char *message;
    enum treaty_frame_place place;
} writers[] = {
    {"syntax = \"proto3\"; message A { string s = 1; message B { int32 b = 1;"
     " message C { repeated int32 c = 1; } } }",
     NULL, TREATY_IN_PREFIX},
    {"syntax = \"proto3\"; message A { string s = 1; message B { int32 b = 1;"
     " message C { repeated int32 c = 1; } } }",
     "A.B", TREATY_IN_PREFIX},
    {"syntax = \"proto3\"; message A { string s = 1; message B { int32 b = 1;"
     " message C { repeated int32 c = 1; } } }",
     "A.B.C", TREATY_IN_HEADER},
    {"syntax = \"proto3\"; message X { string s = 1; } message A { int32 a = 1;"
     "}",
     "A", TREATY_IN_HEADER},
};

enum { WRITERS = sizeof(writers) / sizeof(writers[0]) };

static size_t run_messages(struct treaty_serializer *const *serializers,
                           struct treaty_deserializer *deserializer,
                           struct treaty_scratch *scratch, size_t events)
{
    static const int64_t record[8];
    struct treaty_message message;
    struct treaty_event event;
    size_t failures = 0;

    for (size_t i = 0; i < events; i++) {
        treaty_scratch_reset(scratch);
        failures += treaty_serialize(serializers[i % WRITERS], record, scratch,
                                     &message, NULL) != TREATY_OK;
        failures += treaty_deserialize_event(deserializer, &message, scratch,
                                             &event, NULL) != TREATY_OK;
    }
    return failures;
}

static void is_warm_in_protobuf(void)
{
    struct tap_registry *registry = tap_registry_start();
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_client_options options = {.urls = tap_registry_url(registry)};
    struct treaty_serializer *serializers[WRITERS] = {0};
    struct treaty_deserializer_options d = {0};
    struct treaty_deserializer *deserializer = NULL;
    struct treaty_client *client = NULL;
    struct treaty_error err;
    size_t before;

    CHECK_INT(treaty_client_new(&options, &client, &err), TREATY_OK);
    for (size_t i = 0; i < WRITERS; i++) {
        struct treaty_serializer_options s = {
            .schema = writers[i].schema,
            .format = "PROTOBUF",
            .message = writers[i].message,
            .place = writers[i].place,
        };

        s.subject = i < 3 ? "first" : "second";
        CHECK_INT(treaty_serializer_new(client, &s, &serializers[i], &err),
                  TREATY_OK);
    }
    CHECK_INT(treaty_deserializer_new(client, &d, &deserializer, &err),
              TREATY_OK);
    CHECK_INT(run_messages(serializers, deserializer, scratch, 2 * WRITERS), 0);
    before = counted;
    CHECK_INT(run_messages(serializers, deserializer, scratch, 10000), 0);
    CHECK_INT(counted, before);
    for (size_t i = 0; i < WRITERS; i++)
        treaty_serializer_free(serializers[i]);
    treaty_deserializer_free(deserializer);
    treaty_client_free(client);
    treaty_scratch_free(scratch);
    tap_registry_stop(registry);
}

#endif

TAP_MAIN({"takes no lock and no memory when warm", is_warm},
         {"nor in Protobuf", is_warm_in_protobuf})
