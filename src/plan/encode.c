/* SPDX-License-Identifier: Apache-2.0 */
/* The slow paths of the encode loops: memory, replacement, failures. */
#include "plan/run.h"

#include "base/error.h"
#include "base/utf8.h"
#include "plan/path.h"

#include <stdlib.h>
#include <string.h>

char *treaty_encode_grow(struct treaty_encode *run, char *at, size_t extra)
{
    struct treaty_buf *out = run->out;
    size_t room = 0;

    if (at)
        out->len = (size_t)(at - out->data);
    if (!__builtin_add_overflow(extra, (size_t)TREATY_ENCODE_ROOM, &room))
        return treaty_buf_reserve(out, room);
    out->failed = TREATY_ELIMIT;
    return NULL;
}

void *treaty_encode_move_frames(struct treaty_encode *run, const void *frames,
                                size_t used, size_t size)
{
    void *moved = realloc(run->heap, 2 * used * size);

    if (!moved)
        return NULL;
    if (!run->heap)
        memcpy(moved, frames, used * size);
    run->heap = moved;
    return moved;
}

struct treaty_encode_frame *
treaty_encode_deepen(struct treaty_encode *run, struct treaty_encode_frame *top)
{
    size_t used = top->level + 1;
    struct treaty_encode_frame *frames =
        treaty_encode_move_frames(run, top - top->level, used, sizeof(*frames));

    return frames ? frames + used - 1 : NULL;
}

size_t treaty_encode_replaced_len(struct treaty_str s)
{
    size_t len = 0;
    size_t at = 0;

    while (at < s.len) {
        char cp[4];

        len += treaty_utf8_put(cp, treaty_utf8_next(s, &at));
    }
    return len;
}

char *treaty_encode_replace(char *at, struct treaty_str s)
{
    size_t from = 0;

    while (from < s.len)
        at += treaty_utf8_put(at, treaty_utf8_next(s, &from));
    return at;
}

static void print_path(const struct treaty_encode_place *place,
                       struct treaty_path *path)
{
    const struct treaty_encode_frame *top = place->frame;

    for (const struct treaty_encode_frame *f = top - top->level + 1; f <= top;
         f++) {
        treaty_path_put_op(path, place->plan, f->site);
        if (f->count && f->site != place->op)
            treaty_path_put_index(path, f->count - f->left);
    }
    if (top->level == 0 || top->site != place->op)
        treaty_path_put_op(path, place->plan, place->op);
}

static void describe(const struct treaty_encode_place *place,
                     enum treaty_code code, struct treaty_error *err)
{
    const char *at = place->base + place->op->off;
    uint8_t op = treaty_encode_first(place->op->code);
    struct treaty_enum symbol;
    int32_t branch;

    if (code == TREATY_EVALUE && op == TREATY_ENCODE_ENUM) {
        memcpy(&symbol, at, sizeof(symbol));
        treaty_fail(err, code, TREATY_NO_OFFSET,
                    "the schema has no enum symbol for number %d",
                    symbol.symbol);
        return;
    }
    if (code == TREATY_EVALUE && op == TREATY_ENCODE_BRANCH) {
        memcpy(&branch, at, sizeof(branch));
        treaty_fail(err, code, TREATY_NO_OFFSET,
                    "the union has no branch of number %d", branch);
        return;
    }
    if (code == TREATY_EVALUE && op == TREATY_ENCODE_POINTER) {
        treaty_fail(err, code, TREATY_NO_OFFSET,
                    "a record is missing where the schema requires one");
        return;
    }
    treaty_fail(err, code, TREATY_NO_OFFSET, "%s", treaty_code_text(code));
}

enum treaty_code treaty_encode_fail(struct treaty_encode *run,
                                    const struct treaty_encode_place *place,
                                    enum treaty_code code)
{
    struct treaty_path path = {0};

    if (!run->err)
        return code;
    describe(place, code, run->err);
    print_path(place, &path);
    treaty_error_set_path(run->err, treaty_path_str(&path));
    return code;
}
