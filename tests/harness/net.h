/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_NET_H
#define TREATY_TESTS_HARNESS_NET_H

/*
 * A client for tests of servers: raw bytes over loopback, replies read with
 * care for keep-alive, nothing that a library would put right silently.
 */
#include "harness/tap.h"

/* A connected socket, or -1 after reporting the failure. */
int tap_connect(unsigned port);

/* Send all of it; false when the peer has gone. */
bool tap_send(int fd, struct treaty_str bytes);
bool tap_send_z(int fd, const char *text);

struct tap_reply {
    int status; /* 0: none came */
    struct treaty_str head;
    struct treaty_str body;
    char *data; /* what both point into */
};

/*
 * Read one reply: its head, and as many bytes as Content-Length says (none for
 * a reply to HEAD). Waits 10 s for each piece. Free in any case.
 */
void tap_read_reply(int fd, bool is_head, struct tap_reply *ret);
void tap_reply_free(struct tap_reply *reply);

/* The value of a header, in any case of letters, or .data NULL. */
struct treaty_str tap_reply_header(const struct tap_reply *reply,
                                   const char *name);

/* True when the peer closes within `ms`, having sent nothing more. */
bool tap_is_closed(int fd, int ms);

/* One request over a connection of its own. */
void tap_ask(unsigned port, const char *request, struct tap_reply *ret);

#endif
