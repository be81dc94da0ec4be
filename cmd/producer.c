/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty producer`: registers a schema and writes framed events, made from a
 * seed or read as JSON lines.
 */
#include "stream/producer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/locate.h"
#include "base/rng.h"
#include "base/str.h"
#include "client/closure.h"
#include "client/scratch.h"
#include "cmd/command.h"
#include "cmd/kafka_options.h"
#include "cmd/pace.h"
#include "cmd/registry_options.h"
#include "cmd/schema_file.h"
#include "cmd/supervise.h"
#include "format/format.h"
#include "record/gen.h"
#include "record/text.h"
#include "stream/measure.h"
#include "stream/page.h"

#include "base/clock.h"

#include <treaty/serde.h>

#include <stdio.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCHEMA_MAX ((size_t)1 << 24)
#define LINE_MAX_BYTES ((size_t)1 << 26)
#define STOP_FLUSH_MS 60000

struct options {
    struct treaty_kafka_options kafka;
    const char *format;
    const char *message;
    struct treaty_import_options imports;
    const char *schema;
    const char *subject;
    const char *topic;
    const char *compat;
    struct treaty_registry_options registry;
    const char *metrics;
    const char *key;
    const char *in;
    const char *report;
    int64_t rate;
    int64_t count;
    int64_t instances;
    int64_t seed;
    bool quiet;

    /* Worked out once, before the instances start. */
    struct treaty_client_options client;
    struct treaty_arena arena;
    struct treaty_props props;
    struct treaty_stream_options stream;
    struct treaty_str schema_text;
    uint64_t seed_used;
    char subject_buf[512];
};

static const struct treaty_flag flags[] = {
    {"topic", "TOPIC", "where events go", TREATY_FLAG_TEXT,
     offsetof(struct options, topic), 0, 0},
    {"schema", "FILE", "schema to register and write with", TREATY_FLAG_TEXT,
     offsetof(struct options, schema), 0, 0},
    TREATY_FORMAT_FLAG(struct options, format),
    TREATY_MESSAGE_FLAG(struct options, message),
    TREATY_FOLDER_FLAG(struct options, imports),
    TREATY_REFERENCE_FLAG(struct options, imports),
    {"subject", "NAME", "subject of the schema; else TOPIC-value",
     TREATY_FLAG_TEXT, offsetof(struct options, subject), 0, 0},
    {"compat", "LEVEL", "level of the subject; refused if it has another",
     TREATY_FLAG_TEXT, offsetof(struct options, compat), 0, 0},
    TREATY_REGISTRY_FLAGS(struct options, registry),
    TREATY_KAFKA_FLAGS(struct options, kafka),
    {"key", "FIELD", "field whose value is the key; else none",
     TREATY_FLAG_TEXT, offsetof(struct options, key), 0, 0},
    {"in", "FILE", "events as JSON lines, `-` being standard input",
     TREATY_FLAG_TEXT, offsetof(struct options, in), 0, 0},
    {"seed", "N", "of the events that are made; else a random one",
     TREATY_FLAG_INT, offsetof(struct options, seed), 0, 0},
    {"rate", "N", "events a second of each instance; 0 is no limit",
     TREATY_FLAG_INT, offsetof(struct options, rate), 0, 100000000},
    {"count", "N", "events of each instance; 0 is no end", TREATY_FLAG_INT,
     offsetof(struct options, count), 0, INT64_MAX},
    {"instances", "N", "processes", TREATY_FLAG_INT,
     offsetof(struct options, instances), 1, 1024},
    {"metrics", "HOST:PORT",
     "serve /metrics there, each further instance on the next port",
     TREATY_FLAG_TEXT, offsetof(struct options, metrics), 0, 0},
    {"report", "FILE", "where the final report goes, as JSON", TREATY_FLAG_TEXT,
     offsetof(struct options, report), 0, 0},
    {"quiet", NULL, "no progress and no summary", TREATY_FLAG_BOOL,
     offsetof(struct options, quiet), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "producer",
    .about =
        "Registers a schema, and writes events that are framed with its id to "
        "a topic.\nEvents are made from a seed, or read as JSON lines. "
        "Without -schema they follow\nthe latest one of the subject.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

/* One running instance. */
struct session {
    const struct options *options;
    const struct treaty_instance *me;
    struct treaty_arena arena; /* of the run */
    struct treaty_arena event; /* of one event */
    struct treaty_scratch *scratch;
    struct treaty_scratch *latest; /* with `info`, without -schema */
    struct treaty_metrics *metrics;
    struct treaty_page *page;
    struct treaty_client *client;
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_gen *gen;
    struct treaty_serializer *serializer;
    struct treaty_producer *producer;
    void *record;
    struct treaty_buf key;
    struct treaty_pace pace;
    struct treaty_progress progress;
    struct treaty_measure_total acked;
    struct treaty_measure_total failed;
    uint64_t made;
    uint64_t bad_lines;
    struct treaty_schema_info info; /* the schema, and what it refers to */
    bool told;                      /* `err` is on standard error already */
    struct treaty_error err;
};

static void complain(const struct treaty_error *err)
{
    fprintf(stderr, "treaty producer: %s%s%s\n", err->path,
            err->path[0] ? ": " : "", err->message);
}

/* ---- set-up ------------------------------------------------------------ */

static enum treaty_code open_client(struct session *s)
{
    s->metrics = treaty_metrics_new();
    s->scratch = treaty_scratch_new(0, NULL);
    s->latest = treaty_scratch_new(0, NULL);
    if (!s->metrics || !s->scratch || !s->latest)
        return treaty_fail_nomem(&s->err);
    return treaty_client_new_with(&s->options->client, s->metrics, &s->client,
                                  &s->err);
}

/* The schema of -schema, told of by treaty_schema_file_open if it is bad. */
static enum treaty_code open_file(struct session *s)
{
    const struct options *o = s->options;
    struct treaty_schema_file file = {.path = o->schema,
                                      .text = o->schema_text,
                                      .format = o->format,
                                      .message = o->message,
                                      .imports = &o->imports,
                                      .client = s->client};

    if (!treaty_schema_file_open(&file, &s->schema)) {
        s->told = true;
        return TREATY_ESCHEMA;
    }
    s->info.text = o->schema_text;
    s->info.references = o->imports.references;
    s->info.reference_count = o->imports.reference_count;
    return TREATY_OK;
}

/* Without one, the latest of the subject; it must outlive the scratch. */
static enum treaty_code fetch_latest(struct session *s)
{
    struct treaty_manner manner = {.limited = false};
    struct treaty_schema *whole = NULL;
    enum treaty_code code;

    code = treaty_client_get_version(s->client, s->options->subject, 0,
                                     s->latest, &s->info, &s->err);
    if (!code)
        code = treaty_client_parse(s->client, &s->info, TREATY_STORED, manner,
                                   &whole, &s->err);
    if (!code)
        code = treaty_schema_part(whole, treaty_str_z(s->options->message),
                                  &s->schema, &s->err);
    treaty_schema_unref(whole);
    return code;
}

static enum treaty_code open_schema(struct session *s)
{
    enum treaty_code code = s->options->schema ? open_file(s) : fetch_latest(s);

    if (!code)
        code = s->schema->format->layout(s->schema, &s->layout, &s->err);
    if (code || s->options->in)
        return code;
    return treaty_gen_new(s->layout, TREATY_GEN_LIKELY, &s->gen, &s->err);
}

static enum treaty_code open_serializer(struct session *s)
{
    struct treaty_str text = treaty_arena_dup(&s->arena, s->info.text);
    struct treaty_serializer_options options = {
        .schema = text.data,
        .format = s->schema->format->name,
        .message = s->options->message,
        .references = s->info.references,
        .reference_count = s->info.reference_count,
        .imports = treaty_import_options_source(&s->options->imports),
        .subject = s->options->subject,
        .id_source =
            s->options->schema ? TREATY_ID_REGISTER : TREATY_ID_LOOK_UP,
    };
    enum treaty_code code;

    if (!text.data)
        return treaty_fail_nomem(&s->err);
    code = treaty_serializer_new(s->client, &options, &s->serializer, &s->err);
    return code ? code : treaty_serializer_prepare(s->serializer, &s->err);
}

static enum treaty_code open_producer(struct session *s)
{
    char client_id[64];
    struct treaty_producer_options options = {
        .stream = s->options->stream,
        .topic = s->options->topic,
    };

    snprintf(client_id, sizeof(client_id), "treaty-producer-%u", s->me->index);
    options.stream.client_id = client_id;
    options.stream.instances = s->me->count;
    return treaty_producer_new(&options, &s->producer, &s->err);
}

static enum treaty_code open_page(struct session *s)
{
    struct treaty_str topic = treaty_str_z(s->options->topic);

    s->acked.counter = treaty_metrics_counter(
        s->metrics, treaty_measure(TREATY_MEASURE_PRODUCED), &topic);
    s->failed.counter = treaty_metrics_counter(
        s->metrics, treaty_measure(TREATY_MEASURE_PRODUCE_FAILED), &topic);
    if (!s->options->metrics)
        return TREATY_OK;
    return treaty_page_start(s->options->metrics, s->me->index, s->metrics,
                             &s->page, &s->err);
}

static enum treaty_code open_session(struct session *s)
{
    enum treaty_code code = open_client(s);

    treaty_buf_init(&s->key, 0);
    if (!code)
        code = open_schema(s);
    if (!code)
        code = open_serializer(s);
    if (!code)
        code = open_producer(s);
    if (!code)
        code = open_page(s);
    if (code)
        return code;
    s->record = calloc(1, s->layout->root->size + 1);
    return s->record ? TREATY_OK : treaty_fail_nomem(&s->err);
}

static void close_session(struct session *s)
{
    treaty_page_stop(s->page);
    treaty_producer_free(s->producer);
    treaty_serializer_free(s->serializer);
    treaty_gen_free(s->gen);
    treaty_layout_unref(s->layout);
    treaty_schema_unref(s->schema);
    treaty_client_free(s->client);
    treaty_scratch_free(s->scratch);
    treaty_scratch_free(s->latest);
    treaty_metrics_free(s->metrics);
    treaty_buf_release(&s->key);
    treaty_arena_release(&s->event);
    treaty_arena_release(&s->arena);
    free(s->record);
}

/* ---- events ------------------------------------------------------------ */

static enum treaty_code put_key(struct session *s,
                                const struct treaty_value *value)
{
    switch (value->kind) {
    case TREATY_KIND_STRING:
    case TREATY_KIND_BYTES:
    case TREATY_KIND_FIXED:
        treaty_buf_put(&s->key, value->as.str);
        return TREATY_OK;
    case TREATY_KIND_BOOL:
    case TREATY_KIND_INT32:
    case TREATY_KIND_INT64:
        treaty_buf_put_i64(&s->key, value->as.i64);
        return TREATY_OK;
    case TREATY_KIND_UINT32:
    case TREATY_KIND_UINT64:
        treaty_buf_put_u64(&s->key, value->as.u64);
        return TREATY_OK;
    case TREATY_KIND_ENUM:
        treaty_buf_put(&s->key, value->symbol);
        return TREATY_OK;
    case TREATY_KIND_NULL:
    case TREATY_KIND_FLOAT:
    case TREATY_KIND_DOUBLE:
    case TREATY_KIND_OPTIONAL:
    case TREATY_KIND_UNION:
    case TREATY_KIND_RECORD:
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
    case TREATY_KIND_POINTER:
        break;
    }
    return treaty_fail(&s->err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                       "field \"%s\" is no key: it is null, a fraction or has "
                       "parts",
                       s->options->key);
}

/* The key of the event in `s->record`; .data NULL without -key. */
static enum treaty_code make_key(struct session *s, struct treaty_str *ret)
{
    struct treaty_value value;
    enum treaty_code code;

    *ret = (struct treaty_str){0};
    if (!s->options->key)
        return TREATY_OK;
    code = treaty_record_get(s->layout, s->record, s->options->key, &value,
                             &s->err);
    treaty_buf_clear(&s->key);
    if (!code)
        code = put_key(s, &value);
    if (code)
        return code;
    *ret = treaty_buf_str(&s->key);
    return treaty_buf_status(&s->key, &s->err);
}

/* Frame the record and hand it over; `identity` goes along if it must. */
static enum treaty_code write_event(struct session *s,
                                    const struct treaty_gen_identity *identity)
{
    char digits[TREATY_GEN_IDENTITY_LEN];
    struct treaty_header header = {TREATY_STR("treaty.identity"),
                                   {digits, sizeof(digits)}};
    struct treaty_message message;
    struct treaty_outgoing whole;
    struct treaty_str key;
    enum treaty_code code = make_key(s, &key);

    treaty_scratch_reset(s->scratch);
    if (!code)
        code = treaty_serialize(s->serializer, s->record, s->scratch, &message,
                                &s->err);
    if (code)
        return code;
    if (!identity || treaty_gen_carries_identity(s->gen))
        return treaty_producer_put(s->producer, key, message.value, &s->err);
    treaty_gen_identity_print(identity, digits);
    whole = (struct treaty_outgoing){.key = key,
                                     .value = message.value,
                                     .headers = &header,
                                     .header_count = 1};
    return treaty_producer_send(s->producer, &whole, &s->err);
}

static void show_progress(struct session *s)
{
    struct treaty_producer_counts counts = treaty_producer_counts(s->producer);
    char more[64];

    treaty_measure_follow(&s->acked, counts.acked);
    treaty_measure_follow(&s->failed, counts.failed);
    if (!treaty_progress_due(&s->progress))
        return;
    snprintf(more, sizeof(more), ", %llu acknowledged, %llu failed",
             (unsigned long long)counts.acked,
             (unsigned long long)counts.failed);
    treaty_progress_show(&s->progress, "produced", s->made, more);
}

/* Wait until the next event is due; false when it is time to stop. */
static bool wait_for_turn(struct session *s, enum treaty_code *code)
{
    uint64_t wait;

    if (s->made % 256 == 0)
        show_progress(s);
    wait = treaty_pace_wait_ms(&s->pace, s->made);
    if (wait) {
        *code = treaty_producer_push(s->producer, &s->err);
        while (wait && !*code && !treaty_stop_asked()) {
            treaty_producer_poll(s->producer, wait > 100 ? 100 : (int)wait);
            show_progress(s);
            wait = treaty_pace_wait_ms(&s->pace, s->made);
        }
    }
    return !*code && !treaty_stop_asked();
}

static enum treaty_code make_events(struct session *s)
{
    uint64_t count = (uint64_t)s->options->count;
    enum treaty_code code = TREATY_OK;

    while ((count == 0 || s->made < count) && wait_for_turn(s, &code)) {
        struct treaty_gen_identity identity = {s->me->index, s->made,
                                               s->options->seed_used};

        treaty_arena_reset(&s->event);
        code = treaty_gen_event(s->gen, &identity, s->record, &s->event);
        if (!code)
            code = write_event(s, &identity);
        if (code)
            return code;
        s->made++;
    }
    return code;
}

/* ---- JSON lines -------------------------------------------------------- */

static void report_line(struct session *s, size_t number,
                        struct treaty_str line)
{
    size_t column = 1;

    if (s->err.offset != TREATY_NO_OFFSET)
        column = treaty_locate(line, s->err.offset).column;
    fprintf(stderr, "%s:%zu:%zu: %s%s%s\n",
            strcmp(s->options->in, "-") == 0 ? "<stdin>" : s->options->in,
            number, column, s->err.path, s->err.path[0] ? ": " : "",
            s->err.message);
    s->bad_lines++;
}

static enum treaty_code read_line(struct session *s, struct treaty_str line)
{
    struct treaty_json_options options = {.size_max = LINE_MAX_BYTES};
    const struct treaty_json *value;
    enum treaty_code code;

    treaty_arena_reset(&s->event);
    s->err = (struct treaty_error){.offset = TREATY_NO_OFFSET};
    memset(s->record, 0, s->layout->root->size);
    code = treaty_json_parse(&s->event, line, &options, &value, &s->err);
    if (!code)
        code = treaty_record_read(&s->event, s->layout->root, value,
                                  TREATY_TEXT_PLAIN, s->record, &s->err);
    return code;
}

/* A line that is wrong is reported and left out; Kafka's failures end it. */
static enum treaty_code take_line(struct session *s, size_t number,
                                  struct treaty_str line)
{
    enum treaty_code code;

    if (treaty_str_trim(line).len == 0)
        return TREATY_OK;
    code = read_line(s, line);
    if (!code) {
        code = write_event(s, NULL);
        s->err.offset = TREATY_NO_OFFSET;
    }
    if (code == TREATY_EIO || code == TREATY_ENOMEM)
        return code;
    if (code)
        report_line(s, number, line);
    else
        s->made++;
    return TREATY_OK;
}

static enum treaty_code read_events(struct session *s)
{
    bool is_stdin = strcmp(s->options->in, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(s->options->in, "r");
    enum treaty_code code = TREATY_OK;
    uint64_t count = (uint64_t)s->options->count;
    char *line = NULL;
    size_t cap = 0;

    if (!file)
        return treaty_fail(&s->err, TREATY_EIO, TREATY_NO_OFFSET,
                           "cannot read %s", s->options->in);
    for (size_t number = 1;
         (count == 0 || s->made < count) && wait_for_turn(s, &code); number++) {
        ssize_t len = getline(&line, &cap, file);

        if (len < 0)
            break;
        len -= line[len - 1] == '\n';
        code = take_line(s, number, (struct treaty_str){line, (size_t)len});
        if (code)
            break;
    }
    free(line);
    if (!is_stdin)
        fclose(file);
    return code;
}

/* ---- an instance ------------------------------------------------------- */

static void fill_report(const struct session *s)
{
    struct treaty_tally *tally = &s->me->report->tally;
    struct treaty_producer_counts counts = treaty_producer_counts(s->producer);
    char id[16];

    treaty_tally_add_z(tally, "events", "produced", s->made);
    treaty_tally_add_z(tally, "events", "acked", counts.acked);
    treaty_tally_add_z(tally, "events", "failed", counts.failed);
    treaty_tally_add_z(tally, "events", "bad_lines", s->bad_lines);
    treaty_tally_add_z(tally, "events", "bytes", counts.acked_bytes);
    snprintf(id, sizeof(id), "%d", treaty_serializer_id(s->serializer));
    treaty_tally_add_z(tally, "ids", id, counts.acked);
}

static int run_instance(const struct treaty_instance *me, void *ctx)
{
    struct session s = {.options = ctx, .me = me};
    enum treaty_code code;
    int status;

    s.err.offset = TREATY_NO_OFFSET;
    code = open_session(&s);
    if (code) {
        if (!s.told)
            complain(&s.err);
        close_session(&s);
        return treaty_code_exit_status(code);
    }
    treaty_pace_begin(&s.pace, (uint64_t)s.options->rate);
    treaty_progress_begin(&s.progress, me->count == 1 && !s.options->quiet);
    code = s.options->in ? read_events(&s) : make_events(&s);
    if (!code)
        code = treaty_producer_flush(s.producer, STOP_FLUSH_MS, &s.err);
    show_progress(&s);
    treaty_progress_end(&s.progress);
    if (code)
        complain(&s.err);
    fill_report(&s);
    status = code ? 2 : s.bad_lines > 0;
    if (treaty_producer_counts(s.producer).failed)
        status = 2;
    close_session(&s);
    return status;
}

/* ---- the command ------------------------------------------------------- */

/* Give the subject its level; a subject that has another keeps it. */
static int set_level(const struct treaty_instance *me, void *ctx)
{
    struct session s = {.options = ctx, .me = me};
    struct treaty_str level;
    enum treaty_code code = open_client(&s);

    if (!code) {
        code = treaty_client_get_level(s.client, s.options->subject, s.scratch,
                                       &level, &s.err);
        if (code == TREATY_ENOCONFIG)
            code = treaty_client_set_level(s.client, s.options->subject,
                                           s.options->compat, &s.err);
        else if (!code &&
                 (level.len != strlen(s.options->compat) ||
                  strncasecmp(level.data, s.options->compat, level.len) != 0))
            code = treaty_fail(&s.err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                               "subject \"%s\" has the level %.*s, not %s",
                               s.options->subject, TREATY_STR_ARG(level),
                               s.options->compat);
    }
    if (code)
        complain(&s.err);
    close_session(&s);
    return treaty_code_exit_status(code);
}

/*
 * In a process of its own, and before the others: the instances must be forked
 * from one that never had a thread.
 */
static int set_level_apart(struct options *options)
{
    struct treaty_instance me = {0};
    int how = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(set_level(&me, options));
    if (pid < 0 || waitpid(pid, &how, 0) < 0 || !WIFEXITED(how))
        return 2;
    return WEXITSTATUS(how);
}

static bool check(const struct options *options)
{
    const char *wrong = NULL;

    if (!options->topic)
        wrong = "-topic says where the events go";
    else if (options->in && options->instances > 1)
        wrong = "-in is read by one instance";
    else if (!options->schema &&
             (options->imports.texts.count || options->imports.folders.count))
        wrong = "-I and -reference belong to a -schema";
    if (wrong)
        fprintf(stderr, "treaty producer: %s\n", wrong);
    return !wrong;
}

static enum treaty_code prepare(struct options *options,
                                struct treaty_error *err)
{
    enum treaty_code code;

    options->props.arena = &options->arena;
    if (!treaty_registry_options_read(&options->registry, &options->arena,
                                      &options->client))
        return treaty_fail_nomem(err);
    code = treaty_kafka_options_read(&options->kafka, &options->props,
                                     &options->stream, err);
    if (!code && options->schema)
        code = treaty_file_read(&options->arena, options->schema, SCHEMA_MAX,
                                &options->schema_text, err);
    if (!code)
        code =
            treaty_import_options_read(&options->imports, &options->arena, err);
    if (!options->subject) {
        snprintf(options->subject_buf, sizeof(options->subject_buf), "%s-value",
                 options->topic);
        options->subject = options->subject_buf;
    }
    options->seed_used = (uint64_t)options->seed;
    if (options->seed < 0)
        treaty_rng_system(&options->seed_used, sizeof(options->seed_used));
    return code;
}

static void put_head(struct treaty_json_writer *out, void *ctx)
{
    const struct options *options = ctx;
    char seed[24];

    snprintf(seed, sizeof(seed), "%016llx",
             (unsigned long long)options->seed_used);
    treaty_json_member_str(out, "command", TREATY_STR("producer"));
    treaty_json_member_str(out, "topic", treaty_str_z(options->topic));
    treaty_json_member_str(out, "subject", treaty_str_z(options->subject));
    treaty_json_member_i64(out, "instances", options->instances);
    if (!options->in)
        treaty_json_member_str(out, "seed", treaty_str_z(seed));
}

static void print_summary(const struct options *options,
                          const struct treaty_report *report, uint64_t took_ns)
{
    uint64_t acked = treaty_tally_get(&report->tally, "events", "acked");
    uint64_t failed = treaty_tally_get(&report->tally, "events", "failed");
    uint64_t ms = took_ns / 1000000 + 1;

    fprintf(stderr,
            "%llu events acknowledged by \"%s\" in %llu.%03llu s "
            "(%llu/s), %llu failed\n",
            (unsigned long long)acked, options->topic,
            (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000),
            (unsigned long long)(acked * 1000 / ms),
            (unsigned long long)failed);
}

static int run_prepared(struct options *options)
{
    struct treaty_report report;
    uint64_t start = treaty_clock_mono_ns();
    int status = options->compat ? set_level_apart(options) : 0;

    if (status)
        return status;
    treaty_report_init(&report);
    status = treaty_supervise("producer", (unsigned)options->instances,
                              run_instance, options, &report);
    if (!options->quiet && report.tally.map.live)
        print_summary(options, &report, treaty_clock_mono_ns() - start);
    if (options->report && report.tally.map.live &&
        !treaty_report_print(&report, put_head, options, options->report))
        status = 2;
    treaty_report_release(&report);
    return status;
}

int treaty_cmd_producer(int argc, char **argv)
{
    struct options options = {.instances = 1, .seed = -1, .report = "-"};
    struct treaty_error err = {0};
    int status;

    if (!treaty_flags_parse(&usage, &argc, argv, &options, &status))
        return status;
    if (!check(&options))
        return 2;
    if (prepare(&options, &err)) {
        complain(&err);
        status = 2;
    } else {
        status = run_prepared(&options);
    }
    treaty_arena_release(&options.arena);
    return status;
}
