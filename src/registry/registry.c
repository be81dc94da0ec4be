/* SPDX-License-Identifier: Apache-2.0 */
/* The threads, and what other threads ask of them. */
#include "registry/registry.h"

#include "base/error.h"
#include "registry/queue.h"
#include "registry/writer.h"

#include <assert.h>
#include <stdlib.h>

#define QUEUE_MAX 65536
#define BATCH_MAX 512
/* So that one large input holds up no other check. */
#define CHECKERS 2
/* Hashing a longer text would keep an event loop too long. */
#define TRY_MAX (64u << 10)
#define CACHE_BYTES (64u << 20)

struct treaty_registry_reader {
    struct treaty_epoch_reader epoch;
    struct treaty_registry *registry;
};

struct treaty_registry {
    struct treaty_registry_options options;
    struct treaty_cache *cache;
    struct treaty_epochs epochs;
    struct treaty_writer writer;
    struct treaty_queue writes;
    struct treaty_queue checks;
    pthread_t writer_thread;
    pthread_t *checkers;
    uint32_t checkers_running;
    bool writer_running;
};

typedef enum treaty_code (*question_fn)(const struct treaty_prepare *p,
                                        struct treaty_task *task);

/* Which thread a kind of task goes to, and what it does without one. */
static const struct {
    question_fn question; /* the whole of a check; for `try` */
    bool writes;
} kinds[] = {
    [TREATY_TASK_REGISTER] = {treaty_rule_find_registered, true},
    [TREATY_TASK_LOOKUP] = {treaty_rule_lookup, false},
    [TREATY_TASK_CHECK] = {treaty_rule_check, false},
    [TREATY_TASK_GET] = {treaty_rule_get, false},
    [TREATY_TASK_SET_CONFIG] = {NULL, true},
    [TREATY_TASK_DELETE_CONFIG] = {NULL, true},
    [TREATY_TASK_SET_MODE] = {NULL, true},
    [TREATY_TASK_DELETE_MODE] = {NULL, true},
    [TREATY_TASK_DELETE_SUBJECT] = {NULL, true},
    [TREATY_TASK_DELETE_VERSION] = {NULL, true},
};

struct treaty_registry_reader *
treaty_registry_reader_new(struct treaty_registry *registry)
{
    struct treaty_registry_reader *reader =
        aligned_alloc(_Alignof(struct treaty_registry_reader), sizeof(*reader));

    if (!reader)
        return NULL;
    reader->registry = registry;
    treaty_epochs_join(&registry->epochs, &reader->epoch);
    return reader;
}

void treaty_registry_reader_free(struct treaty_registry_reader *reader)
{
    if (!reader)
        return;
    assert(atomic_load(&reader->epoch.noted) == 0);
    treaty_epochs_leave(&reader->registry->epochs, &reader->epoch);
    free(reader);
}

const struct treaty_catalog *
treaty_registry_pin(struct treaty_registry_reader *reader)
{
    assert(atomic_load_explicit(&reader->epoch.noted, memory_order_relaxed) ==
           0);
    treaty_epoch_note(&reader->registry->epochs, &reader->epoch);
    return atomic_load(&reader->registry->writer.published);
}

void treaty_registry_unpin(struct treaty_registry_reader *reader)
{
    treaty_epoch_quiet(&reader->epoch);
}

/* Ask a question of the newest catalog. */
static enum treaty_code ask(struct treaty_registry_reader *reader,
                            struct treaty_task *task, bool cached_only)
{
    struct treaty_registry *registry = reader->registry;
    struct treaty_arena scratch;
    struct treaty_prepare p = {
        .catalog = treaty_registry_pin(reader),
        .cache = registry->cache,
        .options = &registry->options,
        .arena = &scratch,
        .cached_only = cached_only,
    };
    enum treaty_code code;

    task->error = (struct treaty_error){.offset = TREATY_NO_OFFSET};
    treaty_arena_init(&scratch, 0, NULL);
    code = kinds[task->kind].question(&p, task);
    treaty_arena_release(&scratch);
    treaty_registry_unpin(reader);
    return code;
}

bool treaty_registry_try(struct treaty_registry_reader *reader,
                         struct treaty_task *task)
{
    enum treaty_code code = TREATY_EBUSY;

    if (kinds[task->kind].question && task->schema.text.len <= TRY_MAX)
        code = ask(reader, task, true);
    if (code == TREATY_EBUSY)
        return false;
    task->code = code;
    return true;
}

static void *run_writer(void *arg)
{
    struct treaty_registry *registry = arg;
    size_t max = registry->options.batch_max;
    struct treaty_task *list = treaty_queue_take(&registry->writes, max);

    while (list) {
        treaty_writer_run(&registry->writer, list);
        treaty_epochs_tidy(&registry->epochs);
        list = treaty_queue_take(&registry->writes, max);
    }
    return NULL;
}

/* The checker's part of a task; false when it went on to the writer. */
static bool run_check(struct treaty_registry_reader *reader,
                      struct treaty_task *task)
{
    struct treaty_registry *registry = reader->registry;

    task->code = TREATY_OK;
    if (task->prepare)
        task->prepare(task, task->ctx);
    if (task->code)
        return true;
    if (!kinds[task->kind].writes) {
        task->code = ask(reader, task, false);
        return true;
    }
    if (treaty_queue_put(&registry->writes, task))
        return false;
    task->code = treaty_fail(&task->error, TREATY_EBUSY, TREATY_NO_OFFSET,
                             "too many requests wait already");
    return true;
}

/* A thread's reader is made before it, so that the thread cannot fail. */
static void *run_checker(void *arg)
{
    struct treaty_registry_reader *reader = arg;
    struct treaty_queue *queue = &reader->registry->checks;
    struct treaty_task *task = treaty_queue_take(queue, 1);

    while (task) {
        if (run_check(reader, task))
            task->done(task, task->ctx);
        task = treaty_queue_take(queue, 1);
    }
    treaty_registry_reader_free(reader);
    return NULL;
}

static void set_defaults(struct treaty_registry_options *o)
{
    if (!o->queue_max)
        o->queue_max = QUEUE_MAX;
    if (!o->batch_max)
        o->batch_max = BATCH_MAX;
    if (!o->checker_count)
        o->checker_count = CHECKERS;
    if (!o->cache_bytes)
        o->cache_bytes = CACHE_BYTES;
}

static bool start_checker(struct treaty_registry *registry)
{
    struct treaty_registry_reader *reader =
        treaty_registry_reader_new(registry);

    if (!reader)
        return false;
    if (pthread_create(&registry->checkers[registry->checkers_running], NULL,
                       run_checker, reader) != 0) {
        treaty_registry_reader_free(reader);
        return false;
    }
    registry->checkers_running++;
    return true;
}

static enum treaty_code start_threads(struct treaty_registry *registry,
                                      struct treaty_error *err)
{
    uint32_t count = registry->options.checker_count;

    registry->checkers = calloc(count, sizeof(pthread_t));
    if (!registry->checkers)
        return treaty_fail_nomem(err);
    while (registry->checkers_running < count) {
        if (!start_checker(registry))
            return treaty_fail_nomem(err);
    }
    if (pthread_create(&registry->writer_thread, NULL, run_writer, registry))
        return treaty_fail_nomem(err);
    registry->writer_running = true;
    return TREATY_OK;
}

static void stop_threads(struct treaty_registry *registry)
{
    /* The checkers first: what they have may go on to the writer. */
    treaty_queue_close(&registry->checks);
    while (registry->checkers_running > 0)
        (void)pthread_join(registry->checkers[--registry->checkers_running],
                           NULL);
    treaty_queue_close(&registry->writes);
    if (registry->writer_running)
        (void)pthread_join(registry->writer_thread, NULL);
    free(registry->checkers);
}

/* Everything but the threads. What is made is undone on failure. */
static enum treaty_code set_up(struct treaty_registry *registry,
                               struct treaty_error *err)
{
    struct treaty_registry_options *o = &registry->options;

    if (!treaty_epochs_init(&registry->epochs))
        return treaty_fail_nomem(err);
    if (!treaty_queue_init(&registry->writes, o->queue_max))
        goto no_writes;
    if (!treaty_queue_init(&registry->checks, o->queue_max))
        goto no_checks;
    registry->cache = treaty_cache_new(o->cache_bytes);
    if (registry->cache)
        return TREATY_OK;

    treaty_queue_release(&registry->checks);
no_checks:
    treaty_queue_release(&registry->writes);
no_writes:
    treaty_epochs_release(&registry->epochs);
    return treaty_fail_nomem(err);
}

static void tear_down(struct treaty_registry *registry)
{
    treaty_cache_free(registry->cache);
    treaty_queue_release(&registry->checks);
    treaty_queue_release(&registry->writes);
    treaty_epochs_release(&registry->epochs);
    free(registry);
}

enum treaty_code
treaty_registry_open(const struct treaty_registry_options *options,
                     struct treaty_registry **ret, struct treaty_error *err)
{
    struct treaty_registry *registry = malloc(sizeof(*registry));
    enum treaty_code code;

    if (!registry)
        return treaty_fail_nomem(err);
    *registry = (struct treaty_registry){.options = *options};
    set_defaults(&registry->options);
    code = set_up(registry, err);
    if (code != TREATY_OK) {
        free(registry);
        return code;
    }
    registry->writer.options = &registry->options;
    registry->writer.cache = registry->cache;
    registry->writer.epochs = &registry->epochs;
    code = treaty_writer_start(&registry->writer, err);
    if (code != TREATY_OK) {
        tear_down(registry);
        return code;
    }
    code = start_threads(registry, err);
    if (code != TREATY_OK) {
        treaty_registry_close(registry);
        return code;
    }
    *ret = registry;
    return TREATY_OK;
}

void treaty_registry_close(struct treaty_registry *registry)
{
    if (!registry)
        return;
    stop_threads(registry);
    treaty_writer_release(&registry->writer);
    tear_down(registry);
}

enum treaty_code treaty_registry_submit(struct treaty_registry *registry,
                                        struct treaty_task *task)
{
    bool writes = kinds[task->kind].writes && !task->prepare;
    struct treaty_queue *queue = writes ? &registry->writes : &registry->checks;

    return treaty_queue_put(queue, task) ? TREATY_OK : TREATY_EBUSY;
}

/* Somebody who waits for a task. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool done;
};

static void wake(struct treaty_task *task, void *ctx)
{
    struct waiter *waiter = ctx;

    (void)task;
    (void)pthread_mutex_lock(&waiter->lock);
    waiter->done = true;
    (void)pthread_cond_signal(&waiter->woken);
    (void)pthread_mutex_unlock(&waiter->lock);
}

enum treaty_code treaty_registry_run(struct treaty_registry *registry,
                                     struct treaty_task *task)
{
    struct waiter waiter = {.lock = PTHREAD_MUTEX_INITIALIZER,
                            .woken = PTHREAD_COND_INITIALIZER};
    enum treaty_code code;

    task->done = wake;
    task->ctx = &waiter;
    code = treaty_registry_submit(registry, task);
    if (code != TREATY_OK) {
        task->code = treaty_fail(&task->error, code, TREATY_NO_OFFSET, "%s",
                                 treaty_code_text(code));
        return code;
    }
    (void)pthread_mutex_lock(&waiter.lock);
    while (!waiter.done)
        (void)pthread_cond_wait(&waiter.woken, &waiter.lock);
    (void)pthread_mutex_unlock(&waiter.lock);
    (void)pthread_cond_destroy(&waiter.woken);
    (void)pthread_mutex_destroy(&waiter.lock);
    return task->code;
}

void treaty_registry_stats(struct treaty_registry *registry,
                           struct treaty_registry_stats *ret)
{
    struct treaty_writer *w = &registry->writer;
    struct treaty_cache_stats cache;

    treaty_cache_stats(registry->cache, &cache);
    *ret = (struct treaty_registry_stats){
        .batches = w->batches,
        .records = w->records,
        .commits_failed = w->commits_failed,
        .reloads = w->reloads,
        .commit_ns = w->commit_ns,
        .skipped = w->skipped,
        .queued = treaty_queue_count(&registry->writes) +
                  treaty_queue_count(&registry->checks),
        .parse_hits = cache.hits,
        .parse_misses = cache.misses,
        .retired_bytes = atomic_load(&registry->epochs.retired_bytes),
    };
    treaty_journal_stat(registry->options.journal, &ret->journal);
}
