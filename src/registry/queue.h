/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_QUEUE_H
#define TREATY_SRC_REGISTRY_QUEUE_H

/* Tasks on their way to a thread of the registry: a bounded list. */
#include "registry/registry.h"

#include <pthread.h>

struct treaty_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct treaty_task *first;
    struct treaty_task **end;
    size_t count;
    size_t max;
    bool closing;
};

bool treaty_queue_init(struct treaty_queue *queue, size_t max);
void treaty_queue_release(struct treaty_queue *queue);

/* False when full or closing. */
bool treaty_queue_put(struct treaty_queue *queue, struct treaty_task *task);

/*
 * Wait for tasks and take up to `max` of them, as a list through `next`. NULL
 * when the queue is closing and empty.
 */
struct treaty_task *treaty_queue_take(struct treaty_queue *queue, size_t max);

/* Let nothing in any more; what is queued is still taken. */
void treaty_queue_close(struct treaty_queue *queue);
size_t treaty_queue_count(struct treaty_queue *queue);

#endif
