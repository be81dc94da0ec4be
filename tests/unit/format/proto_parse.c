/* SPDX-License-Identifier: Apache-2.0 */
/* Which texts are accepted, by the facts about the reference registry. */
#include "format/protobuf/load.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

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

TAP_MAIN({"the reference agrees", the_reference_agrees})
