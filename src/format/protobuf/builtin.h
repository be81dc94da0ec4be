/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_BUILTIN_H
#define TREATY_SRC_FORMAT_PROTOBUF_BUILTIN_H

/*
 * The files that every .proto may import although nobody registers them:
 * those that protoc carries (google/protobuf/...), and those that the
 * reference carries besides (google/type/..., confluent/...). Their texts lie
 * in the folder builtin/, without comments.
 */
#include "base/str.h"

/* The text of the file that is imported as `path`; `.data` NULL: none. */
struct treaty_str treaty_proto_builtin(struct treaty_str path);

/* The path of file number `index`; `.data` NULL behind the last one. */
struct treaty_str treaty_proto_builtin_path(size_t index);

#endif
