/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_URL_H
#define TREATY_SRC_CLIENT_URL_H

/*
 * The URLs of a registry. Credentials are cut out as soon as a URL is read, so
 * what is kept as `base` may be shown to anyone.
 *
 *     https://me:pa%40ss@registry.example:8081/prefix/
 *     base      https://registry.example:8081/prefix
 *     user      me
 *     password  pa@ss
 */
#include "base/arena.h"
#include "base/buf.h"

struct treaty_url {
    struct treaty_str base;     /* terminated; no slash at the end */
    struct treaty_str user;     /* .data NULL: none given; terminated */
    struct treaty_str password; /* likewise */
};

/*
 * Read a list of URLs, separated by commas, onto the arena. TREATY_EUSAGE
 * when one is no http or https URL; no message repeats what may be secret.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_url_parse_list(struct treaty_arena *arena, struct treaty_str list,
                      struct treaty_url **ret, size_t *ret_count,
                      struct treaty_error *err);

/* `s` as one segment of a path or one value of a query. */
void treaty_url_put_segment(struct treaty_buf *out, struct treaty_str s);

#endif
