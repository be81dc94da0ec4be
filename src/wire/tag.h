/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_WIRE_TAG_H
#define TREATY_SRC_WIRE_TAG_H

/*
 * The low three bits of a protobuf tag: how the value behind it is written.
 * 6 and 7 do not exist.
 */
enum treaty_wire_type {
    TREATY_WIRE_VARINT = 0,
    TREATY_WIRE_64 = 1,
    TREATY_WIRE_LEN = 2,
    TREATY_WIRE_GROUP = 3,
    TREATY_WIRE_GROUP_END = 4,
    TREATY_WIRE_32 = 5,
};

#endif
