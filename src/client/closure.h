/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_CLOSURE_H
#define TREATY_SRC_CLIENT_CLOSURE_H

/*
 * The schemas that a schema refers to, and those that they refer to, fetched
 * from the registry: what a parser needs as imports. Each name comes
 * once, after all that it refers to itself.
 */
#include "client/impl.h"
#include "format/format.h"

enum { TREATY_REFERENCES_MAX = 1000 };

struct treaty_closure {
    struct treaty_import *imports;
    size_t count;
};

/* How requests of one kind are made; see client/call.h. */
struct treaty_manner {
    bool limited;
    bool no_wait;
};

/*
 * Fetch the closure of `references` onto `arena`. TREATY_ELIMIT past
 * TREATY_REFERENCES_MAX; otherwise the registry's answer, TREATY_ENOVERSION
 * for one that it lacks.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_client_closure(struct treaty_client *client,
                      const struct treaty_schema_info *schema,
                      struct treaty_manner manner, struct treaty_arena *arena,
                      struct treaty_closure *ret, struct treaty_error *err);

/*
 * Parse `schema` with its closure, no longer needed after that. TREATY_ETYPE
 * when this build has no such format; a broken text with its offset.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_closure_parse(const struct treaty_closure *closure,
                     const struct treaty_schema_info *schema,
                     enum treaty_strictness strictness,
                     struct treaty_schema **ret, struct treaty_error *err);

/* Both at once. */
TREATY_MUST_CHECK enum treaty_code treaty_client_parse(
    struct treaty_client *client, const struct treaty_schema_info *schema,
    enum treaty_strictness strictness, struct treaty_manner manner,
    struct treaty_schema **ret, struct treaty_error *err);

#endif
