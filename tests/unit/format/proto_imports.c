/* SPDX-License-Identifier: Apache-2.0 */
/* What a .proto file imports, asked before any of it is there. */
#include "format/protobuf/format.h"

#include "base/buf.h"
#include "harness/tap.h"

static void check(const char *text, enum treaty_code want, const char *paths)
{
    struct treaty_arena arena = {0};
    struct treaty_str *list = NULL;
    struct treaty_error err;
    struct treaty_buf got;
    size_t count = 0;

    treaty_buf_init(&got, 0);
    CHECK_INT(
        treaty_proto_imports(&arena, treaty_str_z(text), &list, &count, &err),
        want);
    for (size_t i = 0; i < count; i++) {
        treaty_buf_put(&got, list[i]);
        treaty_buf_put_c(&got, ' ');
    }
    CHECK_STR_Z(treaty_buf_str(&got), paths);
    treaty_buf_release(&got);
    treaty_arena_release(&arena);
}

static void lists_paths(void)
{
    check("", TREATY_OK, "");
    check("syntax = \"proto3\"; message M { int32 a = 1; }", TREATY_OK, "");
    check("syntax = \"proto3\";\n"
          "import \"b/c.proto\";\n"
          "// import \"never.proto\";\n"
          "import public 'a' '.proto';\n"
          "import weak \"w.proto\";\n"
          "message M { optional a.b.Unknown x = 1; }\n",
          TREATY_OK, "b/c.proto a.proto w.proto ");
}

/* Nobody registers these. */
static void leaves_out_what_is_built_in(void)
{
    check("import \"google/protobuf/timestamp.proto\";"
          "import \"google/type/money.proto\";"
          "import \"confluent/meta.proto\";"
          "import \"google/mine.proto\";",
          TREATY_OK, "google/mine.proto ");
}

/* name: "x", dependency: "a.proto", "google/protobuf/any.proto", "b.proto" */
static void reads_descriptors(void)
{
    check("CgF4GgdhLnByb3RvGhlnb29nbGUvcHJvdG9idWYvYW55LnByb3RvGgdiLnByb3Rv",
          TREATY_OK, "a.proto b.proto ");
    check("CgF4GgdhLnByb3Jv////", TREATY_ESCHEMA, "");
}

static void fails_where_the_parser_does(void)
{
    check("import \"a.proto\"; message {", TREATY_ESCHEMA, "");
    check("import ;", TREATY_ESCHEMA, "");
}

TAP_MAIN({"lists paths", lists_paths},
         {"leaves out what is built in", leaves_out_what_is_built_in},
         {"reads descriptors", reads_descriptors},
         {"fails where the parser does", fails_where_the_parser_does})
