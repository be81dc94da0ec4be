/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/consumer_options.h"

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

#include <stdio.h>

#define SCHEMA_MAX ((size_t)1 << 24)

static const struct treaty_flag flags[] = {
    {"topic", "TOPIC", "where events come from", TREATY_FLAG_TEXT,
     offsetof(struct treaty_consumer_command, topic), 0, 0},
    {"group", "NAME",
     "consumer group; without one all partitions are read and nothing is "
     "committed",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, group), 0, 0},
    {"subject", "NAME", "subject of the reader's version; else TOPIC-value",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, subject), 0, 0},
    {"reader-version", "N|latest", "version of the subject to read with",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, reader_version),
     0, 0},
    {"schema", "FILE",
     "schema to read with; without one each event is read as it was written",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, schema), 0, 0},
    TREATY_FORMAT_FLAG(struct treaty_consumer_command, format),
    TREATY_MESSAGE_FLAG(struct treaty_consumer_command, message),
    TREATY_FOLDER_FLAG(struct treaty_consumer_command, imports),
    TREATY_REFERENCE_FLAG(struct treaty_consumer_command, imports),
    TREATY_REGISTRY_FLAGS(struct treaty_consumer_command, registry),
    {"lookup-rate", "N",
     "look-ups of unknown schemas a second, at most; 0 is 100", TREATY_FLAG_INT,
     offsetof(struct treaty_consumer_command, registry.lookup_rate), 0,
     1000000},
    TREATY_KAFKA_FLAGS(struct treaty_consumer_command, kafka),
    {"offset", "WHERE",
     "beginning, end, N, -N (from the end) or @TIME; with a group: where to "
     "start the first time",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, offset), 0, 0},
    {"partition", "N", "read this one only, -1 being all", TREATY_FLAG_INT,
     offsetof(struct treaty_consumer_command, partition), -1, INT32_MAX},
    {"count", "N", "stop after so many events; 0 is no end", TREATY_FLAG_INT,
     offsetof(struct treaty_consumer_command, count), 0, INT64_MAX},
    {"exit", NULL, "stop at the end of the topic", TREATY_FLAG_BOOL,
     offsetof(struct treaty_consumer_command, exit_at_end), 0, 0},
    {"o", "none|json|hex|raw",
     "print each event: as JSON, or as it is (hex with its headers, raw "
     "without) and not decoded",
     TREATY_FLAG_CHOICE, offsetof(struct treaty_consumer_command, print), 0, 0},
    {"verify", NULL,
     "compare each event with what its producer made; status 1 if one differs",
     TREATY_FLAG_BOOL, offsetof(struct treaty_consumer_command, verify), 0, 0},
    {"sequences", "FILE",
     "with -verify: write which sequences of each producer were seen",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, sequences), 0,
     0},
    {"quarantine-max-ratio", "0..1",
     "share of the last 10,000 events of a partition that may be quarantined "
     "before it stops",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, ratio), 0, 0},
    {"requeue", NULL,
     "send the quarantined events of the topic back to it, and stop",
     TREATY_FLAG_BOOL, offsetof(struct treaty_consumer_command, requeue), 0, 0},
    {"instances", "N", "processes", TREATY_FLAG_INT,
     offsetof(struct treaty_consumer_command, instances), 1, 1024},
    {"metrics", "HOST:PORT",
     "serve /metrics there, each further instance on the next port",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, metrics), 0, 0},
    {"report", "FILE",
     "where the final report goes, as JSON; else standard output, or nowhere "
     "with -o",
     TREATY_FLAG_TEXT, offsetof(struct treaty_consumer_command, report), 0, 0},
    {"quiet", NULL, "no progress and no summary", TREATY_FLAG_BOOL,
     offsetof(struct treaty_consumer_command, quiet), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "consumer",
    .about =
        "Reads framed events of a topic with a schema of its own. What cannot "
        "be decoded\nis copied to TOPIC.quarantine before it is committed. "
        "While the registry is\ndown, the partitions that need it wait.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

static bool parse_time(const char *text, int64_t *ret_ms)
{
    struct tm tm = {0};
    int used = 0;

    if (treaty_str_to_i64(treaty_str_z(text), ret_ms))
        return true;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
        text[used] || used != 20)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *ret_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

bool treaty_parse_start(const char *text, enum treaty_start *ret,
                        int64_t *ret_at)
{
    *ret_at = 0;
    if (strcmp(text, "beginning") == 0) {
        *ret = TREATY_START_BEGINNING;
        return true;
    }
    if (strcmp(text, "end") == 0) {
        *ret = TREATY_START_END;
        return true;
    }
    if (text[0] == '@') {
        *ret = TREATY_START_TIME;
        return parse_time(text + 1, ret_at) && *ret_at >= 0;
    }
    if (!treaty_str_to_i64(treaty_str_z(text), ret_at))
        return false;
    *ret =
        *ret_at < 0 || text[0] == '-' ? TREATY_START_TAIL : TREATY_START_OFFSET;
    if (*ret_at < 0)
        *ret_at = -*ret_at;
    return true;
}

static const char *join(struct treaty_arena *arena, const char *a,
                        const char *b)
{
    struct treaty_str s = treaty_arena_printf(arena, "%s%s", a, b);

    return s.data;
}

/* What the flags do not say. False when memory ran out. */
static bool fill_in(struct treaty_consumer_command *o)
{
    const char *quarantine = join(&o->arena, o->topic, ".quarantine");

    o->source_topic = o->requeue ? quarantine : o->topic;
    o->copy_topic = o->requeue ? o->topic : quarantine;
    if (!o->subject)
        o->subject = join(&o->arena, o->topic, "-value");
    if (o->requeue) {
        o->exit_at_end = true;
        o->group =
            o->group ? join(&o->arena, o->group, ".requeue") : "treaty.requeue";
    }
    if (!o->report && !o->print)
        o->report = "-";
    return o->subject && quarantine && (!o->requeue || o->group);
}

static bool parse_reader_version(struct treaty_consumer_command *o)
{
    int64_t number;

    if (!o->reader_version || strcmp(o->reader_version, "latest") == 0)
        return true;
    if (!treaty_str_to_i64(treaty_str_z(o->reader_version), &number) ||
        number < 1 || number > INT32_MAX)
        return false;
    o->reader_version_number = (int32_t)number;
    return true;
}

static bool parse_ratio(struct treaty_consumer_command *o)
{
    return treaty_str_to_double(treaty_str_z(o->ratio), &o->max_ratio) &&
           o->max_ratio >= 0 && o->max_ratio <= 1;
}

static const char *find_fault(struct treaty_consumer_command *o)
{
    if (!o->topic)
        return "-topic says where the events come from";
    if (!treaty_parse_start(o->offset, &o->start, &o->start_at))
        return "-offset is beginning, end, N, -N or @TIME";
    if (o->schema && o->reader_version)
        return "-schema and -reader-version both say what to read with";
    if (!o->schema && (o->imports.folders.count || o->imports.texts.count))
        return "-I and -reference belong to a -schema";
    if (o->message && !o->schema && !o->reader_version)
        return "-message is of a -schema or a -reader-version";
    if (!parse_reader_version(o))
        return "-reader-version is a number from 1, or latest";
    if (!parse_ratio(o))
        return "-quarantine-max-ratio goes from 0 to 1";
    if (o->instances > 1 && !o->group && !o->requeue)
        return "-instances share the partitions of a -group";
    if (o->sequences && !o->verify)
        return "-sequences needs -verify, which looks for them";
    if (o->verify && o->print >= TREATY_PRINT_HEX)
        return "-verify decodes, -o hex and -o raw do not";
    if (o->requeue && (o->verify || o->print))
        return "-requeue does not look into events";
    return NULL;
}

static enum treaty_code prepare(struct treaty_consumer_command *o,
                                struct treaty_error *err)
{
    enum treaty_code code;

    o->props.arena = &o->arena;
    if (!treaty_registry_options_read(&o->registry, &o->arena, &o->client))
        return treaty_fail_nomem(err);
    if (!fill_in(o))
        return treaty_fail_nomem(err);
    code = treaty_kafka_options_read(&o->kafka, &o->props, &o->stream, err);
    if (!code && o->schema)
        code = treaty_file_read(&o->arena, o->schema, SCHEMA_MAX,
                                &o->schema_text, err);
    if (!code)
        code = treaty_import_options_read(&o->imports, &o->arena, err);
    return code;
}

bool treaty_consumer_command_parse(int argc, char **argv,
                                   struct treaty_consumer_command *ret,
                                   int *status)
{
    struct treaty_error err = {0};
    const char *fault;

    *ret = (struct treaty_consumer_command){
        .offset = "beginning", .ratio = "0.1", .partition = -1, .instances = 1};
    if (!treaty_flags_parse(&usage, &argc, argv, ret, status))
        return false;
    *status = 2;
    fault = find_fault(ret);
    if (fault) {
        fprintf(stderr, "treaty consumer: %s\n", fault);
        return false;
    }
    if (prepare(ret, &err)) {
        fprintf(stderr, "treaty consumer: %s\n", err.message);
        return false;
    }
    *status = 0;
    return true;
}

void treaty_consumer_command_release(struct treaty_consumer_command *options)
{
    treaty_arena_release(&options->arena);
}
