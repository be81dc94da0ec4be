/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CONTRACT_RULE_H
#define TREATY_SRC_CONTRACT_RULE_H

/*
 * What each rule means. In both texts "%r" is the reader's schema and "%w" the
 * writer's: "new" and "old", the other way round when the old one reads.
 */
struct treaty_rule {
    const char *name;
    const char *sentence;
    const char *advice;
};

/* The rule called `name`, or a general one. */
const struct treaty_rule *treaty_rule_find(const char *name);

#endif
