/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_TREE_H
#define TREATY_SRC_FORMAT_PROTOBUF_TREE_H

/*
 * A .proto file as it was written, and what its names turned out to mean.
 *
 *     text        --parse.c--> file \
 *     descriptor  --descriptor_read.c--> file --link.c--> linked --check.c-->
 *
 * Three readers want different things of it. The registry's canonical text is
 * a print of what was written, element by element, so nothing that it prints
 * is resolved or reordered here. protoc's descriptor wants the same in its own
 * order, and everything linked. The codec wants only what linking gives.
 *
 * Invariants of a linked tree:
 *  1. Lists are in the order of the text. `fields` of a message holds all of
 *     its fields, those of oneofs and groups included; a oneof repeats its
 *     own. `messages` holds those that groups define, too (`is_group`).
 *  2. Every `pos` is an offset in the text of the file that holds the element,
 *     or TREATY_NO_OFFSET when it came from a descriptor.
 *  3. A `treaty_proto_ref` of a scalar has neither target. Any other has
 *     exactly one, unless the name cannot be resolved, which only the
 *     reference may accept (where nothing uses it) or a stored schema has.
 *  4. A frozen tree never changes; files of imports are shared by nobody, as
 *     they lie on the schema's own arena.
 */
#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

#include <treaty/base.h>

struct treaty_proto_message;
struct treaty_proto_enum;
struct treaty_proto_field;
struct treaty_proto_file;

enum treaty_proto_syntax {
    TREATY_PROTO_UNSAID, /* no syntax line: proto2 */
    TREATY_PROTO_2,
    TREATY_PROTO_3,
    TREATY_PROTO_EDITION,
};

/* The types of fields; the numbers are FieldDescriptorProto.Type's. */
enum treaty_proto_type {
    TREATY_PROTO_UNRESOLVED = 0,
    TREATY_PROTO_DOUBLE = 1,
    TREATY_PROTO_FLOAT = 2,
    TREATY_PROTO_INT64 = 3,
    TREATY_PROTO_UINT64 = 4,
    TREATY_PROTO_INT32 = 5,
    TREATY_PROTO_FIXED64 = 6,
    TREATY_PROTO_FIXED32 = 7,
    TREATY_PROTO_BOOL = 8,
    TREATY_PROTO_STRING = 9,
    TREATY_PROTO_GROUP = 10,
    TREATY_PROTO_MESSAGE = 11,
    TREATY_PROTO_BYTES = 12,
    TREATY_PROTO_UINT32 = 13,
    TREATY_PROTO_ENUM = 14,
    TREATY_PROTO_SFIXED32 = 15,
    TREATY_PROTO_SFIXED64 = 16,
    TREATY_PROTO_SINT32 = 17,
    TREATY_PROTO_SINT64 = 18,
};

/* As written; the numbers are FieldDescriptorProto.Label's. */
enum treaty_proto_label {
    TREATY_PROTO_NO_LABEL = 0,
    TREATY_PROTO_OPTIONAL = 1,
    TREATY_PROTO_REQUIRED = 2,
    TREATY_PROTO_REPEATED = 3,
};

/* Whether a value that was never set can be told from a default one. */
enum treaty_proto_presence {
    TREATY_PROTO_EXPLICIT, /* optional, oneof members, messages */
    TREATY_PROTO_IMPLICIT, /* proto3 without a label */
    TREATY_PROTO_MUST,     /* required */
    TREATY_PROTO_MANY,     /* repeated and maps */
};

enum treaty_proto_value_kind {
    TREATY_PROTO_VALUE_IDENT,   /* true, SPEED, inf, a.b */
    TREATY_PROTO_VALUE_NUMBER,  /* integers and floats, as written */
    TREATY_PROTO_VALUE_STRING,  /* adjacent ones are joined */
    TREATY_PROTO_VALUE_MESSAGE, /* { name: value ... } */
    TREATY_PROTO_VALUE_LIST,    /* [ value, ... ], in a message only; the
                                   reference has it elsewhere, too */
};

/* What editions call features, by number: see features.h. */
enum { TREATY_PROTO_FEATURES = 6 };

struct treaty_proto_features {
    uint8_t at[TREATY_PROTO_FEATURES];
};

struct treaty_proto_member;

/* The value of an option, or within one. */
struct treaty_proto_value {
    enum treaty_proto_value_kind kind;
    bool negative;               /* a '-' stood before it */
    size_t pos;                  /* of the sign, if any */
    size_t end;                  /* behind its last character */
    struct treaty_str text;      /* IDENT, NUMBER: without sign. STRING: bytes
                                    as protoc decodes the escapes */
    struct treaty_str reference; /* STRING: as the reference decodes them, which
                                    knows fewer ("\u00e9" is "u00e9") */
    const struct treaty_proto_member *members; /* MESSAGE */
    const struct treaty_proto_value *items;    /* LIST */
    uint32_t count;                            /* of either */
};

/* `name: value` or `name { }` or `[pkg.ext]: value` of an aggregate. */
struct treaty_proto_member {
    struct treaty_str name; /* of an extension or an Any's URL: what stands in
                               the brackets */
    bool is_extension;      /* it stood in brackets */
    bool has_colon;
    size_t pos;
    struct treaty_proto_value value;
};

/* One part of an option's name: `foo` or `(pkg.ext)`. */
struct treaty_proto_name_part {
    struct treaty_str name; /* without parentheses; may begin with a dot */
    bool is_extension;
    size_t pos;
};

/* `option a.(b.c).d = value;` or `[a = value]`. */
struct treaty_proto_option {
    const struct treaty_proto_name_part *parts;
    uint32_t part_count;
    size_t pos;
    struct treaty_proto_value value;
};

struct treaty_proto_options {
    const struct treaty_proto_option *items;
    uint32_t count;
};

/* A type by name. */
struct treaty_proto_ref {
    struct treaty_str name; /* as written: "int32", "Inner", ".pkg.Outer" */
    size_t pos;
    enum treaty_proto_type type; /* a scalar's from parsing on */
    struct treaty_proto_message *message;
    struct treaty_proto_enum *enumeration;
};

/* `a`, `a to b`, `a to max` or "name" of a `reserved` or `extensions`. */
struct treaty_proto_range {
    struct treaty_str name;      /* .data NULL: numbers */
    struct treaty_str reference; /* the name as the reference reads it; .data
                                    NULL: the same */
    bool is_ident;               /* the name stood without quotes (editions) */
    bool has_to;                 /* `a to b`, even when both are equal */
    bool to_max;
    int64_t first;
    int64_t last; /* the last one, not the one behind it */
    size_t pos;
};

/* One statement of them. */
struct treaty_proto_ranges {
    const struct treaty_proto_range *items;
    uint32_t count;
    size_t pos;
    struct treaty_proto_options options; /* of `extensions` */
};

struct treaty_proto_oneof {
    struct treaty_str name;
    size_t pos;
    uint32_t index;                     /* among the message's */
    struct treaty_proto_field **fields; /* groups included */
    uint32_t field_count;
    struct treaty_proto_options options;
};

struct treaty_proto_field {
    struct treaty_str name; /* of a group: lower case, as protoc has it */
    size_t pos;             /* of its first word */
    size_t name_pos;
    enum treaty_proto_label label;
    struct treaty_proto_ref ref; /* of a group: its message; of a map: the
                                    synthetic entry, once linked */
    bool is_map;
    bool is_group;               /* written as one */
    struct treaty_proto_ref key; /* of a map */
    struct treaty_proto_ref value;
    int64_t number;
    struct treaty_str number_text; /* as written: 0x1F */
    size_t number_pos;
    struct treaty_proto_options options;             /* without the two below */
    const struct treaty_proto_option *default_value; /* or NULL */
    const struct treaty_proto_option *json_name;     /* or NULL */
    struct treaty_proto_oneof *oneof;                /* or NULL */
    struct treaty_proto_message *parent; /* that it lies in; NULL: the file */
    const struct treaty_proto_ref *extendee; /* of an extension, else NULL */

    /* From here on by link.c. */
    struct treaty_str full; /* full name, without leading dot */
    struct treaty_str json; /* json_name, or the one that protoc derives */
    enum treaty_proto_presence presence;
    bool is_packed;    /* written packed; readers accept both */
    bool checks_utf8;  /* a string that must be UTF-8 */
    bool is_delimited; /* a group on the wire */
};

struct treaty_proto_extend {
    struct treaty_proto_ref extendee;
    size_t pos;
    struct treaty_proto_field **fields;
    uint32_t field_count;
};

struct treaty_proto_constant {
    struct treaty_str name;
    size_t pos;
    int64_t number;
    struct treaty_str number_text; /* as written, sign included */
    size_t number_pos;
    struct treaty_proto_options options;
};

struct treaty_proto_enum {
    struct treaty_str name;
    struct treaty_str full; /* by link.c */
    size_t pos;
    struct treaty_proto_file *file;
    struct treaty_proto_message *parent; /* or NULL */
    struct treaty_proto_constant *constants;
    uint32_t constant_count;
    const struct treaty_proto_ranges *reserved;
    uint32_t reserved_count;
    struct treaty_proto_options options;
    bool is_closed; /* by link.c: a number without constant is unknown */
    bool allows_alias;
};

struct treaty_proto_message {
    struct treaty_str name;
    struct treaty_str full; /* by link.c */
    size_t pos;
    struct treaty_proto_file *file;
    struct treaty_proto_message *parent; /* or NULL */
    bool is_group;                       /* defined by one */
    bool is_map_entry; /* `option map_entry = true`, or synthetic */
    bool is_synthetic; /* made by link.c for a map; in no list but by a ref */
    struct treaty_proto_field **fields;
    uint32_t field_count;
    struct treaty_proto_oneof *oneofs;
    uint32_t oneof_count;
    struct treaty_proto_message **messages;
    uint32_t message_count;
    struct treaty_proto_enum **enums;
    uint32_t enum_count;
    struct treaty_proto_extend *extends;
    uint32_t extend_count;
    const struct treaty_proto_ranges *reserved;
    uint32_t reserved_count;
    const struct treaty_proto_ranges *extensions;
    uint32_t extensions_count;
    struct treaty_proto_options options;
    uint32_t index; /* among its siblings, synthetic ones left out, groups
                       left in: what the message indexes of a frame count */
    uint32_t id;    /* among all messages of the tree, from 0: for memos */
    struct treaty_proto_features features; /* by link.c: in force within it */
};

struct treaty_proto_rpc {
    struct treaty_str name;
    size_t pos;
    struct treaty_proto_ref request;
    struct treaty_proto_ref response;
    bool streams_request;
    bool streams_response;
    bool has_block; /* `{ ... }` instead of `;`, options in it or not */
    struct treaty_proto_options options;
};

struct treaty_proto_service {
    struct treaty_str name;
    size_t pos;
    struct treaty_proto_rpc *rpcs;
    uint32_t rpc_count;
    struct treaty_proto_options options;
};

enum treaty_proto_import_kind {
    TREATY_PROTO_IMPORT,
    TREATY_PROTO_IMPORT_PUBLIC,
    TREATY_PROTO_IMPORT_WEAK,
};

struct treaty_proto_import {
    struct treaty_str path;
    struct treaty_str reference; /* the path as the reference reads it; .data
                                    NULL, of a descriptor: the same */
    enum treaty_proto_import_kind kind;
    size_t pos;
    struct treaty_proto_file *file; /* by link.c; NULL: not found */
};

struct treaty_proto_file {
    struct treaty_str path;    /* as imported; empty: the schema itself */
    struct treaty_str subject; /* of an import, where the registry keeps it; */
    int32_t version;           /* .data NULL: nobody said, or built in */
    struct treaty_str text;
    enum treaty_proto_syntax syntax;
    struct treaty_str edition; /* "2023" */
    size_t syntax_pos;
    struct treaty_str package; /* empty: none */
    size_t package_pos;
    struct treaty_proto_import *imports;
    uint32_t import_count;
    struct treaty_proto_options options;
    struct treaty_proto_message **messages;
    uint32_t message_count;
    struct treaty_proto_enum **enums;
    uint32_t enum_count;
    struct treaty_proto_extend *extends;
    uint32_t extend_count;
    struct treaty_proto_service *services;
    uint32_t service_count;
    bool is_builtin; /* google/protobuf/..., confluent/... that we carry */
    uint32_t index;  /* among the tree's files */
    struct treaty_proto_features features; /* by link.c */
};

/*
 * Two authorities read .proto files, and neither accepts all that the other
 * does. The first objection of each is kept; a schema that one of them takes
 * is good enough for the registry.
 */
enum treaty_proto_authority {
    TREATY_PROTO_REFERENCE, /* the registry that we stand in for */
    TREATY_PROTO_PROTOC,
    TREATY_PROTO_AUTHORITIES,
};

struct treaty_proto_objection {
    bool raised;
    enum treaty_code code; /* TREATY_ESCHEMA or one that shares its number */
    const struct treaty_proto_file *file;
    size_t pos;
    char message[TREATY_MESSAGE_MAX];
};

enum treaty_proto_symbol_kind {
    TREATY_PROTO_SYMBOL_PACKAGE,
    TREATY_PROTO_SYMBOL_MESSAGE,
    TREATY_PROTO_SYMBOL_ENUM,
    TREATY_PROTO_SYMBOL_CONSTANT, /* a sibling of its enum */
    TREATY_PROTO_SYMBOL_FIELD,
    TREATY_PROTO_SYMBOL_EXTENSION,
    TREATY_PROTO_SYMBOL_ONEOF,
    TREATY_PROTO_SYMBOL_SERVICE,
    TREATY_PROTO_SYMBOL_RPC,
};

struct treaty_proto_symbol {
    enum treaty_proto_symbol_kind kind;
    const struct treaty_proto_file *file;
    size_t pos;
    void *element; /* the struct that `kind` says; of a package its file */
};

/* What `treaty_schema.root` points to. */
struct treaty_proto_tree {
    struct treaty_arena *arena; /* the schema's */
    struct treaty_proto_file *file;
    struct treaty_proto_file **files; /* every file, dependencies first */
    uint32_t file_count;
    uint32_t message_count;    /* ids given out, synthetic ones included */
    struct treaty_map symbols; /* full name -> struct treaty_proto_symbol */
    struct treaty_proto_objection objections[TREATY_PROTO_AUTHORITIES];
    /* The reference objects to the spelling alone, a byte order mark or such,
     * and not to the file's canonical text; by format.c. */
    bool is_misspelled;
    /* The reference has no text of the file, but one of the normalised file. */
    bool is_mended_normalized;
};

#endif
