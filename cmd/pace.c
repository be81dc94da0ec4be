/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/pace.h"

#include "base/clock.h"

#include <unistd.h>

#define SECOND 1000000000u
#define MILLI 1000000u
#define EVERY_NS (SECOND / 4)

/*
 * Who is early sleeps at least so long, and then sends what has become due
 * together: at 1,000 events a second a wake-up for each one costs thirty times
 * what the event does.
 */
#define SLICE_MS 20

void treaty_pace_begin(struct treaty_pace *pace, uint64_t rate)
{
    pace->rate = rate;
    pace->start_ns = treaty_clock_mono_ns();
}

uint64_t treaty_pace_wait_ms(const struct treaty_pace *pace, uint64_t n)
{
    uint64_t wait;
    uint64_t due;
    uint64_t now;

    if (pace->rate == 0)
        return 0;
    /* In two steps, so that it does not overflow within five centuries. */
    due = pace->start_ns + n / pace->rate * SECOND +
          n % pace->rate * SECOND / pace->rate;
    now = treaty_clock_mono_ns();
    if (due <= now)
        return 0;
    wait = (due - now + MILLI - 1) / MILLI;
    return wait > SLICE_MS ? wait : SLICE_MS;
}

void treaty_progress_begin(struct treaty_progress *progress, bool wanted)
{
    *progress = (struct treaty_progress){0};
    progress->on = wanted && isatty(STDERR_FILENO);
    progress->start_ns = treaty_clock_mono_ns();
    progress->last_ns = progress->start_ns;
    progress->next_ns = progress->start_ns + EVERY_NS;
}

bool treaty_progress_due(const struct treaty_progress *progress)
{
    return progress->on && treaty_clock_mono_ns() >= progress->next_ns;
}

void treaty_progress_show(struct treaty_progress *progress, const char *word,
                          uint64_t count, const char *more)
{
    uint64_t now = treaty_clock_mono_ns();
    uint64_t took = now - progress->last_ns;
    uint64_t rate =
        took ? (count - progress->last_count) * 1000 / (took / MILLI + 1) : 0;

    fprintf(stderr, "\r%s %llu (%llu/s)%s\033[K", word,
            (unsigned long long)count, (unsigned long long)rate, more);
    progress->last_ns = now;
    progress->last_count = count;
    progress->next_ns = now + EVERY_NS;
}

void treaty_progress_end(const struct treaty_progress *progress)
{
    if (progress->on)
        fputs("\r\033[K", stderr);
}
