/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/share.h"

#include <stdlib.h>

enum { PUBLISHED, FRESH, DROPPED, RETIRED };

struct treaty_share_head {
    struct treaty_share_head *next;
    uint32_t size; /* in units of 8 bytes */
    uint32_t state;
};

static struct treaty_share_head *head_of(const void *object)
{
    /* The writer owns the head; `const` is for the readers. */
    return (struct treaty_share_head *)((uintptr_t)object -
                                        sizeof(struct treaty_share_head));
}

void *treaty_share_alloc(struct treaty_share *share, size_t size)
{
    size_t units = (size + 7) / 8;
    struct treaty_share_head *head;

    if (units > UINT32_MAX)
        return NULL;
    head = malloc(sizeof(*head) + units * 8);
    if (!head)
        return NULL;
    head->next = share->fresh;
    head->size = (uint32_t)units;
    head->state = FRESH;
    share->fresh = head;
    return head + 1;
}

size_t treaty_share_size(const void *object)
{
    return (size_t)head_of(object)->size * 8;
}

bool treaty_share_is_fresh(const void *object)
{
    return head_of(object)->state == FRESH;
}

void treaty_share_drop(struct treaty_share *share, const void *object)
{
    struct treaty_share_head *head;

    if (!object)
        return;
    head = head_of(object);
    if (head->state == FRESH) {
        head->state = DROPPED; /* its place in the list is not known here */
        return;
    }
    head->state = RETIRED;
    head->next = share->retired;
    share->retired = head;
}

struct treaty_share_head *treaty_share_publish(struct treaty_share *share)
{
    struct treaty_share_head *retired = share->retired;
    struct treaty_share_head *next;

    for (struct treaty_share_head *h = share->fresh; h; h = next) {
        next = h->next;
        h->next = NULL;
        if (h->state == DROPPED)
            free(h);
        else
            h->state = PUBLISHED;
    }
    *share = (struct treaty_share){0};
    return retired;
}

void treaty_share_abort(struct treaty_share *share)
{
    struct treaty_share_head *next;

    treaty_share_free_list(share->fresh);
    for (struct treaty_share_head *h = share->retired; h; h = next) {
        next = h->next;
        h->next = NULL;
        h->state = PUBLISHED;
    }
    *share = (struct treaty_share){0};
}

struct treaty_share_head *treaty_share_join(struct treaty_share_head *more,
                                            struct treaty_share_head *list)
{
    struct treaty_share_head *last = more;

    if (!more)
        return list;
    while (last->next)
        last = last->next;
    last->next = list;
    return more;
}

size_t treaty_share_list_bytes(const struct treaty_share_head *list)
{
    size_t sum = 0;

    for (; list; list = list->next)
        sum += sizeof(*list) + (size_t)list->size * 8;
    return sum;
}

void treaty_share_free_list(struct treaty_share_head *list)
{
    struct treaty_share_head *next;

    for (; list; list = next) {
        next = list->next;
        free(list);
    }
}
