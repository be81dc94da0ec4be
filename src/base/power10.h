/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_POWER10_H
#define TREATY_SRC_BASE_POWER10_H

/*
 * Powers of ten to 128 bits, which reading and printing of decimals share:
 *
 *     G(k) = ceil(10^k * 2^(127 - e)),    e = floor(log2(10^k))
 *
 * so 2^127 <= G < 2^128 and G - 1 < 10^k * 2^(127 - e) <= G. The power is
 * exact for 0 <= k <= 55.
 */
#include "base/wide.h"

enum {
    TREATY_POWER10_LEAST = -342,
    TREATY_POWER10_MOST = 324,
    TREATY_POWER10_EXACT_MOST = 55,
};

/* G(k); `k` lies within the bounds above. */
treaty_u128 treaty_power10(int k);

/* floor(log2(10^k)), right for |k| up to 1233. */
static inline int treaty_power10_log2(int k)
{
    return (k * 1741647) >> 19;
}

#endif
