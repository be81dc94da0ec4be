/* SPDX-License-Identifier: Apache-2.0 */
#include "http/router.h"

#include "base/str.h"
#include "http/url.h"

#define NO_ROW SIZE_MAX

/* A method that a path takes. */
struct leaf {
    struct treaty_str method;
    size_t row;
    struct leaf *next;
};

/* Where a path may be after one more segment. */
struct treaty_router_node {
    struct treaty_str literal;
    struct treaty_router_node *children; /* by literal */
    struct treaty_router_node *any;      /* by parameter */
    struct treaty_router_node *next;     /* sibling */
    struct leaf *leaves;
    struct treaty_str allow;
};

static struct treaty_router_node *
find_literal(const struct treaty_router_node *node, struct treaty_str segment)
{
    struct treaty_router_node *child = node->children;

    while (child && !treaty_str_eq(child->literal, segment))
        child = child->next;
    return child;
}

/* The child of `node` for a segment of a pattern, made if need be. */
static struct treaty_router_node *grow(struct treaty_arena *arena,
                                       struct treaty_router_node *node,
                                       struct treaty_str segment)
{
    struct treaty_router_node **place = &node->any;
    struct treaty_router_node *child;

    if (!treaty_str_starts(segment, TREATY_STR("{"))) {
        child = find_literal(node, segment);
        if (child)
            return child;
        place = &node->children;
    } else if (node->any) {
        return node->any;
    }
    child = TREATY_ARENA_NEW(arena, struct treaty_router_node);
    if (!child)
        return NULL;
    child->literal = segment;
    child->next = *place;
    *place = child;
    return child;
}

static struct treaty_str extend_allow(struct treaty_arena *arena,
                                      struct treaty_str allow,
                                      const char *method)
{
    if (!allow.len)
        return treaty_str_z(method);
    return treaty_arena_printf(arena, "%.*s, %s", (int)allow.len, allow.data,
                               method);
}

static enum treaty_code add_row(struct treaty_router *router, size_t row,
                                struct treaty_router_node *node)
{
    struct treaty_str rest = treaty_str_z(router->routes[row].pattern + 1);
    struct treaty_str segment;
    struct leaf *leaf = TREATY_ARENA_NEW(&router->arena, struct leaf);

    while (node && rest.len && treaty_str_split(&rest, '/', &segment))
        node = grow(&router->arena, node, segment);
    if (!node || !leaf)
        return TREATY_ENOMEM;
    leaf->method = treaty_str_z(router->routes[row].method);
    leaf->row = row;
    leaf->next = node->leaves;
    node->leaves = leaf;
    node->allow =
        extend_allow(&router->arena, node->allow, router->routes[row].method);
    return node->allow.data ? TREATY_OK : TREATY_ENOMEM;
}

enum treaty_code treaty_router_init(struct treaty_router *router,
                                    const struct treaty_http_route *routes,
                                    size_t route_count)
{
    struct treaty_router_node *root;
    enum treaty_code code = TREATY_OK;

    *router = (struct treaty_router){routes, route_count, NULL, {0}};
    root = TREATY_ARENA_NEW(&router->arena, struct treaty_router_node);
    if (!root)
        return TREATY_ENOMEM;
    for (size_t i = 0; i < route_count && !code; i++)
        code = add_row(router, i, root);
    router->root = root;
    if (code)
        treaty_router_release(router);
    return code;
}

void treaty_router_release(struct treaty_router *router)
{
    treaty_arena_release(&router->arena);
    router->root = NULL;
}

static size_t find_row(const struct treaty_router_node *node,
                       struct treaty_str method)
{
    const struct leaf *leaf = node->leaves;

    if (treaty_str_eq(method, TREATY_STR("HEAD")))
        method = TREATY_STR("GET");
    while (leaf && !treaty_str_eq(leaf->method, method))
        leaf = leaf->next;
    return leaf ? leaf->row : NO_ROW;
}

/* One step down the tree; a parameter is noted in `ret`. */
static const struct treaty_router_node *
step(const struct treaty_router_node *node, struct treaty_str segment,
     struct treaty_router_match *ret)
{
    const struct treaty_router_node *child = find_literal(node, segment);

    if (child || !node->any)
        return child;
    if (ret->param_count == TREATY_HTTP_PARAMS_MAX)
        return NULL;
    ret->params[ret->param_count++] = segment;
    return node->any;
}

/* The node of `path`, or NULL. */
static enum treaty_code walk(const struct treaty_router *router,
                             struct treaty_str path, struct treaty_arena *arena,
                             struct treaty_router_match *ret,
                             const struct treaty_router_node **ret_node)
{
    const struct treaty_router_node *node = router->root;
    struct treaty_str rest = treaty_str_sub(path, 1, path.len);
    struct treaty_str raw;
    struct treaty_str segment;

    *ret_node = NULL;
    if (!treaty_str_starts(path, TREATY_STR("/")))
        return TREATY_OK;
    while (node && treaty_str_split(&rest, '/', &raw)) {
        const struct treaty_router_node *child;
        enum treaty_code code = treaty_url_decode(arena, raw, false, &segment);

        if (code)
            return code;
        if (!raw.len && !rest.data && node->leaves)
            break;
        child = step(node, segment, ret);
        node = child;
    }
    *ret_node = node && node->leaves ? node : NULL;
    return TREATY_OK;
}

enum treaty_code treaty_router_find(const struct treaty_router *router,
                                    struct treaty_str method,
                                    struct treaty_str path,
                                    struct treaty_arena *arena,
                                    struct treaty_router_match *ret)
{
    const struct treaty_router_node *node;
    enum treaty_code code;

    ret->param_count = 0;
    code = walk(router, path, arena, ret, &node);
    if (code)
        return code;
    if (!node)
        return TREATY_ENOROUTE;
    ret->route = find_row(node, method);
    ret->allow = node->allow;
    return ret->route == NO_ROW ? TREATY_EMETHOD : TREATY_OK;
}
