/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_REGISTRY_H
#define TREATY_TESTS_HARNESS_REGISTRY_H

/* A real registry in this process, its journal in memory, on a loopback port
 * of the system's choice. */
#include <stdbool.h>
#include <stddef.h>

struct tap_registry;

/* NULL after reporting why it does not start. */
struct tap_registry *tap_registry_start(void);
void tap_registry_stop(struct tap_registry *registry);

/* "http://127.0.0.1:PORT". */
const char *tap_registry_url(const struct tap_registry *registry);

/* Requests that it has answered; those for its metrics do not count. */
size_t tap_registry_requests(const struct tap_registry *registry);

#endif
