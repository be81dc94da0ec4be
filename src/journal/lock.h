/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_JOURNAL_LOCK_H
#define TREATY_SRC_JOURNAL_LOCK_H

/*
 * One owner per store, by a lock on the file `PATH.lock` beside it. The lock
 * belongs to the open file, not to the process: it holds against a second
 * opening in the same process, and the kernel drops it when the owner dies.
 * The file stays behind, with the owner's process id for messages; removing
 * it would let two owners each lock a file of their own.
 */
#include <treaty/base.h>

/* The descriptor in `*ret`; TREATY_ELOCKED says who holds it, TREATY_EIO. */
TREATY_MUST_CHECK enum treaty_code
treaty_journal_lock(const char *store, int *ret, struct treaty_error *err);

/* Accepts -1. */
void treaty_journal_unlock(int fd);

#endif
