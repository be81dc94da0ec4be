/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_FLOOR_PROTO_H
#define TREATY_BENCH_LIB_FLOOR_PROTO_H

/*
 * The floor of the Protobuf codec: straight-line C for the one event of the
 * benchmarks, with the same checks as the product. Each field is expected in
 * the order of numbers and may be missing; what is out of order or unknown is
 * refused, which a real decoder could not do.
 */
#include "base/buf.h"
#include "lib/order.h"

TREATY_MUST_CHECK enum treaty_code
floor_proto_decode(struct treaty_str payload, struct order *order,
                   struct treaty_arena *arena, struct treaty_error *err);

TREATY_MUST_CHECK enum treaty_code floor_proto_encode(const struct order *order,
                                                      struct treaty_buf *out,
                                                      struct treaty_error *err);

#endif
