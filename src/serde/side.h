/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_SERDE_SIDE_H
#define TREATY_SRC_SERDE_SIDE_H

/* The application's side, which serializers and deserializers are given alike:
 * a schema of its own and the struct that it uses. */
#include "client/closure.h"
#include "serde/imports.h"

#include <treaty/record.h>

struct treaty_given {
    const char *text; /* NULL: none */
    const char *format;
    const struct treaty_reference *references;
    size_t reference_count;
    const struct treaty_import_source *imports;
    const char *message;                   /* NULL: the schema's first */
    const struct treaty_binding *bindings; /* NULL: the natural layout */
    size_t binding_count;
    size_t record_size;
};

/* Each one count, or NULL: without a text there is no schema, without a text
 * and bindings there is no layout. */
struct treaty_side {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_brought brought; /* the files that the schema imports */
};

/*
 * Parse the schema, whose references the registry is asked for, and make the
 * layout. What was brought lies on `arena`. Fails as those do.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_side_make(struct treaty_client *client, struct treaty_arena *arena,
                 const struct treaty_given *given, struct treaty_side *ret,
                 struct treaty_error *err);
void treaty_side_release(struct treaty_side *side);

#endif
