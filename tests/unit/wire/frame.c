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
        {"x", 1, "\1aaaaaaaaaaaaaaaa!", 18, 17,
         "the schema header has 18 bytes, not 17"},
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
                      n == 17 && noise[0] == 1 ? TREATY_OK : TREATY_EFRAME);
            tap_guard_free(&guard);
        }
    }
}

TAP_MAIN({"reads an id", reads_an_id}, {"reads a GUID", reads_a_guid},
         {"names what is wrong", names_what_is_wrong},
         {"writes what it reads", writes_what_it_reads},
         {"stays inside its bytes", stays_inside})
