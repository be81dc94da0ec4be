/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What journal.h promises, held against every backend: one suite, a row a
 * backend. `lasting` ones are closed and opened again where that matters.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/rng.h"
#include "journal/journal.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct backend_row {
    const char *name;
    bool lasting; /* in the file journal.db of a fresh directory */
};

static const struct backend_row rows[] = {
    {"memory", false},
    {"sqlite", true},
};

/* One journal under test and where it lives. */
struct bench {
    const struct backend_row *row;
    char dir[64];
    char url[128];
    struct treaty_journal *journal;
};

static void open_again(struct bench *b)
{
    struct treaty_error err;
    enum treaty_code code =
        treaty_journal_open(treaty_str_z(b->url), NULL, &b->journal, &err);

    CHECK_INT(code, TREATY_OK);
    if (code != TREATY_OK) {
        tap_note("%s", err.message);
        exit(1);
    }
}

static void set_up(struct bench *b, const struct backend_row *row)
{
    *b = (struct bench){.row = row};
    (void)snprintf(b->dir, sizeof(b->dir), "/tmp/treaty-journal-XXXXXX");
    CHECK(mkdtemp(b->dir) != NULL);
    if (row->lasting)
        (void)snprintf(b->url, sizeof(b->url), "%s:%s/journal.db", row->name,
                       b->dir);
    else
        (void)snprintf(b->url, sizeof(b->url), "%s:", row->name);
    open_again(b);
}

static void tear_down(struct bench *b)
{
    static const char *const files[] = {"journal.db", "journal.db-wal",
                                        "journal.db-shm", "journal.db.lock"};

    treaty_journal_close(b->journal);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/%s", b->dir, files[i]);
        (void)unlink(path);
    }
    CHECK_INT(rmdir(b->dir), 0);
}

static void reopen(struct bench *b)
{
    if (!b->row->lasting)
        return;
    treaty_journal_close(b->journal);
    open_again(b);
}

/* What a journal holds, as text: "offset ts key=value;", "-" a tombstone. */
static enum treaty_code add_text(void *ctx,
                                 const struct treaty_journal_record *r,
                                 struct treaty_error *err)
{
    struct treaty_buf *out = ctx;

    treaty_buf_printf(out, "%lld %lld %.*s", (long long)r->offset,
                      (long long)r->ts_ms, (int)r->key.len, r->key.data);
    if (r->value.data)
        treaty_buf_printf(out, "=%.*s;", (int)r->value.len, r->value.data);
    else
        treaty_buf_put_z(out, "-;");
    return treaty_buf_status(out, err);
}

static void read_text(struct bench *b, int64_t from, struct treaty_buf *out)
{
    treaty_buf_init(out, 0);
    CHECK_INT(treaty_journal_read(b->journal, from, add_text, out, NULL),
              TREATY_OK);
}

static void check_holds(struct bench *b, int64_t from, const char *want)
{
    struct treaty_buf text;

    read_text(b, from, &text);
    CHECK_STR_Z(treaty_buf_str(&text), want);
    treaty_buf_release(&text);
}

static void put(struct bench *b, int64_t ts, const char *key, const char *value)
{
    struct treaty_journal_record record = {
        .ts_ms = ts, .key = treaty_str_z(key), .value = treaty_str_z(value)};

    CHECK_INT(treaty_journal_append(b->journal, &record, 1, NULL), TREATY_OK);
}

static void check_empty(struct bench *b)
{
    check_holds(b, 0, "");
    CHECK_INT(treaty_journal_end(b->journal), 0);
    CHECK_INT(treaty_journal_append(b->journal, NULL, 0, NULL), TREATY_OK);
    CHECK_INT(treaty_journal_end(b->journal), 0);
}

static void check_order(struct bench *b)
{
    struct treaty_journal_record batch[3] = {
        {.ts_ms = 7, .key = TREATY_STR("b"), .value = TREATY_STR("1")},
        {.ts_ms = 7, .key = TREATY_STR("a"), .value = TREATY_STR("")},
        {.ts_ms = 8, .key = TREATY_STR("c"), .value = TREATY_STR("\xc3\xa9")},
    };

    CHECK_INT(treaty_journal_append(b->journal, batch, 3, NULL), TREATY_OK);
    CHECK_INT(batch[0].offset, 0);
    CHECK_INT(batch[2].offset, 2);
    put(b, 9, "d", "4");
    reopen(b);
    check_holds(b, 0, "0 7 b=1;1 7 a=;2 8 c=\xc3\xa9;3 9 d=4;");
    check_holds(b, 2, "2 8 c=\xc3\xa9;3 9 d=4;");
    check_holds(b, 4, "");
    CHECK_INT(treaty_journal_end(b->journal), 4);
}

static void check_rewrite(struct bench *b)
{
    put(b, 1, "a", "1");
    put(b, 2, "b", "2");
    put(b, 3, "a", "3");
    reopen(b);
    check_holds(b, 0, "1 2 b=2;2 3 a=3;");
}

static void check_rewrite_in_batch(struct bench *b)
{
    struct treaty_journal_record batch[3] = {
        {.ts_ms = 1, .key = TREATY_STR("a"), .value = TREATY_STR("1")},
        {.ts_ms = 1, .key = TREATY_STR("a"), .value = TREATY_STR("2")},
        {.ts_ms = 1, .key = TREATY_STR("a"), .value = TREATY_STR("3")},
    };

    CHECK_INT(treaty_journal_append(b->journal, batch, 3, NULL), TREATY_OK);
    check_holds(b, 0, "2 1 a=3;");
}

static void check_tombstone(struct bench *b)
{
    long long now = (long long)treaty_clock_wall_ms();
    char want[64];

    put(b, now, "a", "1");
    put(b, now, "a", NULL);
    (void)snprintf(want, sizeof(want), "1 %lld a-;", now);
    reopen(b);
    check_holds(b, 0, want);
    put(b, 5, "a", "2");
    check_holds(b, 0, "2 5 a=2;");
}

/* Rule 1: the highest offset outlives its record. */
static void check_high_water(struct bench *b)
{
    put(b, 1, "a", "1");
    put(b, 1, "b", NULL); /* old enough to vanish */
    reopen(b);
    CHECK_INT(treaty_journal_end(b->journal), 2);
    put(b, 1, "c", "3");
    CHECK_INT(treaty_journal_end(b->journal), 3);
}

static enum treaty_code stop_at_two(void *ctx,
                                    const struct treaty_journal_record *r,
                                    struct treaty_error *err)
{
    int *seen = ctx;

    (void)r;
    (void)err;
    return ++*seen == 2 ? TREATY_ETIMEOUT : TREATY_OK;
}

static void check_stop(struct bench *b)
{
    int seen = 0;

    put(b, 1, "a", "1");
    put(b, 1, "b", "1");
    put(b, 1, "c", "1");
    CHECK_INT(treaty_journal_read(b->journal, 0, stop_at_two, &seen, NULL),
              TREATY_ETIMEOUT);
    CHECK_INT(seen, 2);
    put(b, 1, "d", "1"); /* a stopped reading leaves nothing in the way */
}

/* Large values, and enough of them that the log is folded back. */
static void check_bulk(struct bench *b)
{
    static char big[200000];
    struct treaty_journal_record record = {.ts_ms = 1};
    struct treaty_journal_stat stat;
    char key[32];

    memset(big, 'x', sizeof(big));
    record.value = (struct treaty_str){big, sizeof(big)};
    for (int i = 0; i < 60; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i % 30);
        record.key = treaty_str_z(key);
        CHECK_INT(treaty_journal_append(b->journal, &record, 1, NULL),
                  TREATY_OK);
    }
    treaty_journal_stat(b->journal, &stat);
    CHECK(stat.store_bytes + stat.wal_bytes >= 30 * sizeof(big));
    CHECK(!stat.checkpoint_blocked);
    CHECK(stat.wal_bytes < 60 * sizeof(big) * 3 / 4);
}

struct model_row {
    int64_t offset; /* -1: never written */
    char value[24];
};

static void append_random(struct bench *b, struct treaty_rng *rng,
                          struct model_row *model, int64_t *end)
{
    struct treaty_journal_record batch[8];
    char texts[8][2][24];
    size_t n = 1 + treaty_rng_below(rng, 8);

    for (size_t i = 0; i < n; i++) {
        size_t k = treaty_rng_below(rng, 16);

        (void)snprintf(texts[i][0], 24, "key%zu", k);
        (void)snprintf(texts[i][1], 24, "%lld", (long long)*end);
        batch[i] =
            (struct treaty_journal_record){.ts_ms = 1,
                                           .key = treaty_str_z(texts[i][0]),
                                           .value = treaty_str_z(texts[i][1])};
        model[k].offset = (*end)++;
        (void)snprintf(model[k].value, 24, "%s", texts[i][1]);
    }
    CHECK_INT(treaty_journal_append(b->journal, batch, n, NULL), TREATY_OK);
}

/* Random batches against the obvious model: an array of the last values. */
static void check_random(struct bench *b)
{
    struct model_row model[16];
    struct treaty_buf want;
    struct treaty_buf got;
    struct treaty_rng rng;
    int64_t end = 0;

    for (size_t k = 0; k < 16; k++)
        model[k] = (struct model_row){.offset = -1};
    treaty_rng_init(&rng, 42);
    for (int round = 0; round < 300; round++)
        append_random(b, &rng, model, &end);
    reopen(b);
    treaty_buf_init(&want, 0);
    for (int64_t at = 0; at < end; at++) {
        for (size_t k = 0; k < 16; k++) {
            if (model[k].offset == at)
                treaty_buf_printf(&want, "%lld 1 key%zu=%s;", (long long)at, k,
                                  model[k].value);
        }
    }
    read_text(b, 0, &got);
    CHECK_STR(treaty_buf_str(&got), treaty_buf_str(&want));
    CHECK_INT(treaty_journal_end(b->journal), end);
    treaty_buf_release(&got);
    treaty_buf_release(&want);
}

static void each(void (*check)(struct bench *))
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;

        set_up(&b, &rows[i]);
        check(&b);
        tear_down(&b);
    }
}

#define CASE(name)                                                             \
    static void test_##name(void)                                              \
    {                                                                          \
        each(check_##name);                                                    \
    }

CASE(empty)
CASE(order)
CASE(rewrite)
CASE(rewrite_in_batch)
CASE(tombstone)
CASE(high_water)
CASE(stop)
CASE(bulk)
CASE(random)

static void test_urls(void)
{
    static const char *const bad[] = {"",        "memory",  "memory:x",
                                      "sqlite:", "mysql:x", "kafka"};
    struct treaty_journal *journal = NULL;
    struct treaty_error err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(
            treaty_journal_open(treaty_str_z(bad[i]), NULL, &journal, &err),
            TREATY_EUSAGE);
    CHECK_INT(treaty_journal_open(TREATY_STR("sqlite:/nowhere/at/all.db"), NULL,
                                  &journal, &err),
              TREATY_EIO);
    CHECK(strstr(err.message, "/nowhere/at/all.db") != NULL);
    CHECK(journal == NULL);
    treaty_journal_close(NULL);
}

TAP_MAIN({"an empty journal", test_empty},
         {"records come back in order", test_order},
         {"a key is rewritten at a higher offset", test_rewrite},
         {"the last of a batch wins", test_rewrite_in_batch},
         {"tombstones", test_tombstone},
         {"no offset is given twice", test_high_water},
         {"a reader may stop", test_stop}, {"bulk and statistics", test_bulk},
         {"random batches", test_random}, {"store URLs", test_urls})
