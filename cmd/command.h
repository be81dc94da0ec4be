/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_COMMAND_H
#define TREATY_CMD_COMMAND_H

/*
 * A subcommand: one file, one function, one row of the table in main.c.
 *
 * `run` gets the arguments from the subcommand's name on (argv[0] is
 * "registry") and returns the exit status of the program: 0 done, 1 the
 * answer is no, 2 wrong usage or no answer.
 *
 * Two programs are made from the table. `treaty` holds the commands that need
 * neither libcurl nor librdkafka, so that they start in milliseconds;
 * `treaty-stream` holds the rest, and `treaty X` turns into it.
 */
typedef int (*treaty_command_fn)(int argc, char **argv);

struct treaty_command {
    const char *name;
    const char *summary;
    treaty_command_fn run; /* NULL: the other program has it */
};

/* One line a command file, in alphabetical order. */
int treaty_cmd_compat_check(int argc, char **argv);
int treaty_cmd_consumer(int argc, char **argv);
int treaty_cmd_demo(int argc, char **argv);
int treaty_cmd_frame(int argc, char **argv);
int treaty_cmd_gen(int argc, char **argv);
int treaty_cmd_producer(int argc, char **argv);
int treaty_cmd_registry(int argc, char **argv);

#endif
