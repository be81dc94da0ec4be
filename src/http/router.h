/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_HTTP_ROUTER_H
#define TREATY_SRC_HTTP_ROUTER_H

/*
 * Which row of a table of routes a path means.
 *
 *     /subjects/{s}/versions     segments: "subjects", any, "versions"
 *     /subjects/{s}/versions/{v}
 *
 * The patterns form a tree, a node for each segment. A literal wins over a
 * parameter at the same place, and a choice is never taken back: patterns of
 * one table must not need that. One slash at the end of a path is ignored
 * where the path means nothing otherwise.
 */
#include "http/http.h"

struct treaty_router_node;

struct treaty_router {
    const struct treaty_http_route *routes;
    size_t route_count;
    const struct treaty_router_node *root;
    struct treaty_arena arena;
};

/* Patterns must outlive the router. TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code
treaty_router_init(struct treaty_router *router,
                   const struct treaty_http_route *routes, size_t route_count);
void treaty_router_release(struct treaty_router *router);

struct treaty_router_match {
    size_t route; /* row in the table */
    struct treaty_str params[TREATY_HTTP_PARAMS_MAX];
    size_t param_count;
    struct treaty_str allow; /* with TREATY_EMETHOD: "GET, POST" */
};

/*
 * Find the row for `path` (raw, no query) and `method`. Decoded params are
 * views into the path or lie on `arena`. TREATY_ENOROUTE, TREATY_EMETHOD (with
 * `allow` set), TREATY_EREQUEST for a broken escape, TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_router_find(const struct treaty_router *router, struct treaty_str method,
                   struct treaty_str path, struct treaty_arena *arena,
                   struct treaty_router_match *ret);

#endif
