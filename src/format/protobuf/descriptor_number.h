/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_DESCRIPTOR_NUMBER_H
#define TREATY_SRC_FORMAT_PROTOBUF_DESCRIPTOR_NUMBER_H

/* Field numbers of descriptor.proto, for those who read and write it. */
enum treaty_proto_file_number {
    TREATY_FILE_NAME = 1,
    TREATY_FILE_PACKAGE = 2,
    TREATY_FILE_DEPENDENCY = 3,
    TREATY_FILE_MESSAGE = 4,
    TREATY_FILE_ENUM = 5,
    TREATY_FILE_SERVICE = 6,
    TREATY_FILE_EXTENSION = 7,
    TREATY_FILE_OPTIONS = 8,
    TREATY_FILE_PUBLIC = 10,
    TREATY_FILE_WEAK = 11,
    TREATY_FILE_SYNTAX = 12,
    TREATY_FILE_EDITION = 14,
};

enum treaty_proto_message_number {
    TREATY_MESSAGE_NAME = 1,
    TREATY_MESSAGE_FIELD = 2,
    TREATY_MESSAGE_MESSAGE = 3,
    TREATY_MESSAGE_ENUM = 4,
    TREATY_MESSAGE_RANGE = 5,
    TREATY_MESSAGE_EXTENSION = 6,
    TREATY_MESSAGE_OPTIONS = 7,
    TREATY_MESSAGE_ONEOF = 8,
    TREATY_MESSAGE_RESERVED = 9,
    TREATY_MESSAGE_RESERVED_NAME = 10,
};

enum treaty_proto_field_number {
    TREATY_FIELD_NAME = 1,
    TREATY_FIELD_EXTENDEE = 2,
    TREATY_FIELD_NUMBER = 3,
    TREATY_FIELD_LABEL = 4,
    TREATY_FIELD_TYPE = 5,
    TREATY_FIELD_TYPE_NAME = 6,
    TREATY_FIELD_DEFAULT = 7,
    TREATY_FIELD_OPTIONS = 8,
    TREATY_FIELD_ONEOF = 9,
    TREATY_FIELD_JSON_NAME = 10,
    TREATY_FIELD_PROTO3_OPTIONAL = 17,
};

/* Of a range, start and end; of a reserved one, too. */
enum treaty_proto_range_number {
    TREATY_RANGE_START = 1,
    TREATY_RANGE_END = 2,
    TREATY_RANGE_OPTIONS = 3,
};

enum treaty_proto_oneof_number {
    TREATY_ONEOF_NAME = 1,
    TREATY_ONEOF_OPTIONS = 2,
};

enum treaty_proto_enum_number {
    TREATY_ENUM_NAME = 1,
    TREATY_ENUM_VALUE = 2,
    TREATY_ENUM_OPTIONS = 3,
    TREATY_ENUM_RESERVED = 4,
    TREATY_ENUM_RESERVED_NAME = 5,
};

enum treaty_proto_constant_number {
    TREATY_CONSTANT_NAME = 1,
    TREATY_CONSTANT_NUMBER = 2,
    TREATY_CONSTANT_OPTIONS = 3,
};

enum treaty_proto_service_number {
    TREATY_SERVICE_NAME = 1,
    TREATY_SERVICE_RPC = 2,
    TREATY_SERVICE_OPTIONS = 3,
};

enum treaty_proto_rpc_number {
    TREATY_RPC_NAME = 1,
    TREATY_RPC_REQUEST = 2,
    TREATY_RPC_RESPONSE = 3,
    TREATY_RPC_OPTIONS = 4,
    TREATY_RPC_STREAMS_REQUEST = 5,
    TREATY_RPC_STREAMS_RESPONSE = 6,
};

/* The last number that a field may have; ranges end behind it. */
enum { TREATY_PROTO_NUMBER_MAX = 536870911 };

#endif
