/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_VERIFY_H
#define TREATY_SRC_RECORD_VERIFY_H

/*
 * Is what was decoded what was written? A consumer makes the written event
 * again (record/gen.h), and this module compares it with the decoded one, field
 * by field, through the reader's eyes: names and aliases, defaults, widened
 * numbers, enum symbols by name, branches of unions.
 *
 * Two messages of Protobuf are seen with its eyes: fields by number, what is
 * not on the wire unset, enums by number, integers as one another.
 *
 * It resolves the two schemas by itself and shares no code with the plan, so a
 * fault in the plan shows up as a mismatch instead of confirming itself.
 *
 * Both layouts must be the natural ones of their schemas: those know aliases
 * and defaults.
 */
#include "record/type.h"

struct treaty_verify;

/*
 * Called for each difference with the reader's path ("items[].qty"), which
 * lives as long as the verifier.
 */
typedef void (*treaty_mismatch_fn)(void *ctx, struct treaty_str path);

/*
 * Prepare the comparison; holds a count of both layouts. A pair that can never
 * match is prepared too: the places show up as mismatches.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_verify_new(struct treaty_layout *writer, struct treaty_layout *reader,
                  struct treaty_verify **ret, struct treaty_error *err);
void treaty_verify_free(struct treaty_verify *verify);

/* Compare; the number of mismatches. Safe to run by many threads at once. */
size_t treaty_verify_event(const struct treaty_verify *verify,
                           const void *written, const void *decoded,
                           treaty_mismatch_fn report, void *ctx);

#endif
