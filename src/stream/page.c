/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/page.h"

#include "base/error.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct treaty_page {
    struct treaty_metrics *metrics;
    int listener;
    int wake[2]; /* a byte written to [1] ends the thread */
    unsigned port;
    pthread_t thread;
    bool running;
};

#define HEAD_MAX 4096
#define PATIENCE_S 2

static void write_all(int fd, struct treaty_str s)
{
    while (s.len) {
        ssize_t n = send(fd, s.data, s.len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        s = treaty_str_sub(s, (size_t)n, s.len);
    }
}

/* The head of the request, as far as it fits; empty when none came in time. */
static struct treaty_str read_head(int fd, char *head)
{
    size_t len = 0;

    while (len < HEAD_MAX) {
        ssize_t n = recv(fd, head + len, HEAD_MAX - len, 0);

        if (n <= 0)
            return (struct treaty_str){head, 0};
        len += (size_t)n;
        if (memmem(head, len, "\r\n\r\n", 4))
            break;
    }
    return (struct treaty_str){head, len};
}

struct verdict {
    const char *status;
    const char *body; /* NULL: the metrics */
};

static struct verdict judge(struct treaty_str head)
{
    struct treaty_str target;

    if (!treaty_str_starts(head, TREATY_STR("GET ")))
        return (struct verdict){"405 Method Not Allowed", "only GET\n"};
    target = treaty_str_sub(head, 4, head.len - 4);
    target = treaty_str_sub(target, 0, treaty_str_find(target, ' '));
    target = treaty_str_sub(target, 0, treaty_str_find(target, '?'));
    if (!treaty_str_eq_z(target, "/metrics"))
        return (struct verdict){"404 Not Found", "see /metrics\n"};
    return (struct verdict){"200 OK", NULL};
}

static void answer(struct treaty_page *page, int fd, struct treaty_str head)
{
    struct verdict verdict = judge(head);
    struct treaty_buf body;
    struct treaty_buf reply;

    treaty_buf_init(&body, 0);
    treaty_buf_init(&reply, 0);
    if (verdict.body) {
        treaty_buf_put_z(&body, verdict.body);
    } else {
        treaty_metrics_write(page->metrics, &body);
        treaty_metrics_write_process(&body);
    }
    if (body.failed)
        verdict.status = "503 Service Unavailable";
    treaty_buf_printf(&reply,
                      "HTTP/1.1 %s\r\n"
                      "Content-Type: text/plain; version=0.0.4\r\n"
                      "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                      verdict.status, body.failed ? 0 : body.len);
    write_all(fd, treaty_buf_str(&reply));
    if (!body.failed)
        write_all(fd, treaty_buf_str(&body));
    treaty_buf_release(&reply);
    treaty_buf_release(&body);
}

static void serve_one(struct treaty_page *page)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    char head[HEAD_MAX];
    struct treaty_str got;
    int fd = accept4(page->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    got = read_head(fd, head);
    if (got.len)
        answer(page, fd, got);
    /* A close with unread bytes would reset what was sent. */
    shutdown(fd, SHUT_WR);
    while (recv(fd, head, sizeof(head), 0) > 0)
        ;
    close(fd);
}

static void *serve(void *ctx)
{
    struct treaty_page *page = ctx;
    struct pollfd fds[2] = {{.fd = page->listener, .events = POLLIN},
                            {.fd = page->wake[0], .events = POLLIN}};

    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents)
            return NULL;
        if (fds[0].revents & POLLIN)
            serve_one(page);
    }
}

/* "host:port" apart; `host` gets the default when there is none. */
static bool split_address(const char *address, char *host, size_t host_size,
                          uint64_t *ret_port)
{
    struct treaty_str all = treaty_str_z(address);
    size_t at = treaty_str_find_last(all, ':');
    struct treaty_str name = treaty_str_sub(all, 0, at);
    struct treaty_str port = all;

    if (at < all.len)
        port = treaty_str_sub(all, at + 1, all.len);
    else
        name = (struct treaty_str){0};
    if (name.len >= 2 && name.data[0] == '[' && name.data[name.len - 1] == ']')
        name = treaty_str_sub(name, 1, name.len - 2);
    if (name.len == 0)
        name = TREATY_STR("127.0.0.1");
    if (name.len >= host_size || !treaty_str_to_u64(port, ret_port) ||
        *ret_port > 65535)
        return false;
    memcpy(host, name.data, name.len);
    host[name.len] = '\0';
    return true;
}

static int listen_on(const struct addrinfo *place)
{
    int one = 1;
    int fd = socket(place->ai_family, place->ai_socktype | SOCK_CLOEXEC,
                    place->ai_protocol);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, place->ai_addr, place->ai_addrlen) || listen(fd, 16)) {
        int reason = errno;

        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

static enum treaty_code open_listener(struct treaty_page *page,
                                      const char *address, unsigned port_add,
                                      struct treaty_error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *places;
    char host[256];
    char service[8];
    uint64_t port;

    if (!split_address(address, host, sizeof(host), &port) ||
        (port && port + port_add > 65535))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "\"%s\" is no address; write HOST:PORT", address);
    snprintf(service, sizeof(service), "%u",
             port ? (unsigned)port + port_add : 0);
    if (getaddrinfo(host, service, &hints, &places))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "there is no host \"%s\"", host);
    page->listener = listen_on(places);
    freeaddrinfo(places);
    if (page->listener < 0)
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                           "cannot listen on %s port %s: %s", host, service,
                           strerror(errno));
    return TREATY_OK;
}

static unsigned port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {0};
    socklen_t len = sizeof(name);

    if (getsockname(fd, &name.any, &len))
        return 0;
    return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port
                                                : name.v4.sin_port);
}

enum treaty_code treaty_page_start(const char *address, unsigned port_add,
                                   struct treaty_metrics *metrics,
                                   struct treaty_page **ret,
                                   struct treaty_error *err)
{
    struct treaty_page *page = calloc(1, sizeof(*page));
    enum treaty_code code;

    if (!page)
        return treaty_fail_nomem(err);
    page->metrics = metrics;
    page->listener = -1;
    page->wake[0] = -1;
    page->wake[1] = -1;
    code = open_listener(page, address, port_add, err);
    if (!code) {
        page->port = port_of(page->listener);
        page->running = pipe2(page->wake, O_CLOEXEC) == 0 &&
                        pthread_create(&page->thread, NULL, serve, page) == 0;
        if (!page->running)
            code = treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                               "the metrics page cannot start");
    }
    if (code) {
        treaty_page_stop(page);
        return code;
    }
    *ret = page;
    return TREATY_OK;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void treaty_page_stop(struct treaty_page *page)
{
    if (!page)
        return;
    if (page->running && write(page->wake[1], "", 1) == 1)
        pthread_join(page->thread, NULL);
    close_if_open(page->listener);
    close_if_open(page->wake[0]);
    close_if_open(page->wake[1]);
    free(page);
}

unsigned treaty_page_port(const struct treaty_page *page)
{
    return page->port;
}
