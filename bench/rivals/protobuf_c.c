/* SPDX-License-Identifier: Apache-2.0 */
#include "rivals/protobuf.h"

#include "order.pb-c.h"

#include <stdlib.h>

enum { ARENA = 64 << 10 };

static char arena[ARENA] __attribute__((aligned(16)));
static size_t used;

static void *take(void *ctx, size_t size)
{
    size_t at = used;

    (void)ctx;
    size = (size + 15) & ~(size_t)15;
    if (size > ARENA - used)
        return NULL;
    used += size;
    return arena + at;
}

static void give_back(void *ctx, void *p)
{
    (void)ctx;
    (void)p;
}

static ProtobufCAllocator bump = {take, give_back, NULL};
static Bench__Order **kept;

bool rival_c_decode(const char *data, size_t len)
{
    used = 0;
    return bench__order__unpack(&bump, len, (const uint8_t *)data) != NULL;
}

bool rival_c_keep(size_t i, size_t count, const char *data, size_t len)
{
    if (!kept)
        kept = calloc(count, sizeof(*kept));
    if (!kept)
        return false;
    kept[i] = bench__order__unpack(NULL, len, (const uint8_t *)data);
    return kept[i] != NULL;
}

/* As C++'s SerializeToArray: the size is found out first. */
size_t rival_c_encode(size_t i, char *out, size_t cap)
{
    if (bench__order__get_packed_size(kept[i]) > cap)
        return 0;
    return bench__order__pack(kept[i], (uint8_t *)out);
}
