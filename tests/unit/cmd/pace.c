/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/pace.h"

#include "base/clock.h"
#include "harness/tap.h"

static void no_rate_no_wait(void)
{
    struct treaty_pace pace;

    treaty_pace_begin(&pace, 0);
    CHECK_INT(treaty_pace_wait_ms(&pace, UINT64_MAX), 0);
}

/* An hour ahead, so that no machine is slow enough to have it due. */
static void waits_until_due(void)
{
    struct treaty_pace pace;
    uint64_t wait;

    treaty_pace_begin(&pace, 1000);
    CHECK_INT(treaty_pace_wait_ms(&pace, 0), 0);
    wait = treaty_pace_wait_ms(&pace, 3600 * 1000);
    CHECK(wait <= 3600 * 1000);
    CHECK(wait > 3000 * 1000);
}

/* Whoever is early by less than a slice sleeps for one. */
static void sleeps_a_slice_at_least(void)
{
    struct treaty_pace pace;

    treaty_pace_begin(&pace, 1000);
    /* Event 1 is due 2 ms from now, unless the machine has stopped since. */
    pace.start_ns = treaty_clock_mono_ns() + 1000000u;
    CHECK(treaty_pace_wait_ms(&pace, 1) == 20 ||
          treaty_clock_mono_ns() > pace.start_ns);
}

static void what_is_late_is_due(void)
{
    struct treaty_pace pace = {.rate = 1000};

    pace.start_ns = treaty_clock_mono_ns() - 1000000000u;
    CHECK_INT(treaty_pace_wait_ms(&pace, 999), 0);
}

TAP_MAIN({"no rate, no wait", no_rate_no_wait},
         {"waits until the event is due", waits_until_due},
         {"sleeps for a slice at least", sleeps_a_slice_at_least},
         {"what is late is due at once", what_is_late_is_due})
