/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

static enum treaty_code digest(const EVP_MD *md, const void *data, size_t len,
                               uint8_t *out, size_t size)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];

    if (EVP_Digest(data, len, bytes, NULL, md, NULL) != 1)
        return TREATY_EINTERNAL;
    memcpy(out, bytes, size);
    return TREATY_OK;
}

enum treaty_code treaty_md5(const void *data, size_t len,
                            uint8_t out[TREATY_MD5_SIZE])
{
    return digest(EVP_md5(), data, len, out, TREATY_MD5_SIZE);
}

enum treaty_code treaty_sha256(const void *data, size_t len,
                               uint8_t out[TREATY_SHA256_SIZE])
{
    return digest(EVP_sha256(), data, len, out, TREATY_SHA256_SIZE);
}

/* The fingerprint of nothing, which is the polynomial as well. */
#define CRC64_EMPTY UINT64_C(0xc15d213aa4d7a795)

static uint64_t crc64_table[256];
static pthread_once_t crc64_once = PTHREAD_ONCE_INIT;

static void fill_crc64_table(void)
{
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t fp = i;

        for (int bit = 0; bit < 8; bit++)
            fp = (fp >> 1) ^ (CRC64_EMPTY & (0 - (fp & 1)));
        crc64_table[i] = fp;
    }
}

uint64_t treaty_crc64_avro(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t fp = CRC64_EMPTY;

    (void)pthread_once(&crc64_once, fill_crc64_table);
    for (size_t i = 0; i < len; i++)
        fp = (fp >> 8) ^ crc64_table[(fp ^ bytes[i]) & 0xff];
    return fp;
}
