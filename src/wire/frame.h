/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_WIRE_FRAME_H
#define TREATY_SRC_WIRE_FRAME_H

/*
 * Frames: how an event says which schema wrote it.
 *
 *     in the value                           in a record header
 *     00  .. .. .. ..  [indexes] payload     01  16 bytes of GUID  [indexes]
 *     |   |                                  |   |
 *     |   id, big-endian, 1 to 2^31 - 1      |   most significant byte first
 *     magic byte                             magic byte; the value is bare
 *
 * The header is called `__key_schema_id` or `__value_schema_id`. A message
 * that has it is read by it; the value is then all payload, whatever it
 * begins with.
 *
 * Indexes are there when the schema's format (Protobuf) may hold several
 * messages in one text: which one, from the outermost inwards, each counted
 * among its siblings. A frame does not tell whether it has them; its schema
 * does.
 *
 *     04 02 02     the third message's third: count and indexes in zigzag
 *     00           the first message: short for 02 00
 */
#include "base/buf.h"

#include <stdbool.h>

enum {
    TREATY_FRAME_MAGIC_ID = 0x00,
    TREATY_FRAME_MAGIC_GUID = 0x01,
    TREATY_FRAME_ID_SIZE = 5,    /* bytes before the payload */
    TREATY_FRAME_GUID_SIZE = 17, /* bytes of the header's value, at least */
};

/* A message taken apart. */
struct treaty_frame {
    bool by_guid;              /* `guid` counts, else `id` */
    uint32_t id;               /* 0 to 2^31 - 1 */
    uint8_t guid[16];          /* as in the GUID's text, without dashes */
    struct treaty_str more;    /* of the header, behind the GUID: indexes */
    struct treaty_str payload; /* in the prefix form, indexes included */
    size_t payload_at;         /* its offset in the value */
};

/* Where the indexes are, in a frame whose schema has them. */
static inline struct treaty_str
treaty_frame_indexes(const struct treaty_frame *frame)
{
    return frame->by_guid ? frame->more : frame->payload;
}

/*
 * Take `value` apart; `header` is the header's value, `.data` NULL when the
 * message has none. TREATY_EFRAME with the offset in whichever of the two is
 * wrong; `ret` is then left alone.
 */
TREATY_MUST_CHECK enum treaty_code treaty_frame_parse(struct treaty_str value,
                                                      struct treaty_str header,
                                                      struct treaty_frame *ret,
                                                      struct treaty_error *err);

/* The bytes before the payload, and the header's value. */
static inline void treaty_frame_write_id(char out[TREATY_FRAME_ID_SIZE],
                                         uint32_t id)
{
    out[0] = TREATY_FRAME_MAGIC_ID;
    out[1] = (char)(id >> 24);
    out[2] = (char)(id >> 16);
    out[3] = (char)(id >> 8);
    out[4] = (char)id;
}

void treaty_frame_write_guid(char out[TREATY_FRAME_GUID_SIZE],
                             const uint8_t guid[16]);

/*
 * The length of the list of indexes that `bytes` begin with; 0 when they are
 * cut or no list. What the indexes mean is for the schema to say.
 */
size_t treaty_frame_indexes_len(struct treaty_str bytes);

#endif
