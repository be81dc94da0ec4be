# SPDX-License-Identifier: Apache-2.0
"""Hold our ProtoJSON against that of protobuf's own library:

    proto_json.py SCHEMA EVENTS TEXTS OUT

EVENTS has a length of four bytes before each payload, TEXTS our JSON of each
on a line; OUT receives theirs.
"""

import json
import os
import struct
import sys

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from google.protobuf import message_factory
from google.protobuf import any_pb2, duration_pb2, empty_pb2  # noqa: F401
from google.protobuf import field_mask_pb2, struct_pb2  # noqa: F401
from google.protobuf import timestamp_pb2, wrappers_pb2  # noqa: F401
from grpc_tools import protoc

WELL_KNOWN = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")


def load(schema):
    """The class of message x.All."""
    out = "descriptors"
    if protoc.main(["protoc", "-I" + os.path.dirname(schema),
                    "-I" + WELL_KNOWN, "-o" + out, schema]):
        sys.exit("protoc refuses " + schema)
    with open(out, "rb") as file:
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.Default()
    for one in files.file:
        pool.AddSerializedFile(one.SerializeToString())
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("x.All"))


def payloads(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        (length,) = struct.unpack(">I", data[at:at + 4])
        at += 4
        yield data[at:at + length]
        at += length


def rounded(value):
    """Both print enough digits of a float, but not the same ones."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float) or type(value) is int:
        return float("%.8g" % value)
    return value


def plain(message):
    return message.SerializeToString(deterministic=True)


def main(schema, events, texts, out):
    cls = load(schema)
    count = texts_differ = parses_differ = 0
    with open(texts, encoding="utf-8") as ours, \
            open(out, "w", encoding="utf-8") as theirs:
        for payload, line in zip(payloads(events), ours):
            message = cls.FromString(payload)
            text = json_format.MessageToJson(message, indent=None)
            theirs.write(text + "\n")
            count += 1
            if rounded(json.loads(line)) != rounded(json.loads(text)):
                texts_differ += 1
                print("event %d:\n  %s  %s" % (count, line, text))
            if plain(json_format.Parse(line, cls())) != plain(message):
                parses_differ += 1
                print("event %d is read as another" % count)
    name = os.path.basename(schema)
    for what, bad in (("texts are those of protobuf", texts_differ),
                      ("protobuf reads ours", parses_differ)):
        print("%s %s: %s" % ("not ok" if bad or not count else "ok", name,
                             what))


if __name__ == "__main__":
    main(*sys.argv[1:])
