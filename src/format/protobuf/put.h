/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_PUT_H
#define TREATY_SRC_FORMAT_PROTOBUF_PUT_H

/*
 * Writing protobuf by hand, for descriptors and options. A message within a
 * message is written behind a mark, and its length goes before it once it is
 * known:
 *
 *     at = treaty_proto_put_open(out, 4);   22
 *     ...                                   22 .. .. ..
 *     treaty_proto_put_close(out, at);      22 03 .. .. ..
 */
#include "base/buf.h"
#include "wire/tag.h"

void treaty_proto_put_varint(struct treaty_buf *out, uint64_t value);
void treaty_proto_put_tag(struct treaty_buf *out, uint32_t number,
                          enum treaty_wire_type wire);
/* `size` bytes of `bits`, the lowest first. */
void treaty_proto_put_fixed(struct treaty_buf *out, uint64_t bits, int size);

/* A field: an integer (a negative one takes ten bytes), or bytes. */
void treaty_proto_put_int(struct treaty_buf *out, uint32_t number,
                          int64_t value);
void treaty_proto_put_bytes(struct treaty_buf *out, uint32_t number,
                            struct treaty_str bytes);

/* A field of bytes that are written between the two calls. */
size_t treaty_proto_put_open(struct treaty_buf *out, uint32_t number);
void treaty_proto_put_close(struct treaty_buf *out, size_t at);

#endif
