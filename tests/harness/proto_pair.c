/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/proto_pair.h"

#include <stdbool.h>

enum { MESSAGES = 3, FIELDS_MAX = 8, NUMBERS = 10, CONSTANTS = 4 };

enum label {
    SINGLE,
    OPTIONAL,
    REQUIRED,
    REPEATED,
    PACKED,
    MEMBER,
    MAP,
    GROUP,
};

struct field {
    bool there;
    enum label label;
    int type;
    int renamed;
};

struct file {
    bool is_2;
    struct field fields[MESSAGES][NUMBERS];
    bool constants[CONSTANTS];
};

static const char *const types[] = {
    "int32",    "int64",   "uint32",   "uint64", "sint32", "sint64",
    "fixed32",  "fixed64", "sfixed32", "double", "float",  "bool",
    "sfixed64", "string",  "bytes",    "E",      "N",      "O",
};

enum {
    TYPES = sizeof(types) / sizeof(types[0]),
    STRING = 13,
    FIRST_MESSAGE = 16,
};

static const char *const names[] = {"M", "N", "O"};

static unsigned below(struct treaty_rng *rng, unsigned bound)
{
    return (unsigned)treaty_rng_below(rng, bound);
}

static void make_field(struct treaty_rng *rng, bool is_2, struct field *field)
{
    static const enum label labels_2[] = {OPTIONAL, REQUIRED, REPEATED, PACKED,
                                          MEMBER,   MAP,      GROUP};
    static const enum label labels_3[] = {SINGLE, OPTIONAL, REPEATED,
                                          PACKED, MEMBER,   MAP};

    field->there = true;
    field->type = (int)below(rng, TYPES);
    field->label = is_2 ? labels_2[below(rng, 7)] : labels_3[below(rng, 6)];
    field->renamed = 0;
}

/* Make it one that the file's rules allow; `message` holds it. */
static void mend(struct file *file, int message, struct field *field)
{
    /* A message holds later ones in place, so that each has a value; only a
     * list or an optional field may lead back. */
    bool leads_back = field->type >= FIRST_MESSAGE &&
                      field->type - FIRST_MESSAGE + 1 <= message;

    if (file->is_2 && field->label == SINGLE)
        field->label = OPTIONAL;
    if (!file->is_2 && field->label == REQUIRED)
        field->label = SINGLE;
    if (!file->is_2 && field->label == GROUP)
        field->label = OPTIONAL;
    if (field->label == REQUIRED && leads_back)
        field->label = OPTIONAL;
    if (field->label == PACKED &&
        (field->type == STRING || field->type == STRING + 1 ||
         field->type >= FIRST_MESSAGE))
        field->label = REPEATED;
}

static void make_file(struct treaty_rng *rng, struct file *file)
{
    *file = (struct file){.is_2 = below(rng, 2)};
    for (int m = 0; m < MESSAGES; m++) {
        unsigned count = below(rng, FIELDS_MAX);

        for (unsigned i = 0; i < count; i++) {
            struct field *field = &file->fields[m][below(rng, NUMBERS)];

            make_field(rng, file->is_2, field);
            mend(file, m, field);
        }
    }
    for (int i = 0; i < CONSTANTS; i++)
        file->constants[i] = i == 0 || below(rng, 2);
}

static void change_field(struct treaty_rng *rng, bool is_2, struct field *field)
{
    switch (below(rng, 5)) {
    case 0:
        field->there = false;
        return;
    case 1:
        field->type = (int)below(rng, TYPES);
        return;
    case 2:
        field->renamed = 1;
        return;
    default:
        make_field(rng, is_2, field);
        return;
    }
}

static void change_file(struct treaty_rng *rng, unsigned wildness,
                        struct file *file)
{
    if (below(rng, 400) < wildness)
        file->is_2 = !file->is_2;
    for (int m = 0; m < MESSAGES; m++) {
        for (int n = 0; n < NUMBERS; n++) {
            struct field *field = &file->fields[m][n];

            if (field->there && below(rng, 200) < wildness)
                change_field(rng, file->is_2, field);
            else if (!field->there && below(rng, 800) < wildness)
                make_field(rng, file->is_2, field);
            mend(file, m, field);
        }
    }
    for (int i = 1; i < CONSTANTS; i++) {
        if (below(rng, 400) < wildness)
            file->constants[i] = !file->constants[i];
    }
}

/* Of one of its kind and of many; the name of a group begins in upper case. */
static void print_group(const struct field *field, int number,
                        struct treaty_buf *out)
{
    const char *renamed = field->renamed ? "x" : "";

    treaty_buf_printf(out,
                      " %s group F%d%s = %d { optional %s a = 1; "
                      "repeated %s b = 2; }",
                      number % 2 ? "optional" : "repeated", number, renamed,
                      number, types[field->type], types[field->type]);
}

static void print_field(const struct file *file, const struct field *field,
                        int number, struct treaty_buf *out)
{
    static const char *const words[] = {
        [SINGLE] = "",
        [OPTIONAL] = "optional ",
        [REQUIRED] = "required ",
        [REPEATED] = "repeated ",
        [PACKED] = "repeated ",
        [MEMBER] = "",
        [MAP] = "",
        [GROUP] = "",
    };
    static const char *const keys[] = {"string", "int32", "bool", "fixed64",
                                       "sint64"};
    const char *options = "";

    if (field->label == GROUP) {
        print_group(field, number, out);
        return;
    }
    if (field->label == PACKED && file->is_2)
        options = " [packed = true]";
    if (field->label == REPEATED && !file->is_2 && field->type < STRING)
        options = " [packed = false]";
    if (field->label == MAP)
        treaty_buf_printf(out, " map<%s, %s> f%d%s = %d;", keys[number % 5],
                          types[field->type], number, field->renamed ? "x" : "",
                          number);
    else
        treaty_buf_printf(out, " %s%s f%d%s = %d%s;", words[field->label],
                          types[field->type], number, field->renamed ? "x" : "",
                          number, options);
}

static void print_message(const struct file *file, int message,
                          struct treaty_buf *out)
{
    const struct field *fields = file->fields[message];
    bool has_members = false;

    treaty_buf_printf(out, "message %s {", names[message]);
    for (int n = 0; n < NUMBERS; n++) {
        if (fields[n].there && fields[n].label == MEMBER)
            has_members = true;
        else if (fields[n].there)
            print_field(file, &fields[n], n + 1, out);
    }
    if (has_members)
        treaty_buf_put_z(out, " oneof g {");
    for (int n = 0; n < NUMBERS; n++) {
        if (fields[n].there && fields[n].label == MEMBER)
            print_field(file, &fields[n], n + 1, out);
    }
    treaty_buf_put_z(out, has_members ? " } } " : " } ");
}

static void print_file(const struct file *file, struct treaty_buf *out)
{
    treaty_buf_printf(out, "syntax = \"proto%d\"; ", file->is_2 ? 2 : 3);
    for (int m = 0; m < MESSAGES; m++)
        print_message(file, m, out);
    treaty_buf_put_z(out, "enum E {");
    for (int i = 0; i < CONSTANTS; i++) {
        if (file->constants[i])
            treaty_buf_printf(out, " C%d = %d;", i, i == 3 ? -7 : i * i);
    }
    treaty_buf_put_z(out, " }");
}

void proto_pair_make(struct treaty_rng *rng, unsigned wildness,
                     struct proto_pair *ret)
{
    struct file file;

    *ret = (struct proto_pair){0};
    make_file(rng, &file);
    print_file(&file, &ret->writer);
    change_file(rng, wildness, &file);
    print_file(&file, &ret->reader);
}

void proto_pair_release(struct proto_pair *pair)
{
    treaty_buf_release(&pair->writer);
    treaty_buf_release(&pair->reader);
}
