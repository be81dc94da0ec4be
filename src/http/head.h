/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_HTTP_HEAD_H
#define TREATY_SRC_HTTP_HEAD_H

/*
 * Questions about a request's head as it came over the wire. h2o keeps neither
 * Content-Length nor Transfer-Encoding among a request's headers, and takes
 * the first of several, so whoever wants to refuse such requests (RFC 9112,
 * 6.3: two readers of one stream must agree where a body ends) looks here.
 */
#include <treaty/base.h>

#include <stdbool.h>

/* Bytes up to and with the empty line; `bytes.len` when it has not come. */
size_t treaty_head_size(struct treaty_str bytes);

/*
 * Whether the head says in more than one way how long the body is: two lines
 * of Content-Length or Transfer-Encoding, or one of each.
 */
bool treaty_head_is_ambiguous(struct treaty_str head);

#endif
