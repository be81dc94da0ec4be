/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../fuzz/http_request.c"

#include "harness/inputs.h"
#include "harness/tap.h"

/* A long one is many requests, and its prefixes say nothing new. */
static void run_input(char *data, size_t len)
{
    if (len > 500)
        inputs_try(LLVMFuzzerTestOneInput, data, len);
    else
        inputs_try_prefixes(LLVMFuzzerTestOneInput, data, len);
}

static void inputs_hold(void)
{
    inputs_each("http_request", 11, run_input);
}

TAP_MAIN({"inputs hold", inputs_hold})
