/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads at once: some read, some write, for TSan and for the rules that
 * hold of every catalog (state.h). Then what a reader holds while the world
 * moves on, and what is freed when it lets go.
 */
#include "base/clock.h"
#include "base/rng.h"
#include "journal/journal.h"
#include "registry/registry.h"
#include "registry/state.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define READERS 3
#define WRITERS 3
#define SUBJECTS 5

struct world {
    struct treaty_registry *registry;
    atomic_bool stop;
    atomic_uint broken;   /* rules found broken */
    atomic_uint answered; /* reads */
    atomic_int failed;    /* writes that ended in a way they must not */
};

/* Rules 1 and 3 of state.h, for one random id. */
static bool is_whole(const struct treaty_catalog *c, int32_t id)
{
    const struct treaty_entry *e = treaty_catalog_by_id(c, id);
    struct treaty_sorted uses = treaty_catalog_uses_of(c, id);
    struct treaty_sorted_cursor at = treaty_sorted_from(&uses, NULL, NULL);
    const struct treaty_version *v = treaty_sorted_next(&at);

    if (!e || !v)
        return !e && !v;
    for (; v; v = treaty_sorted_next(&at)) {
        if (v->entry != e ||
            treaty_catalog_find_version(c, v->subject, v->version) != v)
            return false;
    }
    return e->id == id && e->reply.len > 0 && id <= treaty_catalog_id_max(c) &&
           treaty_catalog_by_guid(c, e->guid) == e;
}

static void *read_on(void *arg)
{
    struct world *w = arg;
    struct treaty_registry_reader *reader =
        treaty_registry_reader_new(w->registry);
    struct treaty_rng rng;

    treaty_rng_init(&rng, (uint64_t)(uintptr_t)&rng);
    while (!w->stop) {
        const struct treaty_catalog *c = treaty_registry_pin(reader);

        for (int i = 0; i < 50; i++) {
            uint64_t below = (uint64_t)treaty_catalog_id_max(c) + 3;

            if (!is_whole(c, (int32_t)treaty_rng_below(&rng, below)))
                w->broken++;
        }
        treaty_registry_unpin(reader);
        w->answered++;
    }
    treaty_registry_reader_free(reader);
    return NULL;
}

static void fill(struct treaty_task *t, struct treaty_rng *rng, char *subject,
                 char *text)
{
    static const enum treaty_task_kind kinds[] = {
        TREATY_TASK_REGISTER,       TREATY_TASK_REGISTER,
        TREATY_TASK_REGISTER,       TREATY_TASK_LOOKUP,
        TREATY_TASK_CHECK,          TREATY_TASK_DELETE_VERSION,
        TREATY_TASK_DELETE_SUBJECT, TREATY_TASK_SET_CONFIG};

    (void)snprintf(subject, 16, "s%d", (int)treaty_rng_below(rng, SUBJECTS));
    (void)snprintf(text, 64, "{\"type\":\"fixed\",\"name\":\"F\",\"size\":%d}",
                   (int)treaty_rng_below(rng, 40));
    t->kind = kinds[treaty_rng_below(rng, 8)];
    t->subject = treaty_str_z(subject);
    t->schema.text = treaty_str_z(text);
    t->force = true;
    t->permanent = treaty_rng_below(rng, 2);
    t->version = TREATY_VERSION_LATEST;
}

static void *write_on(void *arg)
{
    struct world *w = arg;
    struct treaty_registry_reader *reader =
        treaty_registry_reader_new(w->registry);
    struct treaty_rng rng;

    treaty_rng_init(&rng, (uint64_t)(uintptr_t)&rng);
    while (!w->stop) {
        struct treaty_arena arena = {0};
        struct treaty_task t = {.arena = &arena};
        char subject[16];
        char text[64];

        fill(&t, &rng, subject, text);
        if (!treaty_registry_try(reader, &t))
            (void)treaty_registry_run(w->registry, &t);
        if (treaty_code_http_status(t.code) >= 500)
            w->failed++;
        treaty_arena_release(&arena);
    }
    treaty_registry_reader_free(reader);
    return NULL;
}

static void test_together(void)
{
    struct treaty_registry_options options = {.checker_count = 2,
                                              .cache_bytes = 20000};
    pthread_t threads[READERS + WRITERS];
    struct treaty_registry_stats stats;
    struct world w = {0};

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &w.registry, NULL), TREATY_OK);
    for (int i = 0; i < READERS + WRITERS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL,
                                 i < READERS ? read_on : write_on, &w),
                  0);
    for (int i = 0; i < 100; i++) {
        treaty_clock_sleep_ms(10);
        treaty_registry_stats(w.registry, &stats);
    }
    w.stop = true;
    for (int i = 0; i < READERS + WRITERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    treaty_registry_stats(w.registry, &stats);
    tap_note("%u reads, %llu commits of %llu records, %llu parsed", w.answered,
             (unsigned long long)stats.batches,
             (unsigned long long)stats.records,
             (unsigned long long)stats.parse_misses);
    CHECK(w.answered > 0);
    CHECK(stats.batches > 0);
    CHECK_INT(w.broken, 0);
    CHECK_INT(w.failed, 0);
    CHECK_INT(stats.queued, 0);
    treaty_registry_close(w.registry);
    treaty_journal_close(options.journal);
}

static void set_level(struct treaty_registry *registry, const char *level)
{
    struct treaty_arena arena = {0};
    struct treaty_task t = {
        .kind = TREATY_TASK_SET_CONFIG,
        .arena = &arena,
        .subject = TREATY_STR("s"),
        .config = {.has_level = true, .value.level = treaty_str_z(level)}};

    CHECK_INT(treaty_registry_run(registry, &t), TREATY_OK);
    treaty_arena_release(&arena);
}

static void check_level(const struct treaty_catalog *c, const char *want)
{
    struct treaty_config config;

    CHECK_INT(treaty_catalog_config(c, TREATY_STR("s"), false, &config, NULL),
              TREATY_OK);
    CHECK_STR_Z(config.level, want);
}

/* A pin keeps its catalog, whatever is written; memory waits for it, and only
 * for it. */
static void test_pin(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry_reader *reader;
    struct treaty_registry_stats stats;
    struct treaty_registry *registry;
    const struct treaty_catalog *kept;

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    reader = treaty_registry_reader_new(registry);
    set_level(registry, "FULL");
    kept = treaty_registry_pin(reader);
    for (int i = 0; i < 1000; i++)
        set_level(registry, i % 2 ? "NONE" : "BACKWARD");
    check_level(kept, "FULL");
    treaty_registry_stats(registry, &stats);
    CHECK(stats.retired_bytes > 100000);
    treaty_registry_unpin(reader);

    check_level(treaty_registry_pin(reader), "NONE");
    treaty_registry_unpin(reader);
    for (int i = 0; i < 4; i++)
        set_level(registry, "FULL");
    treaty_registry_stats(registry, &stats);
    CHECK(stats.retired_bytes < 5000);
    treaty_registry_reader_free(reader);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
}

/* A task whose input takes until another task has ended. */
struct slow {
    atomic_bool other_ended;
    atomic_bool ended;
};

static void read_slowly(struct treaty_task *task, void *ctx)
{
    struct slow *slow = ctx;

    for (int i = 0; i < 3000 && !slow->other_ended; i++)
        treaty_clock_sleep_ms(10);
    task->code = slow->other_ended ? TREATY_OK : TREATY_EBUSY;
}

static void note_end(struct treaty_task *task, void *ctx)
{
    (void)task;
    ((struct slow *)ctx)->ended = true;
}

/* With the number of checkers that a registry has by itself. */
static void test_slow_input(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry *registry;
    struct treaty_arena arenas[2] = {{0}};
    struct slow slow = {0};
    struct treaty_task first = {
        .kind = TREATY_TASK_LOOKUP,
        .arena = &arenas[0],
        .subject = TREATY_STR("s"),
        .schema.text = TREATY_STR("\"int\""),
        .prepare = read_slowly,
        .done = note_end,
        .ctx = &slow,
    };
    struct treaty_task second = {
        .kind = TREATY_TASK_LOOKUP,
        .arena = &arenas[1],
        .subject = TREATY_STR("s"),
        .schema.text = TREATY_STR("\"long\""),
    };

    CHECK_INT(treaty_journal_open(TREATY_STR("memory:"), NULL, &options.journal,
                                  NULL),
              TREATY_OK);
    CHECK_INT(treaty_registry_open(&options, &registry, NULL), TREATY_OK);
    CHECK_INT(treaty_registry_submit(registry, &first), TREATY_OK);
    CHECK_INT(treaty_registry_run(registry, &second), TREATY_ENOSUBJECT);
    slow.other_ended = true;
    while (!slow.ended)
        treaty_clock_sleep_ms(1);
    CHECK_INT(first.code, TREATY_ENOSUBJECT);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
    treaty_arena_release(&arenas[0]);
    treaty_arena_release(&arenas[1]);
}

TAP_MAIN({"readers and writers together", test_together},
         {"slow input holds up no other", test_slow_input},
         {"a pin keeps its catalog", test_pin})
