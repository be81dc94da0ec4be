/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "harness/tap.h"

static const struct treaty_str absent;

static void compares(void)
{
    CHECK(treaty_str_eq(TREATY_STR(""), absent));
    CHECK(treaty_str_eq_z(TREATY_STR("ab"), "ab"));
    CHECK(!treaty_str_eq_z(TREATY_STR("ab"), "aB"));
    CHECK(!treaty_str_eq_z(TREATY_STR("ab"), "abc"));
    CHECK(treaty_str_eq(treaty_str_z(NULL), absent));
    CHECK(treaty_str_cmp(TREATY_STR("a"), TREATY_STR("b")) < 0);
    CHECK(treaty_str_cmp(TREATY_STR("b"), TREATY_STR("a")) > 0);
    CHECK(treaty_str_cmp(TREATY_STR("a"), TREATY_STR("ab")) < 0);
    CHECK(treaty_str_cmp(TREATY_STR("ab"), TREATY_STR("a")) > 0);
    CHECK_INT(treaty_str_cmp(TREATY_STR("ab"), TREATY_STR("ab")), 0);
    CHECK_INT(treaty_str_cmp(absent, TREATY_STR("")), 0);
    CHECK(treaty_str_cmp(TREATY_STR("\xc3"), TREATY_STR("a")) > 0);
    CHECK(treaty_str_eq_nocase(TREATY_STR("AzZ@"), TREATY_STR("aZz@")));
    CHECK(!treaty_str_eq_nocase(TREATY_STR("@["), TREATY_STR("`{")));
    CHECK(!treaty_str_eq_nocase(TREATY_STR("a"), TREATY_STR("aa")));
}

static void finds(void)
{
    const struct treaty_str s = TREATY_STR("a.b.c");

    CHECK_INT(treaty_str_find(s, '.'), 1);
    CHECK_INT(treaty_str_find(s, 'x'), 5);
    CHECK_INT(treaty_str_find(absent, 'x'), 0);
    CHECK_INT(treaty_str_find_last(s, '.'), 3);
    CHECK_INT(treaty_str_find_last(s, 'a'), 0);
    CHECK_INT(treaty_str_find_last(s, 'x'), 5);
    CHECK(treaty_str_has(s, 'c'));
    CHECK(!treaty_str_has(s, 'd'));
    CHECK(treaty_str_starts(s, TREATY_STR("a.")));
    CHECK(treaty_str_starts(s, TREATY_STR("")));
    CHECK(!treaty_str_starts(s, TREATY_STR("a.b.c.")));
    CHECK(treaty_str_ends(s, TREATY_STR(".c")));
    CHECK(treaty_str_ends(s, s));
    CHECK(!treaty_str_ends(s, TREATY_STR("xa.b.c")));
    CHECK(!treaty_str_ends(s, TREATY_STR("b")));
}

static void cuts(void)
{
    const struct treaty_str s = TREATY_STR("a.b.c");

    CHECK_STR_Z(treaty_str_before_last(s, '.'), "a.b");
    CHECK_STR_Z(treaty_str_after_last(s, '.'), "c");
    CHECK_STR_Z(treaty_str_before_last(s, '/'), "");
    CHECK_STR_Z(treaty_str_after_last(s, '/'), "a.b.c");
    CHECK_STR_Z(treaty_str_after_last(TREATY_STR("a."), '.'), "");
    CHECK_STR_Z(treaty_str_sub(s, 1, 3), ".b.");
    CHECK_STR_Z(treaty_str_sub(s, 4, 3), "c");
    CHECK_STR_Z(treaty_str_sub(s, 5, 1), "");
    CHECK_STR_Z(treaty_str_sub(s, SIZE_MAX, SIZE_MAX), "");
    CHECK(!treaty_str_sub(absent, 0, 1).data);
    CHECK_STR_Z(treaty_str_trim(TREATY_STR(" \t\r\n a b \n")), "a b");
    CHECK_STR_Z(treaty_str_trim(TREATY_STR(" \t")), "");
    CHECK_STR_Z(treaty_str_trim(TREATY_STR("x")), "x");
}

static void splits(void)
{
    struct treaty_str rest = TREATY_STR("a,,b,");
    struct treaty_str part;

    CHECK(treaty_str_split(&rest, ',', &part));
    CHECK_STR_Z(part, "a");
    CHECK(treaty_str_split(&rest, ',', &part));
    CHECK_STR_Z(part, "");
    CHECK(treaty_str_split(&rest, ',', &part));
    CHECK_STR_Z(part, "b");
    CHECK(treaty_str_split(&rest, ',', &part));
    CHECK_STR_Z(part, "");
    CHECK(!treaty_str_split(&rest, ',', &part));
    rest = TREATY_STR("");
    CHECK(treaty_str_split(&rest, ',', &part));
    CHECK_STR_Z(part, "");
    CHECK(!treaty_str_split(&rest, ',', &part));
}

static const struct integer_row {
    const char *text;
    bool is_u64, is_i64;
    uint64_t u64;
    int64_t i64;
} integers[] = {
    {"0", true, true, 0, 0},
    {"007", true, true, 7, 7},
    {"-0", false, true, 0, 0},
    {"-1", false, true, 0, -1},
    {"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
    {"9223372036854775808", true, false, UINT64_C(1) << 63, 0},
    {"-9223372036854775808", false, true, 0, INT64_MIN},
    {"-9223372036854775809", false, false, 0, 0},
    {"18446744073709551615", true, false, UINT64_MAX, 0},
    {"18446744073709551616", false, false, 0, 0},
    {"99999999999999999999999", false, false, 0, 0},
    {"", false, false, 0, 0},
    {"-", false, false, 0, 0},
    {"+1", false, false, 0, 0},
    {"--1", false, false, 0, 0},
    {"1.0", false, false, 0, 0},
    {" 1", false, false, 0, 0},
    {"1 ", false, false, 0, 0},
    {"/", false, false, 0, 0},
    {":", false, false, 0, 0},
    {"\xc2\xb2", false, false, 0, 0},
};

static void reads_integers(void)
{
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        const struct integer_row *row = &integers[i];
        uint64_t u64 = 0;
        int64_t i64 = 0;

        if (treaty_str_to_u64(treaty_str_z(row->text), &u64) != row->is_u64 ||
            treaty_str_to_i64(treaty_str_z(row->text), &i64) != row->is_i64 ||
            u64 != row->u64 || i64 != row->i64)
            tap_fail(__FILE__, __LINE__, "\"%s\" is read wrongly", row->text);
    }
    tap_add_passed(sizeof(integers) / sizeof(integers[0]));
}

/* Same text, same hash; any byte more or other, another one. */
static void hashes(void)
{
    static const char text[] = "0123456789abcdefghij";
    uint64_t seen[2 * sizeof(text)];
    size_t count = 0;
    char copy[sizeof(text)];

    memcpy(copy, text, sizeof(text));
    for (size_t len = 0; len < sizeof(text); len++) {
        const struct treaty_str a = {text, len};

        CHECK(treaty_str_hash(a) ==
              treaty_str_hash((struct treaty_str){copy, len}));
        seen[count++] = treaty_str_hash(a);
    }
    for (size_t i = 0; i + 1 < sizeof(text); i++) {
        copy[i] ^= 1;
        seen[count++] =
            treaty_str_hash((struct treaty_str){copy, sizeof(text) - 1});
        copy[i] ^= 1;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            CHECK(seen[i] != seen[k]);
    }
    CHECK(treaty_str_hash(absent) == treaty_str_hash(TREATY_STR("")));
}

TAP_MAIN({"compares", compares}, {"finds", finds}, {"cuts", cuts},
         {"splits", splits}, {"reads integers", reads_integers},
         {"hashes", hashes})
