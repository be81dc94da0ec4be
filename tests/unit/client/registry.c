/* SPDX-License-Identifier: Apache-2.0 */
/* Each call: the request that goes out and what is made of the reply. */
#include "harness/responder.h"
#include "harness/tap.h"

#include <treaty/treaty.h>

/* One exchange: what must arrive, and what is answered. */
struct exchange {
    const char *request; /* "METHOD path" */
    const char *body;
    const char *reply;
};

static void expect(void *ctx, const struct responder_request *request,
                   struct responder_reply *reply)
{
    const struct exchange *exchange = (const struct exchange *)ctx;
    char line[300];

    snprintf(line, sizeof(line), "%s %s", request->method, request->path);
    CHECK_STR_Z(treaty_str_z(line), exchange->request);
    CHECK_STR_Z(treaty_str_z(request->body), exchange->body);
    CHECK(strstr(request->head,
                 "Accept: application/vnd.schemaregistry.v1+json"));
    CHECK(strstr(request->head,
                 "Content-Type: application/vnd.schemaregistry.v1+json"));
    *reply = (struct responder_reply){.status = 200, .body = exchange->reply};
}

struct fixture {
    struct responder *responder;
    struct treaty_client *client;
    struct treaty_scratch *scratch;
    struct treaty_error err;
};

static struct fixture begin(struct exchange *exchange)
{
    struct fixture f = {.responder = responder_start(expect, exchange)};
    struct treaty_client_options options = {
        .urls = responder_url(f.responder),
        .retries = -1,
    };

    CHECK_INT(treaty_client_new(&options, &f.client, &f.err), TREATY_OK);
    f.scratch = treaty_scratch_new(0, NULL);
    return f;
}

static void end(struct fixture *f)
{
    CHECK_INT(responder_requests(f->responder), 1);
    treaty_scratch_free(f->scratch);
    treaty_client_free(f->client);
    responder_stop(f->responder);
}

static const struct treaty_reference references[] = {
    {{"a\"b", 3}, {"s/1", 3}, 2},
};

static const struct treaty_schema_request plain = {
    .subject = "orders/v 1-value",
    .text = {"\"int\"", 5},
};

static const struct treaty_schema_request full = {
    .subject = "p",
    .type = "PROTOBUF",
    .text = {"syntax", 6},
    .references = references,
    .reference_count = 1,
    .normalize = true,
};

static void registers(void)
{
    struct exchange exchange = {
        "POST /subjects/orders%2Fv%201-value/versions",
        "{\"schema\":\"\\\"int\\\"\"}",
        "{\"id\":12}",
    };
    struct fixture f = begin(&exchange);
    struct treaty_schema_info info;

    if (CHECK_INT(
            treaty_client_register(f.client, &plain, f.scratch, &info, &f.err),
            TREATY_OK)) {
        CHECK_INT(info.id, 12);
        CHECK_INT(info.version, 0);
        CHECK_STR_Z(info.text, "\"int\"");
        CHECK_STR_Z(info.subject, "orders/v 1-value");
        CHECK_STR_Z(info.type, "AVRO");
        CHECK(!info.guid.data);
    }
    end(&f);
}

static void registers_with_everything(void)
{
    struct exchange exchange = {
        "POST /subjects/p/versions?normalize=true",
        "{\"schema\":\"syntax\",\"schemaType\":\"PROTOBUF\",\"references\":"
        "[{\"name\":\"a\\\"b\",\"subject\":\"s/1\",\"version\":2}]}",
        "{\"id\":3,\"version\":4,\"guid\":\"g\",\"schemaType\":\"PROTOBUF\","
        "\"references\":[{\"name\":\"n\",\"subject\":\"s\",\"version\":9}],"
        "\"schema\":\"other\",\"metadata\":null,\"new\":[1]}",
    };
    struct fixture f = begin(&exchange);
    struct treaty_schema_info info;

    if (CHECK_INT(
            treaty_client_register(f.client, &full, f.scratch, &info, &f.err),
            TREATY_OK)) {
        CHECK_INT(info.id, 3);
        CHECK_INT(info.version, 4);
        CHECK_STR_Z(info.guid, "g");
        CHECK_STR_Z(info.type, "PROTOBUF");
        CHECK_STR_Z(info.text, "other");
        CHECK_INT(info.reference_count, 1);
        CHECK_STR_Z(info.references[0].subject, "s");
        CHECK_INT(info.references[0].version, 9);
    }
    end(&f);
}

static void looks_up(void)
{
    struct exchange exchange = {
        "POST /subjects/orders%2Fv%201-value",
        "{\"schema\":\"\\\"int\\\"\"}",
        "{\"subject\":\"s\",\"id\":12,\"version\":2,\"schema\":"
        "\"\\\"int\\\"\"}",
    };
    struct fixture f = begin(&exchange);
    struct treaty_schema_info info;

    if (CHECK_INT(
            treaty_client_look_up(f.client, &plain, f.scratch, &info, &f.err),
            TREATY_OK)) {
        CHECK_INT(info.version, 2);
        CHECK_STR_Z(info.subject, "s");
    }
    end(&f);
}

static void needs_an_id(void)
{
    struct exchange exchange = {
        "POST /subjects/orders%2Fv%201-value",
        "{\"schema\":\"\\\"int\\\"\"}",
        "{\"id\":99999999999}",
    };
    struct fixture f = begin(&exchange);
    struct treaty_schema_info info;

    CHECK_INT(treaty_client_look_up(f.client, &plain, f.scratch, &info, &f.err),
              TREATY_EUNREACHABLE);
    end(&f);
}

static void gets_by_id(void)
{
    struct exchange exchange = {
        "GET /schemas/ids/2147483647",
        "",
        "{\"schema\":\"\\\"long\\\"\",\"guid\":\"g\"}",
    };
    struct fixture f = begin(&exchange);
    struct treaty_schema_info info;

    if (CHECK_INT(
            treaty_client_get_id(f.client, INT32_MAX, f.scratch, &info, &f.err),
            TREATY_OK)) {
        CHECK_INT(info.id, INT32_MAX);
        CHECK_STR_Z(info.text, "\"long\"");
        CHECK_STR_Z(info.guid, "g");
    }
    end(&f);
}

static void gets_by_guid(void)
{
    struct exchange exchange = {
        "GET /schemas/guids/89791762-2336-4186-9674-299b90a802e2",
        "",
        "{\"schema\":\"x\",\"schemaType\":\"JSON\"}",
    };
    struct fixture f = begin(&exchange);
    struct treaty_schema_info info;

    if (CHECK_INT(treaty_client_get_guid(f.client,
                                         "89791762-2336-4186-9674-299b90a802e2",
                                         f.scratch, &info, &f.err),
                  TREATY_OK)) {
        CHECK_INT(info.id, 0);
        CHECK_STR_Z(info.guid, "89791762-2336-4186-9674-299b90a802e2");
        CHECK_STR_Z(info.type, "JSON");
    }
    end(&f);
}

static void gets_versions(void)
{
    struct exchange latest = {
        "GET /subjects/..%2Fa/versions/latest", "",
        "{\"subject\":\"../a\",\"version\":3,\"id\":4,\"schema\":\"x\"}"};
    struct exchange third = {"GET /subjects/a/versions/3", "", latest.reply};
    struct exchange all = {"GET /subjects/a/versions", "", "[1,3]"};
    struct fixture f;
    struct treaty_schema_info info;
    struct treaty_numbers numbers;

    f = begin(&latest);
    CHECK_INT(treaty_client_get_version(f.client, "../a", 0, f.scratch, &info,
                                        &f.err),
              TREATY_OK);
    CHECK_INT(info.version, 3);
    end(&f);
    f = begin(&third);
    CHECK_INT(
        treaty_client_get_version(f.client, "a", 3, f.scratch, &info, &f.err),
        TREATY_OK);
    CHECK_INT(info.id, 4);
    end(&f);
    f = begin(&all);
    if (CHECK_INT(
            treaty_client_versions(f.client, "a", f.scratch, &numbers, &f.err),
            TREATY_OK) &&
        CHECK_INT(numbers.count, 2))
        CHECK_INT(numbers.items[1], 3);
    end(&f);
}

static void lists_subjects(void)
{
    struct exchange some = {"GET /subjects", "", "[\"a\",\"b\\n\"]"};
    struct exchange none = {"GET /subjects", "", "[]"};
    struct exchange odd = {"GET /subjects", "", "[1]"};
    struct fixture f = begin(&some);
    struct treaty_texts texts = {0};

    CHECK_INT(treaty_client_subjects(f.client, f.scratch, &texts, &f.err),
              TREATY_OK);
    if (CHECK_INT(texts.count, 2))
        CHECK_STR_Z(texts.items[1], "b\n");
    end(&f);
    f = begin(&none);
    CHECK_INT(treaty_client_subjects(f.client, f.scratch, &texts, &f.err),
              TREATY_OK);
    CHECK_INT(texts.count, 0);
    end(&f);
    f = begin(&odd);
    CHECK_INT(treaty_client_subjects(f.client, f.scratch, &texts, &f.err),
              TREATY_EUNREACHABLE);
    end(&f);
}

static void checks(void)
{
    struct exchange yes = {
        "POST /compatibility/subjects/p/versions?verbose=true&normalize=true",
        "{\"schema\":\"syntax\",\"schemaType\":\"PROTOBUF\",\"references\":"
        "[{\"name\":\"a\\\"b\",\"subject\":\"s/1\",\"version\":2}]}",
        "{\"is_compatible\":true}",
    };
    struct exchange no = {
        "POST /compatibility/subjects/orders%2Fv%201-value/versions/"
        "latest?verbose=true",
        "{\"schema\":\"\\\"int\\\"\"}",
        "{\"is_compatible\":false,\"messages\":[\"why\",\"where\"]}",
    };
    struct exchange odd = {
        "POST /compatibility/subjects/orders%2Fv%201-value/versions/"
        "7?verbose=true",
        "{\"schema\":\"\\\"int\\\"\"}",
        "{}",
    };
    struct fixture f = begin(&yes);
    struct treaty_check check;

    CHECK_INT(
        treaty_client_check(f.client, &full, 0, f.scratch, &check, &f.err),
        TREATY_OK);
    CHECK(check.compatible);
    CHECK_INT(check.messages.count, 0);
    end(&f);
    f = begin(&no);
    CHECK_INT(
        treaty_client_check(f.client, &plain, -1, f.scratch, &check, &f.err),
        TREATY_OK);
    CHECK(!check.compatible);
    if (CHECK_INT(check.messages.count, 2))
        CHECK_STR_Z(check.messages.items[1], "where");
    end(&f);
    f = begin(&odd);
    CHECK_INT(
        treaty_client_check(f.client, &plain, 7, f.scratch, &check, &f.err),
        TREATY_EUNREACHABLE);
    end(&f);
}

static void reads_and_sets_levels(void)
{
    struct exchange get = {"GET /config/a", "",
                           "{\"compatibilityLevel\":\"FULL\"}"};
    struct exchange get_global = {"GET /config", "",
                                  "{\"compatibilityLevel\":\"NONE\"}"};
    struct exchange set = {"PUT /config/a", "{\"compatibility\":\"NONE\"}",
                           "{\"compatibility\":\"NONE\"}"};
    struct treaty_str level;
    struct fixture f = begin(&get);

    CHECK_INT(treaty_client_get_level(f.client, "a", f.scratch, &level, &f.err),
              TREATY_OK);
    CHECK_STR_Z(level, "FULL");
    end(&f);
    f = begin(&get_global);
    CHECK_INT(
        treaty_client_get_level(f.client, NULL, f.scratch, &level, &f.err),
        TREATY_OK);
    CHECK_STR_Z(level, "NONE");
    end(&f);
    f = begin(&set);
    CHECK_INT(treaty_client_set_level(f.client, "a", "NONE", &f.err),
              TREATY_OK);
    end(&f);
}

static void deletes(void)
{
    struct exchange subject = {"DELETE /subjects/a?permanent=true", "", "[1]"};
    struct exchange version = {"DELETE /subjects/a/versions/2", "", "2"};
    struct fixture f = begin(&subject);

    CHECK_INT(treaty_client_delete_subject(f.client, "a", true, &f.err),
              TREATY_OK);
    end(&f);
    f = begin(&version);
    CHECK_INT(treaty_client_delete_version(f.client, "a", 2, false, &f.err),
              TREATY_OK);
    end(&f);
}

/* Nothing of a request is left in the next one on the same connection. */
static void note_last(void *ctx, const struct responder_request *request,
                      struct responder_reply *reply)
{
    char *last = (char *)ctx;

    snprintf(last, 200, "%s %s %zu", request->method, request->path,
             strlen(request->body));
    reply->body = "{\"id\":1,\"schema\":\"x\"}";
}

static void forgets_the_request_before(void)
{
    char last[200] = "";
    struct responder *responder = responder_start(note_last, last);
    struct treaty_client_options options = {.urls = responder_url(responder)};
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_client *client = NULL;
    struct treaty_schema_info info;
    struct treaty_error err;

    CHECK_INT(treaty_client_new(&options, &client, &err), TREATY_OK);
    CHECK_INT(treaty_client_look_up(client, &plain, scratch, &info, &err),
              TREATY_OK);
    CHECK_STR_Z(treaty_str_z(last), "POST /subjects/orders%2Fv%201-value 20");
    CHECK_INT(treaty_client_get_id(client, 3, scratch, &info, &err), TREATY_OK);
    CHECK_STR_Z(treaty_str_z(last), "GET /schemas/ids/3 0");
    CHECK_INT(treaty_client_delete_subject(client, "s", false, &err),
              TREATY_OK);
    CHECK_STR_Z(treaty_str_z(last), "DELETE /subjects/s 0");
    CHECK_INT(responder_connections(responder), 1);
    treaty_scratch_free(scratch);
    treaty_client_free(client);
    responder_stop(responder);
}

TAP_MAIN({"registers", registers},
         {"registers with everything", registers_with_everything},
         {"looks up", looks_up}, {"needs an id", needs_an_id},
         {"gets by id", gets_by_id}, {"gets by GUID", gets_by_guid},
         {"gets versions", gets_versions}, {"lists subjects", lists_subjects},
         {"checks", checks}, {"reads and sets levels", reads_and_sets_levels},
         {"deletes", deletes},
         {"forgets the request before", forgets_the_request_before})
