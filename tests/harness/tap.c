/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/tap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * One test runs at a time, but checks may come from any thread of it: the
 * state below is guarded by stdio's own lock on standard output, which every
 * function here holds while it counts and prints.
 *
 *     ok 1 - counts
 *     # also passed: 412          tap_add_passed; tools/run-tests adds it up
 *     # unit/wire/frame.c:31: ... a failed check, before its "not ok" line
 *     not ok 2 - splits
 *     ok 3 - talks to disk # SKIP no room
 *     1..3
 */
static struct {
    size_t failures; /* of the running test */
    size_t extra;    /* passed cases beside the functions themselves */
    bool skipped;
    char skip_reason[200];
} running;

/* A path as the reader knows it: relative to the source tree. */
static const char *shorten(const char *file)
{
    const char root[] = TREATY_SOURCE_DIR "/";

    if (strncmp(file, root, sizeof(root) - 1) == 0)
        return file + sizeof(root) - 1;
    return file;
}

/* Print `text` so that each of its lines is a TAP comment. */
static void put_comment(const char *text)
{
    fputs("# ", stdout);
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n')
            fputs("#   ", stdout);
    }
    putchar('\n');
}

static void put_failure(const char *file, int line, const char *text)
{
    running.failures++;
    printf("# %s:%d: ", shorten(file), line);
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n')
            fputs("#   ", stdout);
    }
    putchar('\n');
    fflush(stdout);
}

void tap_fail(const char *file, int line, const char *format, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    flockfile(stdout);
    put_failure(file, line, text);
    funlockfile(stdout);
}

void tap_skip(const char *format, ...)
{
    va_list ap;

    flockfile(stdout);
    running.skipped = true;
    va_start(ap, format);
    vsnprintf(running.skip_reason, sizeof(running.skip_reason), format, ap);
    va_end(ap);
    funlockfile(stdout);
}

void tap_note(const char *format, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    flockfile(stdout);
    put_comment(text);
    funlockfile(stdout);
}

bool tap_is_slow(void)
{
    return getenv("TREATY_VALGRIND") != NULL;
}

void tap_add_passed(size_t n)
{
    flockfile(stdout);
    running.extra += n;
    funlockfile(stdout);
}

bool tap_check(bool ok, const char *file, int line, const char *what)
{
    if (!ok)
        tap_fail(file, line, "%s", what);
    return ok;
}

bool tap_check_int(int64_t got, int64_t want, const char *file, int line,
                   const char *what)
{
    if (got == want)
        return true;
    tap_fail(file, line, "%s is %" PRId64 ", not %" PRId64, what, got, want);
    return false;
}

/* `s` in quotes with C escapes; long texts are cut, and say so. */
static const char *quote(struct treaty_str s, char *out, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;

    if (!s.data)
        return "(absent)";
    out[n++] = '"';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (n + 12 > size) {
            memcpy(out + n, "\"...", 5);
            return out;
        }
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '\\';
        out[n++] = 'x';
        out[n++] = hex[c >> 4];
        out[n++] = hex[c & 15];
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}

static size_t first_difference(struct treaty_str a, struct treaty_str b)
{
    size_t i = 0;

    while (i < a.len && i < b.len && a.data[i] == b.data[i])
        i++;
    return i;
}

/* Absent text differs from empty text. */
static bool is_same(struct treaty_str a, struct treaty_str b)
{
    if (!a.data || !b.data)
        return a.data == b.data;
    return treaty_str_eq(a, b);
}

bool tap_check_str(struct treaty_str got, struct treaty_str want,
                   const char *file, int line, const char *what)
{
    char got_text[1800];
    char want_text[1800];

    if (is_same(got, want))
        return true;
    tap_fail(file, line, "%s is\n  %s, not\n  %s (they part at byte %zu)", what,
             quote(got, got_text, sizeof(got_text)),
             quote(want, want_text, sizeof(want_text)),
             first_difference(got, want));
    return false;
}

/* Report the end of test number `number`; true when it did not fail. */
static bool report(size_t number, const char *name)
{
    bool ok = running.failures == 0;

    printf("%s %zu - %s", ok ? "ok" : "not ok", number, name);
    if (running.skipped && ok)
        printf(" # SKIP %s", running.skip_reason);
    putchar('\n');
    if (running.extra)
        printf("# also passed: %zu\n", running.extra);
    fflush(stdout);
    return ok;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return argc < 2;
}

/* With arguments, only the tests whose names contain one of them run. */
int tap_main(int argc, char **argv, const struct tap_case *cases, size_t count)
{
    size_t number = 0;
    bool all_ok = true;

    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(cases[i].name, argc, argv))
            continue;
        memset(&running, 0, sizeof(running));
        cases[i].fn();
        number++;
        all_ok = report(number, cases[i].name) && all_ok;
    }
    printf("1..%zu\n", number);
    return all_ok ? 0 : 1;
}

/*
 * The failing allocator. Each block starts with its size, so that a caller
 * who gives the wrong old size is found; every growth moves, so that a
 * pointer kept across one is found by the sanitizer.
 */
#define BLOCK_HEAD 16

static void block_free(struct tap_alloc *state, void *old, size_t old_size)
{
    char *block = (char *)old - BLOCK_HEAD;
    size_t size;

    memcpy(&size, block, sizeof(size));
    if (size != old_size)
        tap_fail(__FILE__, __LINE__,
                 "a block of %zu bytes is given back as one of %zu", size,
                 old_size);
    state->live--;
    free(block);
}

static void *block_new(struct tap_alloc *state, size_t size)
{
    char *block;

    state->calls++;
    if (state->calls == state->fail_at || size > SIZE_MAX - BLOCK_HEAD)
        return NULL;
    block = malloc(BLOCK_HEAD + size);
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof(size));
    memset(block + BLOCK_HEAD, 0xa5, size);
    state->live++;
    return block + BLOCK_HEAD;
}

static void *alloc_hook(void *ctx, void *old, size_t old_size, size_t size)
{
    struct tap_alloc *state = (struct tap_alloc *)ctx;
    void *block = NULL;

    if (size) {
        block = block_new(state, size);
        if (!block)
            return NULL;
    }
    if (block && old)
        memcpy(block, old, old_size < size ? old_size : size);
    if (old)
        block_free(state, old, old_size);
    return block;
}

struct treaty_alloc tap_alloc_hook(struct tap_alloc *state)
{
    return (struct treaty_alloc){alloc_hook, state};
}

/*
 *     [ unreadable ][ slack, filled with 0xa5 | the bytes ][ unreadable ]
 *
 * No bytes at all need no page between the two: any access is then a crash.
 */
struct tap_guard tap_guard_copy(const void *bytes, size_t n, bool front)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t middle = (n + page - 1) / page * page;
    size_t len = middle + 2 * page;
    char *map = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct tap_guard guard = {0};

    if (map == MAP_FAILED)
        return guard;
    guard.map = map;
    guard.map_len = len;
    guard.data = map + page + (front ? 0 : middle - n);
    if (n == 0)
        return guard;
    if (mprotect(map + page, middle, PROT_READ | PROT_WRITE) != 0) {
        tap_guard_free(&guard);
        return guard;
    }
    memset(map + page, 0xa5, middle);
    memcpy(guard.data, bytes, n);
    return guard;
}

void tap_guard_free(struct tap_guard *guard)
{
    if (guard->map)
        munmap(guard->map, guard->map_len);
    *guard = (struct tap_guard){0};
}
