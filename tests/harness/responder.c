/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/responder.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20, CONNECTIONS_MAX = 512 };

struct connection {
    struct responder *owner;
    int fd;
    pthread_t thread;
};

struct responder {
    responder_fn fn;
    void *ctx;
    int fd;
    char url[40];
    atomic_bool stopping;
    atomic_size_t requests;
    atomic_size_t connections;
    pthread_t thread;
    struct connection slots[CONNECTIONS_MAX];
};

/* Wait for something to read, or for the end. */
static bool wait_readable(const struct responder *responder, int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};

    while (!atomic_load(&responder->stopping))
        if (poll(&poller, 1, 20) > 0)
            return true;
    return false;
}

static size_t content_length(const char *head)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");

    return line ? (size_t)strtoul(line + 17, NULL, 10) : 0;
}

/*
 * Read one request into `data`, terminated; the length of its head, or 0 when
 * there is none. What comes with it is its body: nobody pipelines here.
 */
static size_t read_request(const struct connection *connection, char *data)
{
    size_t len = 0;

    while (len < REQUEST_MAX - 1) {
        char *end;
        ssize_t n;

        if (!wait_readable(connection->owner, connection->fd))
            return 0;
        n = read(connection->fd, data + len, REQUEST_MAX - 1 - len);
        if (n <= 0)
            return 0;
        len += (size_t)n;
        data[len] = '\0';
        end = strstr(data, "\r\n\r\n");
        if (end && len >= (size_t)(end + 4 - data) + content_length(data))
            return (size_t)(end + 4 - data);
    }
    return 0;
}

static void pause_for(const struct responder *responder, unsigned ms)
{
    for (; ms > 0 && !atomic_load(&responder->stopping); ms--)
        usleep(1000);
}

static bool send_reply(int fd, const struct responder_reply *reply)
{
    char head[1024];
    const char *body = reply->body ? reply->body : "";
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d Whatever\r\n"
                     "Content-Type: application/vnd.schemaregistry.v1+json\r\n"
                     "Content-Length: %zu\r\n%s\r\n",
                     reply->status, strlen(body),
                     reply->headers ? reply->headers : "");

    return send(fd, head, (size_t)n, MSG_NOSIGNAL) == n &&
           send(fd, body, strlen(body), MSG_NOSIGNAL) ==
               (ssize_t)strlen(body) &&
           !reply->close_after;
}

/* Cut "METHOD PATH HTTP/1.1" in place. */
static struct responder_request take_apart(char *data, size_t head)
{
    char *path = strchr(data, ' ');
    char *version = path ? strchr(path + 1, ' ') : NULL;
    struct responder_request request = {.method = data, .body = data + head};

    if (!version)
        return (struct responder_request){.method = "", .path = "", .head = ""};
    *path = '\0';
    *version = '\0';
    request.path = path + 1;
    request.head = version + 1;
    return request;
}

static bool serve_one(struct connection *connection, char *data)
{
    struct responder *responder = connection->owner;
    struct responder_reply reply = {.status = 200};
    struct responder_request request;
    size_t head = read_request(connection, data);

    if (!head)
        return false;
    request = take_apart(data, head);
    request.number = atomic_fetch_add(&responder->requests, 1) + 1;
    responder->fn(responder->ctx, &request, &reply);
    pause_for(responder, reply.delay_ms);
    return !reply.hang_up && send_reply(connection->fd, &reply);
}

static void *serve(void *ctx)
{
    struct connection *connection = (struct connection *)ctx;
    char *data = (char *)malloc(REQUEST_MAX);

    while (data && serve_one(connection, data))
        continue;
    free(data);
    close(connection->fd);
    return NULL;
}

static void *accept_all(void *ctx)
{
    struct responder *responder = (struct responder *)ctx;
    size_t n = 0;

    while (n < CONNECTIONS_MAX && wait_readable(responder, responder->fd)) {
        struct connection *connection = &responder->slots[n];

        connection->owner = responder;
        connection->fd = accept(responder->fd, NULL, NULL);
        if (connection->fd < 0)
            continue;
        /* Head and body go out in two pieces; neither waits for an echo. */
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1},
                   sizeof(int));
        atomic_store(&responder->connections, n + 1);
        if (pthread_create(&connection->thread, NULL, serve, connection) != 0)
            break;
        n++;
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(responder->slots[i].thread, NULL);
    return NULL;
}

static int listen_anywhere(struct sockaddr_in *ret)
{
    socklen_t len = sizeof(*ret);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *ret = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)ret, len) != 0 || listen(fd, 256) != 0 ||
        getsockname(fd, (struct sockaddr *)ret, &len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct responder *responder_start(responder_fn fn, void *ctx)
{
    struct responder *responder =
        (struct responder *)calloc(1, sizeof(*responder));
    struct sockaddr_in address;

    if (!responder)
        return NULL;
    responder->fn = fn;
    responder->ctx = ctx;
    responder->fd = listen_anywhere(&address);
    snprintf(responder->url, sizeof(responder->url), "http://127.0.0.1:%u",
             ntohs(address.sin_port));
    if (responder->fd < 0 ||
        pthread_create(&responder->thread, NULL, accept_all, responder) != 0) {
        free(responder);
        return NULL;
    }
    return responder;
}

void responder_stop(struct responder *responder)
{
    atomic_store(&responder->stopping, true);
    pthread_join(responder->thread, NULL);
    close(responder->fd);
    free(responder);
}

const char *responder_url(const struct responder *responder)
{
    return responder->url;
}

size_t responder_requests(const struct responder *responder)
{
    return atomic_load(&responder->requests);
}

size_t responder_connections(const struct responder *responder)
{
    return atomic_load(&responder->connections);
}
