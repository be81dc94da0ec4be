/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_RNG_H
#define TREATY_SRC_BASE_RNG_H

/*
 * Deterministic random numbers (SplitMix64 seeding xoshiro256**): one seed,
 * one sequence, on every machine. Not for secrets.
 */
#include "base/wide.h"

#include <stddef.h>
#include <stdint.h>

struct treaty_rng {
    uint64_t s[4];
};

void treaty_rng_init(struct treaty_rng *rng, uint64_t seed);

static inline uint64_t treaty_rng_rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t treaty_rng_next(struct treaty_rng *rng)
{
    uint64_t result = treaty_rng_rotl(rng->s[1] * 5, 7) * 9;
    uint64_t t = rng->s[1] << 17;

    rng->s[2] ^= rng->s[0];
    rng->s[3] ^= rng->s[1];
    rng->s[1] ^= rng->s[2];
    rng->s[0] ^= rng->s[3];
    rng->s[2] ^= t;
    rng->s[3] = treaty_rng_rotl(rng->s[3], 45);
    return result;
}

__extension__ typedef unsigned __int128 treaty_u128;

/* 0 to `bound` - 1; 0 when `bound` is 0. Bias below 2^-32 for 32-bit bounds. */
static inline uint64_t treaty_rng_below(struct treaty_rng *rng, uint64_t bound)
{
    return (uint64_t)(((treaty_u128)treaty_rng_next(rng) * bound) >> 64);
}

/* Bytes from the kernel, for GUIDs, jitter seeds and hash seeds. */
void treaty_rng_system(void *out, size_t len);

#endif
