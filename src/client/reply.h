/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_REPLY_H
#define TREATY_SRC_CLIENT_REPLY_H

/*
 * From a registry's reply to what it means. Only a reply that is JSON and has
 * an error_code which fits its HTTP status is the registry's own; the rest
 * comes from something in between, and is infrastructure.
 */
#include "base/json.h"
#include "client/transport.h"

#include <treaty/client.h>

/* Is it worth asking again after this answer? */
bool treaty_answer_is_passing(const struct treaty_answer *answer);

/*
 * What `answer` with `body` says. TREATY_OK and the parsed reply for a 2xx.
 * `base` is the URL for messages.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_answer_read(const struct treaty_answer *answer, struct treaty_str body,
                   struct treaty_str base, struct treaty_arena *arena,
                   const struct treaty_json **ret, struct treaty_error *err);

/*
 * Read a reply into what the caller wanted; its texts stay where they are.
 * TREATY_EUNREACHABLE when a member is missing or of a wrong type.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_reply_schema(const struct treaty_json *json, struct treaty_arena *arena,
                    struct treaty_schema_info *ret, struct treaty_error *err);
TREATY_MUST_CHECK enum treaty_code
treaty_reply_texts(const struct treaty_json *json, struct treaty_arena *arena,
                   struct treaty_texts *ret, struct treaty_error *err);
TREATY_MUST_CHECK enum treaty_code
treaty_reply_numbers(const struct treaty_json *json, struct treaty_arena *arena,
                     struct treaty_numbers *ret, struct treaty_error *err);

/* TREATY_EUNREACHABLE: a reply, but not the expected one. */
enum treaty_code treaty_reply_is_odd(struct treaty_error *err,
                                     const char *what);

#endif
