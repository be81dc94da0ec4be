/* SPDX-License-Identifier: Apache-2.0 */
#include "serde/side.h"

#include "base/error.h"
#include "base/str.h"

/* The closure of the references, and behind it the files brought along. */
static enum treaty_code add_brought(const struct treaty_brought *brought,
                                    struct treaty_arena *arena,
                                    struct treaty_closure *closure,
                                    struct treaty_error *err)
{
    struct treaty_import *imports = TREATY_ARENA_NEW_N(
        arena, struct treaty_import, closure->count + brought->count + 1);

    if (!imports)
        return treaty_fail_nomem(err);
    if (closure->count > 0)
        memcpy(imports, closure->imports, closure->count * sizeof(*imports));
    for (size_t i = 0; i < brought->count; i++)
        imports[closure->count + i] = (struct treaty_import){
            .reference.name = brought->files[i].path,
            .text = brought->files[i].text,
        };
    *closure =
        (struct treaty_closure){imports, closure->count + brought->count};
    return TREATY_OK;
}

/*
 * As a stored schema, without the checks for new ones: a reader's may be an
 * old one, and a writer's is judged by the registry that it is registered in.
 */
static enum treaty_code parse(struct treaty_client *client,
                              const struct treaty_given *given,
                              struct treaty_arena *arena,
                              struct treaty_side *side,
                              struct treaty_error *err)
{
    struct treaty_manner manner = {0};
    struct treaty_schema_info info = {
        .type = treaty_str_z(given->format),
        .text = treaty_str_z(given->text),
        .references = given->references,
        .reference_count = given->reference_count,
    };
    struct treaty_closure closure;
    enum treaty_code code =
        treaty_client_closure(client, &info, manner, arena, &closure, err);

    if (code == TREATY_OK && side->brought.count > 0)
        code = add_brought(&side->brought, arena, &closure, err);
    if (code != TREATY_OK)
        return code;
    return treaty_closure_parse(&closure, &info, TREATY_STORED, &side->schema,
                                err);
}

static enum treaty_code make_schema(struct treaty_client *client,
                                    struct treaty_arena *arena,
                                    const struct treaty_given *given,
                                    struct treaty_side *side,
                                    struct treaty_error *err)
{
    struct treaty_arena scratch;
    enum treaty_code code = treaty_brought_find(
        arena, treaty_format_find(treaty_str_z(given->format)),
        treaty_str_z(given->text), given->imports, &side->brought, err);

    if (code != TREATY_OK)
        return code;
    treaty_arena_init(&scratch, 0, &client->arena.alloc);
    code = parse(client, given, &scratch, side, err);
    treaty_arena_release(&scratch);
    return code;
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
                                  struct treaty_arena *arena,
                                  const struct treaty_given *given,
                                  struct treaty_side *ret,
                                  struct treaty_error *err)
{
    struct treaty_side side = {0};
    enum treaty_code code = TREATY_OK;

    if (given->text)
        code = make_schema(client, arena, given, &side, err);
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
