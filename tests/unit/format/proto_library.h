/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_FORMAT_PROTO_LIBRARY_H
#define TREATY_TESTS_UNIT_FORMAT_PROTO_LIBRARY_H

/*
 * Real .proto files, read in place from the corpus of public repositories.
 * Every file of it may be imported by any other.
 */
#include "unit/format/corpus.h"

#include <stdlib.h>

enum { LIBRARY_TEXT_MAX = 16 << 20, LIBRARY_MAX = 1024 };

static char library_folder[1024];
static struct treaty_arena library_arena;
static struct treaty_import library[LIBRARY_MAX];
static size_t library_count;

/* Is there a corpus? Else the test is marked as skipped. */
static inline bool library_find(const char *file)
{
    const char *env = getenv("TREATY_REAL_CORPUS");
    char path[1200];
    FILE *probe;

    if (env)
        (void)snprintf(library_folder, sizeof(library_folder), "%s/protobuf",
                       env);
    else
        (void)snprintf(library_folder, sizeof(library_folder),
                       TREATY_SOURCE_DIR "/../shared/corpus/real/protobuf");
    (void)snprintf(path, sizeof(path), "%s/%s", library_folder, file);
    probe = fopen(path, "rb");
    if (!probe) {
        tap_skip("no corpus of real schemas at %s", library_folder);
        return false;
    }
    fclose(probe);
    return true;
}

/* The text of the file `name` under the folder `below`. */
static inline struct treaty_str library_read(struct treaty_arena *arena,
                                             const char *below,
                                             struct treaty_str name)
{
    struct treaty_str path = treaty_arena_printf(
        arena, "%s/%s%.*s", library_folder, below, (int)name.len, name.data);
    struct treaty_str text = {0};

    if (treaty_file_read(arena, path.data, LIBRARY_TEXT_MAX, &text, NULL) !=
        TREATY_OK)
        return (struct treaty_str){0};
    return text;
}

static inline void library_add(const struct corpus_line *line)
{
    struct treaty_str path = corpus_text(line->json, "import_path");

    if (library_count == LIBRARY_MAX)
        return;
    library[library_count].reference.name =
        treaty_arena_dup(&library_arena, path);
    library[library_count].text = library_read(&library_arena, "src/", path);
    library_count++;
}

/* Call `check` with each line of `file`, all files being in the library. */
static inline void library_each(const char *file,
                                void (*check)(const struct corpus_line *))
{
    char path[1200];

    if (!library_find(file))
        return;
    (void)snprintf(path, sizeof(path), "%s/facts.jsonl", library_folder);
    library_count = 0;
    corpus_each(path, library_add);
    (void)snprintf(path, sizeof(path), "%s/%s", library_folder, file);
    corpus_each(path, check);
    treaty_arena_release(&library_arena);
}

/* `text`, which may import what is in the library. */
static inline struct treaty_source library_source(struct treaty_str text)
{
    return (struct treaty_source){
        .text = text, .imports = library, .import_count = library_count};
}

#endif
