/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that others wrote: older and newer releases of Confluent's registry,
 * broken ones, and kinds that we do not keep. What means something is taken,
 * what is carried along stays, and nothing stops the reading.
 */
#include "base/buf.h"
#include "journal/journal.h"
#include "registry/builder.h"
#include "registry/registry.h"
#include "tap.h"

#include <string.h>

struct row {
    const char *key;
    const char *value;
};

static void apply_rows(struct treaty_builder *b, const struct row *rows,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct treaty_journal_record record = {
            .offset = (int64_t)i,
            .ts_ms = (int64_t)i,
            .key = treaty_str_z(rows[i].key),
            .value = treaty_str_z(rows[i].value),
        };

        CHECK_INT(treaty_builder_apply(b, &record), TREATY_OK);
    }
}

static void finish(struct treaty_builder *b)
{
    treaty_builder_clear(b);
    treaty_share_free_list(treaty_share_publish(&b->share));
    treaty_builder_release(b);
}

#define KEY(subject, version)                                                  \
    "{\"keytype\":\"SCHEMA\",\"subject\":\"" subject "\",\"version\":" version \
    ",\"magic\":1}"

static void test_old_releases(void)
{
    static const struct row rows[] = {
        /* Another order of the key, no md5, no type, no references. */
        {"{\"magic\":0,\"keytype\":\"SCHEMA\",\"version\":1,"
         "\"subject\":\"s\"}",
         "{\"subject\":\"s\",\"version\":1,\"id\":4,"
         "\"schema\":\"\\\"int\\\"\"}"},
        {"{\"keytype\":\"CONFIG\",\"magic\":0}",
         "{\"compatibilityLevel\":\"FULL\"}"},
        {"{\"magic\":0,\"keytype\":\"NOOP\"}", NULL},
    };
    struct treaty_builder b;
    const struct treaty_entry *e;
    struct treaty_config config;

    treaty_builder_init(&b);
    apply_rows(&b, rows, 3);
    CHECK_INT(b.skipped, 0);
    e = treaty_catalog_by_id(&b.work, 4);
    CHECK(e != NULL);
    if (e) {
        CHECK_STR_Z(e->reply,
                    "\"guid\":\"ef524ea1-b91e-7317-3d93-8ade36c1db32\","
                    "\"schemaType\":\"AVRO\",\"schema\":\"\\\"int\\\"\"");
        CHECK_STR_Z(e->type, "AVRO");
        CHECK_STR_Z(e->text_json, "\"\\\"int\\\"\"");
        CHECK_STR_Z(e->guid_text, "ef524ea1-b91e-7317-3d93-8ade36c1db32");
        CHECK_INT(e->references_json.len, 0);
        CHECK_INT(e->extra.len, 0);
    }
    CHECK_INT(treaty_catalog_id_max(&b.work), 4);
    CHECK_INT(treaty_catalog_config(&b.work, (struct treaty_str){0}, false,
                                    &config, NULL),
              TREATY_OK);
    CHECK_STR_Z(config.level, "FULL");
    finish(&b);
}

/* Spellings that we would not choose mean the same as ours. */
static void test_spellings(void)
{
    static const struct row rows[] = {
        {KEY("s", "1"),
         "{\"schema\":\"\\u0022a\\/\\u00e9\\n\\u001F\\\\u\\\"\",\"id\":1,"
         "\"md5\":\"not a hash\",\"deleted\":false}"},
    };
    struct treaty_builder b;
    const struct treaty_entry *e;
    struct treaty_arena arena = {0};

    treaty_builder_init(&b);
    apply_rows(&b, rows, 1);
    e = treaty_catalog_by_id(&b.work, 1);
    CHECK(e != NULL);
    if (e) {
        CHECK_STR_Z(e->text_json, "\"\\\"a/\xc3\xa9\\n\\u001F\\\\u\\\"\"");
        CHECK_STR_Z(treaty_entry_text(e, &arena), "\"a/\xc3\xa9\n\x1f\\u\"");
    }
    treaty_arena_release(&arena);
    finish(&b);
}

static void test_skipped(void)
{
    static const struct row rows[] = {
        {"", "{}"},
        {"not json", "{}"},
        {"[1]", "{}"},
        {"{\"keytype\":\"NEWKIND\",\"magic\":0}", "{}"},
        {"{\"subject\":\"s\"}", "{}"},
        {KEY("s", "1"), "not json"},
        {KEY("s", "1"), "[]"},
        {KEY("s", "1"), "{\"id\":1}"},
        {KEY("s", "1"), "{\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "1"), "{\"id\":0,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "1"), "{\"id\":-1,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "1"), "{\"id\":4294967296,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "1"), "{\"id\":\"1\",\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "1"), "{\"id\":1,\"schema\":5}"},
        {KEY("s", "1"), "{\"id\":1,\"schema\":\"\",\"schemaType\":\"A\\\"B\"}"},
        {KEY("s", "1"), "{\"id\":1,\"schema\":\"\",\"references\":{}}"},
        {KEY("s", "1"), "{\"id\":1,\"schema\":\"\",\"references\":[1]}"},
        {KEY("s", "1"),
         "{\"id\":1,\"schema\":\"\",\"references\":[{\"name\":\"x\"}]}"},
        {KEY("s", "0"), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "\"1\""), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
        {KEY(":.ctx:s", "1"), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
        {"{\"keytype\":\"SCHEMA\",\"version\":1}", "{}"},
        {"{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"s\"}", "{}"},
        {"{\"keytype\":\"DELETE_SUBJECT\",\"magic\":0}", "{\"version\":1}"},
        {"{\"keytype\":\"CONTEXT\",\"tenant\":\"default\",\"context\":\"x\","
         "\"magic\":0}",
         "{}"},
        {"{\"keytype\":\"NOOP\",\"magic\":0,\"treaty\":\"LATER\"}", "{}"},
        {"{\"keytype\":\"NOOP\",\"magic\":0,\"treaty\":\"HIGHID\","
         "\"context\":\".\"}",
         "{\"id\":true}"},
    };
    const size_t n = sizeof(rows) / sizeof(rows[0]);
    struct treaty_builder b;

    treaty_builder_init(&b);
    apply_rows(&b, rows, n);
    CHECK_INT(b.skipped, n);
    CHECK_INT(treaty_catalog_id_max(&b.work), 0);
    CHECK_INT(treaty_catalog_schema_count(&b.work), 0);
    CHECK_INT(treaty_sorted_count(&b.work.subjects), 0);
    finish(&b);
}

/* A deletion marks what was written before it, up to its version. */
static void test_delete_subject(void)
{
    static const struct row rows[] = {
        {KEY("s", "1"), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "2"), "{\"id\":2,\"schema\":\"\\\"long\\\"\"}"},
        {KEY("s", "3"), "{\"id\":3,\"schema\":\"\\\"float\\\"\"}"},
        {"{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"s\",\"magic\":0}",
         "{\"subject\":\"s\",\"version\":2}"},
        {KEY("s", "1"), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
    };
    struct treaty_arena arena = {0};
    struct treaty_version_list list;
    struct treaty_builder b;

    treaty_builder_init(&b);
    apply_rows(&b, rows, 5);
    CHECK_INT(treaty_catalog_versions(&b.work, TREATY_STR("s"), TREATY_LIVE,
                                      &arena, &list, NULL),
              TREATY_OK);
    CHECK_INT(list.count, 2);
    CHECK_INT(list.items[0]->version, 1);
    CHECK_INT(list.items[1]->version, 3);

    apply_rows(&b,
               (const struct row[]){{"{\"keytype\":\"CLEAR_SUBJECT\","
                                     "\"subject\":\"s\",\"magic\":0}",
                                     "{\"subject\":\"s\"}"}},
               1);
    CHECK_INT(treaty_catalog_versions(&b.work, TREATY_STR("s"),
                                      TREATY_WITH_DELETED, &arena, &list, NULL),
              TREATY_OK);
    CHECK_INT(list.count, 2); /* the deleted one is forgotten */
    CHECK(treaty_catalog_by_id(&b.work, 2) == NULL);
    treaty_arena_release(&arena);
    finish(&b);
}

/* A version that changes its schema, which only an import writes. */
static void test_rewritten_version(void)
{
    static const struct row rows[] = {
        {KEY("s", "1"), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("t", "1"), "{\"id\":1,\"schema\":\"\\\"int\\\"\"}"},
        {KEY("s", "1"), "{\"id\":2,\"schema\":\"\\\"long\\\"\"}"},
        {KEY("t", "1"), "{\"id\":2,\"schema\":\"\\\"long\\\"\"}"},
    };
    struct treaty_builder b;

    treaty_builder_init(&b);
    apply_rows(&b, rows, 3);
    CHECK(treaty_catalog_by_id(&b.work, 1) != NULL);
    apply_rows(&b, rows + 3, 1);
    CHECK(treaty_catalog_by_id(&b.work, 1) == NULL);
    CHECK_INT(treaty_catalog_schema_count(&b.work), 1);
    CHECK_INT(treaty_sorted_count(&b.work.guids), 1);
    finish(&b);
}

/* --- Carried along
 * ------------------------------------------------------------ */

static void append(struct treaty_journal *journal, const char *key,
                   const char *value)
{
    struct treaty_journal_record record = {.key = treaty_str_z(key),
                                           .value = treaty_str_z(value)};

    CHECK_INT(treaty_journal_append(journal, &record, 1, NULL), TREATY_OK);
}

struct wanted {
    const char *key;
    const char *value;
    bool found;
};

static enum treaty_code compare(void *ctx,
                                const struct treaty_journal_record *record,
                                struct treaty_error *err)
{
    struct wanted *w = ctx;

    (void)err;
    if (treaty_str_eq_z(record->key, w->key)) {
        CHECK_STR_Z(record->value, w->value);
        w->found = true;
    }
    return TREATY_OK;
}

static void check_record(struct treaty_journal *journal, const char *key,
                         const char *value)
{
    struct wanted w = {key, value, false};

    CHECK_INT(treaty_journal_read(journal, 0, compare, &w, NULL), TREATY_OK);
    CHECK(w.found);
}

static void run(struct treaty_registry *registry, struct treaty_task *task,
                enum treaty_code want)
{
    struct treaty_arena arena = {0};

    task->arena = &arena;
    CHECK_INT(treaty_registry_run(registry, task), want);
    treaty_arena_release(&arena);
}

/* Members that we do not understand survive our rewriting the record. */
static void test_carried(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry *registry;
    struct treaty_task set = {
        .kind = TREATY_TASK_SET_CONFIG,
        .subject = TREATY_STR("s"),
        .config = {.has_normalize = true, .value.normalize = TREATY_TRUE}};
    struct treaty_task delete = {.kind = TREATY_TASK_DELETE_VERSION,
                                 .subject = TREATY_STR("s"),
                                 .version = 1};
    /* The same text without the metadata is another schema. */
    struct treaty_task add = {.kind = TREATY_TASK_REGISTER,
                              .subject = TREATY_STR("s"),
                              .schema.text = TREATY_STR("\"int\"")};

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    append(options.journal, KEY("s", "1"),
           "{\"subject\":\"s\",\"version\":1,\"id\":7,"
           "\"metadata\":{\"properties\":{\"a\": \"b\"}},\"ruleSet\":null,"
           "\"schema\":\"\\\"int\\\"\",\"deleted\":false}");
    append(options.journal,
           "{\"keytype\":\"CONFIG\",\"subject\":\"s\",\"magic\":0}",
           "{\"subject\":\"s\",\"alias\":\"t\",\"compatibilityLevel\":"
           "\"NONE\"}");
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    run(registry, &set, TREATY_OK);
    run(registry, &add, TREATY_OK);
    run(registry, &delete, TREATY_OK);
    treaty_registry_close(registry);
    check_record(options.journal, KEY("s", "1"),
                 "{\"subject\":\"s\",\"version\":1,\"id\":7,"
                 "\"md5\":\"71JOobkecxc9k4reNsHbMg==\","
                 "\"schemaType\":\"AVRO\","
                 "\"metadata\":{\"properties\":{\"a\": \"b\"}},"
                 "\"schema\":\"\\\"int\\\"\",\"deleted\":true}");
    check_record(options.journal, KEY("s", "2"),
                 "{\"subject\":\"s\",\"version\":2,\"id\":8,"
                 "\"md5\":\"71JOobkecxc9k4reNsHbMg==\","
                 "\"schemaType\":\"AVRO\","
                 "\"schema\":\"\\\"int\\\"\",\"deleted\":false}");
    check_record(options.journal,
                 "{\"keytype\":\"CONFIG\",\"subject\":\"s\",\"magic\":0}",
                 "{\"subject\":\"s\",\"compatibilityLevel\":\"NONE\","
                 "\"normalize\":true,\"alias\":\"t\"}");
    treaty_journal_close(options.journal);
}

/* The text that `task`, a GET, is answered with. */
static void check_text(struct treaty_registry *registry,
                       struct treaty_task *task, const char *want)
{
    struct treaty_arena arena = {0};

    task->arena = &arena;
    CHECK_INT(treaty_registry_run(registry, task), TREATY_OK);
    CHECK_STR_Z(treaty_entry_text(task->ret_version.entry, &arena), want);
    treaty_arena_release(&arena);
}

/*
 * The text as submitted stands behind all that Confluent's reader looks at,
 * comes back from the journal, and stays when a version is marked as deleted.
 */
static void test_original(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry *registry;
    struct treaty_task add = {.kind = TREATY_TASK_REGISTER,
                              .subject = TREATY_STR("s"),
                              .schema.text = TREATY_STR("/*\t*/ \"int\"")};
    struct treaty_task get = {.kind = TREATY_TASK_GET,
                              .subject = TREATY_STR("s"),
                              .version = 1,
                              .deleted = true,
                              .how = TREATY_STR("original")};
    struct treaty_task get_id = {
        .kind = TREATY_TASK_GET, .id = 1, .how = TREATY_STR("original")};
    struct treaty_task delete = {.kind = TREATY_TASK_DELETE_SUBJECT,
                                 .subject = TREATY_STR("s")};

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    run(registry, &add, TREATY_OK);
    check_text(registry, &get, "/*\t*/ \"int\"");
    run(registry, &delete, TREATY_OK);
    check_text(registry, &get, "/*\t*/ \"int\"");
    treaty_registry_close(registry);
    check_record(options.journal, KEY("s", "1"),
                 "{\"subject\":\"s\",\"version\":1,\"id\":1,"
                 "\"md5\":\"71JOobkecxc9k4reNsHbMg==\","
                 "\"schemaType\":\"AVRO\","
                 "\"schema\":\"\\\"int\\\"\",\"deleted\":false,"
                 "\"treatyOriginal\":\"/*\\t*/ \\\"int\\\"\"}");
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    check_text(registry, &get, "/*\t*/ \"int\"");
    check_text(registry, &get_id, "/*\t*/ \"int\"");
    get_id.how = TREATY_STR("default");
    check_text(registry, &get_id, "\"int\"");
    get_id.id = 2;
    run(registry, &get_id, TREATY_ENOSCHEMA);
    /* A version that comes back by itself brings a text of its own. */
    add.schema.text = TREATY_STR("\"int\"");
    run(registry, &add, TREATY_OK);
    get.version = 2;
    check_text(registry, &get, "\"int\"");
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
}

/* A kind of schema that this build does not know is served, not judged. */
static void test_unknown_type(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry_reader *reader;
    struct treaty_registry *registry;
    const struct treaty_entry *e;
    struct treaty_task add = {.kind = TREATY_TASK_REGISTER,
                              .subject = TREATY_STR("s"),
                              .schema.text = TREATY_STR("\"int\"")};
    struct treaty_task get = {
        .kind = TREATY_TASK_GET, .id = 1, .how = TREATY_STR("resolved")};

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    append(options.journal, KEY("s", "1"),
           "{\"subject\":\"s\",\"version\":1,\"id\":1,"
           "\"schemaType\":\"THRIFT\",\"schema\":\"struct X {}\"}");
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    reader = treaty_registry_reader_new(registry);
    e = treaty_catalog_by_id(treaty_registry_pin(reader), 1);
    CHECK(e != NULL);
    if (e) {
        CHECK(e->format == NULL);
        CHECK_STR_Z(e->type, "THRIFT");
    }
    treaty_registry_unpin(reader);
    run(registry, &add, TREATY_ESCHEMA);
    check_text(registry, &get, "struct X {}");
    treaty_registry_reader_free(reader);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
}

static void test_names(void)
{
    static const struct {
        const char *text;
        const char *want; /* NULL: refused */
    } subjects[] = {
        {"s", "s"},
        {"", ""},
        {":.:s", "s"},
        {":.:", ""},
        {"a:b", "a:b"},
        {":x", ":x"},
        {":.ctx:s", NULL},
        {":.ctx:", NULL},
        {"__GLOBAL", NULL},
        {"__EMPTY", NULL},
        {":.:__GLOBAL", NULL},
        {"a\tb", NULL},
        {"a\x7f", NULL},
        {"a\xc2\x85", NULL},
        {"a\xff", NULL},
    };
    static const struct {
        const char *text;
        int32_t want; /* 0: refused */
    } versions[] = {
        {"1", 1},       {"2147483647", INT32_MAX},
        {"-1", -1},     {"latest", -1},
        {"LaTest", -1}, {"0", 0},
        {"-2", 0},      {"2147483648", 0},
        {"", 0},        {"1x", 0},
        {" 1", 0},
    };

    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        struct treaty_str got = {0};
        enum treaty_code code =
            treaty_subject_parse(treaty_str_z(subjects[i].text), &got, NULL);

        CHECK_INT(code, subjects[i].want ? TREATY_OK : TREATY_ESUBJECT);
        if (subjects[i].want)
            CHECK_STR_Z(got, subjects[i].want);
    }
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        int32_t got = 0;
        bool ok = treaty_version_parse(treaty_str_z(versions[i].text), &got);

        CHECK_INT(ok, versions[i].want != 0);
        CHECK_INT(got, versions[i].want);
    }
}

TAP_MAIN({"records of older releases", test_old_releases},
         {"other spellings", test_spellings},
         {"records to pass over", test_skipped},
         {"deleting and clearing a subject", test_delete_subject},
         {"a version with another schema", test_rewritten_version},
         {"members carried along", test_carried},
         {"the text as submitted", test_original},
         {"an unknown type of schema", test_unknown_type},
         {"names and versions", test_names})
