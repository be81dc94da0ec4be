/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_PATH_H
#define TREATY_SRC_PLAN_PATH_H

/*
 * The path of a failure, put together from the open levels without memory:
 * "/items/3/qty". What does not fit is cut in the middle when it is stored in
 * an error, so only so much is kept here.
 */
#include "plan/op.h"

#include "base/str.h"

struct treaty_path {
    char text[1024];
    size_t len;
};

static inline struct treaty_str treaty_path_str(const struct treaty_path *path)
{
    return (struct treaty_str){path->text, path->len};
}

static inline void treaty_path_put(struct treaty_path *path,
                                   struct treaty_str s)
{
    size_t room = sizeof(path->text) - path->len;

    if (s.len > room)
        s.len = room;
    memcpy(path->text + path->len, s.data, s.len);
    path->len += s.len;
}

/* The operation's own path, relative to the program that it is in. */
static inline void treaty_path_put_op(struct treaty_path *path,
                                      const struct treaty_plan *plan,
                                      const struct treaty_op *op)
{
    treaty_path_put(path,
                    treaty_str_z(plan->paths + plan->op_paths[op - plan->ops]));
}

static inline void treaty_path_put_index(struct treaty_path *path, size_t index)
{
    char digits[21];
    char *at = digits + sizeof(digits);

    do {
        *--at = (char)('0' + index % 10);
        index /= 10;
    } while (index);
    *--at = '/';
    treaty_path_put(
        path, (struct treaty_str){at, (size_t)(digits + sizeof(digits) - at)});
}

#endif
