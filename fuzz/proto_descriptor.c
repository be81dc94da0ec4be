/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema that is sent as a descriptor, on any bytes. What must hold:
 *
 * 1. A failure has a place within the input, or none, and a message in UTF-8.
 * 2. What is accepted is stored as a text that gives itself, normalised too.
 * 3. The descriptor that protoc would make of it, where it would make one,
 *    gives itself when it is read.
 * 4. It has a descriptor such as the reference makes.
 */
#include "base/base64.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)                                                          \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

static void check_error(const struct treaty_error *err, size_t len)
{
    REQUIRE(err->offset <= len || err->offset == TREATY_NO_OFFSET);
    REQUIRE(err->message[0] != '\0');
    REQUIRE(treaty_utf8_valid(treaty_str_z(err->message)));
}

static struct treaty_schema *parse(struct treaty_str text,
                                   enum treaty_strictness strictness)
{
    struct treaty_source source = {.text = text, .strictness = strictness};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        check_error(&err, text.len);
    else if (schema->objection.code)
        check_error(&schema->objection, text.len);
    return schema;
}

static void check_texts(const struct treaty_schema *schema)
{
    struct treaty_schema *again = parse(schema->canonical, TREATY_STORED);
    struct treaty_buf once;
    struct treaty_buf twice;

    REQUIRE(again && treaty_str_eq(again->canonical, schema->canonical));
    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    REQUIRE(treaty_proto_normalize(schema, &once, NULL) == TREATY_OK);
    REQUIRE(treaty_proto_normalize(again, &twice, NULL) == TREATY_OK);
    REQUIRE(treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&twice)));
    treaty_buf_clear(&once);
    REQUIRE(treaty_schema_render(schema, TREATY_STR("serialized"), &once, NULL,
                                 NULL) == TREATY_OK);
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
    treaty_schema_unref(again);
}

/* In base64, as it would be sent; empty where protoc refuses the schema. */
static void put_descriptor(const struct treaty_schema *schema,
                           struct treaty_buf *out)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(schema);
    struct treaty_buf bytes;

    treaty_buf_init(&bytes, 0);
    if (!schema->objection.code &&
        treaty_proto_put_descriptor(tree, tree->file, TREATY_STR("x"), &bytes,
                                    NULL) == TREATY_OK)
        treaty_base64_put(out, TREATY_BASE64, treaty_buf_str(&bytes));
    treaty_buf_release(&bytes);
}

static void check_descriptor(const struct treaty_schema *schema)
{
    struct treaty_schema *again = NULL;
    struct treaty_buf once;
    struct treaty_buf twice;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    put_descriptor(schema, &once);
    if (once.len) {
        again = parse(treaty_buf_str(&once), TREATY_NEW);
        REQUIRE(again);
        put_descriptor(again, &twice);
        REQUIRE(treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&twice)));
    }
    treaty_schema_unref(again);
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct treaty_schema *schema;
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    treaty_base64_put(&text, TREATY_BASE64,
                      (struct treaty_str){(const char *)data, size});
    schema = parse(treaty_buf_str(&text), TREATY_NEW);
    if (schema) {
        check_texts(schema);
        check_descriptor(schema);
    }
    treaty_schema_unref(schema);
    treaty_buf_release(&text);
    return 0;
}
