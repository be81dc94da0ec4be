/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_FLAGS_H
#define TREATY_CMD_FLAGS_H

/*
 * Command lines as tables. A command describes its flags once, in a const
 * table; parsing, help and error messages are made from it.
 *
 *     struct options { const char *listen; int64_t threads; bool quiet; };
 *
 *     static const struct treaty_flag flags[] = {
 *         {"listen", "ADDR:PORT", "address to serve", TREATY_FLAG_TEXT,
 *          offsetof(struct options, listen)},
 *         {"threads", "N", "event loops", TREATY_FLAG_INT,
 *          offsetof(struct options, threads), 1, 64},
 *         {"quiet", NULL, "say nothing", TREATY_FLAG_BOOL,
 *          offsetof(struct options, quiet)},
 *     };
 *     static const struct treaty_usage usage = {
 *         .command = "registry",
 *         .about = "Serves the REST API.",
 *         .flags = flags, .flag_count = 3,
 *     };
 *
 *     struct options options = {.listen = "127.0.0.1:8081", .threads = 1};
 *     int status;
 *
 *     if (!treaty_flags_parse(&usage, &argc, argv, &options, &status))
 *         return status;
 *
 * One dash or two, `-flag value` or `-flag=value`; `--` ends the flags, a lone
 * `-` is an operand. What the options hold before parsing is the default, and
 * the help shows it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum treaty_flag_type {
    TREATY_FLAG_BOOL,   /* bool; no value, or =true, =false */
    TREATY_FLAG_TEXT,   /* const char *, a view into argv */
    TREATY_FLAG_INT,    /* int64_t, from `min` to `max` */
    TREATY_FLAG_DOUBLE, /* double, from `min` to `max` */
    TREATY_FLAG_CHOICE, /* int: which of the words in `arg`, "text|json" */
    TREATY_FLAG_LIST,   /* struct treaty_flag_list; may be given again */
};

struct treaty_flag {
    const char *name;
    const char *arg;  /* word for the value in help; NULL for BOOL */
    const char *help; /* one sentence, no full stop */
    enum treaty_flag_type type;
    size_t offset;    /* of the member in the command's options */
    int64_t min, max; /* INT and DOUBLE; both 0: any value */
};

#define TREATY_FLAG_LIST_MAX 64

struct treaty_flag_list {
    const char *items[TREATY_FLAG_LIST_MAX];
    size_t count;
};

struct treaty_usage {
    const char *command;  /* "registry" */
    const char *operands; /* "FILE...", or NULL when there may be none */
    const char *about;    /* a paragraph or two for the help */
    const struct treaty_flag *flags;
    size_t flag_count;
};

/*
 * Parse into `options`. True to go on: what is left in `argv`, from argv[1] to
 * argv[*argc - 1], are then the operands. False to stop with exit status
 * `*status`: 0 after printing the help that was asked for, 2 after telling on
 * standard error what is wrong and what to write instead.
 */
bool treaty_flags_parse(const struct treaty_usage *usage, int *argc,
                        char **argv, void *options, int *status);

#endif
