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

#endif
