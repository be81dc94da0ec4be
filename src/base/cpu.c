/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Set beside the features once they have been asked for. */
enum { ASKED = 1 << 30 };

static atomic_uint cached;

static bool is_baseline_wanted(void)
{
    const char *wish = getenv("TREATY_CPU");

    return wish && strcmp(wish, "baseline") == 0;
}

#if defined(__x86_64__)
static unsigned ask_machine(void)
{
    unsigned features = 0;

    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        features |= TREATY_CPU_AVX2;
    if (__builtin_cpu_supports("bmi2") && !__builtin_cpu_is("amdfam15h") &&
        !__builtin_cpu_is("amdfam17h"))
        features |= TREATY_CPU_BMI2;
    return features;
}
#else
static unsigned ask_machine(void)
{
    return 0;
}
#endif

/* Two threads may ask at once; they find the same. */
unsigned treaty_cpu_features(void)
{
    unsigned features = atomic_load_explicit(&cached, memory_order_relaxed);

    if (features == 0) {
        features = ASKED;
        if (!is_baseline_wanted())
            features |= ask_machine();
        atomic_store_explicit(&cached, features, memory_order_relaxed);
    }
    return features & ~(unsigned)ASKED;
}
