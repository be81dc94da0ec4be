/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_RESPONDER_H
#define TREATY_TESTS_HARNESS_RESPONDER_H

/*
 * A small HTTP server on a loopback port of the system's choice, for what a
 * healthy registry never does: answer 503, hang, talk HTML, hang up. The test
 * gives a function that answers each request; it is called on the thread of
 * the request's connection.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct responder;

struct responder_request {
    const char *method;
    const char *path; /* with its query */
    const char *head; /* all lines of the head */
    const char *body;
    size_t number; /* of all requests, from 1 */
};

struct responder_reply {
    int status;
    const char *body;
    const char *headers; /* further lines, each with its \r\n; or NULL */
    unsigned delay_ms;   /* before answering */
    int hang_up;         /* close the connection instead of answering */
    int close_after;     /* answer, then close without a word about it */
};

typedef void (*responder_fn)(void *ctx, const struct responder_request *request,
                             struct responder_reply *reply);

/* NULL when no port can be had. */
struct responder *responder_start(responder_fn fn, void *ctx);
void responder_stop(struct responder *responder);

/* "http://127.0.0.1:PORT". */
const char *responder_url(const struct responder *responder);
size_t responder_requests(const struct responder *responder);
size_t responder_connections(const struct responder *responder);

#endif
