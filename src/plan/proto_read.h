/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_PROTO_READ_H
#define TREATY_SRC_PLAN_PROTO_READ_H

/* Reading pieces of a Protobuf event; see plan/read.h. */
#include "plan/proto_run.h"
#include "plan/read.h"

/* Two bytes as they stand in memory. */
static inline uint32_t load_pair(const uint8_t *at)
{
    uint16_t pair;

    memcpy(&pair, at, sizeof(pair));
    return pair;
}

/*
 * A length, and that many bytes after it: `*ret` is the first of them, what is
 * returned the one behind them.
 */
static inline const uint8_t *read_view(const uint8_t *at, const uint8_t *end,
                                       const uint8_t **ret)
{
    uint64_t len;

    if (TREATY_LIKELY(at < end && *at < 0x80)) {
        len = *at;
        at++;
    } else {
        at = read_short(at, end, &len);
        if (TREATY_UNLIKELY(!at))
            return NULL;
    }
    *ret = at;
    if (TREATY_UNLIKELY(len > (size_t)(end - at)))
        return NULL;
    return at + len;
}

/* A varint of a type whose values are mostly small. */
static inline const uint8_t *read_small(const uint8_t *at, const uint8_t *end,
                                        uint64_t *ret)
{
    if (TREATY_LIKELY(at < end && *at < 0x80)) {
        *ret = *at;
        return at + 1;
    }
    return read_long(at, end, ret);
}

/* Copy defaults: short, and often nothing but zeros. */
static inline void copy_image(char *to, const uint8_t *from, size_t len)
{
    size_t i = 0;

    if (TREATY_UNLIKELY(len < 16)) {
        memcpy(to, from, len);
        return;
    }
#if defined(__AVX2__)
    for (; i + 32 <= len; i += 32)
        _mm256_storeu_si256((__m256i *)(void *)(to + i), load_block(from + i));
    if (i == len)
        return;
#endif
    for (; i + 16 <= len; i += 16)
        memcpy(to + i, from + i, 16);
    memcpy(to + len - 16, from + len - 16, 16);
}

static inline void copy_defaults(char *to,
                                 const struct treaty_proto_program *program)
{
    copy_image(to + program->image_at, program->image, program->image_len);
}

#endif
