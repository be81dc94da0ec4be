/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/rng.h"

#include <pthread.h>

int treaty_str_cmp(struct treaty_str a, struct treaty_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = 0;

    if (common)
        order = memcmp(a.data, b.data, common);
    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static char to_lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

bool treaty_str_eq_nocase(struct treaty_str a, struct treaty_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (to_lower(a.data[i]) != to_lower(b.data[i]))
            return false;
    }
    return true;
}

size_t treaty_str_find(struct treaty_str s, char c)
{
    const char *at = NULL;

    if (s.len)
        at = memchr(s.data, c, s.len);
    if (!at)
        return s.len;
    return (size_t)(at - s.data);
}

size_t treaty_str_find_last(struct treaty_str s, char c)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.data[i - 1] == c)
            return i - 1;
    }
    return s.len;
}

bool treaty_str_has(struct treaty_str s, char c)
{
    return treaty_str_find(s, c) < s.len;
}

bool treaty_str_starts(struct treaty_str s, struct treaty_str prefix)
{
    return treaty_str_eq(treaty_str_sub(s, 0, prefix.len), prefix);
}

bool treaty_str_ends(struct treaty_str s, struct treaty_str suffix)
{
    if (suffix.len > s.len)
        return false;
    return treaty_str_eq(treaty_str_sub(s, s.len - suffix.len, suffix.len),
                         suffix);
}

struct treaty_str treaty_str_sub(struct treaty_str s, size_t at, size_t len)
{
    if (at > s.len)
        at = s.len;
    if (len > s.len - at)
        len = s.len - at;
    if (!s.data)
        return s;
    return (struct treaty_str){s.data + at, len};
}

struct treaty_str treaty_str_before_last(struct treaty_str s, char c)
{
    size_t at = treaty_str_find_last(s, c);

    if (at == s.len)
        return TREATY_STR("");
    return treaty_str_sub(s, 0, at);
}

struct treaty_str treaty_str_after_last(struct treaty_str s, char c)
{
    size_t at = treaty_str_find_last(s, c);

    if (at == s.len)
        return s;
    return treaty_str_sub(s, at + 1, s.len);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct treaty_str treaty_str_trim(struct treaty_str s)
{
    size_t from = 0;
    size_t to = s.len;

    while (from < to && is_space(s.data[from]))
        from++;
    while (to > from && is_space(s.data[to - 1]))
        to--;
    return treaty_str_sub(s, from, to - from);
}

bool treaty_str_split(struct treaty_str *rest, char sep, struct treaty_str *ret)
{
    size_t at;

    if (!rest->data)
        return false;
    at = treaty_str_find(*rest, sep);
    *ret = treaty_str_sub(*rest, 0, at);
    if (at == rest->len)
        *rest = (struct treaty_str){0};
    else
        *rest = treaty_str_sub(*rest, at + 1, rest->len);
    return true;
}

bool treaty_str_to_u64(struct treaty_str s, uint64_t *ret)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)((unsigned char)s.data[i]) - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

int treaty_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool treaty_str_to_i64(struct treaty_str s, int64_t *ret)
{
    bool negative = s.len && s.data[0] == '-';
    uint64_t most = (uint64_t)INT64_MAX + negative;
    uint64_t magnitude;

    if (negative)
        s = treaty_str_sub(s, 1, s.len);
    if (!treaty_str_to_u64(s, &magnitude) || magnitude > most)
        return false;
    if (negative)
        magnitude = 0 - magnitude;
    *ret = (int64_t)magnitude;
    return true;
}

/*
 * SipHash with one round a word and three at the end: keyed by the process,
 * so that nobody outside can prepare names that all meet in one slot.
 */
static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void choose_hash_key(void)
{
    treaty_rng_system(hash_key, sizeof(hash_key));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = treaty_rng_rotl(v[1], 13) ^ v[0];
    v[0] = treaty_rng_rotl(v[0], 32);
    v[2] += v[3];
    v[3] = treaty_rng_rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = treaty_rng_rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = treaty_rng_rotl(v[1], 17) ^ v[2];
    v[2] = treaty_rng_rotl(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t treaty_str_hash(struct treaty_str s)
{
    uint64_t v[4] = {0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
                     0x7465646279746573};
    uint64_t word;
    size_t i = 0;

    (void)pthread_once(&hash_once, choose_hash_key);
    for (int k = 0; k < 4; k++)
        v[k] ^= hash_key[k & 1];
    for (; s.len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, s.data + i, sizeof(word));
        sip_word(v, word);
    }
    word = 0;
    if (s.len > i)
        memcpy(&word, s.data + i, s.len - i);
    sip_word(v, word ^ (uint64_t)s.len << 56);
    v[2] ^= 0xff;
    for (int k = 0; k < 3; k++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
