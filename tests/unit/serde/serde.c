/* SPDX-License-Identifier: Apache-2.0 */
/* Structs through frames and back, against a real registry. */
#include "serde/serde.h"

#include "base/clock.h"
#include "base/rng.h"
#include "harness/order.h"
#include "harness/registry.h"
#include "harness/tap.h"
#include "record/text.h"

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

static struct treaty_serializer *
new_serializer(struct world *w, struct treaty_serializer_options options)
{
    struct treaty_serializer *serializer = NULL;

    if (!options.topic && !options.subject)
        options.topic = "orders";
    if (treaty_serializer_new(w->client, &options, &serializer, &w->err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "no serializer: %s", w->err.message);
    return serializer;
}

static struct treaty_deserializer *
new_deserializer(struct world *w, struct treaty_deserializer_options options)
{
    struct treaty_deserializer *deserializer = NULL;

    if (treaty_deserializer_new(w->client, &options, &deserializer, &w->err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "no deserializer: %s", w->err.message);
    return deserializer;
}

static struct treaty_serializer_options writes_v1(void)
{
    return (struct treaty_serializer_options){
        .schema = order_schema("order-v1.avsc"),
        .bindings = order_bindings,
        .binding_count = ORDER_BINDINGS_V1,
        .record_size = sizeof(struct order),
    };
}

static struct treaty_deserializer_options reads_v2(void)
{
    return (struct treaty_deserializer_options){
        .schema = order_schema("order-v2.avsc"),
        .bindings = order_bindings,
        .binding_count = ORDER_BINDINGS_V2,
        .record_size = sizeof(struct order),
    };
}

static void check_order(const struct order *got)
{
    struct order want = order_sample();
    const struct order_item *items =
        (const struct order_item *)got->items.items;

    CHECK_INT(got->amount_cents, want.amount_cents);
    CHECK_STR(got->order_id, want.order_id);
    CHECK_STR(got->currency, want.currency);
    CHECK_INT(got->status.symbol, 1);
    CHECK_INT(got->account_id, want.account_id);
    CHECK_INT(got->ts, want.ts);
    if (CHECK_INT(got->items.count, 2)) {
        CHECK_STR_Z(items[1].sku, "B-22");
        CHECK_INT(items[1].qty, -1);
        CHECK_INT(items[1].price_cents, 99);
    }
}

/* Frames of v1 into v2's struct, the registry asked once on either side. */
static void goes_there_and_back(void)
{
    struct world w = begin();
    struct treaty_serializer *serializer = new_serializer(&w, writes_v1());
    struct treaty_deserializer *deserializer = new_deserializer(&w, reads_v2());
    struct order order = order_sample();
    struct treaty_message message = {0};
    struct treaty_cache_counts counts;

    CHECK_STR_Z(treaty_serializer_subject(serializer), "orders-value");
    CHECK_INT(treaty_serializer_id(serializer), 0);
    CHECK_INT(tap_registry_requests(w.registry), 0);
    for (int i = 0; i < 1000; i++) {
        struct order back;

        treaty_scratch_reset(w.scratch);
        memset(&back, 0xee, sizeof(back));
        if (!CHECK_INT(treaty_serialize(serializer, &order, w.scratch, &message,
                                        &w.err),
                       TREATY_OK) ||
            !CHECK_INT(treaty_deserialize(deserializer, &message, &back,
                                          w.scratch, &w.err),
                       TREATY_OK)) {
            tap_note("%s at %s", w.err.message, w.err.path);
            break;
        }
        check_order(&back);
        CHECK(!back.has_email);
    }
    CHECK(message.value.len > 5 && message.value.data[0] == 0);
    CHECK_INT(message.value.data[4], treaty_serializer_id(serializer));
    CHECK(!message.header.data);
    CHECK_INT(treaty_deserializer_record_size(deserializer),
              sizeof(struct order));
    CHECK_INT(tap_registry_requests(w.registry), 2);
    counts = treaty_client_cache_counts(w.client);
    CHECK_INT(counts.misses, 2);
    CHECK_INT(counts.hits, 1998);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

static void carries_the_guid_in_a_header(void)
{
    struct world w = begin();
    struct treaty_serializer_options options = writes_v1();
    struct treaty_serializer *serializer;
    struct treaty_deserializer *deserializer = new_deserializer(&w, reads_v2());
    struct treaty_deserializer *any =
        new_deserializer(&w, (struct treaty_deserializer_options){0});
    struct order order = order_sample();
    struct order back;
    struct treaty_message message;
    struct treaty_event event = {0};

    options.place = TREATY_IN_HEADER;
    serializer = new_serializer(&w, options);
    CHECK_INT(treaty_serialize(serializer, &order, w.scratch, &message, &w.err),
              TREATY_OK);
    CHECK_INT(message.header.len, 17);
    CHECK_INT(message.header.data[0], 1);
    /* Order ids have 36 characters, and a payload begins with the length. */
    CHECK_INT(message.value.data[0], 72);
    if (!CHECK_INT(treaty_deserialize(deserializer, &message, &back, w.scratch,
                                      &w.err),
                   TREATY_OK))
        tap_note("%s", w.err.message);
    check_order(&back);
    CHECK_INT(
        treaty_deserialize_event(any, &message, w.scratch, &event, &w.err),
        TREATY_OK);
    CHECK_INT(event.guid.len, 16);
    CHECK(event.guid.data &&
          memcmp(event.guid.data, message.header.data + 1, 16) == 0);
    treaty_deserializer_free(any);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* Without a reader's schema, an event is read as it was written. */
static void reads_as_written(void)
{
    struct world w = begin();
    struct treaty_serializer *serializer = new_serializer(&w, writes_v1());
    struct treaty_deserializer *deserializer =
        new_deserializer(&w, (struct treaty_deserializer_options){0});
    struct order order = order_sample();
    struct treaty_message message;
    struct treaty_event event = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    CHECK_INT(treaty_serialize(serializer, &order, w.scratch, &message, &w.err),
              TREATY_OK);
    CHECK_INT(
        treaty_deserialize(deserializer, &message, &order, w.scratch, &w.err),
        TREATY_EUSAGE);
    if (CHECK_INT(treaty_deserialize_event(deserializer, &message, w.scratch,
                                           &event, &w.err),
                  TREATY_OK)) {
        CHECK_INT(event.id, treaty_serializer_id(serializer));
        CHECK(!event.guid.data);
        treaty_record_write(&text, event.layout->root, event.record,
                            TREATY_TEXT_PLAIN);
        CHECK_STR_Z(
            treaty_buf_str(&text),
            "{\"order_id\":\"f00f00f00f00f00f00f00f00f00f00f00f00\","
            "\"account_id\":1099511627776,\"status\":\"PAID\","
            "\"amount_cents\":3849,\"currency\":\"EUR\",\"ts\":1700000000000,"
            "\"items\":[{\"sku\":\"A-1\",\"qty\":3,\"price_cents\":1250},"
            "{\"sku\":\"B-22\",\"qty\":-1,\"price_cents\":99}]}");
    }
    treaty_buf_release(&text);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

struct subject_case {
    enum treaty_subject_strategy strategy;
    bool is_key;
    const char *subject;
    const char *want;
};

static void names_subjects(void)
{
    static const struct subject_case cases[] = {
        {TREATY_SUBJECT_TOPIC, false, NULL, "t-value"},
        {TREATY_SUBJECT_TOPIC, true, NULL, "t-key"},
        {TREATY_SUBJECT_RECORD, false, NULL, "treaty.example.Order"},
        {TREATY_SUBJECT_TOPIC_RECORD, true, NULL, "t-treaty.example.Order"},
        {TREATY_SUBJECT_RECORD, false, "mine", "mine"},
    };
    struct world w = begin();
    struct treaty_serializer *none = NULL;
    struct treaty_serializer_options options = {
        .schema = "\"int\"",
        .topic = "t",
        .strategy = TREATY_SUBJECT_RECORD,
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct treaty_serializer_options o = writes_v1();
        struct treaty_serializer *serializer;

        o.topic = "t";
        o.strategy = cases[i].strategy;
        o.is_key = cases[i].is_key;
        o.subject = cases[i].subject;
        serializer = new_serializer(&w, o);
        CHECK_STR_Z(treaty_serializer_subject(serializer), cases[i].want);
        treaty_serializer_free(serializer);
    }
    /* An int has no name, and nothing is not a topic. */
    CHECK_INT(treaty_serializer_new(w.client, &options, &none, &w.err),
              TREATY_EUSAGE);
    options.strategy = TREATY_SUBJECT_TOPIC;
    options.topic = NULL;
    CHECK_INT(treaty_serializer_new(w.client, &options, &none, &w.err),
              TREATY_EUSAGE);
    options.schema = NULL;
    options.topic = "t";
    CHECK_INT(treaty_serializer_new(w.client, &options, &none, &w.err),
              TREATY_EUSAGE);
    options.id_source = TREATY_ID_FIXED;
    CHECK_INT(treaty_serializer_new(w.client, &options, &none, &w.err),
              TREATY_EUSAGE);
    CHECK(!none);
    CHECK_INT(tap_registry_requests(w.registry), 0);
    end(&w);
}

/* Look up before and after registering; two serializers ask once. */
static void looks_up_or_registers(void)
{
    struct world w = begin();
    struct treaty_serializer_options options = writes_v1();
    struct treaty_serializer *finder;
    struct treaty_serializer *maker = new_serializer(&w, options);
    struct treaty_serializer *second = new_serializer(&w, options);
    size_t before;

    options.id_source = TREATY_ID_LOOK_UP;
    finder = new_serializer(&w, options);
    CHECK_INT(treaty_serializer_prepare(finder, &w.err), TREATY_ENOSUBJECT);
    CHECK_INT(treaty_serializer_prepare(maker, &w.err), TREATY_OK);
    before = tap_registry_requests(w.registry);
    CHECK_INT(treaty_serializer_prepare(second, &w.err), TREATY_OK);
    CHECK_INT(tap_registry_requests(w.registry), before);
    CHECK_INT(treaty_serializer_prepare(finder, &w.err), TREATY_OK);
    CHECK_INT(tap_registry_requests(w.registry), before + 1);
    CHECK_INT(treaty_serializer_id(finder), treaty_serializer_id(maker));
    treaty_serializer_free(finder);
    treaty_serializer_free(maker);
    treaty_serializer_free(second);
    end(&w);
}

/* The struct of v1's application, written as v2, which has more. */
static void writes_the_latest_or_a_fixed_one(void)
{
    struct world w = begin();
    struct treaty_schema_request v2 = {.subject = "orders-value"};
    struct treaty_schema_info info = {0};
    struct treaty_serializer_options options = writes_v1();
    struct treaty_serializer *latest;
    struct treaty_serializer *fixed;
    struct treaty_serializer *natural;
    struct treaty_deserializer *deserializer = new_deserializer(&w, reads_v2());
    struct order order = order_sample();
    struct order back;
    struct treaty_message message;

    v2.text = treaty_str_z(order_schema("order-v2.avsc"));
    CHECK_INT(treaty_client_register(w.client, &v2, w.scratch, &info, &w.err),
              TREATY_OK);
    options.id_source = TREATY_ID_LATEST;
    latest = new_serializer(&w, options);
    options.id_source = TREATY_ID_FIXED;
    options.fixed_id = info.id;
    fixed = new_serializer(&w, options);
    for (int i = 0; i < 2; i++) {
        struct treaty_serializer *serializer = i ? fixed : latest;

        if (!CHECK_INT(treaty_serialize(serializer, &order, w.scratch, &message,
                                        &w.err),
                       TREATY_OK))
            tap_note("%s", w.err.message);
        CHECK_INT(treaty_serializer_id(serializer), info.id);
        CHECK_INT(treaty_deserialize(deserializer, &message, &back, w.scratch,
                                     &w.err),
                  TREATY_OK);
        check_order(&back);
        CHECK(!back.has_email);
    }
    /* Without a schema of one's own, the layout comes with the latest. */
    natural = new_serializer(
        &w, (struct treaty_serializer_options){.id_source = TREATY_ID_LATEST});
    CHECK(!treaty_serializer_layout(natural));
    CHECK_INT(treaty_serializer_prepare(natural, &w.err), TREATY_OK);
    CHECK(treaty_serializer_layout(natural) != NULL);
    treaty_serializer_free(natural);
    treaty_serializer_free(latest);
    treaty_serializer_free(fixed);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* A table that does not fit is refused when the serde is made. */
static void refuses_a_wrong_layout(void)
{
    struct world w = begin();
    struct treaty_binding rows[ORDER_BINDINGS_V2];
    struct treaty_serializer_options s = writes_v1();
    struct treaty_deserializer_options d = reads_v2();
    struct treaty_serializer *serializer = NULL;
    struct treaty_deserializer *deserializer = NULL;

    s.binding_count = ORDER_BINDINGS_V2; /* v1 has no email */
    CHECK_INT(treaty_serializer_new(w.client, &s, &serializer, &w.err),
              TREATY_EBIND);
    CHECK(strstr(w.err.message, "email") || strstr(w.err.path, "email"));
    memcpy(rows, order_bindings, sizeof(rows));
    rows[1].kind = TREATY_KIND_STRING; /* account_id */
    d.bindings = rows;
    CHECK_INT(treaty_deserializer_new(w.client, &d, &deserializer, &w.err),
              TREATY_EBIND);
    d.bindings = order_bindings;
    d.schema = NULL;
    CHECK_INT(treaty_deserializer_new(w.client, &d, &deserializer, &w.err),
              TREATY_EUSAGE);
    d.schema = "{\"type\":\"recor\"}";
    CHECK(treaty_deserializer_new(w.client, &d, &deserializer, &w.err) !=
          TREATY_OK);
    CHECK(!serializer && !deserializer);
    end(&w);
}

static void tells_an_unknown_schema(void)
{
    struct world w = begin();
    struct treaty_deserializer_options options = reads_v2();
    struct treaty_deserializer *deserializer = new_deserializer(&w, options);
    struct treaty_deserializer *hasty;
    struct treaty_message message = {
        .value = {"\0\0\0\x03\xe7xyz", 8},
    };
    struct treaty_message by_guid = {
        .value = {"xyz", 3},
        .header = {"\1AAAABBBBCCCCDDDD", 17},
    };
    struct order back;

    options.no_wait = true;
    hasty = new_deserializer(&w, options);
    CHECK_INT(treaty_deserialize(hasty, &message, &back, w.scratch, &w.err),
              TREATY_EBUSY);
    CHECK_INT(
        treaty_deserialize(deserializer, &message, &back, w.scratch, &w.err),
        TREATY_ENOSCHEMA);
    CHECK(treaty_error_is_definite(&w.err));
    CHECK(strstr(w.err.message, "schema 999"));
    CHECK_INT(tap_registry_requests(w.registry), 2);
    CHECK_INT(treaty_deserialize(hasty, &message, &back, w.scratch, &w.err),
              TREATY_ENOSCHEMA);
    CHECK_INT(tap_registry_requests(w.registry), 2);
    CHECK_INT(
        treaty_deserialize(deserializer, &by_guid, &back, w.scratch, &w.err),
        TREATY_ENOSCHEMA);
    CHECK(strstr(w.err.message, "41414141-4242-4242-4343-434344444444"));
    treaty_deserializer_free(hasty);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* A schema that the reader cannot take in at all is a definite failure. */
static void tells_what_cannot_be_read(void)
{
    struct world w = begin();
    struct treaty_serializer *serializer =
        new_serializer(&w, (struct treaty_serializer_options){
                               .schema = "\"string\"", .topic = "s"});
    struct treaty_deserializer *deserializer = new_deserializer(&w, reads_v2());
    struct treaty_str text = TREATY_STR("hello");
    struct treaty_message message;
    struct order back;

    CHECK_INT(treaty_serialize(serializer, &text, w.scratch, &message, &w.err),
              TREATY_OK);
    for (int i = 0; i < 3; i++) {
        CHECK(treaty_deserialize(deserializer, &message, &back, w.scratch,
                                 &w.err) != TREATY_OK);
        CHECK(treaty_error_is_definite(&w.err));
    }
    CHECK_INT(tap_registry_requests(w.registry), 2);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

static void follows_the_utf8_policy(void)
{
    static const enum treaty_code codes[] = {TREATY_EUTF8, TREATY_OK,
                                             TREATY_OK};
    struct world w = begin();
    struct treaty_serializer *serializer = new_serializer(
        &w, (struct treaty_serializer_options){.schema = "\"string\"",
                                               .topic = "s",
                                               .utf8 = TREATY_UTF8_PASS});
    struct treaty_str text = TREATY_STR("a\xff");
    struct treaty_message message;

    CHECK_INT(treaty_serialize(serializer, &text, w.scratch, &message, &w.err),
              TREATY_OK);
    for (int policy = 0; policy < 3; policy++) {
        struct treaty_deserializer *deserializer =
            new_deserializer(&w, (struct treaty_deserializer_options){
                                     .schema = "\"string\"",
                                     .utf8 = (enum treaty_utf8_policy)policy});
        struct treaty_str back = {0};

        CHECK_INT(treaty_deserialize(deserializer, &message, &back, w.scratch,
                                     &w.err),
                  codes[policy]);
        if (policy == TREATY_UTF8_ERROR)
            CHECK(w.err.offset >= 5); /* counted from the magic byte */
        if (policy == TREATY_UTF8_REPLACE)
            CHECK_STR_Z(back, "a\xef\xbf\xbd");
        if (policy == TREATY_UTF8_PASS)
            CHECK_STR(back, text);
        treaty_deserializer_free(deserializer);
    }
    treaty_serializer_free(serializer);
    end(&w);
}

/* Anything that is not the frame of an order, each between guard pages. */
static void try_bytes(struct world *w, struct treaty_deserializer *deserializer,
                      const char *bytes, size_t len)
{
    for (int front = 0; front < 2; front++) {
        struct tap_guard guard = tap_guard_copy(bytes, len, front);
        struct treaty_message message = {.value = {guard.data, len}};
        struct order back;
        enum treaty_code code;

        treaty_scratch_reset(w->scratch);
        code = treaty_deserialize(deserializer, &message, &back, w->scratch,
                                  &w->err);
        if (code != TREATY_OK && code != TREATY_EBUSY) {
            CHECK(treaty_error_is_definite(&w->err));
            CHECK(w->err.offset == TREATY_NO_OFFSET || w->err.offset <= len);
            CHECK(w->err.message[0] != '\0');
        }
        tap_guard_free(&guard);
    }
}

static void bears_broken_frames(void)
{
    struct world w = begin();
    struct treaty_serializer *serializer = new_serializer(&w, writes_v1());
    struct treaty_deserializer_options options = reads_v2();
    struct treaty_deserializer *deserializer;
    struct order order = order_sample();
    struct treaty_message message;
    struct treaty_rng rng;
    char frame[256];
    size_t len;

    options.walk_to_end = true;
    options.no_wait = true;
    deserializer = new_deserializer(&w, options);
    treaty_rng_init(&rng, 11);
    CHECK_INT(treaty_serialize(serializer, &order, w.scratch, &message, &w.err),
              TREATY_OK);
    len = message.value.len;
    memcpy(frame, message.value.data, len);
    for (size_t n = 0; n < len; n++) {
        struct order back;
        struct treaty_message cut = {.value = {frame, n}};

        try_bytes(&w, deserializer, frame, n);
        CHECK(treaty_deserialize(deserializer, &cut, &back, w.scratch,
                                 &w.err) != TREATY_OK);
    }
    for (size_t i = 0; i < len * 8; i++) {
        frame[i / 8] = (char)(frame[i / 8] ^ 1 << i % 8);
        try_bytes(&w, deserializer, frame, len);
        frame[i / 8] = (char)(frame[i / 8] ^ 1 << i % 8);
    }
    for (size_t i = 0; i < 3000; i++) {
        char noise[64];
        size_t n = treaty_rng_below(&rng, sizeof(noise) + 1);

        for (size_t j = 0; j < n; j++)
            noise[j] = (char)treaty_rng_next(&rng);
        if (n > 5 && i % 2)
            memcpy(noise, frame, 5);
        try_bytes(&w, deserializer, noise, n);
    }
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/* A value without a place fails, and leaves the buffer as long as it was. */
static void appends_all_or_nothing(void)
{
    struct world w = begin();
    struct treaty_serializer *serializer = new_serializer(&w, writes_v1());
    struct order order = order_sample();
    struct treaty_buf out;
    size_t one;

    treaty_buf_init(&out, 0);
    CHECK_INT(
        treaty_serializer_append(serializer, &order, w.scratch, &out, &w.err),
        TREATY_OK);
    one = out.len;
    order.status.symbol = -1;
    CHECK_INT(
        treaty_serializer_append(serializer, &order, w.scratch, &out, &w.err),
        TREATY_EVALUE);
    CHECK(strstr(w.err.path, "status"));
    CHECK_INT(out.len, one);
    order.status.symbol = 1;
    CHECK_INT(
        treaty_serializer_append(serializer, &order, w.scratch, &out, &w.err),
        TREATY_OK);
    CHECK_INT(out.len, 2 * one);
    CHECK(memcmp(out.data, out.data + one, one) == 0);
    treaty_buf_release(&out);
    treaty_serializer_free(serializer);
    end(&w);
}

struct pair {
    int32_t x;
    int32_t y;
};

#define PAIR_SCHEMA(x, y)                                                      \
    "{\"type\":\"record\",\"name\":\"P\",\"fields\":["                         \
    "{\"name\":\"x\",\"type\":\"int\",\"default\":" x "},"                     \
    "{\"name\":\"y\",\"type\":\"int\",\"default\":" y "}]}"

/* Readers that differ in their schema alone, and in their layout alone. */
static void keeps_plans_apart(void)
{
    static const struct treaty_binding swapped[] = {
        {.path = "x",
         .offset = offsetof(struct pair, y),
         .kind = TREATY_KIND_INT32},
        {.path = "y",
         .offset = offsetof(struct pair, x),
         .kind = TREATY_KIND_INT32},
    };
    static const struct treaty_deserializer_options readers[] = {
        {.schema = PAIR_SCHEMA("1", "2")},
        {.schema = PAIR_SCHEMA("3", "4")},
        {.schema = PAIR_SCHEMA("1", "2"),
         .bindings = swapped,
         .binding_count = 2,
         .record_size = sizeof(struct pair)},
    };
    static const struct pair wants[] = {{1, 2}, {3, 4}, {2, 1}};
    struct world w = begin();
    struct treaty_serializer *serializer =
        new_serializer(&w, (struct treaty_serializer_options){
                               .schema = "{\"type\":\"record\",\"name\":\"P\","
                                         "\"fields\":[]}",
                               .topic = "p"});
    struct treaty_message message;

    CHECK_INT(treaty_serialize(serializer, "", w.scratch, &message, &w.err),
              TREATY_OK);
    for (size_t i = 0; i < 3; i++) {
        struct treaty_deserializer *deserializer =
            new_deserializer(&w, readers[i]);
        struct pair got = {0};

        CHECK_INT(
            treaty_deserialize(deserializer, &message, &got, w.scratch, &w.err),
            TREATY_OK);
        CHECK_INT(got.x, wants[i].x);
        CHECK_INT(got.y, wants[i].y);
        treaty_deserializer_free(deserializer);
    }
    CHECK_INT(tap_registry_requests(w.registry), 2);
    treaty_serializer_free(serializer);
    end(&w);
}

/* A schema that refers to another subject's, on both sides. */
static void follows_references(void)
{
    static const struct treaty_reference references[] = {
        {.name = {"Zip", 3}, .subject = {"zips", 4}, .version = 1},
    };
    struct treaty_schema_request zip = {
        .subject = "zips",
        .text = TREATY_STR("{\"type\":\"enum\",\"name\":\"Zip\","
                           "\"symbols\":[\"A\",\"B\"]}"),
    };
    struct world w = begin();
    struct treaty_serializer_options options = {
        .schema = "{\"type\":\"array\",\"items\":\"Zip\"}",
        .references = references,
        .reference_count = 1,
        .topic = "letters",
    };
    struct treaty_enum zips[] = {{.symbol = 1}, {.symbol = 0}};
    struct treaty_array record = {zips, 2};
    struct treaty_schema_info info;
    struct treaty_serializer *serializer = NULL;
    struct treaty_deserializer *deserializer;
    struct treaty_message message;
    struct treaty_event event;

    /* The reference is not there yet. */
    CHECK_INT(treaty_serializer_new(w.client, &options, &serializer, &w.err),
              TREATY_ENOSUBJECT);
    CHECK_INT(treaty_client_register(w.client, &zip, w.scratch, &info, &w.err),
              TREATY_OK);
    serializer = new_serializer(&w, options);
    deserializer =
        new_deserializer(&w, (struct treaty_deserializer_options){0});
    if (CHECK_INT(
            treaty_serialize(serializer, &record, w.scratch, &message, &w.err),
            TREATY_OK) &&
        CHECK_INT(treaty_deserialize_event(deserializer, &message, w.scratch,
                                           &event, &w.err),
                  TREATY_OK)) {
        const struct treaty_array *back =
            (const struct treaty_array *)event.record;

        CHECK_INT(back->count, 2);
        CHECK_INT(((const struct treaty_enum *)back->items)[0].symbol, 1);
    } else {
        tap_note("%s", w.err.message);
    }
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

/*
 * A hundred thousand frames with unknown ids, frames with a known one between
 * them: each of the latter is read at once, and the registry has its rest.
 */
static void reads_the_known_in_a_flood(void)
{
    enum { RATE = 50, FRAMES = 100000 };
    struct world w = begin();
    struct treaty_client_options slow = {.lookup_rate = RATE};
    struct treaty_serializer *serializer = new_serializer(&w, writes_v1());
    struct treaty_deserializer_options options = reads_v2();
    struct treaty_deserializer *deserializer = NULL;
    struct treaty_client *client = NULL;
    struct order order = order_sample();
    struct order back;
    struct treaty_message known;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    uint64_t began;
    size_t before;
    double seconds;

    slow.urls = tap_registry_url(w.registry);
    options.no_wait = true;
    CHECK_INT(treaty_client_new(&slow, &client, &w.err), TREATY_OK);
    CHECK_INT(treaty_deserializer_new(client, &options, &deserializer, &w.err),
              TREATY_OK);
    CHECK_INT(treaty_serialize(serializer, &order, w.scratch, &known, &w.err),
              TREATY_OK);
    CHECK_INT(treaty_deserialize(deserializer, &known, &back, scratch, &w.err),
              TREATY_OK);
    before = tap_registry_requests(w.registry);
    began = treaty_clock_mono_ns();
    for (uint32_t i = 0; i < FRAMES; i++) {
        char frame[TREATY_FRAME_ID_SIZE + 1] = {0};
        struct treaty_message unknown = {.value = {frame, sizeof(frame)}};

        treaty_scratch_reset(scratch);
        treaty_frame_write_id(frame, 1000 + i);
        CHECK_INT(
            treaty_deserialize(deserializer, &unknown, &back, scratch, &w.err),
            TREATY_EBUSY);
        CHECK_INT(
            treaty_deserialize(deserializer, &known, &back, scratch, &w.err),
            TREATY_OK);
    }
    seconds = (double)(treaty_clock_mono_ns() - began) / 1e9;
    CHECK(tap_registry_requests(w.registry) - before <=
          RATE * (size_t)(seconds + 1));
    treaty_scratch_free(scratch);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    treaty_client_free(client);
    end(&w);
}

TAP_MAIN({"goes there and back", goes_there_and_back},
         {"carries the GUID in a header", carries_the_guid_in_a_header},
         {"reads as written", reads_as_written},
         {"names subjects", names_subjects},
         {"looks up or registers", looks_up_or_registers},
         {"writes the latest or a fixed one", writes_the_latest_or_a_fixed_one},
         {"refuses a wrong layout", refuses_a_wrong_layout},
         {"tells an unknown schema", tells_an_unknown_schema},
         {"tells what cannot be read", tells_what_cannot_be_read},
         {"follows the UTF-8 policy", follows_the_utf8_policy},
         {"bears broken frames", bears_broken_frames},
         {"appends all or nothing", appends_all_or_nothing},
         {"keeps plans apart", keeps_plans_apart},
         {"follows references", follows_references},
         {"reads the known in a flood", reads_the_known_in_a_flood})
