/* SPDX-License-Identifier: Apache-2.0 */
#include "client/query.h"

#include "base/json.h"
#include "base/str.h"
#include "client/url.h"

void treaty_query_path(struct treaty_buf *out, const char *format,
                       const char *segment)
{
    const char *hole = strstr(format, "%s");

    if (!hole) {
        treaty_buf_put_z(out, format);
    } else {
        treaty_buf_put_mem(out, format, (size_t)(hole - format));
        treaty_url_put_segment(out, treaty_str_z(segment));
        treaty_buf_put_z(out, hole + 2);
    }
    treaty_buf_put_c(out, '\0');
    if (out->failed == TREATY_OK)
        out->len--;
}

static void put_references(struct treaty_json_writer *writer,
                           const struct treaty_schema_request *schema)
{
    treaty_json_key(writer, "references");
    treaty_json_begin_array(writer);
    for (size_t i = 0; i < schema->reference_count; i++) {
        const struct treaty_reference *reference = &schema->references[i];

        treaty_json_begin_object(writer);
        treaty_json_member_str(writer, "name", reference->name);
        treaty_json_member_str(writer, "subject", reference->subject);
        treaty_json_member_i64(writer, "version", reference->version);
        treaty_json_end_object(writer);
    }
    treaty_json_end_array(writer);
}

/* "AVRO" is left out, as the field's own clients do: old registries know no
 * other type and refuse the member. */
void treaty_query_schema(struct treaty_buf *out,
                         const struct treaty_schema_request *schema)
{
    struct treaty_json_writer writer = {.out = out};
    struct treaty_str type = treaty_str_z(schema->type);

    treaty_json_begin_object(&writer);
    treaty_json_member_str(&writer, "schema", schema->text);
    if (type.data && !treaty_str_eq_nocase(type, TREATY_STR("AVRO")))
        treaty_json_member_str(&writer, "schemaType", type);
    if (schema->reference_count)
        put_references(&writer, schema);
    treaty_json_end_object(&writer);
}
