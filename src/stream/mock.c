/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/mock.h"

#include "base/error.h"

#include <librdkafka/rdkafka_mock.h>

struct treaty_mock {
    rd_kafka_t *client; /* the cluster's threads belong to a client */
    rd_kafka_mock_cluster_t *cluster;
};

/* The client around the cluster connects to nothing, and would warn of it. */
static void drop_log(const rd_kafka_t *client, int level, const char *facility,
                     const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text;
}

static rd_kafka_t *new_client(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client;

    rd_kafka_conf_set_log_cb(conf, drop_log);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    if (!client)
        rd_kafka_conf_destroy(conf);
    return client;
}

enum treaty_code treaty_mock_start(int brokers, struct treaty_mock **ret,
                                   struct treaty_error *err)
{
    struct treaty_mock *mock;

    if (brokers < 1)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a cluster has at least one broker");
    mock = calloc(1, sizeof(*mock));
    if (!mock)
        return treaty_fail_nomem(err);
    mock->client = new_client();
    if (mock->client)
        mock->cluster = rd_kafka_mock_cluster_new(mock->client, brokers);
    if (!mock->cluster) {
        treaty_mock_stop(mock);
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                           "the embedded broker does not start");
    }
    *ret = mock;
    return TREATY_OK;
}

void treaty_mock_stop(struct treaty_mock *mock)
{
    if (!mock)
        return;
    if (mock->cluster)
        rd_kafka_mock_cluster_destroy(mock->cluster);
    if (mock->client)
        rd_kafka_destroy(mock->client);
    free(mock);
}

const char *treaty_mock_bootstrap(const struct treaty_mock *mock)
{
    return rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

enum treaty_code treaty_mock_create_topic(struct treaty_mock *mock,
                                          const char *topic, int partitions,
                                          int replicas,
                                          struct treaty_error *err)
{
    rd_kafka_resp_err_t code =
        rd_kafka_mock_topic_create(mock->cluster, topic, partitions, replicas);

    if (code)
        return treaty_stream_fail(err, code, "create a topic");
    return TREATY_OK;
}

void treaty_mock_set_broker(struct treaty_mock *mock, int broker, bool up)
{
    if (up)
        rd_kafka_mock_broker_set_up(mock->cluster, broker);
    else
        rd_kafka_mock_broker_set_down(mock->cluster, broker);
}

#define PRODUCE 0 /* the protocol's number of the request */

void treaty_mock_fail_produce(struct treaty_mock *mock, size_t count,
                              rd_kafka_resp_err_t code)
{
    rd_kafka_resp_err_t codes[16];

    if (count == 0)
        rd_kafka_mock_clear_request_errors(mock->cluster, PRODUCE);
    for (size_t i = 0; i < 16; i++)
        codes[i] = code;
    rd_kafka_mock_push_request_errors_array(mock->cluster, PRODUCE,
                                            count < 16 ? count : 16, codes);
}
