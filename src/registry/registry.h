/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_REGISTRY_H
#define TREATY_SRC_REGISTRY_REGISTRY_H

/*
 * A registry: the rules, over a journal, with nothing of sockets.
 *
 *     loop --pin--> catalog --questions--> reply                 never waits
 *     loop --try--> answered here, when it takes no parsing and no store
 *     loop --submit--> [queue] writer: check, append, publish, done()
 *                      [queue] checker: parse, compare,       done()
 *                              or only prepare, and on to the writer
 *
 * 1. Readers see one immutable catalog (catalog.h) per pin. Nobody sees a
 *    record before the batch that brought it is durable.
 * 2. One writer thread takes what has queued up as one batch: each request is
 *    checked against the catalog plus the earlier records of its batch, one
 *    append makes them durable, one pointer store shows them, and then every
 *    `done` is called.
 * 3. When the append fails, its outcome is unknown. Every task of the batch
 *    gets TREATY_ESTORE, the ids it would have given are never given again,
 *    and the catalog is read back from the journal before the next write.
 * 4. The catalog is a pure function of the journal: replaying it, or what
 *    compaction left of it, gives the same catalog and the same next id.
 */
#include "journal/journal.h"
#include "registry/catalog.h"

struct treaty_registry;
struct treaty_registry_reader;

/* Valid when zeroed, but for `journal`. */
struct treaty_registry_options {
    /* Lent: close it after treaty_registry_close. */
    struct treaty_journal *journal;
    struct treaty_str default_level; /* empty: as before, at first BACKWARD */
    struct treaty_limits limits;     /* on each schema text */
    bool strict;             /* refuse what a format's own compiler refuses */
    enum treaty_rules rules; /* Confluent's, of one release or the other */
    uint32_t reference_max;  /* in one request and its closure; 1,000 */
    uint32_t queue_max;      /* tasks that wait; 65,536 */
    uint32_t batch_max;      /* tasks that share a commit; 512 */
    uint32_t checker_count;  /* threads for checks; 2 */
    size_t cache_bytes;      /* of parsed schemas; 64 MiB */
};

/*
 * Read the journal and start the threads. TREATY_ELEVEL for a bad default
 * level, TREATY_ESTORE when the journal cannot be read, TREATY_ENOMEM. Records
 * that cannot be understood are passed over and counted (stats).
 */
TREATY_MUST_CHECK enum treaty_code
treaty_registry_open(const struct treaty_registry_options *options,
                     struct treaty_registry **ret, struct treaty_error *err);

/*
 * Finish what is queued (every `done` is still called), stop the threads and
 * free everything. All readers must have been freed. Accepts NULL.
 */
void treaty_registry_close(struct treaty_registry *registry);

/*
 * A reader is one thread's place in the registry: an event loop has one.
 * NULL without memory. Free before closing; accepts NULL.
 */
struct treaty_registry_reader *
treaty_registry_reader_new(struct treaty_registry *registry);
void treaty_registry_reader_free(struct treaty_registry_reader *reader);

/*
 * The newest catalog, unchanging until the matching unpin. Pins do not nest.
 * Keep one no longer than a callback: what replies outlive, copy.
 */
const struct treaty_catalog *
treaty_registry_pin(struct treaty_registry_reader *reader);
void treaty_registry_unpin(struct treaty_registry_reader *reader);

enum treaty_task_kind {
    TREATY_TASK_REGISTER,
    TREATY_TASK_LOOKUP,
    TREATY_TASK_CHECK,
    TREATY_TASK_GET,
    TREATY_TASK_SET_CONFIG,
    TREATY_TASK_DELETE_CONFIG,
    TREATY_TASK_SET_MODE,
    TREATY_TASK_DELETE_MODE,
    TREATY_TASK_DELETE_SUBJECT,
    TREATY_TASK_DELETE_VERSION,
};

/* What a client sends as a schema; for REGISTER, LOOKUP and CHECK. */
struct treaty_task_schema {
    struct treaty_str text;
    struct treaty_str type; /* "AVRO" in any case; empty: AVRO */
    const struct treaty_reference *references; /* version -1: the latest */
    size_t reference_count;
    bool normalize; /* the query flag; configuration may set it, too */
};

/* What `PUT /config` says about each field: nothing, null, or a value. */
struct treaty_config_change {
    bool has_level;
    bool has_normalize;
    struct treaty_config value; /* an unset field clears */
};

/* For CHECK: against the versions that the level asks for, as REGISTER does. */
#define TREATY_VERSION_HISTORY ((int32_t)-2)

/*
 * One request. The caller owns it, its inputs and its arena, and leaves all of
 * them alone from submit until `done`; outputs lie on `arena`. On failure
 * only `code` and `error` are set.
 */
struct treaty_task {
    enum treaty_task_kind kind;
    struct treaty_arena *arena;
    struct treaty_str subject; /* as given; .data NULL: global (config, mode) */

    /* REGISTER, LOOKUP, CHECK. */
    struct treaty_task_schema schema;
    /*
     * DELETE_VERSION, GET: which. CHECK: which, or TREATY_VERSION_HISTORY.
     * REGISTER: the version the client insists on, or 0.
     */
    int32_t version;
    int32_t id; /* REGISTER: the id the client insists on, or 0. GET: the
                   id asked for, or 0: a subject's version */
    struct treaty_str how; /* REGISTER, LOOKUP, GET: the form of the text, as
                              in treaty_schema_render; empty: canonical */
    bool deleted;          /* LOOKUP, GET: also among the soft-deleted */
    bool permanent;        /* DELETE_SUBJECT, DELETE_VERSION */
    bool force;            /* REGISTER: without a compatibility check */
    bool verbose;          /* CHECK: with messages */
    struct treaty_config_change config; /* SET_CONFIG */
    struct treaty_str mode;             /* SET_MODE; .data NULL clears */

    /*
     * NULL, or called before anything else on a thread that checks: for inputs
     * that take long to read. Sets `code`; TREATY_OK lets the task go on.
     */
    void (*prepare)(struct treaty_task *task, void *ctx);
    /* Called once, on a thread of the registry; must not wait. */
    void (*done)(struct treaty_task *task, void *ctx);
    void *ctx;

    /* Outputs. */
    enum treaty_code code;
    struct treaty_error error;
    struct treaty_version ret_version; /* REGISTER, LOOKUP, GET,
                                          DELETE_VERSION */
    bool ret_added;                    /* REGISTER: it was not there before */
    /* REGISTER, CHECK: what the format's own compiler says against the schema,
     * in one line; .data NULL: nothing, or it was not parsed. */
    struct treaty_str ret_objection;
    bool ret_compatible;                   /* CHECK */
    const struct treaty_str *ret_messages; /* CHECK; REGISTER when refused */
    size_t ret_message_count;
    const int32_t *ret_deleted; /* DELETE_SUBJECT: versions, ascending */
    size_t ret_deleted_count;
    struct treaty_config ret_config; /* the one in force now, or removed */
    struct treaty_str ret_mode;      /* the same */

    struct treaty_task *next; /* the registry's, while it is queued */
};

/*
 * Answer `task` on the calling thread, if that takes neither the store nor
 * parsing: a schema that is registered already, a text seen before. True when
 * the outputs are set (`done` is not called); false: submit it. `reader` must
 * be unpinned.
 */
bool treaty_registry_try(struct treaty_registry_reader *reader,
                         struct treaty_task *task);

/* Queue `task`. TREATY_EBUSY when the queue is full (`done` is not called). */
TREATY_MUST_CHECK enum treaty_code
treaty_registry_submit(struct treaty_registry *registry,
                       struct treaty_task *task);

/* Submit and wait: for tests and programs. Returns `task->code`; `done` and
 * `ctx` are the registry's own meanwhile. */
enum treaty_code treaty_registry_run(struct treaty_registry *registry,
                                     struct treaty_task *task);

/* For metrics, from any thread. */
struct treaty_registry_stats {
    uint64_t batches; /* commits that succeeded */
    uint64_t records; /* in them */
    uint64_t commits_failed;
    uint64_t reloads;
    uint64_t commit_ns;  /* spent in append, all in all */
    uint64_t queued;     /* tasks that wait now */
    uint64_t parse_hits; /* of the cache of parsed schemas */
    uint64_t parse_misses;
    uint64_t skipped;       /* records of the journal that mean nothing to us */
    uint64_t retired_bytes; /* old parts that a reader still may see */
    struct treaty_journal_stat journal;
};

void treaty_registry_stats(struct treaty_registry *registry,
                           struct treaty_registry_stats *ret);

#endif
