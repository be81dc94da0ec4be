/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_TALLY_H
#define TREATY_CMD_TALLY_H

/*
 * Counts under two names, for final reports: what one process counted goes to
 * its supervisor as lines of text, and the sum of all is printed as JSON.
 *
 *     add 120 events consumed            {"events": {"consumed": 120},
 *     add 3 errors orders-value/utf8      "errors": {"orders-value/utf8": 3}}
 *
 * A group has no spaces; labels may, but no line ends.
 */
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"

struct treaty_tally {
    struct treaty_arena arena;
    struct treaty_map map;
    bool failed; /* memory ran out: the counts are short */
};

void treaty_tally_init(struct treaty_tally *tally);
void treaty_tally_release(struct treaty_tally *tally);

/* `group` must be a literal. Adding 0 makes the entry appear. */
void treaty_tally_add(struct treaty_tally *tally, const char *group,
                      struct treaty_str label, uint64_t n);
void treaty_tally_add_z(struct treaty_tally *tally, const char *group,
                        const char *label, uint64_t n);
uint64_t treaty_tally_get(const struct treaty_tally *tally, const char *group,
                          const char *label);

/*
 * The entries of a group: start with `*at` 0; false after the last one. The
 * label ends in a NUL that is not counted.
 */
bool treaty_tally_next(const struct treaty_tally *tally, const char *group,
                       size_t *at, struct treaty_str *ret_label,
                       uint64_t *ret_count);

/* As lines, and one such line back; false when it is none. */
void treaty_tally_write(const struct treaty_tally *tally,
                        struct treaty_buf *out);
bool treaty_tally_read(struct treaty_tally *tally, struct treaty_str line);

/* One member a group, in order of first appearance, into an open object. */
void treaty_tally_put_json(const struct treaty_tally *tally,
                           struct treaty_json_writer *out);

#endif
