/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_INPUTS_H
#define TREATY_TESTS_HARNESS_INPUTS_H

/*
 * The inputs that fuzzing began with or found, as ordinary tests. A test
 * includes fuzz/TARGET.c, which has LLVMFuzzerTestOneInput, and says how an
 * input is put to it.
 */
#include "base/str.h"

#include <stdint.h>

typedef int inputs_target(const uint8_t *data, size_t size);

/*
 * Call `run` with each file of tests/corpus/fuzz/TARGET, whose bytes it may
 * change; each counts as a passed case. Fewer than `at_least` files fail.
 */
void inputs_each(const char *target, size_t at_least,
                 void (*run)(char *data, size_t len));

/*
 * Give `data` to `target` twice, flush against a page that cannot be read:
 * behind it, then before it.
 */
void inputs_try(inputs_target *target, const char *data, size_t len);

/* Each prefix too, down to none: an input may end anywhere. */
void inputs_try_prefixes(inputs_target *target, const char *data, size_t len);

#endif
