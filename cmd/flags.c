/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/flags.h"

#include "base/str.h"
#include "cmd/nearest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One word of the command line that starts with a dash, taken apart. */
struct word {
    struct treaty_str name;
    const char *value; /* what follows '=', or NULL */
};

static void complain(const struct treaty_usage *usage, const char *format, ...)
    TREATY_PRINTF(2, 3);

static void complain(const struct treaty_usage *usage, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "treaty %s: ", usage->command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static struct word take_apart(const char *text)
{
    const char *name = text + 1 + (text[1] == '-');
    const char *equals = strchr(name, '=');

    if (!equals)
        return (struct word){treaty_str_z(name), NULL};
    return (struct word){{name, (size_t)(equals - name)}, equals + 1};
}

static const struct treaty_flag *find_flag(const struct treaty_usage *usage,
                                           struct treaty_str name)
{
    for (size_t i = 0; i < usage->flag_count; i++)
        if (treaty_str_eq_z(name, usage->flags[i].name))
            return &usage->flags[i];
    return NULL;
}

static void complain_unknown(const struct treaty_usage *usage, const char *text,
                             struct treaty_str name)
{
    char word[64];
    const char *nearest = NULL;
    size_t best = TREATY_NEAREST_MAX;

    (void)snprintf(word, sizeof(word), "%.*s", (int)name.len, name.data);
    for (size_t i = 0; i < usage->flag_count; i++)
        treaty_nearest_offer(word, usage->flags[i].name, &nearest, &best);
    if (nearest)
        complain(usage, "there is no flag %s; did you mean -%s?", text,
                 nearest);
    else
        complain(usage, "there is no flag %s; `treaty %s --help` lists them",
                 text, usage->command);
}

static bool store_bool(const struct treaty_usage *usage,
                       const struct treaty_flag *flag, const char *value,
                       void *ret)
{
    bool on = !value || strcmp(value, "true") == 0;

    if (!on && strcmp(value, "false") != 0) {
        complain(usage, "-%s is a switch; write -%s or -%s=false, not =%s",
                 flag->name, flag->name, flag->name, value);
        return false;
    }
    *(bool *)ret = on;
    return true;
}

static bool store_int(const struct treaty_usage *usage,
                      const struct treaty_flag *flag, const char *value,
                      void *ret)
{
    int64_t number;
    bool any = flag->min == 0 && flag->max == 0;

    if (!treaty_str_to_i64(treaty_str_z(value), &number)) {
        complain(usage, "-%s takes a whole number, not \"%s\"", flag->name,
                 value);
        return false;
    }
    if (!any && (number < flag->min || number > flag->max)) {
        complain(usage, "-%s goes from %" PRId64 " to %" PRId64 ", not %s",
                 flag->name, flag->min, flag->max, value);
        return false;
    }
    *(int64_t *)ret = number;
    return true;
}

static bool store_double(const struct treaty_usage *usage,
                         const struct treaty_flag *flag, const char *value,
                         void *ret)
{
    double number;
    bool any = flag->min == 0 && flag->max == 0;

    if (!treaty_str_to_double(treaty_str_z(value), &number)) {
        complain(usage, "-%s takes a number, not \"%s\"", flag->name, value);
        return false;
    }
    if (!any && (number < (double)flag->min || number > (double)flag->max)) {
        complain(usage, "-%s goes from %" PRId64 " to %" PRId64 ", not %s",
                 flag->name, flag->min, flag->max, value);
        return false;
    }
    *(double *)ret = number;
    return true;
}

static bool store_choice(const struct treaty_usage *usage,
                         const struct treaty_flag *flag, const char *value,
                         void *ret)
{
    struct treaty_str rest = treaty_str_z(flag->arg);
    struct treaty_str word;

    for (int i = 0; treaty_str_split(&rest, '|', &word); i++) {
        if (treaty_str_eq_z(word, value)) {
            *(int *)ret = i;
            return true;
        }
    }
    complain(usage, "-%s is one of %s, not \"%s\"", flag->name, flag->arg,
             value);
    return false;
}

static bool store_list(const struct treaty_usage *usage,
                       const struct treaty_flag *flag, const char *value,
                       void *ret)
{
    struct treaty_flag_list *list = (struct treaty_flag_list *)ret;

    if (list->count == TREATY_FLAG_LIST_MAX) {
        complain(usage, "-%s may be given %d times at most", flag->name,
                 TREATY_FLAG_LIST_MAX);
        return false;
    }
    list->items[list->count++] = value;
    return true;
}

static bool store_text(const struct treaty_usage *usage,
                       const struct treaty_flag *flag, const char *value,
                       void *ret)
{
    (void)usage;
    (void)flag;
    *(const char **)ret = value;
    return true;
}

typedef bool (*store_fn)(const struct treaty_usage *usage,
                         const struct treaty_flag *flag, const char *value,
                         void *ret);

static const store_fn stores[] = {
    [TREATY_FLAG_BOOL] = store_bool,     [TREATY_FLAG_TEXT] = store_text,
    [TREATY_FLAG_INT] = store_int,       [TREATY_FLAG_DOUBLE] = store_double,
    [TREATY_FLAG_CHOICE] = store_choice, [TREATY_FLAG_LIST] = store_list,
};

static bool takes_a_value(const struct treaty_flag *flag)
{
    return flag->type != TREATY_FLAG_BOOL;
}

/*
 * Take the flag at argv[*at], and the word after it when that is its value.
 * Any word may be a value, so that `-offset -5` says what it seems to say.
 */
static bool take_flag(const struct treaty_usage *usage, int argc, char **argv,
                      int *at, void *options)
{
    struct word word = take_apart(argv[*at]);
    const struct treaty_flag *flag = find_flag(usage, word.name);

    if (!flag) {
        complain_unknown(usage, argv[*at], word.name);
        return false;
    }
    if (!word.value && takes_a_value(flag)) {
        if (*at + 1 == argc) {
            complain(usage, "-%s needs a value: -%s %s", flag->name, flag->name,
                     flag->arg);
            return false;
        }
        word.value = argv[++*at];
    }
    return stores[flag->type](usage, flag, word.value,
                              (char *)options + flag->offset);
}

/* The default in words, or "" where there is none worth telling. */
static void describe_default(const struct treaty_flag *flag, const void *member,
                             char *text, size_t size)
{
    struct treaty_str rest = treaty_str_z(flag->arg);
    struct treaty_str word = {0};

    text[0] = '\0';
    switch (flag->type) {
    case TREATY_FLAG_TEXT:
        if (*(const char *const *)member)
            (void)snprintf(text, size, "%s", *(const char *const *)member);
        break;
    case TREATY_FLAG_INT:
        (void)snprintf(text, size, "%" PRId64, *(const int64_t *)member);
        break;
    case TREATY_FLAG_DOUBLE:
        (void)snprintf(text, size, "%g", *(const double *)member);
        break;
    case TREATY_FLAG_CHOICE:
        for (int i = 0; i <= *(const int *)member; i++)
            (void)treaty_str_split(&rest, '|', &word);
        (void)snprintf(text, size, "%.*s", (int)word.len, word.data);
        break;
    case TREATY_FLAG_BOOL:
    case TREATY_FLAG_LIST:
        break;
    }
}

static void print_flag(const struct treaty_flag *flag, const void *member)
{
    char left[80];
    char value[200];

    describe_default(flag, member, value, sizeof(value));
    (void)snprintf(left, sizeof(left), "-%s %s", flag->name,
                   flag->arg ? flag->arg : "");
    printf("  %-29s  %s", left, flag->help);
    if (value[0])
        printf(" (default %s)", value);
    if (flag->type == TREATY_FLAG_LIST)
        fputs("; may be given again", stdout);
    putchar('\n');
}

static void print_help(const struct treaty_usage *usage, const void *options)
{
    printf("Usage: treaty %s%s%s%s\n\n%s\n", usage->command,
           usage->flag_count ? " [flags]" : "", usage->operands ? " " : "",
           usage->operands ? usage->operands : "", usage->about);
    if (usage->flag_count)
        puts("\nFlags:");
    for (size_t i = 0; i < usage->flag_count; i++)
        print_flag(&usage->flags[i],
                   (const char *)options + usage->flags[i].offset);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-help") == 0 ||
            strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

bool treaty_flags_parse(const struct treaty_usage *usage, int *argc,
                        char **argv, void *options, int *status)
{
    int kept = 1;
    bool flags_ended = false;

    if (asks_for_help(*argc, argv)) {
        print_help(usage, options);
        *status = 0;
        return false;
    }
    *status = 2;
    for (int i = 1; i < *argc; i++) {
        bool dashed = argv[i][0] == '-' && argv[i][1] != '\0' && !flags_ended;

        if (dashed && strcmp(argv[i], "--") == 0) {
            flags_ended = true;
        } else if (!dashed) {
            argv[kept++] = argv[i];
        } else if (!take_flag(usage, *argc, argv, &i, options)) {
            return false;
        }
    }
    if (kept > 1 && !usage->operands) {
        complain(usage, "\"%s\" is not a flag, and there are no operands",
                 argv[1]);
        return false;
    }
    *argc = kept;
    *status = 0;
    return true;
}
