/* SPDX-License-Identifier: Apache-2.0 */
/* The formats that there are: a new one is a row here and a folder beside. */
#include "base/str.h"
#include "format/format.h"

static const struct treaty_format *const formats[] = {
    &treaty_format_avro,
    &treaty_format_protobuf,
    NULL,
};

const struct treaty_format *const *treaty_format_list(void)
{
    return formats;
}

const struct treaty_format *treaty_format_find(struct treaty_str name)
{
    if (name.len == 0)
        return &treaty_format_avro;
    for (size_t i = 0; formats[i]; i++) {
        if (treaty_str_eq_nocase(name, treaty_str_z(formats[i]->name)))
            return formats[i];
    }
    return NULL;
}
