/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_CONSUMER_OPTIONS_H
#define TREATY_CMD_CONSUMER_OPTIONS_H

/* The command line of `treaty consumer`, and what it comes to. */
#include "cmd/import_options.h"
#include "cmd/kafka_options.h"
#include "cmd/registry_options.h"
#include "stream/consumer.h"

/* HEX and RAW do not decode. */
enum treaty_print {
    TREATY_PRINT_NOTHING,
    TREATY_PRINT_JSON,
    TREATY_PRINT_HEX,
    TREATY_PRINT_RAW,
};

struct treaty_consumer_command {
    struct treaty_kafka_options kafka;
    const char *topic;
    const char *group;
    const char *subject;
    const char *schema;
    const char *format;
    const char *message;
    struct treaty_import_options imports;
    const char *reader_version;
    struct treaty_registry_options registry;
    struct treaty_client_options client; /* what those flags say */
    const char *offset;
    const char *ratio;
    const char *metrics;
    const char *report;
    const char *sequences;
    int print; /* enum treaty_print */
    int64_t partition;
    int64_t count;
    int64_t instances;
    bool verify;
    bool exit_at_end;
    bool requeue;
    bool quiet;

    /* What they come to. */
    struct treaty_arena arena;
    struct treaty_props props;
    struct treaty_stream_options stream;
    struct treaty_str schema_text;
    const char *source_topic;
    const char *copy_topic;
    int32_t reader_version_number; /* 0: the latest */
    enum treaty_start start;
    int64_t start_at;
    double max_ratio;
};

/* As treaty_flags_parse; `release` follows in any case. */
bool treaty_consumer_command_parse(int argc, char **argv,
                                   struct treaty_consumer_command *ret,
                                   int *status);
void treaty_consumer_command_release(struct treaty_consumer_command *options);

/*
 * "beginning", "end", "N", "-N" (from the end), "@MILLISECONDS" since 1970 or
 * "@2026-11-22T10:00:00Z". False for anything else.
 */
bool treaty_parse_start(const char *text, enum treaty_start *ret,
                        int64_t *ret_at);

#endif
