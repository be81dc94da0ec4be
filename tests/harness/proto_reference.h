/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_PROTO_REFERENCE_H
#define TREATY_TESTS_HARNESS_PROTO_REFERENCE_H

/*
 * A plain decoder of Protobuf: it reads a payload into lists of values, field
 * by field, as the specification has it, and prints what it came to as
 * unit/format/proto_support.h prints a record of the natural layout. It shares
 * nothing with the plans but the schema tree.
 */
#include "base/buf.h"
#include "format/protobuf/format.h"

/* Print `payload` as `schema` has it. False: it is malformed, or lacks what
 * is required. Unknown fields are printed when they are `kept`. */
bool proto_reference(const struct treaty_schema *schema,
                     struct treaty_str payload, bool kept,
                     struct treaty_buf *out);

#endif
