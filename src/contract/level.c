/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/contract.h"

#include "base/str.h"

static const struct level_row {
    const char *name;
    bool backward;
    bool forward;
    bool transitive;
} levels[] = {
    [TREATY_LEVEL_NONE] = {"NONE", false, false, false},
    [TREATY_LEVEL_BACKWARD] = {"BACKWARD", true, false, false},
    [TREATY_LEVEL_BACKWARD_TRANSITIVE] = {"BACKWARD_TRANSITIVE", true, false,
                                          true},
    [TREATY_LEVEL_FORWARD] = {"FORWARD", false, true, false},
    [TREATY_LEVEL_FORWARD_TRANSITIVE] = {"FORWARD_TRANSITIVE", false, true,
                                         true},
    [TREATY_LEVEL_FULL] = {"FULL", true, true, false},
    [TREATY_LEVEL_FULL_TRANSITIVE] = {"FULL_TRANSITIVE", true, true, true},
};

bool treaty_level_parse(struct treaty_str text, enum treaty_level *ret)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (!treaty_str_eq_nocase(text, treaty_str_z(levels[i].name)))
            continue;
        *ret = (enum treaty_level)i;
        return true;
    }
    return false;
}

struct treaty_str treaty_level_name(enum treaty_level level)
{
    return treaty_str_z(levels[level].name);
}

bool treaty_level_asks_backward(enum treaty_level level)
{
    return levels[level].backward;
}

bool treaty_level_asks_forward(enum treaty_level level)
{
    return levels[level].forward;
}

bool treaty_level_is_transitive(enum treaty_level level)
{
    return levels[level].transitive;
}

enum treaty_upgrade treaty_upgrade_order(bool backward, bool forward)
{
    if (backward && forward)
        return TREATY_UPGRADE_ANY;
    if (backward)
        return TREATY_UPGRADE_CONSUMERS;
    return forward ? TREATY_UPGRADE_PRODUCERS : TREATY_UPGRADE_NONE;
}

const char *treaty_upgrade_text(enum treaty_upgrade upgrade)
{
    static const char *const texts[] = {
        [TREATY_UPGRADE_ANY] = "consumers and producers in any order",
        [TREATY_UPGRADE_CONSUMERS] = "consumers first, then producers",
        [TREATY_UPGRADE_PRODUCERS] = "producers first, then consumers",
        [TREATY_UPGRADE_NONE] = "no order works: use a new topic, or change "
                                "the schema",
    };

    return texts[upgrade];
}
