/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/paragraph.h"

#include "base/file.h"
#include "base/str.h"
#include "harness/tap.h"

#include <stdio.h>

struct reading {
    struct treaty_str rest;
    int line; /* of what comes next */
};

/* Join the lines of the next paragraph into `text`; false at the end. */
static bool next_paragraph(struct reading *r, struct treaty_arena *arena,
                           struct paragraph *p)
{
    struct treaty_str line;

    p->text = (struct treaty_str){NULL, 0};
    while (treaty_str_split(&r->rest, '\n', &line)) {
        r->line++;
        if (line.len && line.data[0] == '#')
            continue;
        if (!line.len && p->text.data)
            return true;
        if (!line.len)
            continue;
        if (!p->text.data)
            p->number = r->line;
        p->text = p->text.data ? treaty_arena_join(arena, p->text, '\n', line)
                               : treaty_arena_dup(arena, line);
    }
    return p->text.data != NULL;
}

void paragraph_each(const char *name, void (*fn)(const struct paragraph *p))
{
    struct treaty_arena file_arena = {0};
    struct treaty_arena arena = {0};
    struct reading reading = {{0}, 0};
    struct paragraph p = {.arena = &arena};
    struct treaty_error err;
    size_t count = 0;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/tests/corpus/%s", TREATY_SOURCE_DIR,
                   name);
    p.file = path;
    if (treaty_file_read(&file_arena, path, 0, &reading.rest, &err))
        tap_fail(path, 0, "%s", err.message);
    while (next_paragraph(&reading, &arena, &p)) {
        count++;
        fn(&p);
        treaty_arena_reset(&arena);
    }
    if (!count)
        tap_fail(path, 0, "no case in it");
    else
        tap_add_passed(count - 1);
    treaty_arena_release(&arena);
    treaty_arena_release(&file_arena);
}
