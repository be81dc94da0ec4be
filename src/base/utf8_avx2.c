/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 validation, 32 bytes a step, after Keiser and Lemire, "Validating
 * UTF-8 in less than one instruction per byte" (2021).
 *
 * Every error but one shows in two neighbouring bytes. Three tables, indexed
 * by the high nibble of the first byte, its low nibble and the high nibble of
 * the second, each hold the errors (a bit each) that are still possible; what
 * survives all three is an error. The remaining one, a third or fourth byte
 * that must or must not continue, is found by looking two and three bytes
 * back.
 *
 * The step only tells good from bad. Where a block is bad the portable code
 * finds the place, so both give the same offset by construction.
 */
#include "base/utf8_check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>

enum {
    SHORT = 1 << 0,      /* a lead byte where a continuation should be */
    LONG = 1 << 1,       /* a continuation after ASCII */
    OVERLONG_3 = 1 << 2, /* E0 80..9F */
    LARGE = 1 << 3,      /* F4 90..BF, F5..FF above that */
    SURROGATE = 1 << 4,  /* ED A0..BF */
    OVERLONG_2 = 1 << 5, /* C0, C1 */
    LARGE_80 = 1 << 6,   /* F5..FF 80..8F; also F0 80..8F, overlong */
    TWO = 1 << 7,        /* two continuations: right only after a long lead */
    ALWAYS = SHORT | LONG | TWO, /* whatever the low nibble is */
};

#define TABLE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define B(bits) (char)(unsigned char)(bits)
#define TARGET __attribute__((target("avx2")))

TARGET static inline __m256i high_nibbles(__m256i v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
}

TARGET static inline __m256i by_first_high(__m256i first)
{
    const __m256i table =
        TABLE(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, B(TWO), B(TWO),
              B(TWO), B(TWO), SHORT | OVERLONG_2, SHORT,
              SHORT | OVERLONG_3 | SURROGATE, SHORT | LARGE | LARGE_80);

    return _mm256_shuffle_epi8(table, high_nibbles(first));
}

TARGET static inline __m256i by_first_low(__m256i first)
{
    const __m256i table = TABLE(
        B(ALWAYS | OVERLONG_3 | OVERLONG_2 | LARGE_80), B(ALWAYS | OVERLONG_2),
        B(ALWAYS), B(ALWAYS), B(ALWAYS | LARGE), B(ALWAYS | LARGE | LARGE_80),
        B(ALWAYS | LARGE | LARGE_80), B(ALWAYS | LARGE | LARGE_80),
        B(ALWAYS | LARGE | LARGE_80), B(ALWAYS | LARGE | LARGE_80),
        B(ALWAYS | LARGE | LARGE_80), B(ALWAYS | LARGE | LARGE_80),
        B(ALWAYS | LARGE | LARGE_80), B(ALWAYS | LARGE | LARGE_80 | SURROGATE),
        B(ALWAYS | LARGE | LARGE_80), B(ALWAYS | LARGE | LARGE_80));

    return _mm256_shuffle_epi8(table,
                               _mm256_and_si256(first, _mm256_set1_epi8(15)));
}

TARGET static inline __m256i by_second_high(__m256i second)
{
    const __m256i table =
        TABLE(SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
              B(LONG | OVERLONG_2 | TWO | OVERLONG_3 | LARGE_80),
              B(LONG | OVERLONG_2 | TWO | OVERLONG_3 | LARGE),
              B(LONG | OVERLONG_2 | TWO | SURROGATE | LARGE),
              B(LONG | OVERLONG_2 | TWO | SURROGATE | LARGE), SHORT, SHORT,
              SHORT, SHORT);

    return _mm256_shuffle_epi8(table, high_nibbles(second));
}

/* `block` moved up by `n` bytes, the last ones of `before` coming in. */
#define BACK(block, before, n)                                                 \
    _mm256_alignr_epi8(block, _mm256_permute2x128_si256(before, block, 0x21),  \
                       16 - (n))

/* 0x80 where the byte must continue a sequence of three or four bytes. */
TARGET static inline __m256i must_continue(__m256i block, __m256i before)
{
    const __m256i third =
        _mm256_subs_epu8(BACK(block, before, 2), _mm256_set1_epi8(0xe0 - 0x80));
    const __m256i fourth =
        _mm256_subs_epu8(BACK(block, before, 3), _mm256_set1_epi8(0xf0 - 0x80));

    return _mm256_and_si256(_mm256_or_si256(third, fourth),
                            _mm256_set1_epi8(B(0x80)));
}

TARGET static inline bool is_bad(__m256i block, __m256i before)
{
    const __m256i first = BACK(block, before, 1);
    const __m256i pairs = _mm256_and_si256(
        _mm256_and_si256(by_first_high(first), by_first_low(first)),
        by_second_high(block));
    const __m256i errors =
        _mm256_xor_si256(pairs, must_continue(block, before));

    return !_mm256_testz_si256(errors, errors);
}

/* From `at`, back to where its character begins, but not before `least`. */
static size_t back_to_lead(const uint8_t *s, size_t at, size_t least)
{
    size_t lead = at;

    while (lead > least && at - lead < 3 && (s[lead - 1] & 0xc0) == 0x80)
        lead--;
    if (lead > least && s[lead - 1] >= 0xc0)
        return lead - 1;
    return at;
}

/*
 * A block of ASCII needs no look when the one before was ASCII too: then no
 * character can be open.
 */
TARGET size_t treaty_utf8_check_avx2(const uint8_t *s, size_t at, size_t len)
{
    const size_t start = at;
    __m256i before = _mm256_setzero_si256();
    bool is_open = false;

    while (len - at >= 32) {
        const __m256i block =
            _mm256_loadu_si256((const __m256i *)(const void *)(s + at));
        const bool is_ascii = _mm256_movemask_epi8(block) == 0;

        if ((!is_ascii || is_open) && is_bad(block, before))
            break;
        is_open = !is_ascii;
        before = block;
        at += 32;
    }
    return treaty_utf8_check_portable(s, back_to_lead(s, at, start), len);
}
#else
typedef int treaty_utf8_avx2_is_empty_here;
#endif
