/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_FORMAT_H
#define TREATY_SRC_FORMAT_PROTOBUF_FORMAT_H

/*
 * The members of the row `treaty_format_protobuf`, which format/format.h
 * describes, and what they may ask of a schema that this format made.
 */
#include "format/format.h"
#include "format/protobuf/load.h"

/* The message that `schema` stands for, or NULL when the text has none. */
static inline const struct treaty_proto_message *
treaty_proto_part_of(const struct treaty_schema *schema)
{
    return schema->part;
}

enum treaty_code treaty_proto_parse(const struct treaty_source *source,
                                    struct treaty_schema **ret,
                                    struct treaty_error *err);
enum treaty_code treaty_proto_imports(struct treaty_arena *arena,
                                      struct treaty_str text,
                                      struct treaty_str **ret,
                                      size_t *ret_count,
                                      struct treaty_error *err);
enum treaty_code treaty_proto_part(struct treaty_schema *schema,
                                   struct treaty_str name,
                                   struct treaty_schema **ret,
                                   struct treaty_error *err);
enum treaty_code treaty_proto_part_at(struct treaty_schema *schema,
                                      struct treaty_str payload,
                                      size_t *ret_len,
                                      struct treaty_schema **ret,
                                      struct treaty_error *err);
enum treaty_code treaty_proto_pair(struct treaty_schema *reader,
                                   struct treaty_schema *writer, size_t index,
                                   struct treaty_schema **ret_reader,
                                   struct treaty_schema **ret_writer,
                                   struct treaty_error *err);
enum treaty_code treaty_proto_normalize(const struct treaty_schema *schema,
                                        struct treaty_buf *out,
                                        struct treaty_error *err);
enum treaty_code treaty_proto_render(const struct treaty_schema *schema,
                                     struct treaty_str how,
                                     struct treaty_buf *out, bool *ret_known,
                                     struct treaty_error *err);
enum treaty_code treaty_proto_layout(const struct treaty_schema *schema,
                                     struct treaty_layout **ret,
                                     struct treaty_error *err);
enum treaty_code
treaty_proto_decode_plan(const struct treaty_schema *writer,
                         const struct treaty_schema *reader,
                         const struct treaty_layout *layout,
                         const struct treaty_plan_options *options,
                         struct treaty_plan **ret, struct treaty_error *err);
enum treaty_code
treaty_proto_encode_plan(const struct treaty_schema *schema,
                         const struct treaty_layout *layout,
                         const struct treaty_plan_options *options,
                         struct treaty_plan **ret, struct treaty_error *err);
enum treaty_code treaty_proto_compare(const struct treaty_schema *reader,
                                      const struct treaty_schema *writer,
                                      struct treaty_findings *out);
bool treaty_proto_equivalent(const struct treaty_schema *a,
                             const struct treaty_schema *b);
enum treaty_code treaty_proto_annotate(const struct treaty_schema *schema,
                                       struct treaty_str payload,
                                       treaty_span_fn give, void *ctx,
                                       struct treaty_error *err);

#endif
