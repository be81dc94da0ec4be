/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of real .proto files: of each message that is no part of another, an
 * event is made, written, read by a plan and by a plain decoder, and written
 * again.
 */
#include "format/protobuf/load.h"
#include "harness/proto_reference.h"
#include "proto_support.h"
#include "record/gen.h"
#include "unit/format/proto_library.h"

enum { MESSAGES_MAX = 12, EVENTS = 2, PAYLOAD_MAX = 100000 };

static size_t messages;
static size_t bytes;

/* One message with all that is made of it. */
struct trip {
    const struct corpus_line *line;
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *encode;
    struct treaty_plan *decode;
    struct treaty_gen *gen;
    struct treaty_arena arena;
    struct treaty_buf payload;
    struct treaty_buf again;
    void *event;
    struct treaty_error err;
};

static void complain(const struct trip *t, const char *what)
{
    tap_fail(t->line->file, t->line->number, "%.*s: %s: %s at %s",
             (int)t->schema->name.len, t->schema->name.data, what,
             t->err.message, t->err.path);
}

static bool open_trip(struct trip *t)
{
    if (treaty_proto_layout(t->schema, &t->layout, &t->err) ||
        treaty_proto_encode_plan(t->schema, t->layout, NULL, &t->encode,
                                 &t->err) ||
        treaty_proto_decode_plan(t->schema, t->schema, t->layout, NULL,
                                 &t->decode, &t->err)) {
        complain(t, "no plan");
        return false;
    }
    t->event = calloc(1, t->layout->root->size + 1);
    return t->event && treaty_gen_new(t->layout, TREATY_GEN_LIKELY, &t->gen,
                                      &t->err) == TREATY_OK;
}

static void close_trip(struct trip *t)
{
    treaty_gen_free(t->gen);
    free(t->event);
    treaty_buf_release(&t->payload);
    treaty_buf_release(&t->again);
    treaty_arena_release(&t->arena);
    treaty_plan_unref(t->encode);
    treaty_plan_unref(t->decode);
    treaty_layout_unref(t->layout);
}

/* Defaults of proto2 are unknown to the plain decoder's print. */
static bool has_defaults(const struct treaty_proto_tree *tree)
{
    for (uint32_t i = 0; i < tree->file_count; i++) {
        if (treaty_proto_is_2(tree->files[i]) ||
            tree->files[i]->syntax == TREATY_PROTO_EDITION)
            return true;
    }
    return false;
}

static void compare(struct trip *t)
{
    struct treaty_buf ours = {0};
    struct treaty_buf plain = {0};

    proto_print(&ours, t->layout->root, t->event);
    if (!proto_reference(t->schema, treaty_buf_str(&t->payload), false, &plain))
        complain(t, "the plain decoder does not read it");
    else if (!has_defaults(treaty_proto_tree(t->schema)) &&
             !treaty_str_eq(treaty_buf_str(&ours), treaty_buf_str(&plain)))
        complain(t, "the plain decoder reads something else");
    treaty_buf_release(&ours);
    treaty_buf_release(&plain);
}

static void run_event(struct trip *t, uint64_t number)
{
    const struct treaty_gen_identity identity = {1, number, 7};

    treaty_arena_reset(&t->arena);
    treaty_buf_clear(&t->payload);
    treaty_buf_clear(&t->again);
    memset(&t->err, 0, sizeof(t->err));
    if (treaty_gen_event(t->gen, &identity, t->event, &t->arena) ||
        treaty_plan_encode(t->encode, t->event, &t->payload, &t->err)) {
        complain(t, "is not written");
        return;
    }
    if (t->payload.len > PAYLOAD_MAX)
        return;
    if (treaty_plan_decode(t->decode, treaty_buf_str(&t->payload), t->event,
                           &t->arena, &t->err) ||
        treaty_plan_encode(t->encode, t->event, &t->again, &t->err))
        complain(t, "is not read and written again");
    else if (t->payload.len != t->again.len)
        complain(t, "is written differently the second time");
    compare(t);
    bytes += t->payload.len;
}

static void run_message(const struct corpus_line *line,
                        struct treaty_schema *schema)
{
    struct trip t = {.line = line, .schema = schema};

    if (open_trip(&t)) {
        for (uint64_t i = 0; i < EVENTS; i++)
            run_event(&t, i);
        messages++;
        tap_add_passed(1);
    }
    close_trip(&t);
}

static void check_file(const struct corpus_line *line)
{
    struct treaty_source source = library_source(
        library_read(line->arena, "", corpus_text(line->json, "file")));
    const struct treaty_proto_file *file;
    struct treaty_schema *schema = NULL;
    int count = 0;

    if (line->number % (tap_is_slow() ? 40 : 1))
        return;
    source.strictness = TREATY_STORED;
    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, NULL))
        return;
    file = treaty_proto_tree(schema)->file;
    for (const struct treaty_proto_message *m =
             treaty_proto_next_message(file, NULL);
         m && count < MESSAGES_MAX; m = treaty_proto_next_message(file, m)) {
        struct treaty_schema *part = NULL;

        if (m->parent || m->is_map_entry ||
            schema->format->part(schema, m->full, &part, NULL))
            continue;
        run_message(line, part);
        treaty_schema_unref(part);
        count++;
    }
    treaty_schema_unref(schema);
}

static void real_files(void)
{
    library_each("facts.jsonl", check_file);
    tap_note("%zu messages, %zu bytes of events", messages, bytes);
}

TAP_MAIN({"events of real files", real_files})
