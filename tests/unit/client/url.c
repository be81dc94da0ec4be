/* SPDX-License-Identifier: Apache-2.0 */
/* URLs: credentials are cut out, and no message repeats what may be one. */
#include "client/url.h"

#include "harness/tap.h"

static enum treaty_code parse(struct treaty_arena *arena, const char *list,
                              struct treaty_url **urls, size_t *count,
                              struct treaty_error *err)
{
    return treaty_url_parse_list(arena, treaty_str_z(list), urls, count, err);
}

struct good_case {
    const char *url;
    const char *base;
    const char *user;
    const char *password;
};

static void takes_urls_apart(void)
{
    static const struct good_case cases[] = {
        {"http://a", "http://a", NULL, NULL},
        {"HTTPS://a:8081/", "HTTPS://a:8081", NULL, NULL},
        {"http://[::1]:80/p/q//", "http://[::1]:80/p/q", NULL, NULL},
        {"https://me@h", "https://h", "me", ""},
        {"https://me:pa%40s%2Fs:x@h:1/p", "https://h:1/p", "me", "pa@s/s:x"},
        {"http://a%zz%4:b@c@h", "http://h", "a%zz%4", "b@c"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct good_case *c = &cases[i];
        struct treaty_arena arena = {0};
        struct treaty_url *urls = NULL;
        struct treaty_error err;
        size_t count = 0;

        if (CHECK_INT(parse(&arena, c->url, &urls, &count, &err), TREATY_OK)) {
            CHECK_INT(count, 1);
            CHECK_STR_Z(urls[0].base, c->base);
            CHECK_STR_Z(urls[0].user, c->user);
            CHECK_STR_Z(urls[0].password, c->password);
        }
        treaty_arena_release(&arena);
    }
}

static void splits_lists(void)
{
    struct treaty_arena arena = {0};
    struct treaty_url *urls = NULL;
    size_t count = 0;

    CHECK_INT(
        parse(&arena, " http://a:1 ,, https://u:p@b:2/ ", &urls, &count, NULL),
        TREATY_OK);
    if (CHECK_INT(count, 2)) {
        CHECK_STR_Z(urls[0].base, "http://a:1");
        CHECK_STR_Z(urls[1].base, "https://b:2");
    }
    treaty_arena_release(&arena);
}

static void refuses_without_telling(void)
{
    static const char *const cases[] = {
        "",
        " , ",
        "u:secret@host",
        "ftp://u:secret@host",
        "http://",
        "http://u:secret@",
        "http://u:sec ret@h",
        "http://u:secret/x@h",
        "http://u:secret?x@h",
        "http://h/?q=secret",
        "http://h#secret",
        "http://h,http://u:secret\n@h",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_url *urls = NULL;
        struct treaty_error err;
        size_t count = 0;

        CHECK_INT(parse(&arena, cases[i], &urls, &count, &err), TREATY_EUSAGE);
        CHECK(!urls);
        CHECK(!strstr(err.message, "sec"));
        CHECK(err.message[0]);
        treaty_arena_release(&arena);
    }
}

static void encodes_segments(void)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_url_put_segment(&out, TREATY_STR("a-b._~Z9 /%:.ctx:\xc3\xa9"));
    CHECK_STR_Z(treaty_buf_str(&out), "a-b._~Z9%20%2F%25%3A.ctx%3A%C3%A9");
    treaty_buf_release(&out);
}

static void survives_lack_of_memory(void)
{
    for (size_t n = 1; n < 20; n++) {
        struct tap_alloc state = {.fail_at = n};
        struct treaty_alloc alloc = tap_alloc_hook(&state);
        struct treaty_arena arena;
        struct treaty_url *urls = NULL;
        size_t count = 0;
        enum treaty_code code;

        treaty_arena_init(&arena, 0, &alloc);
        code = parse(&arena, "http://u:p@host/x,http://h", &urls, &count, NULL);
        treaty_arena_release(&arena);
        CHECK_INT(state.live, 0);
        if (state.calls < n) {
            CHECK_INT(code, TREATY_OK);
            CHECK(n > 1);
            return;
        }
        CHECK_INT(code, TREATY_ENOMEM);
        CHECK(!urls);
    }
    CHECK(!"the sweep ends");
}

TAP_MAIN({"takes URLs apart", takes_urls_apart}, {"splits lists", splits_lists},
         {"refuses without telling", refuses_without_telling},
         {"encodes segments", encodes_segments},
         {"survives lack of memory", survives_lack_of_memory})
