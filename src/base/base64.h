/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_BASE64_H
#define TREATY_SRC_BASE_BASE64_H

/*
 * Base64 in the two forms of RFC 4648: the common one with padding (HTTP Basic,
 * proto3 JSON) and the one for URLs without it (JWT).
 */
#include "base/buf.h"

enum treaty_base64_form { TREATY_BASE64, TREATY_BASE64_URL };

void treaty_base64_put(struct treaty_buf *out, enum treaty_base64_form form,
                       struct treaty_str bytes);

/*
 * Append what `text` stands for. False when it is not exactly what
 * treaty_base64_put writes: a foreign character, padding that is missing or
 * too much, bits left over. What was appended until then is taken back.
 */
TREATY_MUST_CHECK bool treaty_base64_get(struct treaty_buf *out,
                                         enum treaty_base64_form form,
                                         struct treaty_str text);

#endif
