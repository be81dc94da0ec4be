# SPDX-License-Identifier: Apache-2.0
"""The official Python client's side of confluent_python.sh.

usage: confluent.py registry | produce TOPIC N | consume TOPIC N

Prints a line a result: "ok NAME" or "not ok NAME: WHY".
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

REGISTRY = os.environ["REGISTRY"]
SCHEMAS = os.environ["SCHEMAS"]


def result(good, name, why=""):
    print(("ok " + name) if good else f"not ok {name}: {why}", flush=True)


def text(name):
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        return file.read()


def refused_with(call, code, status):
    try:
        call()
    except SchemaRegistryError as error:
        return error.error_code == code and error.http_status_code == status
    return False


def order(i):
    return {
        "order_id": f"python-{i}",
        "account_id": i,
        "status": ["PLACED", "PAID", "SHIPPED"][i % 3],
        "amount_cents": i * 100,
        "currency": "EUR",
        "ts": 1700000000000 + i,
        "items": [{"sku": f"s{n}", "qty": n, "price_cents": 5 * n} for n in range(i % 4)],
    }


def registry():
    client = SchemaRegistryClient({"url": REGISTRY})
    subject = "interop-value"
    v1 = Schema(text("order-v1.avsc"), "AVRO")
    v2 = Schema(text("order-v2.avsc"), "AVRO")
    broken = Schema(text("broken-add-required.avsc"), "AVRO")

    first = client.register_schema(subject, v1)
    result(client.register_schema(subject, v1) == first, "registering again gives the same id")
    result(client.get_schema(first).schema_type == "AVRO", "a schema is fetched by id")
    result(client.lookup_schema(subject, v1).version == 1, "a schema is looked up")
    second = client.register_schema(subject, v2)
    result(second != first, "a new version has a new id")
    result(client.get_versions(subject) == [1, 2], "versions are listed")
    result(client.get_latest_version(subject).version == 2, "the latest version is the second")
    result(subject in client.get_subjects(), "subjects are listed")
    result(not client.test_compatibility(subject, broken), "a broken change tests as incompatible")
    result(client.test_compatibility(subject, v1), "a good one tests as compatible")
    result(refused_with(lambda: client.register_schema(subject, broken), 40901, 409),
           "a broken change is refused with 40901")
    result(refused_with(lambda: client.get_schema(99999), 40403, 404), "an unknown id is 40403")
    result(refused_with(lambda: client.get_version("nobody", 1), 40401, 404),
           "an unknown subject is 40401")
    result(refused_with(lambda: client.get_version(subject, 9), 40402, 404),
           "an unknown version is 40402")
    client.set_compatibility(subject, "FULL")
    result(client.get_compatibility(subject) == "FULL", "a subject's level is set and read")
    result(client.delete_version(subject, 2) == 2, "a version is deleted")
    result(client.delete_subject(subject) == [1], "a subject is deleted")
    result(client.delete_subject(subject, permanent=True) == [1, 2],
           "and deleted for good")
    try:
        urllib.request.urlopen(REGISTRY + "/associations/resources/-/orders")
        result(False, "associations are unknown", "the route answered")
    except urllib.error.HTTPError as error:
        body = json.load(error)
        result(error.code == 404 and body["error_code"] == 404,
               "associations answer 404 with error_code 404", str(body))


def produce(topic, count):
    client = SchemaRegistryClient({"url": REGISTRY})
    serializer = AvroSerializer(client, text("order-v1.avsc"))
    producer = Producer({"bootstrap.servers": os.environ["KAFKA"]})
    failures = []
    context = SerializationContext(topic, MessageField.VALUE)
    for i in range(count):
        producer.produce(topic, serializer(order(i), context),
                         on_delivery=lambda error, _: error and failures.append(error))
    left = producer.flush(30)
    result(not left and not failures, f"Python writes {count} events", f"{left} left, {failures}")


def consume(topic, count):
    client = SchemaRegistryClient({"url": REGISTRY})
    deserializer = AvroDeserializer(client)
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA"], "group.id": "python",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    seen = set()
    end = time.monotonic() + 60
    while len(seen) < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is None or message.error():
            continue
        value = deserializer(message.value(), SerializationContext(topic, MessageField.VALUE))
        seen.add(value["order_id"])
    consumer.close()
    result(len(seen) == count, f"Python reads {count} events of treaty producer", f"{len(seen)} came")


if __name__ == "__main__":
    if sys.argv[1] == "registry":
        registry()
    else:
        {"produce": produce, "consume": consume}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
