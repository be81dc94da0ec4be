/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_UNKNOWN_H
#define TREATY_SRC_CLIENT_UNKNOWN_H

/*
 * Schemas that the registry said it does not know. Once could be a replica
 * that lags, so a schema is first doubted, until it is time to ask again, and
 * then unknown, until that is forgotten.
 *
 * The memory is bounded whatever arrives: a table of sets of eight, where a
 * new entry takes the place of the one in its set that is forgotten first.
 * Losing an entry costs a request, which is limited elsewhere.
 */
#include "client/table.h"

struct treaty_unknown_entry;

struct treaty_unknown {
    struct treaty_unknown_entry *entries; /* made with the first one */
    size_t sets;
    uint64_t ttl_ms;
};

enum treaty_unknown_state {
    TREATY_UNKNOWN_NOT, /* nothing is remembered */
    TREATY_UNKNOWN_DOUBTED,
    TREATY_UNKNOWN_CONFIRMED,
};

void treaty_unknown_init(struct treaty_unknown *unknown, size_t max,
                         uint64_t ttl_ms);

/*
 * What is remembered at the time `now_ms`. For a doubted one, `ret_ask_ms` is
 * when to ask again. The caller locks, here and below.
 */
enum treaty_unknown_state
treaty_unknown_find(const struct treaty_unknown *unknown,
                    struct treaty_table_key key, uint64_t now_ms,
                    uint64_t *ret_ask_ms);

/*
 * Doubt it until `ask_ms`, or with `ask_ms` 0 take it as confirmed. Without
 * memory nothing is remembered.
 */
void treaty_unknown_put(struct treaty_unknown *unknown,
                        struct treaty_arena *arena, struct treaty_table_key key,
                        uint64_t now_ms, uint64_t ask_ms);

#endif
