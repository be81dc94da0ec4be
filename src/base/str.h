/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_STR_H
#define TREATY_SRC_BASE_STR_H

/*
 * Questions about `struct treaty_str`. Nothing here allocates; functions that
 * return a part return a view into their argument.
 */
#include <treaty/base.h>

#include <stdbool.h>
#include <string.h>

/* A string literal, and a terminated string, as views. */
#define TREATY_STR(literal)                                                    \
    ((struct treaty_str){(literal), sizeof(literal) - 1})

static inline struct treaty_str treaty_str_z(const char *z)
{
    return (struct treaty_str){z, z ? strlen(z) : 0};
}

static inline bool treaty_str_eq(struct treaty_str a, struct treaty_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool treaty_str_eq_z(struct treaty_str a, const char *z)
{
    return treaty_str_eq(a, treaty_str_z(z));
}

/* Order of bytes, a shorter prefix first: below 0, 0, above 0. */
int treaty_str_cmp(struct treaty_str a, struct treaty_str b);

/* Letters A to Z count as a to z; other bytes as they are. */
bool treaty_str_eq_nocase(struct treaty_str a, struct treaty_str b);

bool treaty_str_has(struct treaty_str s, char c);
bool treaty_str_starts(struct treaty_str s, struct treaty_str prefix);
bool treaty_str_ends(struct treaty_str s, struct treaty_str suffix);

/* Index of the first or last `c`, or `s.len` when there is none. */
size_t treaty_str_find(struct treaty_str s, char c);
size_t treaty_str_find_last(struct treaty_str s, char c);

/* The part before or after the last `c`: "" or all of `s` when there is none.
 */
struct treaty_str treaty_str_before_last(struct treaty_str s, char c);
struct treaty_str treaty_str_after_last(struct treaty_str s, char c);

/* Bytes from `at`, `len` of them, both cut to what there is. */
struct treaty_str treaty_str_sub(struct treaty_str s, size_t at, size_t len);

/* `s` without spaces, tabs and line ends at both ends. */
struct treaty_str treaty_str_trim(struct treaty_str s);

/*
 * Cut the part before the next `sep` off the front of `*rest` into `*ret`.
 * False when `*rest` is used up (`.data` NULL); "a," gives "a" and then "".
 */
bool treaty_str_split(struct treaty_str *rest, char sep,
                      struct treaty_str *ret);

/* Decimal text as a number; false on anything else and on overflow. */
bool treaty_str_to_i64(struct treaty_str s, int64_t *ret);
bool treaty_str_to_u64(struct treaty_str s, uint64_t *ret);

/*
 * Decimal text as the nearest double, ties to even; infinite past the range.
 * JSON's form, and leading zeros, "1." and ".5", which other grammars have.
 * False on anything else. Does not look at the locale. How to print a double
 * is in base/decimal.h.
 */
bool treaty_str_to_double(struct treaty_str s, double *ret);

/* What one hex digit stands for; -1 when it is none. */
int treaty_hex_digit(char c);

/* 64-bit hash (seeded per process against crafted collisions). */
uint64_t treaty_str_hash(struct treaty_str s);

#endif
