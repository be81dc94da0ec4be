/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out while a file is parsed, linked and checked:
 * TREATY_ENOMEM and no leak. Arenas ask for memory in blocks, so many texts are
 * tried, each of which begins its blocks elsewhere.
 */
#include "format/protobuf/load.h"
#include "harness/starve.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static struct treaty_import import;

static enum treaty_code load(struct treaty_str text,
                             enum treaty_strictness strictness)
{
    const struct treaty_source source = {
        .text = text,
        .imports = &import,
        .import_count = 1,
        .strictness = strictness,
    };
    struct treaty_proto_tree *tree;
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    enum treaty_code code = treaty_proto_load(&arena, &source, &tree, &err);

    treaty_arena_release(&arena);
    if (code != err.code)
        tap_fail(__FILE__, __LINE__, "code %d, but the error says %d", code,
                 err.code);
    return code;
}

static void run_out(const struct corpus_case *c, struct treaty_str text,
                    enum treaty_strictness strictness)
{
    enum treaty_code want = load(text, strictness);
    long at = 0;
    bool hit;

    do {
        long before = starve_live;
        enum treaty_code code;

        starve_at(++at);
        code = load(text, strictness);
        hit = starve_end();
        if (code != want && code != TREATY_ENOMEM)
            tap_fail(c->file, c->number, "code %d at allocation %ld", code, at);
        if (starve_live != before)
            tap_fail(c->file, c->number, "a leak at allocation %ld", at);
    } while (hit);
}

static void check_case(const struct corpus_case *c)
{
    run_out(c, corpus_case_text(c),
            c->number % 4 ? TREATY_STRICT : TREATY_STORED);
    tap_add_passed(1);
}

static void runs_out(void)
{
    static const char *const files[] = {"syntax",  "fields",   "enums", "names",
                                        "options", "editions", "linked"};
    struct treaty_arena arena = {0};
    struct treaty_error err;

    if (!STARVE_CAN) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    import.reference.name = TREATY_STR("opt.proto");
    CHECK_INT(treaty_file_read(&arena, CORPUS "imports/opt.proto", 0,
                               &import.text, &err),
              TREATY_OK);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        corpus_each_case(
            treaty_arena_printf(&arena, CORPUS "%s.test", files[i]).data,
            check_case);
    treaty_arena_release(&arena);
}

TAP_MAIN({"runs out", runs_out})
