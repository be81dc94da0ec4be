/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_FORMAT_H
#define TREATY_SRC_FORMAT_AVRO_FORMAT_H

/* The members of the row `treaty_format_avro`, which format.h describes. */
#include "format/format.h"

enum treaty_code treaty_avro_parse(const struct treaty_source *source,
                                   struct treaty_schema **ret,
                                   struct treaty_error *err);
enum treaty_code treaty_avro_normalize(const struct treaty_schema *schema,
                                       struct treaty_buf *out,
                                       struct treaty_error *err);
enum treaty_code treaty_avro_render(const struct treaty_schema *schema,
                                    struct treaty_str how,
                                    struct treaty_buf *out, bool *ret_known,
                                    struct treaty_error *err);
enum treaty_code treaty_avro_layout(const struct treaty_schema *schema,
                                    struct treaty_layout **ret,
                                    struct treaty_error *err);
enum treaty_code
treaty_avro_decode_plan(const struct treaty_schema *writer,
                        const struct treaty_schema *reader,
                        const struct treaty_layout *layout,
                        const struct treaty_plan_options *options,
                        struct treaty_plan **ret, struct treaty_error *err);
enum treaty_code
treaty_avro_encode_plan(const struct treaty_schema *schema,
                        const struct treaty_layout *layout,
                        const struct treaty_plan_options *options,
                        struct treaty_plan **ret, struct treaty_error *err);
enum treaty_code treaty_avro_compare(const struct treaty_schema *reader,
                                     const struct treaty_schema *writer,
                                     struct treaty_findings *out);
bool treaty_avro_equivalent(const struct treaty_schema *a,
                            const struct treaty_schema *b);
enum treaty_code treaty_avro_annotate(const struct treaty_schema *schema,
                                      struct treaty_str payload,
                                      treaty_span_fn give, void *ctx,
                                      struct treaty_error *err);

struct treaty_avro_tree;

/*
 * Parse `text` where the imports of `tree`, which must outlive the result, are
 * known, by the same rules and limits but for the length of the text.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_parse_again(const struct treaty_avro_tree *tree,
                        struct treaty_str text, struct treaty_schema **ret,
                        struct treaty_error *err);

#endif
