/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_NUMBER_H
#define TREATY_SRC_FORMAT_PROTOBUF_NUMBER_H

/*
 * Numbers as .proto files and the text format spell them, and as protoc prints
 * the default values of floating fields.
 */
#include <treaty/base.h>

#include <stdbool.h>

/* 12, 0x1F or 017; false on anything else and past 64 bits. */
bool treaty_proto_read_integer(struct treaty_str text, uint64_t *ret);

/* Any of these, or a decimal with point or exponent. Integers in decimal may
 * be of any length. */
bool treaty_proto_read_number(struct treaty_str text, double *ret);

enum { TREATY_PROTO_NUMBER_SIZE = 32 };

/*
 * Fifteen significant digits, or seventeen where those do not read back the
 * same; six and nine for a float. As C's `%g` has them in its own locale,
 * zeros at the end left out: "1.5", "1e+100", "-inf", "nan". The length.
 */
size_t treaty_proto_print_double(char out[TREATY_PROTO_NUMBER_SIZE],
                                 double value);
size_t treaty_proto_print_float(char out[TREATY_PROTO_NUMBER_SIZE],
                                float value);

#endif
