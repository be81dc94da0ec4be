/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog is a pure function of the journal: after random operations,
 * replaying every record ever written, and replaying what compaction at any
 * point would have left of them, give the same catalog, ids and next id. And
 * the SQL views say what the catalog says.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/rng.h"
#include "journal/journal.h"
#include "registry/builder.h"
#include "registry/registry.h"
#include "tap.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- A journal that remembers everything ------------------------------------
 */

struct recorder {
    struct treaty_journal base;
    struct treaty_journal *inner;
    struct treaty_journal_record *log;
    size_t count;
    size_t capacity;
    struct treaty_arena arena;
};

static void recorder_close(struct treaty_journal *journal)
{
    struct recorder *r = (struct recorder *)journal;

    treaty_journal_close(r->inner);
    treaty_arena_release(&r->arena);
    free(r->log);
}

static void remember(struct recorder *r,
                     const struct treaty_journal_record *record)
{
    struct treaty_journal_record *copy;

    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 256;
        r->log = realloc(r->log, r->capacity * sizeof(*r->log));
    }
    copy = &r->log[r->count++];
    *copy = *record;
    copy->key = treaty_arena_dup(&r->arena, record->key);
    if (record->value.data)
        copy->value = treaty_arena_dup(&r->arena, record->value);
}

static enum treaty_code recorder_append(struct treaty_journal *journal,
                                        struct treaty_journal_record *records,
                                        size_t count, struct treaty_error *err)
{
    struct recorder *r = (struct recorder *)journal;
    enum treaty_code code =
        treaty_journal_append(r->inner, records, count, err);

    for (size_t i = 0; code == TREATY_OK && i < count; i++)
        remember(r, &records[i]);
    return code;
}

static enum treaty_code recorder_read(struct treaty_journal *journal,
                                      int64_t from, treaty_journal_fn fn,
                                      void *ctx, struct treaty_error *err)
{
    return treaty_journal_read(((struct recorder *)journal)->inner, from, fn,
                               ctx, err);
}

static int64_t recorder_end(struct treaty_journal *journal)
{
    return treaty_journal_end(((struct recorder *)journal)->inner);
}

static void recorder_stat(const struct treaty_journal *journal,
                          struct treaty_journal_stat *ret)
{
    treaty_journal_stat(((const struct recorder *)journal)->inner, ret);
}

static const struct treaty_journal_backend recorder_backend = {
    .scheme = "recorder",
    .close = recorder_close,
    .append = recorder_append,
    .read = recorder_read,
    .end = recorder_end,
    .stat = recorder_stat,
};

static void recorder_open(struct recorder *r, const char *url)
{
    struct treaty_error err;

    *r = (struct recorder){.base.backend = &recorder_backend};
    if (treaty_journal_open(treaty_str_z(url), NULL, &r->inner, &err)) {
        tap_note("%s", err.message);
        exit(1);
    }
}

/* --- Random operations -------------------------------------------------------
 */

static const char *const subjects[] = {"a", "b",    "c-value", "d\"\\\xc3\xa9",
                                       "",  "e%2Ff"};
static const char *const schemas[] = {
    "\"int\"",
    "\"string\"",
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}",
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\","
    "\"type\":\"int\",\"default\":1}]}",
    "{\"type\":\"record\",\"name\":\"R\",\"doc\":\"\\u00e9\\n\\\"\","
    "\"fields\":[]}",
    "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}",
    "{\"type\":\"array\",\"items\":\"long\"}",
    "{\"type\":\"record\",\"name\":\"W\",\"fields\":[{\"name\":\"r\","
    "\"type\":\"R\"}]}", /* these two only with a reference */
    "{\"type\":\"record\",\"name\":\"V\",\"fields\":[{\"name\":\"r\","
    "\"type\":[\"null\",\"R\"]}]}",
};
static const char *const levels[] = {"NONE", "BACKWARD", "FULL_TRANSITIVE"};

static const char *pick_text(struct treaty_rng *rng, const char *const *list,
                             size_t n)
{
    return list[treaty_rng_below(rng, n)];
}

#define PICK(rng, list)                                                        \
    treaty_str_z(pick_text((rng), (list), sizeof(list) / sizeof((list)[0])))

static void fill_schema(struct treaty_task *t, struct treaty_rng *rng,
                        struct treaty_reference *reference)
{
    size_t i = treaty_rng_below(rng, sizeof(schemas) / sizeof(schemas[0]));

    t->kind = TREATY_TASK_REGISTER;
    t->force = treaty_rng_below(rng, 4) > 0;
    t->schema.text = treaty_str_z(schemas[i]);
    t->schema.normalize = treaty_rng_below(rng, 8) == 0;
    if (i < 7)
        return;
    *reference = (struct treaty_reference){TREATY_STR("R"), PICK(rng, subjects),
                                           (int32_t)treaty_rng_below(rng, 4)};
    if (reference->version == 0)
        reference->version = TREATY_VERSION_LATEST;
    t->schema.references = reference;
    t->schema.reference_count = 1;
}

static void fill_setting(struct treaty_task *t, struct treaty_rng *rng)
{
    static const enum treaty_task_kind kinds[] = {
        TREATY_TASK_SET_CONFIG, TREATY_TASK_SET_CONFIG,
        TREATY_TASK_DELETE_CONFIG, TREATY_TASK_SET_MODE,
        TREATY_TASK_DELETE_MODE};

    t->kind = kinds[treaty_rng_below(rng, 5)];
    if (treaty_rng_below(rng, 4) == 0)
        t->subject = (struct treaty_str){0};
    t->config.has_level = treaty_rng_below(rng, 2);
    if (treaty_rng_below(rng, 4))
        t->config.value.level = PICK(rng, levels);
    t->config.has_normalize = treaty_rng_below(rng, 2);
    t->config.value.normalize = (enum treaty_tristate)treaty_rng_below(rng, 3);
    /* Mostly back to writable, or little would happen. */
    t->mode = treaty_rng_below(rng, 5) ? TREATY_STR("READWRITE")
                                       : TREATY_STR("READONLY");
}

static void random_operation(struct treaty_registry *registry,
                             struct treaty_rng *rng, size_t *succeeded)
{
    struct treaty_arena arena = {0};
    struct treaty_reference reference;
    struct treaty_task t = {.arena = &arena, .subject = PICK(rng, subjects)};
    uint64_t dice = treaty_rng_below(rng, 100);

    if (dice < 50) {
        fill_schema(&t, rng, &reference);
    } else if (dice < 60) {
        fill_setting(&t, rng);
    } else {
        t.kind =
            dice < 80 ? TREATY_TASK_DELETE_VERSION : TREATY_TASK_DELETE_SUBJECT;
        t.permanent = treaty_rng_below(rng, 2);
        t.version = (int32_t)treaty_rng_below(rng, 6) + 1;
        if (treaty_rng_below(rng, 4) == 0)
            t.version = TREATY_VERSION_LATEST;
    }
    if (treaty_registry_run(registry, &t) == TREATY_OK)
        ++*succeeded;
    treaty_arena_release(&arena);
}

/* --- A catalog as text
 * --------------------------------------------------------- */

static void dump_version(struct treaty_buf *out, const struct treaty_version *v)
{
    treaty_buf_printf(out, " %.*s:%d=%d%s@%lld", (int)v->subject.len,
                      v->subject.data, v->version, v->entry->id,
                      v->deleted ? "x" : "", (long long)v->ts_ms);
}

static void dump_settings(struct treaty_buf *out,
                          const struct treaty_sorted *set)
{
    struct treaty_sorted_cursor c = treaty_sorted_from(set, NULL, NULL);
    const struct treaty_setting *s = treaty_sorted_next(&c);

    for (; s; s = treaty_sorted_next(&c)) {
        treaty_buf_put_z(out, " ");
        treaty_buf_put(out, s->scope);
        treaty_buf_put_c(out, '=');
        treaty_buf_put(out, s->value);
        treaty_buf_put(out, s->extra);
        treaty_buf_put_i64(out, s->normalize);
    }
    treaty_buf_put_c(out, '\n');
}

static void dump_entries(struct treaty_buf *out, const struct treaty_catalog *c)
{
    for (int64_t id = treaty_radix_next(&c->entries, 0); id >= 0;
         id = treaty_radix_next(&c->entries, (uint32_t)id + 1)) {
        const struct treaty_entry *e = treaty_catalog_by_id(c, id);
        struct treaty_sorted uses = treaty_catalog_uses_of(c, e->id);
        struct treaty_sorted_cursor at = treaty_sorted_from(&uses, NULL, NULL);
        const struct treaty_version *v = treaty_sorted_next(&at);

        treaty_buf_printf(out, "%d {", e->id);
        treaty_buf_put(out, e->reply);
        treaty_buf_put_z(out, "}");
        for (; v; v = treaty_sorted_next(&at))
            dump_version(out, v);
        treaty_buf_put_c(out, '\n');
    }
}

static void dump(struct treaty_buf *out, const struct treaty_catalog *c)
{
    struct treaty_sorted_cursor at =
        treaty_sorted_from(&c->subjects, NULL, NULL);
    const struct treaty_subject *s = treaty_sorted_next(&at);
    const struct treaty_edge *edge;

    treaty_buf_printf(out, "%d %zu %zu\n", c->id_max, c->schema_count,
                      c->live_subjects);
    for (; s; s = treaty_sorted_next(&at)) {
        struct treaty_sorted_cursor of =
            treaty_sorted_from(&s->versions, NULL, NULL);
        const struct treaty_version *v = treaty_sorted_next(&of);

        treaty_buf_printf(out, "%u %u", s->live, s->referring);
        for (; v; v = treaty_sorted_next(&of))
            dump_version(out, v);
        treaty_buf_put_c(out, '\n');
    }
    dump_entries(out, c);
    at = treaty_sorted_from(&c->edges, NULL, NULL);
    for (edge = treaty_sorted_next(&at); edge; edge = treaty_sorted_next(&at))
        treaty_buf_printf(out, "%.*s:%d<-%d\n", (int)edge->subject.len,
                          edge->subject.data, edge->version, edge->entry->id);
    at = treaty_sorted_from(&c->guids, NULL, NULL);
    treaty_buf_printf(out, "%zu\n", treaty_sorted_count(&c->guids));
    dump_settings(out, &c->configs);
    dump_settings(out, &c->modes);
    treaty_buf_printf(out, "%.*s %.*s\n",
                      TREATY_STR_ARG(c->global_config ? c->global_config->value
                                                      : TREATY_STR("none")),
                      TREATY_STR_ARG(c->global_mode ? c->global_mode->value
                                                    : TREATY_STR("none")));
}

/* --- Replaying
 * ------------------------------------------------------------------ */

static void apply_all(struct treaty_builder *b,
                      const struct treaty_journal_record *records, size_t from,
                      size_t to, const bool *gone)
{
    for (size_t i = from; i < to; i++) {
        if (!gone || !gone[i])
            CHECK_INT(treaty_builder_apply(b, &records[i]), TREATY_OK);
    }
}

static void check_replay(const struct recorder *r, const bool *gone,
                         struct treaty_str want)
{
    struct treaty_builder b;
    struct treaty_buf got;

    treaty_builder_init(&b);
    treaty_buf_init(&got, 0);
    apply_all(&b, r->log, 0, r->count, gone);
    dump(&got, &b.work);
    CHECK_INT(b.skipped, 0);
    CHECK_STR(treaty_buf_str(&got), want);
    treaty_buf_release(&got);
    treaty_builder_clear(&b);
    treaty_share_free_list(treaty_share_publish(&b.share));
    treaty_builder_release(&b);
}

/* What compaction of the first `n` records takes away. */
static void compact(const struct recorder *r, size_t n, bool tombstones,
                    bool *gone)
{
    memset(gone, 0, r->count);
    for (size_t i = 0; i < n; i++) {
        gone[i] = tombstones && !r->log[i].value.data;
        for (size_t k = i + 1; k < n && !gone[i]; k++)
            gone[i] = treaty_str_eq(r->log[i].key, r->log[k].key);
    }
}

static void check_every_replay(const struct recorder *r, struct treaty_str want,
                               struct treaty_rng *rng)
{
    bool *gone = calloc(r->count + 1, 1);

    check_replay(r, NULL, want);
    for (int i = 0; i < 6; i++) {
        size_t n = i ? treaty_rng_below(rng, r->count + 1) : r->count;

        compact(r, n, i % 2 == 0, gone);
        check_replay(r, gone, want);
    }
    free(gone);
}

static void check_restart(struct recorder *r, struct treaty_str want)
{
    struct treaty_registry_options options = {.journal = &r->base};
    struct treaty_registry_reader *reader;
    struct treaty_registry *registry;
    struct treaty_buf got;

    treaty_buf_init(&got, 0);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    reader = treaty_registry_reader_new(registry);
    dump(&got, treaty_registry_pin(reader));
    treaty_registry_unpin(reader);
    CHECK_STR(treaty_buf_str(&got), want);
    treaty_registry_reader_free(reader);
    treaty_registry_close(registry);
    treaty_buf_release(&got);
}

/* --- The views
 * --------------------------------------------------------------------- */

static void put_quoted(struct treaty_buf *out, struct treaty_str s)
{
    treaty_buf_put_c(out, '|');
    treaty_buf_put(out, s);
}

static void ask_view(sqlite3 *db, const char *sql, struct treaty_buf *out)
{
    sqlite3_stmt *stmt;

    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            put_quoted(out, (struct treaty_str){
                                (const char *)sqlite3_column_text(stmt, i),
                                (size_t)sqlite3_column_bytes(stmt, i)});
        treaty_buf_put_c(out, '\n');
    }
    CHECK_INT(sqlite3_finalize(stmt), SQLITE_OK);
}

static void tell_subjects(const struct treaty_catalog *c,
                          struct treaty_arena *arena, struct treaty_buf *out)
{
    struct treaty_subject_list list;

    CHECK_INT(treaty_catalog_subjects(c, TREATY_STR(""), TREATY_LIVE,
                                      (struct treaty_page){0}, arena, &list),
              TREATY_OK);
    for (size_t i = 0; i < list.count; i++) {
        struct treaty_config config;

        CHECK_INT(treaty_catalog_config(c, list.items[i], true, &config, NULL),
                  TREATY_OK);
        put_quoted(out, list.items[i]);
        put_quoted(out, config.level);
        treaty_buf_put_c(out, '\n');
    }
}

static void tell_versions(const struct treaty_catalog *c,
                          struct treaty_arena *arena, struct treaty_buf *out)
{
    struct treaty_subject_list names;

    CHECK_INT(treaty_catalog_subjects(c, TREATY_STR(""), TREATY_LIVE,
                                      (struct treaty_page){0}, arena, &names),
              TREATY_OK);
    for (size_t i = 0; i < names.count; i++) {
        struct treaty_version_list list;

        CHECK_INT(treaty_catalog_versions(c, names.items[i], TREATY_LIVE, arena,
                                          &list, NULL),
                  TREATY_OK);
        for (size_t k = 0; k < list.count; k++) {
            put_quoted(out, names.items[i]);
            treaty_buf_printf(out, "|%d|%d\n", list.items[k]->version,
                              list.items[k]->entry->id);
        }
    }
}

static void tell_schemas(const struct treaty_catalog *c,
                         struct treaty_arena *arena, struct treaty_buf *out)
{
    for (int32_t id = 1; id <= treaty_catalog_id_max(c); id++) {
        const struct treaty_entry *e = treaty_catalog_by_id(c, id);

        if (!e)
            continue;
        treaty_buf_printf(out, "|%d", id);
        put_quoted(out, treaty_entry_text(e, arena));
        put_quoted(out, e->type);
        treaty_buf_put_c(out, '\n');
    }
}

static void check_views(struct treaty_registry *registry, sqlite3 *db)
{
    static const struct {
        const char *sql;
        void (*tell)(const struct treaty_catalog *c, struct treaty_arena *arena,
                     struct treaty_buf *out);
    } views[] = {
        {"SELECT subject, compatibility FROM subjects", tell_subjects},
        {"SELECT subject, version, schema_id FROM versions", tell_versions},
        {"SELECT schema_id, schema_text, format FROM schemas", tell_schemas},
    };
    struct treaty_registry_reader *reader =
        treaty_registry_reader_new(registry);
    const struct treaty_catalog *c = treaty_registry_pin(reader);

    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_buf got;
        struct treaty_buf want;

        treaty_buf_init(&got, 0);
        treaty_buf_init(&want, 0);
        ask_view(db, views[i].sql, &got);
        views[i].tell(c, &arena, &want);
        CHECK_STR(treaty_buf_str(&got), treaty_buf_str(&want));
        treaty_buf_release(&got);
        treaty_buf_release(&want);
        treaty_arena_release(&arena);
    }
    treaty_registry_unpin(reader);
    treaty_registry_reader_free(reader);
}

/* --- The tests
 * ------------------------------------------------------------------------ */

static void run_random(uint64_t seed, size_t steps)
{
    struct recorder r;
    struct treaty_registry_options options = {.journal = &r.base};
    struct treaty_registry_reader *reader;
    struct treaty_registry *registry;
    struct treaty_rng rng;
    struct treaty_buf want;
    size_t succeeded = 0;

    treaty_rng_init(&rng, seed);
    recorder_open(&r, "memory:");
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    reader = treaty_registry_reader_new(registry);
    for (size_t i = 0; i < steps; i++)
        random_operation(registry, &rng, &succeeded);
    CHECK(succeeded > steps / 8);
    treaty_buf_init(&want, 0);
    dump(&want, treaty_registry_pin(reader));
    treaty_registry_unpin(reader);
    treaty_registry_reader_free(reader);
    treaty_registry_close(registry);
    check_every_replay(&r, treaty_buf_str(&want), &rng);
    check_restart(&r, treaty_buf_str(&want));
    treaty_buf_release(&want);
    treaty_journal_close(&r.base);
}

static void test_replay(void)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        run_random(seed, 50 + seed * 5);
    tap_add_passed(40);
}

static const char *const keys[] = {
    "{\"keytype\":\"SCHEMA\",\"subject\":",
    "{\"keytype\":\"CONFIG\",\"subject\":",
    "{\"keytype\":\"MODE\",\"subject\":",
    "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":",
    "{\"keytype\":\"NOOP\",\"magic\":0,\"treaty\":\"",
};

/* An unknown keytype kills Confluent's reader, and so may a NOOP of ours
 * without a value: only these kinds may ever be written. */
static void check_key(const struct treaty_journal_record *record, size_t *seen)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (!treaty_str_starts(record->key, treaty_str_z(keys[i])))
            continue;
        seen[i]++;
        CHECK(i != 4 || record->value.data != NULL);
        return;
    }
    tap_fail(__FILE__, __LINE__, "an unknown kind of key: %.*s",
             TREATY_STR_ARG(record->key));
}

static void test_keytypes(void)
{
    struct recorder r;
    struct treaty_registry_options options = {
        .journal = &r.base, .default_level = TREATY_STR("full")};
    size_t seen[sizeof(keys) / sizeof(keys[0])] = {0};
    struct treaty_registry *registry;
    struct treaty_rng rng;
    size_t succeeded = 0;

    treaty_rng_init(&rng, 99);
    recorder_open(&r, "memory:");
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    for (size_t i = 0; i < 500; i++)
        random_operation(registry, &rng, &succeeded);
    treaty_registry_close(registry);
    for (size_t i = 0; i < r.count; i++)
        check_key(&r.log[i], seen);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        CHECK(seen[i] > 0);
    treaty_journal_close(&r.base);
}

/* The bytes themselves, which Confluent's compaction and reader see. */
static void test_bytes(void)
{
    static const char *const want[][2] = {
        {"{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1,"
         "\"magic\":1}",
         "{\"subject\":\"s\",\"version\":1,\"id\":1,"
         "\"md5\":\"71JOobkecxc9k4reNsHbMg==\",\"schemaType\":\"AVRO\","
         "\"schema\":\"\\\"int\\\"\",\"deleted\":false}"},
        {"{\"keytype\":\"NOOP\",\"magic\":0,\"treaty\":\"HIGHID\","
         "\"context\":\".\"}",
         "{\"id\":1}"},
        {"{\"keytype\":\"CONFIG\",\"subject\":null,\"magic\":0}",
         "{\"subject\":null,\"compatibilityLevel\":\"FULL\"}"},
        {"{\"keytype\":\"MODE\",\"subject\":\"s\",\"magic\":0}",
         "{\"subject\":\"s\",\"mode\":\"READWRITE\"}"},
        {"{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"s\",\"magic\":0}",
         "{\"subject\":\"s\",\"version\":1}"},
    };
    struct treaty_arena arena = {0};
    struct treaty_task tasks[] = {
        {.kind = TREATY_TASK_REGISTER,
         .subject = TREATY_STR("s"),
         .schema.text = TREATY_STR("\"int\"")},
        {.kind = TREATY_TASK_SET_CONFIG,
         .config = {.has_level = true, .value.level = TREATY_STR("FULL")}},
        {.kind = TREATY_TASK_SET_MODE,
         .subject = TREATY_STR("s"),
         .mode = TREATY_STR("READWRITE")},
        {.kind = TREATY_TASK_DELETE_SUBJECT, .subject = TREATY_STR("s")},
    };
    struct recorder r;
    struct treaty_registry_options options = {.journal = &r.base};
    struct treaty_registry *registry;

    recorder_open(&r, "memory:");
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        tasks[i].arena = &arena;
        CHECK_INT(treaty_registry_run(registry, &tasks[i]), TREATY_OK);
    }
    treaty_registry_close(registry);
    CHECK_INT(r.count, 5);
    for (size_t i = 0; i < r.count && i < 5; i++) {
        CHECK_STR_Z(r.log[i].key, want[i][0]);
        CHECK_STR_Z(r.log[i].value, want[i][1]);
    }
    treaty_arena_release(&arena);
    treaty_journal_close(&r.base);
}

static void remove_files(const char *dir)
{
    static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[80];

        (void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    CHECK_INT(rmdir(dir), 0);
}

static void run_views(uint64_t seed, const char *default_level)
{
    char dir[] = "/tmp/treaty-views-XXXXXX";
    struct treaty_registry_options options = {0};
    struct treaty_registry *registry;
    struct treaty_rng rng;
    sqlite3 *db = NULL;
    size_t succeeded = 0;
    char url[64];

    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(url, sizeof(url), "sqlite:%s/db", dir);
    CHECK_INT(
        treaty_journal_open(treaty_str_z(url), NULL, &options.journal, NULL),
        TREATY_OK);
    options.default_level = treaty_str_z(default_level);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    /* Somebody else's connection, while the registry runs. */
    CHECK_INT(sqlite3_open_v2(url + strlen("sqlite:"), &db,
                              SQLITE_OPEN_READONLY, NULL),
              SQLITE_OK);
    treaty_rng_init(&rng, seed);
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 25; i++)
            random_operation(registry, &rng, &succeeded);
        check_views(registry, db);
    }
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
    remove_files(dir);
}

static void test_views(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        run_views(seed, seed % 2 ? "BACKWARD" : "FORWARD");
    tap_add_passed(6);
}

TAP_MAIN({"replaying, compacted at any point or not", test_replay},
         {"only known kinds of keys are written", test_keytypes},
         {"the bytes of records", test_bytes},
         {"the SQL views say what the catalog says", test_views})
