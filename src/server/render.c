/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as the reference prints it: members in its order, and no member whose
 * value is null or empty.
 */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

void treaty_server_begin(struct treaty_server_page *page)
{
    treaty_buf_init(&page->buf, 0);
    page->json = (struct treaty_json_writer){.out = &page->buf};
}

void treaty_server_finish(struct treaty_server_page *page,
                          struct treaty_http_request *req)
{
    struct treaty_error err;
    struct treaty_str body = treaty_buf_str(&page->buf);

    if (treaty_buf_status(&page->buf, &err))
        treaty_http_reply_error(req, &err);
    else
        treaty_http_reply_parts(req, 200, &body, 1);
    treaty_buf_release(&page->buf);
}

static void put_raw(struct treaty_json_writer *w, const char *name,
                    struct treaty_str json)
{
    treaty_json_key(w, name);
    treaty_json_value_raw(w, json);
}

void treaty_server_put_kind(struct treaty_json_writer *w,
                            const struct treaty_server *server,
                            const struct treaty_entry *entry)
{
    bool is_before_8 = server->options.is_before_8;

    if (!is_before_8)
        treaty_json_member_str(w, "guid", entry->guid_text);
    if (!is_before_8 || !treaty_str_eq(entry->type, TREATY_STR("AVRO")))
        treaty_json_member_str(w, "schemaType", entry->type);
}

void treaty_server_put_version(struct treaty_json_writer *w,
                               const struct treaty_server *server,
                               const struct treaty_version *version)
{
    const struct treaty_entry *entry = version->entry;

    treaty_json_begin_object(w);
    treaty_json_member_str(w, "subject", version->subject);
    treaty_json_member_i64(w, "version", version->version);
    treaty_json_member_i64(w, "id", entry->id);
    treaty_server_put_kind(w, server, entry);
    if (entry->references_json.len)
        put_raw(w, "references", entry->references_json);
    /* Members with their comma in front, as they were stored. */
    treaty_buf_put(w->out, entry->extra);
    put_raw(w, "schema", entry->text_json);
    if (!server->options.is_before_8 && version->ts_ms > 0)
        treaty_json_member_i64(w, "ts", version->ts_ms);
    if (version->deleted)
        treaty_json_member_bool(w, "deleted", true);
    treaty_json_end_object(w);
}

void treaty_server_put_config(struct treaty_json_writer *w,
                              const struct treaty_config *config,
                              const char *level_key)
{
    treaty_json_begin_object(w);
    if (config->normalize != TREATY_UNSET)
        treaty_json_member_bool(w, "normalize",
                                config->normalize == TREATY_TRUE);
    if (config->level.len)
        treaty_json_member_str(w, level_key, config->level);
    treaty_json_end_object(w);
}
