/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real .proto files, read in place from the corpus of public repositories:
 * each is accepted, and its descriptor is protoc's byte for byte.
 */
#include "base/digest.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/load.h"
#include "unit/format/proto_library.h"

static struct treaty_str hash(struct treaty_arena *arena,
                              struct treaty_str bytes)
{
    uint8_t digest[TREATY_SHA256_SIZE];
    struct treaty_buf hex;
    struct treaty_str text;

    CHECK_INT(treaty_sha256(bytes.data, bytes.len, digest), TREATY_OK);
    treaty_buf_init(&hex, 0);
    treaty_buf_put_hex(&hex, digest, sizeof(digest));
    text = treaty_arena_dup(arena, treaty_buf_str(&hex));
    treaty_buf_release(&hex);
    return text;
}

static void check_descriptor(const struct corpus_line *line,
                             const struct treaty_proto_tree *tree,
                             struct treaty_str want)
{
    struct treaty_str path = corpus_text(line->json, "import_path");
    struct treaty_error err = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (treaty_proto_put_descriptor(tree, tree->file, path, &out, &err) !=
        TREATY_OK)
        tap_fail(line->file, line->number, "%.*s: %s", (int)path.len, path.data,
                 err.message);
    else if (!treaty_str_eq(hash(line->arena, treaty_buf_str(&out)), want))
        tap_fail(line->file, line->number, "%.*s: another descriptor",
                 (int)path.len, path.data);
    else
        tap_add_passed(1);
    treaty_buf_release(&out);
}

static void check_file(const struct corpus_line *line)
{
    const struct treaty_json *protoc = treaty_json_get(line->json, "protoc");
    struct treaty_source source = {
        .text = library_read(line->arena, "", corpus_text(line->json, "file")),
        .imports = library,
        .import_count = library_count,
        .strictness = TREATY_STRICT};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_proto_tree *tree;
    bool accepted =
        treaty_proto_load(&arena, &source, &tree, &err) == TREATY_OK;

    if (accepted != corpus_true(protoc, "accept"))
        tap_fail(line->file, line->number, "%s: %s",
                 accepted ? "accepted" : "refused", err.message);
    else if (accepted)
        check_descriptor(line, tree, corpus_text(protoc, "sha256"));
    treaty_arena_release(&arena);
}

/*
 * A descriptor read as a file gives the same descriptor, where it has no
 * options but descriptor.proto's own, which are all that is read.
 */
static void check_read_back(const struct corpus_line *line,
                            const struct treaty_source *source,
                            struct treaty_str bytes)
{
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_proto_file *file;
    struct treaty_proto_tree *tree;

    if (treaty_proto_read_descriptor(&arena, bytes, &source->limits, &file,
                                     &err) != TREATY_OK ||
        treaty_proto_load_file(&arena, source, file, &tree, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "%.*s read back: %s",
                 (int)corpus_text(line->json, "import_path").len,
                 corpus_text(line->json, "import_path").data, err.message);
    else
        check_descriptor(line, tree, hash(line->arena, bytes));
    treaty_arena_release(&arena);
}

static void read_back(const struct corpus_line *line)
{
    const struct treaty_json *protoc = treaty_json_get(line->json, "protoc");
    struct treaty_source source = {
        .text = library_read(line->arena, "", corpus_text(line->json, "file")),
        .imports = library,
        .import_count = library_count,
        .strictness = TREATY_STRICT};
    struct treaty_arena arena = {0};
    struct treaty_proto_tree *tree;
    struct treaty_buf out;

    if (!treaty_str_eq(corpus_text(protoc, "sha256"),
                       corpus_text(protoc, "sha256_core")))
        return;
    treaty_buf_init(&out, 0);
    if (treaty_proto_load(&arena, &source, &tree, NULL) == TREATY_OK &&
        treaty_proto_put_descriptor(tree, tree->file,
                                    corpus_text(line->json, "import_path"),
                                    &out, NULL) == TREATY_OK)
        check_read_back(line, &source, treaty_buf_str(&out));
    treaty_buf_release(&out);
    treaty_arena_release(&arena);
}

static void descriptors_read_back(void)
{
    library_each("facts.jsonl", read_back);
}

static void files_agree(void)
{
    library_each("facts.jsonl", check_file);
}

static void versions_agree(void)
{
    library_each("histories_versions.jsonl", check_file);
}

TAP_MAIN({"real files", files_agree},
         {"real descriptors", descriptors_read_back},
         {"real versions", versions_agree})
