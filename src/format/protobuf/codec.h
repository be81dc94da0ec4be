/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_CODEC_H
#define TREATY_SRC_FORMAT_PROTOBUF_CODEC_H

/*
 * What Protobuf's layouts and plans share: how a field looks on the wire, and
 * where a layout has it.
 */
#include "format/protobuf/format.h"
#include "plan/proto_run.h"

/* A field of any message may be one of these in memory. */
enum treaty_kind treaty_proto_kind(const struct treaty_proto_ref *ref);

static inline bool treaty_proto_is_many(const struct treaty_proto_field *field)
{
    return field->presence == TREATY_PROTO_MANY;
}

static inline bool
treaty_proto_is_map_field(const struct treaty_proto_field *field)
{
    return field->ref.message && field->ref.message->is_map_entry &&
           treaty_proto_is_many(field);
}

/* The wire type of one value of the field. */
uint32_t treaty_proto_wire(const struct treaty_proto_field *field);

/* May many values of it be packed into one? */
bool treaty_proto_may_pack(const struct treaty_proto_field *field);

/* How one value of a field is stored, were it an item of a list. */
enum treaty_proto_scalar
treaty_proto_scalar_of(const struct treaty_proto_field *field,
                       const struct treaty_plan_options *options);

/* The bytes of a tag, padded with zeros; how many there are. */
uint8_t treaty_proto_tag_bytes(uint32_t tag, uint8_t ret[8]);

/*
 * Where a layout has the value of a field. In a map's entry the record is the
 * MAP itself.
 */
struct treaty_proto_seat {
    const struct treaty_type *type; /* of the value; NULL: nowhere */
    size_t off;
    bool has_flag; /* of an OPTIONAL, at `flag_off` */
    size_t flag_off;
    bool in_union; /* branch `branch` of the UNION at `union_off` */
    size_t union_off;
    int32_t branch;
};

/* The fields of a record by name; one of few fields needs no memory. */
struct treaty_proto_spots {
    const struct treaty_type *record;
    struct treaty_map by_name;
    bool is_mapped;
};

/* False when memory has run out; on `arena`. */
bool treaty_proto_spots_init(struct treaty_proto_spots *index,
                             struct treaty_arena *arena,
                             const struct treaty_type *record);

void treaty_proto_spots_find(const struct treaty_proto_spots *index,
                             const struct treaty_proto_field *field,
                             struct treaty_proto_seat *ret);

/*
 * The constant that a symbol of a layout means: the one of that name, or the
 * one of that name behind the enum's own, as the style guide has it: in
 * OrderStatus, PLACED is ORDER_STATUS_PLACED, too. NULL when there is none.
 */
const struct treaty_proto_constant *
treaty_proto_constant_meant(const struct treaty_proto_enum *enumeration,
                            struct treaty_str symbol);

/* A default's value; an integer's low bits. False: it is none. */
bool treaty_proto_default_integer(const struct treaty_proto_value *value,
                                  uint64_t *ret);
bool treaty_proto_default_double(const struct treaty_proto_value *value,
                                 double *ret);

/* The value that an unset field of a closed or open enum has. */
int32_t treaty_proto_enum_zero(const struct treaty_proto_enum *enumeration);

/*
 * Does `type` hold what `message` says? TREATY_EBIND with the path in the
 * layout and the reason when it does not.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_fit(const struct treaty_type *type,
                 const struct treaty_proto_message *message,
                 struct treaty_error *err);

/*
 * Fields of two messages side by side, in the order of their numbers: what
 * writers write in. Either message may be NULL.
 */
struct treaty_proto_twins {
    const struct treaty_proto_field *writer; /* or NULL */
    const struct treaty_proto_field *reader; /* or NULL */
};

/* On `arena`; NULL when memory has run out. */
struct treaty_proto_twins *treaty_proto_pair_fields(
    struct treaty_arena *arena, const struct treaty_proto_message *writer,
    const struct treaty_proto_message *reader, size_t *ret_count);

#endif
