/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty` and `treaty-stream`: the table of subcommands and the choice of
 * one. Both programs are compiled from this file; TREATY_STREAM tells them
 * apart (docs/decisions/two-programs.md).
 */
#include "cmd/beside.h"
#include "cmd/command.h"
#include "cmd/nearest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef TREATY_STREAM
#define LIGHT(run) NULL
#define STREAM(run) run
#else
#define LIGHT(run) run
#define STREAM(run) NULL
#endif

static int print_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("treaty " TREATY_VERSION);
    return 0;
}

static const struct treaty_command commands[] = {
    {"compat-check", "tell whether a schema may follow those before it",
     STREAM(treaty_cmd_compat_check)},
    {"consumer", "read framed events with a schema of one's own",
     STREAM(treaty_cmd_consumer)},
    {"demo", "show what Treaty does, in a minute", STREAM(treaty_cmd_demo)},
    {"frame", "show one record byte by byte", STREAM(treaty_cmd_frame)},
    {"gen", "make events from a seed", STREAM(treaty_cmd_gen)},
    {"producer", "register a schema and write framed events",
     STREAM(treaty_cmd_producer)},
    {"registry", "serve the schema registry's REST API",
     LIGHT(treaty_cmd_registry)},
    {"version", "print the version", print_version},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct treaty_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int print_help(void)
{
    puts("Usage: treaty COMMAND [flags]\n\nCommands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-14s %s\n", commands[i].name, commands[i].summary);
    puts("\n`treaty COMMAND --help` tells the flags of one.");
    return 0;
}

static int refuse_unknown(const char *name)
{
    const char *nearest = NULL;
    size_t best = TREATY_NEAREST_MAX;

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        treaty_nearest_offer(name, commands[i].name, &nearest, &best);
    fprintf(stderr, "treaty: there is no command \"%s\"", name);
    if (nearest)
        fprintf(stderr, "; did you mean \"%s\"?\n", nearest);
    else
        fputs("; `treaty help` lists them\n", stderr);
    return 2;
}

#ifdef TREATY_STREAM
static int run_elsewhere(char **argv)
{
    fprintf(stderr, "treaty-stream: run `treaty %s` instead\n", argv[0]);
    return 2;
}
#else
/* Become treaty-stream with the same arguments. Returns only on failure. */
static int run_elsewhere(char **argv)
{
    static const char *const places[] = {"/treaty-stream", /* in a build tree */
                                         "/../libexec/treaty/treaty-stream",
                                         NULL};
    char path[8192];
    char **own = argv - 1; /* argv of the program, from its own name on */

    if (!treaty_find_beside(places, path, sizeof(path))) {
        fprintf(stderr,
                "treaty: `%s` needs the program treaty-stream, which is "
                "neither beside treaty nor in ../libexec/treaty; install "
                "both\n",
                argv[0]);
        return 2;
    }
    (void)execv(path, own);
    fprintf(stderr, "treaty: %s: %s\n", path, strerror(errno));
    return 2;
}
#endif

static bool is_one_of(const char *word, const char *a, const char *b,
                      const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int main(int argc, char **argv)
{
    const struct treaty_command *command;

    if (argc < 2) {
        (void)print_help();
        return 2;
    }
    if (is_one_of(argv[1], "--version", "-version", "-V"))
        return print_version(argc, argv);
    if (is_one_of(argv[1], "--help", "-help", "-h"))
        return print_help();
    if (strcmp(argv[1], "help") == 0) {
        if (argc == 2)
            return print_help();
        argv[1] = argv[2];
        argv[2] = (char *)(uintptr_t) "--help";
    }
    command = find_command(argv[1]);
    if (!command)
        return refuse_unknown(argv[1]);
    if (!command->run)
        return run_elsewhere(argv + 1);
    return command->run(argc - 1, argv + 1);
}
