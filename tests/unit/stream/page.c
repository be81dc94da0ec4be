/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/page.h"
#include "stream/measure.h"

#include "tap.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char reply[1 << 16];

/* Send `request` and read until the server closes. */
static const char *ask(unsigned port, const char *request)
{
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t len = 0;
    ssize_t n = 1;

    CHECK_INT(connect(fd, (struct sockaddr *)&place, sizeof(place)), 0);
    CHECK_INT(write(fd, request, strlen(request)), strlen(request));
    while (n > 0 && len < sizeof(reply) - 1) {
        n = read(fd, reply + len, sizeof(reply) - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    reply[len] = '\0';
    close(fd);
    return reply;
}

static void serves_metrics_and_nothing_else(void)
{
    struct treaty_metrics *metrics = treaty_metrics_new();
    struct treaty_str topic = TREATY_STR("orders");
    struct treaty_page *page = NULL;
    unsigned port;

    treaty_counter_add(
        treaty_metrics_counter(metrics, treaty_measure(TREATY_MEASURE_CONSUMED),
                               &topic),
        42);
    if (!CHECK_INT(treaty_page_start(":0", 3, metrics, &page, NULL), 0))
        return;
    port = treaty_page_port(page);
    ask(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(strstr(reply, "HTTP/1.1 200 OK\r\n") == reply);
    CHECK(strstr(reply, "consumed_events_total{topic=\"orders\"} 42\n"));
    CHECK(strstr(reply, "process_"));
    ask(port, "GET /metrics?x=1 HTTP/1.0\r\n\r\n");
    CHECK(strstr(reply, "200 OK"));
    ask(port, "GET /metricsx HTTP/1.1\r\n\r\n");
    CHECK(strstr(reply, "404"));
    ask(port, "POST /metrics HTTP/1.1\r\n\r\n");
    CHECK(strstr(reply, "405"));
    treaty_page_stop(page);
    treaty_metrics_free(metrics);
}

static void refuses_wrong_addresses(void)
{
    static const char *const wrong[] = {"x", "1:2:", "127.0.0.1:70000",
                                        "127.0.0.1:", "256.1.1.1:80"};
    struct treaty_metrics *metrics = treaty_metrics_new();
    struct treaty_page *page = NULL;
    struct treaty_page *other = NULL;
    char taken[32];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK_INT(treaty_page_start(wrong[i], 0, metrics, &page, NULL),
                  TREATY_EUSAGE);
    CHECK(!page);
    CHECK_INT(treaty_page_start("127.0.0.1:0", 0, metrics, &page, NULL), 0);
    snprintf(taken, sizeof(taken), "%u", treaty_page_port(page));
    CHECK_INT(treaty_page_start(taken, 0, metrics, &other, NULL), TREATY_EIO);
    CHECK(!other);
    treaty_page_stop(page);
    treaty_metrics_free(metrics);
}

static void reasons_are_a_closed_list(void)
{
    size_t count = 0;

    CHECK_STR_Z(treaty_str_z(treaty_reason_of(TREATY_ETRUNCATED)), "truncated");
    CHECK_STR_Z(treaty_str_z(treaty_reason_of(TREATY_ENOSCHEMA)), "unknown-id");
    CHECK_STR_Z(treaty_str_z(treaty_reason_of(TREATY_EIO)), "other");
    while (treaty_reason_at(count))
        count++;
    for (int code = 0; code < TREATY_CODE_COUNT; code++) {
        const char *reason = treaty_reason_of((enum treaty_code)code);
        bool found = false;

        for (size_t i = 0; i < count; i++)
            found |= treaty_reason_at(i) == reason;
        CHECK(found);
    }
}

static void follows_totals(void)
{
    struct treaty_metrics *metrics = treaty_metrics_new();
    struct treaty_str topic = TREATY_STR("t");
    struct treaty_measure_total total = {0};

    total.counter = treaty_metrics_counter(
        metrics, treaty_measure(TREATY_MEASURE_PRODUCED), &topic);
    treaty_measure_follow(&total, 5);
    treaty_measure_follow(&total, 5);
    treaty_measure_follow(&total, 9);
    CHECK_INT(treaty_counter_value(total.counter), 9);
    treaty_metrics_free(metrics);
}

TAP_MAIN({"serves metrics and nothing else", serves_metrics_and_nothing_else},
         {"refuses wrong addresses", refuses_wrong_addresses},
         {"reasons are a closed list", reasons_are_a_closed_list},
         {"follows totals", follows_totals})
