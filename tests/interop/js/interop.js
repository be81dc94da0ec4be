// SPDX-License-Identifier: Apache-2.0
//
// The JavaScript side of protobuf_js.sh: the official registry client and
// Protobuf serde, with kafkajs and descriptors from protoc.
//
//     node interop.js produce TOPIC KIND COUNT FILE
//     node interop.js consume TOPIC KIND COUNT FILE
//
// Both write the events to FILE, one proto3 JSON object a line. KIND is
// "order" or "leg".
"use strict";

const fs = require("fs");
const { createFileRegistry, createMutableRegistry, fromBinary, fromJson, toJson } =
  require("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt");
const { ProtobufDeserializer, ProtobufSerializer, SchemaRegistryClient, SerdeType } =
  require("@confluentinc/schemaregistry");
const { CompressionTypes, Kafka, logLevel } = require("kafkajs");

process.env.KAFKAJS_NO_PARTITIONER_WARNING = "1";

const TIMEOUT_MS = 60000;
const kinds = {
  order: { message: "treaty.example.Order", make: order },
  leg: { message: "treaty.interop.Shipment.Leg", make: leg },
};

function order(i) {
  const items = [];
  for (let n = 0; n < i % 4; n++)
    items.push({ sku: `s${n}`, qty: n - 1, price_cents: `${5 * n}` });
  const event = {
    order_id: `js-${i}`,
    account_id: `${BigInt(i) << 33n}`,
    status: ["PLACED", "PAID", "SHIPPED", "ORDER_STATUS_UNSPECIFIED"][i % 4],
    amount_cents: `${i * 100 - 50}`,
    currency: "EUR",
    ts: `${1700000000000 + i}`,
    items,
  };
  if (i % 2) event.customer_email = `js${i}@example.org`;
  return event;
}

function leg(i) {
  const carrier = i % 2 ? { truck: `${-i}` } : { ship: `Æolus ${i}` };
  return {
    from: "JavaScript",
    to: `${i}`,
    price: { currency: "EUR", units: `${1n << 42n}` },
    at: `2026-11-22T10:${String(i % 60).padStart(2, "0")}:00.25Z`,
    ...carrier,
    temperatures: [i, 0, -7],
    is_late: i % 3 === 0,
    kind: "COLD",
    label: { text: "fragile" },
  };
}

function readRegistry() {
  const bytes = fs.readFileSync(process.env.DESCRIPTORS);
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

function newKafka() {
  return new Kafka({
    brokers: process.env.KAFKA.split(","),
    clientId: "interop",
    logLevel: logLevel.ERROR,
  });
}

function print(out, registry, desc, event) {
  const json = toJson(desc, event, { registry });
  fs.writeSync(out, JSON.stringify(json) + "\n");
}

async function produce(topic, kind, count, out) {
  const files = readRegistry();
  const desc = files.getMessage(kinds[kind].message);
  const client = new SchemaRegistryClient({ baseURLs: [process.env.REGISTRY] });
  const serializer = new ProtobufSerializer(client, SerdeType.VALUE, {
    registry: createMutableRegistry(...files),
    autoRegisterSchemas: true,
  });
  // Else a retry, as on a new topic, may write an event twice.
  const producer = newKafka().producer({ idempotent: true });
  const messages = [];
  for (let i = 0; i < count; i++) {
    const event = fromJson(desc, kinds[kind].make(i), { registry: files });
    messages.push({ value: await serializer.serialize(topic, event) });
    print(out, files, desc, event);
  }
  await producer.connect();
  await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
  await producer.disconnect();
}

async function consume(topic, kind, count, out) {
  const files = readRegistry();
  const desc = files.getMessage(kinds[kind].message);
  const client = new SchemaRegistryClient({ baseURLs: [process.env.REGISTRY] });
  const deserializer = new ProtobufDeserializer(client, SerdeType.VALUE, {});
  const consumer = newKafka().consumer({ groupId: `js-${topic}` });
  let seen = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${seen} of ${count} events came`)), TIMEOUT_MS);
    consumer.run({
      eachMessage: async ({ message }) => {
        try {
          const event = await deserializer.deserialize(topic, message.value);
          if (event.$typeName !== kinds[kind].message)
            throw new Error(`a ${event.$typeName} came`);
          print(out, files, desc, event);
          if (++seen === count) {
            clearTimeout(timer);
            resolve();
          }
        } catch (error) {
          clearTimeout(timer);
          reject(error);
        }
      },
    });
  });
  await consumer.disconnect();
}

async function main([verb, topic, kind, count, file]) {
  const out = fs.openSync(file, "w");
  await { produce, consume }[verb](topic, kind, Number(count), out);
  fs.closeSync(out);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(`interop: ${error.stack}`);
    process.exit(1);
  });
