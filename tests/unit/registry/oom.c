/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at any moment: the same story is told again and again,
 * with the first, the second, the third... allocation failing, until it gets
 * through untouched. Each step must then either work or say that it did not,
 * nothing may be half done, and nothing may leak.
 *
 * Sanitizers bring an allocator of their own, which cannot be replaced; there
 * the story is told once.
 */
#include "harness/starve.h"

#include "base/error.h"
#include "journal/journal.h"
#include "registry/builder.h"
#include "registry/registry.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* A literal in a static initialiser. */
#define TEXT(t)                                                                \
    {                                                                          \
        (t), sizeof(t) - 1                                                     \
    }

/* One step of the story, and what must be true of it. */
static const struct treaty_reference reference = {TEXT("x.C"), TEXT("c"), 1};

#define SCHEMA(t)                                                              \
    {                                                                          \
        .text = TEXT(t)                                                        \
    }
#define C1                                                                     \
    "{\"type\":\"record\",\"name\":\"C\",\"namespace\":\"x\",\"fields\":[]}"
#define B1                                                                     \
    "{\"type\":\"record\",\"name\":\"B\",\"namespace\":\"x\",\"fields\":"      \
    "[{\"name\":\"c\",\"type\":\"C\"}]}"

static const struct treaty_task story[] = {
    {.kind = TREATY_TASK_SET_CONFIG,
     .subject = TEXT("c"),
     .config = {.has_level = true, .value.level = TEXT("FULL")}},
    {.kind = TREATY_TASK_REGISTER, .subject = TEXT("c"), .schema = SCHEMA(C1)},
    {.kind = TREATY_TASK_REGISTER,
     .subject = TEXT("b"),
     .schema = {.text = TEXT(B1),
                .references = &reference,
                .reference_count = 1}},
    {.kind = TREATY_TASK_CHECK,
     .subject = TEXT("c"),
     .version = 1,
     .verbose = true,
     .schema = SCHEMA("\"int\"")},
    {.kind = TREATY_TASK_LOOKUP,
     .subject = TEXT("c"),
     .schema = SCHEMA(" " C1)},
    {.kind = TREATY_TASK_SET_MODE,
     .subject = TEXT("c"),
     .mode = TEXT("READWRITE")},
    {.kind = TREATY_TASK_DELETE_SUBJECT, .subject = TEXT("b")},
    {.kind = TREATY_TASK_DELETE_SUBJECT,
     .subject = TEXT("b"),
     .permanent = true},
    {.kind = TREATY_TASK_DELETE_VERSION, .subject = TEXT("c"), .version = 1},
    {.kind = TREATY_TASK_DELETE_MODE, .subject = TEXT("c")},
    {.kind = TREATY_TASK_DELETE_CONFIG, .subject = TEXT("c")},
};

static bool is_shortage(enum treaty_code code)
{
    return code == TREATY_ENOMEM || code == TREATY_ESTORE;
}

/* A step that did not work for want of memory works when it is repeated. */
static void tell(struct treaty_registry *registry, const struct treaty_task *t)
{
    enum treaty_code code;

    for (int attempt = 0; attempt < 2; attempt++) {
        struct treaty_arena arena = {0};
        struct treaty_task task = *t;

        task.arena = &arena;
        code = treaty_registry_run(registry, &task);
        treaty_arena_release(&arena);
        if (!is_shortage(code))
            break;
        CHECK(starve_hit);
    }
    if (code != TREATY_OK)
        tap_note("step of kind %d: %s", t->kind, treaty_code_name(code));
    CHECK_INT(code, TREATY_OK);
}

/* The end is always the same, but for ids that were burnt on the way. */
static void check_end(struct treaty_registry *registry)
{
    struct treaty_registry_reader *reader = NULL;
    const struct treaty_catalog *c;

    while (!reader)
        reader = treaty_registry_reader_new(registry);
    c = treaty_registry_pin(reader);
    CHECK_INT(treaty_catalog_schema_count(c), 1);
    CHECK_INT(treaty_catalog_subject_count(c), 0);
    CHECK_INT(treaty_sorted_count(&c->subjects), 1);
    CHECK_INT(treaty_sorted_count(&c->guids), 1);
    CHECK_INT(treaty_sorted_count(&c->edges), 0);
    CHECK_INT(treaty_sorted_count(&c->configs), 0);
    CHECK(treaty_catalog_id_max(c) >= 2);
    treaty_registry_unpin(reader);
    treaty_registry_reader_free(reader);
}

static void tell_story(void)
{
    struct treaty_registry_options options = {0};
    struct treaty_registry *registry = NULL;
    enum treaty_code code = TREATY_ENOMEM;

    while (code == TREATY_ENOMEM)
        code = treaty_journal_open(TREATY_STR("memory:"), NULL,
                                   &options.journal, NULL);
    CHECK_INT(code, TREATY_OK);
    code = treaty_registry_open(&options, &registry, NULL);
    if (code == TREATY_ENOMEM) {
        CHECK(starve_hit);
        code = treaty_registry_open(&options, &registry, NULL);
    }
    CHECK_INT(code, TREATY_OK);
    for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++)
        tell(registry, &story[i]);
    check_end(registry);
    treaty_registry_close(registry);

    /* And once more from what the journal holds. */
    code = treaty_registry_open(&options, &registry, NULL);
    if (code == TREATY_ENOMEM)
        code = treaty_registry_open(&options, &registry, NULL);
    CHECK_INT(code, TREATY_OK);
    check_end(registry);
    treaty_registry_close(registry);
    treaty_journal_close(options.journal);
}

static void test_story(void)
{
    bool is_hit = STARVE_CAN;
    long at = 0;

    tell_story(); /* whatever is made once for good is made now */
    for (; is_hit; at++) {
        long before = starve_live;

        starve_at(at + 1);
        tell_story();
        is_hit = starve_end();
        if (starve_live != before) {
            tap_fail(__FILE__, __LINE__, "allocation %ld failed, and %ld leak",
                     at + 1, (long)starve_live - before);
            break;
        }
    }
    tap_note("%ld allocations", at);
    CHECK(!STARVE_CAN || at > 100);
}

TAP_MAIN({"every allocation in turn", test_story})
