/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, at the last value that passes and the first that does not. */
#include "journal/journal.h"
#include "registry/registry.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 1001

struct house {
    struct treaty_journal *journal;
    struct treaty_registry *registry;
    struct treaty_registry_reader *reader;
};

static void open_house(struct house *h, struct treaty_registry_options options)
{
    CHECK_INT(
        treaty_journal_open(TREATY_STR("memory:"), NULL, &h->journal, NULL),
        TREATY_OK);
    options.journal = h->journal;
    CHECK_INT(treaty_registry_open(&options, &h->registry, NULL), TREATY_OK);
    h->reader = treaty_registry_reader_new(h->registry);
}

static void close_house(struct house *h)
{
    treaty_registry_reader_free(h->reader);
    treaty_registry_close(h->registry);
    treaty_journal_close(h->journal);
}

/* Register; the message is told when the code is not the one wanted. */
static struct treaty_error add(struct house *h, struct treaty_str subject,
                               struct treaty_task_schema schema,
                               enum treaty_code want)
{
    struct treaty_arena arena = {0};
    struct treaty_task task = {.kind = TREATY_TASK_REGISTER,
                               .arena = &arena,
                               .subject = subject,
                               .schema = schema};
    enum treaty_code code = treaty_registry_run(h->registry, &task);

    CHECK_INT(code, want);
    if (code != want)
        tap_note("%s", task.error.message);
    treaty_arena_release(&arena);
    return task.error;
}

/* References under 1,001 names to as many subjects. */
static struct treaty_reference references[MANY];
static char names[MANY][24];

static void fill_references(struct house *h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct treaty_task_schema schema = {.text = TREATY_STR("\"int\"")};

        (void)snprintf(names[i], sizeof(names[i]), "n%zu", i);
        references[i] = (struct treaty_reference){treaty_str_z(names[i]),
                                                  treaty_str_z(names[i]), 1};
        (void)add(h, references[i].subject, schema, TREATY_OK);
    }
}

static void test_references(void)
{
    struct treaty_task_schema schema = {.text = TREATY_STR("\"long\""),
                                        .references = references,
                                        .reference_count = 1001};
    struct treaty_error err;
    struct house h;

    open_house(&h, (struct treaty_registry_options){0});
    fill_references(&h, MANY);
    err = add(&h, TREATY_STR("s"), schema, TREATY_ELIMIT);
    CHECK(strstr(err.message, "1000 references") != NULL);
    CHECK_INT(treaty_code_http_status(TREATY_ELIMIT), 422);
    schema.reference_count = 1000;
    (void)add(&h, TREATY_STR("s"), schema, TREATY_OK);
    close_house(&h);
}

/* A name is kept for good, so it must not be as long as a body. */
static void test_reference_name(void)
{
    static char name[8194];
    struct treaty_reference reference = {{name, 8193}, TREATY_STR("n0"), 1};
    struct treaty_task_schema schema = {.text = TREATY_STR("\"long\""),
                                        .references = &reference,
                                        .reference_count = 1};
    struct treaty_error err;
    struct house h;

    memset(name, 'x', sizeof(name));
    open_house(&h, (struct treaty_registry_options){0});
    fill_references(&h, 1);
    err = add(&h, TREATY_STR("s"), schema, TREATY_ELIMIT);
    CHECK(strstr(err.message, "8192 bytes") != NULL);
    reference.name.len = 8192;
    (void)add(&h, TREATY_STR("s"), schema, TREATY_OK);
    close_house(&h);
}

/* The limit is one of the closure, not only of the list. */
static void test_closure(void)
{
    struct treaty_registry_options options = {.reference_max = 3};
    struct treaty_reference chain = {TREATY_STR("c"), TREATY_STR("c"), 1};
    struct treaty_task_schema schema = {.text = TREATY_STR("\"long\""),
                                        .references = references,
                                        .reference_count = 3};
    struct house h;

    open_house(&h, options);
    fill_references(&h, 3);
    (void)add(&h, TREATY_STR("c"), schema, TREATY_OK);
    schema.references = &chain;
    schema.reference_count = 1;
    (void)add(&h, TREATY_STR("d"), schema, TREATY_ELIMIT);
    close_house(&h);
}

/* A schema of exactly `len` bytes. */
static struct treaty_str make_text(char *out, size_t len)
{
    static const char head[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[],\"doc\":\"";
    static const char tail[] = "\"}";

    memset(out, 'x', len);
    memcpy(out, head, strlen(head));
    memcpy(out + len - strlen(tail), tail, strlen(tail));
    return (struct treaty_str){out, len};
}

static void test_text(void)
{
    const size_t max = 1 << 20;
    struct treaty_task_schema schema = {0};
    char *out = malloc(max + 1);
    struct house h;

    open_house(&h, (struct treaty_registry_options){0});
    schema.text = make_text(out, max + 1);
    (void)add(&h, TREATY_STR("s"), schema, TREATY_ESCHEMATOOLARGE);
    schema.text = make_text(out, max);
    (void)add(&h, TREATY_STR("s"), schema, TREATY_OK);
    free(out);
    close_house(&h);

    open_house(&h, (struct treaty_registry_options){.limits.text_max = 5});
    schema.text = TREATY_STR("\"int\"");
    (void)add(&h, TREATY_STR("s"), schema, TREATY_OK);
    schema.text = TREATY_STR("\"long\"");
    (void)add(&h, TREATY_STR("s"), schema, TREATY_ESCHEMATOOLARGE);
    close_house(&h);
}

static void test_nesting(void)
{
    enum { DEPTH = 10000 };
    static const char open[] = "{\"type\":\"array\",\"items\":";
    struct treaty_task_schema schema = {0};
    size_t n = strlen(open);
    char *out = malloc(DEPTH * (n + 1) + 5);
    struct house h;

    for (size_t i = 0; i < DEPTH; i++)
        memcpy(out + i * n, open, n);
    memcpy(out + DEPTH * n, "\"int\"", 5);
    memset(out + DEPTH * n + 5, '}', DEPTH);
    schema.text = (struct treaty_str){out, DEPTH * (n + 1) + 5};
    open_house(&h, (struct treaty_registry_options){0});
    CHECK_INT(treaty_code_http_status(
                  add(&h, TREATY_STR("s"), schema, TREATY_ELIMIT).code),
              422);
    free(out);
    close_house(&h);
}

/* The cache of parsed schemas stays in its bounds and goes on to serve. */
static void test_cache(void)
{
    struct treaty_registry_options options = {.cache_bytes = 40000};
    struct treaty_registry_stats before;
    struct treaty_registry_stats after;
    struct treaty_task_schema schema = {0};
    char text[80];
    struct house h;

    open_house(&h, options);
    for (int round = 0; round < 2; round++) {
        treaty_registry_stats(h.registry, &before);
        for (int i = 0; i < 100; i++) {
            /* Not canonical, so that it must be parsed or known. */
            (void)snprintf(text, sizeof(text),
                           "{\"type\":\"fixed\", \"name\":\"F\", "
                           "\"size\":%d}",
                           round ? 7 : i);
            schema.text = treaty_str_z(text);
            (void)add(&h, treaty_str_z(round ? "t" : text), schema, TREATY_OK);
        }
        treaty_registry_stats(h.registry, &after);
        if (round)
            CHECK(after.parse_misses - before.parse_misses <= 1);
        else
            CHECK(after.parse_misses - before.parse_misses >= 100);
    }
    close_house(&h);
}

static void test_default_level(void)
{
    struct treaty_registry_options options = {.default_level =
                                                  TREATY_STR("SIDEWAYS")};
    struct treaty_registry *registry = NULL;
    struct treaty_error err;

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &registry, &err), TREATY_ELEVEL);
    CHECK(strstr(err.message, "SIDEWAYS") != NULL);
    CHECK(registry == NULL);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
}

static void append(struct house *h, const char *key, const char *value)
{
    struct treaty_journal_record record = {.key = treaty_str_z(key),
                                           .value = treaty_str_z(value)};

    CHECK_INT(treaty_journal_append(h->journal, &record, 1, NULL), TREATY_OK);
}

/* Taken over from elsewhere: the highest id but one, and version. */
static void test_ids_run_out(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_task_schema schema = {.text = TREATY_STR("\"long\"")};
    struct house h;

    CHECK_INT(
        treaty_journal_open(TREATY_STR("memory:"), NULL, &h.journal, NULL),
        TREATY_OK);
    append(&h,
           "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":2147483646,"
           "\"magic\":1}",
           "{\"subject\":\"s\",\"version\":2147483646,\"id\":2147483646,"
           "\"schema\":\"\\\"int\\\"\"}");
    options.journal = h.journal;
    CHECK_INT(treaty_registry_open(&options, &h.registry, NULL), TREATY_OK);
    h.reader = treaty_registry_reader_new(h.registry);
    (void)add(&h, TREATY_STR("s"), schema, TREATY_OK); /* the last of both */
    schema.text = TREATY_STR("\"double\"");
    (void)add(&h, TREATY_STR("s"), schema, TREATY_ELIMIT);
    (void)add(&h, TREATY_STR("t"), schema, TREATY_ELIMIT);
    schema.text = TREATY_STR("\"int\""); /* has an id */
    (void)add(&h, TREATY_STR("t"), schema, TREATY_OK);
    close_house(&h);
}

TAP_MAIN({"references", test_references},
         {"the closure of references", test_closure},
         {"the name of a reference", test_reference_name},
         {"ids run out", test_ids_run_out}, {"the length of a text", test_text},
         {"nesting", test_nesting}, {"the cache", test_cache},
         {"a bad default level", test_default_level})
