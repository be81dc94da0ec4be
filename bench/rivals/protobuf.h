/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_RIVALS_PROTOBUF_H
#define TREATY_BENCH_RIVALS_PROTOBUF_H

/*
 * The rivals of bench/protobuf.c, each at its best: protobuf C++ parses into a
 * message that is used again, protobuf-c takes memory from an arena that is
 * rewound. Functions give false on a failure.
 */
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Parse one event. */
bool rival_cpp_decode(const char *data, size_t len);
bool rival_c_decode(const char *data, size_t len);

/* Keep event number `i` parsed, of `count`, for encoding. */
bool rival_cpp_keep(size_t i, size_t count, const char *data, size_t len);
bool rival_c_keep(size_t i, size_t count, const char *data, size_t len);

/* Encode kept event `i` into `out`; the length, or 0. */
size_t rival_cpp_encode(size_t i, char *out, size_t cap);
size_t rival_c_encode(size_t i, char *out, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
