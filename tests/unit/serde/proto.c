/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas that hold several messages, and frames that say which. */
#include "serde/serde.h"

#include "base/str.h"
#include "harness/registry.h"
#include "harness/tap.h"

#include <pthread.h>
#include <stdatomic.h>

/* What the corpus of frames has, too: indexes [0], [1], [1,0], [1,0,0], [2]. */
#define SCHEMA                                                                 \
    "syntax = \"proto3\"; package p;"                                          \
    "message First { int32 a = 1; }"                                           \
    "message Second { string b = 1; message In { int32 c = 1;"                 \
    "  message Deeper { int32 d = 1; } } }"                                    \
    "message Third { bool t = 1; }"

struct world {
    struct tap_registry *registry;
    struct treaty_client *client;
    struct treaty_scratch *scratch;
    struct treaty_error err;
};

static struct world begin(void)
{
    struct world w = {.registry = tap_registry_start()};
    struct treaty_client_options options = {.unknown_retry_ms = 20};

    options.urls = tap_registry_url(w.registry);
    CHECK_INT(treaty_client_new(&options, &w.client, &w.err), TREATY_OK);
    w.scratch = treaty_scratch_new(0, NULL);
    return w;
}

static void end(struct world *w)
{
    treaty_scratch_free(w->scratch);
    treaty_client_free(w->client);
    tap_registry_stop(w->registry);
}

static struct treaty_serializer *new_serializer(struct world *w,
                                                const char *message,
                                                enum treaty_frame_place place)
{
    struct treaty_serializer_options options = {
        .schema = SCHEMA,
        .format = "PROTOBUF",
        .message = message,
        .topic = "t",
        .place = place,
    };
    struct treaty_serializer *serializer = NULL;

    if (treaty_serializer_new(w->client, &options, &serializer, &w->err))
        tap_fail(__FILE__, __LINE__, "no serializer: %s", w->err.message);
    return serializer;
}

static struct treaty_deserializer *
new_deserializer(struct world *w, const char *schema, const char *message)
{
    struct treaty_deserializer_options options = {
        .schema = schema,
        .format = "PROTOBUF",
        .message = message,
    };
    struct treaty_deserializer *deserializer = NULL;

    if (treaty_deserializer_new(w->client, &options, &deserializer, &w->err))
        tap_fail(__FILE__, __LINE__, "no deserializer: %s", w->err.message);
    return deserializer;
}

struct kind {
    const char *message; /* NULL: the schema's first */
    const char *name;
    const char *indexes;
    size_t len;
};

static const struct kind kinds[] = {
    {NULL, "p.First", "\0", 1},
    {"p.Second", "p.Second", "\2\2", 2},
    {"p.Second.In", "p.Second.In", "\4\2\0", 3},
    {"p.Second.In.Deeper", "p.Second.In.Deeper", "\6\2\0\0", 4},
    {"p.Third", "p.Third", "\2\4", 2},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The natural layouts of all five fit into this; zeros are their defaults. */
static const int64_t record[8];

static void check_kind(struct world *w, const struct kind *kind,
                       struct treaty_deserializer *deserializer,
                       enum treaty_frame_place place)
{
    struct treaty_serializer *serializer =
        new_serializer(w, kind->message, place);
    struct treaty_message message = {0};
    struct treaty_event event = {0};
    struct treaty_str said;

    CHECK_INT(
        treaty_serialize(serializer, record, w->scratch, &message, &w->err),
        TREATY_OK);
    said = place == TREATY_IN_HEADER ? treaty_str_sub(message.header, 17, 99)
                                     : treaty_str_sub(message.value, 5, 99);
    CHECK_STR(said, ((struct treaty_str){kind->indexes, kind->len}));
    if (CHECK_INT(treaty_deserialize_event(deserializer, &message, w->scratch,
                                           &event, &w->err),
                  TREATY_OK))
        CHECK_STR_Z(event.message, kind->name);
    else
        tap_note("%s", w->err.message);
    treaty_serializer_free(serializer);
}

/* Each message has a plan of its own, found again by its indexes. */
static void names_its_messages(void)
{
    struct world w = begin();
    struct treaty_deserializer *deserializer = new_deserializer(&w, NULL, NULL);
    struct treaty_cache_counts counts;

    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < KINDS; i++)
            check_kind(&w, &kinds[i], deserializer, TREATY_IN_PREFIX);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < KINDS; i++)
            check_kind(&w, &kinds[i], deserializer, TREATY_IN_HEADER);
    /* Registered once, fetched once by id and once by GUID. */
    CHECK_INT(tap_registry_requests(w.registry), 3);
    counts = treaty_client_cache_counts(w.client);
    CHECK_INT(counts.hits, 3 * KINDS + 2 * KINDS - 2 * KINDS);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* Two messages whose indexes are equally long do not share a plan. */
static void tells_messages_apart(void)
{
    struct world w = begin();
    struct treaty_deserializer *reader = new_deserializer(&w, SCHEMA, NULL);
    static const char *const names[] = {"p.Second", "p.Third"};
    char want[80];
    int64_t got[8];

    for (size_t i = 0; i < 4; i++) {
        const char *name = names[i % 2];
        struct treaty_serializer *serializer =
            new_serializer(&w, name, TREATY_IN_PREFIX);
        struct treaty_message message;

        (void)snprintf(want, sizeof(want),
                       "the event is a %s, and the reader reads p.First", name);
        CHECK_INT(
            treaty_serialize(serializer, record, w.scratch, &message, &w.err),
            TREATY_OK);
        CHECK_INT(treaty_deserialize(reader, &message, got, w.scratch, &w.err),
                  TREATY_EUNREADABLE);
        CHECK_STR_Z(treaty_str_z(w.err.message), want);
        treaty_serializer_free(serializer);
    }
    treaty_deserializer_free(reader);
    end(&w);
}

/* A reader takes one message, and does not take another for it. */
static void reads_its_own_message(void)
{
    struct world w = begin();
    struct treaty_serializer *first =
        new_serializer(&w, "p.First", TREATY_IN_PREFIX);
    struct treaty_serializer *deeper =
        new_serializer(&w, "p.Second.In.Deeper", TREATY_IN_PREFIX);
    struct treaty_deserializer *reads_first =
        new_deserializer(&w, SCHEMA, NULL);
    struct treaty_deserializer *reads_deeper =
        new_deserializer(&w, SCHEMA, "p.Second.In.Deeper");
    /* A name that the reader's schema does not know is no other message. */
    struct treaty_deserializer *renamed = new_deserializer(
        &w, "syntax = \"proto3\"; message Renamed { int32 a = 1; }", NULL);
    struct treaty_message a;
    struct treaty_message b;
    int32_t value = 7;
    int64_t got[8];

    CHECK_INT(treaty_serialize(first, &value, w.scratch, &a, &w.err),
              TREATY_OK);
    a.value = treaty_arena_dup(&w.scratch->arena, a.value);
    CHECK_INT(treaty_serialize(deeper, &value, w.scratch, &b, &w.err),
              TREATY_OK);
    for (int round = 0; round < 2; round++) {
        CHECK_INT(treaty_deserialize(reads_first, &a, got, w.scratch, &w.err),
                  TREATY_OK);
        CHECK_INT(treaty_deserialize(reads_first, &b, got, w.scratch, &w.err),
                  TREATY_EUNREADABLE);
        CHECK_STR_Z(treaty_str_z(w.err.message),
                    "the event is a p.Second.In.Deeper, and the reader reads "
                    "p.First");
        CHECK(treaty_error_is_definite(&w.err));
        CHECK_INT(treaty_deserialize(reads_deeper, &b, got, w.scratch, &w.err),
                  TREATY_OK);
        CHECK_INT(*(int32_t *)got, 7);
        CHECK_INT(treaty_deserialize(reads_deeper, &a, got, w.scratch, &w.err),
                  TREATY_EUNREADABLE);
        CHECK_INT(treaty_deserialize(renamed, &a, got, w.scratch, &w.err),
                  TREATY_OK);
        CHECK_INT(*(int32_t *)got, 7);
    }
    treaty_serializer_free(first);
    treaty_serializer_free(deeper);
    treaty_deserializer_free(reads_first);
    treaty_deserializer_free(reads_deeper);
    treaty_deserializer_free(renamed);
    end(&w);
}

static void refuses_a_message_that_is_not_there(void)
{
    struct world w = begin();
    struct treaty_serializer_options s = {
        .schema = SCHEMA,
        .format = "PROTOBUF",
        .message = "p.Fourth",
        .topic = "t",
    };
    struct treaty_deserializer_options d = {
        .schema = "\"int\"",
        .message = "p.First",
    };
    struct treaty_serializer *serializer;
    struct treaty_deserializer *deserializer;

    CHECK_INT(treaty_serializer_new(w.client, &s, &serializer, &w.err),
              TREATY_ENOMESSAGE);
    CHECK_INT(treaty_deserializer_new(w.client, &d, &deserializer, &w.err),
              TREATY_ENOMESSAGE);
    end(&w);
}

struct bad_frame {
    const char *indexes;
    size_t len;
    enum treaty_code code;
    size_t offset; /* in the value */
};

/* What stands for the indexes is wrong, in either form of a frame. */
static void bears_broken_indexes(void)
{
    static const struct bad_frame cases[] = {
        {"\2\6", 2, TREATY_ENOMESSAGE, 6},   /* [3] */
        {"\4\2\2", 3, TREATY_ENOMESSAGE, 7}, /* [1, 1] */
        {"\4\0\0", 3, TREATY_ENOMESSAGE, 7}, /* [0, 0] */
        {"\2\xfe\xff\xff\xff\x0f", 6, TREATY_ENOMESSAGE, 6},
        {"\2\1", 2, TREATY_ENOMESSAGE, 6}, /* [-1] */
        {"", 0, TREATY_EFRAME, 5},
        {"\2", 1, TREATY_EFRAME, 5},
        {"\1", 1, TREATY_EFRAME, 5},
        {"\x80", 1, TREATY_EFRAME, 5},
        {"\xfe\xff\xff\xff\x0f\0\0", 7, TREATY_EFRAME, 5},
    };
    struct world w = begin();
    struct treaty_serializer *serializer =
        new_serializer(&w, NULL, TREATY_IN_HEADER);
    struct treaty_deserializer *deserializer = new_deserializer(&w, NULL, NULL);
    struct treaty_message written;
    struct treaty_event event;
    char head[TREATY_FRAME_GUID_SIZE];

    CHECK_INT(treaty_serialize(serializer, record, w.scratch, &written, &w.err),
              TREATY_OK);
    memcpy(head, written.header.data, sizeof(head));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct bad_frame *c = &cases[i];
        char bytes[32] = {0};
        struct treaty_message message = {
            .value = {bytes, TREATY_FRAME_ID_SIZE + c->len}};

        treaty_frame_write_id(bytes,
                              (uint32_t)treaty_serializer_id(serializer));
        memcpy(bytes + TREATY_FRAME_ID_SIZE, c->indexes, c->len);
        if (!CHECK_INT(treaty_deserialize_event(deserializer, &message,
                                                w.scratch, &event, &w.err),
                       c->code) ||
            !CHECK_INT(w.err.offset, c->offset))
            tap_note("case %zu: %s", i, w.err.message);
        CHECK(treaty_error_is_definite(&w.err));
        memcpy(bytes, head, sizeof(head));
        memcpy(bytes + sizeof(head), c->indexes, c->len);
        message = (struct treaty_message){
            .value = {"", 0}, .header = {bytes, sizeof(head) + c->len}};
        if (!CHECK_INT(treaty_deserialize_event(deserializer, &message,
                                                w.scratch, &event, &w.err),
                       c->code))
            tap_note("case %zu in a header: %s", i, w.err.message);
    }
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* [0] has a long form, which some writers use; a header has nothing more. */
static void reads_other_spellings(void)
{
    static const struct {
        const char *indexes;
        size_t len;
        enum treaty_code in_prefix;
        enum treaty_code in_header;
    } cases[] = {
        {"\0", 1, TREATY_OK, TREATY_OK},
        {"\2\0", 2, TREATY_OK, TREATY_OK},
        {"\x82\0\x80\0", 4, TREATY_OK, TREATY_OK},
        {"\0\x08\7", 3, TREATY_OK, TREATY_EFRAME}, /* a = 7 behind it */
    };
    struct world w = begin();
    struct treaty_serializer *serializer =
        new_serializer(&w, NULL, TREATY_IN_HEADER);
    struct treaty_deserializer *deserializer = new_deserializer(&w, NULL, NULL);
    struct treaty_message written;
    struct treaty_event event;
    char head[TREATY_FRAME_GUID_SIZE];

    CHECK_INT(treaty_serialize(serializer, record, w.scratch, &written, &w.err),
              TREATY_OK);
    memcpy(head, written.header.data, sizeof(head));
    for (size_t n = 0; n < 3 * sizeof(cases) / sizeof(cases[0]); n++) {
        size_t i = n % (sizeof(cases) / sizeof(cases[0]));
        char bytes[32] = {0};
        struct treaty_message message = {
            .value = {bytes, TREATY_FRAME_ID_SIZE + cases[i].len}};

        treaty_frame_write_id(bytes,
                              (uint32_t)treaty_serializer_id(serializer));
        memcpy(bytes + TREATY_FRAME_ID_SIZE, cases[i].indexes, cases[i].len);
        CHECK_INT(treaty_deserialize_event(deserializer, &message, w.scratch,
                                           &event, &w.err),
                  cases[i].in_prefix);
        memcpy(bytes, head, sizeof(head));
        memcpy(bytes + sizeof(head), cases[i].indexes, cases[i].len);
        message = (struct treaty_message){
            .value = {"", 0}, .header = {bytes, sizeof(head) + cases[i].len}};
        CHECK_INT(treaty_deserialize_event(deserializer, &message, w.scratch,
                                           &event, &w.err),
                  cases[i].in_header);
    }
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* Events of LATEST and FIXED are of the message that is called like ours. */
static void writes_their_message(void)
{
    struct world w = begin();
    struct treaty_serializer *own =
        new_serializer(&w, "p.Third", TREATY_IN_PREFIX);
    struct treaty_serializer_options options = {
        .schema = "syntax = \"proto3\"; package p;"
                  "message Third { bool t = 1; }",
        .format = "PROTOBUF",
        .topic = "t",
        .id_source = TREATY_ID_LATEST,
    };
    struct treaty_serializer *latest = NULL;
    struct treaty_serializer *fixed = NULL;
    struct treaty_message message;

    CHECK_INT(treaty_serializer_prepare(own, &w.err), TREATY_OK);
    CHECK_INT(treaty_serializer_new(w.client, &options, &latest, &w.err),
              TREATY_OK);
    CHECK_INT(treaty_serialize(latest, record, w.scratch, &message, &w.err),
              TREATY_OK);
    CHECK_STR(treaty_str_sub(message.value, 5, 99),
              ((struct treaty_str){"\2\4", 2}));
    options.schema = NULL;
    options.message = "p.Second.In";
    options.id_source = TREATY_ID_FIXED;
    options.fixed_id = treaty_serializer_id(own);
    CHECK_INT(treaty_serializer_new(w.client, &options, &fixed, &w.err),
              TREATY_OK);
    CHECK_INT(treaty_serialize(fixed, record, w.scratch, &message, &w.err),
              TREATY_OK);
    CHECK_STR(treaty_str_sub(message.value, 5, 99),
              ((struct treaty_str){"\4\2\0", 3}));
    treaty_serializer_free(own);
    treaty_serializer_free(latest);
    treaty_serializer_free(fixed);
    end(&w);
}

enum { THREADS = 6, ROUNDS = 400 };

/* Frames of all messages, in both forms, before any was read. */
struct crowd {
    struct treaty_deserializer *deserializer;
    struct treaty_message messages[2 * KINDS];
    pthread_barrier_t start;
    atomic_size_t wrong;
};

static void *read_all(void *ctx)
{
    struct crowd *crowd = (struct crowd *)ctx;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_event event;

    pthread_barrier_wait(&crowd->start);
    for (size_t i = 0; i < (size_t)ROUNDS * KINDS; i++) {
        size_t n = i % (2 * KINDS);

        treaty_scratch_reset(scratch);
        if (treaty_deserialize_event(crowd->deserializer, &crowd->messages[n],
                                     scratch, &event, NULL) ||
            !treaty_str_eq_z(event.message, kinds[n % KINDS].name))
            atomic_fetch_add(&crowd->wrong, 1);
    }
    treaty_scratch_free(scratch);
    return NULL;
}

static void write_all(struct world *w, struct crowd *crowd)
{
    for (size_t n = 0; n < 2 * KINDS; n++) {
        struct treaty_serializer *serializer =
            new_serializer(w, kinds[n % KINDS].message,
                           n < KINDS ? TREATY_IN_PREFIX : TREATY_IN_HEADER);
        struct treaty_message *m = &crowd->messages[n];

        CHECK_INT(treaty_serialize(serializer, record, w->scratch, m, &w->err),
                  TREATY_OK);
        m->value = treaty_arena_dup(&w->scratch->arena, m->value);
        if (m->header.data)
            m->header = treaty_arena_dup(&w->scratch->arena, m->header);
        treaty_serializer_free(serializer);
    }
}

/* Threads that meet the messages all at once add to the same tables. */
static void serves_many_threads(void)
{
    struct world w = begin();
    struct crowd crowd = {.deserializer = new_deserializer(&w, NULL, NULL)};
    pthread_t threads[THREADS];

    write_all(&w, &crowd);
    pthread_barrier_init(&crowd.start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, read_all, &crowd) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&crowd.start);
    CHECK_INT(crowd.wrong, 0);
    /* Registered once, fetched once by id and once by GUID. */
    CHECK_INT(tap_registry_requests(w.registry), 3);
    treaty_deserializer_free(crowd.deserializer);
    end(&w);
}

TAP_MAIN({"names its messages", names_its_messages},
         {"tells messages apart", tells_messages_apart},
         {"reads its own message", reads_its_own_message},
         {"refuses a message that is not there",
          refuses_a_message_that_is_not_there},
         {"bears broken indexes", bears_broken_indexes},
         {"reads other spellings", reads_other_spellings},
         {"writes their message", writes_their_message},
         {"serves many threads", serves_many_threads})
