/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/utf8.h"
#include "harness/tap.h"

static void codes(void)
{
    CHECK_STR_Z(treaty_str_z(treaty_code_name(TREATY_ENOMEM)), "TREATY_ENOMEM");
    CHECK_STR_Z(treaty_str_z(treaty_code_text(TREATY_ENOMEM)), "out of memory");
    CHECK_INT(treaty_code_http_status(TREATY_ENOVERSION), 404);
    CHECK_INT(treaty_code_rest_error(TREATY_ENOVERSION), 40402);
    CHECK_INT(treaty_code_exit_status(TREATY_EINCOMPATIBLE), 1);
    CHECK_INT(treaty_code_exit_status(TREATY_OK), 0);
    /* A number that is no code reads as our own mistake. */
    CHECK_INT(treaty_code_http_status(TREATY_CODE_COUNT), 500);
}

static void every_code_is_whole(void)
{
    for (int i = 0; i < TREATY_CODE_COUNT; i++) {
        enum treaty_code code = (enum treaty_code)i;
        int status = treaty_code_http_status(code);

        CHECK(treaty_str_starts(treaty_str_z(treaty_code_name(code)),
                                TREATY_STR("TREATY_")));
        CHECK(strlen(treaty_code_text(code)) > 0);
        CHECK(status >= 200 && status < 600);
        CHECK(code == TREATY_OK || status >= 400);
    }
}

static void fails(void)
{
    struct treaty_error err;

    memset(&err, 'x', sizeof(err));
    CHECK_INT(treaty_fail(&err, TREATY_ENAME, 7, "\"%.*s\" is bad",
                          TREATY_STR_ARG(TREATY_STR("a b"))),
              TREATY_ENAME);
    CHECK_INT(err.code, TREATY_ENAME);
    CHECK_INT(err.offset, 7);
    CHECK_STR_Z(treaty_str_z(err.path), "");
    CHECK_STR_Z(treaty_str_z(err.message), "\"a b\" is bad");
    CHECK_INT(treaty_fail(NULL, TREATY_ENAME, 7, "x"), TREATY_ENAME);
    CHECK_INT(treaty_fail_nomem(&err), TREATY_ENOMEM);
    CHECK(err.offset == TREATY_NO_OFFSET);
    CHECK_STR_Z(treaty_str_z(err.message), "out of memory");
    CHECK_INT(treaty_str_precision(SIZE_MAX), INT_MAX);
}

/* Texts that are cut stay UTF-8, wherever the cut falls. */
static void cuts_whole_characters(void)
{
    static const char *const fillings[] = {"x", "\xc3\xa9", "\xe2\x82\xac",
                                           "\xf0\x9f\x98\x80"};

    for (size_t i = 0; i < 4; i++) {
        size_t width = strlen(fillings[i]);
        char text[1024];

        for (size_t at = 0; at < 250 * width; at += width)
            memcpy(text + at, fillings[i], width);
        text[250 * width] = '\0';
        for (size_t before = 0; before < 4; before++) {
            struct treaty_str s = {text, 250 * width};
            struct treaty_error err;

            (void)treaty_fail(&err, TREATY_EJSON, 0, "%.*s%s%s", (int)before,
                              "abc", text, text);
            CHECK(treaty_utf8_valid(treaty_str_z(err.message)));
            CHECK(strlen(err.message) > sizeof(err.message) - 5);
            treaty_error_set_path(&err, s);
            CHECK(treaty_utf8_valid(treaty_str_z(err.path)));
            CHECK(strstr(err.path, "...") != NULL);
            CHECK(strlen(err.path) > sizeof(err.path) - 10);
            treaty_error_prepend_path(&err, treaty_str_sub(s, 0, width * 90));
            CHECK(treaty_utf8_valid(treaty_str_z(err.path)));
            treaty_error_prepend_path(
                &err, treaty_str_sub(TREATY_STR("abc"), 0, before));
            CHECK(treaty_utf8_valid(treaty_str_z(err.path)));
        }
    }
}

/* What is quoted need not be UTF-8, but what quotes it is. */
static void mends_garbage(void)
{
    struct treaty_error err;
    char text[1024];

    (void)treaty_fail(&err, TREATY_EJSON, 0, "\xff \"a\xc3\" \xc3\xa9\x80");
    CHECK_STR_Z(treaty_str_z(err.message), "? \"a?\" \xc3\xa9?");
    treaty_error_set_path(&err, TREATY_STR("/a\xe2\x82"));
    CHECK_STR_Z(treaty_str_z(err.path), "/a??");

    memset(text, '\x80', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)treaty_fail(&err, TREATY_EJSON, 0, "%s", text);
    CHECK_INT(strlen(err.message), sizeof(err.message) - 1);
    CHECK(treaty_utf8_valid(treaty_str_z(err.message)));
    treaty_error_set_path(&err, treaty_str_z(text));
    CHECK(strlen(err.path) < sizeof(err.path));
    CHECK(treaty_utf8_valid(treaty_str_z(err.path)));
}

static void paths(void)
{
    struct treaty_error err;
    char exact[sizeof(err.path)];

    (void)treaty_fail(&err, TREATY_ETYPE, 0, "x");
    treaty_error_prepend_path(&err, TREATY_STR("qty"));
    treaty_error_prepend_path(&err, TREATY_STR("0"));
    treaty_error_prepend_path(&err, TREATY_STR("items"));
    CHECK_STR_Z(treaty_str_z(err.path), "/items/0/qty");
    treaty_error_set_path(&err, TREATY_STR("/a"));
    CHECK_STR_Z(treaty_str_z(err.path), "/a");
    treaty_error_set_path(NULL, TREATY_STR("/a"));
    treaty_error_prepend_path(NULL, TREATY_STR("a"));

    memset(exact, 'e', sizeof(exact));
    treaty_error_set_path(&err, (struct treaty_str){exact, sizeof(exact) - 1});
    CHECK_STR(treaty_str_z(err.path),
              ((struct treaty_str){exact, sizeof(exact) - 1}));
    treaty_error_set_path(&err, (struct treaty_str){exact, sizeof(exact)});
    CHECK(strstr(err.path, "e...e") != NULL);
}

TAP_MAIN({"codes", codes}, {"every code is whole", every_code_is_whole},
         {"fails", fails}, {"cuts whole characters", cuts_whole_characters},
         {"mends garbage", mends_garbage}, {"paths", paths})
