/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/tap.h"
#include "message_shapes.h"
#include "record/gen.h"
#include "record/text.h"
#include "record/verify.h"

static const struct treaty_str old_names[] = {{"ZERO", 4}, {"ONE", 3}};
static const int32_t old_numbers[] = {0, 1};
static const struct treaty_str new_names[] = {
    {"NONE", 4}, {"TWO", 3}, {"ONE", 3}};
static const int32_t new_numbers[] = {0, 2, 1};

static const struct treaty_type *old_enum(bool is_open)
{
    return message_enum("x.E", old_names, old_numbers, 2, is_open);
}

static const struct treaty_type *new_enum(void)
{
    return message_enum("x.E", new_names, new_numbers, 3, true);
}

static const struct treaty_type *old_message(void)
{
    return MESSAGE("x.M", {"a", NULL, 1, L(INT32), false},
                   {"b", NULL, 2, OPT(L(STRING)), false},
                   {"c", NULL, 3, old_enum(true), false},
                   {"d", NULL, 4, MANY(L(INT32)), false},
                   {"e", NULL, 5, MAP(L(INT32), L(STRING)), false},
                   {"one", NULL, 0,
                    ONEOF({"f", NULL, 6, L(INT32), false},
                          {"g", NULL, 7, L(STRING), false}),
                    false},
                   {"h", NULL, 8, OPT(old_enum(false)), false},
                   {"must", NULL, 9, L(INT32), true},
                   {"i", NULL, 10, L(INT64), false});
}

/* Renamed, reordered, widened, with and without presence. */
static const struct treaty_type *new_message(void)
{
    return MESSAGE("x.M", {"added", NULL, 20, L(STRING), false},
                   {"other", NULL, 0,
                    ONEOF({"b2", NULL, 2, L(BYTES), false},
                          {"never", NULL, 21, L(INT32), false}),
                    false},
                   {"a2", NULL, 1, OPT(L(INT64)), false},
                   {"c2", NULL, 3, new_enum(), false},
                   {"d2", NULL, 4, MANY(L(BOOL)), false},
                   {"e2", NULL, 5, MAP(L(INT32), L(BYTES)), false},
                   {"f2", NULL, 6, L(UINT32), false},
                   {"g2", NULL, 7, OPT(L(STRING)), false},
                   {"h2", NULL, 8, L(INT32), false},
                   {"must2", NULL, 9, OPT(L(INT32)), false},
                   {"i2", NULL, 10, L(INT32), false});
}

struct reading {
    const char *written;
    const char *read;
    const char *differs; /* the path of the first mismatch, or "" */
};

struct found {
    char path[64];
    size_t count;
};

static void note(void *ctx, struct treaty_str path)
{
    struct found *found = ctx;

    if (found->count++ == 0)
        (void)snprintf(found->path, sizeof(found->path), "%.*s", (int)path.len,
                       path.data);
}

static struct treaty_layout *layout_of(const struct treaty_type *type)
{
    struct treaty_arena none = {0};
    struct treaty_layout *layout = NULL;

    CHECK_INT(treaty_layout_make(&none, type, &layout, NULL), TREATY_OK);
    return layout;
}

static void *record_of(struct treaty_arena *arena,
                       const struct treaty_type *type, const char *json)
{
    void *record = treaty_arena_calloc(arena, 1, type->size + 1);
    const struct treaty_json *value = NULL;
    struct treaty_error err = {0};

    if (treaty_json_parse(arena, treaty_str_z(json), NULL, &value, &err) ||
        treaty_record_read(arena, type, value, TREATY_TEXT_PLAIN, record, &err))
        tap_fail(__FILE__, __LINE__, "%s: %s", json, err.message);
    return record;
}

static void check_readings(const struct treaty_type *writer,
                           const struct treaty_type *reader,
                           const struct reading *readings, size_t count)
{
    struct treaty_layout *from = layout_of(writer);
    struct treaty_layout *to = layout_of(reader);
    struct treaty_verify *verify = NULL;

    CHECK_INT(treaty_verify_new(from, to, &verify, NULL), TREATY_OK);
    for (size_t i = 0; i < count; i++) {
        struct treaty_arena arena = {0};
        struct found found = {"", 0};

        (void)treaty_verify_event(
            verify, record_of(&arena, writer, readings[i].written),
            record_of(&arena, reader, readings[i].read), note, &found);
        if (strcmp(found.path, readings[i].differs) != 0)
            tap_fail(__FILE__, __LINE__, "%s as %s: \"%s\", not \"%s\"",
                     readings[i].written, readings[i].read, found.path,
                     readings[i].differs);
        treaty_arena_release(&arena);
    }
    treaty_verify_free(verify);
    treaty_layout_unref(from);
    treaty_layout_unref(to);
    forget_messages();
}

#define CHECK_READINGS(writer, reader, readings)                               \
    check_readings((writer), (reader), (readings),                             \
                   sizeof(readings) / sizeof((readings)[0]))

static void numbers_decide(void)
{
    static const struct reading readings[] = {
        {"{\"must\":0}", "{\"must2\":0}", ""},
        {"{\"must\":0}", "{}", "must2"},
        {"{\"must\":1,\"a\":5}", "{\"must2\":1,\"a2\":5}", ""},
        {"{\"must\":1,\"a\":5}", "{\"must2\":1,\"a2\":6}", "a2"},
        {"{\"must\":1,\"a\":5}", "{\"must2\":1}", "a2"},
        /* A zero without presence is not on the wire. */
        {"{\"must\":1,\"a\":0}", "{\"must2\":1,\"a2\":0}", "a2"},
        {"{\"must\":1}", "{\"must2\":1,\"added\":\"x\"}", "added"},
        /* Into a oneof, and out of one. */
        {"{\"must\":1,\"b\":\"x\"}", "{\"must2\":1,\"b2\":\"eA==\"}", ""},
        {"{\"must\":1,\"b\":\"\"}", "{\"must2\":1,\"b2\":\"\"}", ""},
        {"{\"must\":1,\"b\":\"x\"}", "{\"must2\":1,\"b2\":\"eQ==\"}",
         "other.b2"},
        {"{\"must\":1,\"b\":\"x\"}", "{\"must2\":1}", "other"},
        {"{\"must\":1,\"b\":\"x\"}", "{\"must2\":1,\"never\":1}", "other"},
        {"{\"must\":1}", "{\"must2\":1,\"b2\":\"\"}", "other"},
        {"{\"must\":1,\"f\":7}", "{\"must2\":1,\"f2\":7}", ""},
        {"{\"must\":1,\"f\":0}", "{\"must2\":1}", ""},
        {"{\"must\":1,\"f\":7}", "{\"must2\":1}", "f2"},
        {"{\"must\":1,\"g\":\"\"}", "{\"must2\":1,\"g2\":\"\"}", ""},
        {"{\"must\":1,\"g\":\"\"}", "{\"must2\":1,\"g2\":\"\",\"f2\":1}", "f2"},
    };

    CHECK_READINGS(old_message(), new_message(), readings);
}

static void integers_are_read_as_one_another(void)
{
    static const struct reading readings[] = {
        {"{\"must\":1,\"f\":-1}", "{\"must2\":1,\"f2\":4294967295}", ""},
        {"{\"must\":1,\"i\":4294967297}", "{\"must2\":1,\"i2\":1}", ""},
        {"{\"must\":1,\"i\":4294967297}", "{\"must2\":1,\"i2\":2}", "i2"},
        {"{\"must\":1,\"d\":[0,7]}", "{\"must2\":1,\"d2\":[false,true]}", ""},
        {"{\"must\":1,\"d\":[0,7]}", "{\"must2\":1,\"d2\":[false,false]}",
         "d2[]"},
        {"{\"must\":1,\"d\":[0]}", "{\"must2\":1}", "d2"},
        {"{\"must\":1,\"e\":{\"3\":\"x\"}}",
         "{\"must2\":1,\"e2\":{\"3\":\"eA==\"}}", ""},
        {"{\"must\":1,\"e\":{\"3\":\"x\"}}",
         "{\"must2\":1,\"e2\":{\"4\":\"eA==\"}}", "e2{}"},
        {"{\"must\":1,\"h\":\"ONE\"}", "{\"must2\":1,\"h2\":1}", ""},
        {"{\"must\":1,\"h\":\"ZERO\"}", "{\"must2\":1}", ""},
    };

    CHECK_READINGS(old_message(), new_message(), readings);
}

static void enums_agree_by_number(void)
{
    static const struct reading readings[] = {
        {"{\"c2\":\"ONE\",\"must2\":0}", "{\"c\":\"ONE\",\"must\":0}", ""},
        {"{\"c2\":\"NONE\",\"must2\":0}", "{\"c\":\"ZERO\",\"must\":0}", ""},
        {"{\"c2\":\"TWO\",\"must2\":0}", "{\"c\":2,\"must\":0}", ""},
        {"{\"c2\":\"TWO\",\"must2\":0}", "{\"c\":1,\"must\":0}", "c"},
        {"{\"c2\":\"TWO\",\"must2\":0}", "{\"must\":0}", "c"},
    };

    CHECK_READINGS(new_message(), old_message(), readings);
}

static const struct treaty_type *with_enum(const struct treaty_type *e)
{
    return MESSAGE("x.M", {"e", NULL, 1, OPT(e), false});
}

static void closed_enums_refuse_numbers(void)
{
    static const struct reading readings[] = {
        {"{\"e\":\"ONE\"}", "{\"e\":\"ONE\"}", ""},
        {"{\"e\":\"TWO\"}", "{}", ""},
        {"{\"e\":\"TWO\"}", "{\"e\":\"ZERO\"}", "e"},
        {"{\"e\":\"ONE\"}", "{}", "e"},
    };

    CHECK_READINGS(with_enum(new_enum()), with_enum(old_enum(false)), readings);
}

/* Every made event is what it is, recursion and all. */
static void events_are_themselves(void)
{
    struct treaty_layout *layout = layout_of(shapes());
    struct treaty_verify *verify = NULL;
    struct treaty_gen *gen = NULL;
    struct treaty_arena arena = {0};

    CHECK_INT(treaty_verify_new(layout, layout, &verify, NULL), TREATY_OK);
    CHECK_INT(treaty_gen_new(layout, TREATY_GEN_EDGE, &gen, NULL), TREATY_OK);
    for (uint64_t i = 0; i < 100; i++) {
        struct treaty_gen_identity identity = {0, i, 3};
        void *a = treaty_arena_calloc(&arena, 1, layout->root->size);
        void *b = treaty_arena_calloc(&arena, 1, layout->root->size);

        CHECK_INT(treaty_gen_event(gen, &identity, a, &arena), TREATY_OK);
        CHECK_INT(treaty_gen_event(gen, &identity, b, &arena), TREATY_OK);
        CHECK_INT(treaty_verify_event(verify, a, b, NULL, NULL), 0);
        identity.sequence = i + 1000;
        CHECK_INT(treaty_gen_event(gen, &identity, b, &arena), TREATY_OK);
        CHECK(treaty_verify_event(verify, a, b, NULL, NULL) > 0);
        treaty_arena_reset(&arena);
    }
    treaty_gen_free(gen);
    treaty_verify_free(verify);
    treaty_layout_unref(layout);
    treaty_arena_release(&arena);
    forget_messages();
}

TAP_MAIN({"fields meet by number", numbers_decide},
         {"integers are read as one another", integers_are_read_as_one_another},
         {"enums agree by number", enums_agree_by_number},
         {"closed enums refuse numbers", closed_enums_refuse_numbers},
         {"made events are themselves", events_are_themselves})
