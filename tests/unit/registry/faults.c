/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores that fail, and what may never be seen of it. A wrapper around the
 * memory journal holds a commit until told to go on, so that a batch of a
 * known size gathers behind it, and makes commits fail.
 */
#include "base/clock.h"
#include "journal/journal.h"
#include "registry/registry.h"
#include "tap.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- A journal with a gate
 * ---------------------------------------------------- */

enum outcome { WORKS, FAILS, FAILS_BUT_STORES };

struct gated {
    struct treaty_journal base;
    struct treaty_journal *inner;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closed;  /* appends wait */
    bool waiting; /* one does */
    bool unreadable;
    int works; /* so many appends work before `outcome` comes */
    enum outcome outcome;
    size_t last_batch; /* records of the append that came last */
};

static void gated_close(struct treaty_journal *journal)
{
    treaty_journal_close(((struct gated *)journal)->inner);
}

static enum outcome pass_gate(struct gated *g)
{
    enum outcome outcome;

    (void)pthread_mutex_lock(&g->lock);
    g->waiting = true;
    (void)pthread_cond_broadcast(&g->changed);
    while (g->closed)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    g->waiting = false;
    outcome = g->works > 0 ? WORKS : g->outcome;
    g->works--;
    (void)pthread_mutex_unlock(&g->lock);
    return outcome;
}

static enum treaty_code gated_append(struct treaty_journal *journal,
                                     struct treaty_journal_record *records,
                                     size_t count, struct treaty_error *err)
{
    struct gated *g = (struct gated *)journal;
    enum outcome outcome = pass_gate(g);
    enum treaty_code code = TREATY_OK;

    g->last_batch = count;
    if (outcome != FAILS)
        code = treaty_journal_append(g->inner, records, count, err);
    if (outcome != WORKS)
        code = TREATY_ESTORE;
    return code;
}

static enum treaty_code gated_read(struct treaty_journal *journal, int64_t from,
                                   treaty_journal_fn fn, void *ctx,
                                   struct treaty_error *err)
{
    struct gated *g = (struct gated *)journal;
    bool unreadable;

    (void)pthread_mutex_lock(&g->lock);
    unreadable = g->unreadable;
    (void)pthread_mutex_unlock(&g->lock);
    if (unreadable)
        return TREATY_ESTORE;
    return treaty_journal_read(g->inner, from, fn, ctx, err);
}

static int64_t gated_end(struct treaty_journal *journal)
{
    return treaty_journal_end(((struct gated *)journal)->inner);
}

static void gated_stat(const struct treaty_journal *journal,
                       struct treaty_journal_stat *ret)
{
    treaty_journal_stat(((const struct gated *)journal)->inner, ret);
}

static const struct treaty_journal_backend gated_backend = {
    .scheme = "gated",
    .close = gated_close,
    .append = gated_append,
    .read = gated_read,
    .end = gated_end,
    .stat = gated_stat,
};

/* Hold appends or let them go; after `works` of them they end as said. */
static void set_gate(struct gated *g, bool closed, int works,
                     enum outcome outcome)
{
    (void)pthread_mutex_lock(&g->lock);
    g->closed = closed;
    g->works = works;
    g->outcome = outcome;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
}

static void wait_at_gate(struct gated *g)
{
    (void)pthread_mutex_lock(&g->lock);
    while (!g->waiting)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
}

/* --- A registry on it, with readers
 * -------------------------------------------- */

#define READERS 2
#define IDS 256

struct house {
    struct gated gate;
    struct treaty_registry *registry;
    struct treaty_registry_reader *reader;
    pthread_t watchers[READERS];
    atomic_bool stop;
    atomic_bool seen[IDS]; /* ids that a reader has seen, ever */
};

/* Look at every id, by every way, again and again. */
static void *watch(void *arg)
{
    struct house *h = arg;
    struct treaty_registry_reader *reader =
        treaty_registry_reader_new(h->registry);

    while (!h->stop) {
        const struct treaty_catalog *c = treaty_registry_pin(reader);

        for (int32_t id = 0; id < IDS; id++) {
            if (treaty_catalog_by_id(c, id))
                h->seen[id] = true;
        }
        for (int32_t id = 0; id < treaty_catalog_id_max(c) && id < IDS; id++)
            h->seen[id + 1] =
                h->seen[id + 1] || treaty_catalog_by_id(c, id + 1) != NULL;
        treaty_registry_unpin(reader);
    }
    treaty_registry_reader_free(reader);
    return NULL;
}

static void move_in(struct house *h)
{
    struct treaty_registry_options options = {.journal = &h->gate.base};

    *h = (struct house){.gate = {.base.backend = &gated_backend,
                                 .lock = PTHREAD_MUTEX_INITIALIZER,
                                 .changed = PTHREAD_COND_INITIALIZER}};
    CHECK_INT(
        treaty_journal_open(TREATY_STR("memory:"), NULL, &h->gate.inner, NULL),
        TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &h->registry, NULL), TREATY_OK);
    h->reader = treaty_registry_reader_new(h->registry);
    for (int i = 0; i < READERS; i++)
        CHECK_INT(pthread_create(&h->watchers[i], NULL, watch, h), 0);
}

static void move_out(struct house *h)
{
    h->stop = true;
    for (int i = 0; i < READERS; i++)
        CHECK_INT(pthread_join(h->watchers[i], NULL), 0);
    treaty_registry_reader_free(h->reader);
    treaty_registry_close(h->registry);
    treaty_journal_close(&h->gate.base);
}

/* --- Tasks
 * ----------------------------------------------------------------------- */

struct job {
    struct treaty_task task;
    struct treaty_arena arena;
    char text[64];
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool done;
};

static void finish(struct treaty_task *task, void *ctx)
{
    struct job *job = ctx;

    (void)task;
    (void)pthread_mutex_lock(&job->lock);
    job->done = true;
    (void)pthread_cond_signal(&job->woken);
    (void)pthread_mutex_unlock(&job->lock);
}

/* The n-th schema under subject "s". */
static void fill(struct job *job, int n)
{
    *job = (struct job){.lock = PTHREAD_MUTEX_INITIALIZER,
                        .woken = PTHREAD_COND_INITIALIZER};
    (void)snprintf(job->text, sizeof(job->text),
                   "{\"type\":\"fixed\",\"name\":\"F\",\"size\":%d}", n);
    job->task = (struct treaty_task){
        .kind = TREATY_TASK_REGISTER,
        .arena = &job->arena,
        .subject = TREATY_STR("s"),
        .schema.text = treaty_str_z(job->text),
        .force = true,
        .done = finish,
        .ctx = job,
    };
}

static enum treaty_code await(struct job *job)
{
    (void)pthread_mutex_lock(&job->lock);
    while (!job->done)
        (void)pthread_cond_wait(&job->woken, &job->lock);
    (void)pthread_mutex_unlock(&job->lock);
    return job->task.code;
}

static enum treaty_code run(struct house *h, struct job *job, int n)
{
    fill(job, n);
    CHECK_INT(treaty_registry_submit(h->registry, &job->task), TREATY_OK);
    return await(job);
}

/* Register the n-th schema; its id, or 0 after ESTORE. */
static int32_t register_one(struct house *h, int n)
{
    struct job job;
    enum treaty_code code = run(h, &job, n);
    int32_t id = 0;

    if (code == TREATY_OK)
        id = job.task.ret_version.entry->id;
    else
        CHECK_INT(code, TREATY_ESTORE);
    treaty_arena_release(&job.arena);
    return id;
}

/* --- The tests
 * ----------------------------------------------------------------- */

#define BATCH 32

/*
 * Let a batch of registrations gather behind a commit that stands at the gate
 * and works; the batch itself ends as `outcome` says.
 */
static void fail_batch(struct house *h, enum outcome outcome)
{
    static struct job jobs[BATCH];
    struct job first;

    set_gate(&h->gate, true, 1, outcome);
    fill(&first, 1000);
    CHECK_INT(treaty_registry_submit(h->registry, &first.task), TREATY_OK);
    wait_at_gate(&h->gate);
    for (int i = 0; i < BATCH; i++) {
        fill(&jobs[i], i + 1);
        CHECK_INT(treaty_registry_submit(h->registry, &jobs[i].task),
                  TREATY_OK);
    }
    set_gate(&h->gate, false, 1, outcome);
    CHECK_INT(await(&first), TREATY_OK);
    treaty_arena_release(&first.arena);
    for (int i = 0; i < BATCH; i++) {
        CHECK_INT(await(&jobs[i]), TREATY_ESTORE);
        CHECK_INT(treaty_code_rest_error(jobs[i].task.code), 50001);
        treaty_arena_release(&jobs[i].arena);
    }
    CHECK_INT(h->gate.last_batch, BATCH + 1); /* and the highest id */
}

static void test_failed_batch(void)
{
    struct house h;

    move_in(&h);
    fail_batch(&h, FAILS);
    treaty_clock_sleep_ms(20);
    set_gate(&h.gate, false, 0, WORKS);
    /* The id of the commit before it was 1, so 2 to 33 are burnt. */
    for (int i = 0; i < BATCH; i++)
        CHECK_INT(register_one(&h, i + 1), 34 + i);
    move_out(&h);
    CHECK(h.seen[1]);
    for (int32_t id = 2; id <= 1 + BATCH; id++)
        CHECK(!h.seen[id]);
    CHECK(!h.seen[34 + BATCH]);
}

/* The commit was durable after all: then what it brought is there, and a
 * client that asks again gets the same ids. */
static void test_unknown_outcome(void)
{
    struct house h;

    move_in(&h);
    fail_batch(&h, FAILS_BUT_STORES);
    set_gate(&h.gate, false, 0, WORKS);
    for (int i = 0; i < BATCH; i++)
        CHECK_INT(register_one(&h, i + 1), 2 + i);
    CHECK_INT(register_one(&h, 500), 2 + BATCH);
    move_out(&h);
}

/* While the journal can neither be written nor read, writes fail and reads go
 * on; then everything works again, without a restart. */
static void test_outage(void)
{
    struct treaty_registry_stats stats;
    struct house h;

    move_in(&h);
    CHECK_INT(register_one(&h, 1), 1);
    set_gate(&h.gate, false, 0, FAILS);
    CHECK_INT(register_one(&h, 2), 0);
    (void)pthread_mutex_lock(&h.gate.lock);
    h.gate.unreadable = true;
    (void)pthread_mutex_unlock(&h.gate.lock);
    CHECK_INT(register_one(&h, 2), 0);
    CHECK_INT(register_one(&h, 1), 0);
    CHECK(treaty_catalog_by_id(treaty_registry_pin(h.reader), 1) != NULL);
    treaty_registry_unpin(h.reader);
    (void)pthread_mutex_lock(&h.gate.lock);
    h.gate.unreadable = false;
    (void)pthread_mutex_unlock(&h.gate.lock);
    set_gate(&h.gate, false, 0, WORKS);
    CHECK_INT(register_one(&h, 2), 3);
    CHECK_INT(register_one(&h, 1), 1);
    treaty_registry_stats(h.registry, &stats);
    CHECK_INT(stats.commits_failed, 1);
    CHECK_INT(stats.reloads, 3);
    move_out(&h);
    CHECK(!h.seen[2]);
}

/* An equal registration waits for the commit that brings the first. */
static void test_equal_waits(void)
{
    struct job first;
    struct job second;
    struct job third;
    struct house h;

    move_in(&h);
    set_gate(&h.gate, true, 0, WORKS);
    fill(&first, 1);
    fill(&second, 1);
    fill(&third, 1);
    CHECK_INT(treaty_registry_submit(h.registry, &first.task), TREATY_OK);
    wait_at_gate(&h.gate);
    CHECK(!treaty_registry_try(h.reader, &second.task));
    CHECK_INT(treaty_registry_submit(h.registry, &second.task), TREATY_OK);
    treaty_clock_sleep_ms(5);
    CHECK(!h.seen[1]);
    set_gate(&h.gate, false, 0, WORKS);
    CHECK_INT(await(&first), TREATY_OK);
    CHECK_INT(await(&second), TREATY_OK);
    CHECK_INT(first.task.ret_version.entry->id, 1);
    CHECK_INT(second.task.ret_version.entry->id, 1);
    CHECK_INT(second.task.ret_version.version, 1);
    /* Now it is a matter of looking. */
    CHECK(treaty_registry_try(h.reader, &third.task));
    CHECK_INT(third.task.code, TREATY_OK);
    CHECK_INT(third.task.ret_version.entry->id, 1);
    treaty_arena_release(&first.arena);
    treaty_arena_release(&second.arena);
    treaty_arena_release(&third.arena);
    move_out(&h);
}

/* A full queue refuses; what is in it is still done, also while closing. */
static void test_queue(void)
{
    struct treaty_registry_options options = {.queue_max = 2};
    struct treaty_registry *registry;
    struct job jobs[4];
    struct house h = {.gate = {.base.backend = &gated_backend,
                               .lock = PTHREAD_MUTEX_INITIALIZER,
                               .changed = PTHREAD_COND_INITIALIZER}};

    CHECK_INT(
        treaty_journal_open(TREATY_STR("memory:"), NULL, &h.gate.inner, NULL),
        TREATY_OK);
    options.journal = &h.gate.base;
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    set_gate(&h.gate, true, 0, WORKS);
    for (int i = 0; i < 4; i++) {
        fill(&jobs[i], i + 1);
        CHECK_INT(treaty_registry_submit(registry, &jobs[i].task),
                  i < 3 ? TREATY_OK : TREATY_EBUSY);
        if (i == 0)
            wait_at_gate(&h.gate);
    }
    set_gate(&h.gate, false, 0, WORKS);
    treaty_registry_close(registry);
    for (int i = 0; i < 3; i++) {
        CHECK(jobs[i].done);
        CHECK_INT(jobs[i].task.code, TREATY_OK);
        treaty_arena_release(&jobs[i].arena);
    }
    treaty_journal_close(&h.gate.base);
}

/* --- One file, two registries
 * ---------------------------------------------------- */

static char store_dir[64];
static char store_url[96];

static void make_store(void)
{
    (void)snprintf(store_dir, sizeof(store_dir), "/tmp/treaty-store-XXXXXX");
    CHECK(mkdtemp(store_dir) != NULL);
    (void)snprintf(store_url, sizeof(store_url), "sqlite:%s/db", store_dir);
}

static void remove_store(void)
{
    static const char *const names[] = {"db", "db-wal", "db-shm", "db.lock"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[96];

        (void)snprintf(path, sizeof(path), "%s/%s", store_dir, names[i]);
        (void)unlink(path);
    }
    CHECK_INT(rmdir(store_dir), 0);
}

/* In a process of its own: the code, as an exit status; 100 when the message
 * does not say who holds the store. */
static int open_elsewhere(void)
{
    struct treaty_journal *journal = NULL;
    struct treaty_error err;
    char owner[48];
    pid_t parent = getpid();
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        enum treaty_code code =
            treaty_journal_open(treaty_str_z(store_url), NULL, &journal, &err);

        (void)snprintf(owner, sizeof(owner), "process %ld holds", (long)parent);
        if (code == TREATY_ELOCKED && !strstr(err.message, owner))
            _exit(100);
        treaty_journal_close(journal);
        _exit((int)code);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_two_registries(void)
{
    struct treaty_journal *journal;
    struct treaty_journal *second = NULL;
    struct treaty_error err;

    make_store();
    CHECK_INT(
        treaty_journal_open(treaty_str_z(store_url), NULL, &journal, NULL),
        TREATY_OK);
    CHECK_INT(open_elsewhere(), TREATY_ELOCKED);
    CHECK_INT(treaty_journal_open(treaty_str_z(store_url), NULL, &second, &err),
              TREATY_ELOCKED);
    CHECK(second == NULL);
    CHECK(strstr(err.message, "in this process") != NULL);
    CHECK(strstr(err.message, store_dir) != NULL);
    treaty_journal_close(journal);
    CHECK_INT(open_elsewhere(), TREATY_OK);
    remove_store();
}

static void test_foreign_file(void)
{
    struct treaty_journal *journal = NULL;
    struct treaty_error err;
    sqlite3 *db;

    make_store();
    CHECK_INT(sqlite3_open(store_url + strlen("sqlite:"), &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "CREATE TABLE x(y)", NULL, NULL, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    CHECK_INT(
        treaty_journal_open(treaty_str_z(store_url), NULL, &journal, &err),
        TREATY_ESTORE);
    CHECK(strstr(err.message, "another program") != NULL);
    remove_store();
}

/* A reader from outside that keeps a transaction open lets the log grow; the
 * statistics say so, and when it has gone, so has the trouble. */
static void test_blocked_checkpoint(void)
{
    struct treaty_journal_options options = {.checkpoint_pages = 4};
    struct treaty_journal_record record = {.key = TREATY_STR("k"),
                                           .value = TREATY_STR("v")};
    struct treaty_journal_stat stat;
    struct treaty_journal *journal;
    sqlite3 *db;

    make_store();
    CHECK_INT(
        treaty_journal_open(treaty_str_z(store_url), &options, &journal, NULL),
        TREATY_OK);
    CHECK_INT(treaty_journal_append(journal, &record, 1, NULL), TREATY_OK);
    CHECK_INT(sqlite3_open(store_url + strlen("sqlite:"), &db), SQLITE_OK);
    CHECK_INT(
        sqlite3_exec(db, "BEGIN; SELECT * FROM journal", NULL, NULL, NULL),
        SQLITE_OK);
    for (int i = 0; i < 20; i++)
        CHECK_INT(treaty_journal_append(journal, &record, 1, NULL), TREATY_OK);
    treaty_journal_stat(journal, &stat);
    CHECK(stat.checkpoint_blocked);
    CHECK(stat.wal_bytes > 20 * 4096);
    CHECK_INT(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    for (int i = 0; i < 20; i++)
        CHECK_INT(treaty_journal_append(journal, &record, 1, NULL), TREATY_OK);
    treaty_journal_stat(journal, &stat);
    CHECK(!stat.checkpoint_blocked);
    treaty_journal_close(journal);
    remove_store();
}

TAP_MAIN({"nobody sees a batch that failed", test_failed_batch},
         {"a commit that failed and was stored", test_unknown_outcome},
         {"an outage, and its end", test_outage},
         {"an equal registration waits", test_equal_waits},
         {"a full queue", test_queue},
         {"two registries on one file", test_two_registries},
         {"somebody else's file", test_foreign_file},
         {"a foreign reader in the way of checkpoints",
          test_blocked_checkpoint})
