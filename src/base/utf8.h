/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_UTF8_H
#define TREATY_SRC_BASE_UTF8_H

/*
 * UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing
 * above U+10FFFF. The validator picks its code once (AVX2 or portable, see
 * base/cpu.h); both give the same answers, which tests compare.
 */
#include <treaty/base.h>

#include <stdbool.h>

/* Offset of the first byte of the first bad sequence, or `s.len`. */
size_t treaty_utf8_check(struct treaty_str s);

static inline bool treaty_utf8_valid(struct treaty_str s)
{
    return treaty_utf8_check(s) == s.len;
}

/*
 * Read one code point at `*at` and move past it. U+FFFD, one byte further,
 * for a bad sequence.
 */
uint32_t treaty_utf8_next(struct treaty_str s, size_t *at);

/* Write `cp` to `out` (room for 4 bytes); the number of bytes. */
size_t treaty_utf8_put(char *out, uint32_t cp);

/* Order of UTF-16 code units, which Java sorts by: below 0, 0, above 0. */
int treaty_utf8_cmp_utf16(struct treaty_str a, struct treaty_str b);

#endif
