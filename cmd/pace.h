/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_PACE_H
#define TREATY_CMD_PACE_H

/*
 * So many events a second, and a line about it when somebody is watching.
 */
#include <stdbool.h>
#include <stdint.h>

struct treaty_pace {
    uint64_t rate; /* a second; 0: no limit */
    uint64_t start_ns;
};

void treaty_pace_begin(struct treaty_pace *pace, uint64_t rate);

/*
 * How many milliseconds to sleep before event number `n` (from 0): until it is
 * due and at least 20, so that events go in small groups. 0 when it is due.
 */
uint64_t treaty_pace_wait_ms(const struct treaty_pace *pace, uint64_t n);

/*
 * A line on standard error, rewritten in place a few times a second while it
 * is a terminal, and erased at the end.
 */
struct treaty_progress {
    bool on;
    uint64_t start_ns;
    uint64_t next_ns;
    uint64_t last_ns;
    uint64_t last_count;
};

void treaty_progress_begin(struct treaty_progress *progress, bool wanted);
/* True when it is time for another line. */
bool treaty_progress_due(const struct treaty_progress *progress);
/* "WORD 1200 (350/s)", then `more`. */
void treaty_progress_show(struct treaty_progress *progress, const char *word,
                          uint64_t count, const char *more);
void treaty_progress_end(const struct treaty_progress *progress);

#endif
