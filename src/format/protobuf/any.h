/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_ANY_H
#define TREATY_SRC_FORMAT_PROTOBUF_ANY_H

#include "format/protobuf/format.h"

/* All messages of the schema and of what it imports; it holds a count of the
 * schema. NULL: out of memory. */
struct treaty_any *treaty_proto_any_new(const struct treaty_schema *schema);

/* treaty_proto_layout, for a message that is found through `any`, whose own
 * Any then hold what that finds. */
enum treaty_code treaty_proto_layout_among(const struct treaty_schema *schema,
                                           struct treaty_any *any,
                                           struct treaty_layout **ret,
                                           struct treaty_error *err);

#endif
