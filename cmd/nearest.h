/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_NEAREST_H
#define TREATY_CMD_NEAREST_H

/*
 * The word that somebody probably meant. Offer the candidates one by one,
 * starting with `*best` at TREATY_NEAREST_MAX and `*nearest` NULL; what stays
 * in `*nearest` differs in fewer letters than any other, and in few enough
 * that suggesting it helps.
 */
#include <stddef.h>

#define TREATY_NEAREST_MAX 4

void treaty_nearest_offer(const char *word, const char *candidate,
                          const char **nearest, size_t *best);

#endif
