/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_HTTP_URL_H
#define TREATY_SRC_HTTP_URL_H

/*
 * URLs as they are sent: split first, decode each part afterwards, so that
 * `%2F` is a slash inside a segment and never a separator. (h2o's normalised
 * path decodes first and is not used.)
 */
#include "base/arena.h"

#include <stdbool.h>

/* `text` without a leading `scheme://authority`. */
struct treaty_str treaty_url_without_authority(struct treaty_str text);

/*
 * Resolve `%XX`, and `+` as a space where `plus_is_space`. A view into `text`
 * when there is nothing to resolve, else on `arena`. TREATY_EREQUEST for a
 * broken escape or bytes that are not UTF-8 in the end, TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code treaty_url_decode(struct treaty_arena *arena,
                                                     struct treaty_str text,
                                                     bool plus_is_space,
                                                     struct treaty_str *ret);

/* The parameters of a query ("a=1&b"), decoded. */
struct treaty_url_query {
    const struct treaty_url_pair {
        struct treaty_str name;
        struct treaty_str value; /* "" without a `=` */
    } * pairs;
    size_t count;
};

/*
 * Take a query apart, on `arena` but for what is a view into `query`; codes as
 * above. All at once, so that nothing can fail when a parameter is asked for.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_url_query_parse(struct treaty_arena *arena, struct treaty_str query,
                       struct treaty_url_query *ret);

/* The first value given for `name`; .data NULL when it is absent. */
struct treaty_str treaty_url_query_find(const struct treaty_url_query *query,
                                        const char *name);

#endif
