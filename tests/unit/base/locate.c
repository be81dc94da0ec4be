/* SPDX-License-Identifier: Apache-2.0 */
#include "base/locate.h"

#include "base/error.h"
#include "harness/tap.h"

static const struct {
    const char *text;
    size_t offset, line, column;
    const char *shown;
} places[] = {
    {"", 0, 1, 1, ""},
    {"", 9, 1, 1, ""},
    {"abc", 0, 1, 1, "abc"},
    {"abc", 2, 1, 3, "abc"},
    {"abc", 3, 1, 4, "abc"},
    {"abc", SIZE_MAX - 1, 1, 4, "abc"},
    {"a\nbc\nd", 2, 2, 1, "bc"},
    {"a\nbc\nd", 1, 1, 2, "a"},
    {"a\nbc\nd", 5, 3, 1, "d"},
    {"a\n", 2, 2, 1, ""},
    {"a\r\nbc\r\n", 4, 2, 2, "bc"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x", 9, 1, 4,
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x"},
};

static void locates(void)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct treaty_place place =
            treaty_locate(treaty_str_z(places[i].text), places[i].offset);

        CHECK_INT(place.line, places[i].line);
        CHECK_INT(place.column, places[i].column);
        CHECK_STR_Z(place.text, places[i].shown);
    }
    tap_add_passed(sizeof(places) / sizeof(places[0]));
}

static void check_print(const char *text, size_t offset, const char *want)
{
    struct treaty_error err;
    struct treaty_buf out;

    (void)treaty_fail(&err, TREATY_EJSON, offset, "oops");
    treaty_buf_init(&out, 0);
    treaty_locate_print(&out, "f", treaty_str_z(text), &err);
    CHECK_STR_Z(treaty_buf_str(&out), want);
    treaty_buf_release(&out);
}

#define TEN "0123456789"
#define BLANK10 "          "
#define EURO "\xe2\x82\xac"
#define EURO10 EURO EURO EURO EURO EURO EURO EURO EURO EURO EURO

static void prints(void)
{
    check_print("ab", TREATY_NO_OFFSET, "f: oops\n");
    check_print("", 0, "f:1:1: oops\n");
    check_print("x\n{\"a\": USD}\ny", 8,
                "f:2:7: oops\n    {\"a\": USD}\n          ^\n");
    check_print("\t\xc3\xa9\x1b[1mx", 7,
                "f:1:7: oops\n    \t\xc3\xa9?[1mx\n    \t     ^\n");
    check_print("ab", 99, "f:1:3: oops\n    ab\n      ^\n");
    check_print("a\r\nb", 2, "f:1:3: oops\n    a\n     ^\n");
}

/* Of a line that is too long, what stands around the place is shown. */
static void prints_long_lines(void)
{
    check_print(TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, 4,
                "f:1:5: oops\n"
                "    " TEN TEN TEN "01...\n"
                "        ^\n");
    check_print(TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, 60,
                "f:1:61: oops\n"
                "    ...23456789" TEN TEN TEN TEN TEN TEN "01234567...\n"
                "       " BLANK10 BLANK10 BLANK10 BLANK10 "        ^\n");
    check_print(TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, 100,
                "f:1:101: oops\n"
                "    ...23456789" TEN TEN TEN TEN "\n"
                "       " BLANK10 BLANK10 BLANK10 BLANK10 "        ^\n");
    /* Characters are not cut in two at the borders. */
    check_print("ab" EURO TEN TEN TEN TEN "012345" EURO10 EURO10, 51,
                "f:1:50: oops\n"
                "    ..." EURO TEN TEN TEN TEN "012345" EURO10 "...\n"
                "       " BLANK10 BLANK10 BLANK10 BLANK10 "       ^\n");
}

TAP_MAIN({"locates", locates}, {"prints", prints},
         {"prints long lines", prints_long_lines})
