/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_FORMAT_MEMORY_H
#define TREATY_TESTS_UNIT_FORMAT_MEMORY_H

/*
 * An allocator that fails at will. The buffers and tables of parsers and
 * printers come from libc, so libc's allocator is what fails here: the program
 * brings its own entry points, which glibc then uses throughout. A sanitizer
 * brings its own too; there OWN_ALLOCATOR is 0 and tests are skipped.
 */
#include <stdbool.h>
#include <stdlib.h>

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

#endif
