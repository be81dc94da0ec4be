/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of treaty/client.h: write a request, run it, read the reply. */
#include "base/error.h"
#include "base/json.h"
#include "client/call.h"
#include "client/query.h"
#include "client/reply.h"
#include "client/scratch.h"

#include <inttypes.h>

/* A request under construction; `format` and `segment` as in query.h. */
struct request {
    enum treaty_method method;
    const char *format;
    const char *segment;
    const struct treaty_schema_request *schema; /* the body, or NULL */
    struct treaty_str body; /* likewise, when it is no schema */
};

static enum treaty_code
run_built(struct treaty_client *client, const struct request *request,
          struct treaty_buf buffers[2], struct treaty_arena *arena,
          const struct treaty_json **ret, struct treaty_error *err)
{
    struct treaty_call call = {
        .method = request->method,
        .body = request->body,
        .once = request->method == TREATY_DELETE,
    };
    enum treaty_code code;

    treaty_query_path(&buffers[0], request->format, request->segment);
    if (request->schema) {
        treaty_query_schema(&buffers[1], request->schema);
        call.body = treaty_buf_str(&buffers[1]);
    }
    code = treaty_buf_status(&buffers[0], err);
    if (code == TREATY_OK)
        code = treaty_buf_status(&buffers[1], err);
    if (code != TREATY_OK)
        return code;
    call.path = buffers[0].data;
    return treaty_call_run(client, &call, arena, ret, err);
}

static enum treaty_code run(struct treaty_client *client,
                            const struct request *request,
                            struct treaty_arena *arena,
                            const struct treaty_json **ret,
                            struct treaty_error *err)
{
    struct treaty_buf buffers[2];
    enum treaty_code code;

    treaty_buf_init(&buffers[0], 0);
    treaty_buf_init(&buffers[1], 0);
    code = run_built(client, request, buffers, arena, ret, err);
    treaty_buf_release(&buffers[0]);
    treaty_buf_release(&buffers[1]);
    return code;
}

/* Run it for nothing but its success. */
static enum treaty_code run_for_nothing(struct treaty_client *client,
                                        const struct request *request,
                                        struct treaty_error *err)
{
    struct treaty_arena arena;
    const struct treaty_json *json;
    enum treaty_code code;

    treaty_arena_init(&arena, 0, &client->arena.alloc);
    code = run(client, request, &arena, &json, err);
    treaty_arena_release(&arena);
    return code;
}

static enum treaty_code run_for_schema(struct treaty_client *client,
                                       const struct request *request,
                                       struct treaty_scratch *scratch,
                                       struct treaty_schema_info *ret,
                                       struct treaty_error *err)
{
    const struct treaty_json *json;
    enum treaty_code code = run(client, request, &scratch->arena, &json, err);

    if (code != TREATY_OK)
        return code;
    return treaty_reply_schema(json, &scratch->arena, ret, err);
}

/* What was asked about is known even when a reply does not repeat it. */
static void fill_in(const struct treaty_schema_request *schema,
                    struct treaty_schema_info *info)
{
    if (!info->text.data) {
        info->text = schema->text;
        info->references = schema->references;
        info->reference_count = schema->reference_count;
        if (schema->type)
            info->type = treaty_str_z(schema->type);
    }
    if (!info->subject.data)
        info->subject = treaty_str_z(schema->subject);
}

static enum treaty_code post_schema(struct treaty_client *client,
                                    const struct request *request,
                                    struct treaty_scratch *scratch,
                                    struct treaty_schema_info *ret,
                                    struct treaty_error *err)
{
    struct treaty_schema_info info;
    enum treaty_code code =
        run_for_schema(client, request, scratch, &info, err);

    if (code != TREATY_OK)
        return code;
    if (info.id <= 0)
        return treaty_reply_is_odd(err, "schema id");
    fill_in(request->schema, &info);
    *ret = info;
    return TREATY_OK;
}

enum treaty_code
treaty_client_register(struct treaty_client *client,
                       const struct treaty_schema_request *schema,
                       struct treaty_scratch *scratch,
                       struct treaty_schema_info *ret, struct treaty_error *err)
{
    struct request request = {
        .method = TREATY_POST,
        .format = schema->normalize ? "/subjects/%s/versions?normalize=true"
                                    : "/subjects/%s/versions",
        .segment = schema->subject,
        .schema = schema,
    };

    return post_schema(client, &request, scratch, ret, err);
}

enum treaty_code
treaty_client_look_up(struct treaty_client *client,
                      const struct treaty_schema_request *schema,
                      struct treaty_scratch *scratch,
                      struct treaty_schema_info *ret, struct treaty_error *err)
{
    struct request request = {
        .method = TREATY_POST,
        .format =
            schema->normalize ? "/subjects/%s?normalize=true" : "/subjects/%s",
        .segment = schema->subject,
        .schema = schema,
    };

    return post_schema(client, &request, scratch, ret, err);
}

/* A fetched schema must at least have a text. */
static enum treaty_code get_schema(struct treaty_client *client,
                                   const char *format, const char *segment,
                                   struct treaty_scratch *scratch,
                                   struct treaty_schema_info *ret,
                                   struct treaty_error *err)
{
    struct request request = {.format = format, .segment = segment};
    struct treaty_schema_info info;
    enum treaty_code code =
        run_for_schema(client, &request, scratch, &info, err);

    if (code != TREATY_OK)
        return code;
    if (!info.text.data)
        return treaty_reply_is_odd(err, "schema");
    *ret = info;
    return TREATY_OK;
}

enum treaty_code treaty_client_get_id(struct treaty_client *client, int32_t id,
                                      struct treaty_scratch *scratch,
                                      struct treaty_schema_info *ret,
                                      struct treaty_error *err)
{
    char path[40];
    struct treaty_schema_info info;
    enum treaty_code code;

    snprintf(path, sizeof(path), "/schemas/ids/%" PRId32, id);
    code = get_schema(client, path, NULL, scratch, &info, err);
    if (code != TREATY_OK)
        return code;
    info.id = id;
    *ret = info;
    return TREATY_OK;
}

enum treaty_code treaty_client_get_guid(struct treaty_client *client,
                                        const char *guid,
                                        struct treaty_scratch *scratch,
                                        struct treaty_schema_info *ret,
                                        struct treaty_error *err)
{
    struct treaty_schema_info info = {0};
    enum treaty_code code =
        get_schema(client, "/schemas/guids/%s", guid, scratch, &info, err);

    if (code != TREATY_OK)
        return code;
    if (!info.guid.data)
        info.guid = treaty_str_z(guid);
    *ret = info;
    return TREATY_OK;
}

enum treaty_code treaty_client_get_version(struct treaty_client *client,
                                           const char *subject, int32_t version,
                                           struct treaty_scratch *scratch,
                                           struct treaty_schema_info *ret,
                                           struct treaty_error *err)
{
    char format[48] = "/subjects/%s/versions/latest";

    if (version != 0)
        snprintf(format, sizeof(format), "/subjects/%%s/versions/%" PRId32,
                 version);
    return get_schema(client, format, subject, scratch, ret, err);
}

enum treaty_code treaty_client_subjects(struct treaty_client *client,
                                        struct treaty_scratch *scratch,
                                        struct treaty_texts *ret,
                                        struct treaty_error *err)
{
    struct request request = {.format = "/subjects"};
    const struct treaty_json *json;
    enum treaty_code code = run(client, &request, &scratch->arena, &json, err);

    if (code != TREATY_OK)
        return code;
    return treaty_reply_texts(json, &scratch->arena, ret, err);
}

enum treaty_code treaty_client_versions(struct treaty_client *client,
                                        const char *subject,
                                        struct treaty_scratch *scratch,
                                        struct treaty_numbers *ret,
                                        struct treaty_error *err)
{
    struct request request = {
        .format = "/subjects/%s/versions",
        .segment = subject,
    };
    const struct treaty_json *json;
    enum treaty_code code = run(client, &request, &scratch->arena, &json, err);

    if (code != TREATY_OK)
        return code;
    return treaty_reply_numbers(json, &scratch->arena, ret, err);
}

static enum treaty_code read_check(const struct treaty_json *json,
                                   struct treaty_arena *arena,
                                   struct treaty_check *ret,
                                   struct treaty_error *err)
{
    struct treaty_check check = {0};
    const struct treaty_json *verdict = NULL;
    const struct treaty_json *messages = NULL;
    enum treaty_code code;

    if (json->kind == TREATY_JSON_OBJECT) {
        verdict = treaty_json_get(json, "is_compatible");
        messages = treaty_json_get(json, "messages");
    }
    if (!verdict || verdict->kind != TREATY_JSON_BOOL)
        return treaty_reply_is_odd(err, "verdict");
    check.compatible = verdict->truth;
    if (messages && messages->kind != TREATY_JSON_NULL) {
        code = treaty_reply_texts(messages, arena, &check.messages, err);
        if (code != TREATY_OK)
            return code;
    }
    *ret = check;
    return TREATY_OK;
}

enum treaty_code treaty_client_check(struct treaty_client *client,
                                     const struct treaty_schema_request *schema,
                                     int32_t version,
                                     struct treaty_scratch *scratch,
                                     struct treaty_check *ret,
                                     struct treaty_error *err)
{
    char which[16] = "";
    char format[96];
    struct request request = {
        .method = TREATY_POST,
        .format = format,
        .segment = schema->subject,
        .schema = schema,
    };
    const struct treaty_json *json;
    enum treaty_code code;

    if (version < 0)
        snprintf(which, sizeof(which), "/latest");
    else if (version > 0)
        snprintf(which, sizeof(which), "/%" PRId32, version);
    snprintf(format, sizeof(format),
             "/compatibility/subjects/%%s/versions%s?verbose=true%s", which,
             schema->normalize ? "&normalize=true" : "");
    code = run(client, &request, &scratch->arena, &json, err);
    if (code != TREATY_OK)
        return code;
    return read_check(json, &scratch->arena, ret, err);
}

enum treaty_code treaty_client_get_level(struct treaty_client *client,
                                         const char *subject,
                                         struct treaty_scratch *scratch,
                                         struct treaty_str *ret,
                                         struct treaty_error *err)
{
    struct request request = {
        .format = subject ? "/config/%s" : "/config",
        .segment = subject,
    };
    const struct treaty_json *json;
    const struct treaty_json *level = NULL;
    enum treaty_code code = run(client, &request, &scratch->arena, &json, err);

    if (code != TREATY_OK)
        return code;
    if (json->kind == TREATY_JSON_OBJECT)
        level = treaty_json_get(json, "compatibilityLevel");
    if (!level || level->kind != TREATY_JSON_STRING)
        return treaty_reply_is_odd(err, "compatibility level");
    *ret = level->text;
    return TREATY_OK;
}

enum treaty_code treaty_client_set_level(struct treaty_client *client,
                                         const char *subject, const char *level,
                                         struct treaty_error *err)
{
    struct treaty_buf body;
    struct treaty_json_writer writer = {.out = &body};
    struct request request = {
        .method = TREATY_PUT,
        .format = subject ? "/config/%s" : "/config",
        .segment = subject,
    };
    enum treaty_code code;

    treaty_buf_init(&body, 0);
    treaty_json_begin_object(&writer);
    treaty_json_member_str(&writer, "compatibility", treaty_str_z(level));
    treaty_json_end_object(&writer);
    code = treaty_buf_status(&body, err);
    if (code == TREATY_OK) {
        request.body = treaty_buf_str(&body);
        code = run_for_nothing(client, &request, err);
    }
    treaty_buf_release(&body);
    return code;
}

enum treaty_code treaty_client_delete_subject(struct treaty_client *client,
                                              const char *subject,
                                              bool permanent,
                                              struct treaty_error *err)
{
    struct request request = {
        .method = TREATY_DELETE,
        .format = permanent ? "/subjects/%s?permanent=true" : "/subjects/%s",
        .segment = subject,
    };

    return run_for_nothing(client, &request, err);
}

enum treaty_code treaty_client_delete_version(struct treaty_client *client,
                                              const char *subject,
                                              int32_t version, bool permanent,
                                              struct treaty_error *err)
{
    char format[64];
    struct request request = {
        .method = TREATY_DELETE,
        .format = format,
        .segment = subject,
    };

    snprintf(format, sizeof(format), "/subjects/%%s/versions/%" PRId32 "%s",
             version, permanent ? "?permanent=true" : "");
    return run_for_nothing(client, &request, err);
}
