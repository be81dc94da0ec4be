/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_QUERY_H
#define TREATY_SRC_CLIENT_QUERY_H

/*
 * Writing requests: the path and the body of each route that the client uses.
 * What is written sticks in the buffer if it fails, so callers check once.
 */
#include "base/buf.h"

#include <treaty/client.h>

/* "/subjects/SUBJECT/versions" and the like: `%s` in `format` is `segment`,
 * percent-encoded. A NUL follows, which is not counted. */
void treaty_query_path(struct treaty_buf *out, const char *format,
                       const char *segment);

/* The members of a register, look-up or check request. */
void treaty_query_schema(struct treaty_buf *out,
                         const struct treaty_schema_request *schema);

#endif
