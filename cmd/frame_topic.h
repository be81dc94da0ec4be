/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_FRAME_TOPIC_H
#define TREATY_CMD_FRAME_TOPIC_H

#include "base/arena.h"
#include "cmd/kafka_options.h"

/* Which record of a topic. */
struct treaty_record_place {
    struct treaty_kafka_options kafka;
    const char *topic;
    const char *offset; /* as the consumer's flag has it */
    int64_t partition;
};

/*
 * Copy the record's value and its schema header (absent: `.data` NULL) onto
 * `arena`. False after telling on standard error why not.
 */
bool treaty_frame_topic_read(struct treaty_arena *arena,
                             const struct treaty_record_place *place,
                             struct treaty_str *ret_value,
                             struct treaty_str *ret_header);

#endif
