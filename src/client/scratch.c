/* SPDX-License-Identifier: Apache-2.0 */
#include "client/scratch.h"

static void *take_memory(const struct treaty_alloc *alloc, size_t size)
{
    return alloc && alloc->fn ? alloc->fn(alloc->ctx, NULL, 0, size)
                              : malloc(size);
}

struct treaty_scratch *treaty_scratch_new(size_t size_max,
                                          const struct treaty_alloc *alloc)
{
    struct treaty_scratch *scratch =
        (struct treaty_scratch *)take_memory(alloc, sizeof(*scratch));

    if (!scratch)
        return NULL;
    memset(scratch, 0, sizeof(*scratch));
    treaty_arena_init(&scratch->arena, size_max, alloc);
    treaty_buf_init(&scratch->out, size_max);
    return scratch;
}

void treaty_scratch_free(struct treaty_scratch *scratch)
{
    struct treaty_alloc alloc;

    if (!scratch)
        return;
    alloc = scratch->arena.alloc;
    treaty_buf_release(&scratch->out);
    treaty_arena_release(&scratch->arena);
    if (alloc.fn)
        (void)alloc.fn(alloc.ctx, scratch, sizeof(*scratch), 0);
    else
        free(scratch);
}

void treaty_scratch_reset(struct treaty_scratch *scratch)
{
    treaty_arena_reset(&scratch->arena);
    treaty_buf_clear(&scratch->out);
}
