/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/queue.h"

bool treaty_queue_init(struct treaty_queue *queue, size_t max)
{
    *queue = (struct treaty_queue){.max = max};
    queue->end = &queue->first;
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&queue->filled, NULL) == 0)
        return true;
    (void)pthread_mutex_destroy(&queue->lock);
    return false;
}

void treaty_queue_release(struct treaty_queue *queue)
{
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->lock);
}

bool treaty_queue_put(struct treaty_queue *queue, struct treaty_task *task)
{
    bool ok;

    (void)pthread_mutex_lock(&queue->lock);
    ok = !queue->closing && queue->count < queue->max;
    if (ok) {
        task->next = NULL;
        *queue->end = task;
        queue->end = &task->next;
        queue->count++;
        (void)pthread_cond_signal(&queue->filled);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return ok;
}

static struct treaty_task *take_locked(struct treaty_queue *queue, size_t max)
{
    struct treaty_task *first = queue->first;
    struct treaty_task **end = &queue->first;
    size_t n = 0;

    while (*end && n < max) {
        end = &(*end)->next;
        n++;
    }
    queue->first = *end;
    *end = NULL;
    if (!queue->first)
        queue->end = &queue->first;
    queue->count -= n;
    return first;
}

struct treaty_task *treaty_queue_take(struct treaty_queue *queue, size_t max)
{
    struct treaty_task *list;

    (void)pthread_mutex_lock(&queue->lock);
    while (!queue->first && !queue->closing)
        (void)pthread_cond_wait(&queue->filled, &queue->lock);
    list = queue->first ? take_locked(queue, max) : NULL;
    (void)pthread_mutex_unlock(&queue->lock);
    return list;
}

void treaty_queue_close(struct treaty_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closing = true;
    (void)pthread_cond_broadcast(&queue->filled);
    (void)pthread_mutex_unlock(&queue->lock);
}

size_t treaty_queue_count(struct treaty_queue *queue)
{
    size_t count;

    (void)pthread_mutex_lock(&queue->lock);
    count = queue->count;
    (void)pthread_mutex_unlock(&queue->lock);
    return count;
}
