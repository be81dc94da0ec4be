/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical text of real files: parsed again it prints the same and has
 * the same descriptor, and the normalised one prints the same.
 */
#include "format/protobuf/canonical.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/format.h"
#include "unit/format/proto_library.h"

static struct treaty_schema *parse(const struct corpus_line *line,
                                   struct treaty_str text)
{
    struct treaty_source source = library_source(text);
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(line->file, line->number, "refused at %zu: %s", err.offset,
                 err.message);
    return schema;
}

static void note_loss(void *ctx, const struct treaty_proto_loss *loss)
{
    const struct corpus_line *line = *(const struct corpus_line **)ctx;

    tap_note("%s:%d: at %zu, %.*s: %s", line->file, line->number, loss->pos,
             (int)loss->element.len, loss->element.data, loss->what);
}

/*
 * The canonical text has plain fields before those of oneofs, both before the
 * messages that are nested, and public imports behind others, and a descriptor
 * lists them, as well as the entries that maps define, as they stand. So lists
 * of these are compared in an order of their own; all other lists, messages
 * above all, must be in the order of the text.
 */
struct level {
    unsigned sorted;  /* number of the field whose elements are sorted */
    unsigned dropped; /* indexes into these; 0: none */
    unsigned empty;   /* dropped when empty: what `rpc A(B) returns (C) {}`
                         has and `rpc A(B) returns (C);` has not */
    struct {
        unsigned number;
        const struct level *level;
    } inner[2];
};

static const struct level in_rpc = {.empty = 4};
static const struct level in_service = {.inner = {{2, &in_rpc}}};
static const struct level in_message = {.sorted = 2,
                                        .inner = {{3, &in_message}}};
static const struct level in_file = {
    .sorted = 3,
    .dropped = 10,
    .inner = {{4, &in_message}, {6, &in_service}},
};

enum { ELEMENTS_MAX = 16384 };

static uint64_t get_varint(struct treaty_str in, size_t *at)
{
    uint64_t value = 0;

    for (unsigned shift = 0; *at < in.len && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)in.data[(*at)++];

        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

static int compare_elements(const void *a, const void *b)
{
    return treaty_str_cmp(*(const struct treaty_str *)a,
                          *(const struct treaty_str *)b);
}

/* One entry of a message: its field's number, and its body if it has one. */
struct entry {
    uint64_t number;
    struct treaty_str body;
    struct treaty_str all;
};

static struct entry next_entry(struct treaty_str in, size_t *at)
{
    size_t start = *at;
    uint64_t tag = get_varint(in, at);
    uint64_t value = get_varint(in, at);
    struct entry ret = {.number = tag >> 3};

    if ((tag & 7) == 2) {
        ret.body = treaty_str_sub(in, *at, value);
        *at += value;
    }
    ret.all = treaty_str_sub(in, start, *at - start);
    return ret;
}

/* Has the message `option map_entry = true`? */
static bool is_map_entry(struct treaty_str message)
{
    for (size_t at = 0; at < message.len;) {
        struct entry entry = next_entry(message, &at);

        if (entry.number == 7)
            return treaty_str_eq(entry.body, TREATY_STR("\x38\x01"));
    }
    return false;
}

static const struct level *inner_level(const struct level *level,
                                       uint64_t number)
{
    for (size_t i = 0; i < 2; i++) {
        if (level->inner[i].level && level->inner[i].number == number)
            return level->inner[i].level;
    }
    return NULL;
}

static struct treaty_str settle(struct treaty_arena *arena,
                                struct treaty_str in, const struct level *level)
{
    struct treaty_str *sorted =
        TREATY_ARENA_NEW_N(arena, struct treaty_str, ELEMENTS_MAX);
    size_t count = 0;
    struct treaty_buf out;
    struct treaty_str ret;

    treaty_buf_init(&out, 0);
    for (size_t at = 0; at < in.len;) {
        struct entry entry = next_entry(in, &at);
        const struct level *inner = inner_level(level, entry.number);

        if (count < ELEMENTS_MAX && (entry.number == level->sorted ||
                                     (inner && is_map_entry(entry.body))))
            sorted[count++] = entry.body;
        else if (inner)
            treaty_buf_put(&out, settle(arena, entry.body, inner));
        else if (entry.number != level->dropped &&
                 (entry.number != level->empty || entry.body.len))
            treaty_buf_put(&out, entry.all);
    }
    qsort(sorted, count, sizeof(*sorted), compare_elements);
    for (size_t i = 0; i < count; i++)
        treaty_buf_put(&out, sorted[i]);
    ret = treaty_arena_dup(arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return ret;
}

static struct treaty_str describe(const struct corpus_line *line,
                                  const struct treaty_schema *schema)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(schema);
    struct treaty_str ret;
    struct treaty_error err = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (treaty_proto_put_descriptor(tree, tree->file, TREATY_STR("x.proto"),
                                    &out, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "no descriptor: %s", err.message);
    ret = settle(line->arena, treaty_buf_str(&out), &in_file);
    treaty_buf_release(&out);
    return ret;
}

static void check_again(const struct corpus_line *line,
                        const struct treaty_schema *schema)
{
    struct treaty_schema *again = parse(line, schema->canonical);

    if (!again)
        return;
    corpus_same(line, "printed again", again->canonical, schema->canonical);
    if (!treaty_str_eq(describe(line, again), describe(line, schema)))
        tap_fail(line->file, line->number, "another descriptor");
    treaty_schema_unref(again);
}

static void check_normalized(const struct corpus_line *line,
                             const struct treaty_schema *schema)
{
    struct treaty_schema *again = NULL;
    struct treaty_buf once;
    struct treaty_buf twice;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    CHECK_INT(treaty_proto_normalize(schema, &once, NULL), TREATY_OK);
    again = parse(line, treaty_buf_str(&once));
    if (again) {
        CHECK_INT(treaty_proto_normalize(again, &twice, NULL), TREATY_OK);
        corpus_same(line, "normalised again", treaty_buf_str(&twice),
                    treaty_buf_str(&once));
    }
    treaty_schema_unref(again);
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
}

static void check_text(const struct corpus_line *line, struct treaty_str text)
{
    struct treaty_schema *schema = parse(line, text);

    if (!schema)
        return;
    treaty_proto_losses(treaty_proto_tree(schema), note_loss, &line);
    check_again(line, schema);
    check_normalized(line, schema);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void check_file(const struct corpus_line *line)
{
    struct treaty_str path = corpus_text(line->json, "import_path");

    check_text(line, library_read(line->arena, "src/", path));
}

static void check_version(const struct corpus_line *line)
{
    struct treaty_str path = corpus_text(line->json, "file");

    check_text(line, library_read(line->arena, "", path));
}

static void files_print_the_same_again(void)
{
    library_each("facts.jsonl", check_file);
}

static void versions_print_the_same_again(void)
{
    library_each("histories_versions.jsonl", check_version);
}

TAP_MAIN({"real texts", files_print_the_same_again},
         {"real texts of histories", versions_print_the_same_again})
