/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 1024, LARGEST_BLOCK = 1 << 20 };

/* The header of a block; what is given out follows it. */
struct treaty_arena_block {
    struct treaty_arena_block *before;
    size_t size; /* with this header */
};

static void *call_alloc(const struct treaty_arena *arena, void *old,
                        size_t old_size, size_t size)
{
    if (arena->alloc.fn)
        return arena->alloc.fn(arena->alloc.ctx, old, old_size, size);
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

static void give_back(struct treaty_arena *arena,
                      struct treaty_arena_block *block)
{
    arena->size -= block->size;
    (void)call_alloc(arena, block, block->size, 0);
}

static void use_block(struct treaty_arena *arena,
                      struct treaty_arena_block *block)
{
    arena->head = block;
    arena->next = (char *)(block + 1);
    arena->end = (char *)block + block->size;
}

void treaty_arena_init(struct treaty_arena *arena, size_t size_max,
                       const struct treaty_alloc *alloc)
{
    *arena = (struct treaty_arena){.size_max = size_max};
    if (alloc)
        arena->alloc = *alloc;
}

void treaty_arena_release(struct treaty_arena *arena)
{
    struct treaty_arena_block *block = arena->head;

    while (block) {
        struct treaty_arena_block *before = block->before;

        give_back(arena, block);
        block = before;
    }
    arena->head = NULL;
    arena->next = NULL;
    arena->end = NULL;
}

void treaty_arena_reset(struct treaty_arena *arena)
{
    struct treaty_arena_block *largest = arena->head;
    struct treaty_arena_block *block = arena->head;

    if (!block)
        return;
    for (; block; block = block->before) {
        if (block->size > largest->size)
            largest = block;
    }
    block = arena->head;
    while (block) {
        struct treaty_arena_block *before = block->before;

        if (block != largest)
            give_back(arena, block);
        block = before;
    }
    largest->before = NULL;
    use_block(arena, largest);
}

/*
 * How large the next block is to be: twice the last one within reason, at
 * least `least`, and cut to what the bound leaves. 0: it cannot be.
 */
static size_t choose_block_size(const struct treaty_arena *arena, size_t least)
{
    size_t left = SIZE_MAX;
    size_t size = FIRST_BLOCK;

    if (arena->size_max)
        left = arena->size_max - arena->size;
    if (least > left)
        return 0;
    if (arena->head)
        size = arena->head->size * 2;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (size < least)
        size = least;
    if (size > left)
        size = left;
    return size;
}

void *treaty_arena_grow(struct treaty_arena *arena, size_t size, size_t align)
{
    struct treaty_arena_block *block;
    size_t block_size;

    if (size > SIZE_MAX - sizeof(*block) - align)
        return NULL;
    block_size = choose_block_size(arena, size + sizeof(*block) + align);
    if (block_size == 0)
        return NULL;
    block = call_alloc(arena, NULL, 0, block_size);
    if (!block)
        return NULL;

    block->before = arena->head;
    block->size = block_size;
    arena->size += block_size;
    use_block(arena, block);
    return treaty_arena_alloc_aligned(arena, size, align);
}

void *treaty_arena_calloc(struct treaty_arena *arena, size_t count, size_t size)
{
    void *memory;

    if (size && count > SIZE_MAX / size)
        return NULL;
    memory = treaty_arena_alloc(arena, count * size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

/* Text has no alignment, so names lie one after the other. */
static char *alloc_text(struct treaty_arena *arena, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    return treaty_arena_alloc_aligned(arena, len + 1, 1);
}

static char *append(char *to, struct treaty_str s)
{
    if (s.len)
        memcpy(to, s.data, s.len);
    return to + s.len;
}

struct treaty_str treaty_arena_dup(struct treaty_arena *arena,
                                   struct treaty_str s)
{
    char *copy = alloc_text(arena, s.len);

    if (!copy)
        return (struct treaty_str){0};
    *append(copy, s) = '\0';
    return (struct treaty_str){copy, s.len};
}

struct treaty_str treaty_arena_join(struct treaty_arena *arena,
                                    struct treaty_str a, char sep,
                                    struct treaty_str b)
{
    size_t len = a.len + 1 + b.len;
    char *text = alloc_text(arena, len);
    char *at;

    if (!text)
        return (struct treaty_str){0};
    at = append(text, a);
    *at++ = sep;
    *append(at, b) = '\0';
    return (struct treaty_str){text, len};
}

struct treaty_str treaty_arena_printf(struct treaty_arena *arena,
                                      const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return (struct treaty_str){0};
    text = alloc_text(arena, (size_t)len);
    if (!text)
        return (struct treaty_str){0};
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (struct treaty_str){text, (size_t)len};
}
