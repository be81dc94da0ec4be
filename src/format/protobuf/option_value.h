/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_OPTION_VALUE_H
#define TREATY_SRC_FORMAT_PROTOBUF_OPTION_VALUE_H

/* The two halves of options: names in options.c, values in option_value.c. */
#include "format/protobuf/options.h"

/*
 * Set `field` of `message`, which has no value of it unless it is repeated, to
 * what `value` says. TREATY_ESCHEMA with the place when it cannot be.
 */
TREATY_MUST_CHECK enum treaty_code treaty_proto_option_set(
    struct treaty_proto_interpreter *in, struct treaty_proto_dynamic *message,
    const struct treaty_proto_field *field,
    const struct treaty_proto_value *value, struct treaty_error *err);

/*
 * The symbol that `name` means within `scope`, the last component of which is
 * left out first; NULL when there is none that the file can see. `*ret_lost`,
 * which may be NULL, is then the name that was decided upon in vain, if any.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_option_lookup(struct treaty_proto_interpreter *in,
                           struct treaty_str scope, struct treaty_str name,
                           const struct treaty_proto_symbol **ret,
                           struct treaty_str *ret_lost);

#endif
