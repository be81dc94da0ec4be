/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out in the threads of the service while they answer: each
 * request gets the reply it would have got, or a 503, or (for want of a
 * connection) none; the next one is served as if nothing had been. h2o ends
 * the process without memory, so what it asks for itself is never refused.
 */
#include "harness/starve.h"

#include "harness/net.h"
#include "harness/service.h"
#include "harness/tap.h"

#include <stdio.h>
#include <unistd.h>

static struct service service;

#define HOST " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
#define BODY(size, text) "Content-Length: " size "\r\n\r\n" text

struct row {
    const char *request;
    int status;
    const char *before; /* what it undoes: done again each time */
};

#define REGISTER                                                               \
    "POST /subjects/a/versions" HOST BODY("20", "{\"schema\":"                 \
                                                "\"\\\"int\\\"\"}")
/* With an objection, and a text that is not the canonical one. */
#define REGISTER_PROTOBUF                                                      \
    "POST /subjects/p/versions" HOST BODY(                                     \
        "94", "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax = "            \
              "\\\"proto3\\\"; message M { int32 a = 19000; } /* */\"}")
#define CONFIGURE                                                              \
    "PUT /config/a" HOST BODY("24", "{\"compatibility\":\"FULL\"}")

/* Each is repeated until no allocation is left to fail. */
static const struct row rows[] = {
    {.request = REGISTER, .status = 200},
    {"POST /subjects/a/versions" HOST BODY("25",
                                           "{\"schema\": \"\\\"boolean\\\"\"}"),
     409, NULL},
    {"POST /subjects/a" HOST BODY("20", "{\"schema\":\"\\\"int\\\"\"}"), 200,
     NULL},
    {"POST /compatibility/subjects/a/versions?verbose=true" HOST BODY(
         "24", "{\"schema\": \"\\\"string\\\"\"}"),
     200, NULL},
    {.request = CONFIGURE, .status = 200},
    {"GET /config/a" HOST "\r\n", 200, NULL},
    {"PUT /mode/a" HOST BODY("20", "{\"mode\":\"READWRITE\"}"), 200, NULL},
    {"GET /mode/a" HOST "\r\n", 200, NULL},
    {"GET /schemas/ids/1" HOST "\r\n", 200, NULL},
    {"GET /schemas/ids/1/schema" HOST "\r\n", 200, NULL},
    {"GET /schemas/ids/1/subjects" HOST "\r\n", 200, NULL},
    {"GET /schemas/ids/1/versions" HOST "\r\n", 200, NULL},
    {"GET /schemas/ids/2" HOST "\r\n", 404, NULL},
    {"GET /subjects?subjectPrefix=%61" HOST "\r\n", 200, NULL},
    {"GET /subjects/a/versions" HOST "\r\n", 200, NULL},
    {"GET /subjects/a/versions?deletedAsNegative=%74rue" HOST "\r\n", 200,
     NULL},
    {"GET /subjects/a/versions/1" HOST "\r\n", 200, NULL},
    {"GET /subjects/%61/versions/1/referencedby" HOST "\r\n", 200, NULL},
    {"GET /no/such/route" HOST "\r\n", 404, NULL},
    {"POST /subjects/a" HOST BODY("4", "oops"), 400, NULL},
    {"POST /subjects/a" HOST BODY("99999999", ""), 413, NULL},
    {"GET /metrics" HOST "\r\n", 200, NULL},
    {"GET /" HOST "\r\n", 200, NULL},
    {.request = REGISTER_PROTOBUF, .status = 200},
    {"GET /subjects/p/versions/1?format=original" HOST "\r\n", 200, NULL},
    {"GET /subjects/p/versions/1/schema?format=serialized" HOST "\r\n", 200,
     NULL},
    {"DELETE /config/a" HOST "\r\n", 200, CONFIGURE},
    {"DELETE /subjects/a" HOST "\r\n", 200, REGISTER},
};

static bool is_fair(const struct row *row, const struct tap_reply *reply)
{
    if (reply->status == row->status)
        return true;
    /* A write that ran out of memory may have got as far as the store. */
    if (reply->status != 503 && reply->status != 500)
        return false;
    return strncmp(reply->body.data, "{\"error_code\":50", 16) == 0;
}

/* Ask with the n-th allocation failing; false when there are fewer. */
static bool ask_starving(const struct row *row, long n)
{
    struct tap_reply reply;
    bool is_hit;

    if (row->before) {
        tap_ask(service.port, row->before, &reply);
        CHECK_INT(reply.status, 200);
        tap_reply_free(&reply);
    }
    starve_at(n);
    tap_ask(service.port, row->request, &reply);
    is_hit = starve_end();
    if (is_hit && reply.status == 0 && n == 1)
        ; /* the connection itself */
    else if (is_hit ? !is_fair(row, &reply) : reply.status != row->status)
        tap_fail(__FILE__, __LINE__, "%.50s: allocation %ld: %d %.*s",
                 row->request, n, reply.status, (int)reply.body.len,
                 reply.body.data ? reply.body.data : "");
    tap_reply_free(&reply);
    return is_hit;
}

static void sweep(void)
{
    long all = 0;

    starve_spares_me();
    service_start(&service, "memory:", 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        long n = 1;

        while (ask_starving(&rows[i], n) && n < 1000)
            n++;
        all += n - 1;
    }
    tap_note("%ld allocations", all);
    CHECK(all > 100);
    service_stop(&service);
}

static void runs_out_while_answering(void)
{
    if (STARVE_CAN)
        sweep();
    else
        tap_skip("a sanitizer has the allocator");
}

TAP_MAIN({"runs out while answering", runs_out_while_answering})
