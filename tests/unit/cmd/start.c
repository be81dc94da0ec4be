/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/consumer_options.h"

#include "tap.h"

static void places_to_start(void)
{
    static const struct {
        const char *text;
        enum treaty_start start;
        int64_t at;
    } rows[] = {
        {"beginning", TREATY_START_BEGINNING, 0},
        {"end", TREATY_START_END, 0},
        {"0", TREATY_START_OFFSET, 0},
        {"41", TREATY_START_OFFSET, 41},
        {"-5", TREATY_START_TAIL, 5},
        {"-0", TREATY_START_TAIL, 0},
        {"@1700000000123", TREATY_START_TIME, 1700000000123},
        {"@2026-11-22T10:00:00Z", TREATY_START_TIME, 1795341600000},
        {"@1970-01-01T00:00:01Z", TREATY_START_TIME, 1000},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum treaty_start start = TREATY_START_BEGINNING;
        int64_t at = -1;

        CHECK(treaty_parse_start(rows[i].text, &start, &at));
        CHECK_INT(start, rows[i].start);
        CHECK_INT(at, rows[i].at);
    }
}

static void no_places_to_start(void)
{
    static const char *const texts[] = {
        "",    "begin", "1x", "@", "@-5", "@2026-11-22", "@2026-11-22T10:00:00",
        "--5", "1.5"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        enum treaty_start start;
        int64_t at;

        if (!CHECK(!treaty_parse_start(texts[i], &start, &at)))
            tap_note("%s", texts[i]);
    }
}

TAP_MAIN({"places to start", places_to_start},
         {"no places to start", no_places_to_start})
