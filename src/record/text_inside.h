/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_TEXT_INSIDE_H
#define TREATY_SRC_RECORD_TEXT_INSIDE_H

/*
 * What the files that read and write JSON share; record/text.h is their face.
 *
 *     text_write.c   values      text_read.c
 *     message_write.c messages   message_read.c   as ProtoJSON has them
 *     known_write.c  well-known  known_read.c     google.protobuf.Timestamp...
 *                    any.c                        google.protobuf.Any
 */
#include "base/map.h"
#include "record/text.h"

struct treaty_text_writer {
    struct treaty_buf *out;
    enum treaty_text_form form;
    bool is_message; /* ProtoJSON, from the outermost message on */
    uint32_t depth;  /* of messages in an Any in one another */
};

void treaty_text_write(struct treaty_text_writer *w,
                       const struct treaty_type *type, const char *at);
/* All of its fields, or the text that a well-known type has instead. */
void treaty_text_write_message(struct treaty_text_writer *w,
                               const struct treaty_type *type, const char *at);
/* What nobody set cannot be told from what was set to the default. */
bool treaty_text_is_unset(const struct treaty_type *type, const char *at);
/* The fields alone, without braces; `is_first`: no comma before the first. */
void treaty_text_write_fields(struct treaty_text_writer *w,
                              const struct treaty_type *type, const char *at,
                              bool is_first);

struct treaty_text_names;

struct treaty_text_reader {
    struct treaty_arena *arena;
    enum treaty_text_form form;
    bool is_message;
    struct treaty_error *err;
    uint32_t steps;
    uint32_t depth;
    struct treaty_text_names *names; /* of the record types met, on `arena` */
};

enum treaty_code treaty_text_read(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at);
/* TREATY_ETYPE: "expected %s, found a string". */
enum treaty_code treaty_text_expected(struct treaty_text_reader *r,
                                      const struct treaty_json *value,
                                      const char *what);
enum treaty_code treaty_text_read_message(struct treaty_text_reader *r,
                                          const struct treaty_type *type,
                                          const struct treaty_json *value,
                                          char *at);
/* The fields of an object, but for the member `skip`, if there is one. */
enum treaty_code treaty_text_read_fields(struct treaty_text_reader *r,
                                         const struct treaty_type *type,
                                         const struct treaty_json *value,
                                         const struct treaty_json *skip,
                                         char *at);

/* Scalars in messages; `key` NULL: a text. */
typedef enum treaty_code (*treaty_message_read_fn)(
    struct treaty_text_reader *r, const struct treaty_type *type,
    const struct treaty_json *value, char *at);
enum treaty_code treaty_message_read_integer(struct treaty_text_reader *r,
                                             const struct treaty_type *type,
                                             const struct treaty_json *value,
                                             char *at);
enum treaty_code treaty_message_read_real(struct treaty_text_reader *r,
                                          const struct treaty_type *type,
                                          const struct treaty_json *value,
                                          char *at);
enum treaty_code treaty_message_read_bytes(struct treaty_text_reader *r,
                                           const struct treaty_type *type,
                                           const struct treaty_json *value,
                                           char *at);
enum treaty_code treaty_message_read_enum(struct treaty_text_reader *r,
                                          const struct treaty_type *type,
                                          const struct treaty_json *value,
                                          char *at);
enum treaty_code treaty_message_read_key(struct treaty_text_reader *r,
                                         const struct treaty_type *key,
                                         const struct treaty_json *member,
                                         char *at);

/* Where a member of an object goes; `branch` 0: not into a oneof. */
struct treaty_text_slot {
    uint32_t field;
    uint32_t branch;
};

/*
 * The slot called `name` in a record: by the field's name or its name in JSON,
 * the members of oneofs among them. TREATY_EVALUE when there is none, with the
 * place of `member`.
 */
enum treaty_code treaty_text_find(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *member,
                                  struct treaty_text_slot *ret);

/* True for a field of a message that stands for a whole oneof. */
bool treaty_text_is_oneof(const struct treaty_type *type,
                          const struct treaty_field *field);

/*
 * A decimal number in JSON's grammar as an exact integer: "1e2" and "1.0" are
 * some, "0.5" is none. False also past 64 bits.
 */
struct treaty_text_integer {
    bool is_negative;
    uint64_t magnitude;
};
bool treaty_text_to_integer(struct treaty_str text,
                            struct treaty_text_integer *ret);
bool treaty_text_is_number(struct treaty_str text);

/* The well-known types, told by name and shape. */
enum treaty_known {
    TREATY_KNOWN_NOT,
    TREATY_KNOWN_TIMESTAMP,
    TREATY_KNOWN_DURATION,
    TREATY_KNOWN_FIELD_MASK,
    TREATY_KNOWN_BARE, /* Struct, ListValue, wrappers: the one field's value */
    TREATY_KNOWN_VALUE,
    TREATY_KNOWN_ANY,
};
enum treaty_known treaty_known_of(const struct treaty_type *record);
bool treaty_known_is_null_value(const struct treaty_type *enumeration);

/* Whether JSON's null is a value of this type and not the lack of one. */
bool treaty_known_accepts_null(const struct treaty_type *type);

/* False when it has no such text: it is then written field by field. */
bool treaty_known_write(struct treaty_text_writer *w, enum treaty_known known,
                        const struct treaty_type *type, const char *at);
enum treaty_code treaty_known_read(struct treaty_text_reader *r,
                                   enum treaty_known known,
                                   const struct treaty_type *type,
                                   const struct treaty_json *value, char *at);

/* google.protobuf.Any, whose message lies in `type->any`. */
bool treaty_any_write(struct treaty_text_writer *w,
                      const struct treaty_type *type, const char *at);
enum treaty_code treaty_any_read(struct treaty_text_reader *r,
                                 const struct treaty_type *type,
                                 const struct treaty_json *value, char *at);

/*
 * A point or a span of time as text. Printing needs room for 40 bytes and
 * gives the length, 0 for what the text cannot say.
 */
struct treaty_time {
    int64_t seconds;
    int32_t nanos;
};
enum { TREATY_TIME_SIZE = 40 };
#define TREATY_TIMESTAMP_MIN INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TREATY_TIMESTAMP_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define TREATY_DURATION_MAX INT64_C(315576000000)  /* 10,000 years */
#define TREATY_NANOS_MAX 999999999
size_t treaty_timestamp_print(struct treaty_time time, char *out);
size_t treaty_duration_print(struct treaty_time time, char *out);
bool treaty_timestamp_parse(struct treaty_str text, struct treaty_time *ret);
bool treaty_duration_parse(struct treaty_str text, struct treaty_time *ret);

#endif
