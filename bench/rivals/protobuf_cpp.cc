// SPDX-License-Identifier: Apache-2.0
#include "rivals/protobuf.h"

#include "order.pb.h"

#include <vector>

static std::vector<bench::Order> kept;

bool rival_cpp_decode(const char *data, size_t len)
{
    static bench::Order order;

    return order.ParseFromArray(data, (int)len);
}

bool rival_cpp_keep(size_t i, size_t count, const char *data, size_t len)
{
    if (kept.size() != count)
        kept.resize(count);
    return kept[i].ParseFromArray(data, (int)len);
}

size_t rival_cpp_encode(size_t i, char *out, size_t cap)
{
    if (!kept[i].SerializeToArray(out, (int)cap))
        return 0;
    return (size_t)kept[i].GetCachedSize();
}
