/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_DIGEST_H
#define TREATY_SRC_BASE_DIGEST_H

/*
 * Fingerprints of a text in one call. MD5 is there because the registry's
 * GUIDs are made of it, not for safety; SHA-256 and CRC-64-AVRO are the
 * fingerprints that the Avro specification recommends.
 */
#include <treaty/base.h>

enum { TREATY_MD5_SIZE = 16, TREATY_SHA256_SIZE = 32 };

/* TREATY_EINTERNAL when the crypto library refuses; `out` is untouched then. */
TREATY_MUST_CHECK enum treaty_code treaty_md5(const void *data, size_t len,
                                              uint8_t out[TREATY_MD5_SIZE]);
TREATY_MUST_CHECK enum treaty_code
treaty_sha256(const void *data, size_t len, uint8_t out[TREATY_SHA256_SIZE]);

/* Avro 1.12, "Schema Fingerprints": the 64-bit Rabin fingerprint. */
uint64_t treaty_crc64_avro(const void *data, size_t len);

#endif
