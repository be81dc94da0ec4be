/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at any point: parsing, printing, normalising and
 * comparing report TREATY_ENOMEM and leak nothing.
 *
 * The buffers and tables of these functions come from libc, so libc's
 * allocator is what fails here: the program brings its own entry points, which
 * glibc then uses throughout. A sanitizer brings its own too; there the test
 * is skipped.
 */
#include "unit/format/corpus.h"

#include <stdlib.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_ALLOCATOR 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_ALLOCATOR 0
#endif
#endif
#ifndef OWN_ALLOCATOR
#define OWN_ALLOCATOR 1
#endif

static size_t calls;
static size_t fail_at; /* 0: none fails */
static size_t live;

#if OWN_ALLOCATOR

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *old);

static bool fails(void)
{
    return ++calls == fail_at;
}

void *malloc(size_t size)
{
    void *got = fails() ? NULL : __libc_malloc(size);

    live += got != NULL;
    return got;
}

void *calloc(size_t count, size_t size)
{
    void *got = fails() ? NULL : __libc_calloc(count, size);

    live += got != NULL;
    return got;
}

void *realloc(void *old, size_t size)
{
    void *got = fails() ? NULL : __libc_realloc(old, size);

    live += got && !old;
    return got;
}

void free(void *old)
{
    live -= old != NULL;
    __libc_free(old);
}

#endif

/* What is done to a line while memory runs out; its code. */
static enum treaty_code use(const struct treaty_source *source,
                            const struct treaty_schema *other)
{
    struct treaty_schema *schema = NULL;
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct treaty_error err = {0};
    struct treaty_buf out;
    enum treaty_code code = treaty_schema_parse(NULL, source, &schema, &err);

    if (code)
        return code;
    treaty_buf_init(&out, 0);
    code = schema->format->normalize(schema, &out, &err);
    treaty_buf_clear(&out);
    if (code != TREATY_ENOMEM)
        code = treaty_schema_render(schema, TREATY_STR("resolved"), &out, NULL,
                                    &err);
    if (!code)
        code = schema->format->compare(schema, other, &findings);
    if (!code)
        code = schema->format->compare(other, schema, &findings);
    treaty_buf_release(&out);
    treaty_schema_unref(schema);
    treaty_arena_release(&arena);
    return code;
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "new"),
                      treaty_json_get(line->json, "new_references"));
    struct treaty_source old =
        corpus_source(line->arena, corpus_text(line->json, "old"),
                      treaty_json_get(line->json, "old_references"));
    struct treaty_schema *other = NULL;
    enum treaty_code code;
    size_t before;

    if (line->number % 7)
        return;
    CHECK_INT(treaty_schema_parse(NULL, &old, &other, NULL), TREATY_OK);
    before = live;
    fail_at = 0;
    do {
        calls = 0;
        fail_at++;
        code = use(&source, other);
        if (code && code != TREATY_ENOMEM)
            tap_fail(line->file, line->number, "code %d at allocation %zu",
                     code, fail_at);
        if (live != before)
            tap_fail(line->file, line->number, "a leak at allocation %zu",
                     fail_at);
        before = live;
    } while (calls >= fail_at);
    fail_at = 0;
    treaty_schema_unref(other);
    tap_add_passed(1);
}

/* A refusal may lose its path to lack of memory, but never its code. */
static void check_refused(const struct corpus_line *line)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));
    struct treaty_schema *schema = NULL;
    enum treaty_code want = treaty_schema_parse(NULL, &source, &schema, NULL);

    treaty_schema_unref(schema);
    if (!want)
        return;
    do {
        size_t before = live;
        struct treaty_error err = {0};
        enum treaty_code code;

        calls = 0;
        fail_at++;
        code = treaty_schema_parse(NULL, &source, &schema, &err);
        if (code != want && code != TREATY_ENOMEM)
            tap_fail(line->file, line->number, "code %d at allocation %zu",
                     code, fail_at);
        if (live != before)
            tap_fail(line->file, line->number, "a leak at allocation %zu",
                     fail_at);
    } while (calls >= fail_at);
    fail_at = 0;
    tap_add_passed(1);
}

static void runs_out_while_used(void)
{
    if (!OWN_ALLOCATOR) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each(CORPUS "pairs.jsonl", check_line);
}

static void runs_out_while_refused(void)
{
    if (!OWN_ALLOCATOR) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each(CORPUS "parse.jsonl", check_refused);
}

TAP_MAIN({"runs out while used", runs_out_while_used},
         {"runs out while refused", runs_out_while_refused})
