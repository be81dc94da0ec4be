/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf's plans at their limits, with an application's own structs, and
 * when memory ends.
 */
#include "harness/starve.h"

#include "proto_support.h"
#include "record/gen.h"

/* A schema read by itself, with everything that takes. */
struct codec {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *decode;
    struct treaty_plan *encode;
    struct treaty_arena arena;
    struct treaty_buf payload;
    struct treaty_buf out;
    struct treaty_error err;
    void *record;
};

static bool open_codec(struct codec *c, struct treaty_str text,
                       const struct treaty_plan_options *options)
{
    *c = (struct codec){.schema = proto_schema(text)};
    if (!c->schema)
        return false;
    c->layout = support_layout(c->schema);
    if (!c->layout ||
        treaty_proto_decode_plan(c->schema, c->schema, c->layout, options,
                                 &c->decode, &c->err) ||
        treaty_proto_encode_plan(c->schema, c->layout, options, &c->encode,
                                 &c->err)) {
        tap_fail(__FILE__, __LINE__, "%s", c->err.message);
        return false;
    }
    c->record = calloc(1, c->layout->root->size + 1);
    return c->record != NULL;
}

static void close_codec(struct codec *c)
{
    free(c->record);
    treaty_buf_release(&c->out);
    treaty_buf_release(&c->payload);
    treaty_arena_release(&c->arena);
    treaty_plan_unref(c->decode);
    treaty_plan_unref(c->encode);
    treaty_layout_unref(c->layout);
    treaty_schema_unref(c->schema);
}

static enum treaty_code decode(struct codec *c)
{
    treaty_arena_reset(&c->arena);
    return treaty_plan_decode(c->decode, treaty_buf_str(&c->payload), c->record,
                              &c->arena, &c->err);
}

/* What was decoded, encoded, is the payload again. */
static void check_written(struct codec *c)
{
    treaty_buf_clear(&c->out);
    if (CHECK_INT(proto_encode_all(c->encode, c->record, &c->out, &c->err),
                  TREATY_OK))
        CHECK(treaty_str_eq(treaty_buf_str(&c->out),
                            treaty_buf_str(&c->payload)));
}

static size_t put_varint(char *to, uint64_t raw)
{
    size_t len = 0;

    for (; raw >= 128; raw >>= 7)
        to[len++] = (char)(raw | 128);
    to[len++] = (char)raw;
    return len;
}

/* Put `tag` and a length before what the buffer holds. */
static void wrap(struct treaty_buf *buf, char tag)
{
    char head[12];
    size_t len = 1;

    head[0] = tag;
    len += put_varint(head + 1, buf->len);
    if (!treaty_buf_reserve(buf, len))
        return;
    memmove(buf->data + len, buf->data, buf->len);
    memcpy(buf->data, head, len);
    buf->len += len;
}

static const char nested[] =
    "syntax = \"proto3\"; message N { N n = 1; string s = 2; }";

/* Messages inside each other, up to the limit and past it. */
static void depth(void)
{
    struct treaty_plan_options options = {0};
    struct codec c;

    if (!open_codec(&c, TREATY_STR(nested), NULL))
        return;
    for (int i = 0; i < 128; i++)
        wrap(&c.payload, 0x0a);
    CHECK_INT(decode(&c), TREATY_OK);
    check_written(&c);
    wrap(&c.payload, 0x0a);
    CHECK_INT(decode(&c), TREATY_EDEPTH);
    CHECK(c.err.offset > 0 && c.err.path[0] == '/');
    for (int i = 129; i < 10000; i++)
        wrap(&c.payload, 0x0a);
    CHECK_INT(decode(&c), TREATY_EDEPTH);
    close_codec(&c);

    options.depth_max = 10000;
    if (!open_codec(&c, TREATY_STR(nested), &options))
        return;
    for (int i = 0; i < 10000; i++)
        wrap(&c.payload, 0x0a);
    CHECK_INT(decode(&c), TREATY_OK);
    check_written(&c);
    close_codec(&c);
}

/* Groups that nobody knows are stepped over no deeper. */
static void unknown_depth(void)
{
    struct codec c;

    if (!open_codec(&c, TREATY_STR(nested), NULL))
        return;
    for (int i = 0; i < 128; i++)
        treaty_buf_put_c(&c.payload, 0x1b);
    for (int i = 0; i < 128; i++)
        treaty_buf_put_c(&c.payload, 0x1c);
    CHECK_INT(decode(&c), TREATY_OK);
    treaty_buf_clear(&c.payload);
    for (int i = 0; i < 10000; i++)
        treaty_buf_put_c(&c.payload, 0x1b);
    CHECK_INT(decode(&c), TREATY_EDEPTH);
    CHECK_INT(c.err.offset, 0);
    close_codec(&c);
}

/* Two bytes an item, and a struct of hundreds: the limit on memory holds. */
static void memory_limit(void)
{
    struct treaty_plan_options options = {.memory_max = 1 << 20};
    struct codec c;

    if (!open_codec(&c,
                    TREATY_STR("syntax = \"proto3\"; message M { repeated N n "
                               "= 1; repeated int32 p = 2; } message N { "
                               "string a = 1; string b = 2; string c = 3; "
                               "string d = 4; string e = 5; string f = 6; }"),
                    &options))
        return;
    for (int i = 0; i < 1000; i++)
        treaty_buf_put_mem(&c.payload, "\x0a\x00", 2);
    CHECK_INT(decode(&c), TREATY_OK);
    check_written(&c);
    for (int i = 0; i < 100000; i++)
        treaty_buf_put_mem(&c.payload, "\x0a\x00", 2);
    CHECK_INT(decode(&c), TREATY_ELIMIT);
    CHECK(c.err.path[0] == '/');

    treaty_buf_clear(&c.payload);
    for (int i = 0; i < 400000; i++)
        treaty_buf_put_c(&c.payload, 1);
    wrap(&c.payload, 0x12);
    CHECK_INT(decode(&c), TREATY_ELIMIT);
    close_codec(&c);
}

/* More required fields than a word has bits. */
static void many_required(void)
{
    struct treaty_buf text = {0};
    struct codec c;

    treaty_buf_put_z(&text, "message M {");
    for (int i = 1; i <= 70; i++)
        treaty_buf_printf(&text, " required int32 f%d = %d;", i, i);
    treaty_buf_put_z(&text, " }");
    if (open_codec(&c, treaty_buf_str(&text), NULL)) {
        for (uint64_t i = 1; i <= 70; i++) {
            char bytes[4];
            size_t len = put_varint(bytes, i << 3);

            bytes[len++] = 5;
            treaty_buf_put_mem(&c.payload, bytes, len);
            CHECK_INT(decode(&c), i < 70 ? TREATY_EREQUIRED : TREATY_OK);
        }
        check_written(&c);
        c.payload.len -= 3;
        CHECK_INT(decode(&c), TREATY_EREQUIRED);
        CHECK(strcmp(c.err.path, "/f70") == 0);
    }
    close_codec(&c);
    treaty_buf_release(&text);
}

/* A message of 18,000 fields is laid out and compiled in no time. */
static void many_fields(void)
{
    struct treaty_buf text = {0};
    struct codec c;

    treaty_buf_put_z(&text, "syntax = \"proto3\"; message M {");
    for (int i = 1; i <= 18000; i++)
        treaty_buf_printf(&text, " int32 f%d = %d;", i, i);
    treaty_buf_put_z(&text, " }");
    if (open_codec(&c, treaty_buf_str(&text), NULL)) {
        for (uint64_t i = 1; i <= 18000; i += 17) {
            char bytes[8];
            size_t len = put_varint(bytes, i << 3);

            len += put_varint(bytes + len, i);
            treaty_buf_put_mem(&c.payload, bytes, len);
        }
        CHECK_INT(decode(&c), TREATY_OK);
        CHECK_INT(((const int32_t *)c.record)[17000], 17001);
        CHECK_INT(((const int32_t *)c.record)[1], 0);
        check_written(&c);
    }
    close_codec(&c);
    treaty_buf_release(&text);
}

/* Lengths of one, two and three bytes, all at once, and one byte around. */
static void lengths(void)
{
    static const size_t sizes[] = {0,     1,     100,   122,   123,   124,
                                   125,   126,   127,   128,   129,   16370,
                                   16379, 16380, 16381, 16382, 16383, 16384};
    char *filler = calloc(1, 20000);
    struct codec c;

    if (!filler || !open_codec(&c, TREATY_STR(nested), NULL)) {
        free(filler);
        return;
    }
    memset(filler, 'x', 20000);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        treaty_buf_clear(&c.payload);
        if (sizes[i]) {
            treaty_buf_put_mem(&c.payload, filler, sizes[i]);
            wrap(&c.payload, 0x12);
        }
        for (int level = 0; level < 6; level++)
            wrap(&c.payload, 0x0a);
        CHECK_INT(decode(&c), TREATY_OK);
        check_written(&c);
        treaty_buf_release(&c.out); /* so that it has to grow again */
    }
    close_codec(&c);
    free(filler);
}

/* An application's struct, read from Avro and from Protobuf alike. */
struct sale {
    struct treaty_enum status;
    int64_t total;
    struct treaty_array lines;
    bool has_note;
    struct treaty_str note;
    struct treaty_str city;
    struct treaty_array labels;
};

struct line {
    struct treaty_str sku;
    int32_t qty;
};

struct label {
    struct treaty_str key;
    int64_t value;
};

static const char *const states[] = {"PLACED", "PAID", "SHIPPED", NULL};

static const struct treaty_binding sale_rows[] = {
    {.path = "status",
     .offset = offsetof(struct sale, status),
     .kind = TREATY_KIND_ENUM,
     .symbols = states},
    {.path = "total",
     .offset = offsetof(struct sale, total),
     .kind = TREATY_KIND_INT64},
    {.path = "lines",
     .offset = offsetof(struct sale, lines),
     .kind = TREATY_KIND_ARRAY},
    {.path = "lines[]",
     .kind = TREATY_KIND_RECORD,
     .size = sizeof(struct line)},
    {.path = "lines[].sku",
     .offset = offsetof(struct line, sku),
     .kind = TREATY_KIND_STRING},
    {.path = "lines[].qty",
     .offset = offsetof(struct line, qty),
     .kind = TREATY_KIND_INT32},
    {.path = "note",
     .offset = offsetof(struct sale, note),
     .kind = TREATY_KIND_STRING,
     .optional = true,
     .flag_offset = offsetof(struct sale, has_note)},
    {.path = "address.city",
     .offset = offsetof(struct sale, city),
     .kind = TREATY_KIND_STRING},
    {.path = "labels",
     .offset = offsetof(struct sale, labels),
     .kind = TREATY_KIND_MAP},
    {.path = "labels{}",
     .offset = offsetof(struct label, value),
     .kind = TREATY_KIND_INT64},
};

enum { SALE_ROWS = sizeof(sale_rows) / sizeof(sale_rows[0]) };

static const char sale_avro[] =
    "{\"type\":\"record\",\"name\":\"Sale\",\"fields\":["
    "{\"name\":\"status\",\"type\":{\"type\":\"enum\",\"name\":\"Status\","
    "\"symbols\":[\"PLACED\",\"PAID\",\"SHIPPED\"]}},"
    "{\"name\":\"total\",\"type\":\"long\"},"
    "{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":"
    "\"record\",\"name\":\"Line\",\"fields\":[{\"name\":\"sku\",\"type\":"
    "\"string\"},{\"name\":\"qty\",\"type\":\"int\"}]}}},"
    "{\"name\":\"note\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"address\",\"type\":{\"type\":\"record\",\"name\":\"Address\","
    "\"fields\":[{\"name\":\"city\",\"type\":\"string\"}]}},"
    "{\"name\":\"labels\",\"type\":{\"type\":\"map\",\"values\":\"long\"}}]}";

#define SALE_PROTO(p)                                                          \
    "syntax = \"proto3\"; enum Status { " p "UNKNOWN = 0; " p "PLACED = 1; " p \
    "PAID = 2; " p "SHIPPED = 5; } message Sale { Status status = 1; int64 "   \
    "total = 2; repeated Line lines = 3; optional string note = 4; Address "   \
    "address = 5; map<string, int64> labels = 6; } message Line { string sku " \
    "= 1; int32 qty = 2; } message Address { string zip = 1; string city = "   \
    "2; }"

static bool same_sale(const struct sale *a, const struct sale *b)
{
    const struct line *x = a->lines.items;
    const struct line *y = b->lines.items;
    const struct label *l = a->labels.items;
    const struct label *k = b->labels.items;
    bool same = a->status.symbol == b->status.symbol && a->total == b->total &&
                a->lines.count == b->lines.count &&
                a->has_note == b->has_note && treaty_str_eq(a->city, b->city) &&
                a->labels.count == b->labels.count;

    for (size_t i = 0; same && i < a->lines.count; i++)
        same = treaty_str_eq(x[i].sku, y[i].sku) && x[i].qty == y[i].qty;
    for (size_t i = 0; same && i < a->labels.count; i++)
        same = treaty_str_eq(l[i].key, k[i].key) && l[i].value == k[i].value;
    return same && (!a->has_note || treaty_str_eq(a->note, b->note));
}

/* Through the bytes of one schema and back. */
static void pass_through(const struct treaty_schema *schema,
                         const struct treaty_layout *layout,
                         const struct sale *sale)
{
    const struct treaty_format *format = schema->format;
    struct treaty_plan *encode = NULL;
    struct treaty_plan *plan = NULL;
    struct treaty_arena arena = {0};
    struct treaty_buf out = {0};
    struct treaty_error err = {0};
    struct sale back;

    memset(&back, 0x5A, sizeof(back));
    if (format->encode_plan(schema, layout, NULL, &encode, &err) ||
        format->decode_plan(schema, schema, layout, NULL, &plan, &err) ||
        treaty_plan_encode(encode, sale, &out, &err) ||
        treaty_plan_decode(plan, treaty_buf_str(&out), &back, &arena, &err))
        tap_fail(__FILE__, __LINE__, "%s at %s", err.message, err.path);
    else
        CHECK(same_sale(sale, &back));
    treaty_plan_unref(encode);
    treaty_plan_unref(plan);
    treaty_buf_release(&out);
    treaty_arena_release(&arena);
}

static void one_struct(void)
{
    struct line lines[] = {{TREATY_STR("A-1"), 2}, {TREATY_STR(""), 0}};
    struct label labels[] = {{TREATY_STR("k"), -1}, {TREATY_STR("l"), 0}};
    struct sale sales[] = {
        {.status = {.symbol = 2},
         .total = -5,
         .lines = {lines, 2},
         .has_note = true,
         .note = TREATY_STR("h\xc3\xa9"),
         .city = TREATY_STR("Bonn"),
         .labels = {labels, 2}},
        {.status = {.symbol = 0}},
    };
    struct treaty_schema *schemas[] = {
        support_parse(TREATY_STR(sale_avro)),
        proto_schema(TREATY_STR(SALE_PROTO(""))),
        proto_schema(TREATY_STR(SALE_PROTO("STATUS_"))),
    };
    struct treaty_layout *layout = NULL;
    struct treaty_error err;

    if (treaty_layout_from_bindings(sale_rows, SALE_ROWS, sizeof(struct sale),
                                    &layout, &err))
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    for (size_t i = 0; layout && i < 3; i++) {
        pass_through(schemas[i], layout, &sales[0]);
        pass_through(schemas[i], layout, &sales[1]);
    }
    treaty_layout_unref(layout);
    for (size_t i = 0; i < 3; i++)
        treaty_schema_unref(schemas[i]);
}

/* Members of a oneof, bound one by one: only the last is set. */
struct choice {
    bool has_a;
    int32_t a;
    bool has_b;
    struct treaty_str b;
    bool has_n;
    int32_t x;
    int32_t y;
};

static void choose(const struct treaty_plan *plan, struct treaty_str payload,
                   struct choice *ret)
{
    struct treaty_arena arena = {0};

    memset(ret, 0x5A, sizeof(*ret));
    CHECK_INT(treaty_plan_decode(plan, payload, ret, &arena, NULL), TREATY_OK);
    treaty_arena_release(&arena);
}

static void bound_oneof(void)
{
    const struct treaty_binding rows[] = {
        {.path = "a",
         .offset = offsetof(struct choice, a),
         .kind = TREATY_KIND_INT32,
         .optional = true,
         .flag_offset = offsetof(struct choice, has_a)},
        {.path = "b",
         .offset = offsetof(struct choice, b),
         .kind = TREATY_KIND_STRING,
         .optional = true,
         .flag_offset = offsetof(struct choice, has_b)},
        {.path = "n",
         .kind = TREATY_KIND_RECORD,
         .optional = true,
         .flag_offset = offsetof(struct choice, has_n)},
        {.path = "n.x",
         .offset = offsetof(struct choice, x),
         .kind = TREATY_KIND_INT32},
        {.path = "n.y",
         .offset = offsetof(struct choice, y),
         .kind = TREATY_KIND_INT32},
    };
    struct treaty_schema *schema = proto_schema(
        TREATY_STR("syntax = \"proto3\"; message M { oneof g { int32 a = 1; "
                   "string b = 2; N n = 3; } message N { int32 x = 1; int32 y "
                   "= 2; } }"));
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    struct treaty_error err = {0};
    struct choice c;

    if (!schema ||
        treaty_layout_from_bindings(rows, 5, sizeof(struct choice), &layout,
                                    &err) ||
        treaty_proto_decode_plan(schema, schema, layout, NULL, &plan, &err)) {
        tap_fail(__FILE__, __LINE__, "%s", err.message);
        return;
    }
    choose(plan, TREATY_STR("\x08\x01\x12\x01x"), &c);
    CHECK(!c.has_a && c.has_b && !c.has_n);
    /* A message that was unset starts anew. */
    choose(plan, TREATY_STR("\x1a\x02\x08\x07\x08\x01\x1a\x02\x10\x09"), &c);
    CHECK(!c.has_a && !c.has_b && c.has_n && c.x == 0 && c.y == 9);
    choose(plan, TREATY_STR("\x1a\x02\x08\x07\x1a\x02\x10\x09"), &c);
    CHECK(c.has_n && c.x == 7 && c.y == 9);
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
}

/* What cannot be bound, and what cannot be written. */
static enum treaty_code bind_one(const char *text,
                                 const struct treaty_binding *row,
                                 struct treaty_error *err)
{
    struct treaty_schema *schema = proto_schema(treaty_str_z(text));
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    enum treaty_code code =
        treaty_layout_from_bindings(row, 1, 64, &layout, err);

    if (!code)
        code = treaty_proto_encode_plan(schema, layout, NULL, &plan, err);
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
    return code;
}

static void refusals(void)
{
    struct treaty_binding row = {.path = "a", .kind = TREATY_KIND_INT32};
    struct treaty_error err;

    CHECK_INT(bind_one("message M { optional int32 a = 1; }", &row, &err),
              TREATY_OK);
    CHECK_INT(bind_one("message M { optional int64 a = 1; }", &row, &err),
              TREATY_EBIND);
    CHECK(strcmp(err.path, "/a") == 0);
    CHECK_INT(bind_one("message M { repeated int32 a = 1; }", &row, &err),
              TREATY_EBIND);
    CHECK_INT(bind_one("message M { optional int32 b = 1; }", &row, &err),
              TREATY_EBIND);
    CHECK_INT(bind_one("message M { optional int32 a = 1; required int32 b = "
                       "2; }",
                       &row, &err),
              TREATY_EBIND);
    CHECK(strstr(err.message, "requires") != NULL);
    row.optional = true;
    row.flag_offset = 8;
    CHECK_INT(
        bind_one("syntax = \"proto3\"; message M { int32 a = 1; }", &row, &err),
        TREATY_EBIND);
    CHECK_INT(bind_one("syntax = \"proto3\"; message M { optional int32 a = 1; "
                       "}",
                       &row, &err),
              TREATY_OK);
}

static void bad_values(void)
{
    struct codec c;
    struct treaty_enum *e;
    int32_t *branch;

    if (!open_codec(&c,
                    TREATY_STR("syntax = \"proto3\"; enum E { A = 0; } message "
                               "M { E e = 1; oneof g { int32 a = 2; } repeated "
                               "E r = 3; }"),
                    NULL))
        return;
    e = c.record;
    branch = (void *)(e + 1);
    e->symbol = 7;
    CHECK_INT(proto_encode_all(c.encode, c.record, &c.out, &c.err),
              TREATY_EVALUE);
    CHECK(strcmp(c.err.path, "/e") == 0);
    CHECK(strstr(c.err.message, "7") != NULL);
    e->symbol = 0;
    *branch = 2;
    CHECK_INT(proto_encode_all(c.encode, c.record, &c.out, &c.err),
              TREATY_EVALUE);
    CHECK(strcmp(c.err.path, "/g") == 0);
    CHECK_INT(c.out.len, 0);
    close_codec(&c);
}

/* A pair that comes often has two codes: both tell, and both write. */
static void bad_symbols_in_pairs(void)
{
    static const char *const paths[] = {"/a", "/c", "/e"};
    struct codec c;
    struct {
        struct treaty_enum e;
        struct treaty_str s;
    } * pairs;

    if (!open_codec(&c,
                    TREATY_STR("syntax = \"proto3\"; enum E { A = 0; B = 1; } "
                               "message M { E a = 1; string b = 2; E c = 3; "
                               "string d = 4; E e = 5; string f = 6; }"),
                    NULL))
        return;
    CHECK(c.layout->root->size >= 3 * sizeof(pairs[0]));
    pairs = c.record;
    for (size_t i = 0; i < 3; i++) {
        pairs[i].e.symbol = 7;
        CHECK_INT(proto_encode_all(c.encode, c.record, &c.out, &c.err),
                  TREATY_EVALUE);
        CHECK_STR_Z(treaty_str_z(c.err.path), paths[i]);
        CHECK_STR_Z(treaty_str_z(c.err.message),
                    "the schema has no enum constant for number 7");
        pairs[i].e.symbol = (int32_t)i & 1;
        pairs[i].s = TREATY_STR("text");
    }
    CHECK_INT(proto_encode_all(c.encode, c.record, &c.out, &c.err), TREATY_OK);
    CHECK_STR(treaty_buf_str(&c.out),
              TREATY_STR("\x12\4text\x18\1\x22\4text\x32\4text"));
    close_codec(&c);
}

/* Memory that ends anywhere on the way. */
static const char journey_writer[] =
    "enum E { X = 1; Y = 2; } message M { required E e = 1; optional N n = 2; "
    "repeated N l = 3; map<string, N> m = 4; map<int32, E> k = 5; oneof g { N "
    "o = 6; string s = 7; } repeated int32 p = 8; optional string gone = 9; } "
    "message N { optional N n = 1; optional string s = 2 [default = \"d\"]; }";
static const char journey_reader[] =
    "enum E { X = 1; } message M { required E e = 1; optional N n = 2; "
    "repeated N l = 3; map<string, N> m = 4; map<int32, E> k = 5; oneof g { N "
    "o = 6; string s = 7; } repeated int32 p = 8; required int32 r = 10; } "
    "message N { optional N n = 1; optional string s = 2 [default = \"d\"]; }";

struct journey {
    struct treaty_schema *writer;
    struct treaty_schema *reader;
    struct treaty_layout *layout;
    struct treaty_plan *decode;
    struct treaty_plan *encode;
    struct treaty_arena arena;
    struct treaty_buf out;
    struct treaty_error err;
    char record[4096];
};

static enum treaty_code travel(struct journey *j, struct treaty_str payload)
{
    const struct treaty_plan_options options = {.keep_unknown = true,
                                                .deterministic = true};
    enum treaty_code code = treaty_proto_layout(j->reader, &j->layout, &j->err);

    if (!code)
        code = treaty_proto_decode_plan(j->writer, j->reader, j->layout,
                                        &options, &j->decode, &j->err);
    if (!code)
        code = treaty_proto_encode_plan(j->reader, j->layout, &options,
                                        &j->encode, &j->err);
    if (!code)
        code = treaty_plan_decode(j->decode, payload, j->record, &j->arena,
                                  &j->err);
    if (!code)
        code = treaty_plan_encode(j->encode, j->record, &j->out, &j->err);
    return code;
}

static void arrive(struct journey *j)
{
    treaty_plan_unref(j->decode);
    treaty_plan_unref(j->encode);
    treaty_layout_unref(j->layout);
    treaty_arena_release(&j->arena);
    treaty_buf_release(&j->out);
    j->decode = NULL;
    j->encode = NULL;
    j->layout = NULL;
}

static void starvation(void)
{
    static const char payload[] =
        "\x08\x01\x12\x04\x0a\x02\x0a\x00\x1a\x02\x0a\x00\x22\x03\x0a\x01k"
        "\x22\x03\x0a\x01j\x2a\x04\x08\x05\x10\x02\x32\x00\x40\x01\x40\x02"
        "\x4a\x01z\x50\x01\x1a\x00";
    static struct journey j;
    bool hit = true;

    if (!STARVE_CAN) {
        tap_skip("memory cannot be made to run out under a sanitizer");
        return;
    }
    j.writer = proto_schema(TREATY_STR(journey_writer));
    j.reader = proto_schema(TREATY_STR(journey_reader));
    if (!j.writer || !j.reader)
        return;
    CHECK_INT(travel(&j, TREATY_STR(payload)), TREATY_OK);
    CHECK(j.layout->root->size <= sizeof(j.record));
    arrive(&j);
    for (long i = 1; hit && i < 2000; i++) {
        long live = starve_live;
        enum treaty_code code;

        starve_at(i);
        code = travel(&j, TREATY_STR(payload));
        hit = starve_end();
        CHECK_INT(code, hit ? TREATY_ENOMEM : TREATY_OK);
        arrive(&j);
        CHECK_INT(starve_live, live);
    }
    CHECK(!hit);
    treaty_schema_unref(j.writer);
    treaty_schema_unref(j.reader);
}

TAP_MAIN({"messages may be nested so deep", depth},
         {"so may groups that are unknown", unknown_depth},
         {"memory has a limit", memory_limit},
         {"many required fields", many_required}, {"many fields", many_fields},
         {"lengths of every width", lengths},
         {"one struct for both formats", one_struct},
         {"members of a oneof, bound one by one", bound_oneof},
         {"what cannot be bound", refusals},
         {"what cannot be written", bad_values},
         {"symbols that are not there, in pairs", bad_symbols_in_pairs},
         {"memory that runs out", starvation})
