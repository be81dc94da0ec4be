/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_KAFKA_OPTIONS_H
#define TREATY_CMD_KAFKA_OPTIONS_H

/*
 * The flags that every command with a Kafka client has, and what they become.
 *
 *     struct options { struct treaty_kafka_options kafka; ... };
 *     static const struct treaty_flag flags[] = {
 *         TREATY_KAFKA_FLAGS(struct options, kafka), ...
 */
#include "cmd/flags.h"
#include "stream/conf.h"

struct treaty_kafka_options {
    const char *bootstrap;
    struct treaty_flag_list set;
    struct treaty_flag_list files;
};

#define TREATY_KAFKA_FLAGS(type, member)                                       \
    {"bootstrap",                                                              \
     "HOST:PORT",                                                              \
     "Kafka brokers, separated by commas; else 127.0.0.1:9092",                \
     TREATY_FLAG_TEXT,                                                         \
     offsetof(type, member.bootstrap),                                         \
     0,                                                                        \
     0},                                                                       \
        {"X",                                                                  \
         "KEY=VALUE",                                                          \
         "a property of librdkafka",                                           \
         TREATY_FLAG_LIST,                                                     \
         offsetof(type, member.set),                                           \
         0,                                                                    \
         0},                                                                   \
    {                                                                          \
        "F", "FILE", "properties of librdkafka, one a line; before -X",        \
            TREATY_FLAG_LIST, offsetof(type, member.files), 0, 0               \
    }

/*
 * Files first, then -X, into `props` on its arena; the broker of the flag, of
 * the properties, or the default into `ret`. Librdkafka's log goes to ours.
 */
TREATY_MUST_CHECK enum treaty_code treaty_kafka_options_read(
    const struct treaty_kafka_options *options, struct treaty_props *props,
    struct treaty_stream_options *ret, struct treaty_error *err);

#endif
