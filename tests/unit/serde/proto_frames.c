/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames that the reference's serializer writes: ours writes the same bytes
 * for the same values, and reads them back.
 */
#include "harness/responder.h"
#include "record/text.h"
#include "serde/serde.h"
#include "unit/format/corpus.h"

#define FRAMES TREATY_SOURCE_DIR "/tests/corpus/protobuf/frames.jsonl"

enum { GUID_LEN = 16, GUID_TEXT = 37 };

/* What the registry answers while one line is looked at. */
struct registry {
    const char *registered; /* to who registers */
    const char *schema;     /* by id or GUID */
    const char *import;     /* the one that a schema of the corpus has */
};

static struct registry answers;

static void answer(void *ctx, const struct responder_request *request,
                   struct responder_reply *reply)
{
    (void)ctx;
    reply->status = 200;
    if (strcmp(request->method, "POST") == 0)
        reply->body = answers.registered;
    else if (strncmp(request->path, "/schemas/", 9) == 0)
        reply->body = answers.schema;
    else
        reply->body = answers.import;
}

static struct treaty_str unhex(struct treaty_arena *arena,
                               struct treaty_str text)
{
    static const char digits[] = "0123456789abcdef";
    char *bytes = (char *)treaty_arena_alloc(arena, text.len / 2 + 1);

    for (size_t i = 0; i < text.len / 2; i++) {
        const char *high = strchr(digits, text.data[2 * i]);
        const char *low = strchr(digits, text.data[2 * i + 1]);

        bytes[i] = (char)((high - digits) << 4 | (low - digits));
    }
    return (struct treaty_str){bytes, text.len / 2};
}

/* A line of the corpus, made ready. */
struct frame {
    const struct corpus_line *line;
    struct treaty_source source;
    struct treaty_message want;
    char guid[GUID_TEXT];
};

static struct frame take_frame(const struct corpus_line *line)
{
    const struct treaty_json *json = line->json;
    const struct treaty_json *headers = treaty_json_get(json, "headers");
    struct frame frame = {.line = line};
    uint8_t guid[GUID_LEN] = {0};

    frame.source = corpus_source(line->arena, corpus_text(json, "schema"),
                                 treaty_json_get(json, "references"));
    frame.want.value = unhex(line->arena, corpus_text(json, "frame"));
    if (headers) {
        frame.want.header =
            unhex(line->arena, corpus_text(headers, "__value_schema_id"));
        memcpy(guid, frame.want.header.data + 1, sizeof(guid));
    }
    treaty_guid_print(guid, frame.guid);
    return frame;
}

static const char *print_json(const struct frame *frame, struct treaty_str text,
                              bool with_references)
{
    const struct treaty_json *id =
        treaty_json_get(frame->line->json, "schema_id");
    struct treaty_buf out;
    struct treaty_json_writer w = {.out = &out};
    const struct treaty_reference *r = frame->source.references;
    int64_t number = 1;
    struct treaty_str copy;

    if (id)
        (void)treaty_json_to_i64(id, &number);
    treaty_buf_init(&out, 0);
    treaty_json_begin_object(&w);
    treaty_json_member_i64(&w, "id", number);
    treaty_json_member_i64(&w, "version", 1);
    if (frame->want.header.data)
        treaty_json_member_str(&w, "guid", treaty_str_z(frame->guid));
    treaty_json_member_str(&w, "schemaType", TREATY_STR("PROTOBUF"));
    treaty_json_member_str(&w, "schema", text);
    if (with_references && frame->source.reference_count) {
        treaty_json_key(&w, "references");
        treaty_json_begin_array(&w);
        treaty_json_begin_object(&w);
        treaty_json_member_str(&w, "name", r->name);
        treaty_json_member_str(&w, "subject", r->subject);
        treaty_json_member_i64(&w, "version", r->version);
        treaty_json_end_object(&w);
        treaty_json_end_array(&w);
    }
    treaty_json_end_object(&w);
    copy = treaty_arena_dup(frame->line->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return copy.data;
}

static void set_answers(const struct frame *frame)
{
    struct treaty_str registered = corpus_text(frame->line->json, "registered");

    if (!registered.data)
        registered = frame->source.text;
    answers.registered = print_json(frame, frame->source.text, true);
    answers.schema = print_json(frame, registered, true);
    answers.import = NULL;
    if (frame->source.import_count)
        answers.import =
            print_json(frame, frame->source.imports[0].text, false);
}

static void *read_value(const struct frame *frame,
                        const struct treaty_layout *layout)
{
    struct treaty_error err;
    void *record =
        treaty_arena_calloc(frame->line->arena, 1, layout->root->size + 1);

    if (treaty_record_read(frame->line->arena, layout->root,
                           treaty_json_get(frame->line->json, "value"),
                           TREATY_TEXT_PLAIN, record, &err) != TREATY_OK)
        tap_fail(frame->line->file, frame->line->number, "%s at %s",
                 err.message, err.path);
    return record;
}

static void check_written(const struct frame *frame,
                          struct treaty_serializer *serializer,
                          struct treaty_scratch *scratch)
{
    const struct corpus_line *line = frame->line;
    struct treaty_message message = {0};
    struct treaty_error err;
    const void *record =
        read_value(frame, treaty_serializer_layout(serializer));

    if (treaty_serialize(serializer, record, scratch, &message, &err) !=
        TREATY_OK) {
        tap_fail(line->file, line->number, "%s", err.message);
        return;
    }
    corpus_same(line, "value", message.value, frame->want.value);
    if (frame->want.header.data)
        corpus_same(line, "header", message.header, frame->want.header);
    else
        CHECK(!message.header.data);
}

/* The frame of the reference, as the value that it is of. */
static void check_read(const struct frame *frame,
                       struct treaty_deserializer *deserializer,
                       struct treaty_scratch *scratch)
{
    const struct corpus_line *line = frame->line;
    struct treaty_event event = {0};
    struct treaty_error err;
    struct treaty_buf got;
    struct treaty_buf want;

    if (treaty_deserialize_event(deserializer, &frame->want, scratch, &event,
                                 &err) != TREATY_OK) {
        tap_fail(line->file, line->number, "%s", err.message);
        return;
    }
    corpus_same(line, "message", event.message,
                corpus_text(line->json, "message"));
    treaty_buf_init(&got, 0);
    treaty_buf_init(&want, 0);
    treaty_record_write(&got, event.layout->root, event.record,
                        TREATY_TEXT_PLAIN);
    treaty_record_write(&want, event.layout->root,
                        read_value(frame, event.layout), TREATY_TEXT_PLAIN);
    corpus_same(line, "event", treaty_buf_str(&got), treaty_buf_str(&want));
    treaty_buf_release(&got);
    treaty_buf_release(&want);
}

static int lines;

static void check_frame(const struct corpus_line *line)
{
    struct frame frame = take_frame(line);
    struct treaty_str message =
        treaty_arena_dup(line->arena, corpus_text(line->json, "message"));
    struct treaty_str text = treaty_arena_dup(line->arena, frame.source.text);
    struct treaty_serializer_options options = {
        .schema = text.data,
        .format = "PROTOBUF",
        .message = message.data,
        .references = frame.source.references,
        .reference_count = frame.source.reference_count,
        .topic = "t",
        .place = frame.want.header.data ? TREATY_IN_HEADER : TREATY_IN_PREFIX,
    };
    struct treaty_deserializer_options as_written = {0};
    struct treaty_client_options where = {0};
    struct responder *responder;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_serializer *serializer = NULL;
    struct treaty_deserializer *deserializer = NULL;
    struct treaty_client *client = NULL;
    struct treaty_error err;

    lines++;
    set_answers(&frame);
    responder = responder_start(answer, NULL);
    where.urls = responder_url(responder);
    CHECK_INT(treaty_client_new(&where, &client, &err), TREATY_OK);
    if (treaty_serializer_new(client, &options, &serializer, &err) ||
        treaty_deserializer_new(client, &as_written, &deserializer, &err)) {
        tap_fail(line->file, line->number, "%s", err.message);
    } else {
        check_written(&frame, serializer, scratch);
        check_read(&frame, deserializer, scratch);
    }
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    treaty_client_free(client);
    treaty_scratch_free(scratch);
    responder_stop(responder);
}

static void agrees_with_the_reference(void)
{
    corpus_each(FRAMES, check_frame);
    CHECK_INT(lines, 18);
}

TAP_MAIN({"agrees with the reference", agrees_with_the_reference})
