/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/measure.h"

#define COUNTER(name_, help_, ...)                                             \
    {                                                                          \
        .kind = TREATY_METRIC_COUNTER, .name = name_, .help = help_,           \
        .labels = {                                                            \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define GAUGE(name_, help_, ...)                                               \
    {                                                                          \
        .kind = TREATY_METRIC_GAUGE, .name = name_, .help = help_,             \
        .labels = {__VA_ARGS__}, .series_max = 4096                            \
    }

static const struct treaty_metric_desc table[TREATY_MEASURE_COUNT] = {
    [TREATY_MEASURE_PRODUCED] =
        COUNTER("produced_events_total", "Events acknowledged by all replicas.",
                "topic"),
    [TREATY_MEASURE_PRODUCE_FAILED] = COUNTER(
        "produce_failures_total", "Events that Kafka did not take.", "topic"),
    [TREATY_MEASURE_CONSUMED] =
        COUNTER("consumed_events_total",
                "Events processed, tombstones included.", "topic"),
    [TREATY_MEASURE_TOMBSTONES] = COUNTER("consumed_tombstones_total",
                                          "Events without a value.", "topic"),
    [TREATY_MEASURE_QUARANTINED] = COUNTER(
        "quarantined_events_total",
        "Events whose copy in the quarantine is acknowledged.", "topic"),
    [TREATY_MEASURE_COPY_FAILURES] =
        COUNTER("quarantine_failures_total",
                "Copies that were not written; each is tried again.", "topic"),
    [TREATY_MEASURE_WAITS] =
        COUNTER("consumer_waits_total",
                "Times a partition waited because the registry did not answer.",
                "topic"),
    [TREATY_MEASURE_REBALANCES] = COUNTER(
        "consumer_rebalances_total", "Assignments and revocations.", "topic"),
    [TREATY_MEASURE_PARTITIONS] =
        GAUGE("consumer_partitions",
              "Partitions owned, waiting, and stopped above the quarantine "
              "ratio.",
              "topic", "state"),
    [TREATY_MEASURE_LAG] =
        GAUGE("consumer_lag", "Events between what is processed and the end.",
              "topic", "partition"),
    [TREATY_MEASURE_READER_VERSION] =
        GAUGE("reader_schema_version",
              "Version of the schema that events are read with.", "subject"),
    [TREATY_MEASURE_ERRORS] =
        COUNTER("deserialize_errors_total", "Events that cannot be decoded.",
                "subject", "reason"),
    [TREATY_MEASURE_MISMATCHES] =
        COUNTER("contract_mismatches_total",
                "Fields that were decoded to something else than was written.",
                "subject", "field"),
};

const struct treaty_metric_desc *treaty_measure(enum treaty_measure which)
{
    return &table[which];
}

static const struct {
    enum treaty_code code;
    const char *reason;
} reasons[] = {
    {TREATY_EFRAME, "not-a-frame"},
    {TREATY_ENOSCHEMA, "unknown-id"},
    {TREATY_ENOMESSAGE, "unknown-message"},
    {TREATY_ETRUNCATED, "truncated"},
    {TREATY_EVARINT, "varint"},
    {TREATY_ELENGTH, "length"},
    {TREATY_EUTF8, "utf8"},
    {TREATY_EBRANCH, "branch"},
    {TREATY_ESYMBOL, "symbol"},
    {TREATY_EUNREADABLE, "unreadable"},
    {TREATY_EDEPTH, "depth"},
    {TREATY_ETAG, "tag"},
    {TREATY_EREQUIRED, "required"},
    {TREATY_EVALUE, "value"},
    {TREATY_ELIMIT, "limit"},
    {TREATY_ESCHEMA, "writer-schema"},
    {TREATY_EINTERNAL, "other"},
};

#define REASON_COUNT (sizeof(reasons) / sizeof(reasons[0]))

const char *treaty_reason_of(enum treaty_code code)
{
    for (size_t i = 0; i < REASON_COUNT; i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return reasons[REASON_COUNT - 1].reason;
}

const char *treaty_reason_at(size_t index)
{
    return index < REASON_COUNT ? reasons[index].reason : NULL;
}

void treaty_measure_follow(struct treaty_measure_total *total, uint64_t now)
{
    treaty_counter_add(total->counter, now - total->last);
    total->last = now;
}
