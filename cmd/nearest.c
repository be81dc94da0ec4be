/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/nearest.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MAX 40

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Letters to insert, delete or replace on the way from `a` to `b`. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t len = strlen(b);

    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            row[j + 1] = smallest(replaced, row[j] + 1, row[j + 1] + 1);
        }
    }
    return row[len];
}

void treaty_nearest_offer(const char *word, const char *candidate,
                          const char **nearest, size_t *best)
{
    size_t len = strlen(candidate);
    size_t d;

    if (len > WORD_MAX || strlen(word) > WORD_MAX)
        return;
    d = distance(word, candidate);
    /* A guess that replaces most of a short word is no help. */
    if (d >= *best || d * 2 > len)
        return;
    *best = d;
    *nearest = candidate;
}
