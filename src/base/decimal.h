/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_DECIMAL_H
#define TREATY_SRC_BASE_DECIMAL_H

/*
 * Binary numbers as decimal text. Reading is treaty_str_to_double in
 * base/str.h.
 *
 * The text is that of Java's Double.toString and Float.toString since JDK 19:
 * the fewest digits, but two, that read back the same, and of those the
 * nearest; plain from 10^-3 up to 10^7, else with an exponent: "1.0",
 * "0.001", "1.0E7", "4.9E-324", "NaN", "-Infinity".
 */
#include <stddef.h>

enum { TREATY_DECIMAL_SIZE = 32 };

/* Write to `out`, room for TREATY_DECIMAL_SIZE bytes; the length. */
size_t treaty_decimal_put_double(char *out, double value);
size_t treaty_decimal_put_float(char *out, float value);

#endif
