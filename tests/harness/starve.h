/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_STARVE_H
#define TREATY_TESTS_HARNESS_STARVE_H

/*
 * Memory that runs out at a chosen allocation. A test program that includes
 * this (once, in one file) brings its own entry points of libc's allocator,
 * which glibc then uses throughout. A sanitizer brings its own, too, and clang
 * thinks that it knows what malloc does: there STARVE_CAN is 0.
 *
 *     starve_at(1);             the next allocation fails, once
 *     code = try();
 *     if (starve_end())         it was reached
 *
 * What counts is called from the program itself: libraries (h2o) that end the
 * process when memory runs out get all that they ask for. `starve_spares_me`
 * leaves the calling thread out: a client, say, that asks a starving server.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&         \
    !defined(__clang__)
#define STARVE_CAN 1
#else
#define STARVE_CAN 0
#endif

static atomic_long starve_left; /* allocations until one fails; 0: none will */
static atomic_bool starve_hit;
static atomic_long starve_live; /* blocks that are in use */
static _Thread_local bool starve_spared;

static inline void starve_at(long number)
{
    starve_hit = false;
    starve_left = number;
}

/* No more failures; whether there was one. */
static inline bool starve_end(void)
{
    starve_left = 0;
    return starve_hit;
}

static inline void starve_spares_me(void)
{
    starve_spared = true;
}

#if STARVE_CAN

/* glibc's allocator under its other names; where the program lies. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *old);
extern const char __executable_start[];
extern const char etext[];

static bool starve_fails(const void *caller)
{
    const char *at = caller;

    if (starve_left <= 0 || starve_spared || at < __executable_start ||
        at >= etext || --starve_left != 0)
        return false;
    starve_hit = true;
    return true;
}

static void *starve_count(void *got)
{
    starve_live += got != NULL;
    return got;
}

void *malloc(size_t size)
{
    if (starve_fails(__builtin_return_address(0)))
        return NULL;
    return starve_count(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    if (starve_fails(__builtin_return_address(0)))
        return NULL;
    return starve_count(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    void *got;

    if (starve_fails(__builtin_return_address(0)))
        return NULL;
    got = __libc_realloc(old, size);
    starve_live += got && !old;
    return got;
}

void *aligned_alloc(size_t align, size_t size)
{
    if (starve_fails(__builtin_return_address(0)))
        return NULL;
    return starve_count(__libc_memalign(align, size));
}

void free(void *old)
{
    starve_live -= old != NULL;
    __libc_free(old);
}

#endif
#endif
