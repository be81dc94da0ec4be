/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../fuzz/json.c"

#include "harness/inputs.h"
#include "harness/tap.h"

/* With the flags of the input, and with all others. */
static void run_input(char *data, size_t len)
{
    inputs_try(LLVMFuzzerTestOneInput, data, len);
    for (char flags = '@'; len && flags <= '_'; flags++) {
        data[0] = flags;
        inputs_try(LLVMFuzzerTestOneInput, data, len);
    }
}

static void inputs_hold(void)
{
    inputs_each("json", 16, run_input);
}

TAP_MAIN({"inputs hold", inputs_hold})
