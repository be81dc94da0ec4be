/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty consumer`: reads framed events with a reader schema of its own, and
 * quarantines what it cannot decode. With -requeue it sends the quarantined
 * ones back.
 */
#include "stream/consumer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "client/impl.h"
#include "cmd/command.h"
#include "cmd/consumer_options.h"
#include "cmd/pace.h"
#include "cmd/print_event.h"
#include "cmd/schema_file.h"
#include "cmd/supervise.h"
#include "cmd/verifier.h"
#include "cmd/versions.h"
#include "stream/measure.h"
#include "stream/page.h"
#include "wire/frame.h"

#include <treaty/serde.h>

#include <stdio.h>

#define REASONS_MAX 32
#define POLL_MS 100

struct count {
    int32_t of;
    uint64_t n;
};

/* A few counters by number; the one used last is found first. */
struct counts {
    struct count *rows;
    size_t used;
    size_t cap;
    size_t hint;
};

/* One running instance. */
struct session {
    const struct treaty_consumer_command *options;
    const struct treaty_instance *me;
    struct treaty_arena arena;
    struct treaty_scratch *scratch;
    struct treaty_metrics *metrics;
    struct treaty_page *page;
    struct treaty_client *client;
    struct treaty_deserializer *deserializer;
    struct treaty_verifier *verifier;
    struct treaty_versions versions;
    struct treaty_consumer *consumer;
    char client_id[64];
    struct treaty_progress progress;
    struct treaty_buf out; /* events to print */
    bool out_failed;
    bool quarantine_news;
    uint64_t printed;
    uint64_t seen;
    struct counts ids;
    struct counts partitions;
    struct counts refused; /* by partition: the last offset and one */
    uint64_t errors[REASONS_MAX];
    struct treaty_counter *error_counters[REASONS_MAX];
    struct treaty_measure_total consumed;
    struct treaty_measure_total tombstones;
    struct treaty_measure_total quarantined;
    struct treaty_measure_total copy_failures;
    struct treaty_measure_total waits;
    struct treaty_measure_total rebalances;
    struct treaty_gauge *states[3];
    struct treaty_gauge *reader_version;
    uint64_t published_ns;
    struct treaty_error waiting_for; /* why a record was not processed */
    struct treaty_error err;
};

static void complain(const struct treaty_error *err)
{
    fprintf(stderr, "treaty consumer: %s%s%s\n", err->path,
            err->path[0] ? ": " : "", err->message);
}

/* The row of `of`, made at its first use; NULL without memory. */
static struct count *row_of(struct counts *c, int32_t of)
{
    size_t i = c->hint;

    if (i >= c->used || c->rows[i].of != of)
        for (i = 0; i < c->used && c->rows[i].of != of; i++)
            ;
    if (i == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 32;
        struct count *rows = realloc(c->rows, cap * sizeof(*rows));

        if (!rows)
            return NULL;
        c->rows = rows;
        c->cap = cap;
    }
    if (i == c->used)
        c->rows[c->used++] = (struct count){of, 0};
    c->hint = i;
    return &c->rows[i];
}

static void count(struct counts *c, int32_t of)
{
    struct count *row = row_of(c, of);

    if (row)
        row->n++;
}

/* ---- one record -------------------------------------------------------- */

static size_t reason_index(const char *reason)
{
    size_t i = 0;

    while (treaty_reason_at(i + 1) && treaty_reason_at(i) != reason)
        i++;
    return i;
}

static int32_t id_in(const struct treaty_message *message)
{
    struct treaty_frame frame;

    if (treaty_frame_parse(message->value, message->header, &frame, NULL) ||
        frame.by_guid)
        return -1;
    return (int32_t)frame.id;
}

/*
 * True when this record was refused before: one that stops its partition, or
 * waits for room in the quarantine, comes again.
 */
static bool is_known(struct session *s, const struct treaty_incoming *in)
{
    struct count *row = row_of(&s->refused, in->partition);
    uint64_t mark = (uint64_t)in->offset + 1;
    bool known = row && row->n == mark;

    if (row)
        row->n = mark;
    return known;
}

static enum treaty_disposition refuse(struct session *s,
                                      const struct treaty_incoming *in,
                                      const struct treaty_message *message,
                                      struct treaty_rejection *why)
{
    size_t index;

    if (!treaty_error_is_definite(&s->err)) {
        s->waiting_for = s->err;
        return TREATY_UNAVAILABLE;
    }
    why->reason = treaty_reason_of(s->err.code);
    why->schema_id = id_in(message);
    why->error = treaty_str_z(s->err.message);
    if (is_known(s, in))
        return TREATY_REJECTED;
    index = reason_index(why->reason);
    s->errors[index]++;
    treaty_counter_add(s->error_counters[index], 1);
    return TREATY_REJECTED;
}

static void flush_out(struct session *s)
{
    if (s->out.len && (s->out.failed || fwrite(s->out.data, 1, s->out.len,
                                               stdout) != s->out.len))
        s->out_failed = true;
    if (fflush(stdout))
        s->out_failed = true;
    treaty_buf_clear(&s->out);
}

static void print(struct session *s, const struct treaty_incoming *in,
                  const struct treaty_event *event)
{
    struct treaty_printed printed = {.incoming = in};

    if (s->options->print == TREATY_PRINT_NOTHING)
        return;
    if (s->options->print == TREATY_PRINT_RAW) {
        treaty_buf_put(&s->out, in->value);
        treaty_buf_put_c(&s->out, '\n');
    } else {
        if (event) {
            printed.type = event->layout->root;
            printed.record = event->record;
            printed.message = event->message;
            printed.id = event->id;
            printed.version = treaty_versions_of(&s->versions, event->id);
        }
        treaty_print_event(&printed, &s->out);
    }
    if (s->out.len > 1 << 16)
        flush_out(s);
}

static void note_processed(struct session *s, const struct treaty_incoming *in)
{
    s->seen++;
    count(&s->partitions, in->partition);
    if (s->options->count && s->seen >= (uint64_t)s->options->count)
        treaty_consumer_enough(s->consumer);
}

static bool is_verified(struct session *s, const struct treaty_incoming *in,
                        const struct treaty_message *message,
                        const struct treaty_event *event)
{
    struct treaty_str identity;
    enum treaty_code code;

    if (!s->verifier)
        return true;
    identity = treaty_stream_header(in->msg, TREATY_HEADER_IDENTITY);
    code =
        treaty_verifier_check(s->verifier, message, event, identity, &s->err);
    return !code;
}

static enum treaty_disposition on_record(void *ctx,
                                         const struct treaty_incoming *in,
                                         struct treaty_rejection *why)
{
    struct session *s = ctx;
    struct treaty_message message = {.value = in->value};
    struct treaty_event event;

    if (!in->value.data || s->options->print >= TREATY_PRINT_HEX) {
        print(s, in, NULL);
        note_processed(s, in);
        return TREATY_TAKEN;
    }
    message.header = treaty_stream_header(in->msg, TREATY_HEADER_VALUE);
    treaty_scratch_reset(s->scratch);
    if (treaty_deserialize_event(s->deserializer, &message, s->scratch, &event,
                                 &s->err) ||
        !is_verified(s, in, &message, &event))
        return refuse(s, in, &message, why);
    count(&s->ids, event.id);
    print(s, in, &event);
    note_processed(s, in);
    return TREATY_TAKEN;
}

static void on_news(void *ctx, enum treaty_consumer_news news,
                    int32_t partition, const char *text)
{
    const struct session *s = ctx;
    const char *topic = s->options->source_topic;

    switch (news) {
    case TREATY_NEWS_ASSIGNED:
    case TREATY_NEWS_REVOKED:
        return;
    case TREATY_NEWS_WAITING:
        treaty_log(TREATY_LOG_WARN, "consumer",
                   "%s waits for the registry: %s partition=%d", topic,
                   s->waiting_for.message, partition);
        return;
    case TREATY_NEWS_STOPPED:
        treaty_log(TREATY_LOG_ERROR, "consumer",
                   "%s stopped: too many records cannot be decoded, the last "
                   "for the reason \"%s\"; SIGUSR1 makes it go on partition=%d",
                   topic, text, partition);
        return;
    case TREATY_NEWS_RESUMED:
        treaty_log(TREATY_LOG_DEBUG, "consumer", "%s tries again partition=%d",
                   topic, partition);
        return;
    case TREATY_NEWS_ERROR:
        treaty_log(TREATY_LOG_WARN, "consumer", "%s: %s partition=%d", topic,
                   text, partition);
        return;
    }
}

/* ---- set-up ------------------------------------------------------------ */

static enum treaty_code open_client(struct session *s)
{
    treaty_buf_init(&s->out, 0);
    s->metrics = treaty_metrics_new();
    s->scratch = treaty_scratch_new(0, NULL);
    if (!s->metrics || !s->scratch)
        return treaty_fail_nomem(&s->err);
    return treaty_client_new_with(&s->options->client, s->metrics, &s->client,
                                  &s->err);
}

/* The reader's schema from the registry; its texts stay on the scratch. */
static enum treaty_code fetch_reader(struct session *s,
                                     struct treaty_deserializer_options *ret)
{
    struct treaty_schema_info info;
    struct treaty_str text;
    struct treaty_str type;
    enum treaty_code code = treaty_client_get_version(
        s->client, s->options->subject, s->options->reader_version_number,
        s->scratch, &info, &s->err);

    if (code)
        return code;
    text = treaty_arena_dup(&s->arena, info.text);
    type = treaty_arena_dup(&s->arena, info.type);
    if (!text.data || !type.data)
        return treaty_fail_nomem(&s->err);
    ret->schema = text.data;
    ret->format = type.data;
    ret->references = info.references;
    ret->reference_count = info.reference_count;
    treaty_gauge_set(s->reader_version, info.version);
    return TREATY_OK;
}

static enum treaty_code open_deserializer(struct session *s)
{
    struct treaty_deserializer_options options = {
        .schema = s->options->schema_text.data,
        .format =
            treaty_schema_file_format(s->options->format, s->options->schema),
        .message = s->options->message,
        .references = s->options->imports.references,
        .reference_count = s->options->imports.reference_count,
        .imports = treaty_import_options_source(&s->options->imports),
        .walk_to_end = true,
        .no_wait = true,
    };
    enum treaty_code code = TREATY_OK;

    if (s->options->reader_version)
        code = fetch_reader(s, &options);
    if (!code)
        code = treaty_deserializer_new(s->client, &options, &s->deserializer,
                                       &s->err);
    if (!code && s->options->verify) {
        struct treaty_verifier_options verify = {
            .client = s->client,
            .reader = s->deserializer,
            .metrics = s->metrics,
            .subject = treaty_str_z(s->options->subject)};

        code = treaty_verifier_new(&verify, &s->verifier, &s->err);
    }
    return code;
}

static enum treaty_code open_consumer(struct session *s)
{
    const struct treaty_consumer_command *o = s->options;
    struct treaty_consumer_options options = {
        .stream = o->stream,
        .topic = o->source_topic,
        .group = o->group,
        .copy_topic = o->copy_topic,
        .requeue = o->requeue,
        .partition = (int32_t)o->partition,
        .start = o->start,
        .start_at = o->start_at,
        .quarantine_max_ratio = o->max_ratio,
        .consume = on_record,
        .news = on_news,
        .ctx = s,
    };

    snprintf(s->client_id, sizeof(s->client_id), "treaty-consumer-%u",
             s->me->index);
    options.stream.client_id = s->client_id;
    options.stream.instances = s->me->count;
    return treaty_consumer_new(&options, &s->consumer, &s->err);
}

static struct treaty_counter *topic_counter(const struct session *s,
                                            enum treaty_measure which)
{
    struct treaty_str topic = treaty_str_z(s->options->source_topic);

    return treaty_metrics_counter(s->metrics, treaty_measure(which), &topic);
}

static void open_counters(struct session *s)
{
    static const char *const states[] = {"owned", "waiting", "stopped"};
    struct treaty_str subject = treaty_str_z(s->options->subject);

    s->consumed.counter = topic_counter(s, TREATY_MEASURE_CONSUMED);
    s->tombstones.counter = topic_counter(s, TREATY_MEASURE_TOMBSTONES);
    s->quarantined.counter = topic_counter(s, TREATY_MEASURE_QUARANTINED);
    s->copy_failures.counter = topic_counter(s, TREATY_MEASURE_COPY_FAILURES);
    s->waits.counter = topic_counter(s, TREATY_MEASURE_WAITS);
    s->rebalances.counter = topic_counter(s, TREATY_MEASURE_REBALANCES);
    for (size_t i = 0; treaty_reason_at(i) && i < REASONS_MAX; i++) {
        struct treaty_str labels[] = {subject,
                                      treaty_str_z(treaty_reason_at(i))};

        s->error_counters[i] = treaty_metrics_counter(
            s->metrics, treaty_measure(TREATY_MEASURE_ERRORS), labels);
    }
    for (size_t i = 0; i < 3; i++) {
        struct treaty_str labels[] = {treaty_str_z(s->options->source_topic),
                                      treaty_str_z(states[i])};

        s->states[i] = treaty_metrics_gauge(
            s->metrics, treaty_measure(TREATY_MEASURE_PARTITIONS), labels);
    }
    s->reader_version = treaty_metrics_gauge(
        s->metrics, treaty_measure(TREATY_MEASURE_READER_VERSION), &subject);
}

static enum treaty_code open_session(struct session *s)
{
    enum treaty_code code = open_client(s);

    if (code)
        return code;
    treaty_versions_init(&s->versions, s->client, s->options->subject);
    open_counters(s);
    if (!s->options->requeue)
        code = open_deserializer(s);
    if (!code)
        code = open_consumer(s);
    if (!code && s->options->metrics)
        code = treaty_page_start(s->options->metrics, s->me->index, s->metrics,
                                 &s->page, &s->err);
    return code;
}

static void close_session(struct session *s)
{
    treaty_page_stop(s->page);
    treaty_consumer_close(s->consumer);
    treaty_verifier_free(s->verifier);
    treaty_deserializer_free(s->deserializer);
    treaty_versions_release(&s->versions);
    treaty_client_free(s->client);
    treaty_scratch_free(s->scratch);
    treaty_metrics_free(s->metrics);
    treaty_buf_release(&s->out);
    treaty_arena_release(&s->arena);
    free(s->ids.rows);
    free(s->partitions.rows);
    free(s->refused.rows);
}

/* ---- the run ----------------------------------------------------------- */

static void publish_lag(struct session *s)
{
    struct treaty_str topic = treaty_str_z(s->options->source_topic);
    int32_t end = treaty_consumer_partition_max(s->consumer);

    for (int32_t i = 0; i < end; i++) {
        int64_t lag = treaty_consumer_lag(s->consumer, i);
        char number[16];
        struct treaty_str labels[] = {topic, {number, 0}};

        if (lag < 0)
            continue;
        labels[1].len = (size_t)snprintf(number, sizeof(number), "%d", i);
        treaty_gauge_set(
            treaty_metrics_gauge(s->metrics, treaty_measure(TREATY_MEASURE_LAG),
                                 labels),
            (double)lag);
    }
}

static void publish(struct session *s)
{
    struct treaty_consumer_counts c = treaty_consumer_counts(s->consumer);

    s->published_ns = treaty_clock_mono_ns();
    treaty_measure_follow(&s->consumed, c.taken);
    treaty_measure_follow(&s->tombstones, c.tombstones);
    treaty_measure_follow(&s->quarantined, c.copied);
    treaty_measure_follow(&s->copy_failures, c.copy_failures);
    treaty_measure_follow(&s->waits, c.waits);
    treaty_measure_follow(&s->rebalances, c.rebalances);
    treaty_gauge_set(s->states[0], c.owned);
    treaty_gauge_set(s->states[1], c.waiting);
    treaty_gauge_set(s->states[2], c.stopped);
    if (s->page)
        publish_lag(s);
}

static void show_progress(struct session *s)
{
    struct treaty_consumer_counts c;
    char more[128];

    if (treaty_clock_mono_ns() - s->published_ns > 500000000u)
        publish(s);
    if (!treaty_progress_due(&s->progress))
        return;
    c = treaty_consumer_counts(s->consumer);
    snprintf(more, sizeof(more),
             ", lag %lld, %llu quarantined, %u waiting, %u stopped",
             (long long)c.lag, (unsigned long long)c.copied, c.waiting,
             c.stopped);
    treaty_progress_show(&s->progress, "consumed", c.taken, more);
}

static bool is_done(const struct session *s)
{
    if (treaty_stop_asked() || s->out_failed)
        return true;
    if (s->options->count && s->seen >= (uint64_t)s->options->count)
        return true;
    return s->options->exit_at_end && treaty_consumer_at_end(s->consumer);
}

static enum treaty_code consume(struct session *s)
{
    enum treaty_code code = TREATY_OK;

    while (!code && !is_done(s)) {
        if (treaty_go_on_asked())
            treaty_consumer_go_on(s->consumer);
        code = treaty_consumer_poll(s->consumer, POLL_MS, &s->err);
        flush_out(s);
        show_progress(s);
    }
    if (!code && s->out_failed)
        code = treaty_fail(&s->err, TREATY_EIO, TREATY_NO_OFFSET,
                           "cannot write to standard output");
    return code;
}

static void report_counts(const struct session *s)
{
    struct treaty_tally *tally = &s->me->report->tally;
    struct treaty_consumer_counts c = treaty_consumer_counts(s->consumer);
    const struct {
        const char *label;
        uint64_t n;
    } rows[] = {
        {s->options->requeue ? "requeued" : "consumed", c.taken},
        {"tombstones", c.tombstones},
        {"rejected", c.rejected},
        {"copied", c.copied},
        {"copy_failures", c.copy_failures},
        {"failed_again", c.failed_again},
        {"duplicates", c.duplicates},
        {"waits", c.waits},
        {"rebalances", c.rebalances},
        {"skipped_offsets", c.skipped},
        {"stopped_partitions", c.stopped},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        treaty_tally_add_z(tally, "events", rows[i].label, rows[i].n);
}

static void report_numbers(struct treaty_tally *tally, const char *group,
                           const struct counts *c)
{
    char number[16];

    for (size_t i = 0; i < c->used; i++) {
        snprintf(number, sizeof(number), "%d", c->rows[i].of);
        treaty_tally_add_z(tally, group, number, c->rows[i].n);
    }
}

static void report_errors(const struct session *s)
{
    struct treaty_tally *tally = &s->me->report->tally;
    char label[600];

    for (size_t i = 0; treaty_reason_at(i) && i < REASONS_MAX; i++) {
        if (s->errors[i] == 0)
            continue;
        snprintf(label, sizeof(label), "%s/%s", s->options->subject,
                 treaty_reason_at(i));
        treaty_tally_add_z(tally, "errors", label, s->errors[i]);
    }
}

static void report_registry(const struct session *s)
{
    struct treaty_tally *tally = &s->me->report->tally;
    struct treaty_cache_counts cache = treaty_client_cache_counts(s->client);
    uint64_t requests = 0;

    for (size_t i = 0; i < TREATY_OUTCOME_COUNT; i++)
        requests += treaty_counter_value(s->client->telemetry.requests[i]);
    treaty_tally_add_z(tally, "registry", "requests", requests);
    treaty_tally_add_z(tally, "registry", "cache_hits", cache.hits);
    treaty_tally_add_z(tally, "registry", "cache_misses", cache.misses);
}

static void report_verified(const struct session *s)
{
    struct treaty_tally *tally = &s->me->report->tally;
    struct treaty_verified verified;
    struct treaty_str field;
    uint64_t n;

    if (!s->verifier)
        return;
    verified = treaty_verifier_counts(s->verifier);
    treaty_tally_add_z(tally, "verified", "events", verified.events);
    treaty_tally_add_z(tally, "verified", "mismatched", verified.mismatched);
    treaty_tally_add_z(tally, "verified", "anonymous", verified.anonymous);
    for (size_t i = 0; treaty_verifier_mismatch(s->verifier, i, &field, &n);
         i++)
        treaty_tally_add(tally, "mismatches", field, n);
    treaty_verifier_take_sequences(s->verifier, &s->me->report->sequences);
}

static void fill_report(struct session *s)
{
    report_counts(s);
    report_registry(s);
    report_numbers(&s->me->report->tally, "ids", &s->ids);
    report_numbers(&s->me->report->tally, "partitions", &s->partitions);
    report_errors(s);
    report_verified(s);
}

static int run_instance(const struct treaty_instance *me, void *ctx)
{
    struct session s = {.options = ctx, .me = me};
    enum treaty_code code = open_session(&s);

    if (code) {
        complain(&s.err);
        close_session(&s);
        return 2;
    }
    treaty_progress_begin(&s.progress, me->count == 1 && !s.options->quiet &&
                                           !s.options->print);
    code = consume(&s);
    treaty_progress_end(&s.progress);
    if (code)
        complain(&s.err);
    fill_report(&s);
    close_session(&s);
    return code ? 2 : 0;
}

/* ---- the command ------------------------------------------------------- */

static void put_head(struct treaty_json_writer *out, void *ctx)
{
    const struct treaty_consumer_command *options = ctx;

    treaty_json_member_str(out, "command", TREATY_STR("consumer"));
    treaty_json_member_str(out, "topic", treaty_str_z(options->source_topic));
    treaty_json_member_str(out, "subject", treaty_str_z(options->subject));
    if (options->group)
        treaty_json_member_str(out, "group", treaty_str_z(options->group));
    treaty_json_member_i64(out, "instances", options->instances);
}

/*
 * By version: one look at the subject at the end and for all instances, since
 * the registry should see no more of a fleet than its misses.
 */
static void add_versions(const struct treaty_consumer_command *options,
                         struct treaty_tally *tally)
{
    struct treaty_client_options client_options = options->client;
    struct treaty_versions versions;
    struct treaty_client *client;
    struct treaty_str label;
    size_t at = 0;
    uint64_t n;

    client_options.connect_timeout_ms = 1000;
    client_options.timeout_ms = 2000;
    client_options.retries = -1;
    if (treaty_client_new(&client_options, &client, NULL))
        return;
    treaty_versions_init(&versions, client, options->subject);
    while (treaty_tally_next(tally, "ids", &at, &label, &n)) {
        int64_t id = 0;
        char version[16];

        (void)treaty_str_to_i64(label, &id);
        snprintf(version, sizeof(version), "%d",
                 treaty_versions_of(&versions, (int32_t)id));
        treaty_tally_add_z(tally, "versions", version, n);
    }
    treaty_versions_release(&versions);
    treaty_client_free(client);
}

static void print_verdict(const struct treaty_report *report)
{
    struct treaty_sequence_counts all =
        treaty_sequences_counts(&report->sequences);

    fprintf(stderr,
            "verified %llu, mismatched %llu, without identity %llu; sequences "
            "missing %llu, seen again %llu\n",
            (unsigned long long)treaty_tally_get(&report->tally, "verified",
                                                 "events"),
            (unsigned long long)treaty_tally_get(&report->tally, "verified",
                                                 "mismatched"),
            (unsigned long long)treaty_tally_get(&report->tally, "verified",
                                                 "anonymous"),
            (unsigned long long)all.missing,
            (unsigned long long)all.duplicates);
}

static void print_summary(const struct treaty_consumer_command *options,
                          const struct treaty_report *report)
{
    const struct treaty_tally *t = &report->tally;

    fprintf(stderr, "%llu events of \"%s\", %llu quarantined, %llu waits\n",
            (unsigned long long)treaty_tally_get(
                t, "events", options->requeue ? "requeued" : "consumed"),
            options->source_topic,
            (unsigned long long)treaty_tally_get(t, "events", "rejected"),
            (unsigned long long)treaty_tally_get(t, "events", "waits"));
    if (options->verify)
        print_verdict(report);
}

/* Wrong values always, and missing events where all were to be read. */
static bool contract_holds(const struct treaty_consumer_command *options,
                           const struct treaty_report *report)
{
    if (treaty_tally_get(&report->tally, "verified", "mismatched"))
        return false;
    return !options->exit_at_end ||
           treaty_sequences_counts(&report->sequences).missing == 0;
}

static int run_prepared(struct treaty_consumer_command *options)
{
    struct treaty_report report;
    int status;

    treaty_report_init(&report);
    status = treaty_supervise("consumer", (unsigned)options->instances,
                              run_instance, options, &report);
    if (report.tally.map.live) {
        add_versions(options, &report.tally);
        if (!options->quiet)
            print_summary(options, &report);
        if (options->report &&
            !treaty_report_print(&report, put_head, options, options->report))
            status = 2;
        if (options->sequences &&
            !treaty_report_print_sequences(&report, options->sequences))
            status = 2;
        if (!status && !contract_holds(options, &report))
            status = 1;
    }
    treaty_report_release(&report);
    return status;
}

int treaty_cmd_consumer(int argc, char **argv)
{
    struct treaty_consumer_command options;
    int status;

    if (treaty_consumer_command_parse(argc, argv, &options, &status))
        status = run_prepared(&options);
    treaty_consumer_command_release(&options);
    return status;
}
