/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/rule.h"

#include <stddef.h>
#include <string.h>

static const struct treaty_rule avro[] = {
    {"FIXED_SIZE_MISMATCH",
     "the fixed type has another size in the %r schema than in the %w one",
     "keep the size; put the new one into a new type and a new field"},
    {"TYPE_MISMATCH",
     "the type in the %r schema cannot be read from the type "
     "in the %w one",
     "keep the old field and add a new one with the new type"},
    {"NAME_MISMATCH",
     "the type has another name in the %r schema than in the "
     "%w one, and no alias says that they are the same",
     "keep the name, or list the old full name under \"aliases\""},
    {"MISSING_ENUM_SYMBOLS",
     "the %r schema lacks enum symbols of the %w one and has no default for "
     "them",
     "give the enum of the %r schema a \"default\" symbol, or keep the "
     "symbols"},
    {"MISSING_UNION_BRANCH",
     "the union in the %r schema has no branch for a type that the %w schema "
     "writes",
     "keep the branch in the %r schema's union"},
    {"READER_FIELD_MISSING_DEFAULT_VALUE",
     "the %r schema has a field without a default that the %w schema does not "
     "write",
     "give the field of the %r schema a \"default\"; [\"null\", type] with "
     "default null makes it optional"},
    {"READER_FIELD_AMBIGUOUS",
     "the schemas cannot be compared: a field of the %r schema is, by its name "
     "and aliases, more than one field of the %w schema",
     "drop the alias that names a field which exists beside it"},
};

static const struct treaty_rule protobuf[] = {
    {"PACKAGE_CHANGED",
     "the package in the %r schema is not that of the %w one",
     "keep the package; put the new one under a new subject"},
    {"MESSAGE_REMOVED", "the %r schema lacks a message that the %w one has",
     "keep the message, even if nothing uses it any more"},
    {"FIELD_KIND_CHANGED",
     "the field in the %r schema is of another kind (a scalar, a message or a "
     "map) than in the %w schema",
     "keep the old field and add a new one, under a new number"},
    {"FIELD_SCALAR_KIND_CHANGED",
     "the field's type in the %r schema is encoded otherwise than the one in "
     "the %w schema",
     "keep the old field and add a new one, under a new number"},
    {"FIELD_NAMED_TYPE_CHANGED",
     "the field's message type in the %r schema is another one than in the %w "
     "schema, or changed incompatibly",
     "keep the message type, or add a field with the new one under a new "
     "number"},
    {"FIELD_NUMERIC_LABEL_CHANGED",
     "the label of a numeric field is another one in the %r schema than in the "
     "%w schema",
     "keep the label, or add a field with the new one under a new number"},
    {"REQUIRED_FIELD_ADDED",
     "the %r schema requires a field that the %w schema does not have",
     "make the field optional"},
    {"REQUIRED_FIELD_REMOVED",
     "the %r schema lacks a field that is required in the %w schema",
     "keep the field until no consumer requires it"},
    {"ONEOF_FIELD_REMOVED",
     "the oneof in the %r schema lacks a member that the %w schema may set",
     "keep the member of the oneof"},
    {"MULTIPLE_FIELDS_MOVED_TO_ONEOF",
     "several fields that the %w schema may set together share a oneof in the "
     "%r schema",
     "leave them outside the oneof, or add new ones to it under new numbers"},
    {"FIELD_MOVED_TO_EXISTING_ONEOF",
     "a field of the %w schema joined others in a oneof of the %r schema, "
     "which the %w schema may set together with it",
     "leave it where it is, or add a new one to the oneof under a new number"},
};

/* The names of buf's rules; "the new" is always the proposed schema there. */
static const struct treaty_rule wire[] = {
    {"ENUM_SAME_JSON_FORMAT", "the enum no longer has a defined JSON form",
     "keep the syntax, or features.json_format = ALLOW"},
    {"ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
     "an enum value is gone and its name is free to be used again",
     "add the name to the enum's reserved names"},
    {"ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
     "an enum value is gone and its number is free to be used again",
     "add the number to the enum's reserved numbers"},
    {"ENUM_VALUE_SAME_NAME",
     "an enum value has another name, and JSON is written with names",
     "keep the name; option allow_alias lets a second one stand beside it"},
    {"FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
     "a field is gone and its name is free to be used again",
     "add the name to the message's reserved names"},
    {"FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
     "a field is gone and its number is free to be used again",
     "add the number to the message's reserved numbers"},
    {"FIELD_SAME_DEFAULT",
     "a field that is not sent has another value than before",
     "keep the default, or the first constant of the enum"},
    {"FIELD_SAME_JSON_NAME", "the field has another name in JSON",
     "keep the name, or set json_name to the old one"},
    {"FIELD_SAME_NAME",
     "the field has another name, and JSON is written with names",
     "keep the name"},
    {"FIELD_SAME_ONEOF", "the field moved into, out of or between oneofs",
     "leave the field where it is"},
    {"FIELD_WIRE_COMPATIBLE_CARDINALITY",
     "the field no longer holds one value, or several, as before, or became or "
     "stopped being required",
     "keep the label, or add a field under a new number"},
    {"FIELD_WIRE_COMPATIBLE_TYPE",
     "the field's type is encoded otherwise than before",
     "keep the type, or add a field under a new number"},
    {"FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
     "the field no longer holds one value, several, or a map, as before, or "
     "became or stopped being required",
     "keep the label, or add a field under a new number"},
    {"FIELD_WIRE_JSON_COMPATIBLE_TYPE",
     "the field's type is encoded otherwise than before, or has another form "
     "in JSON",
     "keep the type, or add a field under a new number"},
    {"FILE_SAME_PACKAGE", "the package is another one",
     "keep the package, or make a new file for the new one"},
    {"MESSAGE_SAME_JSON_FORMAT",
     "the message no longer has a defined JSON form",
     "keep the syntax, or features.json_format = ALLOW"},
    {"MESSAGE_SAME_REQUIRED_FIELDS",
     "a required field came or went, so that one side sends or waits for what "
     "the other does not know",
     "leave required fields as they are, and make new ones optional"},
    {"RESERVED_ENUM_NO_DELETE",
     "what the enum reserved is free to be used again",
     "keep the reserved numbers and names"},
    {"RESERVED_MESSAGE_NO_DELETE",
     "what the message reserved is free to be used again",
     "keep the reserved numbers and names"},
    {"RPC_SAME_CLIENT_STREAMING",
     "the method's request became a stream, or stopped being one",
     "add a method instead"},
    {"RPC_SAME_IDEMPOTENCY_LEVEL",
     "the method has another idempotency level, and may be called otherwise",
     "keep the level, or add a method instead"},
    {"RPC_SAME_REQUEST_TYPE", "the method has another request type",
     "add a method instead"},
    {"RPC_SAME_RESPONSE_TYPE", "the method has another response type",
     "add a method instead"},
    {"RPC_SAME_SERVER_STREAMING",
     "the method's response became a stream, or stopped being one",
     "add a method instead"},
};

static const struct list {
    const struct treaty_rule *items;
    size_t count;
} lists[] = {
    {avro, sizeof(avro) / sizeof(avro[0])},
    {protobuf, sizeof(protobuf) / sizeof(protobuf[0])},
    {wire, sizeof(wire) / sizeof(wire[0])},
};

const struct treaty_rule *treaty_rule_find(const char *name)
{
    static const struct treaty_rule other = {
        "", "the %r schema cannot read all that the %w schema writes",
        "keep the part of the schema that the finding names"};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t j = 0; j < lists[i].count; j++) {
            if (strcmp(name, lists[i].items[j].name) == 0)
                return &lists[i].items[j];
        }
    }
    return &other;
}
