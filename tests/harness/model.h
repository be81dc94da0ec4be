/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_MODEL_H
#define TREATY_TESTS_HARNESS_MODEL_H

/* A schema with its natural layout, for tests that need events. */
#include "format/format.h"
#include "record/text.h"

struct model {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
};

/* A schema that does not parse ends the test program. */
struct model model_open(const char *schema_text);
struct model model_open_proto(const char *schema_text);
/* Below schemas/; Protobuf where it ends in .proto. */
struct model model_open_file(const char *name);
void model_close(struct model *model);

/* Read plain JSON into a record on `arena`; NULL after reporting. */
void *model_read(const struct model *model, struct treaty_arena *arena,
                 const char *json);
void *model_read_form(const struct model *model, struct treaty_arena *arena,
                      const char *json, enum treaty_text_form form);

#endif
