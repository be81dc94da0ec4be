/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_FINGERPRINT_H
#define TREATY_SRC_FORMAT_AVRO_FINGERPRINT_H

/*
 * Avro's own identity of a schema (Avro 1.12, "Parsing Canonical Form" and
 * "Schema Fingerprints"): what matters to a decoder, in one spelling.
 *
 *     {"name": "P", "namespace": "a", "type": "record", "doc": "a point",
 *      "fields": [{"name": "x", "type": {"type": "int"}, "default": 0}]}
 *
 *     {"name":"a.P","type":"record","fields":[{"name":"x","type":"int"}]}
 *
 * It is not the registry's canonical text, which keeps far more.
 */
#include "base/digest.h"
#include "format/format.h"

struct treaty_avro_fingerprints {
    uint64_t crc64; /* CRC-64-AVRO, as a number: most significant byte first */
    uint8_t md5[TREATY_MD5_SIZE];
    uint8_t sha256[TREATY_SHA256_SIZE];
};

/* Append the Parsing Canonical Form; types from imports are spelled out. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_put_parsing_form(const struct treaty_schema *schema,
                             struct treaty_buf *out, struct treaty_error *err);

TREATY_MUST_CHECK enum treaty_code
treaty_avro_fingerprint(const struct treaty_schema *schema,
                        struct treaty_avro_fingerprints *ret,
                        struct treaty_error *err);

#endif
