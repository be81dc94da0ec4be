/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_DESCRIPTOR_H
#define TREATY_SRC_FORMAT_PROTOBUF_DESCRIPTOR_H

/*
 * Files as google.protobuf.FileDescriptorProto, the binary form that
 * descriptor.proto defines.
 */
#include "base/buf.h"
#include "format/format.h"
#include "format/protobuf/tree.h"

/*
 * Write what protoc makes of `file`, a file of the linked `tree`, with
 * json_name and without source info, byte for byte; `name` is what protoc
 * would call the file. TREATY_ESCHEMA when protoc would not take the file.
 */
TREATY_MUST_CHECK enum treaty_code treaty_proto_put_descriptor(
    const struct treaty_proto_tree *tree, const struct treaty_proto_file *file,
    struct treaty_str name, struct treaty_buf *out, struct treaty_error *err);

/*
 * Write what the reference makes of the tree's own file; it resolves nothing,
 * so that every linked tree has one.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_put_reference_descriptor(const struct treaty_proto_tree *tree,
                                      struct treaty_buf *out,
                                      struct treaty_error *err);

/* The same in both: fields `number`, each a reserved name. */
void treaty_proto_put_reserved_names(struct treaty_buf *out, uint32_t number,
                                     const struct treaty_proto_ranges *reserved,
                                     uint32_t count);

/* The number of a file's edition in descriptor.proto; 0: not a year. */
int64_t treaty_proto_edition_number(const struct treaty_proto_file *file);

/*
 * The file that a descriptor describes, as treaty_proto_load_file wants it;
 * all of it on `arena`, nothing in `bytes`. Options that are neither fields of
 * descriptor.proto's own nor Confluent's are lost. TREATY_ESCHEMA with the
 * offset in `bytes` of what is wrong.
 */
TREATY_MUST_CHECK enum treaty_code treaty_proto_read_descriptor(
    struct treaty_arena *arena, struct treaty_str bytes,
    const struct treaty_limits *limits, struct treaty_proto_file **ret,
    struct treaty_error *err);

/* Could `text` be a descriptor in base64? No .proto text that defines anything
 * could. */
bool treaty_proto_is_base64(struct treaty_str text);

/* The same from base64; the offset is then one in `text`. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_read_base64(struct treaty_arena *arena, struct treaty_str text,
                         const struct treaty_limits *limits,
                         struct treaty_proto_file **ret,
                         struct treaty_error *err);

#endif
