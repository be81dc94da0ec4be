/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_PLAN_H
#define TREATY_SRC_PLAN_PLAN_H

/*
 * Plans: what decodes and encodes events. A plan is compiled once, by a format,
 * from a writer schema, a reader schema and a layout, into a flat array of
 * 8-byte operations; running it is a threaded loop that follows the writer's
 * order and scatters into the reader's struct.
 *
 * A plan is also the proof of compatibility. Whatever can raise on an event
 * that is valid under the writer schema is a FAIL that the plan knows of, with
 * its reason and place (treaty_plan_fail); if none can be reached, every event
 * that is valid under the writer schema decodes.
 *
 * Plans are immutable and may be run by many threads at once.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "record/type.h"

struct treaty_plan;

struct treaty_plan_options {
    enum treaty_utf8_policy utf8;
    bool walk_to_end;   /* check the event past the last field that is needed;
                           Protobuf's are always read to the end */
    bool bare_bytes;    /* a schema that is bytes alone has no length: all of
                           the payload, as Confluent's serializers frame it */
    bool utf8_always;   /* check strings that the format leaves alone, too:
                           Protobuf's proto2 */
    bool keep_unknown;  /* Protobuf: fields that the reader does not know are
                           kept in the struct, where its layout has room, and
                           written back */
    bool deterministic; /* encode maps in the order of their keys */
    uint32_t depth_max; /* of recursion, in Protobuf of messages; 0: 128 */
    size_t memory_max;  /* a decode may put on the arena; 0: 64 MiB */
};

/*
 * Why and where a plan can fail on a valid event, or lose something silently.
 * Positions are byte offsets in the schema texts, TREATY_NO_OFFSET if none.
 */
struct treaty_plan_note {
    const char *rule;       /* "missing-default", "enum-symbol", "type", ... */
    struct treaty_str path; /* in the writer's event: /items[]/qty */
    struct treaty_str text; /* one sentence */
    size_t writer_pos;
    size_t reader_pos;
    bool guarded; /* depends on the value (UTF-8, caps), not on the types */
    enum treaty_code code; /* what a decode reports */
};

struct treaty_plan *treaty_plan_ref(struct treaty_plan *plan);
void treaty_plan_unref(struct treaty_plan *plan);

/* Reachable FAILs, and conversions that can lose something. */
const struct treaty_plan_note *treaty_plan_fails(const struct treaty_plan *plan,
                                                 size_t *ret_count);
const struct treaty_plan_note *
treaty_plan_losses(const struct treaty_plan *plan, size_t *ret_count);

/* Bytes of the struct that a decode fills and an encode reads. */
size_t treaty_plan_record_size(const struct treaty_plan *plan);

/*
 * Decode one payload into `record`. Arrays, maps, pointers and replaced
 * strings go on `arena` (NULL: one without room, so an event that needs some
 * is TREATY_ENOMEM); strings are views into `data`. Any pointer and length
 * will do; nothing past the end is read. On failure `record` holds no promise
 * and `err` has offset and path.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_plan_decode(const struct treaty_plan *plan, struct treaty_str payload,
                   void *record, struct treaty_arena *arena,
                   struct treaty_error *err);

/*
 * The same; also tells how many bytes the plan looked at: all of the event
 * under `walk_to_end`, else up to the last field that is needed.
 */
TREATY_MUST_CHECK enum treaty_code treaty_plan_decode_prefix(
    const struct treaty_plan *plan, struct treaty_str payload, void *record,
    struct treaty_arena *arena, size_t *ret_used, struct treaty_error *err);

/*
 * Append the encoding of `record` to `out`. TREATY_EVALUE and the path when a
 * value has no place in the schema (an enum of -1, a branch out of range).
 */
TREATY_MUST_CHECK enum treaty_code
treaty_plan_encode(const struct treaty_plan *plan, const void *record,
                   struct treaty_buf *out, struct treaty_error *err);

#endif
