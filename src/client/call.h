/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_CALL_H
#define TREATY_SRC_CLIENT_CALL_H

/*
 * A request that is repeated until it is answered: at every URL in turn, then
 * after a pause at all of them again, until the rounds or the time are used
 * up. What is worth repeating: no answer, 408, 429 and 5xx.
 *
 *     URLs A B     A fails, B fails, pause, A fails, B answers
 *                  and the next call begins at B
 */
#include "base/json.h"
#include "client/impl.h"

struct treaty_call {
    enum treaty_method method;
    const char *path;       /* with its query, encoded */
    struct treaty_str body; /* .data NULL: none */
    bool limited;           /* counts towards the look-up rate */
    bool no_wait;           /* one round, and no pause for anything */
    bool once;              /* not to be repeated if it may have arrived */
    size_t first;           /* begin so many endpoints after the preferred */
};

/*
 * Run it. The reply of a 2xx is parsed onto `arena`, where its texts lie as
 * well. Otherwise the code of the registry's error_code with its message, or
 * an infrastructure error that names the URL without its user part.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_call_run(struct treaty_client *client, const struct treaty_call *call,
                struct treaty_arena *arena, const struct treaty_json **ret,
                struct treaty_error *err);

#endif
