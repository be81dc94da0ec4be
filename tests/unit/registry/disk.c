/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that fail: a file layer for SQLite that keeps its files in memory and
 * writes down every write, truncation, sync and deletion. From that log a
 * power cut is staged at any point: what was synced is there; of the rest each
 * write may be there, be missing, be torn, or have overtaken another.
 *
 * The same layer can run full.
 */
#include "base/clock.h"
#include "base/rng.h"
#include "journal/journal.h"
#include "registry/builder.h"
#include "registry/registry.h"
#include "tap.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES 8
#define REGIONS 8
#define SECTOR 512

/* --- Files in memory
 * ---------------------------------------------------------- */

enum action { WRITE, TRUNCATE, SYNC, DELETE };

struct event {
    enum action action;
    int file;
    bool directory; /* DELETE, SYNC: the directory was synced, too */
    int64_t offset;
    size_t len;
    char *data;
};

struct content {
    char name[64]; /* empty: the slot is free */
    bool exists;
    char *data;
    size_t len;
    size_t capacity;
};

struct disk {
    struct content files[FILES];
    void *regions[FILES][REGIONS]; /* shared memory of the WAL index */
    struct event *log;             /* NULL: nothing is written down */
    size_t count;
    size_t capacity;
    bool logging;
    bool full;
    pthread_mutex_t lock;
};

/* The disk that the file layer works on. */
static struct disk *disk;

struct handle {
    sqlite3_file base;
    int file;
    /* SQLite's own layer syncs the directory together with the first sync of
     * a log that it has made. */
    bool sync_directory;
};

static void grow(struct content *c, size_t len)
{
    if (len > c->capacity) {
        c->capacity = len * 2;
        c->data = realloc(c->data, c->capacity);
    }
    if (len > c->len) {
        memset(c->data + c->len, 0, len - c->len);
        c->len = len;
    }
}

static void apply_write(struct content *c, int64_t offset, const char *data,
                        size_t len)
{
    grow(c, (size_t)offset + len);
    memcpy(c->data + offset, data, len);
}

static void write_down(struct event event, const void *data)
{
    if (!disk->logging)
        return;
    if (disk->count == disk->capacity) {
        disk->capacity = disk->capacity ? disk->capacity * 2 : 1024;
        disk->log = realloc(disk->log, disk->capacity * sizeof(*disk->log));
    }
    if (event.len && data) {
        event.data = malloc(event.len);
        memcpy(event.data, data, event.len);
    }
    disk->log[disk->count++] = event;
}

static int find_file(const char *name, bool make)
{
    for (int i = 0; i < FILES; i++) {
        if (strcmp(disk->files[i].name, name) == 0)
            return i;
    }
    for (int i = 0; make && i < FILES; i++) {
        if (disk->files[i].name[0])
            continue;
        (void)snprintf(disk->files[i].name, sizeof(disk->files[i].name), "%s",
                       name);
        return i;
    }
    return -1;
}

static void disk_release(struct disk *d)
{
    for (int i = 0; i < FILES; i++) {
        free(d->files[i].data);
        for (int k = 0; k < REGIONS; k++)
            free(d->regions[i][k]);
    }
    for (size_t i = 0; i < d->count; i++)
        free(d->log[i].data);
    free(d->log);
    *d = (struct disk){0};
}

/* --- The file layer
 * ------------------------------------------------------------- */

static int vfs_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static struct content *content_of(sqlite3_file *file)
{
    return &disk->files[((struct handle *)file)->file];
}

static int vfs_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    const struct content *c = content_of(file);
    size_t have = (size_t)at < c->len ? c->len - (size_t)at : 0;

    if (have > (size_t)n)
        have = (size_t)n;
    memset(out, 0, (size_t)n);
    if (have)
        memcpy(out, c->data + at, have);
    return have == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *file, const void *data, int n,
                     sqlite3_int64 at)
{
    int result = SQLITE_FULL;

    (void)pthread_mutex_lock(&disk->lock);
    if (!disk->full) {
        write_down((struct event){.action = WRITE,
                                  .file = ((struct handle *)file)->file,
                                  .offset = at,
                                  .len = (size_t)n},
                   data);
        apply_write(content_of(file), at, data, (size_t)n);
        result = SQLITE_OK;
    }
    (void)pthread_mutex_unlock(&disk->lock);
    return result;
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct content *c = content_of(file);

    write_down((struct event){.action = TRUNCATE,
                              .file = ((struct handle *)file)->file,
                              .offset = size},
               NULL);
    grow(c, (size_t)size);
    c->len = (size_t)size;
    return SQLITE_OK;
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    struct handle *h = (struct handle *)file;

    (void)flags;
    write_down((struct event){.action = SYNC,
                              .file = h->file,
                              .directory = h->sync_directory},
               NULL);
    h->sync_directory = false;
    return SQLITE_OK;
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    *ret = (sqlite3_int64)content_of(file)->len;
    return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int vfs_reserved(sqlite3_file *file, int *ret)
{
    (void)file;
    *ret = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int vfs_traits(sqlite3_file *file)
{
    (void)file;
    return 0; /* nothing is promised beyond a sector */
}

static int vfs_shm_map(sqlite3_file *file, int region, int size, int extend,
                       void volatile **ret)
{
    void **at = &disk->regions[((struct handle *)file)->file][region];

    if (region >= REGIONS)
        return SQLITE_IOERR_SHMMAP;
    if (!*at && extend)
        *at = calloc(1, (size_t)size);
    *ret = *at;
    return SQLITE_OK;
}

static int vfs_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    (void)file;
    (void)at;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void vfs_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int vfs_shm_unmap(sqlite3_file *file, int remove)
{
    (void)file;
    (void)remove;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = vfs_close,
    .xRead = vfs_read,
    .xWrite = vfs_write,
    .xTruncate = vfs_truncate,
    .xSync = vfs_sync,
    .xFileSize = vfs_size,
    .xLock = vfs_lock,
    .xUnlock = vfs_lock,
    .xCheckReservedLock = vfs_reserved,
    .xFileControl = vfs_control,
    .xSectorSize = vfs_sector,
    .xDeviceCharacteristics = vfs_traits,
    .xShmMap = vfs_shm_map,
    .xShmLock = vfs_shm_lock,
    .xShmBarrier = vfs_shm_barrier,
    .xShmUnmap = vfs_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                    int flags, int *ret_flags)
{
    struct handle *h = (struct handle *)file;

    (void)vfs;
    h->base.pMethods = NULL;
    h->file = find_file(name ? name : "temporary", true);
    if (h->file < 0)
        return SQLITE_CANTOPEN;
    if (!disk->files[h->file].exists && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    h->sync_directory =
        (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) &&
        !disk->files[h->file].exists;
    disk->files[h->file].exists = true;
    h->base.pMethods = &methods;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    int i = find_file(name, false);

    (void)vfs;
    if (i < 0 || !disk->files[i].exists)
        return SQLITE_IOERR_DELETE_NOENT;
    write_down(
        (struct event){.action = DELETE, .file = i, .directory = sync_dir != 0},
        NULL);
    disk->files[i].exists = false;
    disk->files[i].len = 0;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    int i = find_file(name, false);

    (void)vfs;
    (void)flags;
    *ret = i >= 0 && disk->files[i].exists;
    return SQLITE_OK;
}

static int vfs_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    (void)snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    memset(out, 7, (size_t)n);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *ret)
{
    (void)vfs;
    *ret = 2460000.5;
    return SQLITE_OK;
}

static void register_vfs(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 60,
        .zName = "treaty-test",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
    };

    if (!vfs.pNext && sqlite3_vfs_find(vfs.zName) == NULL)
        CHECK_INT(sqlite3_vfs_register(&vfs, 0), SQLITE_OK);
}

/* --- Staging a power cut
 * ---------------------------------------------------------- */

enum fate { ALL_LOST, ALL_KEPT, SOME_IN_ORDER, SOME_SHUFFLED, FATES };

static void apply_event(struct content *c, const struct event *e, size_t len)
{
    switch (e->action) {
    case WRITE:
        c->exists = true;
        apply_write(c, e->offset, e->data, len);
        break;
    case TRUNCATE:
        grow(c, (size_t)e->offset);
        c->len = (size_t)e->offset;
        break;
    case DELETE:
        c->exists = false;
        c->len = 0;
        break;
    case SYNC:
        c->exists = true;
        break;
    }
}

/* Index after the last event that makes everything before it durable. */
static size_t durable_up_to(const struct disk *from, int file, size_t cut)
{
    bool directory = false;

    for (size_t i = cut; i > 0; i--) {
        const struct event *e = &from->log[i - 1];

        directory = directory || e->directory;
        if (e->file == file &&
            (e->action == SYNC || (e->action == DELETE && directory)))
            return i;
    }
    return 0;
}

static void apply_pending(struct content *c, const struct event *e,
                          enum fate fate, struct treaty_rng *rng)
{
    size_t len = e->len;

    if (fate == ALL_LOST)
        return;
    if (fate != ALL_KEPT && treaty_rng_below(rng, 2))
        return;
    /* Torn: some leading sectors. */
    if (fate != ALL_KEPT && len > SECTOR && treaty_rng_below(rng, 4) == 0)
        len = SECTOR * treaty_rng_below(rng, len / SECTOR + 1);
    apply_event(c, e, len);
}

static void cut_file(const struct disk *from, int file, size_t cut,
                     enum fate fate, struct treaty_rng *rng)
{
    struct content *c = &disk->files[file];
    size_t durable = durable_up_to(from, file, cut);
    const struct event **pending = calloc(cut + 1, sizeof(*pending));
    size_t n = 0;

    memcpy(c->name, from->files[file].name, sizeof(c->name));
    for (size_t i = 0; i < cut; i++) {
        const struct event *e = &from->log[i];

        if (e->file != file)
            continue;
        if (i < durable)
            apply_event(c, e, e->len);
        else
            pending[n++] = e;
    }
    for (size_t i = 0; i < n; i++) {
        if (fate == SOME_SHUFFLED) {
            size_t other = i + treaty_rng_below(rng, n - i);
            const struct event *e = pending[other];

            pending[other] = pending[i];
            pending[i] = e;
        }
        apply_pending(c, pending[i], fate, rng);
    }
    free(pending);
}

/* --- What was acknowledged
 * ----------------------------------------------------------- */

struct acknowledged {
    char subject[24];
    int32_t version;
    int32_t id;
    size_t at; /* events on the disk by then */
};

#define TASKS 240
#define WIDTH 6

struct waiting {
    struct treaty_task task;
    struct treaty_arena arena;
    char subject[24];
    char text[160];
    size_t at;
    bool done;
};

static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t waiting_done = PTHREAD_COND_INITIALIZER;

static void finish(struct treaty_task *task, void *ctx)
{
    struct waiting *w = ctx;

    (void)task;
    (void)pthread_mutex_lock(&waiting_lock);
    w->at = disk->count; /* the writer is here, so nobody writes */
    w->done = true;
    (void)pthread_cond_signal(&waiting_done);
    (void)pthread_mutex_unlock(&waiting_lock);
}

static void submit(struct treaty_registry *registry, struct waiting *w, int i)
{
    *w = (struct waiting){0};
    (void)snprintf(w->subject, sizeof(w->subject), "subject-%d", i % 17);
    (void)snprintf(w->text, sizeof(w->text),
                   "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A%d\"],"
                   "\"doc\":\"so that the record is not that small\"}",
                   i);
    w->task = (struct treaty_task){
        .kind = TREATY_TASK_REGISTER,
        .arena = &w->arena,
        .subject = treaty_str_z(w->subject),
        .schema.text = treaty_str_z(w->text),
        .force = true,
        .done = finish,
        .ctx = w,
    };
    CHECK_INT(treaty_registry_submit(registry, &w->task), TREATY_OK);
}

static void wait_for(struct waiting *w)
{
    (void)pthread_mutex_lock(&waiting_lock);
    while (!w->done)
        (void)pthread_cond_wait(&waiting_done, &waiting_lock);
    (void)pthread_mutex_unlock(&waiting_lock);
}

static enum treaty_code open_store(const char *dir, const char *setup_sql,
                                   struct treaty_journal **ret)
{
    struct treaty_journal_options options = {
        .vfs = "treaty-test",
        .setup_sql = setup_sql,
        .checkpoint_pages = 40 /* so that several are folded back */,
    };
    char url[64];

    (void)snprintf(url, sizeof(url), "sqlite:%s/db", dir);
    return treaty_journal_open(treaty_str_z(url), &options, ret, NULL);
}

/* Register and write down what the disk saw; the last batch is never closed
 * in an orderly way. */
static void record_workload(const char *dir, const char *setup_sql,
                            struct acknowledged *acks)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry *registry;
    static struct waiting waiting[WIDTH];

    disk->logging = true;
    CHECK_INT(open_store(dir, setup_sql, &options.journal), TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    for (int i = 0; i < TASKS; i += WIDTH) {
        for (int k = 0; k < WIDTH; k++)
            submit(registry, &waiting[k], i + k);
        for (int k = 0; k < WIDTH; k++) {
            struct waiting *w = &waiting[k];
            struct acknowledged *a = &acks[i + k];

            wait_for(w);
            CHECK_INT(w->task.code, TREATY_OK);
            memcpy(a->subject, w->subject, sizeof(a->subject));
            a->version = w->task.ret_version.version;
            a->id = w->task.ret_version.entry->id;
            a->at = w->at;
            treaty_arena_release(&w->arena);
        }
    }
    disk->logging = false;
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
}

static enum treaty_code apply_record(void *ctx,
                                     const struct treaty_journal_record *r,
                                     struct treaty_error *err)
{
    (void)err;
    return treaty_builder_apply(ctx, r);
}

/* Registrations that were acknowledged before the cut and are gone. */
static size_t count_lost(const struct treaty_catalog *catalog,
                         const struct acknowledged *acks, size_t cut)
{
    size_t lost = 0;

    for (size_t i = 0; i < TASKS; i++) {
        const struct treaty_version *v = treaty_catalog_find_version(
            catalog, treaty_str_z(acks[i].subject), acks[i].version);

        if (acks[i].at <= cut &&
            (!v || v->entry->id != acks[i].id || catalog->id_max < acks[i].id))
            lost++;
    }
    return lost;
}

static size_t lost_after_cut(const struct disk *from, const char *dir,
                             const struct acknowledged *acks, size_t cut,
                             struct treaty_rng *rng)
{
    enum fate fate = (enum fate)treaty_rng_below(rng, FATES);
    struct treaty_journal *journal = NULL;
    struct treaty_builder b;
    struct disk after = {.lock = PTHREAD_MUTEX_INITIALIZER};
    size_t lost = TASKS;

    disk = &after;
    for (int i = 0; i < FILES; i++)
        cut_file(from, i, cut, fate, rng);
    treaty_builder_init(&b);
    if (open_store(dir, NULL, &journal) == TREATY_OK &&
        treaty_journal_read(journal, 0, apply_record, &b, NULL) == TREATY_OK)
        lost = count_lost(&b.work, acks, cut);
    treaty_builder_clear(&b);
    treaty_share_free_list(treaty_share_publish(&b.share));
    treaty_builder_release(&b);
    treaty_journal_close(journal);
    disk_release(&after);
    return lost;
}

/* Power cuts that lose something, of `cuts` at random points. */
static size_t count_bad_cuts(const char *setup_sql, size_t cuts)
{
    static struct acknowledged acks[TASKS];
    char dir[] = "/tmp/treaty-power-XXXXXX";
    struct disk before = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct treaty_rng rng;
    char lock[64];
    size_t bad = 0;

    register_vfs();
    CHECK(mkdtemp(dir) != NULL);
    disk = &before;
    record_workload(dir, setup_sql, acks);
    tap_note("%zu writes, syncs and deletions", before.count);
    treaty_rng_init(&rng, 2026);
    for (size_t i = 0; i < cuts; i++) {
        size_t cut = treaty_rng_below(&rng, before.count + 1);
        size_t lost = lost_after_cut(&before, dir, acks, cut, &rng);

        if (lost > 0)
            bad++;
    }
    disk = &before;
    disk_release(&before);
    (void)snprintf(lock, sizeof(lock), "%s/db.lock", dir);
    CHECK_INT(unlink(lock), 0);
    CHECK_INT(rmdir(dir), 0);
    return bad;
}

static void test_power_cut(void)
{
    size_t cuts = tap_is_slow() ? 50 : 1000;

    CHECK_INT(count_bad_cuts(NULL, cuts), 0);
    tap_add_passed(cuts);
}

/* The test bites: without syncing, acknowledged registrations get lost. */
static void test_power_cut_unsynced(void)
{
    size_t cuts = tap_is_slow() ? 50 : 200;
    size_t bad = count_bad_cuts("PRAGMA synchronous = OFF", cuts);

    tap_note("%zu of %zu power cuts lost something", bad, cuts);
    CHECK(bad > cuts / 10);
}

/* --- A full disk
 * --------------------------------------------------------------------- */

static enum treaty_code register_one(struct treaty_registry *registry, int i,
                                     int32_t *id)
{
    static struct waiting w;
    enum treaty_code code;

    submit(registry, &w, i);
    wait_for(&w);
    code = w.task.code;
    if (code == TREATY_OK)
        *id = w.task.ret_version.entry->id;
    else
        CHECK(strstr(w.task.error.message, "full") != NULL);
    treaty_arena_release(&w.arena);
    return code;
}

static void test_full(void)
{
    char dir[] = "/tmp/treaty-full-XXXXXX";
    struct disk own = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct treaty_registry_options options = {0};
    struct treaty_registry_reader *reader;
    struct treaty_registry *registry;
    struct treaty_registry_stats stats;
    char lock[64];
    int32_t id = 0;

    register_vfs();
    CHECK(mkdtemp(dir) != NULL);
    disk = &own;
    CHECK_INT(open_store(dir, NULL, &options.journal), TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    reader = treaty_registry_reader_new(registry);
    CHECK_INT(register_one(registry, 0, &id), TREATY_OK);
    CHECK_INT(id, 1);

    (void)pthread_mutex_lock(&own.lock);
    own.full = true;
    (void)pthread_mutex_unlock(&own.lock);
    for (int i = 1; i < 5; i++) {
        const struct treaty_catalog *c;

        CHECK_INT(register_one(registry, i, &id), TREATY_ESTORE);
        c = treaty_registry_pin(reader);
        CHECK(treaty_catalog_by_id(c, 1) != NULL); /* reads go on */
        CHECK(treaty_catalog_by_id(c, i + 1) == NULL);
        treaty_registry_unpin(reader);
    }

    (void)pthread_mutex_lock(&own.lock);
    own.full = false;
    (void)pthread_mutex_unlock(&own.lock);
    CHECK_INT(register_one(registry, 5, &id), TREATY_OK);
    CHECK_INT(id, 6); /* 2 to 5 are burnt */
    treaty_registry_stats(registry, &stats);
    CHECK_INT(stats.commits_failed, 4);
    CHECK_INT(stats.reloads, 4);

    treaty_registry_reader_free(reader);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
    disk_release(&own);
    (void)snprintf(lock, sizeof(lock), "%s/db.lock", dir);
    CHECK_INT(unlink(lock), 0);
    CHECK_INT(rmdir(dir), 0);
}

TAP_MAIN({"power cuts lose nothing acknowledged", test_power_cut},
         {"without syncs they do", test_power_cut_unsynced},
         {"a full disk", test_full})
