/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_BASE64_H
#define TREATY_SRC_REGISTRY_BASE64_H

/* The 16 bytes of a hash as records have them: 24 characters, padded. */
#include <treaty/base.h>

#include <stdbool.h>

#define TREATY_BASE64_16 24

void treaty_base64_put(const uint8_t bytes[16], char ret[TREATY_BASE64_16]);
/* False, `ret` being undefined, when `text` is not such a text. */
bool treaty_base64_get(struct treaty_str text, uint8_t ret[16]);

#endif
