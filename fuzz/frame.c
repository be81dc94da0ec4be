/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame from anyone: the first byte says how many of the next are the record
 * header (0: none), the rest is the value. What must hold:
 *
 * 1. A frame that is taken apart has its payload inside the value, and is what
 *    writing its id or GUID gives.
 * 2. A failure is TREATY_EFRAME, with a place in the input or none.
 * 3. A value that decodes, is encoded again and decoded again, encodes to the
 *    same bytes; one that does not fails definitely, at a place in it.
 */
#include "wire/frame.h"
#include "base/error.h"
#include "base/str.h"
#include "format/format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)                                                          \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"Order\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"string\"},"
    "{\"name\":\"status\",\"type\":{\"type\":\"enum\",\"name\":\"S\","
    "\"symbols\":[\"A\",\"B\"]}},"
    "{\"name\":\"items\",\"type\":{\"type\":\"array\",\"items\":\"long\"}},"
    "{\"name\":\"note\",\"type\":[\"null\",\"bytes\"]}]}";

/* One schema and its plans, for the whole run. */
static struct treaty_plan *decoder;
static struct treaty_plan *encoder;

static void make_plans(void)
{
    struct treaty_source source = {.text = treaty_str_z(schema_text)};
    struct treaty_plan_options options = {.walk_to_end = true,
                                          .memory_max = 1 << 20};
    struct treaty_schema *schema;
    struct treaty_layout *layout;

    REQUIRE(treaty_schema_parse(NULL, &source, &schema, NULL) == TREATY_OK);
    REQUIRE(schema->format->layout(schema, &layout, NULL) == TREATY_OK);
    REQUIRE(schema->format->decode_plan(schema, schema, layout, &options,
                                        &decoder, NULL) == TREATY_OK);
    REQUIRE(schema->format->encode_plan(schema, layout, &options, &encoder,
                                        NULL) == TREATY_OK);
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
}

static void check_written(const struct treaty_frame *frame,
                          struct treaty_str value, struct treaty_str header)
{
    char guid[TREATY_FRAME_GUID_SIZE];
    char id[TREATY_FRAME_ID_SIZE];

    if (frame->by_guid) {
        treaty_frame_write_guid(guid, frame->guid);
        REQUIRE(header.len == sizeof(guid) + frame->more.len);
        REQUIRE(memcmp(guid, header.data, sizeof(guid)) == 0);
        return;
    }
    treaty_frame_write_id(id, frame->id);
    REQUIRE(!header.data && value.len >= sizeof(id));
    REQUIRE(memcmp(id, value.data, sizeof(id)) == 0);
}

static void encode(const void *record, struct treaty_buf *out)
{
    treaty_buf_init(out, 0);
    REQUIRE(treaty_plan_encode(encoder, record, out, NULL) == TREATY_OK);
}

static void check_payload(struct treaty_str payload)
{
    static _Alignas(16) char record[256];
    struct treaty_arena arena = {0};
    struct treaty_error err;
    struct treaty_buf once;
    struct treaty_buf again;

    REQUIRE(treaty_plan_record_size(decoder) <= sizeof(record));
    if (treaty_plan_decode(decoder, payload, record, &arena, &err) !=
        TREATY_OK) {
        REQUIRE(err.code != TREATY_OK && err.message[0]);
        REQUIRE(err.offset <= payload.len || err.offset == TREATY_NO_OFFSET);
        treaty_arena_release(&arena);
        return;
    }
    encode(record, &once);
    REQUIRE(treaty_plan_decode(decoder, treaty_buf_str(&once), record, &arena,
                               NULL) == TREATY_OK);
    encode(record, &again);
    REQUIRE(treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&again)));
    treaty_buf_release(&once);
    treaty_buf_release(&again);
    treaty_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct treaty_str value = {(const char *)data, size};
    struct treaty_str header = {0};
    struct treaty_frame frame;
    struct treaty_error err;

    if (!decoder)
        make_plans();
    if (size == 0)
        return 0;
    value = treaty_str_sub(value, 1, size);
    if (data[0] > 0) {
        header = treaty_str_sub(value, 0, data[0]);
        value = treaty_str_sub(value, header.len, size);
    }
    if (treaty_frame_parse(value, header, &frame, &err) != TREATY_OK) {
        size_t len = header.data ? header.len : value.len;

        REQUIRE(err.code == TREATY_EFRAME);
        REQUIRE(err.offset <= len || err.offset == TREATY_NO_OFFSET);
        return 0;
    }
    REQUIRE(frame.payload.data == value.data + frame.payload_at);
    REQUIRE(frame.payload.len + frame.payload_at == value.len);
    REQUIRE(treaty_frame_indexes_len(treaty_frame_indexes(&frame)) <=
            treaty_frame_indexes(&frame).len);
    check_written(&frame, value, header);
    check_payload(frame.payload);
    return 0;
}
