/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SERDE_H
#define TREATY_SERDE_H

/*
 * Structs to framed events and back. The registry is asked once for each
 * schema and process; after that neither direction takes a lock or allocates.
 *
 *     produce   struct --encode--> payload --frame--> 00 | id | payload
 *     consume   00 | id | payload --> plan of (id, reader) --> struct
 *
 * In Protobuf a schema may hold several messages, and a frame tells between id
 * and payload which one it is of.
 *
 * The struct is the application's own, described by a table of bindings
 * (treaty/record.h), or the natural layout of the schema.
 *
 * Serializers and deserializers may be used by many threads at once, each
 * thread with a scratch of its own.
 */
#include <treaty/client.h>
#include <treaty/record.h>

#ifdef __cplusplus
extern "C" {
#endif

struct treaty_serializer;
struct treaty_deserializer;
struct treaty_layout;

/* Confluent's subject name strategies. */
enum treaty_subject_strategy {
    TREATY_SUBJECT_TOPIC,        /* "<topic>-value" or "<topic>-key" */
    TREATY_SUBJECT_RECORD,       /* "<full name of the record>" */
    TREATY_SUBJECT_TOPIC_RECORD, /* "<topic>-<full name of the record>" */
};

/*
 * A file that schemas import, which the application brings along: the path as
 * `import` has it, and its text.
 */
struct treaty_source_file {
    const char *path;
    struct treaty_str text;
};

/*
 * The text of the file that is imported as `path`; `.data` NULL when there is
 * none. It must live until the function that asks for it returns.
 */
typedef struct treaty_str (*treaty_import_fn)(void *ctx, const char *path);

/*
 * Where imported files come from: the table, then the function, then the
 * references, which are in the registry already. What every schema may import
 * (google/protobuf/timestamp.proto, ...) is built in.
 */
struct treaty_import_source {
    const struct treaty_source_file *files;
    size_t file_count;
    treaty_import_fn find; /* or NULL */
    void *ctx;
};

/* Confluent's strategies to name the subjects of imported files. */
enum treaty_reference_strategy {
    TREATY_REFERENCE_PATH,      /* "shop/money.proto" */
    TREATY_REFERENCE_QUALIFIED, /* "shop.money" */
};

/* Where the id of the schema to write comes from. */
enum treaty_id_source {
    TREATY_ID_REGISTER, /* the schema is registered under the subject */
    TREATY_ID_LOOK_UP,  /* it must have been registered there before */
    TREATY_ID_LATEST,   /* events are written with the subject's latest one */
    TREATY_ID_FIXED,    /* events are written with the schema of `fixed_id` */
};

/* Where the schema goes in a message. */
enum treaty_frame_place {
    TREATY_IN_PREFIX, /* 00, 4-byte id, which message, payload */
    TREATY_IN_HEADER, /* a record header with 01, 16-byte GUID, which message;
                         payload bare */
};

/* The name of that record header. */
#define TREATY_HEADER_KEY "__key_schema_id"
#define TREATY_HEADER_VALUE "__value_schema_id"

/*
 * All but `schema` and one of `subject` and `topic` may be zero; strings and
 * tables are copied. Without `schema`, the id must come from LATEST or FIXED.
 */
struct treaty_serializer_options {
    const char *schema; /* text of the schema that the struct follows */
    const char *format; /* "AVRO", ...; NULL: AVRO */
    /*
     * Which message of the schema is written, by its full name. NULL: the
     * first one; of a schema from LATEST or FIXED the one that is called like
     * that of `schema`, if there is one, or else the first.
     */
    const char *message;
    const struct treaty_reference *references;
    size_t reference_count;
    /*
     * With REGISTER and LOOK_UP the files from here that the schema imports
     * are registered (or looked up) before it, those that they import before
     * them, and become its references. Each is asked for once in the life of
     * the client.
     */
    struct treaty_import_source imports;
    enum treaty_reference_strategy reference_strategy;
    const char *subject; /* NULL: made by `strategy` */
    const char *topic;
    enum treaty_subject_strategy strategy;
    bool is_key;
    enum treaty_id_source id_source;
    int32_t fixed_id;
    bool normalize; /* ask the registry to normalise what it stores */
    enum treaty_frame_place place;
    enum treaty_utf8_policy utf8;
    const struct treaty_binding *bindings; /* NULL: the natural layout */
    size_t binding_count;
    size_t record_size; /* of the application's struct, with `bindings` */
};

/*
 * Check the schema and the layout; the registry is not asked yet, unless the
 * schema has references. TREATY_ESCHEMA and its kin with the offset in
 * `schema`, TREATY_ENOMESSAGE, TREATY_EBIND with the reason, TREATY_EUSAGE.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_serializer_new(struct treaty_client *client,
                      const struct treaty_serializer_options *options,
                      struct treaty_serializer **ret, struct treaty_error *err);
TREATY_API void treaty_serializer_free(struct treaty_serializer *serializer);

/*
 * Ask the registry for the id now instead of with the first event. Fails as
 * treaty_client_register or treaty_client_look_up do.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_serializer_prepare(struct treaty_serializer *serializer,
                          struct treaty_error *err);

/* The subject; and the id that is written, 0 before it is known. */
TREATY_API struct treaty_str
treaty_serializer_subject(const struct treaty_serializer *serializer);
TREATY_API int32_t
treaty_serializer_id(const struct treaty_serializer *serializer);

/* The layout of its records; NULL when it is that of a schema which has not
 * been asked for yet. It lives as long as the serializer. */
TREATY_API const struct treaty_layout *
treaty_serializer_layout(const struct treaty_serializer *serializer);

/*
 * One message: `header` is absent (`.data` NULL) but for TREATY_IN_HEADER. In
 * a written message both lie on the scratch, until the next one is written
 * there or it is reset.
 */
struct treaty_message {
    struct treaty_str value;
    struct treaty_str header;
};

/*
 * Write one event. TREATY_EVALUE and its path when a value has no place in the
 * schema, or what treaty_serializer_prepare reports.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_serialize(struct treaty_serializer *serializer, const void *record,
                 struct treaty_scratch *scratch, struct treaty_message *ret,
                 struct treaty_error *err);

/* All may be zero; strings and tables are copied. */
struct treaty_deserializer_options {
    /* The reader's schema. NULL: each event is read as it was written, with
     * treaty_deserialize_event. */
    const char *schema;
    const char *format; /* "AVRO", ...; NULL: AVRO */
    /*
     * Which message of the schema records are, by its full name; NULL: the
     * first. An event of another message of the same schema is TREATY_
     * EUNREADABLE; one whose name the schema does not have is read by field
     * numbers.
     */
    const char *message;
    const struct treaty_reference *references;
    size_t reference_count;
    struct treaty_import_source imports;
    const struct treaty_binding *bindings; /* NULL: the natural layout */
    size_t binding_count;
    size_t record_size; /* of the application's struct, with `bindings` */
    enum treaty_utf8_policy utf8;
    bool walk_to_end;   /* check each event past the last field needed */
    uint32_t depth_max; /* of recursion; 0: 128 */
    size_t memory_max;  /* that one event may take on the scratch; 0: 64 MiB */
    /*
     * Never sleep: where a call would wait (to repeat a failed request, for
     * the look-up rate, to confirm that a schema is unknown) it returns
     * TREATY_EBUSY or the failure at once, and the caller comes back later.
     */
    bool no_wait;
};

TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_deserializer_new(struct treaty_client *client,
                        const struct treaty_deserializer_options *options,
                        struct treaty_deserializer **ret,
                        struct treaty_error *err);
TREATY_API void
treaty_deserializer_free(struct treaty_deserializer *deserializer);

/* Bytes that `record` must have; 0 without a reader's schema. */
TREATY_API size_t
treaty_deserializer_record_size(const struct treaty_deserializer *deserializer);

/*
 * Read one message into `record`. Texts are views into `message`; arrays, maps
 * and replaced texts lie on the scratch. On failure `record` holds no promise,
 * and treaty_error_is_definite tells a message that can never be read (TREATY_
 * EFRAME, ENOSCHEMA, ENOMESSAGE, ETRUNCATED, EUNREADABLE, ...; offset counts
 * in `message->value`) from a registry that could not be asked.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_deserialize(struct treaty_deserializer *deserializer,
                   const struct treaty_message *message, void *record,
                   struct treaty_scratch *scratch, struct treaty_error *err);

/*
 * The same, into a record on the scratch, with what is known about it. The
 * layout is that of the reader or, without one, of the writer's schema; it
 * lives until the client is freed.
 */
struct treaty_event {
    void *record;
    const struct treaty_layout *layout;
    int32_t id;             /* 0 when the frame named a GUID */
    struct treaty_str guid; /* the 16 bytes in the frame, or absent */
    /* The full name of what was written; empty for a type without a name. */
    struct treaty_str message;
};
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_deserialize_event(struct treaty_deserializer *deserializer,
                         const struct treaty_message *message,
                         struct treaty_scratch *scratch,
                         struct treaty_event *ret, struct treaty_error *err);

/* The layout of all records; NULL without a reader's schema. */
TREATY_API const struct treaty_layout *
treaty_deserializer_layout(const struct treaty_deserializer *deserializer);

/*
 * Make `record` independent: copy every text and array that it refers to onto
 * `scratch`, which may be any but must not be reset before the record goes.
 * TREATY_ENOMEM, or TREATY_EDEPTH for one nested deeper than 1,024 types; a
 * part of it may then have been copied.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_record_own(const struct treaty_layout *layout, void *record,
                  struct treaty_scratch *scratch);

#ifdef __cplusplus
}
#endif
#endif
