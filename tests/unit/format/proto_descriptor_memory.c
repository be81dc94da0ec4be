/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at any point: writing and reading descriptors report
 * TREATY_ENOMEM and leak nothing.
 */
#include "format/protobuf/descriptor.h"
#include "format/protobuf/load.h"
#include "format/protobuf/options.h"
#include "harness/starve.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static enum treaty_code put(const struct treaty_proto_tree *tree)
{
    struct treaty_buf out;
    enum treaty_code code;

    treaty_buf_init(&out, 0);
    code = treaty_proto_put_descriptor(tree, tree->file, TREATY_STR("a.proto"),
                                       &out, NULL);
    treaty_buf_clear(&out);
    if (!code)
        code = treaty_proto_put_reference_descriptor(tree, &out, NULL);
    treaty_buf_release(&out);
    return code;
}

/* The files so far, which the next one may import. */
static struct treaty_arena kept;
static struct treaty_import files[32];
static size_t file_count;

static enum treaty_code write_text(struct treaty_str text)
{
    struct treaty_source source = {
        .text = text, .imports = files, .import_count = file_count};
    struct treaty_arena arena = {0};
    struct treaty_proto_tree *tree;
    enum treaty_code code = treaty_proto_load(&arena, &source, &tree, NULL);

    if (!code)
        code = put(tree);
    treaty_arena_release(&arena);
    return code;
}

static enum treaty_code read_base64(struct treaty_str text)
{
    struct treaty_source source = {.imports = files,
                                   .import_count = file_count,
                                   .strictness = TREATY_STORED};
    struct treaty_arena arena = {0};
    struct treaty_proto_file *file;
    struct treaty_proto_tree *tree;
    enum treaty_code code =
        treaty_proto_read_base64(&arena, text, &source.limits, &file, NULL);

    if (!code)
        code = treaty_proto_load_file(&arena, &source, file, &tree, NULL);
    treaty_arena_release(&arena);
    return code;
}

static void run_out(const struct corpus_case *c,
                    enum treaty_code (*use)(struct treaty_str),
                    struct treaty_str text)
{
    long at = 0;
    bool hit;
    enum treaty_code want = use(text);

    do {
        long before = starve_live;
        enum treaty_code code;

        starve_at(++at);
        code = use(text);
        hit = starve_end();
        if (code != TREATY_ENOMEM &&
            (code != want || (code == TREATY_OK && hit)))
            tap_fail(c->file, c->number, "code %d at allocation %ld", code, at);
        if (starve_live != before)
            tap_fail(c->file, c->number, "a leak at allocation %ld", at);
    } while (hit);
    tap_add_passed(1);
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_import *file = &files[file_count];

    run_out(c, write_text, corpus_case_text(c));
    run_out(c, read_base64, corpus_case_get(c, "descriptor"));
    file->reference.name = treaty_arena_dup(&kept, corpus_case_get(c, "file"));
    file->text = treaty_arena_dup(&kept, corpus_case_text(c));
    file_count++;
}

static void load_starving(void)
{
    struct treaty_proto_standard standard;
    enum treaty_code code = TREATY_ENOMEM;
    long before = starve_live;
    long at = 0;

    while (code != TREATY_OK) {
        CHECK_INT(starve_live, before);
        starve_at(++at);
        code = treaty_proto_options_standard(TREATY_PROTO_TARGET_FILE,
                                             &standard, NULL);
        CHECK_INT(code, starve_end() ? TREATY_ENOMEM : TREATY_OK);
    }
    CHECK(at > 3);
    CHECK_STR_Z(standard.type->full, "google.protobuf.FileOptions");
}

/* What is loaded once for the process is not there until all of it is. */
static void runs_out_at_first(void)
{
    if (STARVE_CAN)
        load_starving();
    else
        tap_skip("a sanitizer has the allocator");
}

static void runs_out(void)
{
    if (!STARVE_CAN) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each_case(CORPUS "descriptors.test", check_case);
    treaty_arena_release(&kept);
}

TAP_MAIN({"runs out at first", runs_out_at_first}, {"runs out", runs_out})
