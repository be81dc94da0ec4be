/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/fuse.h"

#include "plan/build.h"
#include "plan/run.h"

static const struct treaty_fuse_pair decode_pairs[] = {
#define PAIR(x, y)                                                             \
    {TREATY_DECODE_##x, TREATY_DECODE_##y, TREATY_DECODE_##x##_AND_##y,        \
     TREATY_DECODE_##x##_AND_##y##_TWIN},
    TREATY_DECODE_PAIRS(PAIR)
#undef PAIR
};

static const struct treaty_fuse_pair encode_pairs[] = {
#define PAIR(x, y)                                                             \
    {TREATY_ENCODE_##x, TREATY_ENCODE_##y, TREATY_ENCODE_##x##_AND_##y,        \
     TREATY_ENCODE_##x##_AND_##y},
    TREATY_ENCODE_PAIRS(PAIR)
#undef PAIR
};

#define COUNT(pairs) (sizeof(pairs) / sizeof((pairs)[0]))

uint8_t treaty_fuse_join(struct treaty_fuse *fuse, size_t place, uint8_t first,
                         uint8_t second)
{
    /* Of neighbours, only every second one is run. */
    bool *twin_is_next = fuse->twin_is_next[place % 2];

    for (size_t i = 0; i < fuse->count; i++) {
        const struct treaty_fuse_pair *pair = &fuse->pairs[i];

        if (pair->first == first && pair->second == second) {
            bool is_twin = twin_is_next[pair->joined];

            twin_is_next[pair->joined] = !is_twin;
            return is_twin ? pair->twin : pair->joined;
        }
    }
    return first;
}

uint8_t treaty_fuse_first(const struct treaty_fuse_pair *pairs, size_t count,
                          uint8_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].joined == code || pairs[i].twin == code)
            return pairs[i].first;
    }
    return code;
}

uint8_t treaty_encode_first(uint8_t code)
{
    return treaty_fuse_first(encode_pairs, COUNT(encode_pairs), code);
}

/*
 * Each operation is joined with the one behind it, as it was before that one
 * was joined itself: run from any place, two at a time are done.
 */
void treaty_plan_fuse(struct treaty_plan *plan, enum treaty_plan_way way)
{
    bool decodes = way == TREATY_PLAN_DECODES;
    struct treaty_fuse fuse = {
        .pairs = decodes ? decode_pairs : encode_pairs,
        .count = decodes ? COUNT(decode_pairs) : COUNT(encode_pairs),
    };

    for (uint32_t i = 0; i + 1 < plan->op_count; i++)
        plan->ops[i].code = treaty_fuse_join(&fuse, i, plan->ops[i].code,
                                             plan->ops[i + 1].code);
}
