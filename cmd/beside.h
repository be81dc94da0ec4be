/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_BESIDE_H
#define TREATY_CMD_BESIDE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Find a program by its place relative to the folder of the running one: the
 * first of `places` ("/treaty-stream", "/../libexec/...", NULL at the end)
 * that can be executed, as a path in `ret`. False when there is none.
 */
bool treaty_find_beside(const char *const *places, char *ret, size_t size);

#endif
