/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service.h"

#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void give_up(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

void bench_stay_on(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

/* Read the child's first line, and the number behind its last colon. */
static unsigned read_port(int fd)
{
    FILE *file = fdopen(fd, "r");
    char line[200];
    int64_t port = 0;
    char *colon;

    if (!file || !fgets(line, sizeof(line), file))
        give_up("a service did not start");
    colon = strrchr(line, ':');
    if (!colon ||
        !treaty_str_to_i64(treaty_str_trim(treaty_str_z(colon + 1)), &port))
        give_up("a service did not tell its port");
    (void)fclose(file);
    return (unsigned)port;
}

/* Fork with standard output going to a pipe; 0 in the child. */
static pid_t fork_piped(int *ret_fd)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0)
        give_up("pipe");
    pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        bench_stay_on(0);
    } else {
        *ret_fd = ends[0];
    }
    (void)close(ends[1]);
    return pid;
}

struct bench_service bench_service_start(char *const *argv)
{
    struct bench_service service;
    int fd = -1;

    service.pid = fork_piped(&fd);
    if (service.pid == 0) {
        (void)execv(argv[0], argv);
        give_up(argv[0]);
    }
    service.port = read_port(fd);
    return service;
}

struct bench_service bench_service_fork(void (*fn)(size_t size), size_t size)
{
    struct bench_service service;
    int fd = -1;

    service.pid = fork_piped(&fd);
    if (service.pid == 0) {
        fn(size);
        _exit(0);
    }
    service.port = read_port(fd);
    return service;
}

void bench_service_stop(struct bench_service *service)
{
    (void)kill(service->pid, SIGTERM);
    (void)waitpid(service->pid, NULL, 0);
}

int bench_connect(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        give_up("socket");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static size_t length_of(struct treaty_str head)
{
    struct treaty_str line;
    uint64_t length = 0;

    while (treaty_str_split(&head, '\n', &line))
        if (treaty_str_starts(line, TREATY_STR("Content-Length: ")))
            (void)treaty_str_to_u64(
                treaty_str_trim(treaty_str_sub(line, 16, line.len)), &length);
    return (size_t)length;
}

int bench_ask(int fd, const char *request, size_t request_len, char *body,
              size_t size, size_t *len)
{
    static _Thread_local char reply[1 << 16];
    size_t got = 0;
    char *end = NULL;
    int64_t status = 0;

    if (send(fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
        return 0;
    while (!end || got < (size_t)(end + 4 - reply) + *len) {
        ssize_t n = recv(fd, reply + got, sizeof(reply) - got - 1, 0);

        if (n <= 0)
            return 0;
        got += (size_t)n;
        reply[got] = '\0';
        end = strstr(reply, "\r\n\r\n");
        *len = end ? length_of(
                         (struct treaty_str){reply, (size_t)(end + 2 - reply)})
                   : 0;
    }
    (void)treaty_str_to_i64((struct treaty_str){reply + 9, 3}, &status);
    if (size)
        (void)snprintf(body, size, "%s", end + 4);
    return (int)status;
}

/* A script, since asking for one id only would show its cache line's speed. */
static void write_script(const char *path, int ids)
{
    FILE *file = fopen(path, "w");

    if (!file)
        give_up(path);
    fprintf(file,
            "local r = {}\n"
            "local n, i = %d, 0\n"
            "for k = 1, n do\n"
            "  r[k] = \"GET /schemas/ids/\" .. k .. \" HTTP/1.1\\r\\n"
            "Host: localhost\\r\\n\\r\\n\"\n"
            "end\n"
            "request = function() i = i %% n + 1; return r[i] end\n",
            ids);
    (void)fclose(file);
}

/* "1.25ms", "812.00us", "2.10s" in milliseconds. */
static double to_ms(const char *text)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"us", 1e-3}, {"ms", 1}, {"s", 1e3}};
    size_t digits = strspn(text, "0123456789.");
    double value = 0;

    (void)treaty_str_to_double((struct treaty_str){text, digits}, &value);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strncmp(text + digits, units[i].unit, strlen(units[i].unit)) == 0)
            return value * units[i].ms;
    return 0;
}

/* What follows `name` in a line of wrk's report, or NULL. */
static const char *after(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    if (!at)
        return NULL;
    at += strlen(name);
    return at + strspn(at, " \t:");
}

static void read_line(const char *line, struct bench_load *load)
{
    const char *rate = after(line, "Requests/sec");
    const char *p99 = after(line, "99%");
    const char *total = strstr(line, " requests in ");
    const char *failed = after(line, "Non-2xx or 3xx responses");

    if (rate)
        (void)treaty_str_to_double(treaty_str_trim(treaty_str_z(rate)),
                                   &load->rate);
    if (total)
        (void)treaty_str_to_double(
            treaty_str_trim((struct treaty_str){line, (size_t)(total - line)}),
            &load->requests);
    if (p99)
        load->p99_ms = to_ms(p99);
    if (failed || strstr(line, "Socket errors"))
        load->failed++;
}

/* What a thread has run, in nanoseconds: the first number of its schedstat. */
static uint64_t thread_ns(pid_t pid, const char *thread)
{
    char path[320];
    unsigned long long ns = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid,
                   thread);
    file = fopen(path, "r");
    if (!file || fscanf(file, "%llu", &ns) != 1)
        give_up(path);
    (void)fclose(file);
    return ns;
}

double bench_cpu_seconds(pid_t pid)
{
    char path[64];
    uint64_t ns = 0;
    DIR *dir;

    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    dir = opendir(path);
    if (!dir)
        give_up(path);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (e->d_name[0] != '.')
            ns += thread_ns(pid, e->d_name);
    (void)closedir(dir);
    return (double)ns / 1e9;
}

struct bench_load bench_wrk(unsigned port, int connections, int seconds,
                            int ids)
{
    const char *script = "/tmp/treaty-bench-ids.lua";
    struct bench_load load = {0};
    char command[300];
    char line[300];
    FILE *pipe;

    write_script(script, ids);
    (void)snprintf(command, sizeof(command),
                   "taskset -c 1 wrk -t1 -c%d -d%ds --latency -s %s "
                   "http://127.0.0.1:%u",
                   connections, seconds, script, port);
    pipe = popen(command, "r");
    if (!pipe)
        give_up("wrk");
    while (fgets(line, sizeof(line), pipe))
        read_line(line, &load);
    if (pclose(pipe) != 0 || load.rate <= 0)
        give_up("wrk (tools/setup bench installs it)");
    return load;
}
