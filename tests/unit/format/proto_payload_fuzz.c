/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../fuzz/proto_payload.c"

#include "harness/inputs.h"
#include "harness/tap.h"

static void run_input(char *data, size_t len)
{
    inputs_try_prefixes(LLVMFuzzerTestOneInput, data, len);
}

static void inputs_hold(void)
{
    inputs_each("proto_payload", 19, run_input);
}

/* What a fuzzer would try first. */
static void random_bytes(void)
{
    struct treaty_rng rng;
    size_t count = tap_is_slow() ? 100 : 3000;
    uint8_t data[64] = {0};

    treaty_rng_init(&rng, 5);
    for (size_t i = 0; i < count; i++) {
        size_t len = 3 + (size_t)treaty_rng_below(&rng, sizeof(data) - 3);

        for (size_t k = 0; k < len; k++)
            data[k] =
                (uint8_t)(treaty_rng_next(&rng) >> treaty_rng_below(&rng, 60));
        data[0] = 0; /* 64 pairs: making them takes longest */
        data[1] &= 63;
        (void)LLVMFuzzerTestOneInput(data, len);
    }
}

TAP_MAIN({"inputs hold", inputs_hold}, {"random bytes hold", random_bytes})
