/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/base64.h"
#include "harness/tap.h"

static struct treaty_str hex(struct treaty_buf *out, const void *data,
                             size_t len)
{
    treaty_buf_clear(out);
    treaty_buf_put_hex(out, data, len);
    return treaty_buf_str(out);
}

static void known_digests(void)
{
    uint8_t md5[TREATY_MD5_SIZE];
    uint8_t sha[TREATY_SHA256_SIZE];
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    CHECK_INT(treaty_md5("", 0, md5), TREATY_OK);
    CHECK_STR_Z(hex(&out, md5, sizeof(md5)),
                "d41d8cd98f00b204e9800998ecf8427e");
    CHECK_INT(treaty_md5("abc", 3, md5), TREATY_OK);
    CHECK_STR_Z(hex(&out, md5, sizeof(md5)),
                "900150983cd24fb0d6963f7d28e17f72");
    CHECK_INT(treaty_sha256("abc", 3, sha), TREATY_OK);
    CHECK_STR_Z(hex(&out, sha, sizeof(sha)),
                "ba7816bf8f01cfea414140de5dae2223"
                "b00361a396177a9cb410ff61f20015ad");
    treaty_buf_release(&out);
}

/* Bit by bit, as the specification defines it. */
static uint64_t crc64_slowly(const char *data, size_t len)
{
    const uint64_t empty = UINT64_C(0xc15d213aa4d7a795);
    uint64_t fp = empty;

    for (size_t i = 0; i < len; i++) {
        fp ^= (unsigned char)data[i];
        for (int bit = 0; bit < 8; bit++)
            fp = fp & 1 ? fp >> 1 ^ empty : fp >> 1;
    }
    return fp;
}

static void crc64(void)
{
    char bytes[256];

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    CHECK(treaty_crc64_avro("", 0) == UINT64_C(0xc15d213aa4d7a795));
    /* Apache Avro's own test data: the fingerprints of "null" and "int". */
    CHECK(treaty_crc64_avro("\"null\"", 6) == UINT64_C(7195948357588979594));
    CHECK((int64_t)treaty_crc64_avro("\"boolean\"", 9) ==
          INT64_C(-6970731678124411036));
    CHECK(treaty_crc64_avro("\"int\"", 5) == UINT64_C(8247732601305521295));
    for (size_t len = 0; len <= sizeof(bytes); len++)
        CHECK(treaty_crc64_avro(bytes, len) == crc64_slowly(bytes, len));
}

static const struct {
    const char *bytes, *common, *url;
} samples[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

static void check_base64(enum treaty_base64_form form, const char *bytes,
                         const char *text)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_base64_put(&out, form, treaty_str_z(bytes));
    CHECK_STR_Z(treaty_buf_str(&out), text);
    treaty_buf_clear(&out);
    CHECK(treaty_base64_get(&out, form, treaty_str_z(text)));
    CHECK_STR_Z(treaty_buf_str(&out), bytes);
    treaty_buf_release(&out);
}

static void base64(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        check_base64(TREATY_BASE64, samples[i].bytes, samples[i].common);
        check_base64(TREATY_BASE64_URL, samples[i].bytes, samples[i].url);
    }
}

static void base64_refuses(void)
{
    static const struct {
        enum treaty_base64_form form;
        const char *text;
    } bad[] = {
        {TREATY_BASE64, "Zg"},       {TREATY_BASE64, "Zg="},
        {TREATY_BASE64, "Zg==="},    {TREATY_BASE64, "Z==="},
        {TREATY_BASE64, "===="},     {TREATY_BASE64, "="},
        {TREATY_BASE64, "Zm9v!m9v"}, {TREATY_BASE64, "Zm9vZ-9v"},
        {TREATY_BASE64, "Zm9v Zm9"}, {TREATY_BASE64, "Zh=="},
        {TREATY_BASE64, "Zm9="},     {TREATY_BASE64, "Zg==Zg=="},
        {TREATY_BASE64, "Zg=v"},     {TREATY_BASE64_URL, "Zg=="},
        {TREATY_BASE64_URL, "Z"},    {TREATY_BASE64_URL, "Zm9vZ"},
        {TREATY_BASE64_URL, "+//+"}, {TREATY_BASE64_URL, "Zh"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        treaty_buf_put_z(&out, "before");
        if (treaty_base64_get(&out, bad[i].form, treaty_str_z(bad[i].text)))
            tap_fail(__FILE__, __LINE__, "%s is taken", bad[i].text);
        CHECK_STR_Z(treaty_buf_str(&out), "before");
        treaty_buf_release(&out);
    }
}

TAP_MAIN({"known digests", known_digests}, {"crc64", crc64}, {"base64", base64},
         {"base64 refuses", base64_refuses})
