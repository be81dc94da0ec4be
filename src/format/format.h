/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_FORMAT_H
#define TREATY_SRC_FORMAT_FORMAT_H

/*
 * The contract of a format: Avro, Protobuf, JSON Schema. A format is one row
 * of functions; nothing outside this folder asks which one it has.
 *
 *     text --parse--> schema --canonical, normalize--> text that decides ids
 *                       |----layout--> struct in memory
 *     writer, reader, layout --decode_plan, encode_plan--> plan
 *     reader, writer --compare--> findings (Confluent's verdict)
 */
#include "format/finding.h"
#include "plan/plan.h"
#include "wire/frame.h"

#include "base/buf.h"

#include <treaty/schema.h>

struct treaty_format;

/* A schema that the text may refer to, in the order of dependency. */
struct treaty_import {
    struct treaty_reference reference; /* how it was reached */
    struct treaty_str text;            /* canonical text */
};

enum treaty_strictness {
    TREATY_NEW,    /* a schema that is being registered: every check */
    TREATY_STORED, /* one that is stored already: it always loads */
    TREATY_STRICT, /* what the format's own compiler refuses is refused, too:
                      Protobuf's protoc. Avro has no such: as TREATY_NEW */
};

/* Limits on a text, from the defaults; zero means the default. */
struct treaty_limits {
    size_t text_max;    /* 1 MiB; TREATY_ESCHEMATOOLARGE */
    uint32_t depth_max; /* 256 */
    uint32_t names_max; /* 65,536 names and symbols */
};

/* What is parsed. All views must live until parse returns. */
struct treaty_source {
    struct treaty_str text;
    const struct treaty_reference *references; /* the list of this schema */
    size_t reference_count;
    const struct treaty_import *imports; /* the transitive closure of it */
    size_t import_count;
    enum treaty_strictness strictness;
    struct treaty_limits limits;
};

/*
 * A parsed schema: frozen, shared by count, everything on its own arena.
 *
 * A text may hold several messages. A schema then stands for its first one;
 * a *part* of it (the row's `part`) is a schema that stands for another. It has
 * texts, references and root in common with its `whole`, which it keeps alive,
 * and may be given wherever a schema is wanted.
 */
struct treaty_schema {
    const struct treaty_format *format;
    struct treaty_arena arena;
    struct treaty_str text;      /* as submitted */
    struct treaty_str canonical; /* as stored and served */
    struct treaty_str name;      /* record full name, message; or empty */
    const struct treaty_reference *references;
    size_t reference_count;
    const void *root; /* the format's own tree */
    const void *part; /* the format's own: the message that it stands for */
    struct treaty_str indexes;   /* what a frame says between id and payload */
    struct treaty_schema *whole; /* of a part; else NULL */
    /* What the format's own compiler would say of it; `code` TREATY_OK: no
     * objection, or none asked for (a stored schema). */
    struct treaty_error objection;
    int refs; /* atomic */
};

/* A piece of a payload; the texts live until the callback returns. */
struct treaty_span {
    size_t offset; /* in the payload */
    size_t len;
    struct treaty_str path;  /* "items[0].qty"; empty at the top */
    struct treaty_str type;  /* "string", "length of string", "block" */
    struct treaty_str value; /* "12", "\"USD\"", "1 = PAID" */
};
typedef void (*treaty_span_fn)(void *ctx, const struct treaty_span *span);

/*
 * What the canonical text leaves out or changes although it says something.
 * `what` is a static sentence, `element` what it belongs to, `pos` the place
 * in the text as submitted.
 */
struct treaty_loss {
    const char *what;
    struct treaty_str element;
    size_t pos;
};
typedef void (*treaty_loss_fn)(void *ctx, const struct treaty_loss *loss);

/* How the reference words a difference to its clients (confluent.md 5.1). */
struct treaty_difference_form {
    const char *before_type;
    const char *before_description;
    const char *before_info; /* NULL: it says no more than the description */
    const char *end;
};

struct treaty_format {
    const char *name; /* "AVRO", "PROTOBUF", "JSON" as in the REST API */

    /*
     * Parse and canonicalise. On failure `err` has the offset in the text and
     * the path; TREATY_ESCHEMA or one of the codes that share its REST number,
     * TREATY_EJSON, TREATY_ELIMIT, TREATY_ESCHEMATOOLARGE, TREATY_ENOMEM.
     */
    enum treaty_code (*parse)(const struct treaty_source *source,
                              struct treaty_schema **ret,
                              struct treaty_error *err);

    /*
     * The names that `text` imports, in its order, on `arena`; without those
     * of files that every schema may import. NULL in a format where a text
     * does not say which others it needs.
     */
    enum treaty_code (*imports)(struct treaty_arena *arena,
                                struct treaty_str text, struct treaty_str **ret,
                                size_t *ret_count, struct treaty_error *err);

    /*
     * The part called `name` (a full name), or the one that the indexes at the
     * start of `payload` name, and how many bytes those take. The caller owns
     * one count of `*ret`, which may be of `schema` itself. TREATY_ENOMESSAGE
     * when there is none; NULL in a format whose texts hold one type each.
     */
    enum treaty_code (*part)(struct treaty_schema *schema,
                             struct treaty_str name, struct treaty_schema **ret,
                             struct treaty_error *err);
    enum treaty_code (*part_at)(struct treaty_schema *schema,
                                struct treaty_str payload, size_t *ret_len,
                                struct treaty_schema **ret,
                                struct treaty_error *err);

    /*
     * The `index`th outermost part of `writer`, from 0 on, and the part that a
     * consumer with the text of `reader` takes for it; both NULL when that has
     * none. The caller owns a count of each. TREATY_ENOMESSAGE past the last
     * one; NULL as above.
     */
    enum treaty_code (*pair)(struct treaty_schema *reader,
                             struct treaty_schema *writer, size_t index,
                             struct treaty_schema **ret_reader,
                             struct treaty_schema **ret_writer,
                             struct treaty_error *err);

    /* The text under `normalize=true`; TREATY_ESCHEMA where that throws. */
    enum treaty_code (*normalize)(const struct treaty_schema *schema,
                                  struct treaty_buf *out,
                                  struct treaty_error *err);

    /*
     * The text under `format=how` (any case), where that is one of the format's
     * own: "resolved", with references inlined, and the like. For another
     * `how` nothing is written and `*ret_known` becomes false.
     */
    enum treaty_code (*render)(const struct treaty_schema *schema,
                               struct treaty_str how, struct treaty_buf *out,
                               bool *ret_known, struct treaty_error *err);

    /* Call `give` for each loss, in order. NULL: the format has none. */
    void (*losses)(const struct treaty_schema *schema, treaty_loss_fn give,
                   void *ctx);

    /* The natural layout of the schema: every field, in order. */
    enum treaty_code (*layout)(const struct treaty_schema *schema,
                               struct treaty_layout **ret,
                               struct treaty_error *err);

    /*
     * Compile. Fields of the reader that the layout lacks are skipped;
     * a field of the layout that the reader lacks is TREATY_EBIND, as is one
     * of another type. What `writer` cannot give becomes a FAIL in the plan,
     * not an error here.
     */
    enum treaty_code (*decode_plan)(const struct treaty_schema *writer,
                                    const struct treaty_schema *reader,
                                    const struct treaty_layout *layout,
                                    const struct treaty_plan_options *options,
                                    struct treaty_plan **ret,
                                    struct treaty_error *err);

    /* Fields of the schema that the layout lacks take their default, or
     * TREATY_EBIND says which one has none. */
    enum treaty_code (*encode_plan)(const struct treaty_schema *schema,
                                    const struct treaty_layout *layout,
                                    const struct treaty_plan_options *options,
                                    struct treaty_plan **ret,
                                    struct treaty_error *err);

    /*
     * By `out->rules`, Confluent's unless said otherwise: can `reader` read
     * what `writer` wrote? TREATY_EUSAGE: the format has no such rules.
     */
    enum treaty_code (*compare)(const struct treaty_schema *reader,
                                const struct treaty_schema *writer,
                                struct treaty_findings *out);

    const struct treaty_difference_form *difference;

    /*
     * Look-up's looser equality: the same after resolving references, so that
     * a client may submit the inlined text (confluent.md 1.4, step 9).
     */
    bool (*equivalent)(const struct treaty_schema *a,
                       const struct treaty_schema *b);

    /*
     * Take a payload apart for people: one span for each piece of it, in
     * order. Stops at the first fault with its code, offset and path; the
     * spans before it have been given.
     */
    enum treaty_code (*annotate)(const struct treaty_schema *schema,
                                 struct treaty_str payload, treaty_span_fn give,
                                 void *ctx, struct treaty_error *err);
};

extern const struct treaty_format treaty_format_avro;
extern const struct treaty_format treaty_format_protobuf;

/* The row called `name` (any case; empty means AVRO), or NULL. */
const struct treaty_format *treaty_format_find(struct treaty_str name);

/* All rows, NULL at the end. */
const struct treaty_format *const *treaty_format_list(void);

/*
 * Parse by row, NULL `format` meaning Avro; the caller owns one count of
 * `*ret`.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_parse(const struct treaty_format *format,
                    const struct treaty_source *source,
                    struct treaty_schema **ret, struct treaty_error *err);

/*
 * The text of `schema` under the REST parameter `format=how`: "original" is the
 * text as submitted in every format, the rest is the row's; anything unknown,
 * as well as nothing and "default", gives the canonical text. `ret_known`,
 * which may be NULL, tells whether `how` is known.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_render(const struct treaty_schema *schema, struct treaty_str how,
                     struct treaty_buf *out, bool *ret_known,
                     struct treaty_error *err);

/*
 * The part called `name`, or with an empty one `schema` itself; in a format
 * without parts a schema has just its own name. The caller owns one count of
 * `*ret`. TREATY_ENOMESSAGE, TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_part(struct treaty_schema *schema, struct treaty_str name,
                   struct treaty_schema **ret, struct treaty_error *err);

/*
 * The part of `schema` that `frame` says its payload is of; the indexes that
 * say so are taken off the frame, which then has nothing but payload. The
 * caller owns one count of `*ret`. TREATY_EFRAME for what are no indexes, or
 * not at their end, TREATY_ENOMESSAGE for some that point nowhere, both with
 * the offset in the message's value (or header).
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_of_frame(struct treaty_schema *schema, struct treaty_frame *frame,
                       struct treaty_schema **ret, struct treaty_error *err);

struct treaty_schema *treaty_schema_ref(struct treaty_schema *schema);
void treaty_schema_unref(struct treaty_schema *schema);

/*
 * The GUID of a text with its references (confluent.md 3.4): MD5 over the
 * canonical text and each reference's name, subject and version. TREATY_ENOMEM,
 * or TREATY_EINTERNAL where the machine has no MD5.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_guid(struct treaty_str canonical,
                   const struct treaty_reference *references,
                   size_t reference_count, uint8_t ret[16]);
/* 8-4-4-4-12 lower-case hex, 36 characters and a NUL. */
void treaty_guid_print(const uint8_t guid[16], char ret[37]);
/* Also accepts 32 hex digits without dashes. */
bool treaty_guid_parse(struct treaty_str text, uint8_t ret[16]);

#endif
