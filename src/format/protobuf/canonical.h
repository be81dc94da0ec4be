/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_CANONICAL_H
#define TREATY_SRC_FORMAT_PROTOBUF_CANONICAL_H

/*
 * The texts that a tree prints as. They decide ids, GUIDs and look-ups, so
 * they follow the reference to the byte (confluent.md 5.5 and 12), what it
 * loses included:
 *
 *     canonical   what is stored and served: one spelling of each element, in
 *                 an order by kind, without comments
 *     plain       the same without extensions and without options that are
 *                 extensions (`format=ignore_extensions`)
 *     normalized  canonical, sorted, every name in full, maps folded
 *
 * Of a file that the reference refuses there is no text of its own to follow.
 * Such a file is printed in the same manner, but nothing of it is lost.
 */
#include "base/buf.h"
#include "format/protobuf/tree.h"

enum treaty_proto_text {
    TREATY_PROTO_CANONICAL,
    TREATY_PROTO_PLAIN,
    TREATY_PROTO_NORMALIZED,
};

/* Append the text of the tree's file, which must be linked. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_put_text(const struct treaty_proto_tree *tree,
                      enum treaty_proto_text which, struct treaty_buf *out,
                      struct treaty_error *err);

/*
 * What a canonical text leaves out or changes although it says something: not
 * comments, spacing or the order of elements of different kinds. `what` is a
 * static sentence, `pos` the place in the text.
 */
struct treaty_proto_loss {
    const char *what;
    struct treaty_str element; /* full name of what it belongs to */
    size_t pos;
};
typedef void (*treaty_proto_loss_fn)(void *ctx,
                                     const struct treaty_proto_loss *loss);

/* Call `give` for each loss, in the order of the tree. */
void treaty_proto_losses(const struct treaty_proto_tree *tree,
                         treaty_proto_loss_fn give, void *ctx);

/*
 * Is the canonical text of the tree one of the reference's? Else the reference
 * refuses the file, or cannot read its own text of it.
 */
bool treaty_proto_has_reference_text(const struct treaty_proto_tree *tree);

#endif
