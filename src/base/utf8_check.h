/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_UTF8_CHECK_H
#define TREATY_SRC_BASE_UTF8_CHECK_H

/*
 * The validators behind treaty_utf8_check, apart so that tests can compare
 * them. Both start at `at`, the beginning of a character, and return the
 * offset of the first byte of the first bad sequence, or `len`.
 */
#include <stddef.h>
#include <stdint.h>

size_t treaty_utf8_check_portable(const uint8_t *s, size_t at, size_t len);

#if defined(__x86_64__)
/* Only on a machine with AVX2. */
size_t treaty_utf8_check_avx2(const uint8_t *s, size_t at, size_t len);
#endif

#endif
