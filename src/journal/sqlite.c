/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal in one SQLite file.
 *
 * One table holds the records, a row for each key: rewriting a key deletes
 * its row and inserts another with a higher offset (INSERT OR REPLACE), which
 * is compaction at once. `offset` is the rowid; AUTOINCREMENT makes SQLite
 * remember the highest one ever used, even when that row is gone.
 *
 * The write-ahead log is synced at each commit (synchronous=FULL), which is
 * what makes an acknowledged batch survive a power cut. The guard against two
 * servers is a lock on a file of its own, not SQLite's exclusive mode, so
 * that anybody may read the views with the `sqlite3` shell meanwhile. Such a
 * reader can keep the log from being folded back into the file; that shows
 * in the statistics.
 */
#include "journal/journal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "journal/lock.h"
#include "journal/views.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define APPLICATION_ID 0x54525459 /* "TRTY" */
#define SCHEMA_VERSION 1
#define CHECKPOINT_PAGES 1000
#define TOMBSTONE_MS (INT64_C(24) * 60 * 60 * 1000)

struct sqlite {
    struct treaty_journal base;
    sqlite3 *db;
    sqlite3_stmt *insert;
    sqlite3_stmt *select;
    char *path;
    int lock;
    int64_t end;
    bool unsure; /* an append failed: `end` must be read again */
    int wal_pages;
    int checkpoint_pages;
    int checkpoint_at; /* pages in the log at which to try the next one */
    _Atomic bool checkpoint_blocked;
};

static enum treaty_code fail(const struct sqlite *s, const char *what,
                             struct treaty_error *err)
{
    int rc = sqlite3_extended_errcode(s->db);

    if ((rc & 0xff) == SQLITE_NOMEM)
        return treaty_fail_nomem(err);
    return treaty_fail(err, TREATY_ESTORE, TREATY_NO_OFFSET,
                       "%s: cannot %s: %s (SQLite error %d)", s->path, what,
                       sqlite3_errmsg(s->db), rc);
}

static enum treaty_code run(const struct sqlite *s, const char *sql,
                            const char *what, struct treaty_error *err)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, what, err);
    return TREATY_OK;
}

/* The one integer that `sql` yields, or `missing` without a row. */
static enum treaty_code ask(const struct sqlite *s, const char *sql,
                            int64_t missing, int64_t *ret,
                            struct treaty_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(stmt, 0);
    else if (rc == SQLITE_DONE)
        *ret = missing;
    (void)sqlite3_finalize(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return fail(s, "read", err);
    return TREATY_OK;
}

static enum treaty_code load_end(struct sqlite *s, struct treaty_error *err)
{
    int64_t last;
    enum treaty_code code =
        ask(s, "SELECT seq FROM sqlite_sequence WHERE name = 'journal'", -1,
            &last, err);

    if (code != TREATY_OK)
        return code;
    s->end = last + 1;
    s->unsure = false;
    return TREATY_OK;
}

/*
 * Fold the log back into the file now and then. When a foreign reader is in
 * the way the log keeps growing; try again only after another portion of it,
 * since each attempt costs.
 */
static int after_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *s = ctx;
    int in_log = 0;
    int folded = 0;

    if (pages < s->wal_pages)
        s->checkpoint_at = s->checkpoint_pages; /* the log began anew */
    s->wal_pages = pages;
    if (pages < s->checkpoint_at)
        return SQLITE_OK;
    (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE,
                                    &in_log, &folded);
    s->checkpoint_blocked = folded < in_log;
    if (folded < in_log)
        s->checkpoint_at = pages + s->checkpoint_pages;
    return SQLITE_OK;
}

static enum treaty_code set_pragmas(struct sqlite *s, struct treaty_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool wal = false;

    (void)sqlite3_busy_timeout(s->db, 5000);
    if (sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &stmt,
                           NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        wal = sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0),
                              "wal") == 0;
    (void)sqlite3_finalize(stmt);
    if (!wal)
        return fail(s, "keep a write-ahead log", err);
    return run(s,
               "PRAGMA synchronous = FULL;"
               "PRAGMA journal_size_limit = 67108864",
               "set up", err);
}

/* Refuse files that are not ours, or that a later version wrote. */
static enum treaty_code check_owner(const struct sqlite *s,
                                    struct treaty_error *err)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t tables = 0;
    enum treaty_code code =
        ask(s, "PRAGMA application_id", 0, &application, err);

    if (code == TREATY_OK)
        code = ask(s, "PRAGMA user_version", 0, &version, err);
    if (code == TREATY_OK)
        code = ask(s, "SELECT count(*) FROM sqlite_schema", 0, &tables, err);
    if (code != TREATY_OK)
        return code;
    if (tables && application != APPLICATION_ID)
        return treaty_fail(err, TREATY_ESTORE, TREATY_NO_OFFSET,
                           "%s is a database of another program", s->path);
    if (version > SCHEMA_VERSION)
        return treaty_fail(err, TREATY_ESTORE, TREATY_NO_OFFSET,
                           "%s was written by a later version of Treaty",
                           s->path);
    return TREATY_OK;
}

static enum treaty_code create(struct sqlite *s, struct treaty_error *err)
{
    char sql[512];
    int64_t horizon = treaty_clock_wall_ms() - TOMBSTONE_MS;
    enum treaty_code code = run(s,
                                "BEGIN IMMEDIATE;"
                                "CREATE TABLE IF NOT EXISTS journal("
                                "  offset INTEGER PRIMARY KEY AUTOINCREMENT,"
                                "  ts INTEGER NOT NULL,"
                                "  key TEXT NOT NULL UNIQUE,"
                                "  value TEXT);",
                                "create the journal", err);

    if (code == TREATY_OK)
        code = run(s, treaty_journal_views_sql, "create the views", err);
    if (code != TREATY_OK)
        return code;
    (void)snprintf(sql, sizeof(sql),
                   "DELETE FROM journal WHERE value IS NULL AND ts < %lld;"
                   "PRAGMA application_id = %d;"
                   "PRAGMA user_version = %d;"
                   "COMMIT",
                   (long long)horizon, APPLICATION_ID, SCHEMA_VERSION);
    return run(s, sql, "create the journal", err);
}

static enum treaty_code prepare(struct sqlite *s, struct treaty_error *err)
{
    static const char insert[] =
        "INSERT OR REPLACE INTO journal(offset, ts, key, value)"
        " VALUES(?1, ?2, ?3, ?4)";
    static const char select[] = "SELECT offset, ts, key, value FROM journal"
                                 " WHERE offset >= ?1 ORDER BY offset";
    const unsigned flags = SQLITE_PREPARE_PERSISTENT;

    if (sqlite3_prepare_v3(s->db, insert, -1, flags, &s->insert, NULL) ||
        sqlite3_prepare_v3(s->db, select, -1, flags, &s->select, NULL))
        return fail(s, "prepare", err);
    return TREATY_OK;
}

static enum treaty_code set_up(struct sqlite *s,
                               const struct treaty_journal_options *options,
                               struct treaty_error *err)
{
    enum treaty_code code = check_owner(s, err);

    if (code == TREATY_OK)
        code = set_pragmas(s, err);
    if (code == TREATY_OK)
        code = create(s, err);
    if (code == TREATY_OK)
        code = prepare(s, err);
    if (code == TREATY_OK)
        code = load_end(s, err);
    if (code == TREATY_OK && options->setup_sql)
        code = run(s, options->setup_sql, "set up", err);
    return code;
}

static void sqlite_close(struct treaty_journal *journal)
{
    struct sqlite *s = (struct sqlite *)journal;

    (void)sqlite3_finalize(s->insert);
    (void)sqlite3_finalize(s->select);
    (void)sqlite3_close(s->db);
    treaty_journal_unlock(s->lock);
    free(s->path);
    free(s);
}

static enum treaty_code sqlite_open(struct treaty_str location,
                                    const struct treaty_journal_options *o,
                                    struct treaty_journal **ret,
                                    struct treaty_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    enum treaty_code code;
    struct sqlite *s;

    if (location.len == 0 || treaty_str_has(location, '\0'))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "\"sqlite:\" needs the path of a file");
    s = calloc(1, sizeof(*s));
    if (!s)
        return treaty_fail_nomem(err);
    s->base.backend = &treaty_journal_sqlite;
    s->lock = -1;
    s->checkpoint_pages = o->checkpoint_pages && o->checkpoint_pages < INT_MAX
                              ? (int)o->checkpoint_pages
                              : CHECKPOINT_PAGES;
    s->checkpoint_at = s->checkpoint_pages;
    s->path = strndup(location.data, location.len);
    if (!s->path) {
        code = treaty_fail_nomem(err);
        goto out;
    }
    code = treaty_journal_lock(s->path, &s->lock, err);
    if (code != TREATY_OK)
        goto out;
    if (sqlite3_open_v2(s->path, &s->db, flags, o->vfs) != SQLITE_OK) {
        code = fail(s, "open", err);
        goto out;
    }
    code = set_up(s, o, err);
    if (code != TREATY_OK)
        goto out;
    (void)sqlite3_wal_hook(s->db, after_commit, s);
    *ret = &s->base;
    s = NULL;

out:
    if (s)
        sqlite_close(&s->base);
    return code;
}

static int bind_text(sqlite3_stmt *stmt, int at, struct treaty_str text)
{
    if (!text.data)
        return sqlite3_bind_null(stmt, at);
    return sqlite3_bind_text64(stmt, at, text.data, text.len, SQLITE_STATIC,
                               SQLITE_UTF8);
}

static bool insert_one(struct sqlite *s, int64_t offset,
                       const struct treaty_journal_record *record)
{
    int rc = sqlite3_bind_int64(s->insert, 1, offset);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(s->insert, 2, record->ts_ms);
    if (rc == SQLITE_OK)
        rc = bind_text(s->insert, 3, record->key);
    if (rc == SQLITE_OK)
        rc = bind_text(s->insert, 4, record->value);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s->insert);
    /* The result of reset repeats that of step. */
    (void)sqlite3_reset(s->insert);
    (void)sqlite3_clear_bindings(s->insert);
    return rc == SQLITE_DONE;
}

static enum treaty_code append_locked(struct sqlite *s,
                                      struct treaty_journal_record *records,
                                      size_t count, struct treaty_error *err)
{
    enum treaty_code code = run(s, "BEGIN IMMEDIATE", "begin", err);

    if (code != TREATY_OK)
        return code;
    for (size_t i = 0; i < count; i++) {
        if (!insert_one(s, s->end + (int64_t)i, &records[i]))
            return fail(s, "write", err);
    }
    return run(s, "COMMIT", "commit", err);
}

static enum treaty_code sqlite_append(struct treaty_journal *journal,
                                      struct treaty_journal_record *records,
                                      size_t count, struct treaty_error *err)
{
    struct sqlite *s = (struct sqlite *)journal;
    enum treaty_code code = TREATY_OK;

    if (s->unsure)
        code = load_end(s, err);
    if (code == TREATY_OK)
        code = append_locked(s, records, count, err);
    if (code != TREATY_OK) {
        s->unsure = true;
        if (!sqlite3_get_autocommit(s->db))
            (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return code;
    }
    for (size_t i = 0; i < count; i++)
        records[i].offset = s->end++;
    return TREATY_OK;
}

static struct treaty_str column_text(sqlite3_stmt *stmt, int at)
{
    const char *data = (const char *)sqlite3_column_text(stmt, at);

    return (struct treaty_str){data, (size_t)sqlite3_column_bytes(stmt, at)};
}

static enum treaty_code sqlite_read(struct treaty_journal *journal,
                                    int64_t from, treaty_journal_fn fn,
                                    void *ctx, struct treaty_error *err)
{
    struct sqlite *s = (struct sqlite *)journal;
    enum treaty_code code = TREATY_OK;
    int rc = sqlite3_bind_int64(s->select, 1, from);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s->select);
    while (rc == SQLITE_ROW && code == TREATY_OK) {
        struct treaty_journal_record record = {
            .offset = sqlite3_column_int64(s->select, 0),
            .ts_ms = sqlite3_column_int64(s->select, 1),
            .key = column_text(s->select, 2),
            .value = column_text(s->select, 3),
        };

        code = fn(ctx, &record, err);
        if (code == TREATY_OK)
            rc = sqlite3_step(s->select);
    }
    if (code == TREATY_OK && rc != SQLITE_DONE)
        code = fail(s, "read", err);
    (void)sqlite3_reset(s->select);
    return code;
}

static int64_t sqlite_end(struct treaty_journal *journal)
{
    struct sqlite *s = (struct sqlite *)journal;

    /* When even this fails, the old bound is still one nothing was given. */
    if (s->unsure)
        (void)!load_end(s, NULL);
    return s->end;
}

static uint64_t file_size(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat st;

    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    return stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void sqlite_stat(const struct treaty_journal *journal,
                        struct treaty_journal_stat *ret)
{
    const struct sqlite *s = (const struct sqlite *)journal;

    *ret = (struct treaty_journal_stat){
        .store_bytes = file_size(s->path, ""),
        .wal_bytes = file_size(s->path, "-wal"),
        .checkpoint_blocked = s->checkpoint_blocked,
    };
}

const struct treaty_journal_backend treaty_journal_sqlite = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .append = sqlite_append,
    .read = sqlite_read,
    .end = sqlite_end,
    .stat = sqlite_stat,
};
