/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/partition.h"

#include <assert.h>

void treaty_partition_init(struct treaty_partition *p, double max_ratio)
{
    *p = (struct treaty_partition){.next = -1, .stored = -1, .doubted = -1};
    p->window_bad_max = UINT32_MAX; /* all may be rejected */
    if (max_ratio < 1)
        p->window_bad_max = (uint32_t)(max_ratio * TREATY_PARTITION_WINDOW);
}

void treaty_partition_release(struct treaty_partition *p)
{
    free(p->copies);
    p->copies = NULL;
}

static void forget_copies(struct treaty_partition *p)
{
    p->copy_first = 0;
    p->copy_count = 0;
    p->copies_failed = 0;
}

static void forget_window(struct treaty_partition *p)
{
    memset(p->window, 0, sizeof(p->window));
    p->window_at = 0;
    p->window_bad = 0;
}

static void forget_place(struct treaty_partition *p)
{
    p->paused = false;
    p->seek_wanted = false;
    p->settling = false;
    p->doubted = -1;
    p->at_end = false;
    p->attempts = 0;
    p->next = -1;
    p->stored = -1;
    forget_copies(p);
}

void treaty_partition_assign(struct treaty_partition *p)
{
    forget_place(p);
    forget_window(p);
    p->era++;
    p->seek_wanted = p->taken_now;
    p->state = TREATY_PARTITION_RUNNING;
}

void treaty_partition_revoke(struct treaty_partition *p)
{
    forget_place(p);
    p->era++;
    p->taken_now = true;
    p->state = TREATY_PARTITION_GONE;
}

void treaty_partition_next_batch(struct treaty_partition *p)
{
    p->taken_now = false;
}

bool treaty_partition_offer(struct treaty_partition *p, int64_t offset)
{
    bool gap = p->next >= 0 && offset > p->next;

    if (p->state != TREATY_PARTITION_RUNNING || p->seek_wanted)
        return false;
    if (p->next >= 0 && offset < p->next)
        return false;
    if (gap && p->settling && p->doubted != offset) {
        p->doubted = offset;
        p->seek_wanted = true;
        return false;
    }
    if (gap)
        p->skipped += (uint64_t)(offset - p->next);
    p->settling = false;
    p->doubted = -1;
    p->at_end = false;
    p->next = offset;
    return true;
}

/* The bit that the next record replaces, once the window is full. */
static bool leaving(const struct treaty_partition *p)
{
    return p->window[p->window_at / 64] >> (p->window_at % 64) & 1;
}

static void note_in_window(struct treaty_partition *p, bool bad)
{
    uint64_t bit = 1ULL << (p->window_at % 64);
    uint64_t *word = &p->window[p->window_at / 64];

    if (leaving(p))
        p->window_bad--;
    if (bad)
        p->window_bad++;
    *word = bad ? *word | bit : *word & ~bit;
    p->window_at = (p->window_at + 1) % TREATY_PARTITION_WINDOW;
}

void treaty_partition_done(struct treaty_partition *p)
{
    assert(p->state == TREATY_PARTITION_RUNNING);
    note_in_window(p, false);
    p->next++;
    p->attempts = 0;
}

static struct treaty_copy_slot *slot(const struct treaty_partition *p,
                                     uint32_t i)
{
    return &p->copies[(p->copy_first + i) % TREATY_PARTITION_COPIES_MAX];
}

static void wait_until(struct treaty_partition *p, int64_t due_ms)
{
    p->state = TREATY_PARTITION_WAITING;
    p->due_ms = due_ms;
}

/* Remember that a copy of the record at `next` is on its way. */
static bool push_copy(struct treaty_partition *p, int64_t now_ms)
{
    if (!p->copies)
        p->copies = calloc(TREATY_PARTITION_COPIES_MAX, sizeof(*p->copies));
    if (!p->copies || p->copy_count == TREATY_PARTITION_COPIES_MAX) {
        wait_until(p, now_ms + TREATY_PARTITION_BACKOFF_MS);
        return false;
    }
    *slot(p, p->copy_count) =
        (struct treaty_copy_slot){p->next, TREATY_COPY_SENT};
    p->copy_count++;
    p->next++;
    p->attempts = 0;
    return true;
}

bool treaty_partition_copy(struct treaty_partition *p, int64_t now_ms)
{
    assert(p->state == TREATY_PARTITION_RUNNING);
    return push_copy(p, now_ms);
}

bool treaty_partition_reject(struct treaty_partition *p, int64_t now_ms)
{
    assert(p->state == TREATY_PARTITION_RUNNING);
    if (p->window_bad - leaving(p) >= p->window_bad_max) {
        p->state = TREATY_PARTITION_STOPPED;
        return false;
    }
    if (!push_copy(p, now_ms))
        return false;
    note_in_window(p, true);
    return true;
}

/* The slot of `offset`, or NULL: offsets grow along the ring. */
static struct treaty_copy_slot *find_copy(const struct treaty_partition *p,
                                          int64_t offset)
{
    uint32_t low = 0;
    uint32_t high = p->copy_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (slot(p, middle)->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == p->copy_count || slot(p, low)->offset != offset)
        return NULL;
    return slot(p, low);
}

static void drop_finished_copies(struct treaty_partition *p)
{
    while (p->copy_count && slot(p, 0)->state == TREATY_COPY_DONE) {
        p->copy_first = (p->copy_first + 1) % TREATY_PARTITION_COPIES_MAX;
        p->copy_count--;
    }
}

void treaty_partition_copied(struct treaty_partition *p, uint32_t era,
                             int64_t offset)
{
    struct treaty_copy_slot *copy;

    if (era != p->era)
        return;
    copy = find_copy(p, offset);
    if (!copy || copy->state == TREATY_COPY_DONE)
        return;
    if (copy->state == TREATY_COPY_FAILED)
        p->copies_failed--;
    copy->state = TREATY_COPY_DONE;
    drop_finished_copies(p);
}

void treaty_partition_copy_failed(struct treaty_partition *p, uint32_t era,
                                  int64_t offset, int64_t now_ms)
{
    struct treaty_copy_slot *copy;

    if (era != p->era)
        return;
    copy = find_copy(p, offset);
    if (!copy || copy->state != TREATY_COPY_SENT)
        return;
    copy->state = TREATY_COPY_FAILED;
    p->copies_failed++;
    if (p->state == TREATY_PARTITION_RUNNING)
        wait_until(p, now_ms);
}

void treaty_partition_wait(struct treaty_partition *p, int64_t now_ms,
                           struct treaty_rng *rng)
{
    int64_t delay = TREATY_PARTITION_BACKOFF_MAX_MS;

    assert(p->state == TREATY_PARTITION_RUNNING);
    if (p->attempts < 6)
        delay = (int64_t)TREATY_PARTITION_BACKOFF_MS << p->attempts;
    if (delay > TREATY_PARTITION_BACKOFF_MAX_MS)
        delay = TREATY_PARTITION_BACKOFF_MAX_MS;
    p->attempts++;
    /* Half of it is chance, so that a fleet does not come back as one. */
    delay = delay / 2 +
            (int64_t)treaty_rng_below(rng, (uint64_t)(delay - delay / 2) + 1);
    wait_until(p, now_ms + delay);
}

void treaty_partition_go_on(struct treaty_partition *p, int64_t now_ms)
{
    if (p->state != TREATY_PARTITION_STOPPED)
        return;
    forget_window(p);
    wait_until(p, now_ms);
}

static bool may_resume(const struct treaty_partition *p, int64_t now_ms)
{
    return p->state == TREATY_PARTITION_WAITING && now_ms >= p->due_ms &&
           p->copies_failed == 0 && p->copy_count < TREATY_PARTITION_COPIES_MAX;
}

enum treaty_partition_wish
treaty_partition_wish(const struct treaty_partition *p, int64_t now_ms)
{
    if (p->state == TREATY_PARTITION_GONE)
        return TREATY_WISH_NOTHING;
    if (p->state == TREATY_PARTITION_RUNNING)
        return p->seek_wanted ? TREATY_WISH_SEEK : TREATY_WISH_NOTHING;
    if (!p->paused)
        return TREATY_WISH_PAUSE;
    return may_resume(p, now_ms) ? TREATY_WISH_RESUME : TREATY_WISH_NOTHING;
}

void treaty_partition_start_at(struct treaty_partition *p, int64_t offset)
{
    p->next = offset;
}

void treaty_partition_paused(struct treaty_partition *p)
{
    p->paused = true;
}

void treaty_partition_sought(struct treaty_partition *p)
{
    p->paused = false;
    p->seek_wanted = false;
    p->settling = true;
    p->at_end = false;
    p->state = TREATY_PARTITION_RUNNING;
}

void treaty_partition_seek_failed(struct treaty_partition *p, int64_t now_ms)
{
    /* Both the pause and the seek start over: which of them the client has
     * seen is unknown now. */
    p->paused = false;
    p->seek_wanted = false;
    wait_until(p, now_ms + TREATY_PARTITION_BACKOFF_MS);
}

int64_t treaty_partition_storable(const struct treaty_partition *p)
{
    if (p->copy_count)
        return slot(p, 0)->offset;
    return p->next;
}
