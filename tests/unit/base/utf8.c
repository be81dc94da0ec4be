/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "base/utf8_check.h"
#include "harness/tap.h"

/* Offset of the first bad byte; -1: none. */
static const struct check_row {
    const char *text;
    int bad;
} checks[] = {
    {"", -1},
    {"ascii", -1},
    {"\x7f", -1},
    {"\xc2\x80", -1},
    {"\xdf\xbf", -1},
    {"\xe0\xa0\x80", -1},
    {"\xed\x9f\xbf", -1},
    {"\xee\x80\x80", -1},
    {"\xef\xbf\xbf", -1},
    {"\xf0\x90\x80\x80", -1},
    {"\xf4\x8f\xbf\xbf", -1},
    {"a\x80", 1},
    {"\xbf", 0},
    {"\xc0\x80", 0},
    {"\xc1\xbf", 0},
    {"ab\xc2", 2},
    {"\xc2g", 0},
    {"\xc2\xc2\x80", 0},
    {"\xc2\x80\x80", 2},
    {"\xe0\x9f\xbf", 0},
    {"\xe0\xa0", 0},
    {"\xe1\x80", 0},
    {"\xe1\x80g", 0},
    {"\xe1g\x80", 0},
    {"\xed\xa0\x80", 0},
    {"\xed\xbf\xbf", 0},
    {"\xf0\x8f\xbf\xbf", 0},
    {"\xf0\x90\x80", 0},
    {"\xf1\x80\x80g", 0},
    {"\xf1\x80g\x80", 0},
    {"\xf4\x90\x80\x80", 0},
    {"\xf5\x80\x80\x80", 0},
    {"\xf8\x88\x80\x80\x80", 0},
    {"\xfe", 0},
    {"ok\xff", 2},
};

/* All validators this machine can run agree that the first bad byte is `at`. */
static void check_all(struct treaty_str s, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)s.data;

    CHECK_INT(treaty_utf8_check(s), at);
    CHECK_INT(treaty_utf8_check_portable(bytes, 0, s.len), at);
#if defined(__x86_64__)
    if (treaty_cpu_features() & TREATY_CPU_AVX2)
        CHECK_INT(treaty_utf8_check_avx2(bytes, 0, s.len), at);
#endif
}

/* Each row at every place around the borders of 32-byte blocks. */
static void checks_the_table(void)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        size_t len = strlen(checks[i].text);

        for (size_t before = 0; before < 70; before++) {
            char text[160];
            struct tap_guard guard;
            size_t at = before + len;

            memset(text, 'x', sizeof(text));
            memcpy(text + before, checks[i].text, len);
            if (checks[i].bad >= 0)
                at = before + (size_t)checks[i].bad;
            guard = tap_guard_copy(text, before + len, false);
            check_all((struct treaty_str){guard.data, before + len}, at);
            tap_guard_free(&guard);
            /* What follows is good, so the place stays, or there is none. */
            if (checks[i].bad < 0)
                at = sizeof(text);
            check_all((struct treaty_str){text, sizeof(text)}, at);
        }
    }
    CHECK_INT(treaty_utf8_check((struct treaty_str){0}), 0);
    tap_add_passed(sizeof(checks) / sizeof(checks[0]));
}

/* Every code point, and every two bytes, decode as the definition says. */
static void all_code_points(void)
{
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char bytes[4];
        struct treaty_str s = {bytes, treaty_utf8_put(bytes, cp)};
        bool is_good = cp < 0xd800 || cp > 0xdfff;
        size_t at = 0;

        if (treaty_utf8_valid(s) != is_good ||
            treaty_utf8_next(s, &at) != (is_good ? cp : 0xfffd) ||
            at != (is_good ? s.len : 1)) {
            tap_fail(__FILE__, __LINE__, "U+%04X", (unsigned)cp);
            break;
        }
    }
}

static void put_random(struct treaty_rng *rng, char *text, size_t *len)
{
    uint64_t kind = treaty_rng_below(rng, 12);
    uint32_t cp = (uint32_t)treaty_rng_below(rng, 0x110000);

    if (kind < 5)
        cp = (uint32_t)treaty_rng_below(rng, 0x80);
    else if (kind < 7)
        cp = (uint32_t)treaty_rng_below(rng, 0x800);
    else if (kind < 9)
        cp = (uint32_t)treaty_rng_below(rng, 0xd800);
    *len += treaty_utf8_put(text + *len, cp);
}

/* Mostly good text with a few bytes spoilt: the validators agree. */
static void validators_agree(void)
{
#if defined(__x86_64__)
    struct treaty_rng rng;

    if (!(treaty_cpu_features() & TREATY_CPU_AVX2)) {
        tap_skip("no AVX2 here");
        return;
    }
    treaty_rng_init(&rng, 7);
    for (int round = 0; round < 60000; round++) {
        char text[256];
        size_t wanted = treaty_rng_below(&rng, sizeof(text) - 4);
        size_t len = 0;
        size_t spoilt = treaty_rng_below(&rng, 3);
        const uint8_t *bytes = (const uint8_t *)text;

        while (len < wanted)
            put_random(&rng, text, &len);
        while (len && spoilt--)
            text[treaty_rng_below(&rng, len)] = (char)treaty_rng_next(&rng);
        if (treaty_utf8_check_avx2(bytes, 0, len) !=
            treaty_utf8_check_portable(bytes, 0, len)) {
            tap_fail(__FILE__, __LINE__, "round %d", round);
            break;
        }
    }
#else
    tap_skip("one validator here");
#endif
}

static void sorts_as_utf16(void)
{
    /* Ascending by UTF-16 units: U+10000 (D800 DC00) before U+E000. */
    static const char *const sorted[] = {
        "",
        "A",
        "AB",
        "B",
        "\xed\x9f\xbf",
        "\xf0\x90\x80\x80",
        "\xf0\x90\x80\x81",
        "\xf4\x8f\xbf\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
    };
    const int count = sizeof(sorted) / sizeof(sorted[0]);

    for (int i = 0; i < count; i++) {
        for (int k = 0; k < count; k++) {
            int order = treaty_utf8_cmp_utf16(treaty_str_z(sorted[i]),
                                              treaty_str_z(sorted[k]));

            CHECK_INT((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

TAP_MAIN({"checks the table", checks_the_table},
         {"all code points", all_code_points},
         {"validators agree", validators_agree},
         {"sorts as UTF-16", sorts_as_utf16})
