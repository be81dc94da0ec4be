/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_FORMAT_CORPUS_H
#define TREATY_TESTS_UNIT_FORMAT_CORPUS_H

/*
 * Reading the corpus of what the reference registry answers: a line is a JSON
 * object, and a failure names the file and the line.
 */
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "format/format.h"
#include "harness/tap.h"

#include <stdlib.h>

struct corpus_line {
    const char *file;
    int number;
    const struct treaty_json *json;
    struct treaty_arena *arena; /* emptied after the line */
};

static inline struct treaty_str corpus_text(const struct treaty_json *object,
                                            const char *name)
{
    const struct treaty_json *member = treaty_json_get(object, name);

    if (!member || member->kind != TREATY_JSON_STRING)
        return (struct treaty_str){0};
    return member->text;
}

static inline bool corpus_true(const struct treaty_json *object,
                               const char *name)
{
    const struct treaty_json *member = treaty_json_get(object, name);

    return member && member->kind == TREATY_JSON_BOOL && member->truth;
}

/* Report a difference at the line; true when there is none. */
static inline bool corpus_same(const struct corpus_line *line, const char *what,
                               struct treaty_str got, struct treaty_str want)
{
    if (treaty_str_eq(got, want))
        return true;
    tap_fail(line->file, line->number, "%s\n  got  %.*s\n  want %.*s", what,
             (int)got.len, got.data ? got.data : "", (int)want.len,
             want.data ? want.data : "");
    return false;
}

static inline void corpus_each(const char *file,
                               void (*fn)(const struct corpus_line *line))
{
    struct treaty_arena texts = {0};
    struct treaty_arena arena = {0};
    struct corpus_line line = {.file = file, .arena = &arena};
    struct treaty_error err;
    struct treaty_str rest;
    struct treaty_str text;

    if (treaty_file_read(&texts, file, 0, &rest, &err) != TREATY_OK) {
        tap_fail(file, 0, "%s", err.message);
        return;
    }
    while (treaty_str_split(&rest, '\n', &text)) {
        line.number++;
        if (text.len == 0)
            continue;
        if (treaty_json_parse(&arena, text, NULL, &line.json, &err) !=
            TREATY_OK)
            tap_fail(file, line.number, "%s", err.message);
        else
            fn(&line);
        treaty_arena_reset(&arena);
    }
    treaty_arena_release(&texts);
    treaty_arena_release(&arena);
}

/*
 * A source of `text` with the references of a corpus line: name, subject
 * (which equals the name), version and text.
 */
static inline struct treaty_source
corpus_source(struct treaty_arena *arena, struct treaty_str text,
              const struct treaty_json *references)
{
    struct treaty_source source = {.text = text};
    size_t count = references ? references->count : 0;
    struct treaty_reference *list =
        TREATY_ARENA_NEW_N(arena, struct treaty_reference, count + 1);
    struct treaty_import *imports =
        TREATY_ARENA_NEW_N(arena, struct treaty_import, count + 1);
    const struct treaty_json *child = references ? references->child : NULL;

    for (size_t i = 0; child; child = child->next, i++) {
        const struct treaty_json *number = treaty_json_get(child, "version");
        int64_t version = 1;

        if (number)
            (void)treaty_json_to_i64(number, &version);
        list[i].name = corpus_text(child, "name");
        list[i].subject = list[i].name;
        list[i].version = (int32_t)version;
        imports[i].reference = list[i];
        imports[i].text = corpus_text(child, "schema");
    }
    source.references = list;
    source.imports = imports;
    source.reference_count = count;
    source.import_count = count;
    return source;
}

/*
 * Files of our own are text: a paragraph is a case, `key: value` a line of it,
 * `| ` before the lines of a longer text, `#` before a comment.
 */
struct corpus_case {
    const char *file;
    int number; /* of the first line */
    struct treaty_str lines;
    struct treaty_arena *arena;
};

static inline struct treaty_str corpus_case_get(const struct corpus_case *c,
                                                const char *key)
{
    struct treaty_str rest = c->lines;
    struct treaty_str line;
    size_t len = strlen(key);

    while (treaty_str_split(&rest, '\n', &line)) {
        if (line.len > len && line.data[len] == ':' &&
            memcmp(line.data, key, len) == 0)
            return treaty_str_trim(treaty_str_sub(line, len + 1, line.len));
    }
    return (struct treaty_str){0};
}

/* The lines after `| `, joined. */
static inline struct treaty_str corpus_case_text(const struct corpus_case *c)
{
    struct treaty_str rest = c->lines;
    struct treaty_str line;
    struct treaty_str text = {0};

    while (treaty_str_split(&rest, '\n', &line)) {
        if (line.len == 0 || line.data[0] != '|')
            continue;
        line = treaty_str_sub(line, 2, line.len);
        text = text.data ? treaty_arena_join(c->arena, text, '\n', line)
                         : treaty_arena_dup(c->arena, line);
    }
    return text;
}

static inline bool corpus_is_case(struct treaty_str lines)
{
    struct treaty_str line;

    while (treaty_str_split(&lines, '\n', &line)) {
        if (line.len && line.data[0] != '#')
            return true;
    }
    return false;
}

static inline void corpus_each_case(const char *file,
                                    void (*fn)(const struct corpus_case *c))
{
    struct treaty_arena texts = {0};
    struct treaty_arena arena = {0};
    struct corpus_case c = {.file = file, .number = 1, .arena = &arena};
    struct treaty_error err;
    struct treaty_str rest;

    if (treaty_file_read(&texts, file, 0, &rest, &err) != TREATY_OK) {
        tap_fail(file, 0, "%s", err.message);
        return;
    }
    while (rest.len) {
        const char *gap = memmem(rest.data, rest.len, "\n\n", 2);
        size_t len = gap ? (size_t)(gap - rest.data) + 1 : rest.len;

        c.lines = treaty_str_sub(rest, 0, len);
        if (corpus_is_case(c.lines))
            fn(&c);
        treaty_arena_reset(&arena);
        rest = treaty_str_sub(rest, gap ? len + 1 : len, rest.len);
        for (size_t i = 0; i < len; i++)
            c.number += c.lines.data[i] == '\n';
        c.number++;
    }
    treaty_arena_release(&texts);
    treaty_arena_release(&arena);
}

/* As corpus_same, for a case. */
static inline void corpus_case_same(const struct corpus_case *c,
                                    const char *what, struct treaty_str got,
                                    struct treaty_str want)
{
    const struct corpus_line line = {c->file, c->number, NULL, c->arena};

    (void)corpus_same(&line, what, got, want);
}

/* One side of a pair: the schema in member `text`; NULL when it is none. */
static inline struct treaty_schema *
corpus_parse_side(const struct corpus_line *line,
                  const struct treaty_format *format, const char *text,
                  const char *references)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, text),
                      treaty_json_get(line->json, references));
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(format, &source, &schema, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "%s: %s", text, err.message);
    return schema;
}

static inline int corpus_compare_texts(const void *a, const void *b)
{
    const struct treaty_str *x = a;
    const struct treaty_str *y = b;

    return treaty_str_cmp(*x, *y);
}

/* One line a difference, sorted, so that multisets become texts. */
static inline struct treaty_str corpus_sort_lines(struct treaty_arena *arena,
                                                  struct treaty_str *lines,
                                                  size_t count)
{
    struct treaty_str all = TREATY_STR("");

    qsort(lines, count, sizeof(lines[0]), corpus_compare_texts);
    for (size_t i = 0; i < count; i++)
        all = treaty_arena_join(arena, all, '\n', lines[i]);
    return all;
}

#endif
