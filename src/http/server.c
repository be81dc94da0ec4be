/* SPDX-License-Identifier: Apache-2.0 */
#include "http/inside.h"

#include "base/error.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void set_default(uint64_t *value, uint64_t standard)
{
    if (!*value)
        *value = standard;
}

static void set_default_size(size_t *value, size_t standard)
{
    if (!*value)
        *value = standard;
}

/* What is left of the descriptors when the program has had some. */
static size_t descriptors_to_spare(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 128)
        return 64;
    return (size_t)limit.rlim_cur - 64;
}

static void fill_in(struct treaty_http_options *options)
{
    set_default_size(&options->connection_max, descriptors_to_spare());
    set_default_size(&options->loop_count, 1);
    set_default_size(&options->body_max, 16 << 20);
    set_default_size(&options->head_max, 16 << 10);
    set_default_size(&options->url_max, 8 << 10);
    set_default(&options->request_timeout_ms, 75000);
    set_default(&options->user_timeout_ms, 30000);
    set_default(&options->slow_grace_ms, 5000);
    set_default(&options->slow_rate, 1024);
    set_default(&options->linger_ms, 5000);
    set_default(&options->linger_max, 64 << 20);
    set_default(&options->drain_ms, 10000);
}

/*
 * One host with one path, "/", whose handler is ours. What h2o answers by
 * itself goes to the fallback path, and so does a target without a slash in
 * front, which is then ours all the same.
 */
static void configure(struct treaty_http_server *server)
{
    h2o_globalconf_t *config = &server->config;
    h2o_pathconf_t *path;

    h2o_config_init(config);
    config->server_name = h2o_iovec_init(H2O_STRLIT(""));
    config->http1.upgrade_to_http2 = 0;
    config->http1.req_timeout = server->options.request_timeout_ms;
    /* Its limit excludes itself for chunked bodies: ours is request.c's. */
    config->max_request_entity_size = server->options.body_max + 1;
    server->host = h2o_config_register_host(
        config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    path = h2o_config_register_path(server->host, "/", 0);
    h2o_create_handler(path, sizeof(h2o_handler_t))->on_req =
        treaty_http_on_request;
    h2o_create_handler(&server->host->fallback_path, sizeof(h2o_handler_t))
        ->on_req = treaty_http_on_request;
    treaty_http_plain_register(&server->host->fallback_path);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        ; /* a signal came */
}

/*
 * A loop lives and dies in its own thread: what h2o allocates for a context,
 * from its first socket on, comes from lists that belong to the thread and are
 * not locked.
 */
static void *run_thread(void *arg)
{
    struct treaty_http_loop *loop = (struct treaty_http_loop *)arg;
    sigset_t all;

    /* Signals are the program's; a peer that is gone must not kill it. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    loop->code = treaty_http_loop_init(loop, loop->err);
    (void)sem_post(&loop->ready);
    wait_for(&loop->go);
    if (!loop->code)
        treaty_http_loop_run(loop);
    wait_for(&loop->leave);
    treaty_http_loop_release(loop);
    return NULL;
}

static enum treaty_code start_loop(struct treaty_http_loop *loop,
                                   struct treaty_error *err)
{
    loop->err = err;
    (void)sem_init(&loop->ready, 0, 0);
    (void)sem_init(&loop->go, 0, 0);
    (void)sem_init(&loop->leave, 0, 0);
    if (pthread_create(&loop->thread, NULL, run_thread, loop) != 0)
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                           "no thread for event loop %zu", loop->index);
    loop->server->loops_started++;
    wait_for(&loop->ready);
    return loop->code;
}

static enum treaty_code start_loops(struct treaty_http_server *server,
                                    struct treaty_error *err)
{
    size_t count = server->options.loop_count;
    enum treaty_code code = TREATY_OK;

    server->loops =
        (struct treaty_http_loop *)calloc(count, sizeof(*server->loops));
    if (!server->loops)
        return treaty_fail_nomem(err);
    for (size_t i = 0; i < count && !code; i++) {
        server->loops[i].server = server;
        server->loops[i].index = i;
        code = start_loop(&server->loops[i], err);
    }
    return code;
}

/* A handler may ask the server something as soon as there are requests. */
static void let_go(struct treaty_http_server *server)
{
    for (size_t i = 0; i < server->loops_started; i++)
        (void)sem_post(&server->loops[i].go);
}

enum treaty_code
treaty_http_server_make(const struct treaty_http_options *options,
                        struct treaty_http_server **ret,
                        struct treaty_error *err)
{
    struct treaty_http_server *server =
        (struct treaty_http_server *)calloc(1, sizeof(*server));
    enum treaty_code code;

    if (!server)
        return treaty_fail_nomem(err);
    server->options = *options;
    server->listen_fd = -1;
    fill_in(&server->options);
    code = treaty_router_init(&server->router, options->routes,
                              options->route_count);
    if (code)
        (void)treaty_fail_nomem(err);
    configure(server);
    if (!code && options->tls_cert)
        code = treaty_http_tls_open(options, &server->tls, err);
    if (code)
        treaty_http_server_stop(server);
    else
        *ret = server;
    return code;
}

enum treaty_code
treaty_http_server_start(const struct treaty_http_options *options,
                         struct treaty_http_server **ret,
                         struct treaty_error *err)
{
    struct treaty_http_server *server;
    enum treaty_code code = treaty_http_server_make(options, &server, err);

    if (code)
        return code;
    code = treaty_http_listen(server, err);
    if (!code)
        code = start_loops(server, err);
    if (code) {
        treaty_http_server_stop(server);
        return code;
    }
    *ret = server;
    let_go(server);
    return TREATY_OK;
}

unsigned treaty_http_server_port(const struct treaty_http_server *server)
{
    return server->port;
}

const char *treaty_http_server_url(const struct treaty_http_server *server)
{
    return server->url;
}

size_t treaty_http_server_connections(const struct treaty_http_server *server)
{
    size_t count = 0;

    for (size_t i = 0; i < server->loops_started; i++)
        count += atomic_load_explicit(&server->loops[i].conn_count,
                                      memory_order_relaxed);
    return count;
}

void treaty_http_server_stop(struct treaty_http_server *server)
{
    if (!server)
        return;
    let_go(server); /* those that were never let go */
    for (size_t i = 0; i < server->loops_started; i++) {
        struct treaty_http_loop *loop = &server->loops[i];

        if (!loop->code)
            h2o_multithread_send_message(&loop->control, &loop->stop);
        /* Only now: sending ends with a write to the loop's own queue. */
        (void)sem_post(&loop->leave);
    }
    for (size_t i = 0; i < server->loops_started; i++) {
        (void)pthread_join(server->loops[i].thread, NULL);
        (void)sem_destroy(&server->loops[i].ready);
        (void)sem_destroy(&server->loops[i].go);
        (void)sem_destroy(&server->loops[i].leave);
    }
    free(server->loops);
    if (server->listen_fd >= 0)
        (void)close(server->listen_fd);
    SSL_CTX_free(server->tls);
    h2o_config_dispose(&server->config);
    treaty_router_release(&server->router);
    free(server);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TREATY_LEAK_CHECKER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TREATY_LEAK_CHECKER
#endif

#ifdef TREATY_LEAK_CHECKER
/*
 * What h2o 2.2.5 never gives back, told to the leak checker: buffers kept for
 * reuse by a thread that ends, and the queue of a loop. Both are bounded by
 * the number of loops ever started.
 */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): the checker's own name */
const char *__lsan_default_suppressions(void);

/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:h2o_mem_alloc_recycle\n"
           "leak:h2o_multithread_create_queue\n";
}
#endif
