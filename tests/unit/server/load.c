/* SPDX-License-Identifier: Apache-2.0 */
/* The service under many clients, bad and good ones: what is read while others
 * write, what is left when clients hang up, and the limits on sizes. */
#include "base/buf.h"
#include "base/clock.h"
#include "harness/net.h"
#include "harness/service.h"
#include "harness/tap.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRITERS = 32, EACH = 10, READERS = 2 };

static struct service service;

static size_t make_post(char *out, size_t size, int writer, int n)
{
    char body[300];
    int len = snprintf(body, sizeof(body),
                       "{\"schema\":\"{\\\"type\\\":\\\"record\\\","
                       "\\\"name\\\":\\\"R%d_%d\\\",\\\"fields\\\":[]}\"}",
                       writer, n);

    return (size_t)snprintf(out, size,
                            "POST /subjects/s%d_%d/versions HTTP/1.1\r\n"
                            "Host: a\r\nContent-Type: application/json\r\n"
                            "Content-Length: %d\r\n\r\n%s",
                            writer, n, len, body);
}

/* The number that follows `name` in a JSON text, or -1. */
static int64_t number_after(struct treaty_str text, const char *name)
{
    size_t len = strlen(name);
    int64_t number;

    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.data + i, name, len) != 0)
            continue;
        text = treaty_str_sub(text, i + len, text.len);
        for (i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9';)
            i++;
        return treaty_str_to_i64(treaty_str_sub(text, 0, i), &number) ? number
                                                                      : -1;
    }
    return -1;
}

/* Ids by the names that were registered under them. */
static atomic_int owners[WRITERS * EACH + 1];
static atomic_bool writing;

static void take_answer(int fd, int writer, int n)
{
    struct tap_reply reply;
    int64_t id;
    int expected = 0;

    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, 200);
    id = number_after(reply.body, "\"id\":");
    if (CHECK(id >= 1 && id <= WRITERS * EACH))
        CHECK(atomic_compare_exchange_strong(&owners[id], &expected,
                                             writer * EACH + n + 1));
    tap_reply_free(&reply);
}

static void *write_schemas(void *arg)
{
    int writer = *(const int *)arg;
    int fd = tap_connect(service.port);
    char request[600];

    for (int n = 0; n < EACH; n++) {
        size_t len = make_post(request, sizeof(request), writer, n);

        if (CHECK(tap_send(fd, (struct treaty_str){request, len})))
            take_answer(fd, writer, n);
    }
    (void)close(fd);
    return NULL;
}

/* An id that was told to somebody can be read by everybody; one that was not
 * is 40403 and nothing else. */
static void *read_schemas(void *arg)
{
    int fd = tap_connect(service.port);
    char request[100];
    atomic_int *reads = (atomic_int *)arg;

    for (int id = 1; atomic_load(&writing); id = id % (WRITERS * EACH) + 1) {
        bool told = atomic_load(&owners[id]) != 0;
        struct tap_reply reply;

        (void)snprintf(request, sizeof(request),
                       "GET /schemas/ids/%d HTTP/1.1\r\nHost: a\r\n\r\n", id);
        (void)tap_send_z(fd, request);
        tap_read_reply(fd, false, &reply);
        CHECK(reply.status == 200 || reply.status == 404);
        CHECK(!told || reply.status == 200);
        if (reply.status == 404)
            CHECK_INT(number_after(reply.body, "\"error_code\":"), 40403);
        tap_reply_free(&reply);
        atomic_fetch_add(reads, 1);
    }
    (void)close(fd);
    return NULL;
}

static void check_owner(int id)
{
    int owner = atomic_load(&owners[id]) - 1;
    char request[100];
    char name[60];
    struct tap_reply reply;

    (void)snprintf(request, sizeof(request),
                   "GET /schemas/ids/%d/schema HTTP/1.1\r\nHost: a\r\n\r\n",
                   id);
    (void)snprintf(name, sizeof(name),
                   "{\"type\":\"record\",\"name\":\"R%d_%d\",\"fields\":[]}",
                   owner / EACH, owner % EACH);
    tap_ask(service.port, request, &reply);
    CHECK_STR_Z(reply.body, name);
    tap_reply_free(&reply);
}

static void start_service_on_file(char *path, size_t size,
                                  const struct treaty_journal_options *store)
{
    char url[200];

    (void)snprintf(path, size, "/tmp/treaty-load-%d.db", (int)getpid());
    (void)snprintf(url, sizeof(url), "sqlite:%s", path);
    service_start_with(&service, url, 2, store);
}

static void remove_file(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char name[200];

        (void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        (void)unlink(name);
    }
}

static void many_register_while_others_read(void)
{
    pthread_t writers[WRITERS];
    pthread_t readers[READERS];
    int numbers[WRITERS];
    atomic_int reads = 0;
    char path[100];

    start_service_on_file(path, sizeof(path), NULL);
    atomic_store(&writing, true);
    for (int i = 0; i < READERS; i++)
        CHECK(!pthread_create(&readers[i], NULL, read_schemas, &reads));
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        CHECK(!pthread_create(&writers[i], NULL, write_schemas, &numbers[i]));
    }
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(writers[i], NULL);
    atomic_store(&writing, false);
    for (int i = 0; i < READERS; i++)
        (void)pthread_join(readers[i], NULL);
    for (int id = 1; id <= WRITERS * EACH; id++)
        check_owner(id);
    CHECK(atomic_load(&reads) > 0);
    service_stop(&service);
    remove_file(path);
}

static void hang_up(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    (void)close(fd);
}

/* What was sent whole is registered, whether or not anybody waits. */
static void clients_hang_up_while_commits_run(void)
{
    enum { CLIENTS = 100 };
    char path[100];
    char request[600];
    struct tap_reply reply;
    int64_t seen = 0;

    start_service_on_file(path, sizeof(path), NULL);
    for (int i = 0; i < CLIENTS; i++) {
        int fd = tap_connect(service.port);
        size_t len = make_post(request, sizeof(request), 99, i);

        CHECK(tap_send(fd, (struct treaty_str){request, len}));
        if (i % 3 == 0)
            treaty_clock_sleep_ms(1);
        if (i % 2)
            hang_up(fd);
        else
            (void)close(fd);
    }
    for (int i = 0; i < 300 && seen < CLIENTS / 2; i++) {
        treaty_clock_sleep_ms(10);
        tap_ask(service.port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                &reply);
        seen = number_after(reply.body, "\ntreaty_registry_schemas ");
        tap_reply_free(&reply);
    }
    CHECK(seen >= CLIENTS / 2); /* a reset may beat the loop to the request */
    tap_ask(service.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &reply);
    CHECK_INT(reply.status, 200);
    tap_reply_free(&reply);
    service_stop(&service);
    remove_file(path);
}

/* A registration whose schema is `["null","null",...` or whatever `fill` makes
 * of `n`; the status and error code it gets. */
static void post_filled(const char *before, const char *fill, size_t n,
                        const char *after, struct tap_reply *reply)
{
    struct treaty_buf buf;
    size_t len = strlen(before) + n * strlen(fill) + strlen(after);

    treaty_buf_init(&buf, 0);
    treaty_buf_printf(&buf,
                      "POST /subjects/big/versions HTTP/1.1\r\nHost: a\r\n"
                      "Content-Type: application/json\r\n"
                      "Content-Length: %zu\r\n\r\n%s",
                      len, before);
    for (size_t i = 0; i < n; i++)
        treaty_buf_put_z(&buf, fill);
    treaty_buf_put_z(&buf, after);
    treaty_buf_put_c(&buf, '\0');
    tap_ask(service.port, buf.data, reply);
    treaty_buf_release(&buf);
}

static void expect_filled(const char *before, const char *fill, size_t n,
                          const char *after, int status, int64_t error_code)
{
    struct tap_reply reply;

    post_filled(before, fill, n, after, &reply);
    if (reply.status != status ||
        number_after(reply.body, "\"error_code\":") != error_code)
        tap_fail(__FILE__, __LINE__, "%zu times \"%s\": %d, %.*s", n, fill,
                 reply.status, (int)reply.body.len,
                 reply.body.data ? reply.body.data : "");
    tap_reply_free(&reply);
}

static void sizes_have_limits(void)
{
    const char doc[] = "{\"schema\":\"{\\\"type\\\":\\\"int\\\",\\\"doc\\\":"
                       "\\\"";
    size_t around = strlen("{\"type\":\"int\",\"doc\":\"\"}");
    size_t text_max = 1 << 20;
    size_t body_max = 16 << 20;

    service_start(&service, "memory:", 1);
    expect_filled(doc, "x", text_max - around, "\\\"}\"}", 200, -1);
    expect_filled(doc, "x", text_max - around + 1, "\\\"}\"}", 422, 42209);
    expect_filled(doc, "x", 10 << 20, "\\\"}\"}", 422, 42209);
    /* No schema at all means the latest one, as in the reference. */
    expect_filled("{\"other\":\"", "x", body_max - 12, "\"}", 200, -1);
    expect_filled("{\"other\":\"", "x", body_max - 11, "\"}", 413, 413);
    expect_filled("{\"schema\":\"",
                  "{\\\"type\\\":\\\"array\\\",\\\"items\\\":", 10000, "\"}",
                  422, 42209);
    expect_filled("{\"a\":", "[", 10000, "}", 400, 400);
    expect_filled("{\"a\":", "[", 100000, "}", 400, 400);
    /* Values in a body: the object and the array count. */
    expect_filled("{\"a\":[0", ",1", 100000 - 3, "]}", 200, -1);
    expect_filled("{\"a\":[0", ",1", 100000 - 2, "]}", 422, 42209);
    service_stop(&service);
}

/* A thread that checks, held up until it is told to go on. */
struct holdup {
    sem_t is_there;
    sem_t may_go;
    sem_t is_done;
};

static void hold_up(struct treaty_task *task, void *ctx)
{
    struct holdup *holdup = (struct holdup *)ctx;

    (void)sem_post(&holdup->is_there);
    (void)sem_wait(&holdup->may_go);
    task->code = TREATY_EBUSY;
}

static void end_holdup(struct treaty_task *task, void *ctx)
{
    (void)task;
    (void)sem_post(&((struct holdup *)ctx)->is_done);
}

/* Send a registration whose body has `size` bytes; the connection. */
static int post_of_size(size_t size)
{
    const char before[] = "{\"schema\":\"\\\"int\\\"\",\"pad\":\"";
    struct treaty_buf buf;
    int fd = tap_connect(service.port);

    treaty_buf_init(&buf, 0);
    treaty_buf_printf(&buf,
                      "POST /subjects/padded/versions HTTP/1.1\r\nHost: a\r\n"
                      "Content-Length: %zu\r\n\r\n%s",
                      size, before);
    for (size_t i = sizeof(before) - 1 + 2; i < size; i++)
        treaty_buf_put_c(&buf, 'x');
    treaty_buf_put_z(&buf, "\"}");
    CHECK(tap_send(fd, treaty_buf_str(&buf)));
    treaty_buf_release(&buf);
    return fd;
}

static void expect_status(int fd, int status)
{
    struct tap_reply reply;

    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, status);
    tap_reply_free(&reply);
}

static bool is_silent(int fd, int ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return poll(&one, 1, ms) == 0;
}

/*
 * A large body is read by the threads that check, of which a registry has two,
 * never by the loop: while both are held up it waits, and everybody else is
 * served.
 */
static void large_bodies_hold_up_nobody(void)
{
    enum { LARGE = (64 << 10) + 1, CHECKERS = 2 };
    struct treaty_arena arenas[CHECKERS] = {{0}};
    struct treaty_task tasks[CHECKERS] = {{0}};
    struct holdup holdup;
    int large;
    int small;

    service_start(&service, "memory:", 1);
    (void)sem_init(&holdup.is_there, 0, 0);
    (void)sem_init(&holdup.may_go, 0, 0);
    (void)sem_init(&holdup.is_done, 0, 0);
    for (int i = 0; i < CHECKERS; i++) {
        tasks[i] = (struct treaty_task){.kind = TREATY_TASK_CHECK,
                                        .arena = &arenas[i],
                                        .prepare = hold_up,
                                        .done = end_holdup,
                                        .ctx = &holdup};
        CHECK(!treaty_registry_submit(service.registry, &tasks[i]));
    }
    for (int i = 0; i < CHECKERS; i++)
        (void)sem_wait(&holdup.is_there);
    large = post_of_size(LARGE);
    small = post_of_size(LARGE - 1);
    expect_status(small, 200);
    CHECK(tap_send_z(small, "GET /schemas/ids/1 HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect_status(small, 200);
    CHECK(is_silent(large, 50));
    for (int i = 0; i < CHECKERS; i++)
        (void)sem_post(&holdup.may_go);
    expect_status(large, 200);
    for (int i = 0; i < CHECKERS; i++)
        (void)sem_wait(&holdup.is_done);
    (void)close(large);
    (void)close(small);
    service_stop(&service);
    for (int i = 0; i < CHECKERS; i++)
        treaty_arena_release(&arenas[i]);
}

/* Large bodies reach every route that takes one, and fail like small ones. */
static void large_bodies_reach_every_route(void)
{
    static const struct {
        const char *line;
        const char *member;
        int status;
    } rows[] = {
        {"POST /subjects/s/versions", "\"schema\":\"\\\"int\\\"\"", 200},
        {"POST /subjects/s", "\"schema\":\"\\\"int\\\"\"", 200},
        {"POST /subjects/s", "\"schema\":\"\\\"long\\\"\"", 404},
        {"POST /compatibility/subjects/s/versions",
         "\"schema\":\"\\\"long\\\"\"", 200},
        {"POST /compatibility/subjects/s/versions/1",
         "\"schema\":\"\\\"long\\\"\"", 200},
        {"POST /compatibility/subjects/s/versions/0",
         "\"schema\":\"\\\"long\\\"\"", 422},
        {"POST /subjects/s/versions", "\"schema\":\"\\\"oops\\\"\"", 422},
        {"POST /subjects/s/versions", "\"schema\":7", 400},
        {"POST /subjects/s/versions", "oops", 400},
        {"PUT /config", "\"compatibility\":\"NONE\"", 200},
        {"PUT /config/s", "\"compatibility\":\"OOPS\"", 422},
        {"PUT /mode", "\"mode\":\"READWRITE\"", 200},
        {"PUT /mode/s", "\"mode\":7", 400},
    };
    enum { SIZE = 200000 };
    static char request[SIZE + 300];

    service_start(&service, "memory:", 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int len = snprintf(request, sizeof(request),
                           "%s HTTP/1.1\r\nHost: a\r\n"
                           "Content-Length: %d\r\n\r\n{%s,\"x\":1",
                           rows[i].line, SIZE, rows[i].member);
        int head = len - (int)strlen(strstr(request, "\r\n\r\n") + 4);
        struct tap_reply reply;

        memset(request + len, ' ', (size_t)(SIZE - (len - head) - 1));
        request[head + SIZE - 1] = '}';
        request[head + SIZE] = '\0';
        tap_ask(service.port, request, &reply);
        if (reply.status != rows[i].status)
            tap_fail(__FILE__, __LINE__, "%s {%s}: status %d, not %d: %.*s",
                     rows[i].line, rows[i].member, reply.status, rows[i].status,
                     (int)reply.body.len, reply.body.data);
        tap_reply_free(&reply);
    }
    service_stop(&service);
}

/* Register schema number `n`; the status, and the error code or -1. */
static int register_one(int n, int64_t *error_code)
{
    char request[600];
    struct tap_reply reply;
    int status;

    request[make_post(request, sizeof(request), 7, n)] = '\0';
    tap_ask(service.port, request, &reply);
    status = reply.status;
    *error_code = number_after(reply.body, "\"error_code\":");
    tap_reply_free(&reply);
    return status;
}

/* A disk that is full: 50001, and what is there is served as before. */
static void a_full_store_is_read_only(void)
{
    static const struct treaty_journal_options store = {
        .setup_sql = "PRAGMA max_page_count = 24"};
    struct tap_reply reply;
    int64_t error_code = -1;
    int status = 200;
    int n = 0;
    char path[100];

    start_service_on_file(path, sizeof(path), &store);
    while (status == 200 && n < 2000)
        status = register_one(n++, &error_code);
    CHECK(n > 1 && n < 2000);
    CHECK_INT(status, 500);
    CHECK_INT(error_code, 50001);
    CHECK_INT(register_one(0, &error_code), 200);
    tap_ask(service.port, "GET /schemas/ids/1 HTTP/1.1\r\nHost: a\r\n\r\n",
            &reply);
    CHECK_INT(reply.status, 200);
    tap_reply_free(&reply);
    tap_ask(service.port, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", &reply);
    CHECK(number_after(reply.body, "\ntreaty_registry_commits_failed ") >= 1);
    CHECK_INT(number_after(reply.body, "\ntreaty_registry_schemas "), n - 1);
    tap_reply_free(&reply);
    service_stop(&service);
    remove_file(path);
}

static void counts_requests(void)
{
    static const char *const lines[] = {
        "treaty_registry_requests_total{method=\"GET\","
        "route=\"/schemas/ids/{id}\",status=\"404\"} 2\n",
        "treaty_registry_requests_total{method=\"none\","
        "route=\"none\",status=\"404\"} 1\n",
        "treaty_registry_request_seconds_count{method=\"GET\","
        "route=\"/schemas/ids/{id}\"} 2\n",
        "\ntreaty_registry_schemas 0\n",
        "\nprocess_open_fds ",
    };
    struct tap_reply reply;

    service_start(&service, "memory:", 2);
    for (int i = 0; i < 2; i++) {
        tap_ask(service.port, "GET /schemas/ids/7 HTTP/1.1\r\nHost: a\r\n\r\n",
                &reply);
        tap_reply_free(&reply);
    }
    tap_ask(service.port, "GET /no HTTP/1.1\r\nHost: a\r\n\r\n", &reply);
    tap_reply_free(&reply);
    tap_ask(service.port,
            "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n",
            &reply);
    CHECK_INT(reply.status, 200);
    CHECK_STR_Z(tap_reply_header(&reply, "content-type"),
                "text/plain; version=0.0.4");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!strstr(reply.body.data, lines[i]))
            tap_fail(__FILE__, __LINE__, "no line %s in\n%s", lines[i],
                     reply.body.data);
    tap_reply_free(&reply);
    service_stop(&service);
}

TAP_MAIN({"many register while others read", many_register_while_others_read},
         {"clients hang up while commits run",
          clients_hang_up_while_commits_run},
         {"sizes have limits", sizes_have_limits},
         {"large bodies hold up nobody", large_bodies_hold_up_nobody},
         {"large bodies reach every route", large_bodies_reach_every_route},
         {"a full store is read only", a_full_store_is_read_only},
         {"counts requests", counts_requests})
