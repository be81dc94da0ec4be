/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void treaty_rng_init(struct treaty_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z;

        seed += 0x9e3779b97f4a7c15;
        z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        rng->s[i] = z ^ (z >> 31);
    }
}

/* A poor man's filling from the clock and the place of the stack. */
static void fill_from_clock(unsigned char *out, size_t len)
{
    struct treaty_rng rng;

    treaty_rng_init(&rng, treaty_clock_mono_ns() ^ (uint64_t)(uintptr_t)&rng);
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)treaty_rng_next(&rng);
}

/*
 * The clock fills first, so that a sandbox which refuses getrandom still
 * leaves seeds that differ from run to run.
 */
void treaty_rng_system(void *out, size_t len)
{
    unsigned char *at = out;
    ssize_t n = 0;

    fill_from_clock(at, len);
    while (len && (n > 0 || errno == EINTR || n == 0)) {
        n = getrandom(at, len, 0);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}
