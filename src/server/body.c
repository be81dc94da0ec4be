/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request bodies: JSON objects. Members that we do not know are ignored, and
 * of a member that is given twice the last counts, as in the reference.
 */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

/* Far more than the references and the metadata of a schema come to; a body of
 * nothing but small values takes 45 times its size in memory. */
enum { VALUE_MAX = 100000 };

enum treaty_code treaty_server_body(struct treaty_http_request *req,
                                    const struct treaty_json **ret,
                                    struct treaty_error *err)
{
    static const struct treaty_json_options options = {.flags = TREATY_JSON_NAN,
                                                       .value_max = VALUE_MAX};
    struct treaty_str text = treaty_http_body(req);
    const struct treaty_json *body;
    struct treaty_error cause;
    enum treaty_code code;

    if (!treaty_str_trim(text).len)
        return treaty_fail(err, TREATY_EENTITY, TREATY_NO_OFFSET,
                           "the request has no body");
    code = treaty_json_parse(treaty_http_arena(req), text, &options, &body,
                             &cause);
    if (code == TREATY_ENOMEM)
        return treaty_fail_nomem(err);
    if (code == TREATY_ELIMIT)
        return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "the body holds %s", cause.message);
    if (code)
        return treaty_fail(err, TREATY_EREQUEST, cause.offset,
                           "the body is not JSON: %s at byte %zu",
                           cause.message, cause.offset);
    if (body->kind == TREATY_JSON_NULL)
        return treaty_fail(err, TREATY_EENTITY, TREATY_NO_OFFSET,
                           "the body is null");
    if (body->kind != TREATY_JSON_OBJECT)
        return treaty_fail(err, TREATY_EREQUEST, body->pos,
                           "the body is %s, not an object",
                           treaty_json_kind_text(body->kind));
    *ret = body;
    return TREATY_OK;
}

enum treaty_code treaty_server_body_str(const struct treaty_json *body,
                                        const char *name,
                                        struct treaty_str *ret,
                                        struct treaty_error *err)
{
    const struct treaty_json *member = treaty_json_get(body, name);

    *ret = (struct treaty_str){0};
    if (!member || member->kind == TREATY_JSON_NULL)
        return TREATY_OK;
    if (member->kind != TREATY_JSON_STRING)
        return treaty_fail(err, TREATY_EREQUEST, member->pos,
                           "\"%s\" must be a string, not %s", name,
                           treaty_json_kind_text(member->kind));
    *ret = member->text;
    return TREATY_OK;
}

/* A member that is a 32-bit number, null or absent, the latter two as 0. */
static enum treaty_code body_i32(const struct treaty_json *body,
                                 const char *name, int32_t *ret,
                                 struct treaty_error *err)
{
    const struct treaty_json *member = treaty_json_get(body, name);
    int64_t number;

    *ret = 0;
    if (!member || member->kind == TREATY_JSON_NULL)
        return TREATY_OK;
    if (member->kind != TREATY_JSON_NUMBER ||
        !treaty_json_to_i64(member, &number) || number < INT32_MIN ||
        number > INT32_MAX)
        return treaty_fail(err, TREATY_EREQUEST, member->pos,
                           "\"%s\" must be a whole number of 32 bits", name);
    *ret = (int32_t)number;
    return TREATY_OK;
}

static enum treaty_code take_reference(const struct treaty_json *item,
                                       struct treaty_reference *ret,
                                       struct treaty_error *err)
{
    enum treaty_code code;

    if (item->kind != TREATY_JSON_OBJECT)
        return treaty_fail(err, TREATY_EREQUEST, item->pos,
                           "a reference must be an object, not %s",
                           treaty_json_kind_text(item->kind));
    code = treaty_server_body_str(item, "name", &ret->name, err);
    if (!code)
        code = treaty_server_body_str(item, "subject", &ret->subject, err);
    if (!code)
        code = body_i32(item, "version", &ret->version, err);
    return code;
}

static enum treaty_code take_references(struct treaty_arena *arena,
                                        const struct treaty_json *body,
                                        struct treaty_task_schema *schema,
                                        struct treaty_error *err)
{
    const struct treaty_json *list = treaty_json_get(body, "references");
    const struct treaty_json *item;
    struct treaty_reference *references;
    enum treaty_code code = TREATY_OK;
    size_t n = 0;

    if (!list || list->kind == TREATY_JSON_NULL)
        return TREATY_OK;
    if (list->kind != TREATY_JSON_ARRAY)
        return treaty_fail(err, TREATY_EREQUEST, list->pos,
                           "\"references\" must be an array, not %s",
                           treaty_json_kind_text(list->kind));
    references =
        TREATY_ARENA_NEW_N(arena, struct treaty_reference, list->count + 1u);
    if (!references)
        return treaty_fail_nomem(err);
    for (item = list->child; item && !code; item = item->next)
        code = take_reference(item, &references[n++], err);
    schema->references = references;
    schema->reference_count = n;
    return code;
}

static enum treaty_code take_schema(struct treaty_http_request *req,
                                    const struct treaty_json *body,
                                    struct treaty_task *task,
                                    struct treaty_error *err)
{
    enum treaty_code code;

    code = treaty_server_body_str(body, "schema", &task->schema.text, err);
    if (!code)
        code =
            treaty_server_body_str(body, "schemaType", &task->schema.type, err);
    if (!code)
        code =
            take_references(treaty_http_arena(req), body, &task->schema, err);
    if (!code && task->kind == TREATY_TASK_REGISTER)
        code = body_i32(body, "version", &task->version, err);
    if (!code)
        code = body_i32(body, "id", &task->id, err);
    return code;
}

enum treaty_code treaty_server_body_schema(struct treaty_server_work *work,
                                           struct treaty_error *err)
{
    const struct treaty_json *body;
    enum treaty_code code = treaty_server_body(work->req, &body, err);

    if (code)
        return code;
    work->task.schema.normalize = treaty_server_flag(work->req, "normalize");
    return take_schema(work->req, body, &work->task, err);
}
