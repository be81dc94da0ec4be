/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_SCRATCH_H
#define TREATY_SRC_CLIENT_SCRATCH_H

/*
 * What a scratch holds. It belongs to one thread, so what a thread wants to
 * remember between two events without a lock or a shared cache line lies here
 * as well.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "client/table.h"

#include <treaty/scratch.h>

/* Longer lists of message indexes are not remembered: nobody nests so
 * deeply. */
enum { TREATY_INDEXES_KEPT = 15 };

/* The value that a deserializer found last for this thread, and the message
 * indexes behind the id that led there. */
struct treaty_last_found {
    uint64_t serial; /* of the deserializer; 0: nothing is remembered */
    struct treaty_table_key key;
    const void *value;
    uint8_t indexes_len;
    char indexes[TREATY_INDEXES_KEPT];
};

struct treaty_scratch {
    struct treaty_arena arena;
    struct treaty_buf out; /* the message that was written last */
    struct treaty_last_found last;
    uint32_t calls; /* counts towards the next latency sample */
};

#endif
