/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_PRINT_EVENT_H
#define TREATY_CMD_PRINT_EVENT_H

/*
 * One consumed event as a line of JSON:
 *
 *     {"partition":0,"offset":41,"timestamp":1700000000123,"key":"k",
 *      "headers":[{"name":"h","value":"one"}],"id":7,"version":2,
 *      "value":{"order_id":...}}
 *
 * Where schemas hold several messages, "message" says which one it is. Keys and
 * header values that are not UTF-8 are called "key_hex" and "value_hex". A
 * tombstone has a null value and no id; an event that was not decoded has a
 * "value_hex".
 */
#include "base/buf.h"
#include "record/type.h"
#include "stream/consumer.h"

struct treaty_printed {
    const struct treaty_incoming *incoming;
    const struct treaty_type *type; /* NULL: not decoded */
    const void *record;
    int32_t id;                /* 0: none, the frame named a GUID */
    int32_t version;           /* 0: unknown */
    struct treaty_str message; /* the full name of what was written */
};

void treaty_print_event(const struct treaty_printed *event,
                        struct treaty_buf *out);

#endif
