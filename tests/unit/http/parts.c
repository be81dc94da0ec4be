/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the server that work on text: URLs, routes, content types,
 * raw heads. */
#include "http/head.h"
#include "http/negotiate.h"
#include "http/router.h"
#include "http/url.h"

#include "harness/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void decodes_urls(void)
{
    static const struct {
        const char *text;
        bool plus;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"plain", false, "plain"},
        {"", false, ""},
        {"a%2Fb", false, "a/b"},
        {"%41%7a", false, "Az"},
        {"a+b", false, "a+b"},
        {"a+b", true, "a b"},
        {"%C3%A9", false, "\xc3\xa9"},
        {"%e2%82%ac", true, "\xe2\x82\xac"},
        {"\xc3\xa9", false, "\xc3\xa9"},
        {"%2", false, NULL},
        {"%", false, NULL},
        {"%zz", false, NULL},
        {"%FF", false, NULL},
        {"\xff", false, NULL},
        {"a%2", false, NULL},
        {"%4", true, NULL},
    };
    struct treaty_arena arena = {0};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct treaty_str got = {0};
        enum treaty_code code = treaty_url_decode(
            &arena, treaty_str_z(rows[i].text), rows[i].plus, &got);

        CHECK_INT(code, rows[i].want ? TREATY_OK : TREATY_EREQUEST);
        CHECK_STR(got, treaty_str_z(rows[i].want));
    }
    treaty_arena_release(&arena);
}

static void finds_query_parameters(void)
{
    static const struct {
        const char *query;
        const char *want;
    } rows[] = {
        {"deleted=true", "true"},
        {"a=1&deleted=true&deleted=false", "true"},
        {"deleted", ""},
        {"deleted=", ""},
        {"xdeleted=1&deletedx=2", NULL},
        {"%64eleted=a%26b+c", "a&b c"},
        {"deleted=a=b", "a=b"},
        {"", NULL},
        {"&&deleted=1&", "1"},
    };
    struct treaty_arena arena = {0};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct treaty_url_query query;

        CHECK_INT(
            treaty_url_query_parse(&arena, treaty_str_z(rows[i].query), &query),
            TREATY_OK);
        CHECK_STR(treaty_url_query_find(&query, "deleted"),
                  treaty_str_z(rows[i].want));
    }
    treaty_arena_release(&arena);
}

static void drops_the_authority(void)
{
    CHECK_STR_Z(treaty_url_without_authority(TREATY_STR("http://h:1/a?b")),
                "/a?b");
    CHECK_STR_Z(treaty_url_without_authority(TREATY_STR("http://h")), "/");
    CHECK_STR_Z(treaty_url_without_authority(TREATY_STR("/a://b")), "/a://b");
    CHECK_STR_Z(treaty_url_without_authority(TREATY_STR("*")), "*");
}

static void nothing(struct treaty_http_request *req, void *app)
{
    (void)req;
    (void)app;
}

static const struct treaty_http_route routes[] = {
    {"GET", "/", nothing, 0},
    {"GET", "/subjects", nothing, 0},
    {"POST", "/subjects/{s}", nothing, 0},
    {"DELETE", "/subjects/{s}", nothing, 0},
    {"GET", "/subjects/{s}/versions", nothing, 0},
    {"GET", "/subjects/{s}/versions/{v}", nothing, 0},
    {"GET", "/subjects/{s}/versions/{v}/schema", nothing, 0},
    {"GET", "/schemas/types", nothing, 0},
    {"GET", "/schemas/ids/{id}", nothing, 0},
};

struct route_case {
    const char *method;
    const char *path;
    enum treaty_code code;
    size_t row;
    const char *params[2];
};

static void check_route(const struct treaty_router *router,
                        const struct route_case *row)
{
    struct treaty_arena arena = {0};
    struct treaty_router_match match = {0};
    enum treaty_code code =
        treaty_router_find(router, treaty_str_z(row->method),
                           treaty_str_z(row->path), &arena, &match);

    if (code != row->code)
        tap_fail(__FILE__, __LINE__, "%s %s: %s", row->method, row->path,
                 treaty_code_name(code));
    if (!code && !row->code) {
        CHECK_INT(match.route, row->row);
        for (size_t i = 0; i < 2; i++)
            CHECK_STR(i < match.param_count ? match.params[i]
                                            : (struct treaty_str){0},
                      treaty_str_z(row->params[i]));
    }
    treaty_arena_release(&arena);
}

static void finds_routes(void)
{
    static const struct route_case cases[] = {
        {"GET", "/", TREATY_OK, 0, {0}},
        {"GET", "/subjects", TREATY_OK, 1, {0}},
        {"HEAD", "/subjects", TREATY_OK, 1, {0}},
        {"GET", "/subjects/", TREATY_OK, 1, {0}},
        {"POST", "/subjects/a%2Fb", TREATY_OK, 2, {"a/b"}},
        {"DELETE", "/subjects/a", TREATY_OK, 3, {"a"}},
        {"GET", "/subjects/%2F/versions", TREATY_OK, 4, {"/"}},
        {"GET", "/subjects/a/versions/", TREATY_OK, 4, {"a"}},
        {"GET", "/subjects//versions", TREATY_OK, 4, {""}},
        {"GET",
         "/subjects/versions/versions/1",
         TREATY_OK,
         5,
         {"versions", "1"}},
        {"GET", "/subjects/a/versions/1/schema", TREATY_OK, 6, {"a", "1"}},
        {"GET", "/schemas/types", TREATY_OK, 7, {0}},
        {"GET", "/schemas/ids/7", TREATY_OK, 8, {"7"}},
        {"GET", "/schemas", TREATY_ENOROUTE, 0, {0}},
        {"GET", "", TREATY_ENOROUTE, 0, {0}},
        {"GET", "*", TREATY_ENOROUTE, 0, {0}},
        {"GET", "//", TREATY_ENOROUTE, 0, {0}},
        {"GET", "/subjects/a/b", TREATY_ENOROUTE, 0, {0}},
        {"GET", "/subjects/a/versions/1/schema/x", TREATY_ENOROUTE, 0, {0}},
        {"GET", "/a/../subjects", TREATY_ENOROUTE, 0, {0}},
        {"GET", "/associations/resources/-/x", TREATY_ENOROUTE, 0, {0}},
        {"PUT", "/subjects/a", TREATY_EMETHOD, 0, {0}},
        {"get", "/subjects", TREATY_EMETHOD, 0, {0}},
        {"GET", "/subjects/%", TREATY_EREQUEST, 0, {0}},
    };
    struct treaty_router router;

    if (!CHECK(!treaty_router_init(&router, routes, COUNT(routes))))
        return;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_route(&router, &cases[i]);
    treaty_router_release(&router);
}

static void tells_allowed_methods(void)
{
    struct treaty_arena arena = {0};
    struct treaty_router router;
    struct treaty_router_match match = {0};

    if (!CHECK(!treaty_router_init(&router, routes, COUNT(routes))))
        return;
    CHECK_INT(treaty_router_find(&router, TREATY_STR("PATCH"),
                                 TREATY_STR("/subjects/a"), &arena, &match),
              TREATY_EMETHOD);
    CHECK_STR_Z(match.allow, "POST, DELETE");
    treaty_router_release(&router);
    treaty_arena_release(&arena);
}

static void negotiates(void)
{
    static const struct treaty_http_media types[] = {
        {"application/vnd.x.v1+json", 1000},
        {"application/vnd.x+json", 900},
        {"application/json", 500},
    };
    static const struct {
        const char *accept;
        int want;
    } rows[] = {
        {NULL, 0},
        {"", 0},
        {"*/*", 0},
        {"application/*", 0},
        {"application/json", 2},
        {"APPLICATION/JSON", 2},
        {"application/json; charset=utf-8", 2},
        {"text/html, application/json;q=0.1", 2},
        {"text/html", -1},
        {"text/*", -1},
        {"application/json;q=0", -1},
        {"application/json;q=0, */*", 0},
        {"application/json, */*;q=0.1", 2},
        {"application/vnd.x+json, application/json", 1},
        {"application/vnd.x.v1+json;q=0.2, application/vnd.x+json;q=0.9", 1},
        {"*/*, application/vnd.x.v1+json;q=0", 1},
        {"garbage", -1},
        {",,,", -1},
        {"application/json;q=zz", 2},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int got = treaty_negotiate_accept(types, COUNT(types),
                                          treaty_str_z(rows[i].accept));

        if (got != rows[i].want)
            tap_fail(__FILE__, __LINE__, "\"%s\" gives %d", rows[i].accept,
                     got);
    }
}

static void takes_bodies_by_type(void)
{
    static const char *const types[] = {"application/json",
                                        "application/octet-stream"};

    CHECK(treaty_negotiate_consumes(types, 2, TREATY_STR("application/json")));
    CHECK(treaty_negotiate_consumes(
        types, 2, TREATY_STR("Application/JSON ; charset=utf-8")));
    CHECK(!treaty_negotiate_consumes(types, 2, TREATY_STR("text/plain")));
    CHECK(
        !treaty_negotiate_consumes(types, 2, TREATY_STR("application/jsonx")));
    CHECK(!treaty_negotiate_consumes(types, 2, TREATY_STR("")));
}

static void measures_heads(void)
{
    CHECK_INT(treaty_head_size(TREATY_STR("GET / HTTP/1.1\r\n\r\nbody")), 18);
    CHECK_INT(treaty_head_size(TREATY_STR("GET / HTTP/1.1\n\nbody")), 16);
    CHECK_INT(treaty_head_size(TREATY_STR("\r\nGET / HTTP/1.1\r\n\r\n")), 20);
    CHECK_INT(treaty_head_size(TREATY_STR("GET / HTTP/1.1\r\nA: b\r\n")), 22);
    CHECK_INT(treaty_head_size(TREATY_STR("")), 0);
}

static void finds_ambiguous_lengths(void)
{
    CHECK(!treaty_head_is_ambiguous(
        TREATY_STR("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")));
    CHECK(treaty_head_is_ambiguous(
        TREATY_STR("POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: a\r\n"
                   "content-length: 5\r\n\r\n")));
    CHECK(treaty_head_is_ambiguous(
        TREATY_STR("POST / HTTP/1.1\r\nContent-Length: 5\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n")));
    CHECK(!treaty_head_is_ambiguous(
        TREATY_STR("POST / HTTP/1.1\r\nX-Content-Length: 5\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n")));
}

TAP_MAIN({"decodes URLs", decodes_urls},
         {"finds query parameters", finds_query_parameters},
         {"drops the authority", drops_the_authority},
         {"finds routes", finds_routes},
         {"tells allowed methods", tells_allowed_methods},
         {"negotiates", negotiates},
         {"takes bodies by type", takes_bodies_by_type},
         {"measures heads", measures_heads},
         {"finds ambiguous lengths", finds_ambiguous_lengths})
