/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_HTTP_NEGOTIATE_H
#define TREATY_SRC_HTTP_NEGOTIATE_H

/*
 * Content types (RFC 9110, 12.5.1 and 8.3).
 *
 *     Accept: application/vnd.x+json; q=0.9, application/json, text/html
 *
 * A media range is exact, `type/` followed by a star, or two stars. The more
 * exact range decides the weight of a type; the client's weight comes before
 * the server's preference, and the server's order breaks ties.
 */
#include "http/http.h"

/*
 * The best of `types` for an Accept header (.data NULL: the client takes
 * anything), or -1 when none will do.
 */
int treaty_negotiate_accept(const struct treaty_http_media *types, size_t count,
                            struct treaty_str accept);

/* Whether the media type of a Content-Type header is among `types`. */
bool treaty_negotiate_consumes(const char *const *types, size_t count,
                               struct treaty_str content_type);

#endif
