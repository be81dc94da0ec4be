/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out while a producer and a consumer of messages start and
 * see their first event: each call says so or does what it should, and nothing
 * is lost. What is not told is a failure that costs nothing but time.
 */
#include "harness/starve.h"

#include "harness/responder.h"
#include "harness/tap.h"
#include "serde/serde.h"

#define SCHEMA                                                                 \
    "syntax = \\\"proto3\\\"; import \\\"base.proto\\\";"                      \
    "message Top { int32 x = 1; message In { Base base = 1; } }"
#define BASE "syntax = \\\"proto3\\\"; message Base { string a = 1; }"

static void answer(void *ctx, const struct responder_request *request,
                   struct responder_reply *reply)
{
    (void)ctx;
    reply->status = 200;
    if (strstr(request->path, "/schemas/ids/"))
        reply->body = "{\"schemaType\":\"PROTOBUF\",\"schema\":\"" SCHEMA
                      "\",\"references\":[{\"name\":\"base.proto\","
                      "\"subject\":\"base.proto\",\"version\":1}]}";
    else if (strstr(request->path, "base.proto"))
        reply->body = "{\"id\":1,\"version\":1,\"schemaType\":\"PROTOBUF\","
                      "\"schema\":\"" BASE "\"}";
    else
        reply->body = "{\"id\":2,\"version\":1}";
}

#define BASE_FILE "syntax = \"proto3\"; message Base { string a = 1; }"

static const struct treaty_source_file files[] = {
    {"base.proto", {BASE_FILE, sizeof(BASE_FILE) - 1}},
};

/* All that one event needs, from nothing. */
struct life {
    struct treaty_client *client;
    struct treaty_serializer *serializer;
    struct treaty_deserializer *deserializer;
    struct treaty_scratch *scratch;
    struct treaty_error err;
};

static enum treaty_code see_an_event(struct life *l)
{
    static const int64_t record[8];
    struct treaty_serializer_options s = {
        .schema = "syntax = \"proto3\"; import \"base.proto\";"
                  "message Top { int32 x = 1;"
                  "message In { Base base = 1; } }",
        .format = "PROTOBUF",
        .message = "Top.In",
        .topic = "t",
        .imports = {.files = files, .file_count = 1},
    };
    struct treaty_deserializer_options d = {
        .schema = s.schema,
        .format = s.format,
        .message = s.message,
        .imports = s.imports,
    };
    struct treaty_message message;
    struct treaty_event event;
    enum treaty_code code =
        treaty_serializer_new(l->client, &s, &l->serializer, &l->err);

    if (code == TREATY_OK)
        code =
            treaty_deserializer_new(l->client, &d, &l->deserializer, &l->err);
    if (code == TREATY_OK)
        code = treaty_serialize(l->serializer, record, l->scratch, &message,
                                &l->err);
    if (code == TREATY_OK)
        code = treaty_deserialize_event(l->deserializer, &message, l->scratch,
                                        &event, &l->err);
    if (code == TREATY_OK)
        CHECK_STR_Z(event.message, "Top.In");
    return code;
}

/* With the n-th allocation failing; false when there are fewer. */
static bool live(long n)
{
    struct responder *responder = responder_start(answer, NULL);
    struct treaty_client_options options = {
        .urls = responder_url(responder),
        .backoff_ms = 1,
    };
    struct life l = {.scratch = treaty_scratch_new(0, NULL)};
    enum treaty_code code;
    bool is_hit;

    CHECK_INT(treaty_client_new(&options, &l.client, &l.err), TREATY_OK);
    starve_at(n);
    code = see_an_event(&l);
    is_hit = starve_end();
    if (code != TREATY_OK && (!is_hit || code != TREATY_ENOMEM))
        tap_fail(__FILE__, __LINE__, "allocation %ld: %s, %s", n,
                 treaty_code_name(code), l.err.message);
    treaty_serializer_free(l.serializer);
    treaty_deserializer_free(l.deserializer);
    treaty_client_free(l.client);
    treaty_scratch_free(l.scratch);
    responder_stop(responder);
    return is_hit;
}

static void sweep(void)
{
    long before;
    long n = 1;

    (void)live(0); /* what libraries keep for good */
    before = starve_live;
    while (live(n) && n < 1000) {
        if (starve_live > before)
            tap_fail(__FILE__, __LINE__, "allocation %ld: %ld blocks are lost",
                     n, starve_live - before);
        before = starve_live;
        n++;
    }
    tap_note("%ld allocations", n - 1);
    CHECK(n > 50);
}

static void runs_out_before_the_first_event(void)
{
    if (STARVE_CAN)
        sweep();
    else
        tap_skip("a sanitizer has the allocator");
}

TAP_MAIN({"runs out before the first event", runs_out_before_the_first_event})
