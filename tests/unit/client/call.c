/* SPDX-License-Identifier: Apache-2.0 */
/* What the client makes of answers: which are final, which are asked again,
 * where, when, and what is told. */
#include "base/clock.h"
#include "harness/responder.h"
#include "harness/tap.h"

#include <treaty/treaty.h>

#include <stdatomic.h>

/* Answer the first requests as listed, then with `then`. */
struct script {
    const struct responder_reply *replies;
    size_t count;
    struct responder_reply then;
};

static void play(void *ctx, const struct responder_request *request,
                 struct responder_reply *reply)
{
    const struct script *script = (const struct script *)ctx;

    *reply = request->number <= script->count
                 ? script->replies[request->number - 1]
                 : script->then;
}

static const struct responder_reply good = {
    .status = 200,
    .body = "{\"schema\":\"\\\"int\\\"\"}",
};

static const struct treaty_client_options quick = {
    .backoff_ms = 4,
    .backoff_max_ms = 8,
    .timeout_ms = 2000,
    .deadline_ms = 5000,
};

static struct treaty_client *new_client(struct treaty_client_options options,
                                        const char *urls)
{
    struct treaty_client *client = NULL;
    struct treaty_error err;

    options.urls = urls;
    if (!CHECK_INT(treaty_client_new(&options, &client, &err), TREATY_OK))
        tap_note("%s", err.message);
    return client;
}

/* Get schema 7; `code` and `err` tell. */
static enum treaty_code get(struct treaty_client *client,
                            struct treaty_error *err)
{
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_schema_info info = {.id = -5};
    enum treaty_code code =
        treaty_client_get_id(client, 7, scratch, &info, err);

    if (code == TREATY_OK)
        CHECK_STR_Z(info.text, "\"int\"");
    else
        CHECK_INT(info.id, -5);
    treaty_scratch_free(scratch);
    return code;
}

struct answer_case {
    struct responder_reply reply;
    enum treaty_code code;
    size_t requests; /* with three retries */
    const char *message;
};

/* Which answers are the registry's own, which are asked for again. */
static const struct answer_case answer_cases[] = {
    {{.status = 404, .body = "{\"error_code\":40403,\"message\":\"No.\"}"},
     TREATY_ENOSCHEMA,
     1,
     "No."},
    {{.status = 404, .body = "{\"error_code\":40403}"},
     TREATY_ENOSCHEMA,
     1,
     "schema not found"},
    {{.status = 404, .body = "{\"error_code\":404,\"message\":\"m\"}"},
     TREATY_ENOROUTE,
     1,
     "m"},
    {{.status = 404, .body = "{\"error_code\":40401,\"message\":\"m\"}"},
     TREATY_ENOSUBJECT,
     1,
     "m"},
    {{.status = 404, .body = "<html>not here</html>"},
     TREATY_EUNREACHABLE,
     1,
     "not JSON"},
    {{.status = 404, .body = ""}, TREATY_EUNREACHABLE, 1, "not JSON"},
    {{.status = 404, .body = "{\"error_code\":\"40403\"}"},
     TREATY_EUNREACHABLE,
     1,
     "answers 404"},
    {{.status = 404, .body = "[40403]"}, TREATY_EUNREACHABLE, 1, "answers 404"},
    /* The code and the status must agree. */
    {{.status = 410, .body = "{\"error_code\":40403}"},
     TREATY_EUNREACHABLE,
     1,
     "answers 410"},
    {{.status = 500, .body = "{\"error_code\":40403,\"message\":\"m\"}"},
     TREATY_EUNREACHABLE,
     4,
     "answers 500: m"},
    {{.status = 200, .body = "{\"error_code\":40403}"},
     TREATY_EUNREACHABLE,
     1,
     "no schema"},
    {{.status = 401, .body = "{\"error_code\":40101,\"message\":\"who\"}"},
     TREATY_EUNREACHABLE,
     1,
     "answers 401: who"},
    {{.status = 403, .body = "{\"error_code\":40301,\"message\":\"you\"}"},
     TREATY_EUNREACHABLE,
     1,
     "answers 403: you"},
    {{.status = 302, .body = "", .headers = "Location: http://x/\r\n"},
     TREATY_EUNREACHABLE,
     1,
     "answers 302"},
    {{.status = 409, .body = "{\"error_code\":409,\"message\":\"m\"}"},
     TREATY_EINCOMPATIBLE,
     1,
     "m"},
    {{.status = 409, .body = "{\"error_code\":40901,\"message\":\"m\"}"},
     TREATY_EINCOMPATIBLE,
     1,
     "m"},
    {{.status = 422, .body = "{\"error_code\":42201,\"message\":\"m\"}"},
     TREATY_ESCHEMA,
     1,
     "m"},
    {{.status = 400, .body = "{\"error_code\":400,\"message\":\"m\"}"},
     TREATY_EREQUEST,
     1,
     "m"},
    {{.status = 408, .body = ""}, TREATY_ETIMEOUT, 4, "answers 408"},
    {{.status = 429, .body = ""}, TREATY_EBUSY, 4, "answers 429"},
    {{.status = 502, .body = "<html>"}, TREATY_EUNREACHABLE, 4, "502"},
    {{.status = 503, .body = "{}"}, TREATY_EUNREACHABLE, 4, "503"},
    {{.status = 504, .body = ""}, TREATY_ETIMEOUT, 4, "504"},
    {{.hang_up = 1}, TREATY_EUNREACHABLE, 4, "cannot be asked"},
    {{.status = 200, .body = "welcome!"}, TREATY_EUNREACHABLE, 1, "not JSON"},
    {{.status = 200, .body = ""}, TREATY_EUNREACHABLE, 1, "not JSON"},
    {{.status = 200, .body = "{\"schema\":7}"},
     TREATY_EUNREACHABLE,
     1,
     "no schema of the known form"},
    {{.status = 200, .body = "{\"schema\":\"1\",\"references\":[1]}"},
     TREATY_EUNREACHABLE,
     1,
     "references"},
};

static void judges_answers(void)
{
    const size_t count = sizeof(answer_cases) / sizeof(answer_cases[0]);

    for (size_t i = 0; i < count; i++) {
        const struct answer_case *c = &answer_cases[i];
        struct script script = {.then = c->reply};
        struct responder *responder = responder_start(play, &script);
        struct treaty_client *client =
            new_client(quick, responder_url(responder));
        struct treaty_error err = {0};
        bool as_expected;

        as_expected = get(client, &err) == c->code && err.code == c->code &&
                      responder_requests(responder) == c->requests &&
                      strstr(err.message, c->message);
        if (!as_expected)
            tap_fail(__FILE__, __LINE__, "case %zu: %s, %zu requests, \"%s\"",
                     i, treaty_code_name(err.code),
                     responder_requests(responder), err.message);
        treaty_client_free(client);
        responder_stop(responder);
    }
    tap_add_passed(count - 1);
}

static void tells_definite_codes(void)
{
    struct treaty_error err = {.code = TREATY_ENOSCHEMA};

    CHECK(treaty_error_is_definite(&err));
    CHECK(treaty_code_is_definite(TREATY_EFRAME));
    CHECK(treaty_code_is_definite(TREATY_ETRUNCATED));
    CHECK(!treaty_code_is_definite(TREATY_OK));
    CHECK(!treaty_code_is_definite(TREATY_EUNREACHABLE));
    CHECK(!treaty_code_is_definite(TREATY_EBUSY));
    CHECK(!treaty_code_is_definite(TREATY_ETIMEOUT));
    CHECK(!treaty_code_is_definite(TREATY_ENOMEM));
}

static void goes_on_after_passing_trouble(void)
{
    static const struct responder_reply trouble[] = {
        {.status = 503, .body = ""},
        {.status = 429, .body = ""},
        {.hang_up = 1},
    };
    struct script script = {trouble, 3, good};
    struct responder *responder = responder_start(play, &script);
    struct treaty_client *client = new_client(quick, responder_url(responder));
    struct treaty_error err;

    CHECK_INT(get(client, &err), TREATY_OK);
    CHECK_INT(responder_requests(responder), 4);
    treaty_client_free(client);
    responder_stop(responder);
}

static void keeps_its_connection(void)
{
    struct script script = {.then = good};
    struct responder *responder = responder_start(play, &script);
    struct treaty_client *client = new_client(quick, responder_url(responder));
    struct treaty_error err;

    for (int i = 0; i < 20; i++)
        CHECK_INT(get(client, &err), TREATY_OK);
    CHECK_INT(responder_requests(responder), 20);
    CHECK_INT(responder_connections(responder), 1);
    treaty_client_free(client);
    responder_stop(responder);
}

/* A server may close a kept connection at any time; nobody notices. */
static void reopens_closed_connections(void)
{
    struct script script = {.then = good};
    struct responder *responder;
    struct treaty_client_options options = quick;
    struct treaty_client *client;
    struct treaty_error err;

    script.then.close_after = 1;
    options.retries = -1;
    responder = responder_start(play, &script);
    client = new_client(options, responder_url(responder));
    for (int i = 0; i < 5; i++)
        CHECK_INT(get(client, &err), TREATY_OK);
    CHECK_INT(responder_connections(responder), 5);
    treaty_client_free(client);
    responder_stop(responder);
}

static void honours_retry_after(void)
{
    static const struct responder_reply trouble[] = {
        {.status = 429, .body = "", .headers = "Retry-After: 1\r\n"},
    };
    struct script script = {trouble, 1, good};
    struct responder *responder = responder_start(play, &script);
    struct treaty_client *client = new_client(quick, responder_url(responder));
    struct treaty_error err;
    uint64_t began = treaty_clock_mono_ns();

    CHECK_INT(get(client, &err), TREATY_OK);
    CHECK(treaty_clock_mono_ns() - began >= 1000000000u);
    treaty_client_free(client);
    responder_stop(responder);
}

/* What would come after the deadline is not waited for. */
static void gives_up_at_the_deadline(void)
{
    struct script script = {
        .then = {.status = 503, .body = "", .headers = "Retry-After: 3600\r\n"},
    };
    struct responder *responder = responder_start(play, &script);
    struct treaty_client *client = new_client(quick, responder_url(responder));
    struct treaty_error err;
    uint64_t began = treaty_clock_mono_ns();

    CHECK_INT(get(client, &err), TREATY_EUNREACHABLE);
    CHECK(treaty_clock_mono_ns() - began < 60000000000u);
    CHECK_INT(responder_requests(responder), 1);
    treaty_client_free(client);
    responder_stop(responder);
}

static void times_out(void)
{
    struct script script = {.then = {.status = 200, .delay_ms = 600000}};
    struct responder *responder = responder_start(play, &script);
    struct treaty_client_options options = quick;
    struct treaty_client *client;
    struct treaty_error err;

    options.timeout_ms = 300;
    options.deadline_ms = 60000;
    options.retries = 1;
    client = new_client(options, responder_url(responder));
    CHECK_INT(get(client, &err), TREATY_ETIMEOUT);
    CHECK_INT(responder_requests(responder), 2);
    treaty_client_free(client);
    responder_stop(responder);
}

static void fails_over_and_stays(void)
{
    struct script bad = {.then = {.status = 503, .body = ""}};
    struct script well = {.then = good};
    struct responder *a = responder_start(play, &bad);
    struct responder *b = responder_start(play, &well);
    struct treaty_client *client;
    struct treaty_error err;
    char urls[128];

    snprintf(urls, sizeof(urls), "http://127.0.0.1:1,%s,%s", responder_url(a),
             responder_url(b));
    client = new_client(quick, urls);
    for (int i = 0; i < 3; i++)
        CHECK_INT(get(client, &err), TREATY_OK);
    CHECK_INT(responder_requests(a), 1);
    CHECK_INT(responder_requests(b), 3);
    treaty_client_free(client);
    responder_stop(a);
    responder_stop(b);
}

/* A delete that may have been done is not done again. */
static void repeats_no_delete(void)
{
    static const struct responder_reply trouble[] = {{.hang_up = 1}};
    struct script script = {trouble, 1, {.status = 200, .body = "[1]"}};
    struct responder *responder = responder_start(play, &script);
    struct treaty_client *client = new_client(quick, responder_url(responder));
    struct treaty_error err;

    CHECK_INT(treaty_client_delete_subject(client, "s", false, &err),
              TREATY_EUNREACHABLE);
    CHECK_INT(responder_requests(responder), 1);
    CHECK_INT(treaty_client_delete_subject(client, "s", false, &err),
              TREATY_OK);
    treaty_client_free(client);
    responder_stop(responder);
}

/* Copy the Authorization line of each request. */
static void note_authorization(void *ctx,
                               const struct responder_request *request,
                               struct responder_reply *reply)
{
    char *out = (char *)ctx;
    const char *line = strstr(request->head, "Authorization: ");

    out[0] = '\0';
    if (line)
        sscanf(line, "Authorization: %199[^\r]", out);
    *reply = good;
}

struct credential_case {
    const char *user;
    const char *password;
    const char *token;
    const char *in_url;
    const char *env_user;
    const char *env_password;
    const char *env_token;
    const char *header;
};

static void set_variable(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void sends_credentials(void)
{
    static const struct credential_case cases[] = {
        {.header = ""},
        {.user = "me", .password = "pa:ss", .header = "Basic bWU6cGE6c3M="},
        {.token = "tok", .user = "me", .header = "Bearer tok"},
        {.in_url = "me:pa%3Ass@", .header = "Basic bWU6cGE6c3M="},
        {.in_url = "you:x@", .token = "tok", .header = "Bearer tok"},
        {.in_url = "me:pa%3Ass@",
         .env_token = "tok",
         .header = "Basic bWU6cGE6c3M="},
        {.env_user = "me",
         .env_password = "pa:ss",
         .header = "Basic bWU6cGE6c3M="},
        {.env_user = "me", .env_token = "tok", .header = "Bearer tok"},
        {.user = "me",
         .env_user = "you",
         .env_password = "pa:ss",
         .header = "Basic bWU6cGE6c3M="},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct credential_case *c = &cases[i];
        char header[200] = "";
        struct responder *responder =
            responder_start(note_authorization, header);
        struct treaty_client_options options = quick;
        struct treaty_client *client;
        struct treaty_error err;
        char url[100];

        set_variable("TREATY_REGISTRY_USER", c->env_user);
        set_variable("TREATY_REGISTRY_PASSWORD", c->env_password);
        set_variable("TREATY_REGISTRY_TOKEN", c->env_token);
        snprintf(url, sizeof(url), "http://%s%s", c->in_url ? c->in_url : "",
                 responder_url(responder) + 7);
        options.user = c->user;
        options.password = c->password;
        options.token = c->token;
        client = new_client(options, url);
        CHECK_INT(get(client, &err), TREATY_OK);
        CHECK_STR_Z(treaty_str_z(header), c->header);
        treaty_client_free(client);
        responder_stop(responder);
    }
    unsetenv("TREATY_REGISTRY_USER");
    unsetenv("TREATY_REGISTRY_PASSWORD");
    unsetenv("TREATY_REGISTRY_TOKEN");
}

/* Whatever goes wrong, no message has the password, the token or the user. */
static void tells_no_secret(void)
{
    static const struct responder_reply replies[] = {
        {.status = 401, .body = ""},
        {.status = 503, .body = ""},
        {.status = 200, .body = "x"},
        {.hang_up = 1},
    };
    static const char *const hosts[] = {"127.0.0.1:1", "host.invalid",
                                        "127.0.0.1:x"};
    struct treaty_client_options options = quick;
    struct treaty_error err;

    options.retries = -1;
    for (size_t i = 0; i < 7; i++) {
        struct script script = {.then = replies[i < 4 ? i : 0]};
        struct responder *responder = responder_start(play, &script);
        struct treaty_client *client;
        char url[100];

        snprintf(url, sizeof(url), "http://sesame:secret@%s",
                 i < 4 ? responder_url(responder) + 7 : hosts[i - 4]);
        client = new_client(options, url);
        CHECK(get(client, &err) != TREATY_OK);
        CHECK(!strstr(err.message, "secret") && !strstr(err.message, "sesame"));
        treaty_client_free(client);
        responder_stop(responder);
    }
    options.token = "tok\r\nX: y";
    options.urls = "http://h";
    CHECK_INT(
        treaty_client_new(&options, &(struct treaty_client *){NULL}, &err),
        TREATY_EUSAGE);
    CHECK(!strstr(err.message, "tok\r"));
}

/* Lack of memory at any point of the client's own allocations. */
static void survives_lack_of_memory(void)
{
    size_t n = 0;
    enum treaty_code code = TREATY_ENOMEM;

    while (code != TREATY_OK && n < 50) {
        struct tap_alloc state = {.fail_at = ++n};
        struct treaty_client_options options = quick;
        struct treaty_client *client = NULL;

        options.urls = "http://u:p@a,http://b";
        options.alloc = tap_alloc_hook(&state);
        code = treaty_client_new(&options, &client, NULL);
        CHECK(code == TREATY_OK || (code == TREATY_ENOMEM && !client));
        treaty_client_free(client);
        CHECK_INT(state.live, 0);
    }
    CHECK(n > 3 && n < 50);
}

TAP_MAIN({"judges answers", judges_answers},
         {"tells definite codes", tells_definite_codes},
         {"goes on after passing trouble", goes_on_after_passing_trouble},
         {"keeps its connection", keeps_its_connection},
         {"reopens closed connections", reopens_closed_connections},
         {"honours Retry-After", honours_retry_after},
         {"gives up at the deadline", gives_up_at_the_deadline},
         {"times out", times_out},
         {"fails over and stays", fails_over_and_stays},
         {"repeats no delete", repeats_no_delete},
         {"sends credentials", sends_credentials},
         {"tells no secret", tells_no_secret},
         {"survives lack of memory", survives_lack_of_memory})
