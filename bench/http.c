/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service under load: `GET /schemas/ids/{id}` over 10,000 ids beside h2o
 * alone with a constant body of the same size, the same while 32 clients
 * register, and what starting it costs. The server has the first core, wrk
 * the second. Both servers run all the while and are measured in turn.
 */
#include "lib/floor_http.h"
#include "lib/report.h"
#include "lib/service.h"

#include "base/clock.h"
#include "base/str.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { IDS = 10000, LOADERS = 32, ROUNDS = 5, SECONDS = 1, STARTS = 21 };

static const char *program;
static char store[300];

/* A request that registers schema number `n` under a subject of its own; its
 * text has about 900 bytes, as the peers were measured with. */
static size_t make_request(char *out, size_t size, unsigned long n)
{
    char body[4096];
    int len = snprintf(
        body, sizeof(body),
        "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Order\\\","
        "\\\"namespace\\\":\\\"treaty.bench.n%lu\\\",\\\"fields\\\":[",
        n);

    for (int i = 0; i < 14; i++)
        len += snprintf(body + len, sizeof(body) - (size_t)len,
                        "%s{\\\"name\\\":\\\"field_%02d\\\",\\\"type\\\":"
                        "[\\\"null\\\",\\\"string\\\"],\\\"default\\\":null}",
                        i ? "," : "", i);
    len += snprintf(body + len, sizeof(body) - (size_t)len, "]}\"}");
    return (size_t)snprintf(
        out, size,
        "POST /subjects/s%lu/versions HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        n, len, body);
}

/* Clients that register one schema after the other. */
struct registering {
    unsigned port;
    atomic_ulong next; /* number of the next schema */
    unsigned long end; /* where to stop */
    atomic_bool stop;  /* or earlier */
    atomic_ulong failed;
};

static void *register_all(void *arg)
{
    struct registering *r = (struct registering *)arg;
    int fd = bench_connect(r->port);
    char request[8192];
    size_t len;

    while (!atomic_load(&r->stop)) {
        unsigned long n = atomic_fetch_add(&r->next, 1);

        if (n >= r->end)
            break;
        if (bench_ask(fd, request, make_request(request, sizeof(request), n),
                      NULL, 0, &len) != 200)
            atomic_fetch_add(&r->failed, 1);
    }
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

static void start_registering(struct registering *r, pthread_t *threads)
{
    for (int i = 0; i < LOADERS; i++)
        if (pthread_create(&threads[i], NULL, register_all, r) != 0)
            exit(1);
}

static void join_registering(struct registering *r, pthread_t *threads)
{
    for (int i = 0; i < LOADERS; i++)
        (void)pthread_join(threads[i], NULL);
    if (atomic_load(&r->failed)) {
        fprintf(stderr, "bench: %lu registrations failed\n",
                atomic_load(&r->failed));
        exit(1);
    }
}

static void load_schemas(unsigned port)
{
    struct registering r = {.port = port, .next = 1, .end = IDS + 1};
    pthread_t threads[LOADERS];

    start_registering(&r, threads);
    join_registering(&r, threads);
}

static struct bench_service start_registry(void)
{
    char url[320];
    char *const argv[] = {(char *)(uintptr_t)program,
                          (char *)(uintptr_t) "registry",
                          (char *)(uintptr_t) "-listen=127.0.0.1:0",
                          (char *)(uintptr_t) "-store",
                          url,
                          NULL};

    (void)snprintf(url, sizeof(url), "sqlite:%s", store);
    return bench_service_start(argv);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

/*
 * Both servers in turn; medians. Beside the rates there is the CPU time that a
 * request costs the server, which says the same on a quiet machine and the
 * truth on a busy one.
 */
struct side_by_side {
    double ours;
    double floor;
    double ours_us;
    double floor_us;
    double p99_ms;
    double floor_p99_ms;
};

/* One of the two, round by round. */
struct contender {
    const struct bench_service *service;
    double rates[ROUNDS];
    double us[ROUNDS];
    double p99s[ROUNDS];
};

static void measure_round(struct contender *c, int round, int connections)
{
    double before = bench_cpu_seconds(c->service->pid);
    struct bench_load load =
        bench_wrk(c->service->port, connections, SECONDS, IDS);
    double cpu = bench_cpu_seconds(c->service->pid) - before;

    if (load.failed > 0) {
        fputs("bench: requests failed\n", stderr);
        exit(1);
    }
    c->rates[round] = load.rate;
    c->us[round] = cpu * 1e6 / load.requests;
    c->p99s[round] = load.p99_ms;
}

static struct side_by_side compare_rates(const struct bench_service *ours,
                                         const struct bench_service *floor,
                                         int connections)
{
    struct contender a = {.service = floor};
    struct contender b = {.service = ours};

    for (int i = 0; i < ROUNDS; i++) {
        measure_round(&a, i, connections);
        measure_round(&b, i, connections);
    }
    return (struct side_by_side){.ours = median(b.rates, ROUNDS),
                                 .floor = median(a.rates, ROUNDS),
                                 .ours_us = median(b.us, ROUNDS),
                                 .floor_us = median(a.us, ROUNDS),
                                 .p99_ms = median(b.p99s, ROUNDS),
                                 .floor_p99_ms = median(a.p99s, ROUNDS)};
}

static void report(const char *name, double value, const char *unit)
{
    struct bench_figure figure = {
        .name = name, .value = value, .unit = unit, .command = "bench/http"};

    bench_report(&figure);
}

static void report_rate(const char *name, const struct side_by_side *s)
{
    struct bench_figure figure = {.name = name,
                                  .value = s->ours,
                                  .unit = "requests/s",
                                  .rival = "h2o, constant body",
                                  .rival_value = s->floor,
                                  .ratio = s->ours / s->floor,
                                  .command = "bench/http"};

    bench_report(&figure);
}

static void report_cpu(const char *name, const struct side_by_side *s)
{
    struct bench_figure figure = {.name = name,
                                  .value = s->ours_us,
                                  .unit = "us of CPU",
                                  .rival = "h2o, constant body",
                                  .rival_value = s->floor_us,
                                  .ratio = s->floor_us / s->ours_us,
                                  .command = "bench/http"};

    bench_report(&figure);
}

/* Beside h2o's own, since on a busy machine both wait for the core. */
static void report_p99(const char *name, const struct side_by_side *s)
{
    struct bench_figure figure = {.name = name,
                                  .value = s->p99_ms,
                                  .unit = "ms",
                                  .rival = "h2o, constant body",
                                  .rival_value = s->floor_p99_ms,
                                  .ratio = s->floor_p99_ms / s->p99_ms,
                                  .command = "bench/http"};

    bench_report(&figure);
}

static void measure_reads(struct bench_service *registry)
{
    static const char get[] =
        "GET /schemas/ids/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct side_by_side c32;
    struct side_by_side c256;
    struct bench_service floor;
    size_t size = 0;
    int fd = bench_connect(registry->port);

    if (bench_ask(fd, get, sizeof(get) - 1, NULL, 0, &size) != 200)
        exit(1);
    (void)close(fd);
    floor = bench_service_fork(bench_floor_http, size);
    c32 = compare_rates(registry, &floor, 32);
    c256 = compare_rates(registry, &floor, 256);
    bench_service_stop(&floor);
    report("http.get_id.floor", c32.floor, "requests/s");
    report_rate("http.get_id.c32", &c32);
    report_rate("http.get_id.c256", &c256);
    report_cpu("http.get_id.c32.cpu", &c32);
    report_cpu("http.get_id.c256.cpu", &c256);
    report_p99("http.get_id.c32.p99", &c32);
}

/* Several rounds: the 99th percentile of one is a matter of luck. */
static void measure_reads_while_registering(unsigned port)
{
    struct registering r = {.port = port, .next = IDS + 1, .end = 1000000000};
    pthread_t threads[LOADERS];
    double p99s[ROUNDS];
    double rates[ROUNDS];
    double registrations[ROUNDS];

    start_registering(&r, threads);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned long before = atomic_load(&r.next);
        uint64_t began = treaty_clock_mono_ns();
        struct bench_load load = bench_wrk(port, LOADERS, SECONDS, IDS);
        double seconds = (double)(treaty_clock_mono_ns() - began) / 1e9;

        if (load.failed > 0) {
            fputs("bench: requests failed\n", stderr);
            exit(1);
        }
        p99s[i] = load.p99_ms;
        rates[i] = load.rate;
        registrations[i] = (double)(atomic_load(&r.next) - before) / seconds;
    }
    atomic_store(&r.stop, true);
    join_registering(&r, threads);
    report("http.get_id.busy.p99", median(p99s, ROUNDS), "ms");
    report("http.get_id.busy.rate", median(rates, ROUNDS), "requests/s");
    report("http.get_id.busy.registrations", median(registrations, ROUNDS),
           "registrations/s");
}

static unsigned free_port(void)
{
    struct bench_service probe = bench_service_fork(bench_floor_http, 1);

    bench_service_stop(&probe);
    return probe.port;
}

/* From exec to the end of the first reply, in milliseconds. */
static double time_start(pid_t *ret)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    unsigned port = free_port();
    char listen_on[40];
    char url[320];
    uint64_t began;
    size_t len;
    int fd = -1;
    pid_t pid;

    (void)snprintf(listen_on, sizeof(listen_on), "127.0.0.1:%u", port);
    (void)snprintf(url, sizeof(url), "sqlite:%s", store);
    began = treaty_clock_mono_ns();
    pid = fork();
    if (pid == 0) {
        (void)freopen("/dev/null", "w", stdout);
        bench_stay_on(0);
        (void)execl(program, program, "registry", "-listen", listen_on,
                    "-store", url, (char *)NULL);
        _exit(1);
    }
    while (fd < 0 && treaty_clock_mono_ns() - began < 5000000000ULL)
        fd = bench_connect(port);
    if (bench_ask(fd, get, sizeof(get) - 1, NULL, 0, &len) != 200)
        exit(1);
    (void)close(fd);
    *ret = pid;
    return (double)(treaty_clock_mono_ns() - began) / 1e6;
}

/* A member of /proc/PID/status in megabytes of 1,000,000 bytes. */
static double read_status(pid_t pid, const char *name)
{
    char path[64];
    char line[200];
    double mb = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        struct treaty_str rest = treaty_str_z(line);
        struct treaty_str key;
        double kib;

        (void)treaty_str_split(&rest, ':', &key);
        rest = treaty_str_trim(rest);
        rest.len = treaty_str_find(rest, ' ');
        if (treaty_str_eq_z(key, name) && treaty_str_to_double(rest, &kib))
            mb = kib * 1024 / 1e6;
    }
    if (file)
        (void)fclose(file);
    return mb;
}

static void measure_start(void)
{
    double ms[STARTS];
    double cpu_ms[STARTS];

    bench_stay_on(1);
    for (int i = 0; i < STARTS; i++) {
        struct bench_service service = {0};

        ms[i] = time_start(&service.pid);
        cpu_ms[i] = bench_cpu_seconds(service.pid) * 1e3;
        if (i == STARTS - 1) {
            report("registry.rss", read_status(service.pid, "VmRSS"), "MB");
            report("registry.rss.anon", read_status(service.pid, "RssAnon"),
                   "MB");
        }
        bench_service_stop(&service);
    }
    report("registry.start", median(ms, STARTS), "ms");
    report("registry.start.cpu", median(cpu_ms, STARTS), "ms");
}

static void remove_store(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char path[320];

        (void)snprintf(path, sizeof(path), "%s%s", store, endings[i]);
        (void)unlink(path);
    }
}

int main(void)
{
    const char *given = getenv("TREATY");
    struct bench_service registry;

    program = given ? given : "build/release/treaty";
    (void)snprintf(store, sizeof(store), "/tmp/treaty-bench-%d.db",
                   (int)getpid());
    measure_start();
    remove_store();
    registry = start_registry();
    load_schemas(registry.port);
    measure_reads(&registry);
    measure_reads_while_registering(registry.port);
    bench_service_stop(&registry);
    remove_store();
    return 0;
}
