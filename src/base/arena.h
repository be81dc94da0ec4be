/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_ARENA_H
#define TREATY_SRC_BASE_ARENA_H

/*
 * An arena: memory that is given out piece by piece and freed all at once.
 *
 *     block 1 (first)        block 2 (doubled, up to 1 MiB, or what is asked)
 *     [used........free]  <- [used..................free]   <- head
 *
 * A document (a parsed schema), a request and the scratch of a decode each
 * live on one. An arena has one user at a time; what lies on it may be read
 * by many threads once it is no longer written.
 *
 * `size_max` bounds the sum of all blocks; past it, and when the allocator
 * fails, allocation returns NULL. A zeroed struct is a valid, empty arena
 * without a bound.
 */
#include <treaty/base.h>

#include <stdbool.h>

struct treaty_arena_block;

struct treaty_arena {
    char *next; /* first free byte of the newest block */
    char *end;
    struct treaty_arena_block *head;
    size_t size;               /* bytes of all blocks */
    size_t size_max;           /* 0: no bound */
    struct treaty_alloc alloc; /* .fn NULL: libc */
};

void treaty_arena_init(struct treaty_arena *arena, size_t size_max,
                       const struct treaty_alloc *alloc);

/* Give every block back; the arena is empty and usable again. */
void treaty_arena_release(struct treaty_arena *arena);

/* Forget the contents but keep the largest block: for scratch in a loop. */
void treaty_arena_reset(struct treaty_arena *arena);

/* A new block; the slow path of treaty_arena_alloc. */
void *treaty_arena_grow(struct treaty_arena *arena, size_t size, size_t align);

/* `size` bytes, not cleared, aligned to `align` (a power of two), or NULL. */
static inline void *treaty_arena_alloc_aligned(struct treaty_arena *arena,
                                               size_t size, size_t align)
{
    uintptr_t at =
        ((uintptr_t)arena->next + (align - 1)) & ~(uintptr_t)(align - 1);
    uintptr_t end = (uintptr_t)arena->end;

    if (!arena->next || at > end || size > end - at)
        return treaty_arena_grow(arena, size, align);
    arena->next = (char *)(at + size);
    return (void *)at;
}

static inline void *treaty_arena_alloc(struct treaty_arena *arena, size_t size)
{
    return treaty_arena_alloc_aligned(arena, size, 16);
}

/* Cleared memory for `count` elements; NULL also when the product overflows. */
void *treaty_arena_calloc(struct treaty_arena *arena, size_t count,
                          size_t size);

#define TREATY_ARENA_NEW(arena, type)                                          \
    ((type *)treaty_arena_calloc((arena), 1, sizeof(type)))
#define TREATY_ARENA_NEW_N(arena, type, n)                                     \
    ((type *)treaty_arena_calloc((arena), (n), sizeof(type)))

/*
 * Copies, terminated by a NUL that is not counted. `.data` is NULL when
 * memory ran out, and never otherwise (a copy of nothing is "").
 */
struct treaty_str treaty_arena_dup(struct treaty_arena *arena,
                                   struct treaty_str s);
/* `a`, `sep`, `b`. */
struct treaty_str treaty_arena_join(struct treaty_arena *arena,
                                    struct treaty_str a, char sep,
                                    struct treaty_str b);
struct treaty_str treaty_arena_printf(struct treaty_arena *arena,
                                      const char *format, ...)
    TREATY_PRINTF(2, 3);

#endif
