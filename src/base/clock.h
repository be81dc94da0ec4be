/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_CLOCK_H
#define TREATY_SRC_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC, as Kafka's timestamps. */
int64_t treaty_clock_wall_ms(void);

/* Nanoseconds of a clock that never jumps; only differences mean anything. */
uint64_t treaty_clock_mono_ns(void);

void treaty_clock_sleep_ms(uint64_t ms);

#endif
