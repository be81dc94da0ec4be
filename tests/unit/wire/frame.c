/* SPDX-License-Identifier: Apache-2.0 */
/* Frames: both forms, every way to be wrong, and nothing read past the end. */
#include "wire/frame.h"

#include "base/rng.h"
#include "harness/tap.h"

#include <treaty/treaty.h>

static const struct treaty_str none;

static struct treaty_str bytes(const void *data, size_t len)
{
    return (struct treaty_str){data, len};
}

static void reads_an_id(void)
{
    static const char value[] = "\x00\x00\x01\x02\x03pay";
    struct treaty_frame frame;
    struct treaty_error err;

    if (!CHECK_INT(treaty_frame_parse(bytes(value, 8), none, &frame, &err),
                   TREATY_OK))
        return;
    CHECK(!frame.by_guid);
    CHECK_INT(frame.id, 0x010203);
    CHECK_INT(frame.payload_at, 5);
    CHECK_STR(frame.payload, TREATY_STR("pay"));
}

static void reads_a_guid(void)
{
    static const char header[] = "\x01"
                                 "0123456789abcdef";
    struct treaty_frame frame;
    struct treaty_error err;

    if (!CHECK_INT(treaty_frame_parse(TREATY_STR("pay"), bytes(header, 17),
                                      &frame, &err),
                   TREATY_OK))
        return;
    CHECK(frame.by_guid);
    CHECK(memcmp(frame.guid, "0123456789abcdef", 16) == 0);
    CHECK_INT(frame.payload_at, 0);
    CHECK_STR(frame.payload, TREATY_STR("pay"));
    CHECK_INT(frame.more.len, 0);
    /* A bare payload may be empty: a record without fields is. */
    CHECK_INT(
        treaty_frame_parse(TREATY_STR(""), bytes(header, 17), &frame, &err),
        TREATY_OK);
    CHECK_INT(frame.payload.len, 0);
}

struct bad_case {
    const char *value;
    size_t value_len;
    const char *header;
    size_t header_len;
    size_t offset;
    const char *message;
};

static void names_what_is_wrong(void)
{
    static const struct bad_case cases[] = {
        {NULL, 0, NULL, 0, TREATY_NO_OFFSET, "a null value has no schema"},
        {"", 0, NULL, 0, 0, "the value is empty"},
        {"\x01\0\0\0\1", 5, NULL, 0, 0, "the magic byte is 0x01, not 0x00"},
        {"\xff", 1, NULL, 0, 0, "the magic byte is 0xff, not 0x00"},
        {"\0", 1, NULL, 0, 1,
         "the value ends inside the schema id, after 1 of 5 bytes"},
        {"\0\0\0\1", 4, NULL, 0, 4,
         "the value ends inside the schema id, after 4 of 5 bytes"},
        {"\0\x80\0\0\0", 5, NULL, 0, 1,
         "the schema id is 2147483648, above 2147483647"},
        {"x", 1, "", 0, 0, "the schema header is empty"},
        {"x", 1, "\0\0\0\0\1", 5, 0,
         "the schema header begins with 0x00, not with 0x01 and a GUID"},
        {"x", 1, "\1\2", 2, 2, "the schema header has 2 bytes, not 17"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct bad_case *c = &cases[i];
        struct treaty_frame frame = {.id = 77};
        struct treaty_error err;

        CHECK_INT(treaty_frame_parse(bytes(c->value, c->value_len),
                                     bytes(c->header, c->header_len), &frame,
                                     &err),
                  TREATY_EFRAME);
        CHECK_STR_Z(treaty_str_z(err.message), c->message);
        CHECK_INT(err.offset, c->offset);
        CHECK_INT(frame.id, 77);
    }
}

static void writes_what_it_reads(void)
{
    static const uint32_t ids[] = {0, 1, 255, 256, 0x01020304, INT32_MAX};
    static const uint8_t guid[16] = {0x81, 0x95, 1, 2, 0xff};
    char out[TREATY_FRAME_ID_SIZE];
    char header[TREATY_FRAME_GUID_SIZE];
    struct treaty_frame frame;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        treaty_frame_write_id(out, ids[i]);
        CHECK_INT(
            treaty_frame_parse(bytes(out, sizeof(out)), none, &frame, NULL),
            TREATY_OK);
        CHECK_INT(frame.id, ids[i]);
    }
    treaty_frame_write_guid(header, guid);
    CHECK_INT(treaty_frame_parse(TREATY_STR(""), bytes(header, sizeof(header)),
                                 &frame, NULL),
              TREATY_OK);
    CHECK(memcmp(frame.guid, guid, 16) == 0);
}

/* Count and indexes are zigzag varints; a count of 0 stands for [0]. */
static void measures_indexes(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        size_t want;
    } cases[] = {
        {"", 0, 0},
        {"\0", 1, 1},
        {"\0\2\0", 3, 1},               /* the rest is payload */
        {"\2\0", 2, 2},                 /* [0], spelled out */
        {"\4\2\2zz", 5, 3},             /* [1, 1] */
        {"\2\x80\2", 3, 3},             /* [128] */
        {"\2\x80\x80\x80\x80\1", 6, 6}, /* as long as 32 bits may take */
        {"\2\x80\x80\x80\x80\x80\1", 7, 0},
        {"\x82\0\2", 3, 3},                /* a count with a needless byte */
        {"\1", 1, 0},                      /* -1 indexes */
        {"\3\0\0", 3, 0},                  /* -2 */
        {"\2", 1, 0},                      /* cut before the index */
        {"\4\2", 2, 0},                    /* and between two */
        {"\2\x80", 2, 0},                  /* and inside one */
        {"\x80", 1, 0},                    /* and inside the count */
        {"\xfe\xff\xff\xff\xf\0\0", 7, 0}, /* 2^31 - 1 of them */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tap_guard guard =
            tap_guard_copy(cases[i].bytes, cases[i].len, 0);

        if (!CHECK_INT(
                treaty_frame_indexes_len(bytes(guard.data, cases[i].len)),
                cases[i].want))
            tap_note("case %zu", i);
        tap_guard_free(&guard);
    }
}

/* What follows the GUID is the schema's to read. */
static void leaves_the_rest_of_a_header(void)
{
    static const char header[] = "\x01"
                                 "0123456789abcdef"
                                 "\4\2\2";
    struct treaty_frame frame;

    CHECK_INT(
        treaty_frame_parse(TREATY_STR("pay"), bytes(header, 20), &frame, NULL),
        TREATY_OK);
    CHECK_STR(frame.more, bytes("\4\2\2", 3));
    CHECK_STR(treaty_frame_indexes(&frame), frame.more);
    CHECK_STR(frame.payload, TREATY_STR("pay"));
    CHECK_INT(treaty_frame_parse(bytes("\0\0\0\0\1\0p", 7), none, &frame, NULL),
              TREATY_OK);
    CHECK_STR(treaty_frame_indexes(&frame), bytes("\0p", 2));
}

/* Random bytes of every small length against a guard page on both sides. */
static void stays_inside(void)
{
    struct treaty_rng rng;
    char noise[24];

    treaty_rng_init(&rng, 3);
    for (size_t n = 0; n <= sizeof(noise); n++) {
        for (size_t i = 0; i < n; i++)
            noise[i] = (char)treaty_rng_below(&rng, i == 0 ? 2 : 256);
        for (int front = 0; front < 2; front++) {
            struct tap_guard guard = tap_guard_copy(noise, n, front);
            struct treaty_str s = bytes(guard.data, n);
            struct treaty_frame frame;
            enum treaty_code code = treaty_frame_parse(s, none, &frame, NULL);

            CHECK(code == TREATY_OK || code == TREATY_EFRAME);
            CHECK(code != TREATY_OK || frame.payload.len == n - 5);
            code = treaty_frame_parse(none, s, &frame, NULL);
            CHECK_INT(code,
                      n >= 17 && noise[0] == 1 ? TREATY_OK : TREATY_EFRAME);
            CHECK(code != TREATY_OK || frame.more.len == n - 17);
            CHECK(treaty_frame_indexes_len(s) <= n);
            tap_guard_free(&guard);
        }
    }
}

TAP_MAIN({"reads an id", reads_an_id}, {"reads a GUID", reads_a_guid},
         {"names what is wrong", names_what_is_wrong},
         {"writes what it reads", writes_what_it_reads},
         {"measures indexes", measures_indexes},
         {"leaves the rest of a header", leaves_the_rest_of_a_header},
         {"stays inside its bytes", stays_inside})
