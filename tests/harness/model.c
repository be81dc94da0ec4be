/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/model.h"

#include "base/file.h"
#include "base/str.h"
#include "format/protobuf/format.h"
#include "harness/tap.h"
#include "record/text.h"

#include <stdio.h>
#include <stdlib.h>

static struct model open_text(const struct treaty_format *format,
                              struct treaty_str text)
{
    struct treaty_source source = {.text = text, .strictness = TREATY_NEW};
    struct model model = {NULL, NULL};
    struct treaty_error err;

    if (treaty_schema_parse(format, &source, &model.schema, &err) ||
        format->layout(model.schema, &model.layout, &err)) {
        printf("Bail out! %s at %zu of %.*s\n", err.message, err.offset,
               (int)text.len, text.data);
        exit(1);
    }
    return model;
}

struct model model_open(const char *schema_text)
{
    return open_text(&treaty_format_avro, treaty_str_z(schema_text));
}

struct model model_open_proto(const char *schema_text)
{
    return open_text(&treaty_format_protobuf, treaty_str_z(schema_text));
}

struct model model_open_file(const char *name)
{
    struct treaty_arena arena = {0};
    struct treaty_str text = {"", 0};
    struct model model;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/schemas/%s", TREATY_SOURCE_DIR,
                   name);
    if (treaty_file_read(&arena, path, 1 << 20, &text, NULL))
        tap_fail(__FILE__, __LINE__, "%s cannot be read", path);
    model = open_text(treaty_str_ends(treaty_str_z(name), TREATY_STR(".proto"))
                          ? &treaty_format_protobuf
                          : &treaty_format_avro,
                      text);
    treaty_arena_release(&arena);
    return model;
}

void model_close(struct model *model)
{
    treaty_layout_unref(model->layout);
    treaty_schema_unref(model->schema);
}

void *model_read_form(const struct model *model, struct treaty_arena *arena,
                      const char *json, enum treaty_text_form form)
{
    void *record = treaty_arena_calloc(arena, 1, model->layout->root->size + 1);
    const struct treaty_json *value;
    struct treaty_error err;

    if (treaty_json_parse(arena, treaty_str_z(json), NULL, &value, &err) ||
        treaty_record_read(arena, model->layout->root, value, form, record,
                           &err)) {
        tap_fail(__FILE__, __LINE__, "%s: %s at %zu (%s)", json, err.message,
                 err.offset, err.path);
        return NULL;
    }
    return record;
}

void *model_read(const struct model *model, struct treaty_arena *arena,
                 const char *json)
{
    return model_read_form(model, arena, json, TREATY_TEXT_PLAIN);
}
