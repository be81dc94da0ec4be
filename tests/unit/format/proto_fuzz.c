/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../fuzz/proto_schema.c"

#include "harness/inputs.h"
#include "harness/tap.h"

static void run_input(char *data, size_t len)
{
    inputs_try_prefixes(LLVMFuzzerTestOneInput, data, len);
}

static void inputs_hold(void)
{
    inputs_each("proto_schema", 34, run_input);
}

TAP_MAIN({"inputs hold", inputs_hold})
