/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_PARAGRAPH_H
#define TREATY_TESTS_HARNESS_PARAGRAPH_H

/*
 * Corpus files of one case a paragraph: blank lines separate, lines that begin
 * with `#` are remarks. A failure of a case is told with file and line.
 */
#include "base/arena.h"

struct paragraph {
    const char *file;           /* full path */
    int number;                 /* of its first line, from 1 */
    struct treaty_str text;     /* its lines, without remarks */
    struct treaty_arena *arena; /* emptied after the case */
};

/*
 * Run `fn` on each paragraph of `name`, a path below tests/corpus; the file is
 * a failure when it cannot be read or is empty. Each case counts as a test.
 */
void paragraph_each(const char *name, void (*fn)(const struct paragraph *p));

#endif
