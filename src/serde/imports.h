/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_SERDE_IMPORTS_H
#define TREATY_SRC_SERDE_IMPORTS_H

/*
 * Files that an application's schema imports and that it brings along, in the
 * order of dependency: each once, after all that it imports itself.
 *
 *     schema --imports--> a.proto --> c.proto      c, a, b
 *                    \--> b.proto --/
 */
#include "client/cache.h"

#include <treaty/serde.h>

/* What a text imports. */
struct treaty_import_names {
    struct treaty_str *items;
    size_t count;
};

struct treaty_brought_file {
    struct treaty_str path;    /* terminated */
    struct treaty_str subject; /* terminated */
    struct treaty_str text;
    struct treaty_import_names imports;
    int32_t version; /* set by treaty_brought_register */
};

struct treaty_brought {
    struct treaty_brought_file *files;
    size_t count;
    struct treaty_import_names imports; /* of the schema itself */
};

/*
 * Find the files that `text` and they import, as far as `source` has them: all
 * on `arena`. TREATY_ESCHEMA for a file that imports itself by some way,
 * TREATY_ELIMIT past TREATY_REFERENCES_MAX files or 256 levels.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_brought_find(struct treaty_arena *arena,
                    const struct treaty_format *format, struct treaty_str text,
                    const struct treaty_import_source *source,
                    struct treaty_brought *ret, struct treaty_error *err);

/* Name the subject of each file. TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code
treaty_brought_name(struct treaty_arena *arena, struct treaty_brought *brought,
                    enum treaty_reference_strategy strategy,
                    struct treaty_error *err);

/*
 * Register every file, or look it up, like `request`, the schema's own. Then
 * the request has the references that its imports make, behind those that it
 * had, on `arena`. Fails as treaty_client_id_of.
 */
TREATY_MUST_CHECK enum treaty_code treaty_brought_register(
    struct treaty_arena *arena, struct treaty_client *client,
    struct treaty_brought *brought, struct treaty_id_request *request,
    struct treaty_error *err);

#endif
