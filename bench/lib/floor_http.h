/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_FLOOR_HTTP_H
#define TREATY_BENCH_LIB_FLOOR_HTTP_H

#include <stddef.h>

/*
 * h2o alone: one loop that answers every request with the same `size` bytes
 * and a content type, and does nothing else. Prints "listening on :PORT"; ends
 * with its process.
 */
void bench_floor_http(size_t size);

#endif
