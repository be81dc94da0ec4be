/* SPDX-License-Identifier: Apache-2.0 */
/* `/subjects/{s}/versions`: list, get, register, delete, who refers here. */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

#include <stdlib.h>

static enum treaty_code find_versions(struct treaty_http_request *req,
                                      const struct treaty_catalog *catalog,
                                      enum treaty_deleted deleted,
                                      struct treaty_version_list *list,
                                      struct treaty_error *err)
{
    struct treaty_str subject;
    enum treaty_code code = treaty_server_subject(req, 0, &subject, err);

    if (code)
        return code;
    return treaty_catalog_versions(catalog, subject, deleted,
                                   treaty_http_arena(req), list, err);
}

/* The window of `list` that `page` gives. */
static void cut(struct treaty_version_list *list, struct treaty_page page)
{
    size_t skip = page.offset > 0 ? (size_t)page.offset : 0;

    if (skip > list->count)
        skip = list->count;
    list->items += skip;
    list->count -= skip;
    if (page.limit > 0 && (size_t)page.limit < list->count)
        list->count = (size_t)page.limit;
}

/* `deletedAsNegative` shows all, the deleted ones below zero. */
static void put_versions(struct treaty_json_writer *w,
                         const struct treaty_version_list *list,
                         bool as_negative)
{
    treaty_json_begin_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const struct treaty_version *version = list->items[i];
        bool negate = as_negative && version->deleted;

        treaty_json_value_i64(w, negate ? -version->version : version->version);
    }
    treaty_json_end_array(w);
}

void treaty_server_version_list(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    bool as_negative = treaty_server_flag(req, "deletedAsNegative");
    struct treaty_version_list list;
    struct treaty_server_page page;
    struct treaty_page window;
    struct treaty_error err;
    enum treaty_code code = treaty_server_page(req, &window, &err);

    if (!code)
        code = find_versions(req, catalog,
                             as_negative ? TREATY_WITH_DELETED
                                         : treaty_server_deleted(req),
                             &list, &err);
    if (code) {
        treaty_http_reply_error(req, &err);
    } else {
        cut(&list, window);
        treaty_server_begin(&page);
        put_versions(&page.json, &list, as_negative);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

/* The version that the path names. */
static enum treaty_code find_version(struct treaty_http_request *req,
                                     const struct treaty_catalog *catalog,
                                     const struct treaty_version **ret,
                                     struct treaty_error *err)
{
    enum treaty_deleted deleted =
        treaty_server_flag(req, "deleted") ? TREATY_WITH_DELETED : TREATY_LIVE;
    struct treaty_str subject;
    int32_t number;
    enum treaty_code code = treaty_server_version(req, 1, &number, err);

    if (!code)
        code = treaty_server_subject(req, 0, &subject, err);
    if (code)
        return code;
    return treaty_catalog_version(catalog, subject, number, deleted, ret, err);
}

static void put_rendered(struct treaty_json_writer *w,
                         const struct treaty_task *task)
{
    treaty_server_put_version(w, treaty_server_work_of(task)->server,
                              &task->ret_version);
}

/* The version that the path names, its text in another form. */
static void get_rendered(struct treaty_http_request *req,
                         struct treaty_server *server, bool bare)
{
    struct treaty_server_work *work =
        treaty_server_work_new(server, req, TREATY_TASK_GET);
    struct treaty_error err;
    enum treaty_code code;

    if (!work)
        return;
    if (!bare)
        work->put = put_rendered;
    work->task.subject = treaty_http_param(req, 0);
    work->task.deleted = treaty_server_flag(req, "deleted");
    work->task.how = treaty_server_form(req);
    code = treaty_server_version(req, 1, &work->task.version, &err);
    treaty_server_work_run(work, code, &err);
}

static void get_stored(struct treaty_http_request *req,
                       struct treaty_server *server)
{
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    const struct treaty_version *version;
    struct treaty_server_page page;
    struct treaty_error err;

    if (find_version(req, catalog, &version, &err)) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        treaty_server_put_version(&page.json, server, version);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

void treaty_server_version_get(struct treaty_http_request *req, void *app)
{
    if (treaty_server_form(req).data)
        get_rendered(req, (struct treaty_server *)app, false);
    else
        get_stored(req, (struct treaty_server *)app);
}

static void get_text(struct treaty_http_request *req,
                     struct treaty_server *server)
{
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    const struct treaty_version *version;
    struct treaty_str text = {0};
    struct treaty_error err;
    enum treaty_code code = find_version(req, catalog, &version, &err);

    if (!code)
        text = treaty_entry_text(version->entry, treaty_http_arena(req));
    if (!code && !text.data)
        code = treaty_fail_nomem(&err);
    if (code)
        treaty_http_reply_error(req, &err);
    else
        treaty_http_reply(req, 200, text);
    treaty_server_unpin(server, req);
}

void treaty_server_version_text(struct treaty_http_request *req, void *app)
{
    if (treaty_server_form(req).data)
        get_rendered(req, (struct treaty_server *)app, true);
    else
        get_text(req, (struct treaty_server *)app);
}

static enum treaty_code find_referrers(struct treaty_http_request *req,
                                       const struct treaty_catalog *catalog,
                                       struct treaty_id_list *list,
                                       struct treaty_error *err)
{
    const struct treaty_version *version;
    struct treaty_str subject;
    int32_t number;
    enum treaty_code code = treaty_server_version(req, 1, &number, err);

    if (!code)
        code = treaty_server_subject(req, 0, &subject, err);
    if (!code)
        code = treaty_catalog_version(catalog, subject, number,
                                      TREATY_WITH_DELETED, &version, err);
    if (code)
        return code;
    if (treaty_catalog_referenced_by(catalog, version,
                                     treaty_server_deleted(req),
                                     treaty_http_arena(req), list))
        return treaty_fail_nomem(err);
    return TREATY_OK;
}

void treaty_server_version_referenced_by(struct treaty_http_request *req,
                                         void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct treaty_id_list list;
    struct treaty_server_page page;
    struct treaty_error err;

    if (find_referrers(req, catalog, &list, &err)) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        treaty_json_begin_array(&page.json);
        for (size_t i = 0; i < list.count; i++)
            treaty_json_value_i64(&page.json, list.items[i]);
        treaty_json_end_array(&page.json);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

static void put_registered(struct treaty_json_writer *w,
                           const struct treaty_task *task)
{
    const struct treaty_server *server = treaty_server_work_of(task)->server;
    const struct treaty_version *version = &task->ret_version;
    const struct treaty_entry *entry = version->entry;

    treaty_json_begin_object(w);
    treaty_json_member_i64(w, "id", entry->id);
    if (server->options.is_before_8) {
        treaty_json_end_object(w);
        return;
    }
    treaty_json_member_i64(w, "version", version->version);
    treaty_server_put_kind(w, server, entry);
    if (entry->references_json.len) {
        treaty_json_key(w, "references");
        treaty_json_value_raw(w, entry->references_json);
    }
    treaty_buf_put(w->out, entry->extra);
    treaty_json_key(w, "schema");
    treaty_json_value_raw(w, entry->text_json);
    if (version->ts_ms > 0)
        treaty_json_member_i64(w, "ts", version->ts_ms);
    treaty_json_end_object(w);
}

void treaty_server_version_register(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work = treaty_server_work_new(
        (struct treaty_server *)app, req, TREATY_TASK_REGISTER);

    if (!work)
        return;
    work->put = put_registered;
    work->read = treaty_server_body_schema;
    work->task.subject = treaty_http_param(req, 0);
    work->task.force = treaty_server_flag(req, "force");
    work->task.how = treaty_server_form(req);
    treaty_server_work_read(work);
}

/* The bare number. */
static void put_deleted(struct treaty_json_writer *w,
                        const struct treaty_task *task)
{
    treaty_json_value_i64(w, task->ret_version.version);
}

void treaty_server_version_delete(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work = treaty_server_work_new(
        (struct treaty_server *)app, req, TREATY_TASK_DELETE_VERSION);
    struct treaty_error err;
    enum treaty_code code;

    if (!work)
        return;
    work->put = put_deleted;
    work->task.subject = treaty_http_param(req, 0);
    work->task.permanent = treaty_server_flag(req, "permanent");
    code = treaty_server_version(req, 1, &work->task.version, &err);
    treaty_server_work_run(work, code, &err);
}
