/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The REST API as data: each file of tests/http is a story told to a new
 * registry, a paragraph a request and the reply that must come.
 *
 *     POST /subjects/a/versions            method and target
 *     X-Request-ID: 7                      headers, if any
 *     {"schema":"\"string\""}              the body, if any
 *     ->
 *     200                                  status
 *     content-type: application/json       headers that must be there
 *     {"id":1,"ts":<any>,...}              the whole body
 *
 * `<any>` stands for what lies between its neighbours and differs from run to
 * run (a time). Lines of a body are joined as they are, so that long ones may
 * be broken where a blank stands.
 */
#include "base/buf.h"
#include "harness/net.h"
#include "harness/paragraph.h"
#include "harness/service.h"
#include "harness/tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned port; /* of the service that the running story is told to */

struct message {
    struct treaty_str first;
    struct treaty_str headers[8];
    size_t header_count;
    struct treaty_str body;
};

static bool is_header(struct treaty_str line)
{
    size_t colon = treaty_str_find(line, ':');

    if (colon == 0 || colon + 1 >= line.len || line.data[colon + 1] != ' ')
        return false;
    for (size_t i = 0; i < colon; i++)
        if (!(line.data[i] >= 'A' && line.data[i] <= 'Z') &&
            !(line.data[i] >= 'a' && line.data[i] <= 'z') &&
            line.data[i] != '-')
            return false;
    return true;
}

/* Take the lines up to "->" or the end. */
static void take_message(const struct paragraph *p, struct treaty_str *rest,
                         struct message *ret)
{
    struct treaty_str line;
    struct treaty_buf body;

    memset(ret, 0, sizeof(*ret));
    treaty_buf_init(&body, 0);
    if (!treaty_str_split(rest, '\n', &ret->first))
        return;
    while (treaty_str_split(rest, '\n', &line) &&
           !treaty_str_eq(line, TREATY_STR("->"))) {
        if (!body.len && is_header(line) && ret->header_count < 8)
            ret->headers[ret->header_count++] = line;
        else
            treaty_buf_put(&body, line);
    }
    ret->body = treaty_arena_dup(p->arena, treaty_buf_str(&body));
    treaty_buf_release(&body);
}

static bool names(const struct message *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (treaty_str_eq_nocase(
                treaty_str_sub(message->headers[i], 0,
                               treaty_str_find(message->headers[i], ':')),
                treaty_str_z(name)))
            return true;
    return false;
}

static void put_request(const struct message *message, struct treaty_buf *out)
{
    treaty_buf_put(out, message->first);
    treaty_buf_put_z(out, " HTTP/1.1\r\nHost: localhost\r\n");
    for (size_t i = 0; i < message->header_count; i++) {
        treaty_buf_put(out, message->headers[i]);
        treaty_buf_put_z(out, "\r\n");
    }
    if (message->body.len && !names(message, "content-type"))
        treaty_buf_put_z(out, "Content-Type: "
                              "application/vnd.schemaregistry.v1+json\r\n");
    if (message->body.len && !names(message, "content-length"))
        treaty_buf_printf(out, "Content-Length: %zu\r\n", message->body.len);
    treaty_buf_put_z(out, "\r\n");
    treaty_buf_put(out, message->body);
    treaty_buf_put_c(out, '\0');
}

static size_t find_text(struct treaty_str s, struct treaty_str what)
{
    for (size_t i = 0; i + what.len <= s.len; i++)
        if (memcmp(s.data + i, what.data, what.len) == 0)
            return i;
    return s.len;
}

/* Compare, with `<any>` in `want` for as little as possible of `got`. */
static bool matches(struct treaty_str got, struct treaty_str want)
{
    static const struct treaty_str any = {"<any>", 5};
    size_t at = find_text(want, any);

    if (at == want.len)
        return treaty_str_eq(got, want);
    if (!treaty_str_eq(treaty_str_sub(got, 0, at), treaty_str_sub(want, 0, at)))
        return false;
    got = treaty_str_sub(got, at, got.len);
    want = treaty_str_sub(want, at + any.len, want.len);
    for (size_t i = 0; i <= got.len; i++)
        if (matches(treaty_str_sub(got, i, got.len), want))
            return true;
    return false;
}

static void check_header(const struct paragraph *p, struct treaty_str want,
                         const struct tap_reply *reply)
{
    size_t colon = treaty_str_find(want, ':');
    char name[64];
    struct treaty_str got;

    (void)snprintf(name, sizeof(name), "%.*s", (int)colon, want.data);
    got = tap_reply_header(reply, name);
    if (!matches(got, treaty_str_sub(want, colon + 2, want.len)))
        tap_fail(p->file, p->number, "header %s is \"%.*s\"", name,
                 (int)got.len, got.data ? got.data : "");
}

static void check_reply(const struct paragraph *p, const struct message *want,
                        const struct tap_reply *reply)
{
    int64_t status = 0;

    (void)treaty_str_to_i64(want->first, &status);
    if (reply->status != status)
        tap_fail(p->file, p->number, "status %d, not %d", reply->status,
                 (int)status);
    for (size_t i = 0; i < want->header_count; i++)
        check_header(p, want->headers[i], reply);
    if (!matches(reply->body, want->body))
        tap_fail(p->file, p->number, "the body is\n  %.*s\nnot\n  %.*s",
                 (int)reply->body.len, reply->body.data ? reply->body.data : "",
                 (int)want->body.len, want->body.data);
}

static void run_case(const struct paragraph *p)
{
    struct treaty_str rest = p->text;
    struct message request;
    struct message want;
    struct treaty_buf bytes;
    struct tap_reply reply;

    take_message(p, &rest, &request);
    take_message(p, &rest, &want);
    treaty_buf_init(&bytes, 0);
    put_request(&request, &bytes);
    tap_ask(port, bytes.data, &reply);
    check_reply(p, &want, &reply);
    tap_reply_free(&reply);
    treaty_buf_release(&bytes);
}

/* Stories of services with other settings, by the beginning of their names. */
static const struct {
    const char *begins;
    struct service_settings settings;
} rows[] = {
    {"../http/strict", {.is_strict = true}},
    {"../http/release_8_3", {.rules = TREATY_RULES_CONFLUENT_8_3}},
    {"../http/release_7",
     {.rules = TREATY_RULES_CONFLUENT_8_3, .is_before_8 = true}},
};

/* Tell the story in `name` to a new service on memory. */
static void tell(const char *name)
{
    struct service_settings settings = {0};
    struct service service;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (treaty_str_starts(treaty_str_z(name), treaty_str_z(rows[i].begins)))
            settings = rows[i].settings;
    }
    service_start_as(&service, "memory:", 1, &settings);
    port = service.port;
    paragraph_each(name, run_case);
    service_stop(&service);
}

static int is_story(const struct dirent *entry)
{
    return treaty_str_ends(treaty_str_z(entry->d_name), TREATY_STR(".test"));
}

static void tells_every_story(void)
{
    struct dirent **entries = NULL;
    int count =
        scandir(TREATY_SOURCE_DIR "/tests/http", &entries, is_story, alphasort);

    CHECK(count > 0);
    for (int i = 0; i < count; i++) {
        char name[300];

        (void)snprintf(name, sizeof(name), "../http/%s", entries[i]->d_name);
        tell(name);
        free(entries[i]);
    }
    free(entries);
}

/* The comparison itself, since every story hangs on it. */
static void compares(void)
{
    CHECK(matches(TREATY_STR("a"), TREATY_STR("a")));
    CHECK(!matches(TREATY_STR("ab"), TREATY_STR("a")));
    CHECK(!matches(TREATY_STR(""), TREATY_STR("a")));
    CHECK(matches(TREATY_STR("{\"ts\":17}"), TREATY_STR("{\"ts\":<any>}")));
    CHECK(!matches(TREATY_STR("{\"ts\":17"), TREATY_STR("{\"ts\":<any>}")));
    CHECK(matches(TREATY_STR("1a2b3"), TREATY_STR("1<any>2<any>3")));
    CHECK(!matches(TREATY_STR("1a2b"), TREATY_STR("1<any>2<any>3")));
}

TAP_MAIN({"compares", compares}, {"tells every story", tells_every_story})
