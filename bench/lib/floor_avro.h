/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_FLOOR_AVRO_H
#define TREATY_BENCH_LIB_FLOOR_AVRO_H

/*
 * The floor: what a person would write by hand for this one event, in straight
 * lines, with the same contract as the product: any bytes, nothing read past
 * the end, every string checked for UTF-8, the same struct out.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "lib/order.h"

enum treaty_code floor_decode(struct treaty_str payload, struct order9 *order,
                              struct treaty_arena *arena,
                              struct treaty_error *err);
enum treaty_code floor_project(struct treaty_str payload, struct order4 *order,
                               struct treaty_error *err);
enum treaty_code floor_encode(const struct order *order, struct treaty_buf *out,
                              struct treaty_error *err);

#endif
