/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SCHEMA_H
#define TREATY_SCHEMA_H

/* How schemas speak of each other. */
#include <treaty/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One entry of a schema's reference list, as registered: `name` is what the
 * text says, `subject` and `version` where the registry keeps it.
 */
struct treaty_reference {
    struct treaty_str name;
    struct treaty_str subject;
    int32_t version;
};

#ifdef __cplusplus
}
#endif
#endif
