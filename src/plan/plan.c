/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "base/cpu.h"
#include "base/error.h"
#include "plan/build.h"
#include "plan/proto_run.h"

#include <assert.h>
#include <stdlib.h>

/* treaty_build_field emits it without knowing which way the plan runs. */
static_assert((int)TREATY_DECODE_SHIFT == (int)TREATY_ENCODE_SHIFT,
              "both loops number SHIFT alike");
static_assert(sizeof(struct treaty_op) == 8, "an operation is 8 bytes");

struct treaty_plan *treaty_plan_ref(struct treaty_plan *plan)
{
    __atomic_add_fetch(&plan->refs, 1, __ATOMIC_RELAXED);
    return plan;
}

void treaty_plan_unref(struct treaty_plan *plan)
{
    struct treaty_arena arena;

    if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena = plan->arena; /* the plan lies on it */
    treaty_arena_release(&arena);
}

const struct treaty_plan_note *treaty_plan_fails(const struct treaty_plan *plan,
                                                 size_t *ret_count)
{
    *ret_count = plan->fail_count;
    return plan->fails;
}

const struct treaty_plan_note *
treaty_plan_losses(const struct treaty_plan *plan, size_t *ret_count)
{
    *ret_count = plan->loss_count;
    return plan->losses;
}

size_t treaty_plan_record_size(const struct treaty_plan *plan)
{
    return plan->record_size;
}

#if defined(__x86_64__)
static bool has_wide_loops(void)
{
    unsigned needed = TREATY_CPU_AVX2 | TREATY_CPU_BMI2;

    return (treaty_cpu_features() & needed) == needed;
}
#endif

void treaty_plan_set_portable(struct treaty_plan *plan)
{
    if (plan->decode)
        plan->decode =
            plan->proto ? treaty_proto_decode_portable : treaty_decode_portable;
    if (plan->encode)
        plan->encode =
            plan->proto ? treaty_proto_encode_portable : treaty_encode_portable;
}

void treaty_plan_set_native(struct treaty_plan *plan)
{
    treaty_plan_set_portable(plan);
#if defined(__x86_64__)
    if (has_wide_loops() && plan->decode)
        plan->decode = plan->proto ? treaty_proto_decode_x86_64_v3
                                   : treaty_decode_x86_64_v3;
    if (has_wide_loops() && plan->encode)
        plan->encode = plan->proto ? treaty_proto_encode_x86_64_v3
                                   : treaty_encode_x86_64_v3;
#endif
}

void treaty_plan_set_way(struct treaty_plan *plan, enum treaty_plan_way way)
{
    plan->decode = way == TREATY_PLAN_DECODES ? treaty_decode_portable : NULL;
    plan->encode = way == TREATY_PLAN_ENCODES ? treaty_encode_portable : NULL;
    if (!plan->proto)
        treaty_plan_fuse(plan, way);
    treaty_plan_set_native(plan);
}

/* The loops subtract addresses, so even nothing needs one. */
static const uint8_t *start_of(struct treaty_str payload)
{
    return (const uint8_t *)(payload.data ? payload.data : "");
}

/* Without an arena: one that has no room. */
static uintptr_t run_decode(const struct treaty_plan *plan,
                            struct treaty_str payload, void *record,
                            struct treaty_arena *arena,
                            struct treaty_error *err)
{
    const uint8_t *start = start_of(payload);
    struct treaty_arena none;

    if (TREATY_UNLIKELY(!arena)) {
        treaty_arena_init(&none, 1, NULL);
        arena = &none;
    }
    return plan->decode(plan, start, start + payload.len, record, arena, err);
}

enum treaty_code treaty_plan_decode(const struct treaty_plan *plan,
                                    struct treaty_str payload, void *record,
                                    struct treaty_arena *arena,
                                    struct treaty_error *err)
{
    uintptr_t end = run_decode(plan, payload, record, arena, err);

    return end < TREATY_CODE_COUNT ? (enum treaty_code)end : TREATY_OK;
}

enum treaty_code treaty_plan_decode_prefix(
    const struct treaty_plan *plan, struct treaty_str payload, void *record,
    struct treaty_arena *arena, size_t *ret_used, struct treaty_error *err)
{
    uintptr_t end = run_decode(plan, payload, record, arena, err);

    if (end < TREATY_CODE_COUNT)
        return (enum treaty_code)end;
    *ret_used = (size_t)(end - (uintptr_t)start_of(payload));
    return TREATY_OK;
}

enum treaty_code treaty_plan_encode(const struct treaty_plan *plan,
                                    const void *record, struct treaty_buf *out,
                                    struct treaty_error *err)
{
    struct treaty_encode run;
    size_t len = out->len;
    enum treaty_code code;

    run.out = out;
    run.err = err;
    run.depth = 0;
    run.heap = NULL;
    run.sorted = NULL;
    if (TREATY_UNLIKELY(out->cap - out->len < TREATY_ENCODE_ROOM) &&
        !treaty_buf_reserve(out, TREATY_ENCODE_ROOM))
        return treaty_buf_status(out, err);
    code = plan->encode(plan, record, &run);
    if (TREATY_UNLIKELY(run.heap != NULL))
        free(run.heap);
    if (TREATY_UNLIKELY(run.sorted != NULL))
        treaty_proto_drop_sorted(&run);
    if (TREATY_UNLIKELY(code != TREATY_OK))
        out->len = len;
    return code;
}
