/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a consumer verifies with -verify against what its plan decodes: two
 * modules that share no code must see one schema's events alike through
 * another's.
 */
#include "base/buf.h"
#include "harness/model.h"
#include "harness/tap.h"
#include "record/gen.h"
#include "record/verify.h"

#define P2 "syntax = \"proto2\"; "
#define P3 "syntax = \"proto3\"; "

enum { EVENTS = 60 };

struct pair {
    const char *writer;
    const char *reader;
};

static const struct pair pairs[] = {
    /* Fields that come, go, and are called otherwise. */
    {P3 "message M { int32 a = 1; string b = 2; }",
     P3 "message M { string c = 2; optional bytes new = 3; }"},
    {P3 "message M { int32 a = 1; }", P3 "message M {}"},
    {P3 "message M {}",
     P3 "message M { int32 a = 1; optional int32 b = 2; repeated int32 c = 3;"
        " map<string, int32> d = 4; M e = 5; E f = 6; enum E { Z = 0; } }"},
    /* Presence, both ways. */
    {P3 "message M { int32 a = 1; string b = 2; double c = 3; }",
     P3 "message M { optional int32 a = 1; optional string b = 2;"
        " optional double c = 3; }"},
    {P3 "message M { optional int32 a = 1; optional string b = 2; }",
     P3 "message M { int32 a = 1; string b = 2; }"},
    {P2 "message M { required int32 a = 1; optional int32 b = 2; }",
     P3 "message M { int32 a = 1; int32 b = 2; }"},
    {P3 "message M { optional int32 a = 1; int32 b = 2; }",
     P2 "message M { optional int32 a = 1 [default = 7];"
        " optional int32 b = 2 [default = 9]; }"},
    /* Integers as one another. */
    {P3 "message M { int32 a = 1; int64 b = 2; uint32 c = 3; uint64 d = 4;"
        " bool e = 5; }",
     P3 "message M { int64 a = 1; int32 b = 2; uint64 c = 3; uint32 d = 4;"
        " int32 e = 5; }"},
    {P3 "message M { int32 a = 1; int64 b = 2; uint32 c = 3; uint64 d = 4; }",
     P3 "message M { bool a = 1; bool b = 2; int32 c = 3; int64 d = 4; }"},
    {P3 "message M { sint32 a = 1; sint64 b = 2; fixed32 c = 3; fixed64 d = 4;"
        " sfixed32 e = 5; sfixed64 f = 6; }",
     P3 "message M { sint64 a = 1; sint64 b = 2; sfixed32 c = 3;"
        " sfixed64 d = 4; fixed32 e = 5; fixed64 f = 6; }"},
    {P3 "message M { string a = 1; repeated string b = 2; }",
     P3 "message M { bytes a = 1; repeated bytes b = 2; }"},
    {P3 "message M { bytes a = 1; }",
     P2 "message M { optional string a = 1; }"},
    /* Enums: open and closed, by number. */
    {P3 "message M { E a = 1; repeated E b = 2; optional E c = 3;"
        " enum E { Z = 0; A = 1; B = 2; } }",
     P3 "message M { E a = 1; repeated E b = 2; optional E c = 3;"
        " enum E { ZERO = 0; ONE = 1; } }"},
    {P3 "message M { optional E a = 1; enum E { Z = 0; A = 1; B = 2; } }",
     P2 "message M { optional E a = 1; enum E { X = 5; A = 1; } }"},
    {P3 "message M { E a = 1; int32 b = 2; enum E { Z = 0; A = 5; } }",
     P3 "message M { int64 a = 1; E b = 2; enum E { Z = 0; A = 1; } }"},
    /* Packed and not. */
    {P3 "message M { repeated int32 a = 1; repeated double b = 2 "
        "[packed = false]; }",
     P3 "message M { repeated int64 a = 1 [packed = false];"
        " repeated double b = 2; }"},
    /* Oneofs: kept, entered, left, split. */
    {P3 "message M { oneof o { int32 a = 1; string b = 2; M c = 3; } }",
     P3 "message M { oneof p { int64 a = 1; bytes b = 2; M c = 3; bool d = 4;"
        " } }"},
    {P3 "message M { optional int32 a = 1; int32 b = 2; }",
     P3 "message M { oneof o { int32 a = 1; } int32 b = 2; }"},
    {P3 "message M { oneof o { int32 a = 1; string b = 2; M c = 3; } }",
     P3 "message M { int32 a = 1; optional string b = 2; M c = 3; }"},
    {P3 "message M { oneof o { int32 a = 1; string b = 2; bool c = 3; } }",
     P3 "message M { oneof p { int32 a = 1; } oneof q { string b = 2;"
        " bool c = 3; } }"},
    {P3 "message M { oneof o { int32 a = 1; string b = 2; } }",
     P3 "message M { oneof o { string b = 2; } }"},
    /* Messages in one another, groups, large ones that lie apart. */
    {P3 "message M { N n = 1; repeated N m = 2; map<int64, N> k = 3; }"
        "message N { string a = 1; int32 b = 2; M up = 3; }",
     P3 "message M { X n = 1; repeated X m = 2; map<int64, X> k = 3; }"
        "message X { int64 b = 2; string new = 9; M up = 3; }"},
    {P2 "message M { optional group G = 1 { optional int32 a = 1; }"
        " repeated group H = 2 { optional string s = 1; } }",
     P2 "message M { optional group G = 1 { optional int64 a = 1;"
        " optional bool b = 2; } repeated group H = 2 {} }"},
    {P3 "message M { Big b = 1; } message Big { map<string, Big> m = 1;"
        " string s1 = 2; string s2 = 3; string s3 = 4; string s4 = 5;"
        " string s5 = 6; string s6 = 7; string s7 = 8; string s8 = 9; }",
     P3 "message M { Big b = 1; } message Big { map<string, Big> m = 1;"
        " oneof o { string s2 = 3; } string s9 = 20; optional string s8 = 9;"
        " }"},
    /* Keys of every sort. */
    {P3 "message M { map<int32, int32> a = 1; map<sint64, string> b = 2;"
        " map<bool, bytes> c = 3; map<fixed64, double> d = 4;"
        " map<string, E> e = 5; enum E { Z = 0; A = 1; } }",
     P3 "message M { map<int32, int64> a = 1; map<sint64, bytes> b = 2;"
        " map<bool, bytes> c = 3; map<fixed64, double> d = 4;"
        " map<string, int32> e = 5; }"},
};

struct bench {
    struct model writer;
    struct model reader;
    struct treaty_gen *gen;
    struct treaty_plan *encode;
    struct treaty_plan *decode;
    struct treaty_verify *verify;
};

static bool open_bench(struct bench *b, const struct pair *pair)
{
    const struct treaty_plan_options options = {.walk_to_end = true};
    const struct treaty_format *format;
    struct treaty_error err = {0};

    *b = (struct bench){.writer = model_open_proto(pair->writer),
                        .reader = model_open_proto(pair->reader)};
    format = b->writer.schema->format;
    if (!treaty_gen_new(b->writer.layout, TREATY_GEN_EDGE, &b->gen, &err) &&
        !format->encode_plan(b->writer.schema, b->writer.layout, &options,
                             &b->encode, &err) &&
        !format->decode_plan(b->writer.schema, b->reader.schema,
                             b->reader.layout, &options, &b->decode, &err) &&
        !treaty_verify_new(b->writer.layout, b->reader.layout, &b->verify,
                           &err))
        return true;
    tap_fail(__FILE__, __LINE__, "%s: %s", pair->reader, err.message);
    return false;
}

static void close_bench(struct bench *b)
{
    treaty_verify_free(b->verify);
    treaty_plan_unref(b->decode);
    treaty_plan_unref(b->encode);
    treaty_gen_free(b->gen);
    model_close(&b->writer);
    model_close(&b->reader);
}

static void name_field(void *ctx, struct treaty_str path)
{
    tap_note("%s: %.*s differs", (const char *)ctx, (int)path.len, path.data);
}

/* 1 when the event could be decoded, and was compared. */
static int compare(struct bench *b, const struct pair *pair, uint64_t sequence,
                   struct treaty_arena *arena)
{
    struct treaty_gen_identity identity = {0, sequence, 4};
    void *written =
        treaty_arena_calloc(arena, 1, b->writer.layout->root->size + 1);
    void *read =
        treaty_arena_calloc(arena, 1, b->reader.layout->root->size + 1);
    struct treaty_error err = {0};
    struct treaty_buf payload;
    int decoded = 0;

    treaty_buf_init(&payload, 0);
    if (treaty_gen_event(b->gen, &identity, written, arena) ||
        treaty_plan_encode(b->encode, written, &payload, &err)) {
        tap_fail(__FILE__, __LINE__, "%s: %s", pair->writer, err.message);
    } else if (!treaty_plan_decode(b->decode, treaty_buf_str(&payload), read,
                                   arena, &err)) {
        decoded = 1;
        if (treaty_verify_event(b->verify, written, read, name_field,
                                (void *)(uintptr_t)pair->reader))
            tap_fail(__FILE__, __LINE__, "event %d of %s", (int)sequence,
                     pair->writer);
    }
    treaty_buf_release(&payload);
    return decoded;
}

static void compare_pair(const struct pair *pair)
{
    struct treaty_arena arena = {0};
    struct bench b;
    int decoded = 0;

    if (open_bench(&b, pair)) {
        for (uint64_t n = 0; n < EVENTS; n++) {
            decoded += compare(&b, pair, n, &arena);
            treaty_arena_reset(&arena);
        }
    }
    CHECK(decoded > EVENTS / 4);
    close_bench(&b);
    treaty_arena_release(&arena);
}

static void plans_and_verifier_agree(void)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        compare_pair(&pairs[i]);
}

TAP_MAIN({"what plans read is what a verifier expects",
          plans_and_verifier_agree})
