/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/format.h"

#include "base/str.h"
#include "format/avro/canonical.h"

/*
 * Inlining a chain of imports may nest deeper than any one text may; this
 * bounds the stack that printing takes.
 */
enum { RESOLVED_DEPTH_MAX = 4096 };

static enum treaty_code put_resolved(const struct treaty_schema *schema,
                                     struct treaty_buf *out,
                                     struct treaty_error *err)
{
    return treaty_avro_put_canonical(treaty_avro_tree(schema), true,
                                     RESOLVED_DEPTH_MAX, out, err);
}

enum treaty_code treaty_avro_render(const struct treaty_schema *schema,
                                    struct treaty_str how,
                                    struct treaty_buf *out, bool *ret_known,
                                    struct treaty_error *err)
{
    *ret_known = treaty_str_eq_nocase(how, TREATY_STR("resolved"));
    return *ret_known ? put_resolved(schema, out, err) : TREATY_OK;
}

bool treaty_avro_equivalent(const struct treaty_schema *a,
                            const struct treaty_schema *b)
{
    struct treaty_buf x;
    struct treaty_buf y;
    bool same;

    treaty_buf_init(&x, 0);
    treaty_buf_init(&y, 0);
    same = put_resolved(a, &x, NULL) == TREATY_OK &&
           put_resolved(b, &y, NULL) == TREATY_OK &&
           treaty_str_eq(treaty_buf_str(&x), treaty_buf_str(&y));
    treaty_buf_release(&x);
    treaty_buf_release(&y);
    return same;
}

static const struct treaty_difference_form difference = {
    "{errorType:'", "', description:'", "', additionalInfo:'", "'}"};

const struct treaty_format treaty_format_avro = {
    .name = "AVRO",
    .parse = treaty_avro_parse,
    .normalize = treaty_avro_normalize,
    .render = treaty_avro_render,
    .layout = treaty_avro_layout,
    .decode_plan = treaty_avro_decode_plan,
    .encode_plan = treaty_avro_encode_plan,
    .compare = treaty_avro_compare,
    .difference = &difference,
    .equivalent = treaty_avro_equivalent,
    .annotate = treaty_avro_annotate,
};
