/* SPDX-License-Identifier: Apache-2.0 */
/* `treaty registry`: the REST service over a store. */
#include "cmd/command.h"
#include "cmd/flags.h"

#include "base/error.h"
#include "base/log.h"
#include "base/str.h"
#include "server/server.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

struct options {
    const char *listen;
    const char *store;
    const char *compat;
    int validation;
    int compat_version;
    const char *tls_cert;
    const char *tls_key;
    int64_t threads;
    int log;
};

/* The choices of -validation, in their order. */
enum { VALIDATION_REFERENCE, VALIDATION_PROTOC };

/* Those of -compat-version. */
enum { RELEASE_8_5, RELEASE_8_3, RELEASE_7 };
static const enum treaty_rules rules[] = {
    [RELEASE_8_5] = TREATY_RULES_CONFLUENT,
    [RELEASE_8_3] = TREATY_RULES_CONFLUENT_8_3,
    [RELEASE_7] = TREATY_RULES_CONFLUENT_8_3,
};

static const struct treaty_flag flags[] = {
    {"listen", "ADDR:PORT", "address to serve; port 0 takes any free one",
     TREATY_FLAG_TEXT, offsetof(struct options, listen), 0, 0},
    {"store", "URL", "where schemas are kept: sqlite:PATH, or memory:",
     TREATY_FLAG_TEXT, offsetof(struct options, store), 0, 0},
    {"compat", "LEVEL",
     "compatibility level where none is set: NONE, BACKWARD, FORWARD, FULL, or "
     "one of the last three with _TRANSITIVE (default BACKWARD)",
     TREATY_FLAG_TEXT, offsetof(struct options, compat), 0, 0},
    {"validation", "reference|protoc",
     "whose word counts for a new Protobuf schema: what the reference registry "
     "takes is taken, or what protoc refuses is refused",
     TREATY_FLAG_CHOICE, offsetof(struct options, validation), 0, 0},
    {"compat-version", "8.5|8.3|7",
     "which of the reference registry's releases to answer like; 8.3 differs "
     "on Protobuf's oneofs, 7 in the form of replies as well",
     TREATY_FLAG_CHOICE, offsetof(struct options, compat_version), 0, 0},
    {"threads", "N", "event loops", TREATY_FLAG_INT,
     offsetof(struct options, threads), 1, 64},
    {"tls-cert", "FILE", "certificate chain in PEM; serves https",
     TREATY_FLAG_TEXT, offsetof(struct options, tls_cert), 0, 0},
    {"tls-key", "FILE", "its private key in PEM", TREATY_FLAG_TEXT,
     offsetof(struct options, tls_key), 0, 0},
    {"log", "text|json", "form of the log on standard error",
     TREATY_FLAG_CHOICE, offsetof(struct options, log), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "registry",
    .about = "Serves the REST API of a schema registry. Prints a line with its "
             "address when it is\nready. SIGTERM and SIGINT let open requests "
             "finish, then stop it.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

static void log_objection(const struct treaty_task *task)
{
    treaty_log(TREATY_LOG_WARN, "schema",
               "registered, but the format's own compiler refuses it "
               "subject=%.*s version=%d id=%d reason=\"%.*s\"",
               TREATY_STR_ARG(task->ret_version.subject),
               task->ret_version.version, task->ret_version.entry->id,
               TREATY_STR_ARG(task->ret_objection));
}

/* Everything that runs, in the order of starting. */
struct parts {
    struct treaty_journal *journal;
    struct treaty_registry *registry;
    struct treaty_metrics *metrics;
    struct treaty_server *server;
};

static enum treaty_code start(const struct options *options,
                              struct parts *parts, struct treaty_error *err)
{
    struct treaty_registry_options registry = {0};
    struct treaty_server_options server = {0};
    enum treaty_code code;

    code = treaty_journal_open(treaty_str_z(options->store), NULL,
                               &parts->journal, err);
    if (code)
        return code;
    registry.journal = parts->journal;
    registry.default_level = treaty_str_z(options->compat);
    registry.strict = options->validation == VALIDATION_PROTOC;
    registry.rules = rules[options->compat_version];
    code = treaty_registry_open(&registry, &parts->registry, err);
    if (code)
        return code;
    parts->metrics = treaty_metrics_new();
    server.listen = options->listen;
    server.thread_count = (size_t)options->threads;
    server.tls_cert = options->tls_cert;
    server.tls_key = options->tls_key;
    server.registry = parts->registry;
    server.metrics = parts->metrics;
    server.is_before_8 = options->compat_version == RELEASE_7;
    server.on_objection = log_objection;
    return treaty_server_start(&server, &parts->server, err);
}

static void stop(struct parts *parts)
{
    treaty_server_stop(parts->server);
    treaty_registry_close(parts->registry);
    treaty_journal_close(parts->journal);
    treaty_metrics_free(parts->metrics);
}

/* What was last said about the store, so that it is said once. */
struct news {
    uint64_t commits_failed;
    bool checkpoint_blocked;
};

static void report_store(struct treaty_registry *registry, struct news *told)
{
    struct treaty_registry_stats stats;

    treaty_registry_stats(registry, &stats);
    if (stats.commits_failed != told->commits_failed)
        treaty_log(TREATY_LOG_ERROR, "store",
                   "commits fail; writes are refused with 50001 "
                   "failed=%" PRIu64,
                   stats.commits_failed);
    if (stats.journal.checkpoint_blocked && !told->checkpoint_blocked)
        treaty_log(TREATY_LOG_WARN, "store",
                   "another process reads the store and keeps its write-ahead "
                   "log growing wal_bytes=%" PRIu64,
                   stats.journal.wal_bytes);
    told->commits_failed = stats.commits_failed;
    told->checkpoint_blocked = stats.journal.checkpoint_blocked;
}

/* Until a signal asks to stop; the store is looked after every second. */
static void wait_for_stop(const sigset_t *signals, struct parts *parts)
{
    const struct timespec second = {.tv_sec = 1};
    struct news told = {0};
    int got = -1;

    while (got < 0) {
        got = sigtimedwait(signals, NULL, &second);
        if (got < 0 && errno == EAGAIN)
            report_store(parts->registry, &told);
    }
    treaty_log(TREATY_LOG_INFO, "registry", "stopping signal=%d", got);
}

/* As many connections as the system lets us have, up to a sane number. */
static void raise_limits(void)
{
    const rlim_t enough = 65536;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= enough)
        return;
    limit.rlim_cur = limit.rlim_max < enough ? limit.rlim_max : enough;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int treaty_cmd_registry(int argc, char **argv)
{
    struct options options = {
        .listen = "127.0.0.1:8081", .store = "sqlite:treaty.db", .threads = 1};
    struct parts parts = {0};
    struct treaty_error err;
    sigset_t signals;
    int status;

    if (!treaty_flags_parse(&usage, &argc, argv, &options, &status))
        return status;
    if (!options.tls_cert != !options.tls_key) {
        fputs("treaty registry: -tls-cert and -tls-key need each other\n",
              stderr);
        return 2;
    }
    treaty_log_setup(TREATY_LOG_INFO, (enum treaty_log_form)options.log);
    raise_limits();
    /* Before there are threads, so that all inherit it. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    if (start(&options, &parts, &err)) {
        fprintf(stderr, "treaty registry: %s\n", err.message);
        status = treaty_code_exit_status(err.code);
    } else {
        printf("listening on %s\n", treaty_server_url(parts.server));
        (void)fflush(stdout);
        wait_for_stop(&signals, &parts);
    }
    stop(&parts);
    return status;
}
