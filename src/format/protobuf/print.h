/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_PRINT_H
#define TREATY_SRC_FORMAT_PROTOBUF_PRINT_H

/*
 * What the printers of files share: print.c goes over a file, print_message.c
 * over messages and enums, print_field.c over fields and what holds them,
 * print_option.c over options; normalize.c knows what `normalized` changes
 * about these.
 */
#include "format/protobuf/canonical.h"

struct treaty_proto_printer {
    const struct treaty_proto_tree *tree;
    struct treaty_buf *out;
    struct treaty_arena scratch;
    enum treaty_proto_text which;
    bool is_lossless;        /* the reference refuses the file */
    uint32_t depth;          /* of the line that is being printed */
    struct treaty_str scope; /* full name of what surrounds it */
};

static inline bool treaty_proto_normalizes(const struct treaty_proto_printer *p)
{
    return p->which == TREATY_PROTO_NORMALIZED;
}

/* Memory ran out: the text fails for good. */
void treaty_proto_print_nomem(struct treaty_proto_printer *p);

/* Two spaces a level, nothing else. */
void treaty_proto_print_indent(struct treaty_proto_printer *p);

/*
 * What precedes the first line of a section: the end of the line that opened
 * the element, or, once `*begun`, a line that is empty but for the indentation
 * of it. Then what closes the element.
 */
void treaty_proto_print_section(struct treaty_proto_printer *p, bool *begun);
void treaty_proto_print_closing(struct treaty_proto_printer *p, bool begun);

/* Names are in the scope `full` from here on; returns the one before. */
struct treaty_str treaty_proto_print_enter(struct treaty_proto_printer *p,
                                           struct treaty_str full);

/* A string, with escapes for what cannot stand in quotes. */
void treaty_proto_print_string(struct treaty_proto_printer *p,
                               struct treaty_str text);
/* A path or a name as it is printed and sorted: as the reference reads it,
 * unless `reference` has no data or nothing may be lost. */
struct treaty_str treaty_proto_shown_name(const struct treaty_proto_printer *p,
                                          struct treaty_str text,
                                          struct treaty_str reference);
/* That in quotes, which the reference's text has around it as it is. */
void treaty_proto_print_quoted(struct treaty_proto_printer *p,
                               struct treaty_str name);
/* A type's name, in full where the text is normalised. */
void treaty_proto_print_type(struct treaty_proto_printer *p,
                             const struct treaty_proto_ref *ref);

void treaty_proto_print_message(struct treaty_proto_printer *p,
                                const struct treaty_proto_message *message);
/* Everything between the braces, and the closing one. */
void treaty_proto_print_body(struct treaty_proto_printer *p,
                             const struct treaty_proto_message *message);
void treaty_proto_print_enum(struct treaty_proto_printer *p,
                             const struct treaty_proto_enum *enumeration);
void treaty_proto_print_extends(struct treaty_proto_printer *p,
                                const struct treaty_proto_extend *extends,
                                uint32_t count);
/* Is it printed where it stands? Groups are printed with their field. */
bool treaty_proto_stands_alone(const struct treaty_proto_printer *p,
                               const struct treaty_proto_message *message);

/*
 * Options in brackets behind a blank, or nothing when there are none to print.
 * `field` may be NULL; its default and JSON name are printed with them.
 */
void treaty_proto_print_inline(struct treaty_proto_printer *p,
                               const struct treaty_proto_options *options,
                               const struct treaty_proto_field *field);

/* Options as they will be printed, in order. */
struct treaty_proto_lines {
    struct treaty_proto_line *lines;
    uint32_t count;
};
struct treaty_proto_lines
treaty_proto_option_lines(struct treaty_proto_printer *p,
                          const struct treaty_proto_options *options,
                          const struct treaty_proto_field *field);
/* One statement each: `option a = 1;`. */
void treaty_proto_print_lines(struct treaty_proto_printer *p,
                              const struct treaty_proto_lines *lines);

/* Does the default of `field` stand in quotes? */
bool treaty_proto_default_is_quoted(const struct treaty_proto_field *field);

/*
 * The string of a default as a word, which it is when the reference's text has
 * no quotes around it: by the reference's reading, or, of a file that it
 * refuses for that, by protoc's. Without data if neither is one.
 */
struct treaty_str
treaty_proto_default_word(const struct treaty_proto_value *value);

/* What the value of an option prints as. */
enum treaty_proto_shown_kind {
    TREATY_PROTO_SHOWN_WORD,
    TREATY_PROTO_SHOWN_NUMBER,
    TREATY_PROTO_SHOWN_STRING,
    TREATY_PROTO_SHOWN_MAP,
    TREATY_PROTO_SHOWN_LIST,
};

struct treaty_proto_shown_entry;

struct treaty_proto_shown {
    enum treaty_proto_shown_kind kind;
    bool negative;
    struct treaty_str text;
    struct treaty_proto_shown_entry *entries; /* of MAP and LIST */
    uint32_t count;
    uint32_t room;
    struct treaty_map *index; /* MAP: key -> its entry's number, from 1 */
};

struct treaty_proto_shown_entry {
    struct treaty_str key; /* empty in a LIST */
    struct treaty_proto_shown value;
};

struct treaty_proto_line {
    struct treaty_str name; /* without parentheses */
    bool is_extension;
    struct treaty_str path; /* what follows the name: ".a.b", or empty */
    struct treaty_proto_shown value;
    const struct treaty_proto_field *extension; /* or NULL: unknown, or plain */
};

/* An empty map or list, and adding to it; a key that is there already makes a
 * list of its values. */
struct treaty_proto_shown
treaty_proto_shown_new(struct treaty_proto_printer *p,
                       enum treaty_proto_shown_kind kind);
void treaty_proto_shown_add(struct treaty_proto_printer *p,
                            struct treaty_proto_shown *to,
                            struct treaty_str key,
                            const struct treaty_proto_shown *value);
/* The value under `key`, or NULL. */
struct treaty_proto_shown *
treaty_proto_shown_find(const struct treaty_proto_shown *map,
                        struct treaty_str key);

/*
 * Elements in the order of printing: that of the text, or by number and then
 * by name.
 */
struct treaty_proto_item {
    const void *element;
    int64_t number;
    struct treaty_str name;
    uint32_t at; /* in the text: what decides last */
};

struct treaty_proto_items {
    struct treaty_proto_item *items;
    uint32_t count;
};

/* Room for `room` items; none when memory runs out. */
struct treaty_proto_items treaty_proto_items_new(struct treaty_proto_printer *p,
                                                 size_t room);
void treaty_proto_items_add(struct treaty_proto_items *items,
                            const void *element, int64_t number,
                            struct treaty_str name);
/* Sort where the text is normalised. */
void treaty_proto_items_order(const struct treaty_proto_printer *p,
                              struct treaty_proto_items *items);

/*
 * The parts of normalising that concern options: name the extension in full,
 * make `(a).b = 1` a map, join settings of one option, sort.
 */
void treaty_proto_normalize_name(struct treaty_proto_printer *p,
                                 const struct treaty_proto_option *option,
                                 struct treaty_proto_line *line);
void treaty_proto_normalize_lines(struct treaty_proto_printer *p,
                                  struct treaty_proto_lines *lines);

/* The groups among `fields`, or all others; those of oneofs if told so. */
struct treaty_proto_items
treaty_proto_pick_fields(struct treaty_proto_printer *p,
                         struct treaty_proto_field *const *fields,
                         uint32_t count, bool are_groups, bool with_oneofs);
/* A section of fields; and one of oneofs. None if there are none. */
void treaty_proto_print_fields(struct treaty_proto_printer *p, bool *begun,
                               const struct treaty_proto_items *items);
void treaty_proto_print_oneofs(struct treaty_proto_printer *p,
                               const struct treaty_proto_message *message,
                               bool *begun);

#endif
