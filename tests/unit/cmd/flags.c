/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines as tables: what is stored, what is refused, and in which
 * words. */
#include "cmd/flags.h"
#include "cmd/nearest.h"

#include "base/str.h"
#include "harness/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    const char *listen;
    int64_t threads;
    double ratio;
    bool quiet;
    int form;
    struct treaty_flag_list props;
};

static const struct treaty_flag flags[] = {
    {"listen", "ADDR:PORT", "address to serve", TREATY_FLAG_TEXT,
     offsetof(struct options, listen), 0, 0},
    {"threads", "N", "event loops", TREATY_FLAG_INT,
     offsetof(struct options, threads), 1, 64},
    {"ratio", "R", "how much", TREATY_FLAG_DOUBLE,
     offsetof(struct options, ratio), 0, 1},
    {"quiet", NULL, "say nothing", TREATY_FLAG_BOOL,
     offsetof(struct options, quiet), 0, 0},
    {"log", "text|json", "form of the log", TREATY_FLAG_CHOICE,
     offsetof(struct options, form), 0, 0},
    {"X", "KEY=VALUE", "a property", TREATY_FLAG_LIST,
     offsetof(struct options, props), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "sample",
    .operands = "FILE...",
    .about = "Does what samples do.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

static const struct treaty_usage without_operands = {
    .command = "sample",
    .about = "Does what samples do.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

#define WORDS_MAX 100

/* One call of the parser, and what it printed on either stream. */
struct run {
    struct options options;
    char *argv[WORDS_MAX];
    int argc;
    int status;
    bool go_on;
    char printed[8192];
};

/* Send a standard stream to a file; the old one is returned. */
static int redirect(int stream, int file)
{
    int saved = dup(stream);

    (void)dup2(file, stream);
    return saved;
}

static void restore(int stream, int saved)
{
    (void)dup2(saved, stream);
    (void)close(saved);
}

static void run_words(struct run *run, const struct treaty_usage *how)
{
    FILE *file = tmpfile();
    int saved_out;
    int saved_err;
    size_t n;

    run->options = (struct options){.listen = "127.0.0.1:1", .threads = 2};
    if (!CHECK(file != NULL))
        return;
    fflush(stdout);
    saved_out = redirect(STDOUT_FILENO, fileno(file));
    saved_err = redirect(STDERR_FILENO, fileno(file));
    run->go_on = treaty_flags_parse(how, &run->argc, run->argv, &run->options,
                                    &run->status);
    fflush(stdout);
    restore(STDOUT_FILENO, saved_out);
    restore(STDERR_FILENO, saved_err);
    rewind(file);
    n = fread(run->printed, 1, sizeof(run->printed) - 1, file);
    run->printed[n] = '\0';
    (void)fclose(file);
}

/* `line` is split at spaces; it must outlive `run`. */
static void run_line(struct run *run, const struct treaty_usage *how,
                     char *line)
{
    char *rest = line;

    memset(run, 0, sizeof(*run));
    run->argv[run->argc++] = (char *)(uintptr_t) "sample";
    while (rest && *rest) {
        char *space = strchr(rest, ' ');

        run->argv[run->argc++] = rest;
        if (space)
            *space++ = '\0';
        rest = space;
    }
    run_words(run, how);
}

static void takes_every_form(void)
{
    char line[] = "-listen :9 --threads=64 --ratio 0.25 -quiet a -log=json "
                  "-X k=v - --X=k2=v2 -- -b";
    struct run run;

    run_line(&run, &usage, line);
    CHECK(run.go_on);
    CHECK_STR_Z(treaty_str_z(run.printed), "");
    CHECK_STR_Z(treaty_str_z(run.options.listen), ":9");
    CHECK_INT(run.options.threads, 64);
    CHECK(run.options.ratio > 0.2 && run.options.ratio < 0.3);
    CHECK(run.options.quiet);
    CHECK_INT(run.options.form, 1);
    CHECK_INT(run.options.props.count, 2);
    CHECK_STR_Z(treaty_str_z(run.options.props.items[0]), "k=v");
    CHECK_STR_Z(treaty_str_z(run.options.props.items[1]), "k2=v2");
    CHECK_INT(run.argc, 4);
    CHECK_STR_Z(treaty_str_z(run.argv[1]), "a");
    CHECK_STR_Z(treaty_str_z(run.argv[2]), "-");
    CHECK_STR_Z(treaty_str_z(run.argv[3]), "-b");
}

static void keeps_defaults(void)
{
    char line[] = "-quiet=false";
    struct run run;

    run_line(&run, &usage, line);
    CHECK(run.go_on);
    CHECK_STR_Z(treaty_str_z(run.options.listen), "127.0.0.1:1");
    CHECK_INT(run.options.threads, 2);
    CHECK(!run.options.quiet);
    CHECK_INT(run.argc, 1);
}

/* A value may look like a flag: an offset of -5, a file named -. */
static void values_may_start_with_a_dash(void)
{
    char line[] = "-listen -quiet";
    struct run run;

    run_line(&run, &usage, line);
    CHECK(run.go_on);
    CHECK_STR_Z(treaty_str_z(run.options.listen), "-quiet");
    CHECK(!run.options.quiet);
}

static void says_what_is_wrong(void)
{
    static const struct {
        const char *line;
        const char *message;
    } rows[] = {
        {"-treads 4", "treaty sample: there is no flag -treads; did you mean "
                      "-threads?\n"},
        {"--frobnicate=4", "treaty sample: there is no flag --frobnicate=4; "
                           "`treaty sample --help` lists them\n"},
        {"-threads", "treaty sample: -threads needs a value: -threads N\n"},
        {"-threads 65", "treaty sample: -threads goes from 1 to 64, not 65\n"},
        {"-threads 0", "treaty sample: -threads goes from 1 to 64, not 0\n"},
        {"-threads x1", "treaty sample: -threads takes a whole number, not "
                        "\"x1\"\n"},
        {"-ratio 1.5", "treaty sample: -ratio goes from 0 to 1, not 1.5\n"},
        {"-ratio much", "treaty sample: -ratio takes a number, not "
                        "\"much\"\n"},
        {"-log xml", "treaty sample: -log is one of text|json, not \"xml\"\n"},
        {"-quiet=1", "treaty sample: -quiet is a switch; write -quiet or "
                     "-quiet=false, not =1\n"},
        {"file", "treaty sample: \"file\" is not a flag, and there are no "
                 "operands\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[100];
        struct run run;

        (void)snprintf(line, sizeof(line), "%s", rows[i].line);
        run_line(&run, &without_operands, line);
        CHECK(!run.go_on);
        CHECK_INT(run.status, 2);
        CHECK_STR_Z(treaty_str_z(run.printed), rows[i].message);
    }
}

static void a_list_has_an_end(void)
{
    for (size_t n = TREATY_FLAG_LIST_MAX; n <= TREATY_FLAG_LIST_MAX + 1; n++) {
        struct run run = {0};

        run.argv[run.argc++] = (char *)(uintptr_t) "sample";
        for (size_t i = 0; i < n; i++)
            run.argv[run.argc++] = (char *)(uintptr_t) "-X=a";
        run_words(&run, &usage);
        CHECK_INT(run.go_on, n == TREATY_FLAG_LIST_MAX);
        CHECK_INT(run.options.props.count, TREATY_FLAG_LIST_MAX);
    }
}

static void help_comes_from_the_table(void)
{
    char line[] = "-threads 0 --help";
    struct run run;

    run_line(&run, &usage, line);
    CHECK(!run.go_on);
    CHECK_INT(run.status, 0);
    CHECK_STR_Z(
        treaty_str_z(run.printed),
        "Usage: treaty sample [flags] FILE...\n"
        "\n"
        "Does what samples do.\n"
        "\n"
        "Flags:\n"
        "  -listen ADDR:PORT              address to serve (default "
        "127.0.0.1:1)\n"
        "  -threads N                     event loops (default 2)\n"
        "  -ratio R                       how much (default 0)\n"
        "  -quiet                         say nothing\n"
        "  -log text|json                 form of the log (default text)\n"
        "  -X KEY=VALUE                   a property; may be given again\n");
}

static void suggests_only_what_helps(void)
{
    static const struct {
        const char *word;
        const char *nearest; /* of registry, gen, frame */
    } rows[] = {
        {"regsitry", "registry"},
        {"registri", "registry"},
        {"gne", NULL},
        {"ge", "gen"},
        {"farm", NULL},
        {"fram", "frame"},
        {"xyz", NULL},
        {"", NULL},
    };
    static const char *const known[] = {"registry", "gen", "frame"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *nearest = NULL;
        size_t best = TREATY_NEAREST_MAX;

        for (size_t k = 0; k < 3; k++)
            treaty_nearest_offer(rows[i].word, known[k], &nearest, &best);
        CHECK_STR(treaty_str_z(nearest), treaty_str_z(rows[i].nearest));
    }
}

TAP_MAIN({"takes every form", takes_every_form},
         {"keeps defaults", keeps_defaults},
         {"values may start with a dash", values_may_start_with_a_dash},
         {"says what is wrong", says_what_is_wrong},
         {"a list has an end", a_list_has_an_end},
         {"help comes from the table", help_comes_from_the_table},
         {"suggests only what helps", suggests_only_what_helps})
