// SPDX-License-Identifier: Apache-2.0

// The Go side of protobuf_go.sh: franz-go, its registry client and serde, and
// the official Protobuf library, with descriptors from protoc.
//
//	interop produce TOPIC KIND COUNT FILE
//	interop consume TOPIC COUNT FILE
//
// Both write the events to FILE, one proto3 JSON object a line. KIND is
// "order" or "leg".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// A kind of event: its message, the file that has it, what that file imports.
type kind struct {
	message protoreflect.FullName
	file    string
	imports []string
	json    func(i int) string
}

var kinds = map[string]kind{
	"order": {
		message: "treaty.example.Order",
		file:    "order-v2.proto",
		json:    orderJSON,
	},
	"leg": {
		message: "treaty.interop.Shipment.Leg",
		file:    "interop/shipment.proto",
		imports: []string{"interop/money.proto"},
		json:    legJSON,
	},
}

func orderJSON(i int) string {
	status := []string{"PLACED", "PAID", "SHIPPED", "ORDER_STATUS_UNSPECIFIED"}
	var items []string
	for n := 0; n < i%4; n++ {
		items = append(items, fmt.Sprintf(
			`{"sku":"s%d","qty":%d,"price_cents":"%d"}`, n, n-1, 5*n))
	}
	mail := ""
	if i%2 == 1 {
		mail = fmt.Sprintf(`,"customer_email":"go%d@example.org"`, i)
	}
	return fmt.Sprintf(`{"order_id":"go-%d","account_id":"%d","status":"%s",`+
		`"amount_cents":"%d","currency":"EUR","ts":"%d","items":[%s]%s}`,
		i, int64(i)<<33, status[i%4], i*100-50, 1700000000000+i,
		strings.Join(items, ","), mail)
}

func legJSON(i int) string {
	carrier := fmt.Sprintf(`"ship":"Æolus %d"`, i)
	if i%2 == 1 {
		carrier = fmt.Sprintf(`"truck":"%d"`, -i)
	}
	return fmt.Sprintf(`{"from":"Go","to":"%d","price":{"currency":"EUR",`+
		`"units":"%d"},"at":"2026-11-22T10:00:%02dZ",%s,`+
		`"temperatures":[%d,0,-7],"is_late":%t,"kind":"COLD",`+
		`"label":{}}`, i, int64(1)<<40, i%60, carrier, -i, i%2 == 0)
}

func readFiles() (*protoregistry.Files, error) {
	bytes, err := os.ReadFile(os.Getenv("DESCRIPTORS"))
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(bytes, set); err != nil {
		return nil, err
	}
	return protodesc.NewFiles(set)
}

func messageOf(files *protoregistry.Files, name protoreflect.FullName) (
	protoreflect.MessageDescriptor, error) {
	found, err := files.FindDescriptorByName(name)
	if err != nil {
		return nil, err
	}
	return found.(protoreflect.MessageDescriptor), nil
}

// The place of a message among its siblings, from the outermost inwards.
func indexes(message protoreflect.MessageDescriptor) []int {
	if outer, ok := message.Parent().(protoreflect.MessageDescriptor); ok {
		return append(indexes(outer), message.Index())
	}
	return []int{message.Index()}
}

// The message at that place.
func messageAt(file protoreflect.FileDescriptor, index []int) (
	protoreflect.MessageDescriptor, error) {
	messages := file.Messages()
	var found protoreflect.MessageDescriptor
	for _, i := range index {
		if i >= messages.Len() {
			return nil, fmt.Errorf("no message at %v", index)
		}
		found = messages.Get(i)
		messages = found.Messages()
	}
	return found, nil
}

func readText(path string) (string, error) {
	for _, folder := range filepath.SplitList(os.Getenv("SCHEMAS")) {
		bytes, err := os.ReadFile(filepath.Join(folder, path))
		if err == nil {
			return string(bytes), nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: no such file", path)
}

// Register a kind's file, and before it those that it imports.
func register(ctx context.Context, client *sr.Client, topic string, k kind) (
	int, error) {
	var references []sr.SchemaReference
	for _, path := range k.imports {
		text, err := readText(path)
		if err != nil {
			return 0, err
		}
		made, err := client.CreateSchema(ctx, path,
			sr.Schema{Schema: text, Type: sr.TypeProtobuf})
		if err != nil {
			return 0, err
		}
		references = append(references, sr.SchemaReference{
			Name: path, Subject: path, Version: made.Version})
	}
	text, err := readText(k.file)
	if err != nil {
		return 0, err
	}
	made, err := client.CreateSchema(ctx, topic+"-value", sr.Schema{
		Schema: text, Type: sr.TypeProtobuf, References: references})
	return made.ID, err
}

func encode(v any) ([]byte, error) {
	return proto.Marshal(v.(proto.Message))
}

func produce(ctx context.Context, client *sr.Client, topic string, k kind,
	count int, out *os.File) error {
	files, err := readFiles()
	if err != nil {
		return err
	}
	message, err := messageOf(files, k.message)
	if err != nil {
		return err
	}
	id, err := register(ctx, client, topic, k)
	if err != nil {
		return err
	}
	serde := sr.NewSerde()
	serde.Register(id, &dynamicpb.Message{}, sr.EncodeFn(encode),
		sr.Index(indexes(message)...))
	kafka, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA"), ",")...),
		kgo.AllowAutoTopicCreation(), kgo.DefaultProduceTopic(topic))
	if err != nil {
		return err
	}
	defer kafka.Close()
	for i := 0; i < count; i++ {
		event := dynamicpb.NewMessage(message)
		if err := protojson.Unmarshal([]byte(k.json(i)), event); err != nil {
			return err
		}
		value, err := serde.Encode(event)
		if err != nil {
			return err
		}
		kafka.Produce(ctx, &kgo.Record{Value: value}, func(_ *kgo.Record, e error) {
			if e != nil {
				fmt.Fprintln(os.Stderr, e)
			}
		})
		if err := printEvent(out, event); err != nil {
			return err
		}
	}
	return kafka.Flush(ctx)
}

func printEvent(out *os.File, event proto.Message) error {
	text, err := protojson.Marshal(event)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", text)
	return err
}

// The file that the registry has under an id, as protoc compiled it.
func fileOf(ctx context.Context, client *sr.Client,
	files *protoregistry.Files, id int) (protoreflect.FileDescriptor, error) {
	schema, err := client.SchemaByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if schema.Type != sr.TypeProtobuf {
		return nil, fmt.Errorf("schema %d is of type %s", id, schema.Type)
	}
	for _, k := range kinds {
		last := k.message[strings.LastIndexByte(string(k.message), '.')+1:]
		if strings.Contains(schema.Schema, "message "+string(last)+" ") {
			return files.FindFileByPath(k.file)
		}
	}
	return nil, fmt.Errorf("schema %d is none of ours", id)
}

func decode(ctx context.Context, client *sr.Client, files *protoregistry.Files,
	value []byte) (proto.Message, error) {
	serde := sr.NewSerde()
	id, rest, err := serde.DecodeID(value)
	if err != nil {
		return nil, err
	}
	index, payload, err := serde.DecodeIndex(rest, 8)
	if err != nil {
		return nil, err
	}
	file, err := fileOf(ctx, client, files, id)
	if err != nil {
		return nil, err
	}
	message, err := messageAt(file, index)
	if err != nil {
		return nil, err
	}
	event := dynamicpb.NewMessage(message)
	return event, proto.Unmarshal(payload, event)
}

func consume(ctx context.Context, client *sr.Client, topic string, count int,
	out *os.File) error {
	files, err := readFiles()
	if err != nil {
		return err
	}
	kafka, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA"), ",")...),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer kafka.Close()
	for seen := 0; seen < count; {
		fetches := kafka.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			event, err := decode(ctx, client, files, record.Value)
			if err != nil {
				return err
			}
			if err := printEvent(out, event); err != nil {
				return err
			}
			seen++
		}
	}
	return nil
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	client, err := sr.NewClient(sr.URLs(os.Getenv("REGISTRY")))
	if err != nil {
		return err
	}
	args := os.Args[1:]
	if len(args) < 4 {
		return errors.New("usage: interop produce TOPIC KIND COUNT FILE, or " +
			"interop consume TOPIC COUNT FILE")
	}
	count, err := strconv.Atoi(args[len(args)-2])
	if err != nil {
		return err
	}
	out, err := os.Create(args[len(args)-1])
	if err != nil {
		return err
	}
	defer out.Close()
	if args[0] == "consume" {
		return consume(ctx, client, args[1], count, out)
	}
	return produce(ctx, client, args[1], kinds[args[2]], count, out)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}
