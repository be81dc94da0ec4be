/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_CPU_H
#define TREATY_SRC_BASE_CPU_H

/*
 * Which instructions this machine has, asked once. TREATY_CPU=baseline in the
 * environment answers "none", which forces the portable code everywhere.
 */
enum {
    TREATY_CPU_AVX2 = 1 << 0,
    TREATY_CPU_BMI2 = 1 << 1, /* with a fast PEXT: not AMD before Zen 3 */
};

unsigned treaty_cpu_features(void);

#endif
