/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service counts: requests by route and status, how long they took,
 * and, when the metrics page is asked for, what the registry knows of itself.
 *
 * Handles are made at the first use of a route and status and then kept in a
 * table, since looking a series up takes a lock.
 */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

static const struct treaty_metric_desc requests_desc = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "treaty_registry_requests_total",
    .help = "Requests answered, by route and status.",
    .labels = {"method", "route", "status"},
    .series_max = 1024,
};

static const struct treaty_metric_desc seconds_desc = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "treaty_registry_request_seconds",
    .help = "From the whole request to the start of its reply, by route.",
    .labels = {"method", "route"},
    .bounds_ns = treaty_metric_request_bounds_ns,
    .bound_count = TREATY_METRIC_REQUEST_BOUNDS,
    .series_max = 128,
};

static const struct treaty_metric_desc objections_desc = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "treaty_registry_objections_total",
    .help = "Schemas registered although their format's own compiler would "
            "refuse them.",
};

/* Statuses from 200 to 599 have a place each. */
enum { STATUS_FIRST = 200, STATUS_COUNT = 400 };

struct route_watch {
    _Atomic(struct treaty_histogram *) seconds;
    _Atomic(struct treaty_counter *) counters[STATUS_COUNT];
};

/* What the gauges show, gathered when somebody looks. */
struct figures {
    uint64_t schemas;
    uint64_t subjects;
    uint64_t id_max;
    uint64_t connections;
    uint64_t checkpoint_blocked;
    struct treaty_registry_stats stats;
};

struct figure_row {
    struct treaty_metric_desc desc;
    size_t offset; /* of a uint64_t in struct figures */
};

#define FIGURE(name_, help_, member)                                           \
    {                                                                          \
        {.kind = TREATY_METRIC_GAUGE, .name = name_, .help = help_},           \
            offsetof(struct figures, member)                                   \
    }

static const struct figure_row figure_rows[] = {
    FIGURE("treaty_registry_schemas", "Schemas, one an id.", schemas),
    FIGURE("treaty_registry_subjects", "Subjects with a live version.",
           subjects),
    FIGURE("treaty_registry_id_max", "The highest id given.", id_max),
    FIGURE("treaty_registry_connections", "Open connections.", connections),
    FIGURE("treaty_registry_batches", "Commits that succeeded.", stats.batches),
    FIGURE("treaty_registry_records", "Records in those commits.",
           stats.records),
    FIGURE("treaty_registry_commits_failed", "Commits that failed.",
           stats.commits_failed),
    FIGURE("treaty_registry_reloads",
           "Times the catalog was read back after a failed commit.",
           stats.reloads),
    FIGURE("treaty_registry_commit_nanoseconds",
           "Time spent in commits, all in all.", stats.commit_ns),
    FIGURE("treaty_registry_queued", "Tasks that wait now.", stats.queued),
    FIGURE("treaty_registry_parse_hits",
           "Schemas found in the cache of parsed ones.", stats.parse_hits),
    FIGURE("treaty_registry_parse_misses",
           "Schemas that had to be parsed first.", stats.parse_misses),
    FIGURE("treaty_registry_retired_bytes",
           "Memory of old catalogs that a reader may still see.",
           stats.retired_bytes),
    FIGURE("treaty_registry_store_bytes", "Size of the store.",
           stats.journal.store_bytes),
    FIGURE("treaty_registry_wal_bytes", "Size of the store's write-ahead log.",
           stats.journal.wal_bytes),
    FIGURE("treaty_registry_checkpoint_blocked",
           "1 while a foreign reader keeps the write-ahead log growing.",
           checkpoint_blocked),
};

#define FIGURE_COUNT (sizeof(figure_rows) / sizeof(figure_rows[0]))

struct treaty_server_watch {
    struct treaty_gauge *gauges[FIGURE_COUNT];
    struct treaty_counter *objections;
    struct route_watch *routes; /* one more than there are, for no route */
};

enum treaty_code treaty_server_watch_new(struct treaty_server *server,
                                         struct treaty_error *err)
{
    struct treaty_server_watch *watch =
        (struct treaty_server_watch *)calloc(1, sizeof(*watch));

    server->watch = watch;
    if (!watch)
        return treaty_fail_nomem(err);
    watch->routes = (struct route_watch *)calloc(treaty_server_route_count + 1,
                                                 sizeof(*watch->routes));
    if (!watch->routes)
        return treaty_fail_nomem(err);
    watch->objections =
        treaty_metrics_counter(server->options.metrics, &objections_desc, NULL);
    for (size_t i = 0; i < FIGURE_COUNT; i++)
        watch->gauges[i] = treaty_metrics_gauge(server->options.metrics,
                                                &figure_rows[i].desc, NULL);
    return TREATY_OK;
}

void treaty_server_watch_free(struct treaty_server *server)
{
    if (!server->watch)
        return;
    free(server->watch->routes);
    free(server->watch);
    server->watch = NULL;
}

/* Method, route and status as label values; the first two for durations. */
static void label(size_t route, int status, struct treaty_str values[3],
                  char text[12])
{
    values[0] = TREATY_STR("none");
    values[1] = TREATY_STR("none");
    if (route < treaty_server_route_count) {
        values[0] = treaty_str_z(treaty_server_routes[route].method);
        values[1] = treaty_str_z(treaty_server_routes[route].pattern);
    }
    (void)snprintf(text, 12, "%d", status);
    values[2] = treaty_str_z(text);
}

/* The handles of a route and status, made at their first use. Two loops may
 * both make one: they get the same. */
static struct treaty_counter *counter_of(struct treaty_server *server,
                                         size_t route, int status)
{
    _Atomic(struct treaty_counter *) *place =
        &server->watch->routes[route].counters[status - STATUS_FIRST];
    struct treaty_counter *counter = atomic_load(place);
    struct treaty_str values[3];
    char text[12];

    if (counter)
        return counter;
    label(route, status, values, text);
    counter =
        treaty_metrics_counter(server->options.metrics, &requests_desc, values);
    atomic_store(place, counter);
    return counter;
}

static struct treaty_histogram *histogram_of(struct treaty_server *server,
                                             size_t route)
{
    _Atomic(struct treaty_histogram *) *place =
        &server->watch->routes[route].seconds;
    struct treaty_histogram *histogram = atomic_load(place);
    struct treaty_str values[3];
    char text[12];

    if (histogram)
        return histogram;
    label(route, 0, values, text);
    histogram = treaty_metrics_histogram(server->options.metrics, &seconds_desc,
                                         values);
    atomic_store(place, histogram);
    return histogram;
}

void treaty_server_watch_done(void *app, const struct treaty_http_done *done)
{
    struct treaty_server *server = (struct treaty_server *)app;

    if (done->status < STATUS_FIRST ||
        done->status >= STATUS_FIRST + STATUS_COUNT)
        return;
    treaty_counter_add(counter_of(server, done->route, done->status), 1);
    treaty_histogram_observe(histogram_of(server, done->route), done->ns, 1);
}

void treaty_server_watch_objection(struct treaty_server *server)
{
    treaty_counter_add(server->watch->objections, 1);
}

void treaty_server_watch_gather(struct treaty_server *server,
                                const struct treaty_http_request *req)
{
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct figures figures = {
        .schemas = treaty_catalog_schema_count(catalog),
        .subjects = treaty_catalog_subject_count(catalog),
        .id_max = (uint64_t)treaty_catalog_id_max(catalog),
        .connections = treaty_http_server_connections(server->http),
    };

    treaty_server_unpin(server, req);
    treaty_registry_stats(server->registry, &figures.stats);
    figures.checkpoint_blocked = figures.stats.journal.checkpoint_blocked;
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        uint64_t value;

        memcpy(&value, (const char *)&figures + figure_rows[i].offset,
               sizeof(value));
        treaty_gauge_set(server->watch->gauges[i], (double)value);
    }
}
