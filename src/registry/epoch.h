/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_EPOCH_H
#define TREATY_SRC_REGISTRY_EPOCH_H

/*
 * When may a retired part be freed? Time is counted in epochs. A reader that
 * pins notes the epoch it began in; one that does not hold a pin notes none.
 *
 *     writer:  publish pointer | put garbage into limbo[now % 3] | advance
 *     reader:  note epoch | load pointer | ... | note none
 *
 * 1. The epoch advances only when every noted one is the current one.
 * 2. So when it has advanced twice, no reader can hold what was retired
 *    before, and that third of limbo is freed.
 * 3. Noting and publishing are sequentially consistent: either the writer
 *    sees the note, or the reader sees the new pointer.
 */
#include "registry/share.h"

#include <pthread.h>
#include <stdatomic.h>

struct treaty_epoch_reader {
    _Alignas(64) _Atomic uint64_t noted; /* 0: quiet */
    struct treaty_epoch_reader *next;
};

struct treaty_epochs {
    _Atomic uint64_t now; /* from 1 */
    pthread_mutex_t lock; /* of the list of readers */
    struct treaty_epoch_reader *readers;
    struct treaty_share_head *limbo[3];
    size_t limbo_bytes[3];
    _Atomic uint64_t retired_bytes;
};

bool treaty_epochs_init(struct treaty_epochs *epochs);
/* Frees the limbo; there must be no reader. */
void treaty_epochs_release(struct treaty_epochs *epochs);

void treaty_epochs_join(struct treaty_epochs *epochs,
                        struct treaty_epoch_reader *reader);
void treaty_epochs_leave(struct treaty_epochs *epochs,
                         struct treaty_epoch_reader *reader);

/* The writer: `garbage` was just made unreachable. */
void treaty_epochs_retire(struct treaty_epochs *epochs,
                          struct treaty_share_head *garbage);
/* The writer, with nothing to do: free what can be freed by now. */
void treaty_epochs_tidy(struct treaty_epochs *epochs);

static inline void treaty_epoch_note(const struct treaty_epochs *epochs,
                                     struct treaty_epoch_reader *reader)
{
    atomic_store(&reader->noted, atomic_load(&epochs->now));
}

static inline void treaty_epoch_quiet(struct treaty_epoch_reader *reader)
{
    atomic_store_explicit(&reader->noted, 0, memory_order_release);
}

#endif
