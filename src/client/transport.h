/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_TRANSPORT_H
#define TREATY_SRC_CLIENT_TRANSPORT_H

/*
 * One HTTP request and its reply, on libcurl. Connections are kept alive in
 * easy handles; a thread takes an idle handle for each request and gives it
 * back, so as many exist as ever were in use together.
 *
 * libcurl sees no URL with credentials in it, hence can put none into a
 * message. Redirects are not followed: they would carry credentials away.
 */
#include "client/url.h"

#include <pthread.h>
#include <stdbool.h>

struct treaty_connection;

struct treaty_tls {
    struct treaty_str ca_file; /* all terminated; .data NULL: not given */
    struct treaty_str cert_file;
    struct treaty_str key_file;
    struct treaty_str key_password;
};

struct treaty_transport {
    struct treaty_tls tls;
    long connect_timeout_ms;
    void *headers; /* struct curl_slist */
    pthread_mutex_t lock;
    struct treaty_connection *idle; /* most recently used first */
};

/* Who asks: a bearer token, or else a user, or else nobody. */
struct treaty_credentials {
    struct treaty_str token; /* all terminated; .data NULL: not given */
    struct treaty_str user;
    struct treaty_str password;
};

enum treaty_method {
    TREATY_GET,
    TREATY_POST,
    TREATY_PUT,
    TREATY_DELETE,
};

struct treaty_exchange {
    enum treaty_method method;
    const char *url;
    const struct treaty_credentials *credentials;
    struct treaty_str body; /* .data NULL: none */
    uint64_t timeout_ms;
};

/* What came back. The body lies in the buffer that was given. */
struct treaty_answer {
    long status; /* 0: none, and `failure` says why */
    uint64_t retry_after_ms;
    bool may_have_arrived; /* false: the server never saw the request */
    enum treaty_code code; /* of a failure */
    char failure[256];
};

/* `tls` is copied, its texts are not. TREATY_ENOMEM or TREATY_EINTERNAL. */
TREATY_MUST_CHECK enum treaty_code
treaty_transport_init(struct treaty_transport *transport,
                      const struct treaty_tls *tls, long connect_timeout_ms);
void treaty_transport_release(struct treaty_transport *transport);

/*
 * Run one exchange; the reply's body is appended to `body`, up to its maximum.
 */
void treaty_transport_run(struct treaty_transport *transport,
                          const struct treaty_exchange *exchange,
                          struct treaty_buf *body, struct treaty_answer *ret);

#endif
