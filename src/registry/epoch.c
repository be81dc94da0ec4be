/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/epoch.h"

bool treaty_epochs_init(struct treaty_epochs *epochs)
{
    atomic_init(&epochs->now, 1);
    atomic_init(&epochs->retired_bytes, 0);
    epochs->readers = NULL;
    for (size_t i = 0; i < 3; i++) {
        epochs->limbo[i] = NULL;
        epochs->limbo_bytes[i] = 0;
    }
    return pthread_mutex_init(&epochs->lock, NULL) == 0;
}

static void free_limbo(struct treaty_epochs *epochs, size_t i)
{
    treaty_share_free_list(epochs->limbo[i]);
    epochs->retired_bytes -= epochs->limbo_bytes[i];
    epochs->limbo[i] = NULL;
    epochs->limbo_bytes[i] = 0;
}

void treaty_epochs_release(struct treaty_epochs *epochs)
{
    for (size_t i = 0; i < 3; i++)
        free_limbo(epochs, i);
    (void)pthread_mutex_destroy(&epochs->lock);
}

void treaty_epochs_join(struct treaty_epochs *epochs,
                        struct treaty_epoch_reader *reader)
{
    atomic_init(&reader->noted, 0);
    (void)pthread_mutex_lock(&epochs->lock);
    reader->next = epochs->readers;
    epochs->readers = reader;
    (void)pthread_mutex_unlock(&epochs->lock);
}

void treaty_epochs_leave(struct treaty_epochs *epochs,
                         struct treaty_epoch_reader *reader)
{
    struct treaty_epoch_reader **at = &epochs->readers;

    (void)pthread_mutex_lock(&epochs->lock);
    while (*at && *at != reader)
        at = &(*at)->next;
    if (*at)
        *at = reader->next;
    (void)pthread_mutex_unlock(&epochs->lock);
}

/* Rule 1. */
static bool may_advance(struct treaty_epochs *epochs, uint64_t now)
{
    bool all = true;

    (void)pthread_mutex_lock(&epochs->lock);
    for (struct treaty_epoch_reader *r = epochs->readers; r; r = r->next) {
        uint64_t noted = atomic_load(&r->noted);

        all = all && (noted == 0 || noted == now);
    }
    (void)pthread_mutex_unlock(&epochs->lock);
    return all;
}

/* Rule 2: after the step to `now`, the third of `now - 2` is free, which is
 * the one that `now + 1` will use. */
static bool advance(struct treaty_epochs *epochs)
{
    uint64_t now = atomic_load(&epochs->now);

    if (!may_advance(epochs, now))
        return false;
    atomic_store(&epochs->now, now + 1);
    free_limbo(epochs, (now + 2) % 3);
    return true;
}

void treaty_epochs_retire(struct treaty_epochs *epochs,
                          struct treaty_share_head *garbage)
{
    size_t i = atomic_load(&epochs->now) % 3;
    size_t bytes = treaty_share_list_bytes(garbage);

    epochs->limbo[i] = treaty_share_join(garbage, epochs->limbo[i]);
    epochs->limbo_bytes[i] += bytes;
    epochs->retired_bytes += bytes;
    (void)advance(epochs);
}

void treaty_epochs_tidy(struct treaty_epochs *epochs)
{
    for (int i = 0; i < 3 && atomic_load(&epochs->retired_bytes) > 0; i++) {
        if (!advance(epochs))
            return;
    }
}
