/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_READ_H
#define TREATY_SRC_PLAN_READ_H

/*
 * Reading pieces of an event. Every reader takes where it stands and where the
 * event ends, and returns where the next piece starts, or NULL when this one is
 * cut off or malformed; nothing at or past the end is read.
 *
 * Short lengths and small numbers are taken with branches, which predict well;
 * numbers that the schema calls long are taken eight bytes at once where the
 * machine can extract bits (BMI2), which costs the same for every length.
 */
#include "plan/run.h"

#include "base/utf8.h"

#include <string.h>
#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

static inline uint64_t load64(const void *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint32_t load32(const void *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

static inline int64_t unzigzag(uint64_t raw)
{
    return (int64_t)(raw >> 1 ^ (0 - (raw & 1)));
}

static inline const uint8_t *read_slowly(const uint8_t *at, const uint8_t *end,
                                         uint64_t *ret)
{
    struct treaty_varint varint = treaty_decode_varint(at, end);

    *ret = varint.value;
    return varint.next;
}

/* A varint that is expected to be short. */
static inline const uint8_t *read_short(const uint8_t *at, const uint8_t *end,
                                        uint64_t *ret)
{
    if (TREATY_LIKELY(end - at >= 2)) {
        if (TREATY_LIKELY(at[0] < 0x80)) {
            *ret = at[0];
            return at + 1;
        }
        if (TREATY_LIKELY(at[1] < 0x80)) {
            *ret = (at[0] & 0x7Fu) | (uint64_t)at[1] << 7;
            return at + 2;
        }
    }
    return read_slowly(at, end, ret);
}

/* A varint of any length. */
static inline const uint8_t *read_long(const uint8_t *at, const uint8_t *end,
                                       uint64_t *ret)
{
#if defined(__BMI2__)
    if (TREATY_LIKELY(end - at >= 8)) {
        uint64_t word = load64(at);
        uint64_t stops = ~word & UINT64_C(0x8080808080808080);

        if (TREATY_LIKELY(stops)) {
            uint64_t mask = stops ^ (stops - 1); /* up to the first stop bit */

            *ret = _pext_u64(word, mask & UINT64_C(0x7F7F7F7F7F7F7F7F));
            return at + ((_tzcnt_u64(stops) + 1) >> 3);
        }
    }
    return read_slowly(at, end, ret);
#else
    return read_short(at, end, ret);
#endif
}

/* A varint of 32 bits: at most five bytes, whatever they hold. */
static inline const uint8_t *read_int(const uint8_t *at, const uint8_t *end,
                                      uint32_t *ret)
{
    uint64_t raw;
    const uint8_t *next;

    if (TREATY_LIKELY(at < end && *at < 0x80)) {
        *ret = *at;
        return at + 1;
    }
    next = read_long(at, end, &raw);
    if (TREATY_UNLIKELY(!next || raw > UINT32_MAX || next - at > 5))
        return NULL;
    *ret = (uint32_t)raw;
    return next;
}

/*
 * A length, and that many bytes after it in the event: `*ret` is the first of
 * them, what is returned the one behind them.
 */
static inline const uint8_t *read_bytes(const uint8_t *at, const uint8_t *end,
                                        const uint8_t **ret)
{
    uint64_t len;

    if (TREATY_LIKELY(at < end && !(*at & 0x81))) {
        len = *at >> 1;
        at++;
    } else {
        at = read_short(at, end, &len);
        if (TREATY_UNLIKELY(!at || (len & 1)))
            return NULL;
        len >>= 1;
    }
    *ret = at;
    if (TREATY_UNLIKELY(len > (size_t)(end - at)))
        return NULL;
    return at + len;
}

/*
 * For the loops: store what was read into the struct at `base`. It is of a type
 * that is unknown there, hence memcpy.
 */
#define STORE(type, value)                                                     \
    do {                                                                       \
        type stored_ = (value);                                                \
        memcpy(base + op->off, &stored_, sizeof(stored_));                     \
    } while (0)

static inline void store_str(char *to, const uint8_t *from, const uint8_t *end)
{
    struct treaty_str view = {(const char *)from, (size_t)(end - from)};

    memcpy(to, &view, sizeof(view));
}

/*
 * Zero when the bytes from `s` to `s_end` are surely ASCII. Anything else sends
 * the caller to the validator, so a few bytes before the end of an event, which
 * cannot be loaded as a block, may give that too.
 */
#if defined(__AVX2__)
static inline __m256i load_block(const uint8_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

static inline uint32_t find_high_bits(const uint8_t *s, const uint8_t *s_end,
                                      const uint8_t *end)
{
    size_t len = (size_t)(s_end - s);
    __m256i all;

    if (len <= 32) {
        if (TREATY_UNLIKELY(end - s < 32))
            return (uint32_t)len;
        return _bzhi_u32((uint32_t)_mm256_movemask_epi8(load_block(s)),
                         (uint32_t)len);
    }
    /* The last block overlaps the one before, so nothing past it is read. */
    all = _mm256_or_si256(load_block(s), load_block(s_end - 32));
    for (s += 32; s_end - s > 32; s += 32)
        all = _mm256_or_si256(all, load_block(s));
    return (uint32_t)_mm256_movemask_epi8(all);
}
#else
static inline uint64_t find_high_bits(const uint8_t *s, const uint8_t *s_end,
                                      const uint8_t *end)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t all;

    if (s_end - s < 8) {
        unsigned unused = 64 - 8 * (unsigned)(s_end - s);

        if (s == s_end)
            return 0;
        if (TREATY_UNLIKELY(end - s < 8))
            return 1;
        return load64(s) << unused & high;
    }
    all = load64(s_end - 8);
    for (; s_end - s > 8; s += 8)
        all |= load64(s);
    return all & high;
}
#endif

#endif
