/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_KAFKA_RECORDS_H
#define TREATY_BENCH_LIB_KAFKA_RECORDS_H

/*
 * The records of a Kafka batch (message format 2), which are what a client
 * compresses: each has its length, attributes, distance in time and offset
 * from the batch's first, no key, the value, no headers. Numbers are zigzag
 * varints.
 */
#include "base/buf.h"

/* Append the `i`th record of a batch. */
void bench_put_record(struct treaty_buf *batch, size_t i,
                      struct treaty_str value);

/* The value of the record at `*at`, a batch of ours, which goes behind it. */
struct treaty_str bench_take_record(const char **at);

#endif
