/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/frame_topic.h"

#include "base/clock.h"
#include "base/str.h"
#include "cmd/consumer_options.h"
#include "stream/consumer.h"

#include <treaty/serde.h>

#include <stdio.h>

enum { WAIT_MS = 15000 };

struct fetch {
    struct treaty_arena *arena;
    struct treaty_consumer *consumer;
    struct treaty_str value;
    struct treaty_str header;
    bool found;
    bool is_tombstone;
    bool failed;
};

static struct treaty_str keep(struct fetch *fetch, struct treaty_str s)
{
    struct treaty_str copy = {NULL, 0};

    if (!s.data)
        return copy;
    copy = treaty_arena_dup(fetch->arena, s);
    if (!copy.data)
        fetch->failed = true;
    return copy;
}

static enum treaty_disposition take(void *ctx,
                                    const struct treaty_incoming *record,
                                    struct treaty_rejection *why)
{
    struct fetch *fetch = ctx;

    (void)why;
    treaty_consumer_enough(fetch->consumer);
    if (fetch->found)
        return TREATY_TAKEN;
    fetch->found = true;
    fetch->is_tombstone = !record->value.data;
    fetch->value = keep(fetch, record->value);
    fetch->header =
        keep(fetch, treaty_stream_header(record->msg, TREATY_HEADER_VALUE));
    return TREATY_TAKEN;
}

static bool complain(const struct treaty_error *err)
{
    fprintf(stderr, "treaty frame: %s\n", err->message);
    return false;
}

static bool wait_for_record(struct fetch *fetch)
{
    uint64_t end = treaty_clock_mono_ns() + (uint64_t)WAIT_MS * 1000000;
    struct treaty_error err;

    while (!fetch->found && treaty_clock_mono_ns() < end) {
        if (treaty_consumer_poll(fetch->consumer, 100, &err))
            return complain(&err);
        if (!fetch->found && treaty_consumer_at_end(fetch->consumer))
            break;
    }
    if (fetch->failed)
        fputs("treaty frame: out of memory\n", stderr);
    else if (!fetch->found)
        fputs("treaty frame: there is no record at that place\n", stderr);
    else if (fetch->is_tombstone)
        fputs("treaty frame: that record is a tombstone: it has no value\n",
              stderr);
    return fetch->found && !fetch->failed && !fetch->is_tombstone;
}

bool treaty_frame_topic_read(struct treaty_arena *arena,
                             const struct treaty_record_place *place,
                             struct treaty_str *ret_value,
                             struct treaty_str *ret_header)
{
    struct fetch fetch = {.arena = arena};
    struct treaty_props props = {.arena = arena};
    struct treaty_consumer_options options = {
        .topic = place->topic,
        .partition = (int32_t)place->partition,
        .quarantine_max_ratio = 1,
        .consume = take,
        .ctx = &fetch,
    };
    struct treaty_error err;
    bool ok;

    if (!treaty_parse_start(place->offset, &options.start, &options.start_at)) {
        fprintf(stderr,
                "treaty frame: -offset %s: expected beginning, end, N, -N or "
                "@TIME\n",
                place->offset);
        return false;
    }
    options.stream.client_id = "treaty-frame";
    if (treaty_kafka_options_read(&place->kafka, &props, &options.stream,
                                  &err) ||
        treaty_consumer_new(&options, &fetch.consumer, &err))
        return complain(&err);
    ok = wait_for_record(&fetch);
    treaty_consumer_close(fetch.consumer);
    if (ok) {
        *ret_value = fetch.value;
        *ret_header = fetch.header;
    }
    return ok;
}
