/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_VERIFIER_H
#define TREATY_CMD_VERIFIER_H

/*
 * Was each event decoded to what its producer wrote? An event says who made it
 * (in `order_id`, or in the header `treaty.identity`), so it can be made again
 * from the writer's schema, seen through the reader's eyes, and compared field
 * by field (record/verify.h).
 */
#include "cmd/sequence.h"
#include "metrics/metrics.h"

#include <treaty/serde.h>

struct treaty_verifier;

struct treaty_verifier_options {
    struct treaty_client *client;
    const struct treaty_deserializer *reader; /* whose records are checked */
    struct treaty_metrics *metrics;
    struct treaty_str subject;
};

struct treaty_verified {
    uint64_t events;     /* compared */
    uint64_t mismatched; /* among them */
    uint64_t anonymous;  /* without an identity: not compared */
};

TREATY_MUST_CHECK enum treaty_code
treaty_verifier_new(const struct treaty_verifier_options *options,
                    struct treaty_verifier **ret, struct treaty_error *err);
void treaty_verifier_free(struct treaty_verifier *verifier);

/*
 * Check one event that was decoded from `message`. `identity` is the value of
 * the header, or absent. A difference is counted, not an error; what fails is a
 * registry that is down, or memory.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_verifier_check(struct treaty_verifier *verifier,
                      const struct treaty_message *message,
                      const struct treaty_event *event,
                      struct treaty_str identity, struct treaty_error *err);

struct treaty_verified
treaty_verifier_counts(const struct treaty_verifier *verifier);

/* Moves the sequences to `ret`. */
void treaty_verifier_take_sequences(struct treaty_verifier *verifier,
                                    struct treaty_sequences *ret);

/* The mismatches by field: start with 0; false past the end. */
bool treaty_verifier_mismatch(const struct treaty_verifier *verifier,
                              size_t index, struct treaty_str *ret_field,
                              uint64_t *ret_count);

#define TREATY_HEADER_IDENTITY "treaty.identity"

#endif
