/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_PAGE_H
#define TREATY_SRC_STREAM_PAGE_H

/*
 * The metrics page of a program that is no server: `GET /metrics` on an
 * address of its own, one request at a time, by one thread. A client has two
 * seconds for its request; what is not GET /metrics is told so and let go.
 */
#include "metrics/metrics.h"

struct treaty_page;

/*
 * Listen on `address` ("9090", ":9090", "127.0.0.1:9090", "[::1]:9090"; no host
 * means 127.0.0.1, port 0 any free one; `port_add` is added to another) and
 * serve `metrics`, which must outlive the page. TREATY_EUSAGE for a wrong
 * address, TREATY_EIO with the system's reason, TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_page_start(const char *address, unsigned port_add,
                  struct treaty_metrics *metrics, struct treaty_page **ret,
                  struct treaty_error *err);

/* Safe on NULL. */
void treaty_page_stop(struct treaty_page *page);

/* The port that it listens on. */
unsigned treaty_page_port(const struct treaty_page *page);

#endif
