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

/*
 * The first value of `name` in `query` ("a=1&b"). TREATY_OK with .data NULL
 * when it is absent; codes as above.
 */
TREATY_MUST_CHECK enum treaty_code treaty_url_query(struct treaty_arena *arena,
                                                    struct treaty_str query,
                                                    const char *name,
                                                    struct treaty_str *ret);

#endif
