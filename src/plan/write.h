/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_WRITE_H
#define TREATY_SRC_PLAN_WRITE_H

/*
 * Writing pieces of an event. Writers return where the next piece goes; the
 * room is there already, with some bytes to spare, so they may store more than
 * they need. What they read is never more than the value.
 */
#include "plan/run.h"

#include <string.h>
#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

/* For the loops: the value at `base` that the operation writes. */
#define LOAD(type, name)                                                       \
    type name;                                                                 \
    memcpy(&name, base + op->off, sizeof(name))

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LITTLE32(x) __builtin_bswap32(x)
#define LITTLE64(x) __builtin_bswap64(x)
#else
#define LITTLE32(x) (x)
#define LITTLE64(x) (x)
#endif

static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline char *write_varint_slowly(char *at, uint64_t raw)
{
    while (raw >= 0x80) {
        *at++ = (char)(raw | 0x80);
        raw >>= 7;
    }
    *at++ = (char)raw;
    return at;
}

/* A varint that is expected to be short. */
static inline char *write_short(char *at, uint64_t raw)
{
    if (TREATY_LIKELY(raw < 0x80)) {
        *at = (char)raw;
        return at + 1;
    }
    if (TREATY_LIKELY(raw < 0x4000)) {
        at[0] = (char)(raw | 0x80);
        at[1] = (char)(raw >> 7);
        return at + 2;
    }
    return write_varint_slowly(at, raw);
}

/* A varint of any length: stores 8 bytes. */
static inline char *write_long(char *at, uint64_t raw)
{
#if defined(__BMI2__)
    if (TREATY_LIKELY(raw < UINT64_C(1) << 56)) {
        uint64_t word = _pdep_u64(raw, UINT64_C(0x7F7F7F7F7F7F7F7F));
        unsigned top = 63 - (unsigned)__builtin_clzll(word | 1);
        uint64_t more = (UINT64_C(1) << (top & 56)) - 1;

        word |= more & UINT64_C(0x8080808080808080);
        memcpy(at, &word, sizeof(word));
        return at + (top >> 3) + 1;
    }
    return write_varint_slowly(at, raw);
#else
    return write_short(at, raw);
#endif
}

/* A varint of a type whose values are mostly small: stores 8 bytes. */
static inline char *write_small(char *at, uint64_t raw)
{
    if (TREATY_LIKELY(raw < 0x80)) {
        *at = (char)raw;
        return at + 1;
    }
    return write_long(at, raw);
}

/*
 * Copy a string of up to 31 bytes as two pieces that overlap; the bits of all
 * bytes, or-ed into words, so that the caller sees whether any is not ASCII.
 */
static inline uint64_t copy_small(char *to, const char *from, size_t len)
{
    uint64_t head = 0;
    uint64_t tail = 0;

    if (len >= 8) {
        memcpy(&head, from, 8);
        memcpy(&tail, from + len - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + len - 8, &tail, 8);
        return head | tail;
    }
    if (len >= 4) {
        uint32_t head4;
        uint32_t tail4;

        memcpy(&head4, from, 4);
        memcpy(&tail4, from + len - 4, 4);
        memcpy(to, &head4, 4);
        memcpy(to + len - 4, &tail4, 4);
        return head4 | tail4;
    }
    if (len) {
        head = (uint8_t)from[0];
        head |= (uint64_t)(uint8_t)from[len / 2] << 8 * (len / 2);
        head |= (uint64_t)(uint8_t)from[len - 1] << 8 * (len - 1);
        memcpy(to, &head, 4);
    }
    return head;
}

#if defined(__AVX2__)
/* Copy `len` bytes; true when all of them are ASCII. */
static inline bool copy_text(char *to, const char *from, size_t len)
{
    const char *from_end;
    __m256i last;
    __m256i all;

    /* An empty string may have no place, and no end then. */
    if (len < 16)
        return !(copy_small(to, from, len) & UINT64_C(0x8080808080808080));
    from_end = from + len;
    if (len < 32) {
        __m128i head;
        __m128i tail;

        head = _mm_loadu_si128((const __m128i *)(const void *)from);
        tail = _mm_loadu_si128((const __m128i *)(const void *)(from_end - 16));
        _mm_storeu_si128((__m128i *)(void *)to, head);
        _mm_storeu_si128((__m128i *)(void *)(to + len - 16), tail);
        return _mm_movemask_epi8(_mm_or_si128(head, tail)) == 0;
    }
    last = _mm256_loadu_si256((const __m256i *)(const void *)(from_end - 32));
    all = last;
    _mm256_storeu_si256((__m256i *)(void *)(to + len - 32), last);
    for (; from_end - from > 32; from += 32, to += 32) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)from);

        _mm256_storeu_si256((__m256i *)(void *)to, block);
        all = _mm256_or_si256(all, block);
    }
    return _mm256_movemask_epi8(all) == 0;
}
#else
static inline bool copy_text(char *to, const char *from, size_t len)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    const char *from_end;
    uint64_t all;

    if (len < 16)
        return !(copy_small(to, from, len) & high);
    from_end = from + len;
    memcpy(&all, from_end - 8, 8);
    memcpy(to + len - 8, &all, 8);
    for (; from_end - from > 8; from += 8, to += 8) {
        uint64_t word;

        memcpy(&word, from, 8);
        memcpy(to, &word, 8);
        all |= word;
    }
    return !(all & high);
}
#endif

#endif
