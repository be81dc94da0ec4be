/* SPDX-License-Identifier: Apache-2.0 */
/* What a linked tree says, printed and compared; and how trees are asked. */
#include "base/error.h"
#include "format/protobuf/load.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static const char *const presences[] = {"EXPLICIT", "IMPLICIT", "MUST", "MANY"};

static void put_field(struct treaty_buf *out,
                      const struct treaty_proto_field *f)
{
    const struct treaty_proto_message *entry = f->ref.message;

    treaty_buf_printf(out, "%.*s %.*s %s%s%s%s %s", TREATY_STR_ARG(f->full),
                      TREATY_STR_ARG(f->json), presences[f->presence],
                      f->is_packed ? " packed" : "",
                      f->checks_utf8 ? " utf8" : "",
                      f->is_delimited ? " delimited" : "",
                      treaty_proto_type_name(f->ref.type));
    if (f->ref.message)
        treaty_buf_printf(out, " %.*s", TREATY_STR_ARG(f->ref.message->full));
    if (f->ref.enumeration)
        treaty_buf_printf(out, " %.*s",
                          TREATY_STR_ARG(f->ref.enumeration->full));
    treaty_buf_put_c(out, '\n');
    for (uint32_t i = 0; f->is_map && entry && i < entry->field_count; i++)
        put_field(out, entry->fields[i]);
}

static void put_enum(struct treaty_buf *out, const struct treaty_proto_enum *e)
{
    treaty_buf_printf(out, "enum %.*s %s\n", TREATY_STR_ARG(e->full),
                      e->is_closed ? "closed" : "open");
}

static void put_message(struct treaty_buf *out,
                        const struct treaty_proto_message *m)
{
    treaty_buf_printf(out, "message %.*s %u %u\n", TREATY_STR_ARG(m->full),
                      m->id, m->index);
    for (uint32_t i = 0; i < m->field_count; i++)
        put_field(out, m->fields[i]);
    for (uint32_t i = 0; i < m->enum_count; i++)
        put_enum(out, m->enums[i]);
    for (uint32_t i = 0; i < m->extend_count; i++)
        put_field(out, m->extends[i].fields[0]);
}

static void put_file(struct treaty_buf *out,
                     const struct treaty_proto_file *file)
{
    const struct treaty_proto_message *m;

    for (m = treaty_proto_next_message(file, NULL); m;
         m = treaty_proto_next_message(file, m))
        put_message(out, m);
    for (uint32_t i = 0; i < file->enum_count; i++)
        put_enum(out, file->enums[i]);
}

/* The lines after `> `. */
static void put_wanted(struct treaty_buf *out, const struct corpus_case *c)
{
    struct treaty_str rest = c->lines;
    struct treaty_str line;

    while (treaty_str_split(&rest, '\n', &line)) {
        if (line.len < 2 || line.data[0] != '>')
            continue;
        treaty_buf_put(out, treaty_str_sub(line, 2, line.len));
        treaty_buf_put_c(out, '\n');
    }
}

static void check_case(const struct corpus_case *c)
{
    const struct treaty_import import = {
        .reference = {.name = TREATY_STR("a.proto")},
        .text = TREATY_STR("syntax = \"proto3\"; package a; message A {}"),
    };
    const struct treaty_source source = {
        .text = corpus_case_text(c),
        .imports = &import,
        .import_count = 1,
        .strictness = TREATY_STORED,
    };
    struct treaty_proto_tree *tree = NULL;
    struct treaty_error err = {0};
    struct treaty_buf got;
    struct treaty_buf want;

    if (treaty_proto_load(c->arena, &source, &tree, &err) != TREATY_OK) {
        tap_fail(c->file, c->number, "refused: %s", err.message);
        return;
    }
    treaty_buf_init(&got, 0);
    treaty_buf_init(&want, 0);
    put_file(&got, tree->file);
    put_wanted(&want, c);
    corpus_case_same(c, "linked", treaty_buf_str(&got), treaty_buf_str(&want));
    treaty_buf_release(&got);
    treaty_buf_release(&want);
    tap_add_passed(1);
}

static void linking(void)
{
    corpus_each_case(CORPUS "linked.test", check_case);
}

static void questions(void)
{
    const struct treaty_source source = {
        .text = TREATY_STR("syntax = \"proto3\"; package p;"
                           "message M { int32 a = 5; int32 b = 2; }"
                           "enum E { Z = 0; Y = 7; } service S {}")};
    struct treaty_arena arena = {0};
    struct treaty_proto_tree *tree = NULL;
    struct treaty_proto_message *m;
    struct treaty_proto_enum *e;

    CHECK_INT(treaty_proto_load(&arena, &source, &tree, NULL), TREATY_OK);
    m = treaty_proto_find_message(tree, TREATY_STR("p.M"));
    e = treaty_proto_find_enum(tree, TREATY_STR(".p.E"));
    CHECK(m && e);
    if (!m || !e)
        return;
    CHECK(m == tree->file->messages[0]);
    CHECK(e == tree->file->enums[0]);
    CHECK(!treaty_proto_find_message(tree, TREATY_STR("M")));
    CHECK(!treaty_proto_find_message(tree, TREATY_STR("p.E")));
    CHECK(treaty_proto_find(tree, TREATY_PROTO_SYMBOL_CONSTANT,
                            TREATY_STR("p.Y")) == &e->constants[1]);
    CHECK(treaty_proto_find(tree, TREATY_PROTO_SYMBOL_SERVICE,
                            TREATY_STR("p.S")) == &tree->file->services[0]);
    CHECK(treaty_proto_field_by_number(m, 2) == m->fields[1]);
    CHECK(!treaty_proto_field_by_number(m, 1));
    CHECK(treaty_proto_field_by_name(m, TREATY_STR("a")) == m->fields[0]);
    CHECK(treaty_proto_constant_by_number(e, 7) == &e->constants[1]);
    CHECK(!treaty_proto_constant_by_name(e, TREATY_STR("X")));
    CHECK_INT(treaty_proto_scalar_find(TREATY_STR("sfixed64")),
              TREATY_PROTO_SFIXED64);
    CHECK_INT(treaty_proto_scalar_find(TREATY_STR("message")),
              TREATY_PROTO_UNRESOLVED);
    treaty_arena_release(&arena);
}

static void numbers_as_written(void)
{
    const struct treaty_source source = {
        .text =
            TREATY_STR("syntax = \"proto3\";"
                       "message M { int32 a = 017; int32 b = 0x1F; "
                       "reserved 100 to max; } enum E { Z = 0; N = - 7; }")};
    struct treaty_arena arena = {0};
    struct treaty_proto_tree *tree = NULL;
    const struct treaty_proto_message *m;
    const struct treaty_proto_constant *n;

    CHECK_INT(treaty_proto_load(&arena, &source, &tree, NULL), TREATY_OK);
    m = tree->file->messages[0];
    CHECK_INT(m->fields[0]->number, 15);
    CHECK_STR_Z(m->fields[0]->number_text, "017");
    CHECK_INT(m->fields[1]->number, 31);
    CHECK_STR_Z(m->fields[1]->number_text, "0x1F");
    CHECK_INT(m->reserved[0].items[0].last, 536870911);
    CHECK(m->reserved[0].items[0].to_max);
    n = &tree->file->enums[0]->constants[1];
    CHECK_INT(n->number, -7);
    CHECK_STR_Z(n->number_text, "- 7");
    treaty_arena_release(&arena);
}

/* Literals, and what each authority reads in them. */
static const struct {
    const char *literal;
    struct treaty_str protoc;
    struct treaty_str reference;
} strings[] = {
    {"\"plain\"", {"plain", 5}, {"plain", 5}},
    {"'it''s' \"\"", {"its", 3}, {"its", 3}},
    {"\"\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"\"",
     {"\a\b\f\n\r\t\v\\?'\"", 11},
     {"\a\b\f\n\r\t\v\\?'\"", 11}},
    {"'\\101\\x41\\X4a\\0'", {"AAJ\0", 4}, {"AAJ\0", 4}},
    {"'\\xff\\377'", {"\xff\xff", 2}, {"\xC3\xBF\xC3\xBF", 4}},
    {"'\\777'", {"\xff", 1}, {"\xC7\xBF", 2}},
    {"'\\u00e9'", {"\xC3\xA9", 2}, {"u00e9", 5}},
    {"'\\U0001F600'", {"\xF0\x9F\x98\x80", 4}, {"U0001F600", 9}},
    {"'\\ud83d\\ude00'", {"\xF0\x9F\x98\x80", 4}, {"ud83dude00", 10}},
    {"'\\ud83d'", {"\xED\xA0\xBD", 3}, {"ud83d", 5}},
    {"'\\ud83d\\u0041'",
     {"\xED\xA0\xBD"
      "A",
      4},
     {"ud83du0041", 10}},
    {"'\\U00110000'", {"\xF4\x90\x80\x80", 4}, {"U00110000", 9}},
    {"'\\q'", {"q", 1}, {"q", 1}},
};

static void read_string(size_t i)
{
    struct treaty_arena arena = {0};
    struct treaty_proto_tree *tree = NULL;
    struct treaty_source source = {
        .text =
            treaty_arena_printf(&arena, "option x = %s;", strings[i].literal),
        .strictness = TREATY_STORED,
    };
    const struct treaty_proto_value *value;

    CHECK_INT(treaty_proto_load(&arena, &source, &tree, NULL), TREATY_OK);
    value = &tree->file->options.items[0].value;
    if (!treaty_str_eq(value->text, strings[i].protoc))
        tap_fail(__FILE__, __LINE__, "protoc reads %s otherwise",
                 strings[i].literal);
    if (!treaty_str_eq(value->reference, strings[i].reference))
        tap_fail(__FILE__, __LINE__, "the reference reads %s otherwise",
                 strings[i].literal);
    CHECK_INT(value->pos, strlen("option x = "));
    CHECK_INT(value->end, source.text.len - 1);
    treaty_arena_release(&arena);
}

static void strings_by_authority(void)
{
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        read_string(i);
}

/* `head`, `item` so many times, `tail`: the code it ends with. */
static enum treaty_code load_many(const char *head, const char *item,
                                  uint32_t count, const char *tail,
                                  struct treaty_error *err)
{
    struct treaty_source source = {.strictness = TREATY_STORED};
    struct treaty_proto_tree *tree;
    struct treaty_arena arena = {0};
    struct treaty_buf text;
    enum treaty_code code;

    treaty_buf_init(&text, 0);
    treaty_buf_put_z(&text, head);
    for (uint32_t i = 0; i < count; i++)
        treaty_buf_put_z(&text, item);
    treaty_buf_put_z(&text, tail);
    source.text = treaty_buf_str(&text);
    code = treaty_proto_load(&arena, &source, &tree, err);
    CHECK(!code || err->offset <= source.text.len);
    treaty_arena_release(&arena);
    treaty_buf_release(&text);
    return code;
}

static void blocks_nest_to_a_limit(void)
{
    struct treaty_error err;

    CHECK_INT(load_many("", "message M{", 256, "", &err), TREATY_ESCHEMA);
    CHECK_INT(load_many("", "message M{", 10000, "", &err), TREATY_ELIMIT);
    CHECK_INT(err.offset, 257 * strlen("message M{") - 1);
    CHECK_INT(load_many("option (a) = ", "{ a: ", 10000, "", &err),
              TREATY_ELIMIT);
    CHECK_INT(load_many("option (a) = { a: ", "[", 10000, "", &err),
              TREATY_ELIMIT);
    CHECK_INT(load_many("message M { ", "map<int32, ", 10000, "", &err),
              TREATY_ELIMIT);
    CHECK_INT(
        load_many("message M { ", "optional group G = 1 { ", 10000, "", &err),
        TREATY_ELIMIT);
}

static void names_have_a_limit(void)
{
    const char *field = "optional int32 a=1;";
    struct treaty_error err;

    CHECK_INT(load_many("message M{", field, 65535, "}", &err), TREATY_OK);
    CHECK_INT(load_many("message M{", field, 65536, "}", &err), TREATY_ELIMIT);
    CHECK_INT(load_many("message M{", field, 100000, "}", &err), TREATY_ELIMIT);
    CHECK_INT(load_many("package a", ".a", 511, ";", &err), TREATY_OK);
    CHECK_INT(load_many("package a", ".a", 512, ";", &err), TREATY_ELIMIT);
    CHECK_INT(load_many("package a", " . a", 300000, ";", &err), TREATY_ELIMIT);
    CHECK_INT(load_many("message ", "M", 300000, "{}", &err), TREATY_ELIMIT);
    CHECK_INT(load_many("", "message M234567890123456789012345678901{ ", 32,
                        "}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}", &err),
              TREATY_OK);
    CHECK_INT(load_many("", "message M2345678901234567890123456789012{ ", 32,
                        "}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}", &err),
              TREATY_ELIMIT);
    CHECK_INT(err.offset, 31 * 42 + 8);
}

/* More unknown names than are searched for one by one. */
static void many_names_are_unknown(void)
{
    struct treaty_error err;

    CHECK_INT(load_many("syntax = \"proto3\"; message M {", "Nope n = 1;",
                        30000, "}", &err),
              TREATY_OK);
}

TAP_MAIN({"linking", linking}, {"questions", questions},
         {"numbers as written", numbers_as_written},
         {"strings by authority", strings_by_authority},
         {"blocks nest to a limit", blocks_nest_to_a_limit},
         {"names have a limit", names_have_a_limit},
         {"many names are unknown", many_names_are_unknown})
