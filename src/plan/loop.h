/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_LOOP_H
#define TREATY_SRC_PLAN_LOOP_H

/*
 * How the loops that run plans go from one operation to the next. Each has a
 * table `labels`, the operation at hand `op`, and ends at `fail` with `code`.
 */
#define DISPATCH() goto *labels[op->code]
#define ADVANCE()                                                              \
    do {                                                                       \
        op++;                                                                  \
        DISPATCH();                                                            \
    } while (0)
#define FAIL_AS(why)                                                           \
    do {                                                                       \
        code = (why);                                                          \
        goto fail;                                                             \
    } while (0)

/* What a pair of operations does: RUN_ of both, which leave `op` alone. */
#define RUN_BOTH(first, second)                                                \
    RUN_##first;                                                               \
    op++;                                                                      \
    RUN_##second;                                                              \
    ADVANCE();

#endif
