/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real .proto files, read in place from the corpus of public repositories:
 * protoc accepts each of them, so both the reading of it and the checks must.
 */
#include "format/protobuf/load.h"
#include "unit/format/corpus.h"

#include <stdlib.h>

enum { TEXT_MAX = 16 << 20, IMPORTS_MAX = 1024 };

static char folder[1024];

/* The folder, or NULL after marking the test as skipped. */
static const char *find_folder(const char *file)
{
    const char *env = getenv("TREATY_REAL_CORPUS");
    char path[1200];
    FILE *probe;

    if (env)
        (void)snprintf(folder, sizeof(folder), "%s/protobuf", env);
    else
        (void)snprintf(folder, sizeof(folder),
                       TREATY_SOURCE_DIR "/../shared/corpus/real/protobuf");
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    probe = fopen(path, "rb");
    if (!probe) {
        tap_skip("no corpus of real schemas at %s", folder);
        return NULL;
    }
    fclose(probe);
    return folder;
}

static struct treaty_str read_text(struct treaty_arena *arena,
                                   const char *below, struct treaty_str name)
{
    struct treaty_str path = treaty_arena_printf(
        arena, "%s/%s%.*s", folder, below, (int)name.len, name.data);
    struct treaty_str text = {0};

    if (treaty_file_read(arena, path.data, TEXT_MAX, &text, NULL) != TREATY_OK)
        return (struct treaty_str){0};
    return text;
}

/* Every file of the corpus may be imported: a list of them, read once. */
static struct treaty_arena library_arena;
static struct treaty_import library[IMPORTS_MAX];
static size_t library_count;

static void add_to_library(const struct corpus_line *line)
{
    struct treaty_str path = corpus_text(line->json, "import_path");

    if (library_count == IMPORTS_MAX)
        return;
    library[library_count].reference.name =
        treaty_arena_dup(&library_arena, path);
    library[library_count].text = read_text(&library_arena, "src/", path);
    library_count++;
}

static bool open_library(const char *file)
{
    char path[1200];

    if (!find_folder(file))
        return false;
    (void)snprintf(path, sizeof(path), "%s/facts.jsonl", folder);
    library_count = 0;
    corpus_each(path, add_to_library);
    return true;
}

static void check_text(const struct corpus_line *line, struct treaty_str text)
{
    struct treaty_source source = {
        .text = text,
        .imports = library,
        .import_count = library_count,
        .strictness = TREATY_STRICT,
    };
    struct treaty_arena arena = {0};
    struct treaty_proto_tree *tree = NULL;
    struct treaty_error err = {0};
    const struct treaty_proto_objection *said;

    if (treaty_proto_load(&arena, &source, &tree, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "refused at %zu: %s", err.offset,
                 err.message);
    else if (tree->objections[TREATY_PROTO_REFERENCE].raised) {
        said = &tree->objections[TREATY_PROTO_REFERENCE];
        tap_fail(line->file, line->number, "objection at %zu: %s", said->pos,
                 said->message);
    }
    treaty_arena_release(&arena);
    tap_add_passed(1);
}

static void check_file(const struct corpus_line *line)
{
    check_text(line, read_text(line->arena, "src/",
                               corpus_text(line->json, "import_path")));
}

static void check_version(const struct corpus_line *line)
{
    check_text(line,
               read_text(line->arena, "", corpus_text(line->json, "file")));
}

static void over(const char *file, void (*check)(const struct corpus_line *))
{
    char path[1200];

    if (!open_library(file))
        return;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    corpus_each(path, check);
    treaty_arena_release(&library_arena);
}

static void files_are_accepted(void)
{
    over("facts.jsonl", check_file);
}

static void versions_are_accepted(void)
{
    over("histories_versions.jsonl", check_version);
}

TAP_MAIN({"real files", files_are_accepted},
         {"real versions", versions_are_accepted})
