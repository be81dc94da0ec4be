/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty gen`: events from a seed. Same schemas, same seed, same bytes, on
 * every machine; several schemas make a mixture, each event choosing one.
 */
#include "record/gen.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/flags.h"
#include "cmd/schema_file.h"
#include "record/text.h"
#include "wire/frame.h"

#include <errno.h>
#include <stdio.h>

enum output { OUT_JSON, OUT_AVRO_JSON, OUT_HEX, OUT_RAW };

struct options {
    struct treaty_flag_list schemas;
    struct treaty_flag_list ids;
    const char *format;
    const char *message;
    struct treaty_import_options imports;
    const char *out;
    int64_t count;
    int64_t seed;
    int64_t producer;
    int64_t first;
    int output;
    bool edge;
};

static const struct treaty_flag flags[] = {
    {"schema", "FILE", "schema of the events; several are mixed at random",
     TREATY_FLAG_LIST, offsetof(struct options, schemas), 0, 0},
    {"id", "N", "frame the events of the schema in the same place with this id",
     TREATY_FLAG_LIST, offsetof(struct options, ids), 0, 0},
    TREATY_FORMAT_FLAG(struct options, format),
    TREATY_MESSAGE_FLAG(struct options, message),
    TREATY_FOLDER_FLAG(struct options, imports),
    {"count", "N", "number of events", TREATY_FLAG_INT,
     offsetof(struct options, count), 0, INT64_MAX},
    {"seed", "N", "seed", TREATY_FLAG_INT, offsetof(struct options, seed), 0,
     INT64_MAX},
    {"producer", "N", "number of the producer in the events' identity",
     TREATY_FLAG_INT, offsetof(struct options, producer), 0, UINT32_MAX},
    {"first", "N", "sequence of the first event", TREATY_FLAG_INT,
     offsetof(struct options, first), 0, ((int64_t)1 << 48) - 1},
    {"edge", NULL,
     "every branch, symbol, null and bound, instead of likely "
     "values",
     TREATY_FLAG_BOOL, offsetof(struct options, edge), 0, 0},
    {"o", "json|avro-json|hex|raw",
     "a line an event, or 4 bytes of length and the event", TREATY_FLAG_CHOICE,
     offsetof(struct options, output), 0, 0},
    {"out", "FILE", "where to; else standard output", TREATY_FLAG_TEXT,
     offsetof(struct options, out), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "gen",
    .about = "Makes events from a seed: the same seed gives the same bytes.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

/* One schema of the mixture. */
struct source {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *plan;
    struct treaty_gen *gen;
    int64_t id; /* -1: events are not framed */
};

struct job {
    struct options opt;
    struct source sources[TREATY_FLAG_LIST_MAX];
    size_t source_count;
    struct treaty_arena texts; /* of imported files */
    struct treaty_arena arena; /* of one event */
    struct treaty_buf payload;
    struct treaty_buf line;
    void *record;
    FILE *out;
};

static bool parse_id(struct job *job, size_t i)
{
    struct source *source = &job->sources[i];

    source->id = -1;
    if (i >= job->opt.ids.count)
        return true;
    if (treaty_str_to_i64(treaty_str_z(job->opt.ids.items[i]), &source->id) &&
        source->id >= 0 && source->id <= INT32_MAX)
        return true;
    fprintf(stderr, "treaty gen: -id %s: expected 0 to 2147483647\n",
            job->opt.ids.items[i]);
    return false;
}

static bool open_source(struct job *job, size_t i)
{
    struct source *source = &job->sources[i];
    enum treaty_gen_style style =
        job->opt.edge ? TREATY_GEN_EDGE : TREATY_GEN_LIKELY;
    struct treaty_schema_file file = {.path = job->opt.schemas.items[i],
                                      .format = job->opt.format,
                                      .message = job->opt.message,
                                      .imports = &job->opt.imports};
    struct treaty_plan_options options = {0};
    struct treaty_error err;

    if (!parse_id(job, i) || !treaty_schema_file_open(&file, &source->schema))
        return false;
    if (source->schema->format->layout(source->schema, &source->layout, &err) ||
        source->schema->format->encode_plan(source->schema, source->layout,
                                            &options, &source->plan, &err) ||
        treaty_gen_new(source->layout, style, &source->gen, &err)) {
        fprintf(stderr, "treaty gen: %s: %s\n", job->opt.schemas.items[i],
                err.message);
        return false;
    }
    if (job->opt.output != OUT_AVRO_JSON || !source->layout->root->is_message)
        return true;
    fprintf(stderr,
            "treaty gen: -o avro-json is for Avro; a message's JSON is -o "
            "json\n");
    return false;
}

static bool open_sources(struct job *job)
{
    if (job->opt.schemas.count == 0) {
        fputs("treaty gen: give at least one -schema FILE\n", stderr);
        return false;
    }
    for (size_t i = 0; i < job->opt.schemas.count; i++) {
        job->source_count = i + 1;
        if (!open_source(job, i))
            return false;
    }
    return true;
}

static void close_sources(struct job *job)
{
    for (size_t i = 0; i < job->source_count; i++) {
        treaty_gen_free(job->sources[i].gen);
        treaty_plan_unref(job->sources[i].plan);
        treaty_layout_unref(job->sources[i].layout);
        treaty_schema_unref(job->sources[i].schema);
    }
}

/* Which schema the event `sequence` has: depends on nothing but the seed. */
static const struct source *choose(const struct job *job, uint64_t sequence)
{
    struct treaty_rng rng;

    if (job->source_count == 1)
        return &job->sources[0];
    treaty_rng_init(&rng,
                    (uint64_t)job->opt.seed * 0x9E3779B97F4A7C15u + sequence);
    return &job->sources[treaty_rng_below(&rng, job->source_count)];
}

static void put_raw(struct job *job)
{
    size_t len = job->payload.len;

    for (int shift = 24; shift >= 0; shift -= 8)
        treaty_buf_put_c(&job->line, (char)(len >> shift & 0xff));
    treaty_buf_put(&job->line, treaty_buf_str(&job->payload));
}

static enum treaty_code encode(struct job *job, const struct source *source,
                               struct treaty_error *err)
{
    char head[TREATY_FRAME_ID_SIZE];

    treaty_buf_clear(&job->payload);
    if (source->id >= 0) {
        treaty_frame_write_id(head, (uint32_t)source->id);
        treaty_buf_put_mem(&job->payload, head, sizeof(head));
        treaty_buf_put(&job->payload, source->schema->indexes);
    }
    return treaty_plan_encode(source->plan, job->record, &job->payload, err);
}

static enum treaty_code format_event(struct job *job,
                                     const struct source *source,
                                     struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    treaty_buf_clear(&job->line);
    if (job->opt.output == OUT_JSON || job->opt.output == OUT_AVRO_JSON) {
        treaty_record_write(&job->line, source->layout->root, job->record,
                            job->opt.output == OUT_JSON ? TREATY_TEXT_PLAIN
                                                        : TREATY_TEXT_AVRO);
        treaty_buf_put_c(&job->line, '\n');
        return treaty_buf_status(&job->line, err);
    }
    code = encode(job, source, err);
    if (code)
        return code;
    if (job->opt.output == OUT_RAW) {
        put_raw(job);
    } else {
        treaty_buf_put_hex(&job->line, job->payload.data, job->payload.len);
        treaty_buf_put_c(&job->line, '\n');
    }
    return treaty_buf_status(&job->line, err);
}

static bool make_event(struct job *job, uint64_t sequence)
{
    const struct source *source = choose(job, sequence);
    struct treaty_gen_identity identity = {(uint32_t)job->opt.producer,
                                           sequence, (uint64_t)job->opt.seed};
    struct treaty_error err;

    treaty_arena_reset(&job->arena);
    job->record =
        treaty_arena_calloc(&job->arena, 1, source->layout->root->size + 1);
    if (!job->record ||
        treaty_gen_event(source->gen, &identity, job->record, &job->arena)) {
        fputs("treaty gen: out of memory\n", stderr);
        return false;
    }
    if (format_event(job, source, &err)) {
        fprintf(stderr, "treaty gen: event %llu: %s\n",
                (unsigned long long)sequence, err.message);
        return false;
    }
    if (fwrite(job->line.data, 1, job->line.len, job->out) != job->line.len) {
        fprintf(stderr, "treaty gen: %s\n", strerror(errno));
        return false;
    }
    return true;
}

static bool make_events(struct job *job)
{
    for (int64_t i = 0; i < job->opt.count; i++) {
        if (!make_event(job, (uint64_t)(job->opt.first + i)))
            return false;
    }
    if (fflush(job->out) == 0)
        return true;
    fprintf(stderr, "treaty gen: %s\n", strerror(errno));
    return false;
}

static bool read_imports(struct job *job)
{
    struct treaty_error err;

    if (!treaty_import_options_read(&job->opt.imports, &job->texts, &err))
        return true;
    fprintf(stderr, "treaty gen: %s\n", err.message);
    return false;
}

static bool open_output(struct job *job)
{
    job->out = job->opt.out ? fopen(job->opt.out, "wb") : stdout;
    if (!job->out)
        fprintf(stderr, "treaty gen: %s: %s\n", job->opt.out, strerror(errno));
    return job->out != NULL;
}

int treaty_cmd_gen(int argc, char **argv)
{
    struct job job = {.opt = {.count = 10, .seed = 1}};
    bool ok;
    int status;

    if (!treaty_flags_parse(&usage, &argc, argv, &job.opt, &status))
        return status;
    treaty_buf_init(&job.payload, 0);
    treaty_buf_init(&job.line, 0);
    ok = read_imports(&job) && open_sources(&job) && open_output(&job) &&
         make_events(&job);
    if (job.opt.out && job.out && fclose(job.out) != 0) {
        fprintf(stderr, "treaty gen: %s: %s\n", job.opt.out, strerror(errno));
        ok = false;
    }
    close_sources(&job);
    treaty_buf_release(&job.payload);
    treaty_buf_release(&job.line);
    treaty_arena_release(&job.arena);
    treaty_arena_release(&job.texts);
    return ok ? 0 : 2;
}
