/* SPDX-License-Identifier: Apache-2.0 */
#include "serde/side.h"

#include "base/str.h"

/*
 * As a stored schema, without the checks for new ones: a reader's may be an
 * old one, and a writer's is judged by the registry that it is registered in.
 */
static enum treaty_code make_schema(struct treaty_client *client,
                                    const struct treaty_given *given,
                                    struct treaty_schema **ret,
                                    struct treaty_error *err)
{
    struct treaty_manner manner = {0};
    struct treaty_schema_info info = {
        .type = treaty_str_z(given->format),
        .text = treaty_str_z(given->text),
        .references = given->references,
        .reference_count = given->reference_count,
    };

    return treaty_client_parse(client, &info, TREATY_STORED, manner, ret, err);
}

/* The message of it that the application wants. */
static enum treaty_code choose_part(struct treaty_schema **schema,
                                    const char *message,
                                    struct treaty_error *err)
{
    struct treaty_schema *part;
    enum treaty_code code =
        treaty_schema_part(*schema, treaty_str_z(message), &part, err);

    if (code != TREATY_OK)
        return code;
    treaty_schema_unref(*schema);
    *schema = part;
    return TREATY_OK;
}

static enum treaty_code make_layout(const struct treaty_given *given,
                                    const struct treaty_schema *schema,
                                    struct treaty_layout **ret,
                                    struct treaty_error *err)
{
    if (given->bindings)
        return treaty_layout_from_bindings(given->bindings,
                                           given->binding_count,
                                           given->record_size, ret, err);
    if (!schema)
        return TREATY_OK;
    return schema->format->layout(schema, ret, err);
}

enum treaty_code treaty_side_make(struct treaty_client *client,
                                  const struct treaty_given *given,
                                  struct treaty_side *ret,
                                  struct treaty_error *err)
{
    struct treaty_side side = {0};
    enum treaty_code code = TREATY_OK;

    if (given->text)
        code = make_schema(client, given, &side.schema, err);
    if (code == TREATY_OK && side.schema)
        code = choose_part(&side.schema, given->message, err);
    if (code == TREATY_OK)
        code = make_layout(given, side.schema, &side.layout, err);
    if (code != TREATY_OK) {
        treaty_side_release(&side);
        return code;
    }
    *ret = side;
    return TREATY_OK;
}

void treaty_side_release(struct treaty_side *side)
{
    treaty_layout_unref(side->layout);
    treaty_schema_unref(side->schema);
    *side = (struct treaty_side){0};
}
