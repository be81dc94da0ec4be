/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/fuse.h"

#include "plan/build.h"

static const struct treaty_fuse_pair decode_pairs[] = {
#define PAIR(x, y)                                                             \
    {TREATY_DECODE_##x, TREATY_DECODE_##y, TREATY_DECODE_##x##_AND_##y},
    TREATY_DECODE_PAIRS(PAIR)
#undef PAIR
};

static const struct treaty_fuse_pair encode_pairs[] = {
#define PAIR(x, y)                                                             \
    {TREATY_ENCODE_##x, TREATY_ENCODE_##y, TREATY_ENCODE_##x##_AND_##y},
    TREATY_ENCODE_PAIRS(PAIR)
#undef PAIR
};

uint8_t treaty_fuse_join(const struct treaty_fuse_pair *pairs, size_t count,
                         uint8_t first, uint8_t second)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].first == first && pairs[i].second == second)
            return pairs[i].joined;
    }
    return first;
}

/*
 * Each operation is joined with the one behind it, as it was before that one
 * was joined itself: run from any place, two at a time are done.
 */
void treaty_plan_fuse(struct treaty_plan *plan, enum treaty_plan_way way)
{
    bool decodes = way == TREATY_PLAN_DECODES;
    const struct treaty_fuse_pair *pairs =
        decodes ? decode_pairs : encode_pairs;
    size_t count = decodes ? sizeof(decode_pairs) / sizeof(decode_pairs[0])
                           : sizeof(encode_pairs) / sizeof(encode_pairs[0]);

    for (uint32_t i = 0; i + 1 < plan->op_count; i++)
        plan->ops[i].code = treaty_fuse_join(pairs, count, plan->ops[i].code,
                                             plan->ops[i + 1].code);
}
