/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_SEQUENCE_H
#define TREATY_CMD_SEQUENCE_H

/*
 * Which sequence numbers of which producers were seen, how often, and which
 * are missing. A set is a sorted list of runs, since a consumer sees runs:
 *
 *     producer 3, seed beef:   0-499  1500-1999  2500-2999
 *
 * The sets of all instances are joined in their supervisor, where what one
 * instance misses is filled by the others. As text:
 *
 *     seq 3 48879 DUPLICATES 0-499 1500-1999 2500-2999
 */
#include "base/buf.h"
#include "base/json.h"
#include "record/gen.h"

struct treaty_run {
    uint64_t first;
    uint64_t last;
};

struct treaty_sequence {
    uint32_t producer;
    uint64_t seed;
    struct treaty_run *runs; /* ascending, disjoint, not adjacent */
    size_t count;
    size_t cap;
    size_t hint; /* the run that grew last */
    uint64_t duplicates;
};

struct treaty_sequences {
    struct treaty_sequence *items;
    size_t count;
    size_t cap;
    size_t hint; /* the item of the last call */
    bool failed; /* memory ran out: the sets are short */
};

void treaty_sequences_release(struct treaty_sequences *all);

void treaty_sequences_note(struct treaty_sequences *all,
                           const struct treaty_gen_identity *identity);

void treaty_sequences_write(const struct treaty_sequences *all,
                            struct treaty_buf *out);
/* One line back, joined to what is there; false when it is none. */
bool treaty_sequences_read(struct treaty_sequences *all,
                           struct treaty_str line);

/* Distinct numbers, those seen again, and those between the first and the
 * last of a producer that nobody saw. */
struct treaty_sequence_counts {
    uint64_t seen;
    uint64_t duplicates;
    uint64_t missing;
};
struct treaty_sequence_counts
treaty_sequence_counts(const struct treaty_sequence *one);
struct treaty_sequence_counts
treaty_sequences_counts(const struct treaty_sequences *all);

/* An array with one object a producer, as the next value. */
void treaty_sequences_put_json(const struct treaty_sequences *all,
                               struct treaty_json_writer *out);

#endif
