/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which texts are accepted by which authority, and what is said of the others:
 * by the facts about the reference registry, and by texts of our own that
 * protoc was asked about (tests/interop/protoc.sh asks it again).
 */
#include "base/locate.h"
#include "format/protobuf/load.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

enum { IMPORTS_MAX = 16 };

static const char *const import_names[] = {
    "a.proto",   "a2.proto",   "b.proto",    "bad.proto",  "c.proto",
    "e24.proto", "cyc1.proto", "cyc2.proto", "lite.proto", "opt.proto",
    "pa.proto",  "x2.proto",   "x3.proto",
};

static struct treaty_import imports[IMPORTS_MAX];
static size_t import_count;

static void read_imports(struct treaty_arena *arena)
{
    struct treaty_error err;

    import_count = sizeof(import_names) / sizeof(import_names[0]);
    for (size_t i = 0; i < import_count; i++) {
        struct treaty_str path =
            treaty_arena_printf(arena, CORPUS "imports/%s", import_names[i]);

        imports[i].reference.name = treaty_str_z(import_names[i]);
        CHECK_INT(treaty_file_read(arena, path.data, 0, &imports[i].text, &err),
                  TREATY_OK);
    }
}

static bool is_refused(const struct corpus_case *c, const char *authority)
{
    return treaty_str_eq_z(corpus_case_get(c, authority), "refuses");
}

static enum treaty_code load(const struct corpus_case *c,
                             enum treaty_strictness strictness,
                             struct treaty_proto_tree **ret,
                             struct treaty_error *err)
{
    const struct treaty_source source = {
        .text = corpus_case_text(c),
        .imports = imports,
        .import_count = import_count,
        .strictness = strictness,
    };

    return treaty_proto_load(c->arena, &source, ret, err);
}

/* protoc alone decides; and where it refuses, we say where and why. */
static void check_strict(const struct corpus_case *c)
{
    struct treaty_proto_tree *tree;
    struct treaty_error err = {0};
    enum treaty_code code = load(c, TREATY_STRICT, &tree, &err);
    struct treaty_str text = corpus_case_text(c);
    struct treaty_place place;
    bool want = is_refused(c, "protoc");

    if (corpus_case_get(c, "treaty").data)
        want = is_refused(c, "treaty");
    if ((code != TREATY_OK) != want)
        tap_fail(c->file, c->number, "%s: %s", code ? "refused" : "accepted",
                 err.message);
    if (!code)
        return;
    CHECK_INT(err.code, code);
    place = treaty_locate(text, err.offset);
    corpus_case_same(c, "at",
                     err.offset == TREATY_NO_OFFSET
                         ? TREATY_STR("elsewhere")
                         : treaty_arena_printf(c->arena, "%zu:%zu", place.line,
                                               place.column),
                     corpus_case_get(c, "at"));
    corpus_case_same(c, "message", treaty_str_z(err.message),
                     corpus_case_get(c, "message"));
}

/* Either authority suffices, and the other's objection is kept. */
static void check_new(const struct corpus_case *c)
{
    struct treaty_proto_tree *tree;
    struct treaty_error err = {0};
    enum treaty_code code = load(c, TREATY_NEW, &tree, &err);
    bool by_reference = is_refused(c, "reference");
    bool by_protoc = is_refused(c, "protoc");

    if (corpus_case_get(c, "treaty").data)
        by_protoc = is_refused(c, "treaty");
    if ((code != TREATY_OK) != (by_reference && by_protoc))
        tap_fail(c->file, c->number, "as new: %s: %s",
                 code ? "refused" : "accepted", err.message);
    if (code)
        return;
    CHECK_INT(tree->objections[TREATY_PROTO_REFERENCE].raised, by_reference);
    CHECK_INT(tree->objections[TREATY_PROTO_PROTOC].raised, by_protoc);
    if (load(c, TREATY_STORED, &tree, &err) != TREATY_OK)
        tap_fail(c->file, c->number, "as stored: %s", err.message);
}

static void check_case(const struct corpus_case *c)
{
    check_strict(c);
    check_new(c);
    tap_add_passed(1);
}

static void over(const char *file)
{
    struct treaty_arena arena = {0};

    read_imports(&arena);
    corpus_each_case(file, check_case);
    treaty_arena_release(&arena);
}

static void the_grammar(void)
{
    over(CORPUS "syntax.test");
}

static void fields(void)
{
    over(CORPUS "fields.test");
}

static void enums(void)
{
    over(CORPUS "enums.test");
}

static void names_and_imports(void)
{
    over(CORPUS "names.test");
}

static void options(void)
{
    over(CORPUS "options.test");
}

static void editions(void)
{
    over(CORPUS "editions.test");
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));
    const bool want = corpus_true(line->json, "accepted");
    const struct treaty_proto_objection *said;
    struct treaty_proto_tree *tree = NULL;
    struct treaty_error err = {0};
    enum treaty_code code =
        treaty_proto_load(line->arena, &source, &tree, &err);

    if (code) {
        if (want)
            tap_fail(line->file, line->number, "refused: %s", err.message);
    } else {
        said = &tree->objections[TREATY_PROTO_REFERENCE];
        if (said->raised == want)
            tap_fail(line->file, line->number, "objection: %s", said->message);
    }
    tap_add_passed(1);
}

static void the_reference_agrees(void)
{
    corpus_each(CORPUS "parse.jsonl", check_line);
}

TAP_MAIN({"the reference agrees", the_reference_agrees},
         {"the grammar", the_grammar}, {"fields", fields}, {"enums", enums},
         {"names and imports", names_and_imports}, {"options", options},
         {"editions", editions})
