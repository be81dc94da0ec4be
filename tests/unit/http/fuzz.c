/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../fuzz/http_request.c"

#include "harness/inputs.h"
#include "harness/tap.h"

static void run_input(char *data, size_t len)
{
    inputs_try_prefixes(LLVMFuzzerTestOneInput, data, len);
}

static void inputs_hold(void)
{
    inputs_each("http_request", 10, run_input);
}

TAP_MAIN({"inputs hold", inputs_hold})
