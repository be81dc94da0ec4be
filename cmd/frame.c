/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty frame`: one record, taken apart byte by byte, and what a reader
 * makes of it.
 *
 *     0000  00                       magic
 *     0001  00 00 00 01              schema id    1
 *     0005  48                       order_id     length   36
 *     0006  30 30 30 30 30 30 30 ..  order_id     string   "00000001...
 */
#include "wire/frame.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "client/closure.h"
#include "cmd/command.h"
#include "cmd/flags.h"
#include "cmd/frame_topic.h"
#include "cmd/registry_options.h"
#include "cmd/schema_file.h"
#include "record/text.h"

#include <treaty/treaty.h>

#include <stdio.h>

enum {
    FRAME_MAX = 64 << 20,
    HEX_SHOWN = 8, /* bytes of a piece that are printed */
};

enum output { OUT_TEXT, OUT_JSON, OUT_AVRO_JSON };

struct options {
    const char *format;
    const char *message;
    struct treaty_import_options imports;
    const char *writer;
    const char *reader;
    const char *payload;
    const char *frame;
    const char *header;
    struct treaty_registry_options registry;
    struct treaty_record_place place;
    int output;
};

static const struct treaty_flag flags[] = {
    {"payload", "HEX", "the event without its frame, in hex", TREATY_FLAG_TEXT,
     offsetof(struct options, payload), 0, 0},
    {"frame", "HEX", "the whole record value, in hex", TREATY_FLAG_TEXT,
     offsetof(struct options, frame), 0, 0},
    {"header", "HEX", "value of the record header __value_schema_id, in hex",
     TREATY_FLAG_TEXT, offsetof(struct options, header), 0, 0},
    {"writer", "FILE", "schema that wrote the event; else asked of -registry",
     TREATY_FLAG_TEXT, offsetof(struct options, writer), 0, 0},
    {"reader", "FILE", "schema to read it with; else the writer's own",
     TREATY_FLAG_TEXT, offsetof(struct options, reader), 0, 0},
    TREATY_FORMAT_FLAG(struct options, format),
    {"message", "NAME",
     "full name of the message in a -payload; else the schema's first",
     TREATY_FLAG_TEXT, offsetof(struct options, message), 0, 0},
    TREATY_FOLDER_FLAG(struct options, imports),
    TREATY_REGISTRY_FLAGS(struct options, registry),
    {"topic", "TOPIC", "take the record from this topic", TREATY_FLAG_TEXT,
     offsetof(struct options, place.topic), 0, 0},
    {"partition", "N", "of the topic", TREATY_FLAG_INT,
     offsetof(struct options, place.partition), 0, INT32_MAX},
    {"offset", "WHERE", "beginning, N, -N (from the end) or @TIME",
     TREATY_FLAG_TEXT, offsetof(struct options, place.offset), 0, 0},
    TREATY_KAFKA_FLAGS(struct options, place.kafka),
    {"o", "text|json|avro-json", "pieces and value, or the value alone",
     TREATY_FLAG_CHOICE, offsetof(struct options, output), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "frame",
    .operands = "[FILE]",
    .about = "Shows one record byte by byte, and what a reader makes of it.\n"
             "The record is FILE (\"-\" for standard input), -frame, -payload, "
             "or one of\n"
             "-topic.\n"
             "Exit status: 0 it decodes, 1 it does not, 2 bad schema or usage.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

struct job {
    struct options opt;
    struct treaty_arena arena;
    struct treaty_str value;  /* of the record */
    struct treaty_str header; /* its schema header; .data NULL: none */
    struct treaty_frame frame;
    struct treaty_str indexes; /* that say which message; .len 0: none */
    bool is_framed;
    struct treaty_schema *writer;
    struct treaty_schema *reader;
};

/* Digits in pairs; spaces and colons between bytes are let pass. */
static bool parse_hex(struct treaty_arena *arena, const char *flag,
                      const char *text, struct treaty_str *ret)
{
    char *data = treaty_arena_alloc(arena, strlen(text) / 2 + 1);
    size_t len = 0;

    if (!data)
        return false;
    for (const char *at = text; *at; at++) {
        int high = treaty_hex_digit(*at);
        int low;

        if (*at == ' ' || *at == ':' || *at == '\n')
            continue;
        low = high < 0 ? -1 : treaty_hex_digit(at[1]);
        if (low < 0) {
            fprintf(stderr,
                    "treaty frame: -%s: no pair of hex digits at character "
                    "%zu (\"%.4s\")\n",
                    flag, (size_t)(at - text) + 1, at);
            return false;
        }
        data[len++] = (char)(high * 16 + low);
        at++;
    }
    *ret = (struct treaty_str){data, len};
    return true;
}

/* Exactly one of FILE, -frame, -payload and -topic gives the record. */
static bool read_record(struct job *job, int argc, char **argv)
{
    struct treaty_error err;
    int given = (argc > 1) + (job->opt.frame != NULL) +
                (job->opt.payload != NULL) + (job->opt.place.topic != NULL);

    if (given != 1 || argc > 2) {
        fputs("treaty frame: give one of FILE, -frame HEX, -payload HEX and "
              "-topic TOPIC\n",
              stderr);
        return false;
    }
    job->is_framed = job->opt.payload == NULL;
    if (job->opt.payload)
        return parse_hex(&job->arena, "payload", job->opt.payload, &job->value);
    if (job->opt.place.topic)
        return treaty_frame_topic_read(&job->arena, &job->opt.place,
                                       &job->value, &job->header);
    if (job->opt.frame)
        return parse_hex(&job->arena, "frame", job->opt.frame, &job->value);
    if (treaty_file_read(&job->arena, argv[1], FRAME_MAX, &job->value, &err)) {
        fprintf(stderr, "treaty frame: %s: %s\n", argv[1], err.message);
        return false;
    }
    return true;
}

/* 0, or 1 when this is no frame. */
static int split_frame(struct job *job)
{
    struct treaty_error err;

    if (!job->is_framed) {
        job->frame.payload = job->value;
        return 0;
    }
    if (job->opt.header &&
        !parse_hex(&job->arena, "header", job->opt.header, &job->header))
        return 2;
    if (treaty_frame_parse(job->value, job->header, &job->frame, &err)) {
        fprintf(stderr, "treaty frame: %s (byte %zu)\n", err.message,
                err.offset);
        return 1;
    }
    return 0;
}

static int complain(const struct treaty_error *err)
{
    fprintf(stderr, "treaty frame: %s\n", err->message);
    return err->code == TREATY_ENOSCHEMA ? 1 : 2;
}

static enum treaty_code ask(struct job *job, struct treaty_client *client,
                            struct treaty_scratch *scratch,
                            struct treaty_schema_info *ret,
                            struct treaty_error *err)
{
    char guid[37];

    if (!job->frame.by_guid)
        return treaty_client_get_id(client, (int32_t)job->frame.id, scratch,
                                    ret, err);
    treaty_guid_print(job->frame.guid, guid);
    return treaty_client_get_guid(client, guid, scratch, ret, err);
}

/* The writer's schema, from the registry that the frame's id belongs to. */
static int fetch_writer(struct job *job)
{
    struct treaty_client_options options = {0};
    struct treaty_client *client = NULL;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_manner manner = {.limited = false};
    struct treaty_schema_info info;
    struct treaty_error err;
    int status = 0;

    if (!scratch || !treaty_registry_options_read(&job->opt.registry,
                                                  &job->arena, &options))
        return 2;
    if (treaty_client_new(&options, &client, &err) ||
        ask(job, client, scratch, &info, &err) ||
        treaty_client_parse(client, &info, TREATY_STORED, manner, &job->writer,
                            &err))
        status = complain(&err);
    treaty_client_free(client);
    treaty_scratch_free(scratch);
    return status;
}

static bool open_schema(const struct job *job, const char *path,
                        const char *message, struct treaty_schema **ret)
{
    struct treaty_schema_file file = {.path = path,
                                      .format = job->opt.format,
                                      .message = message,
                                      .imports = &job->opt.imports};

    return treaty_schema_file_open(&file, ret);
}

static int load_schemas(struct job *job)
{
    struct treaty_error err;

    if (treaty_import_options_read(&job->opt.imports, &job->arena, &err))
        return complain(&err);
    if (job->opt.reader &&
        !open_schema(job, job->opt.reader, NULL, &job->reader))
        return 2;
    if (job->opt.message && job->is_framed) {
        fputs("treaty frame: -message is for a -payload; a frame says which "
              "message it holds\n",
              stderr);
        return 2;
    }
    if (job->opt.writer)
        return open_schema(job, job->opt.writer, job->opt.message, &job->writer)
                   ? 0
                   : 2;
    if (job->is_framed)
        return fetch_writer(job);
    fputs("treaty frame: -payload needs -writer FILE, the schema that wrote "
          "it\n",
          stderr);
    return 2;
}

static void replace(struct treaty_schema **schema, struct treaty_schema *by)
{
    treaty_schema_unref(*schema);
    *schema = by;
}

/* The message that the frame names, and the reader's of that name, or its
 * first. */
static int choose_messages(struct job *job)
{
    struct treaty_str before = treaty_frame_indexes(&job->frame);
    struct treaty_schema *part;
    struct treaty_error err;

    if (job->is_framed) {
        if (treaty_schema_of_frame(job->writer, &job->frame, &part, &err)) {
            fprintf(stderr, "treaty frame: %s (byte %zu)\n", err.message,
                    err.offset);
            return 1;
        }
        replace(&job->writer, part);
        job->indexes = treaty_str_sub(
            before, 0, before.len - treaty_frame_indexes(&job->frame).len);
    }
    if (!job->reader)
        job->reader = treaty_schema_ref(job->writer);
    else if (!treaty_schema_part(job->reader, job->writer->name, &part, NULL))
        replace(&job->reader, part);
    return 0;
}

/* Printing. */

static void print_row(size_t offset, struct treaty_str bytes, const char *name,
                      struct treaty_str type, struct treaty_str value)
{
    struct treaty_buf hex;

    treaty_buf_init(&hex, 0);
    for (size_t i = 0; i < bytes.len && i < HEX_SHOWN; i++)
        treaty_buf_printf(&hex, "%02x ",
                          (unsigned)(unsigned char)bytes.data[i]);
    if (bytes.len > HEX_SHOWN)
        treaty_buf_put_z(&hex, "..");
    printf("%04zx  %-26.*s  %-22s %-14.*s %.*s\n", offset,
           TREATY_STR_ARG(treaty_buf_str(&hex)), name, TREATY_STR_ARG(type),
           TREATY_STR_ARG(value));
    treaty_buf_release(&hex);
}

static void print_head(const struct job *job)
{
    char id[16];
    char guid[37];

    if (!job->is_framed)
        return;
    if (job->frame.by_guid) {
        treaty_guid_print(job->frame.guid, guid);
        printf("header                            guid                   "
               "               %s\n",
               guid);
        if (job->indexes.len)
            printf("header                            message                "
                   "indexes        %.*s\n",
                   TREATY_STR_ARG(job->writer->name));
        return;
    }
    (void)snprintf(id, sizeof(id), "%u", (unsigned)job->frame.id);
    print_row(0, treaty_str_sub(job->value, 0, 1), "magic", TREATY_STR(""),
              TREATY_STR("the schema id follows"));
    print_row(1, treaty_str_sub(job->value, 1, 4), "schema id", TREATY_STR(""),
              treaty_str_z(id));
    if (job->indexes.len)
        print_row(TREATY_FRAME_ID_SIZE, job->indexes, "message",
                  TREATY_STR("indexes"), job->writer->name);
}

static void print_span(void *ctx, const struct treaty_span *span)
{
    const struct job *job = ctx;
    char name[64];

    (void)snprintf(name, sizeof(name), "%.*s", TREATY_STR_ARG(span->path));
    print_row(job->frame.payload_at + span->offset,
              treaty_str_sub(job->frame.payload, span->offset, span->len), name,
              span->type, span->value);
}

static int undecodable(const struct job *job, const struct treaty_error *err)
{
    fflush(stdout);
    fprintf(stderr, "treaty frame: does not decode: %s", err->message);
    if (err->path[0])
        fprintf(stderr, " (at %s)", err->path);
    if (err->offset != TREATY_NO_OFFSET)
        fprintf(stderr, " (byte %zu)", err->offset + job->frame.payload_at);
    fputc('\n', stderr);
    return 1;
}

static void print_value(const struct job *job, const struct treaty_type *type,
                        const void *record)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_record_write(&out, type, record,
                        job->opt.output == OUT_AVRO_JSON ? TREATY_TEXT_AVRO
                                                         : TREATY_TEXT_PLAIN);
    printf("%.*s\n", TREATY_STR_ARG(treaty_buf_str(&out)));
    treaty_buf_release(&out);
}

/* Decode and print; 0 or 1. */
static int decode(struct job *job, const struct treaty_plan *plan,
                  const struct treaty_type *type)
{
    void *record = treaty_arena_calloc(&job->arena, 1, type->size + 1);
    struct treaty_error err;
    size_t used;

    if (!record)
        return 2;
    if (treaty_plan_decode_prefix(plan, job->frame.payload, record, &job->arena,
                                  &used, &err))
        return undecodable(job, &err);
    print_value(job, type, record);
    if (used == job->frame.payload.len)
        return 0;
    fflush(stdout);
    fprintf(stderr, "treaty frame: %zu bytes follow the event\n",
            job->frame.payload.len - used);
    return 0;
}

static int refuse_avro_json(void)
{
    fputs("treaty frame: -o avro-json is for Avro; a message's JSON is -o "
          "json\n",
          stderr);
    return 2;
}

static int run_plan(struct job *job)
{
    const struct treaty_format *format = job->reader->format;
    struct treaty_plan_options options = {.walk_to_end = true};
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    struct treaty_error err;
    int status;

    if (format->layout(job->reader, &layout, &err) ||
        format->decode_plan(job->writer, job->reader, layout, &options, &plan,
                            &err))
        status = complain(&err);
    else if (job->opt.output == OUT_AVRO_JSON && layout->root->is_message)
        status = refuse_avro_json();
    else
        status = decode(job, plan, layout->root);
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    return status;
}

static int show(struct job *job)
{
    struct treaty_error err;
    int status = 0;

    if (job->opt.output == OUT_TEXT) {
        print_head(job);
        if (job->writer->format->annotate(job->writer, job->frame.payload,
                                          print_span, job, &err))
            status = undecodable(job, &err);
    }
    return status ? status : run_plan(job);
}

int treaty_cmd_frame(int argc, char **argv)
{
    struct job job = {.opt = {.place = {.offset = "beginning"}}};
    int status;

    if (!treaty_flags_parse(&usage, &argc, argv, &job.opt, &status))
        return status;
    status = read_record(&job, argc, argv) ? split_frame(&job) : 2;
    if (!status)
        status = load_schemas(&job);
    if (!status)
        status = choose_messages(&job);
    if (!status)
        status = show(&job);
    treaty_schema_unref(job.writer);
    treaty_schema_unref(job.reader);
    treaty_arena_release(&job.arena);
    return status;
}
