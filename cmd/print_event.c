/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/print_event.h"

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "record/text.h"

#include <stdio.h>

static void put_hex(struct treaty_json_writer *out, const char *name,
                    struct treaty_str value)
{
    char name_hex[32];

    snprintf(name_hex, sizeof(name_hex), "%s_hex", name);
    treaty_json_key(out, name_hex);
    treaty_buf_put_c(out->out, '"');
    treaty_buf_put_hex(out->out, value.data, value.len);
    treaty_buf_put_c(out->out, '"');
    out->need_comma = true;
}

static void put_text(struct treaty_json_writer *out, const char *name,
                     struct treaty_str value)
{
    if (treaty_utf8_valid(value))
        treaty_json_member_str(out, name, value);
    else
        put_hex(out, name, value);
}

static void put_headers(struct treaty_json_writer *out,
                        const rd_kafka_message_t *msg)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *data;
    size_t len;

    if (rd_kafka_message_headers(msg, &headers))
        return;
    treaty_json_key(out, "headers");
    treaty_json_begin_array(out);
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &data, &len);
         i++) {
        treaty_json_begin_object(out);
        treaty_json_member_str(out, "name", treaty_str_z(name));
        if (data)
            put_text(out, "value", (struct treaty_str){data, len});
        treaty_json_end_object(out);
    }
    treaty_json_end_array(out);
}

static void put_value(struct treaty_json_writer *out,
                      const struct treaty_printed *event)
{
    if (event->incoming->value.data && !event->type) {
        put_hex(out, "value", event->incoming->value);
        return;
    }
    treaty_json_key(out, "value");
    if (!event->type) {
        treaty_json_value_null(out);
        return;
    }
    treaty_record_write(out->out, event->type, event->record,
                        TREATY_TEXT_PLAIN);
    out->need_comma = true;
}

void treaty_print_event(const struct treaty_printed *event,
                        struct treaty_buf *out)
{
    const struct treaty_incoming *in = event->incoming;
    struct treaty_json_writer writer = {out, false};

    treaty_json_begin_object(&writer);
    treaty_json_member_i64(&writer, "partition", in->partition);
    treaty_json_member_i64(&writer, "offset", in->offset);
    if (in->timestamp_ms >= 0)
        treaty_json_member_i64(&writer, "timestamp", in->timestamp_ms);
    if (in->key.data)
        put_text(&writer, "key", in->key);
    put_headers(&writer, in->msg);
    if (event->id)
        treaty_json_member_i64(&writer, "id", event->id);
    if (event->version)
        treaty_json_member_i64(&writer, "version", event->version);
    if (event->type && event->type->is_message)
        treaty_json_member_str(&writer, "message", event->message);
    put_value(&writer, event);
    treaty_json_end_object(&writer);
    treaty_buf_put_c(out, '\n');
}
