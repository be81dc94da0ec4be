/* SPDX-License-Identifier: Apache-2.0 */
/* `/schemas`: by id, by GUID, and the formats there are. */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"
#include "format/format.h"

#include <stdio.h>

static const struct treaty_entry *find_id(const struct treaty_http_request *req,
                                          const struct treaty_catalog *catalog,
                                          struct treaty_error *err)
{
    const struct treaty_entry *entry;
    int64_t id;

    if (treaty_server_id(req, 0, &id, err))
        return NULL;
    entry = treaty_catalog_by_id(catalog, id);
    if (!entry)
        (void)treaty_fail(err, TREATY_ENOSCHEMA, TREATY_NO_OFFSET,
                          "Schema %lld not found", (long long)id);
    return entry;
}

static void reply_entry(struct treaty_http_request *req,
                        const struct treaty_catalog *catalog,
                        const struct treaty_entry *entry)
{
    struct treaty_str parts[3] = {TREATY_STR("{"), entry->reply,
                                  TREATY_STR("}")};
    char max[40];

    if (treaty_server_flag(req, "fetchMaxId")) {
        (void)snprintf(max, sizeof(max), ",\"maxId\":%d}",
                       treaty_catalog_id_max(catalog));
        parts[2] = treaty_str_z(max);
    }
    treaty_http_reply_parts(req, 200, parts, 3);
}

static void put_rendered(struct treaty_json_writer *w,
                         const struct treaty_task *task)
{
    const struct treaty_server_work *work = treaty_server_work_of(task);
    const struct treaty_entry *entry = task->ret_version.entry;

    treaty_json_begin_object(w);
    treaty_server_put_kind(w, work->server, entry);
    treaty_json_key(w, "schema");
    treaty_json_value_raw(w, entry->text_json);
    if (entry->references_json.len) {
        treaty_json_key(w, "references");
        treaty_json_value_raw(w, entry->references_json);
    }
    if (work->id_max)
        treaty_json_member_i64(w, "maxId", work->id_max);
    treaty_json_end_object(w);
}

/* The bare text of `entry`, which is JSON for Avro. */
static void reply_text(struct treaty_http_request *req,
                       const struct treaty_entry *entry)
{
    struct treaty_str text = treaty_entry_text(entry, treaty_http_arena(req));
    struct treaty_error err;

    if (text.data) {
        treaty_http_reply(req, 200, text);
        return;
    }
    (void)treaty_fail_nomem(&err);
    treaty_http_reply_error(req, &err);
}

/* A schema whose text is wanted in another form than the stored one. */
static void reply_rendered(struct treaty_http_request *req,
                           struct treaty_server *server, int32_t id, bool bare)
{
    struct treaty_server_work *work =
        treaty_server_work_new(server, req, TREATY_TASK_GET);

    if (!work)
        return;
    if (!bare)
        work->put = put_rendered;
    if (treaty_server_flag(req, "fetchMaxId")) {
        work->id_max = treaty_catalog_id_max(treaty_server_pin(server, req));
        treaty_server_unpin(server, req);
    }
    work->task.id = id;
    work->task.how = treaty_server_form(req);
    treaty_server_work_run(work, TREATY_OK, NULL);
}

/* One schema, found by `find`; what consumers ask by id, so the shortest way
 * there is. */
static void reply_schema(
    struct treaty_http_request *req, struct treaty_server *server,
    const struct treaty_entry *(*find)(const struct treaty_http_request *req,
                                       const struct treaty_catalog *catalog,
                                       struct treaty_error *err),
    bool bare)
{
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct treaty_error err;
    const struct treaty_entry *entry = find(req, catalog, &err);
    bool rendered = entry && (treaty_server_form(req).data ||
                              (server->options.is_before_8 && !bare));
    int32_t id = entry ? entry->id : 0;

    if (!entry)
        treaty_http_reply_error(req, &err);
    else if (bare && !rendered)
        reply_text(req, entry);
    else if (!rendered)
        reply_entry(req, catalog, entry);
    treaty_server_unpin(server, req);
    if (rendered)
        reply_rendered(req, server, id, bare);
}

void treaty_server_schema_by_id(struct treaty_http_request *req, void *app)
{
    reply_schema(req, (struct treaty_server *)app, find_id, false);
}

void treaty_server_schema_text_by_id(struct treaty_http_request *req, void *app)
{
    reply_schema(req, (struct treaty_server *)app, find_id, true);
}

/* The uses of the id in the path that the query asks for. */
static enum treaty_code find_uses(struct treaty_http_request *req,
                                  const struct treaty_catalog *catalog,
                                  struct treaty_version_list *uses,
                                  struct treaty_error *err)
{
    enum treaty_deleted deleted =
        treaty_server_flag(req, "deleted") ? TREATY_WITH_DELETED : TREATY_LIVE;
    enum treaty_code code;
    int64_t id;

    code = treaty_server_id(req, 0, &id, err);
    if (code)
        return code;
    return treaty_catalog_uses(catalog, id, deleted, treaty_http_arena(req),
                               uses, err);
}

/* Whether the n-th item of a list is in the window that was asked for. */
static bool is_on_page(struct treaty_page page, size_t n)
{
    int64_t offset = page.offset > 0 ? page.offset : 0;

    if ((int64_t)n < offset)
        return false;
    return page.limit <= 0 || (int64_t)n < offset + page.limit;
}

/* Uses are sorted by subject, so those of one are neighbours. */
static void put_subjects(struct treaty_json_writer *w,
                         const struct treaty_version_list *uses,
                         struct treaty_page page)
{
    size_t n = 0;

    treaty_json_begin_array(w);
    for (size_t i = 0; i < uses->count; i++) {
        if (i &&
            treaty_str_eq(uses->items[i]->subject, uses->items[i - 1]->subject))
            continue;
        if (is_on_page(page, n++))
            treaty_json_value_str(w, uses->items[i]->subject);
    }
    treaty_json_end_array(w);
}

static void put_uses(struct treaty_json_writer *w,
                     const struct treaty_version_list *uses,
                     struct treaty_page page)
{
    treaty_json_begin_array(w);
    for (size_t i = 0; i < uses->count; i++) {
        if (!is_on_page(page, i))
            continue;
        treaty_json_begin_object(w);
        treaty_json_member_str(w, "subject", uses->items[i]->subject);
        treaty_json_member_i64(w, "version", uses->items[i]->version);
        treaty_json_end_object(w);
    }
    treaty_json_end_array(w);
}

typedef void (*put_uses_fn)(struct treaty_json_writer *w,
                            const struct treaty_version_list *uses,
                            struct treaty_page page);

static void reply_uses(struct treaty_http_request *req,
                       struct treaty_server *server, put_uses_fn put)
{
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct treaty_version_list uses;
    struct treaty_server_page page;
    struct treaty_page window;
    struct treaty_error err;
    enum treaty_code code = treaty_server_page(req, &window, &err);

    if (!code)
        code = find_uses(req, catalog, &uses, &err);
    if (code) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        put(&page.json, &uses, window);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

void treaty_server_schema_subjects(struct treaty_http_request *req, void *app)
{
    reply_uses(req, (struct treaty_server *)app, put_subjects);
}

void treaty_server_schema_versions(struct treaty_http_request *req, void *app)
{
    reply_uses(req, (struct treaty_server *)app, put_uses);
}

static const struct treaty_entry *
find_guid(const struct treaty_http_request *req,
          const struct treaty_catalog *catalog, struct treaty_error *err)
{
    struct treaty_str text = treaty_http_param(req, 0);
    const struct treaty_entry *entry = NULL;
    uint8_t guid[16];

    if (treaty_guid_parse(text, guid))
        entry = treaty_catalog_by_guid(catalog, guid);
    if (!entry)
        (void)treaty_fail(err, TREATY_ENOSCHEMA, TREATY_NO_OFFSET,
                          "Schema %.*s not found", TREATY_STR_ARG(text));
    return entry;
}

void treaty_server_schema_by_guid(struct treaty_http_request *req, void *app)
{
    reply_schema(req, (struct treaty_server *)app, find_guid, false);
}

/* There is one context, the default one. */
void treaty_server_schema_guid_ids(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    struct treaty_server_page page;
    struct treaty_error err;
    const struct treaty_entry *entry =
        find_guid(req, treaty_server_pin(server, req), &err);

    if (!entry) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        treaty_json_begin_array(&page.json);
        treaty_json_begin_object(&page.json);
        treaty_json_member_str(&page.json, "context", TREATY_STR("."));
        treaty_json_member_i64(&page.json, "id", entry->id);
        treaty_json_end_object(&page.json);
        treaty_json_end_array(&page.json);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

void treaty_server_schema_types(struct treaty_http_request *req, void *app)
{
    static const char *const names[] = {"JSON", "PROTOBUF", "AVRO"};
    struct treaty_server_page page;

    (void)app;
    treaty_server_begin(&page);
    treaty_json_begin_array(&page.json);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (treaty_format_find(treaty_str_z(names[i])))
            treaty_json_value_str(&page.json, treaty_str_z(names[i]));
    treaty_json_end_array(&page.json);
    treaty_server_finish(&page, req);
}
