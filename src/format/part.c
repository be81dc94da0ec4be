/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas that hold several messages, and those that do not, asked alike. */
#include "base/error.h"
#include "base/str.h"
#include "format/format.h"

enum treaty_code treaty_schema_part(struct treaty_schema *schema,
                                    struct treaty_str name,
                                    struct treaty_schema **ret,
                                    struct treaty_error *err)
{
    if (name.len == 0 || treaty_str_eq(name, schema->name)) {
        *ret = treaty_schema_ref(schema);
        return TREATY_OK;
    }
    if (schema->format->part)
        return schema->format->part(schema, name, ret, err);
    return treaty_fail(err, TREATY_ENOMESSAGE, TREATY_NO_OFFSET,
                       "the schema is called \"%.*s\", not \"%.*s\"",
                       TREATY_STR_ARG(schema->name), TREATY_STR_ARG(name));
}

/* The header of a schema without parts ends with the GUID. */
static enum treaty_code check_end(const struct treaty_frame *frame, size_t used,
                                  struct treaty_error *err)
{
    if (!frame->by_guid || frame->more.len == used)
        return TREATY_OK;
    return treaty_fail(err, TREATY_EFRAME, TREATY_FRAME_GUID_SIZE + used,
                       "the schema header has %zu bytes, not %zu",
                       TREATY_FRAME_GUID_SIZE + frame->more.len,
                       TREATY_FRAME_GUID_SIZE + used);
}

static void take_off(struct treaty_frame *frame, size_t len)
{
    if (frame->by_guid) {
        frame->more = treaty_str_sub(frame->more, len, SIZE_MAX);
        return;
    }
    frame->payload = treaty_str_sub(frame->payload, len, SIZE_MAX);
    frame->payload_at += len;
}

static enum treaty_code find_part(struct treaty_schema *schema,
                                  struct treaty_frame *frame, size_t *ret_len,
                                  struct treaty_schema **ret,
                                  struct treaty_error *err)
{
    struct treaty_str said = treaty_frame_indexes(frame);
    size_t at = frame->by_guid ? TREATY_FRAME_GUID_SIZE : frame->payload_at;
    enum treaty_code code;

    if (treaty_frame_indexes_len(said) == 0)
        return treaty_fail(err, TREATY_EFRAME, at,
                           "no message indexes where the schema wants them");
    code = schema->format->part_at(schema, said, ret_len, ret, err);
    if (code != TREATY_OK && err && err->offset != TREATY_NO_OFFSET)
        err->offset += at;
    return code;
}

enum treaty_code treaty_schema_of_frame(struct treaty_schema *schema,
                                        struct treaty_frame *frame,
                                        struct treaty_schema **ret,
                                        struct treaty_error *err)
{
    struct treaty_schema *part = NULL;
    size_t used = 0;
    enum treaty_code code = TREATY_OK;

    if (schema->format->part_at)
        code = find_part(schema, frame, &used, &part, err);
    else
        part = treaty_schema_ref(schema);
    if (code == TREATY_OK)
        code = check_end(frame, used, err);
    if (code != TREATY_OK) {
        treaty_schema_unref(part);
        return code;
    }
    take_off(frame, used);
    *ret = part;
    return TREATY_OK;
}
