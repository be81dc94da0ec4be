/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/builtin.h"

#include "protobuf_builtin.h" /* made from builtin/ by CMake */

static const size_t count =
    sizeof(treaty_proto_builtins) / sizeof(treaty_proto_builtins[0]);

struct treaty_str treaty_proto_builtin(struct treaty_str path)
{
    for (size_t i = 0; i < count; i++)
        if (treaty_str_eq_z(path, treaty_proto_builtins[i].name))
            return (struct treaty_str){treaty_proto_builtins[i].text,
                                       treaty_proto_builtins[i].length};
    return (struct treaty_str){0};
}

struct treaty_str treaty_proto_builtin_path(size_t index)
{
    if (index >= count)
        return (struct treaty_str){0};
    return treaty_str_z(treaty_proto_builtins[index].name);
}
