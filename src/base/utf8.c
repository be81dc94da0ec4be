/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Well-formed sequences (Unicode 15, table 3-7). A lead byte decides the
 * length and the range of the second byte; the others are 80..BF.
 *
 *     00..7F
 *     C2..DF  80..BF
 *     E0      A0..BF  80..BF            no overlong forms
 *     E1..EF  80..BF  80..BF            but ED: 80..9F, no surrogates
 *     F0      90..BF  80..BF  80..BF    no overlong forms
 *     F1..F4  80..BF  80..BF  80..BF    but F4: 80..8F, up to U+10FFFF
 */
#include "base/utf8.h"

#include "base/cpu.h"
#include "base/utf8_check.h"

#include <stdatomic.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* What the lead byte says; `len` 0: no lead byte. */
struct lead {
    uint8_t len;
    uint8_t least, most; /* of the second byte */
};

static struct lead read_lead(uint8_t byte)
{
    if (byte < 0x80)
        return (struct lead){1, 0, 0};
    if (byte < 0xc2 || byte > 0xf4)
        return (struct lead){0, 0, 0};
    if (byte < 0xe0)
        return (struct lead){2, 0x80, 0xbf};
    if (byte < 0xf0) {
        if (byte == 0xe0)
            return (struct lead){3, 0xa0, 0xbf};
        return (struct lead){3, 0x80, byte == 0xed ? 0x9f : 0xbf};
    }
    if (byte == 0xf0)
        return (struct lead){4, 0x90, 0xbf};
    return (struct lead){4, 0x80, byte == 0xf4 ? 0x8f : 0xbf};
}

/* Length of the good sequence that begins at `s[0]`, or 0. */
static size_t measure(const uint8_t *s, size_t left)
{
    struct lead lead = read_lead(s[0]);

    if (lead.len < 2)
        return lead.len;
    if (lead.len > left || s[1] < lead.least || s[1] > lead.most)
        return 0;
    for (size_t i = 2; i < lead.len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return lead.len;
}

static size_t skip_ascii(const uint8_t *s, size_t at, size_t len)
{
    uint64_t word;

    for (; len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, s + at, sizeof(word));
        if (word & HIGH_BITS)
            break;
    }
    while (at < len && s[at] < 0x80)
        at++;
    return at;
}

size_t treaty_utf8_check_portable(const uint8_t *s, size_t at, size_t len)
{
    for (;;) {
        size_t n;

        at = skip_ascii(s, at, len);
        if (at == len)
            return len;
        n = measure(s + at, len - at);
        if (n == 0)
            return at;
        at += n;
    }
}

typedef size_t (*check_fn)(const uint8_t *s, size_t at, size_t len);

static check_fn choose_check(void)
{
#if defined(__x86_64__)
    if (treaty_cpu_features() & TREATY_CPU_AVX2)
        return treaty_utf8_check_avx2;
#endif
    return treaty_utf8_check_portable;
}

static size_t choose_and_check(const uint8_t *s, size_t at, size_t len);

static _Atomic(check_fn) chosen = choose_and_check;

static size_t choose_and_check(const uint8_t *s, size_t at, size_t len)
{
    check_fn fn = choose_check();

    atomic_store_explicit(&chosen, fn, memory_order_relaxed);
    return fn(s, at, len);
}

size_t treaty_utf8_check(struct treaty_str s)
{
    check_fn fn = atomic_load_explicit(&chosen, memory_order_relaxed);

    return fn((const uint8_t *)s.data, 0, s.len);
}

uint32_t treaty_utf8_next(struct treaty_str s, size_t *at)
{
    const uint8_t *bytes = (const uint8_t *)s.data + *at;
    size_t n = measure(bytes, s.len - *at);
    uint32_t cp;

    if (n < 2) {
        *at += 1;
        return n ? bytes[0] : 0xfffd;
    }
    cp = bytes[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | (bytes[i] & 0x3f);
    *at += n;
    return cp;
}

size_t treaty_utf8_put(char *out, uint32_t cp)
{
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = 4;

    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x10000)
        n = cp < 0x800 ? 2 : 3;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    out[0] = (char)(marks[n] | cp);
    return n;
}

/* The first UTF-16 unit of a code point. */
static uint32_t first_unit(uint32_t cp)
{
    return cp < 0x10000 ? cp : 0xd7c0 + (cp >> 10);
}

int treaty_utf8_cmp_utf16(struct treaty_str a, struct treaty_str b)
{
    size_t at_a = 0;
    size_t at_b = 0;

    while (at_a < a.len && at_b < b.len) {
        uint32_t x = treaty_utf8_next(a, &at_a);
        uint32_t y = treaty_utf8_next(b, &at_b);
        uint32_t unit_x = first_unit(x);
        uint32_t unit_y = first_unit(y);

        if (unit_x != unit_y)
            return unit_x < unit_y ? -1 : 1;
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (at_a < a.len) - (at_b < b.len);
}
