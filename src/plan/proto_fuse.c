/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/fuse.h"
#include "plan/proto.h"
#include "plan/proto_run.h"

static const struct treaty_fuse_pair read_pairs[] = {
#define PAIR(x, y)                                                             \
    {TREATY_READ_##x, TREATY_READ_##y, TREATY_READ_##x##_AND_##y,              \
     TREATY_READ_##x##_AND_##y},
    TREATY_PROTO_READ_PAIRS(PAIR)
#undef PAIR
};

static const struct treaty_fuse_pair write_pairs[] = {
#define PAIR(x, y)                                                             \
    {TREATY_WRITE_##x, TREATY_WRITE_##y, TREATY_WRITE_##x##_AND_##y,           \
     TREATY_WRITE_##x##_AND_##y##_TWIN},
    TREATY_PROTO_WRITE_PAIRS(PAIR)
#undef PAIR
};

#define COUNT(pairs) (sizeof(pairs) / sizeof((pairs)[0]))

/* Each is joined with the one behind it as that was before it was joined. */
void treaty_proto_fuse_reads(struct treaty_proto_read *reads, size_t count)
{
    struct treaty_fuse fuse = {read_pairs, COUNT(read_pairs), {{0}}};

    for (size_t i = 0; i + 1 < count; i++)
        reads[i].code =
            treaty_fuse_join(&fuse, i, reads[i].code, reads[i + 1].code);
}

/* The pairs write tags of one byte; MESSAGES and END see to their own. */
static bool is_narrow(const struct treaty_proto_write *op)
{
    return op->tag_len == 1 || op->code == TREATY_WRITE_MESSAGES ||
           op->code == TREATY_WRITE_END;
}

void treaty_proto_fuse_writes(struct treaty_proto_write *writes, size_t count)
{
    struct treaty_fuse fuse = {write_pairs, COUNT(write_pairs), {{0}}};

    for (size_t i = 0; i + 1 < count; i++) {
        if (is_narrow(&writes[i]) && is_narrow(&writes[i + 1]))
            writes[i].code =
                treaty_fuse_join(&fuse, i, writes[i].code, writes[i + 1].code);
    }
}

uint8_t treaty_proto_write_first(uint8_t code)
{
    return treaty_fuse_first(write_pairs, COUNT(write_pairs), code);
}
