/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_MOCK_H
#define TREATY_SRC_STREAM_MOCK_H

/*
 * The embedded broker of the demo and of tests: librdkafka's mock cluster,
 * which listens on ports of 127.0.0.1 that the system picks. It keeps 5 MiB a
 * partition in memory and answers no administration, so nothing is claimed
 * from it: a demo of some thousand events a second with consumers that keep
 * up, and injected faults.
 */
#include "stream/conf.h"

struct treaty_mock;

/* TREATY_EUSAGE for less than one broker, TREATY_EIO, TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code treaty_mock_start(int brokers,
                                                     struct treaty_mock **ret,
                                                     struct treaty_error *err);
void treaty_mock_stop(struct treaty_mock *mock);

/* "127.0.0.1:34567,..."; lives as long as the cluster. */
const char *treaty_mock_bootstrap(const struct treaty_mock *mock);

TREATY_MUST_CHECK enum treaty_code
treaty_mock_create_topic(struct treaty_mock *mock, const char *topic,
                         int partitions, int replicas,
                         struct treaty_error *err);

/* Faults. Brokers count from 1. */
void treaty_mock_set_broker(struct treaty_mock *mock, int broker, bool up);
/*
 * The next `count` produce requests, at most 16, fail with `code`; 0: those
 * that were to fail succeed.
 */
void treaty_mock_fail_produce(struct treaty_mock *mock, size_t count,
                              rd_kafka_resp_err_t code);

#endif
