/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The .proto files that are carried: found by path, whole, and ASCII.
 */
#include "format/protobuf/builtin.h"
#include "harness/tap.h"

static void finds(void)
{
    static const char *const paths[] = {
        "google/protobuf/any.proto",
        "google/protobuf/descriptor.proto",
        "google/protobuf/wrappers.proto",
        "google/type/money.proto",
        "google/protobuf/timestamp.proto",
        "confluent/type/decimal.proto",
        "confluent/meta.proto",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (!treaty_proto_builtin(treaty_str_z(paths[i])).data)
            tap_fail(__FILE__, __LINE__, "no %s", paths[i]);
}

static void finds_no_other(void)
{
    static const char *const paths[] = {
        "",          "google/protobuf/any", "google/protobuf/any.proto ",
        "any.proto", "google/protobuf",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (treaty_proto_builtin(treaty_str_z(paths[i])).data)
            tap_fail(__FILE__, __LINE__, "found %s", paths[i]);
}

/* Each starts with its syntax, and imports only what is carried, too. */
static void is_closed(void)
{
    struct treaty_str path;
    size_t i;

    for (i = 0; treaty_proto_builtin_path(i).data; i++) {
        struct treaty_str text;
        struct treaty_str line;

        path = treaty_proto_builtin_path(i);
        text = treaty_proto_builtin(path);
        CHECK(treaty_str_starts(text, TREATY_STR("syntax = \"proto")));
        CHECK(treaty_str_ends(text, TREATY_STR("}\n")));
        while (treaty_str_split(&text, '\n', &line)) {
            if (!treaty_str_starts(line, TREATY_STR("import \"")))
                continue;
            line = treaty_str_sub(line, 8, line.len - 10);
            if (!treaty_proto_builtin(line).data)
                tap_fail(__FILE__, __LINE__, "no %.*s", (int)line.len,
                         line.data);
        }
    }
    CHECK(i >= 30);
}

TAP_MAIN({"finds", finds}, {"finds no other", finds_no_other},
         {"is closed", is_closed})
