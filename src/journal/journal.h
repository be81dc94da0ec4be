/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_JOURNAL_JOURNAL_H
#define TREATY_SRC_JOURNAL_JOURNAL_H

/*
 * A journal: durable records in one order, kept by key. It is the whole state
 * of a registry; whatever else the registry knows, it works out from here.
 *
 *     offset  ts             key                               value
 *     0       1763805164120  {"keytype":"CONFIG",...}          {...}
 *     3       1763805171003  {"keytype":"SCHEMA",...}          {...}
 *     4       1763805180250  {"keytype":"SCHEMA",...}          (tombstone)
 *
 * Keys and values are those of Confluent's `_schemas` topic, byte for byte, so
 * moving between backends, or from and to a Kafka topic, is a copy.
 *
 * 1. Offsets only grow, and none is ever given twice, not even after the
 *    record that had it is gone. Gaps are normal.
 * 2. A batch is appended whole or not at all, and is durable when append
 *    returns TREATY_OK. After any other code its outcome is unknown until the
 *    journal is read again.
 * 3. A later record of a key replaces the earlier one, which may vanish at any
 *    time; a tombstone may vanish once a day has passed. Replaying what is
 *    left must therefore mean the same as replaying everything.
 *
 * A journal has one user at a time (the registry's writer thread), save that
 * treaty_journal_stat may be called from any thread at any time.
 */
#include "base/arena.h"

#include <stdbool.h>

struct treaty_journal;

struct treaty_journal_record {
    int64_t offset; /* set by append */
    int64_t ts_ms;  /* given by the caller */
    struct treaty_str key;
    struct treaty_str value; /* .data NULL: tombstone */
};

/* Valid when zeroed. */
struct treaty_journal_options {
    const char *vfs;       /* SQLite's file layer by name; NULL: the system's */
    const char *setup_sql; /* run on the connection last; for fault tests */
    uint32_t checkpoint_pages; /* SQLite's log is folded back then; 1,000 */
};

struct treaty_journal_stat {
    uint64_t store_bytes;
    uint64_t wal_bytes;
    bool checkpoint_blocked; /* somebody else reads and keeps the WAL growing */
};

/* Called for each record in order; its views end with the call. Any code but
 * TREATY_OK stops the reading and is returned from it. */
typedef enum treaty_code (*treaty_journal_fn)(
    void *ctx, const struct treaty_journal_record *record,
    struct treaty_error *err);

/*
 * A backend: one row. `location` is what follows the scheme and its colon.
 * The contract of each function stands with the treaty_journal_ function of
 * its name below.
 */
struct treaty_journal_backend {
    const char *scheme;
    enum treaty_code (*open)(struct treaty_str location,
                             const struct treaty_journal_options *options,
                             struct treaty_journal **ret,
                             struct treaty_error *err);
    void (*close)(struct treaty_journal *journal);
    enum treaty_code (*append)(struct treaty_journal *journal,
                               struct treaty_journal_record *records,
                               size_t count, struct treaty_error *err);
    enum treaty_code (*read)(struct treaty_journal *journal, int64_t from,
                             treaty_journal_fn fn, void *ctx,
                             struct treaty_error *err);
    int64_t (*end)(struct treaty_journal *journal);
    void (*stat)(const struct treaty_journal *journal,
                 struct treaty_journal_stat *ret);
};

/* What every backend's own struct begins with. */
struct treaty_journal {
    const struct treaty_journal_backend *backend;
};

extern const struct treaty_journal_backend treaty_journal_memory;
extern const struct treaty_journal_backend treaty_journal_sqlite;

/*
 * Open by URL: `sqlite:PATH` (made when it does not exist) or `memory:`.
 * TREATY_EUSAGE for another scheme, TREATY_ELOCKED when another process (or
 * this one) has it open, TREATY_ESTORE with the backend's reason, TREATY_EIO,
 * TREATY_ENOMEM. `options` may be NULL.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_journal_open(struct treaty_str url,
                    const struct treaty_journal_options *options,
                    struct treaty_journal **ret, struct treaty_error *err);

/* Accepts NULL. */
void treaty_journal_close(struct treaty_journal *journal);

/* Append a batch (rule 2) and set each record's offset. TREATY_ESTORE with the
 * backend's reason, TREATY_ENOMEM. An empty batch does nothing. */
TREATY_MUST_CHECK enum treaty_code
treaty_journal_append(struct treaty_journal *journal,
                      struct treaty_journal_record *records, size_t count,
                      struct treaty_error *err);

/* Every record from offset `from` on, in order. TREATY_ESTORE, TREATY_ENOMEM,
 * or what `fn` returned. */
TREATY_MUST_CHECK enum treaty_code
treaty_journal_read(struct treaty_journal *journal, int64_t from,
                    treaty_journal_fn fn, void *ctx, struct treaty_error *err);

/* High water: above the offset of every record there is or was. */
int64_t treaty_journal_end(struct treaty_journal *journal);

void treaty_journal_stat(const struct treaty_journal *journal,
                         struct treaty_journal_stat *ret);

#endif
