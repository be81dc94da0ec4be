# SPDX-License-Identifier: Apache-2.0
"""The official Python client's side of protobuf_python.sh.

usage: protobuf.py produce TOPIC KIND COUNT FILE [header]
       protobuf.py consume TOPIC KIND COUNT FILE

Both write the events to FILE, one proto3 JSON object a line. KIND is "order"
or "leg". With "header" the schema goes into a record header.
"""
import os
import sys
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry import header_schema_id_serializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

KINDS = {"order": "treaty.example.Order", "leg": "treaty.interop.Shipment.Leg"}


def order(i):
    event = {
        "order_id": f"python-{i}",
        "account_id": -i << 33,
        "status": ["PLACED", "PAID", "SHIPPED", "ORDER_STATUS_UNSPECIFIED"][i % 4],
        "amount_cents": i * 100 - 50,
        "currency": "EUR",
        "ts": 1700000000000 + i,
        "items": [{"sku": f"s{n}", "qty": n - 1, "price_cents": 5 * n} for n in range(i % 4)],
    }
    if i % 2:
        event["customer_email"] = f"python{i}@example.org"
    return event


def leg(i):
    return {
        "from": "Python",
        "to": str(i),
        "price": {"currency": "EUR", "units": 1 << 41},
        "at": f"2026-11-22T10:{i % 60:02}:00.5Z",
        **({"truck": -i} if i % 2 else {"ship": f"Æolus {i}"}),
        "temperatures": [i, 0, -7],
        "is_late": i % 3 == 0,
        "kind": "COLD",
        "label": {"text": "fragile"},
    }


def message_class(kind):
    files = descriptor_pb2.FileDescriptorSet()
    with open(os.environ["DESCRIPTORS"], "rb") as file:
        files.ParseFromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(KINDS[kind]))


def print_event(out, event):
    print(json_format.MessageToJson(event, indent=None), file=out)


def produce(topic, kind, count, out, place=None):
    client = SchemaRegistryClient({"url": os.environ["REGISTRY"]})
    cls = message_class(kind)
    conf = {"use.deprecated.format": False}
    if place == "header":
        conf["schema.id.serializer"] = header_schema_id_serializer
    serializer = ProtobufSerializer(cls, client, conf)
    producer = Producer({"bootstrap.servers": os.environ["KAFKA"]})
    failures = []
    for i in range(count):
        event = json_format.ParseDict({"order": order, "leg": leg}[kind](i), cls())
        context = SerializationContext(topic, MessageField.VALUE, headers=[])
        value = serializer(event, context)
        producer.produce(topic, value, headers=context.headers,
                         on_delivery=lambda error, _: error and failures.append(error))
        print_event(out, event)
    left = producer.flush(30)
    if left or failures:
        sys.exit(f"{left} events left, {failures}")


def consume(topic, kind, count, out):
    client = SchemaRegistryClient({"url": os.environ["REGISTRY"]})
    deserializer = ProtobufDeserializer(message_class(kind), {"use.deprecated.format": False}, client)
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA"], "group.id": f"python-{topic}",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    seen = 0
    end = time.monotonic() + 60
    while seen < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is None or message.error():
            continue
        context = SerializationContext(topic, MessageField.VALUE, headers=message.headers())
        print_event(out, deserializer(message.value(), context))
        seen += 1
    consumer.close()
    if seen < count:
        sys.exit(f"{seen} of {count} events came")


if __name__ == "__main__":
    with open(sys.argv[5], "w", encoding="utf-8") as file:
        {"produce": produce, "consume": consume}[sys.argv[1]](
            sys.argv[2], sys.argv[3], int(sys.argv[4]), file, *sys.argv[6:])
