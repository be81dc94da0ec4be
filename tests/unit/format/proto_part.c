/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of one text as parts of its schema, and how frames name them. */
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

static const char text[] = "syntax = \"proto2\";\n"
                           "package a.b;\n"
                           "message First {\n"
                           "  optional int32 n = 1;\n"
                           "}\n"
                           "message Second {\n"
                           "  map<string, int32> m = 1;\n"
                           "  message In {\n"
                           "    message Deeper {}\n"
                           "    message Deepest {}\n"
                           "  }\n"
                           "  optional group G = 2 { optional int32 x = 1; }\n"
                           "  message In2 {}\n"
                           "}\n";

static struct treaty_schema *parse(const char *z)
{
    struct treaty_source source = {.text = treaty_str_z(z)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    return schema;
}

struct named {
    const char *name;
    struct treaty_str indexes;
};

static const struct named all[] = {
    {"a.b.First", {"\0", 1}},
    {"a.b.Second", {"\2\2", 2}},
    {"a.b.Second.In", {"\4\2\0", 3}},
    {"a.b.Second.In.Deeper", {"\6\2\0\0", 4}},
    {"a.b.Second.In.Deepest", {"\6\2\0\2", 4}},
    {"a.b.Second.G", {"\4\2\2", 3}},
    {"a.b.Second.In2", {"\4\2\4", 3}},
};

/* Parts share what the whole has, and the first message is the whole. */
static void check_part(const struct treaty_schema *whole,
                       const struct treaty_schema *part,
                       const struct named *want)
{
    bool is_first = treaty_str_eq(whole->name, part->name);

    CHECK_STR_Z(part->name, want->name);
    CHECK(treaty_str_eq(part->indexes, want->indexes));
    CHECK_STR_Z(treaty_proto_part_of(part)->full, want->name);
    CHECK(part->root == whole->root);
    CHECK(treaty_str_eq(part->canonical, whole->canonical));
    CHECK((part == whole) == is_first);
    CHECK(part->whole == (is_first ? NULL : whole));
}

static void finds_messages_by_name(void)
{
    struct treaty_schema *schema = parse(text);
    struct treaty_schema *part = NULL;
    struct treaty_schema *other = NULL;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_INT(
            treaty_proto_part(schema, treaty_str_z(all[i].name), &part, NULL),
            TREATY_OK);
        check_part(schema, part, &all[i]);
        /* From a part one gets to any other, and back. */
        CHECK_INT(
            treaty_proto_part(part, TREATY_STR("a.b.Second.In"), &other, NULL),
            TREATY_OK);
        check_part(schema, other, &all[2]);
        treaty_schema_unref(other);
        CHECK_INT(treaty_proto_part(part, schema->name, &other, NULL),
                  TREATY_OK);
        CHECK(other == schema);
        treaty_schema_unref(other);
        treaty_schema_unref(part);
    }
    treaty_schema_unref(schema);
}

static void knows_no_other_messages(void)
{
    static const char *const names[] = {
        "",
        "First",
        "a.b.Third",
        "a.b.First.n",
        "a.b.Second.MEntry",
        "a.b",
        "google.protobuf.Any",
    };
    struct treaty_schema *schema =
        parse("syntax = \"proto3\"; package a.b;\n"
              "import \"google/protobuf/any.proto\";\n"
              "message First { google.protobuf.Any n = 1; }\n"
              "message Second { map<int32, int32> m = 1; }\n");
    struct treaty_schema *part = NULL;
    struct treaty_error err;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        err = (struct treaty_error){0};
        CHECK_INT(
            treaty_proto_part(schema, treaty_str_z(names[i]), &part, &err),
            TREATY_ENOMESSAGE);
        CHECK_INT(err.code, TREATY_ENOMESSAGE);
        CHECK(part == NULL);
    }
    treaty_schema_unref(schema);
}

static void finds_messages_by_index(void)
{
    struct treaty_schema *schema = parse(text);
    char frame[16];

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct treaty_schema *part = NULL;
        size_t len = 0;
        struct treaty_str in = all[i].indexes;

        memcpy(frame, in.data, in.len);
        memcpy(frame + in.len, "\x08\x05", 2);
        CHECK_INT(treaty_proto_part_at(schema,
                                       (struct treaty_str){frame, in.len + 2},
                                       &len, &part, NULL),
                  TREATY_OK);
        check_part(schema, part, &all[i]);
        CHECK_INT(len, in.len);
        treaty_schema_unref(part);
    }
    treaty_schema_unref(schema);
}

struct spelling {
    const char *what;
    struct treaty_str bytes;
    enum treaty_code code;
    size_t offset; /* of the fault, or the length */
    const char *name;
};

#define BYTES(z)                                                               \
    {                                                                          \
        (z), sizeof(z) - 1                                                     \
    }

static const struct spelling spellings[] = {
    {"the long form of [0]", BYTES("\2\0"), TREATY_OK, 2, "a.b.First"},
    {"zeros in front", BYTES("\x82\x00\x82\x80\x00"), TREATY_OK, 5,
     "a.b.Second"},
    {"nothing", BYTES(""), TREATY_EFRAME, 0, NULL},
    {"a cut count", BYTES("\x82"), TREATY_EFRAME, 0, NULL},
    {"a negative count", BYTES("\1\0"), TREATY_EFRAME, 0, NULL},
    {"no index", BYTES("\2"), TREATY_EFRAME, 1, NULL},
    {"an index too few", BYTES("\4\2"), TREATY_EFRAME, 2, NULL},
    {"a cut index", BYTES("\4\2\x80"), TREATY_EFRAME, 2, NULL},
    {"eleven bytes", BYTES("\2\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
     TREATY_EFRAME, 1, NULL},
    {"past 64 bits", BYTES("\2\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"),
     TREATY_EFRAME, 1, NULL},
    {"a count of 2^62 - 1", BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\x7f\2\6"),
     TREATY_ENOMESSAGE, 10, NULL},
    {"a third message", BYTES("\2\4"), TREATY_ENOMESSAGE, 1, NULL},
    {"a negative index", BYTES("\2\1"), TREATY_ENOMESSAGE, 1, NULL},
    {"an index of 2^32", BYTES("\2\x80\x80\x80\x80\x20"), TREATY_ENOMESSAGE, 1,
     NULL},
    {"a fourth nested one", BYTES("\4\2\6"), TREATY_ENOMESSAGE, 2, NULL},
    {"inside of a message without any", BYTES("\4\0\0"), TREATY_ENOMESSAGE, 2,
     NULL},
};

static void check_spelling(struct treaty_schema *schema,
                           const struct spelling *s)
{
    struct treaty_schema *part = NULL;
    struct treaty_error err = {0};
    size_t len = SIZE_MAX;
    enum treaty_code code =
        treaty_proto_part_at(schema, s->bytes, &len, &part, &err);

    if (code != s->code)
        tap_fail(__FILE__, __LINE__, "%s: code %d", s->what, code);
    else if (!code &&
             (len != s->offset || !treaty_str_eq_z(part->name, s->name)))
        tap_fail(__FILE__, __LINE__, "%s: another message or length", s->what);
    else if (code && (err.offset != s->offset || part || len != SIZE_MAX))
        tap_fail(__FILE__, __LINE__, "%s: offset %zu", s->what, err.offset);
    treaty_schema_unref(part);
}

static void reads_any_spelling(void)
{
    struct treaty_schema *schema = parse(text);

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        check_spelling(schema, &spellings[i]);
    treaty_schema_unref(schema);
}

static void does_without_messages(void)
{
    struct treaty_schema *schema =
        parse("syntax = \"proto3\"; package p; enum E { Z = 0; }");
    struct treaty_schema *part = NULL;
    size_t len = 7;

    CHECK_STR_Z(schema->name, "p.E");
    CHECK(treaty_proto_part_of(schema) == NULL);
    CHECK_INT(schema->indexes.len, 0);
    CHECK_INT(treaty_proto_part_at(schema, (struct treaty_str){"", 1}, &len,
                                   &part, NULL),
              TREATY_ENOMESSAGE);
    CHECK_INT(treaty_proto_part(schema, TREATY_STR("p.E"), &part, NULL),
              TREATY_ENOMESSAGE);
    CHECK_INT(len, 7);
    treaty_schema_unref(schema);
}

TAP_MAIN({"finds messages by name", finds_messages_by_name},
         {"knows no other messages", knows_no_other_messages},
         {"finds messages by index", finds_messages_by_index},
         {"reads any spelling", reads_any_spelling},
         {"does without messages", does_without_messages})
