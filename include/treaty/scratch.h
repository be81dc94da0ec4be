/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SCRATCH_H
#define TREATY_SCRATCH_H

/*
 * A scratch is the memory that results live on: decoded arrays and replaced
 * strings, encoded frames, the registry's replies. One thread uses a scratch
 * at a time; make one for each thread and keep it, since the warm path then
 * allocates nothing.
 *
 *     for (;;) {
 *         treaty_scratch_reset(scratch);     the previous event is gone
 *         treaty_deserialize(..., scratch, ...);
 *     }
 */
#include <treaty/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct treaty_scratch;

/* `size_max` bounds its memory in bytes, 0 meaning no bound. NULL when memory
 * runs out. A NULL `alloc` means libc. */
TREATY_API struct treaty_scratch *
treaty_scratch_new(size_t size_max, const struct treaty_alloc *alloc);
TREATY_API void treaty_scratch_free(struct treaty_scratch *scratch);

/* Forget all results; the memory is kept for the next ones. */
TREATY_API void treaty_scratch_reset(struct treaty_scratch *scratch);

#ifdef __cplusplus
}
#endif
#endif
