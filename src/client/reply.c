/* SPDX-License-Identifier: Apache-2.0 */
#include "client/reply.h"

#include "base/error.h"
#include "base/str.h"

/*
 * REST numbers to codes; the first row of several with one number counts, but
 * for these. 409 is what registries before version 7 said.
 */
static enum treaty_code code_of_rest(int64_t number)
{
    if (number == 400)
        return TREATY_EREQUEST;
    if (number == 409)
        return TREATY_EINCOMPATIBLE;
    for (int i = 1; i < TREATY_CODE_COUNT; i++)
        if (treaty_code_rest_error((enum treaty_code)i) == number)
            return (enum treaty_code)i;
    return TREATY_EREQUEST;
}

bool treaty_answer_is_passing(const struct treaty_answer *answer)
{
    return answer->status == 0 || answer->status == 408 ||
           answer->status == 429 || answer->status >= 500;
}

static enum treaty_code code_of_status(long status)
{
    if (status == 408 || status == 504)
        return TREATY_ETIMEOUT;
    if (status == 429)
        return TREATY_EBUSY;
    return TREATY_EUNREACHABLE;
}

/*
 * The error_code of the registry's own refusals: three digits of status, or
 * those and two more. Credentials (401, 403) and what passes are never one.
 */
static bool is_registry_refusal(const struct treaty_answer *answer,
                                const struct treaty_json *json,
                                int64_t *ret_number)
{
    const struct treaty_json *member;
    int64_t number;

    if (answer->status == 401 || answer->status == 403 ||
        answer->status < 400 || treaty_answer_is_passing(answer))
        return false;
    member = json && json->kind == TREATY_JSON_OBJECT
                 ? treaty_json_get(json, "error_code")
                 : NULL;
    if (!member || member->kind != TREATY_JSON_NUMBER ||
        !treaty_json_to_i64(member, &number))
        return false;
    *ret_number = number;
    return number == answer->status || number / 100 == answer->status;
}

static struct treaty_str message_of(const struct treaty_json *json)
{
    const struct treaty_json *member = NULL;

    if (json && json->kind == TREATY_JSON_OBJECT)
        member = treaty_json_get(json, "message");
    if (!member || member->kind != TREATY_JSON_STRING)
        return (struct treaty_str){0};
    return member->text;
}

static enum treaty_code read_refusal(const struct treaty_answer *answer,
                                     const struct treaty_json *json,
                                     struct treaty_str base,
                                     struct treaty_error *err)
{
    struct treaty_str message = message_of(json);
    int64_t number = 0;

    if (is_registry_refusal(answer, json, &number)) {
        enum treaty_code code = code_of_rest(number);

        if (message.len == 0)
            message = treaty_str_z(treaty_code_text(code));
        return treaty_fail(err, code, TREATY_NO_OFFSET, "%.*s",
                           TREATY_STR_ARG(message));
    }
    if (message.len)
        return treaty_fail(err, code_of_status(answer->status),
                           TREATY_NO_OFFSET, "%.*s answers %ld: %.*s",
                           TREATY_STR_ARG(base), answer->status,
                           TREATY_STR_ARG(message));
    return treaty_fail(err, code_of_status(answer->status), TREATY_NO_OFFSET,
                       "%.*s answers %ld%s", TREATY_STR_ARG(base),
                       answer->status,
                       json ? "" : " and something that is not JSON");
}

enum treaty_code
treaty_answer_read(const struct treaty_answer *answer, struct treaty_str body,
                   struct treaty_str base, struct treaty_arena *arena,
                   const struct treaty_json **ret, struct treaty_error *err)
{
    static const struct treaty_json_options options = {.size_max = 64u << 20};
    const struct treaty_json *json = NULL;
    struct treaty_str copy;
    enum treaty_code code;

    if (answer->status == 0)
        return treaty_fail(err, answer->code, TREATY_NO_OFFSET,
                           "%.*s cannot be asked: %s", TREATY_STR_ARG(base),
                           answer->failure);
    copy = treaty_arena_dup(arena, body);
    if (!copy.data)
        return treaty_fail_nomem(err);
    code = treaty_json_parse(arena, copy, &options, &json, NULL);
    if (code == TREATY_ENOMEM)
        return treaty_fail_nomem(err);
    if (answer->status < 200 || answer->status > 299)
        return read_refusal(answer, code == TREATY_OK ? json : NULL, base, err);
    if (code != TREATY_OK)
        return treaty_fail(err, TREATY_EUNREACHABLE, TREATY_NO_OFFSET,
                           "%.*s answers %ld and something that is not JSON",
                           TREATY_STR_ARG(base), answer->status);
    *ret = json;
    return TREATY_OK;
}

enum treaty_code treaty_reply_is_odd(struct treaty_error *err, const char *what)
{
    return treaty_fail(err, TREATY_EUNREACHABLE, TREATY_NO_OFFSET,
                       "the registry's reply has no %s", what);
}

/* A member of 32 bits, 0 when it is absent; false when it is something else. */
static bool read_number(const struct treaty_json *object, const char *name,
                        int32_t *ret)
{
    const struct treaty_json *member = treaty_json_get(object, name);
    int64_t number = 0;

    if (member && member->kind != TREATY_JSON_NULL &&
        (member->kind != TREATY_JSON_NUMBER ||
         !treaty_json_to_i64(member, &number) || number < INT32_MIN ||
         number > INT32_MAX))
        return false;
    *ret = (int32_t)number;
    return true;
}

static bool read_text(const struct treaty_json *object, const char *name,
                      struct treaty_str *ret)
{
    const struct treaty_json *member = treaty_json_get(object, name);

    if (!member || member->kind == TREATY_JSON_NULL)
        return true;
    if (member->kind != TREATY_JSON_STRING)
        return false;
    *ret = member->text;
    return true;
}

static enum treaty_code read_references(const struct treaty_json *list,
                                        struct treaty_arena *arena,
                                        struct treaty_schema_info *ret,
                                        struct treaty_error *err)
{
    struct treaty_reference *references;
    size_t n = 0;

    if (!list || list->kind == TREATY_JSON_NULL || list->count == 0)
        return TREATY_OK;
    if (list->kind != TREATY_JSON_ARRAY)
        return treaty_reply_is_odd(err, "usable references");
    references =
        TREATY_ARENA_NEW_N(arena, struct treaty_reference, list->count);
    if (!references)
        return treaty_fail_nomem(err);
    for (const struct treaty_json *item = list->child; item;
         item = item->next, n++)
        if (item->kind != TREATY_JSON_OBJECT ||
            !read_text(item, "name", &references[n].name) ||
            !read_text(item, "subject", &references[n].subject) ||
            !read_number(item, "version", &references[n].version))
            return treaty_reply_is_odd(err, "usable references");
    ret->references = references;
    ret->reference_count = n;
    return TREATY_OK;
}

enum treaty_code treaty_reply_schema(const struct treaty_json *json,
                                     struct treaty_arena *arena,
                                     struct treaty_schema_info *ret,
                                     struct treaty_error *err)
{
    struct treaty_schema_info info = {.type = TREATY_STR("AVRO")};
    enum treaty_code code;

    if (json->kind != TREATY_JSON_OBJECT ||
        !read_number(json, "id", &info.id) ||
        !read_number(json, "version", &info.version) ||
        !read_text(json, "guid", &info.guid) ||
        !read_text(json, "subject", &info.subject) ||
        !read_text(json, "schemaType", &info.type) ||
        !read_text(json, "schema", &info.text))
        return treaty_reply_is_odd(err, "schema of the known form");
    code =
        read_references(treaty_json_get(json, "references"), arena, &info, err);
    if (code != TREATY_OK)
        return code;
    *ret = info;
    return TREATY_OK;
}

enum treaty_code treaty_reply_texts(const struct treaty_json *json,
                                    struct treaty_arena *arena,
                                    struct treaty_texts *ret,
                                    struct treaty_error *err)
{
    struct treaty_str *items;
    size_t n = 0;

    if (json->kind != TREATY_JSON_ARRAY)
        return treaty_reply_is_odd(err, "list");
    items = TREATY_ARENA_NEW_N(arena, struct treaty_str, json->count + 1);
    if (!items)
        return treaty_fail_nomem(err);
    for (const struct treaty_json *item = json->child; item;
         item = item->next) {
        if (item->kind != TREATY_JSON_STRING)
            return treaty_reply_is_odd(err, "list of texts");
        items[n++] = item->text;
    }
    *ret = (struct treaty_texts){items, n};
    return TREATY_OK;
}

enum treaty_code treaty_reply_numbers(const struct treaty_json *json,
                                      struct treaty_arena *arena,
                                      struct treaty_numbers *ret,
                                      struct treaty_error *err)
{
    int32_t *items;
    size_t n = 0;

    if (json->kind != TREATY_JSON_ARRAY)
        return treaty_reply_is_odd(err, "list");
    items = TREATY_ARENA_NEW_N(arena, int32_t, json->count + 1);
    if (!items)
        return treaty_fail_nomem(err);
    for (const struct treaty_json *item = json->child; item;
         item = item->next) {
        int64_t number;

        if (item->kind != TREATY_JSON_NUMBER ||
            !treaty_json_to_i64(item, &number) || number < INT32_MIN ||
            number > INT32_MAX)
            return treaty_reply_is_odd(err, "list of versions");
        items[n++] = (int32_t)number;
    }
    *ret = (struct treaty_numbers){items, n};
    return TREATY_OK;
}
