/* SPDX-License-Identifier: Apache-2.0 */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

bool treaty_server_flag(struct treaty_http_request *req, const char *name)
{
    return treaty_str_eq_nocase(treaty_http_query(req, name),
                                TREATY_STR("true"));
}

struct treaty_str treaty_server_form(struct treaty_http_request *req)
{
    struct treaty_str form = treaty_http_query(req, "format");

    if (!form.len || treaty_str_eq_nocase(form, TREATY_STR("default")))
        return (struct treaty_str){0};
    return form;
}

static enum treaty_code take_number(struct treaty_http_request *req,
                                    const char *name, int64_t *ret,
                                    struct treaty_error *err)
{
    struct treaty_str text = treaty_http_query(req, name);
    int64_t number;

    if (!text.len)
        return TREATY_OK;
    if (!treaty_str_to_i64(text, &number) || number < INT32_MIN ||
        number > INT32_MAX)
        return treaty_fail(err, TREATY_ENOROUTE, TREATY_NO_OFFSET,
                           "HTTP 404: %s is not a number", name);
    *ret = number;
    return TREATY_OK;
}

enum treaty_code treaty_server_page(struct treaty_http_request *req,
                                    struct treaty_page *ret,
                                    struct treaty_error *err)
{
    enum treaty_code code;

    *ret = (struct treaty_page){0, -1};
    code = take_number(req, "offset", &ret->offset, err);
    if (code)
        return code;
    return take_number(req, "limit", &ret->limit, err);
}

enum treaty_deleted treaty_server_deleted(struct treaty_http_request *req)
{
    if (treaty_server_flag(req, "deletedOnly"))
        return TREATY_ONLY_DELETED;
    return treaty_server_flag(req, "deleted") ? TREATY_WITH_DELETED
                                              : TREATY_LIVE;
}

enum treaty_code treaty_server_subject(const struct treaty_http_request *req,
                                       size_t n, struct treaty_str *ret,
                                       struct treaty_error *err)
{
    return treaty_subject_parse(treaty_http_param(req, n), ret, err);
}

enum treaty_code treaty_server_id(const struct treaty_http_request *req,
                                  size_t n, int64_t *ret,
                                  struct treaty_error *err)
{
    if (treaty_str_to_i64(treaty_http_param(req, n), ret))
        return TREATY_OK;
    return treaty_fail(err, TREATY_ENOROUTE, TREATY_NO_OFFSET,
                       "HTTP 404: the id is not a number");
}

enum treaty_code treaty_server_version(const struct treaty_http_request *req,
                                       size_t n, int32_t *ret,
                                       struct treaty_error *err)
{
    struct treaty_str text = treaty_http_param(req, n);

    if (treaty_version_parse(text, ret))
        return TREATY_OK;
    return treaty_fail(err, TREATY_EVERSION, TREATY_NO_OFFSET,
                       "\"%.*s\" is not a version: a number from 1 to 2^31-1, "
                       "or \"latest\"",
                       TREATY_STR_ARG(text));
}

const struct treaty_catalog *
treaty_server_pin(struct treaty_server *server,
                  const struct treaty_http_request *req)
{
    return treaty_registry_pin(server->readers[treaty_http_loop(req)]);
}

void treaty_server_unpin(struct treaty_server *server,
                         const struct treaty_http_request *req)
{
    treaty_registry_unpin(server->readers[treaty_http_loop(req)]);
}
