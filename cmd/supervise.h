/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_SUPERVISE_H
#define TREATY_CMD_SUPERVISE_H

/*
 * N processes of one command under a small supervisor. Each is forked before
 * any thread exists, so that it has caches, a Kafka client and a metrics port
 * of its own; signals are passed on; whatever a process counted comes back
 * through a pipe when it stops.
 *
 *     treaty producer -instances 3
 *       |- instance 0 --pipe--.
 *       |- instance 1 --pipe---+--> one report
 *       `- instance 2 --pipe--'
 *
 * A single instance runs in the calling process.
 */
#include "cmd/sequence.h"
#include "cmd/tally.h"

struct treaty_report {
    struct treaty_tally tally;
    struct treaty_sequences sequences;
};

void treaty_report_init(struct treaty_report *report);
void treaty_report_release(struct treaty_report *report);

struct treaty_instance {
    unsigned index; /* from 0 */
    unsigned count;
    struct treaty_report *report; /* to be filled before `run` returns */
};

/* Returns the exit status; it must return soon after a stop was asked for. */
typedef int (*treaty_instance_fn)(const struct treaty_instance *me, void *ctx);

/*
 * Run `count` instances of `run` and add up their reports. Returns the largest
 * exit status, 2 for one that died; says on standard error which did.
 */
int treaty_supervise(const char *command, unsigned count,
                     treaty_instance_fn run, void *ctx,
                     struct treaty_report *report);

/* True once SIGINT or SIGTERM came; and, once each time, after SIGUSR1. */
bool treaty_stop_asked(void);
bool treaty_go_on_asked(void);

/*
 * Write the report to the file `path`, "-" being standard output: an object
 * with what `head` puts first, the tally and, if there are any, "producers".
 */
typedef void (*treaty_report_head_fn)(struct treaty_json_writer *out,
                                      void *ctx);
bool treaty_report_print(const struct treaty_report *report,
                         treaty_report_head_fn head, void *ctx,
                         const char *path);

/* Write the sequences as text (sequence.h), likewise. */
bool treaty_report_print_sequences(const struct treaty_report *report,
                                   const char *path);

#endif
