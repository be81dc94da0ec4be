/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_SERDE_SERDE_H
#define TREATY_SRC_SERDE_SERDE_H

/* What the programs of this house may do beyond treaty/serde.h. */
#include "client/cache.h"
#include "client/scratch.h"

#include <treaty/serde.h>

/*
 * treaty_serialize in the prefix form, appended to `out`, so that many frames
 * can lie in one buffer. A failure leaves `out` as long as it was.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_serializer_append(struct treaty_serializer *serializer,
                         const void *record, struct treaty_scratch *scratch,
                         struct treaty_buf *out, struct treaty_error *err);

/* The schema that events follow; NULL when it is only known to the registry
 * and has not been asked for. */
const struct treaty_schema *
treaty_serializer_schema(const struct treaty_serializer *serializer);

/* What a message is, before its payload is looked at. */
struct treaty_found {
    struct treaty_frame frame;
    const struct treaty_cached_plan *plan; /* with writer, reader, layout */
};

/* As treaty_deserialize, up to the payload. A failure may leave the frame in
 * `ret`, but no plan. */
TREATY_MUST_CHECK enum treaty_code
treaty_deserializer_find(struct treaty_deserializer *deserializer,
                         const struct treaty_message *message,
                         struct treaty_scratch *scratch,
                         struct treaty_found *ret, struct treaty_error *err);

/* The rest of it. */
TREATY_MUST_CHECK enum treaty_code treaty_deserializer_decode(
    struct treaty_deserializer *deserializer, const struct treaty_found *found,
    void *record, struct treaty_scratch *scratch, struct treaty_error *err);

/* The reader's schema, or NULL. */
const struct treaty_schema *
treaty_deserializer_schema(const struct treaty_deserializer *deserializer);

#endif
