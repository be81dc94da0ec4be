/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_SERVICE_H
#define TREATY_BENCH_LIB_SERVICE_H

/*
 * A service in a process of its own, on one core; requests to it from here,
 * and load from wrk on the other core.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bench_service {
    pid_t pid;
    unsigned port;
};

/*
 * Start the program `argv`, pinned to the first core, and wait for the line
 * that ends in its port. A child that prints no such line ends the benchmark.
 */
struct bench_service bench_service_start(char *const *argv);
/* Start `fn` in a forked process; it prints such a line, too. */
struct bench_service bench_service_fork(void (*fn)(size_t size), size_t size);
/* SIGTERM, and wait. */
void bench_service_stop(struct bench_service *service);

/* Stay on one core, or on all. */
void bench_stay_on(int core);

/* A connection, or -1; never waits for a server that is not there. */
int bench_connect(unsigned port);

/*
 * Send one request and read its reply; the body's first `size` - 1 bytes are
 * put into `body`. Returns the status, and the length of the body in `*len`.
 */
int bench_ask(int fd, const char *request, size_t request_len, char *body,
              size_t size, size_t *len);

/* The time that the threads of a process have run, all together. */
double bench_cpu_seconds(pid_t pid);

struct bench_load {
    double rate;     /* requests/s */
    double p99_ms;   /* latency */
    double requests; /* all in all */
    double failed;   /* replies other than 2xx and 3xx, and socket errors */
};

/*
 * wrk on the second core, with `connections` for `seconds`, asking for
 * `/schemas/ids/1` to `ids` in turn.
 */
struct bench_load bench_wrk(unsigned port, int connections, int seconds,
                            int ids);

#endif
