/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_SHARE_H
#define TREATY_SRC_REGISTRY_SHARE_H

/*
 * The memory of catalogs that share their parts. Every part is an object with
 * a small head, in one of these states:
 *
 *     alloc -> FRESH ---publish---> PUBLISHED ---drop---> RETIRED -> freed
 *                |  \--drop--> DROPPED --publish--> freed        by epochs
 *                \--abort--> freed
 *
 * 1. Only the writer allocates, changes, drops and publishes.
 * 2. A fresh part is invisible to readers, so it may be changed in place.
 * 3. A published part never changes. To change it, copy it and drop it.
 * 4. A retired part is freed when no reader can hold it (epoch.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct treaty_share_head;

struct treaty_share {
    struct treaty_share_head *fresh;   /* this batch's, dropped ones too */
    struct treaty_share_head *retired; /* this batch's */
};

/* `size` bytes, not cleared, or NULL. */
void *treaty_share_alloc(struct treaty_share *share, size_t size);

/* Bytes that the object can hold: at least what was asked for. */
size_t treaty_share_size(const void *object);

/* May the writer change it in place? */
bool treaty_share_is_fresh(const void *object);

/* Not part of the newest catalog any more. Accepts NULL. */
void treaty_share_drop(struct treaty_share *share, const void *object);

/*
 * The batch is visible from now on. Returns the list of what it retired, for
 * treaty_share_free_list once readers have moved on.
 */
struct treaty_share_head *treaty_share_publish(struct treaty_share *share);

/* The batch never was: its objects are freed, what it retired lives on. */
void treaty_share_abort(struct treaty_share *share);

/* Put `more` in front of `list` and return the whole. */
struct treaty_share_head *treaty_share_join(struct treaty_share_head *more,
                                            struct treaty_share_head *list);
size_t treaty_share_list_bytes(const struct treaty_share_head *list);
void treaty_share_free_list(struct treaty_share_head *list);

#endif
