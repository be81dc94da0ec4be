/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What plans do at their limits and one past them, with schemas made to be
 * large, deep or explosive, and when memory ends.
 */
#include "record/gen.h"
#include "support.h"

#include <time.h>

/* A schema read by itself, with everything that takes. */
struct codec {
    struct treaty_schema *schema;
    struct treaty_layout *layout;
    struct treaty_plan *decode;
    struct treaty_plan *encode;
    struct treaty_arena arena;
    struct treaty_buf out;
    void *record;
};

static bool open_codec(struct codec *c, struct treaty_str text,
                       const struct treaty_plan_options *options)
{
    const struct treaty_format *avro = &treaty_format_avro;
    struct treaty_error err;

    *c = (struct codec){.schema = support_parse(text)};
    if (!c->schema)
        return false;
    c->layout = support_layout(c->schema);
    if (!c->layout ||
        avro->decode_plan(c->schema, c->schema, c->layout, options, &c->decode,
                          &err) ||
        avro->encode_plan(c->schema, c->layout, options, &c->encode, &err)) {
        tap_fail(__FILE__, __LINE__, "no plan");
        return false;
    }
    c->record = calloc(1, c->layout->root->size + 1);
    return c->record != NULL;
}

static void close_codec(struct codec *c)
{
    free(c->record);
    treaty_buf_release(&c->out);
    treaty_arena_release(&c->arena);
    treaty_plan_unref(c->decode);
    treaty_plan_unref(c->encode);
    treaty_layout_unref(c->layout);
    treaty_schema_unref(c->schema);
}

static enum treaty_code decode(struct codec *c, const char *bytes, size_t len)
{
    treaty_arena_reset(&c->arena);
    return treaty_plan_decode(c->decode, (struct treaty_str){bytes, len},
                              c->record, &c->arena, NULL);
}

/* Random events, there and back through both loops, to the same text. */
static void round_trip(struct codec *c, uint64_t events)
{
    struct treaty_gen *gen = NULL;
    struct treaty_buf made = {0};
    struct treaty_buf read = {0};
    struct treaty_arena arena = {0};

    CHECK_INT(treaty_gen_new(c->layout, TREATY_GEN_EDGE, &gen, NULL),
              TREATY_OK);
    for (uint64_t i = 0; gen && i < events; i++) {
        const struct treaty_gen_identity identity = {1, i, 3};

        treaty_buf_clear(&c->out);
        treaty_buf_clear(&made);
        treaty_buf_clear(&read);
        treaty_arena_reset(&arena);
        CHECK_INT(treaty_gen_event(gen, &identity, c->record, &arena),
                  TREATY_OK);
        treaty_record_write(&made, c->layout->root, c->record,
                            TREATY_TEXT_AVRO);
        CHECK_INT(treaty_plan_encode(c->encode, c->record, &c->out, NULL),
                  TREATY_OK);
        support_decode_all(c->decode, c->layout->root, treaty_buf_str(&c->out),
                           &read);
        CHECK_STR(treaty_buf_str(&read), treaty_buf_str(&made));
    }
    treaty_gen_free(gen);
    treaty_buf_release(&made);
    treaty_buf_release(&read);
    treaty_arena_release(&arena);
}

static const char list_text[] =
    "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"v\","
    "\"type\":\"int\"},{\"name\":\"next\",\"type\":[\"null\",\"T\"]}]}";

/* `n` links behind the first one. */
static size_t put_list(char *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memcpy(out + 2 * i, "\2\2", 2);
    memcpy(out + 2 * n, "\2\0", 2);
    return 2 * n + 2;
}

static void depth(void)
{
    const struct treaty_plan_options options = {.depth_max = 40};
    struct codec c;
    struct codec deep;
    char bytes[512];

    if (!open_codec(&c, treaty_str_z(list_text), &options))
        return;
    if (!open_codec(&deep, treaty_str_z(list_text), NULL))
        goto out;
    CHECK_INT(decode(&c, bytes, put_list(bytes, 40)), TREATY_OK);
    CHECK_INT(treaty_plan_encode(c.encode, c.record, &c.out, NULL), TREATY_OK);
    CHECK_STR(treaty_buf_str(&c.out), ((struct treaty_str){bytes, 82}));
    CHECK_INT(decode(&c, bytes, put_list(bytes, 41)), TREATY_EDEPTH);
    CHECK_INT(decode(&deep, bytes, put_list(bytes, 128)), TREATY_OK);
    CHECK_INT(decode(&deep, bytes, put_list(bytes, 129)), TREATY_EDEPTH);
    /* What one plan reads, another may refuse to write. */
    CHECK_INT(decode(&deep, bytes, put_list(bytes, 41)), TREATY_OK);
    treaty_buf_clear(&c.out);
    CHECK_INT(treaty_plan_encode(c.encode, deep.record, &c.out, NULL),
              TREATY_EDEPTH);
    CHECK_INT(c.out.len, 0);
out:
    close_codec(&deep);
    close_codec(&c);
}

/* A struct that points at itself ends as too deep, not never. */
static void loops_in_memory(void)
{
    struct link {
        int32_t v;
        struct {
            bool present;
            struct link *next;
        } next;
    } link = {.v = 1};
    struct treaty_error err;
    struct codec c;

    if (!open_codec(&c, treaty_str_z(list_text), NULL))
        return;
    CHECK_INT(c.layout->root->size, sizeof(link));
    link.next.present = true;
    link.next.next = &link;
    CHECK_INT(treaty_plan_encode(c.encode, &link, &c.out, &err), TREATY_EDEPTH);
    link.next.next = NULL;
    CHECK_INT(treaty_plan_encode(c.encode, &link, &c.out, &err), TREATY_EVALUE);
    CHECK_STR_Z(treaty_str_z(err.path), "/next");
    close_codec(&c);
}

/* The reason is told whichever operation the enum's is joined with. */
static void symbols_that_are_not(void)
{
    struct {
        struct treaty_enum e;
        struct treaty_str s;
        struct treaty_enum f;
    } record = {{7, 7}, TREATY_STR("s"), {8, 8}};
    struct treaty_error err;
    struct codec c;

    if (!open_codec(
            &c,
            TREATY_STR("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                       "{\"name\":\"e\",\"type\":{\"type\":\"enum\","
                       "\"name\":\"E\",\"symbols\":[\"A\"]}},"
                       "{\"name\":\"s\",\"type\":\"string\"},"
                       "{\"name\":\"f\",\"type\":\"E\"}]}"),
            NULL))
        return;
    CHECK_INT(c.layout->root->size, sizeof(record));
    CHECK_INT(treaty_plan_encode(c.encode, &record, &c.out, &err),
              TREATY_EVALUE);
    CHECK_STR_Z(treaty_str_z(err.path), "/e");
    CHECK_STR_Z(treaty_str_z(err.message),
                "the schema has no enum symbol for number 7");
    record.e.symbol = 0;
    CHECK_INT(treaty_plan_encode(c.encode, &record, &c.out, &err),
              TREATY_EVALUE);
    CHECK_STR_Z(treaty_str_z(err.path), "/f");
    CHECK_STR_Z(treaty_str_z(err.message),
                "the schema has no enum symbol for number 8");
    close_codec(&c);
}

static void memory(void)
{
    static const char text[] = "{\"type\":\"array\",\"items\":\"long\"}";
    struct treaty_plan_options options = {.memory_max = 8000};
    char bytes[1024] = "\xd0\x0f"; /* 1000 */
    struct codec c;

    if (!open_codec(&c, treaty_str_z(text), &options))
        return;
    CHECK_INT(decode(&c, bytes, 1003), TREATY_OK);
    close_codec(&c);
    options.memory_max = 7999;
    if (!open_codec(&c, treaty_str_z(text), &options))
        return;
    CHECK_INT(decode(&c, bytes, 1003), TREATY_ELIMIT);
    close_codec(&c);
}

/* Many blocks of one item: memory stays within a few times the items. */
static void many_blocks(void)
{
    enum { BLOCKS = 20000 };
    static char bytes[2 * BLOCKS + 1];
    const struct treaty_array *array;
    struct codec c;

    if (!open_codec(&c, TREATY_STR("{\"type\":\"array\",\"items\":\"int\"}"),
                    NULL))
        return;
    for (size_t i = 0; i < BLOCKS; i++) {
        bytes[2 * i] = 2;
        bytes[2 * i + 1] = (char)(i % 60 * 2);
    }
    CHECK_INT(decode(&c, bytes, sizeof(bytes)), TREATY_OK);
    array = c.record;
    CHECK_INT(array->count, BLOCKS);
    for (size_t i = 0; i < array->count; i++) {
        if (((const int32_t *)array->items)[i] != (int32_t)(i % 60)) {
            tap_fail(__FILE__, __LINE__, "item %zu", i);
            break;
        }
    }
    CHECK(c.arena.size < 10 * BLOCKS * sizeof(int32_t));
    close_codec(&c);
}

static void empty_items(void)
{
    static const char at[] = "\x80\x80\x80\x01\x00";   /* 2^20 */
    static const char past[] = "\x82\x80\x80\x01\x00"; /* and one */
    struct codec c;

    if (!open_codec(&c, TREATY_STR("{\"type\":\"array\",\"items\":\"null\"}"),
                    NULL))
        return;
    CHECK_INT(decode(&c, at, 5), TREATY_OK);
    CHECK_INT(((const struct treaty_array *)c.record)->count, 1 << 20);
    CHECK_INT(decode(&c, past, 5), TREATY_ELIMIT);
    close_codec(&c);
}

/* Fields of all kinds until offsets no longer fit 16 bits. */
static void put_large_record(struct treaty_buf *text, int groups)
{
    treaty_buf_put_z(text, "{\"type\":\"record\",\"name\":\"L\",\"fields\":[");
    for (int i = 0; i < groups; i++) {
        treaty_buf_printf(
            text,
            "%s{\"name\":\"a%d\",\"type\":\"string\"},"
            "{\"name\":\"b%d\",\"type\":[\"null\",\"long\"]},"
            "{\"name\":\"c%d\",\"type\":[\"int\",\"string\",\"double\"]},"
            "{\"name\":\"d%d\",\"type\":{\"type\":\"array\",\"items\":"
            "\"int\"}},"
            "{\"name\":\"e%d\",\"type\":{\"type\":\"enum\",\"name\":\"E%d\","
            "\"symbols\":[\"P\",\"Q\"]}},"
            "{\"name\":\"f%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\","
            "\"fields\":[{\"name\":\"x\",\"type\":\"long\"},{\"name\":\"y\","
            "\"type\":{\"type\":\"fixed\",\"name\":\"F%d\",\"size\":70}}]}},"
            "{\"name\":\"g%d\",\"type\":{\"type\":\"map\",\"values\":"
            "[\"string\",\"null\"]}},"
            "{\"name\":\"h%d\",\"type\":\"boolean\"}",
            i ? "," : "", i, i, i, i, i, i, i, i, i, i, i);
    }
    treaty_buf_put_z(text, "]}");
}

static void far_offsets(void)
{
    struct treaty_buf text = {0};
    struct codec c;

    put_large_record(&text, 800);
    if (!open_codec(&c, treaty_buf_str(&text), NULL))
        return;
    CHECK(c.layout->root->size > 2 * 65536);
    round_trip(&c, 2);
    close_codec(&c);
    treaty_buf_release(&text);
}

/* Items larger than 16 bits say, in an array and in a map. */
static void far_strides(void)
{
    struct treaty_buf text = {0};
    struct codec c;

    treaty_buf_put_z(&text, "{\"type\":\"record\",\"name\":\"O\",\"fields\":[{"
                            "\"name\":\"m\",\"type\":{\"type\":\"map\","
                            "\"values\":\"int\"}},{\"name\":\"g\",\"type\":{"
                            "\"type\":\"array\",\"items\":");
    put_large_record(&text, 250);
    treaty_buf_put_z(&text, "}}]}");
    if (!open_codec(&c, treaty_buf_str(&text), NULL))
        return;
    round_trip(&c, 2);
    close_codec(&c);
    treaty_buf_release(&text);
}

/* Records in records, deeper than are compiled in place. */
static void deep_nest(void)
{
    enum { LEVELS = 70 };
    struct treaty_buf text = {0};
    struct codec c;

    for (int i = 0; i < LEVELS; i++)
        treaty_buf_printf(&text,
                          "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":["
                          "{\"name\":\"s\",\"type\":\"string\"},"
                          "{\"name\":\"r\",\"type\":",
                          i);
    treaty_buf_put_z(&text, "\"long\"");
    for (int i = 0; i < LEVELS; i++)
        treaty_buf_put_z(&text, "}]}");
    if (!open_codec(&c, treaty_buf_str(&text), NULL))
        return;
    round_trip(&c, 3);
    close_codec(&c);
    treaty_buf_release(&text);
}

/* Each record holds the next one twice: 2^n values, n lines of schema. */
static void put_explosive(struct treaty_buf *text, int levels)
{
    for (int i = levels; i > 0; i--)
        treaty_buf_printf(text,
                          "{\"type\":\"record\",\"name\":\"D%d\",\"fields\":["
                          "{\"name\":\"a\",\"type\":",
                          i);
    treaty_buf_put_z(text, "\"int\"");
    for (int i = 1; i <= levels; i++) {
        if (i == 1)
            treaty_buf_put_z(text, "},{\"name\":\"b\",\"type\":\"int\"}]}");
        else
            treaty_buf_printf(text, "},{\"name\":\"b\",\"type\":\"D%d\"}]}",
                              i - 1);
    }
}

static void explosions(void)
{
    static const char empty[] =
        "{\"type\":\"record\",\"name\":\"D\",\"fields\":[]}";
    const struct treaty_plan_options options = {.walk_to_end = true};
    struct treaty_buf text = {0};
    struct treaty_schema *writer;
    struct treaty_schema *reader = support_parse(treaty_str_z(empty));
    struct treaty_layout *layout = NULL;
    struct treaty_plan *plan = NULL;
    struct treaty_error err;

    put_explosive(&text, 60);
    writer = support_parse(treaty_buf_str(&text));
    if (!writer || !reader)
        return;
    /* No struct can hold it, but a reader of nothing can step over it. */
    CHECK_INT(writer->format->layout(writer, &layout, &err), TREATY_ELIMIT);
    layout = support_layout(reader);
    CHECK_INT(writer->format->decode_plan(writer, reader, layout, &options,
                                          &plan, &err),
              TREATY_OK);
    CHECK(plan && plan->op_count < 100000);
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    treaty_schema_unref(writer);
    treaty_schema_unref(reader);
    treaty_buf_release(&text);
}

/* Where a plan compiles records in place until it has too many operations. */
static void many_operations(void)
{
    struct treaty_buf text = {0};
    struct codec c;

    put_explosive(&text, 15);
    if (!open_codec(&c, treaty_buf_str(&text), NULL))
        return;
    CHECK(c.decode->op_count < 50000);
    round_trip(&c, 1);
    close_codec(&c);
    treaty_buf_release(&text);
}

/* Compiling takes time in proportion to the schema. */
static void many_fields(void)
{
    enum { FIELDS = 12000 };
    struct treaty_buf text = {0};
    clock_t start = clock();
    struct codec c;

    treaty_buf_put_z(&text, "{\"type\":\"record\",\"name\":\"W\",\"fields\":[");
    for (int i = 0; i < FIELDS; i++)
        treaty_buf_printf(&text,
                          "%s{\"name\":\"f%d\",\"aliases\":[\"g%d\"],"
                          "\"type\":\"int\",\"default\":1}",
                          i ? "," : "", i, i);
    treaty_buf_put_z(&text, "]}");
    if (open_codec(&c, treaty_buf_str(&text), NULL))
        CHECK(clock() - start < 5 * CLOCKS_PER_SEC);
    close_codec(&c);
    treaty_buf_release(&text);
}

static void arena_runs_out(void)
{
    static const char text[] =
        "{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"v\","
        "\"type\":\"string\"},{\"name\":\"kids\",\"type\":{\"type\":\"array\","
        "\"items\":\"N\"}},{\"name\":\"o\",\"type\":[\"null\",\"N\"]}]}";
    struct treaty_buf bytes = {0};
    struct codec c;
    size_t fail_at = 0;
    enum treaty_code code;

    if (!open_codec(&c, treaty_str_z(text), NULL))
        return;
    for (int i = 0; i < 120; i++)
        treaty_buf_put_mem(&bytes, "\2x\2", 3);
    treaty_buf_put_mem(&bytes, "\2x\0\0", 4);
    for (int i = 0; i < 120; i++)
        treaty_buf_put_mem(&bytes, "\0\0", 2);
    do {
        struct tap_alloc state = {.fail_at = ++fail_at};
        struct treaty_alloc alloc = tap_alloc_hook(&state);
        struct treaty_arena arena;

        treaty_arena_init(&arena, 0, &alloc);
        code = treaty_plan_decode(c.decode, treaty_buf_str(&bytes), c.record,
                                  &arena, NULL);
        CHECK(code == TREATY_OK || code == TREATY_ENOMEM);
        treaty_arena_release(&arena);
        CHECK_INT(state.live, 0);
    } while (code == TREATY_ENOMEM && fail_at < 1000);
    CHECK_INT(code, TREATY_OK);
    CHECK(fail_at > 2);
    treaty_buf_release(&bytes);
    close_codec(&c);
}

/* A buffer with a maximum, and strings that are no UTF-8. */
static void encoding(void)
{
    struct treaty_plan_options options = {.utf8 = TREATY_UTF8_REPLACE};
    struct treaty_str text = TREATY_STR("a\xff");
    struct treaty_error err;
    struct codec c;
    char large[5000];

    if (!open_codec(&c, TREATY_STR("\"string\""), NULL))
        return;
    CHECK_INT(treaty_plan_encode(c.encode, &text, &c.out, &err), TREATY_EUTF8);
    CHECK_INT(c.out.len, 0);
    memset(large, 'x', sizeof(large));
    text = (struct treaty_str){large, sizeof(large)};
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(treaty_plan_encode(c.encode, &text, &c.out, &err), TREATY_OK);
        CHECK_INT(c.out.len, (i + 1) * 5002);
    }
    treaty_buf_release(&c.out);
    treaty_buf_init(&c.out, 4096);
    CHECK_INT(treaty_plan_encode(c.encode, &text, &c.out, &err), TREATY_ELIMIT);
    CHECK_INT(c.out.len, 0);
    close_codec(&c);

    text = TREATY_STR("a\xff");
    if (!open_codec(&c, TREATY_STR("\"string\""), &options))
        return;
    CHECK_INT(treaty_plan_encode(c.encode, &text, &c.out, &err), TREATY_OK);
    CHECK_STR(treaty_buf_str(&c.out), TREATY_STR("\x08"
                                                 "a\xef\xbf\xbd"));
    close_codec(&c);
    options.utf8 = TREATY_UTF8_PASS;
    if (!open_codec(&c, TREATY_STR("\"string\""), &options))
        return;
    CHECK_INT(treaty_plan_encode(c.encode, &text, &c.out, &err), TREATY_OK);
    CHECK_STR(treaty_buf_str(&c.out), TREATY_STR("\x04"
                                                 "a\xff"));
    close_codec(&c);
}

/* Strings of every length around the sizes of blocks and pieces. */
static void string_lengths(void)
{
    enum { LONGEST = 300 };
    char bytes[LONGEST];
    struct codec c;

    if (!open_codec(&c, TREATY_STR("\"string\""), NULL))
        return;
    for (size_t len = 0; len <= LONGEST; len++) {
        struct tap_guard guard;
        struct treaty_str text;
        struct treaty_buf read = {0};

        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)('a' + i % 26);
        guard = tap_guard_copy(bytes, len, len % 2);
        text = (struct treaty_str){guard.data, len};
        treaty_buf_clear(&c.out);
        CHECK_INT(treaty_plan_encode(c.encode, &text, &c.out, NULL), TREATY_OK);
        support_decode_all(c.decode, c.layout->root, treaty_buf_str(&c.out),
                           &read);
        CHECK_INT(read.len, len + 2);
        CHECK(memcmp(read.data + 1, bytes, len) == 0);
        treaty_buf_release(&read);
        /* One byte that is not ASCII is seen wherever it stands. */
        for (size_t i = 0; i < len; i++) {
            guard.data[i] = (char)0xff;
            if (treaty_plan_encode(c.encode, &text, &c.out, NULL) !=
                TREATY_EUTF8)
                tap_fail(__FILE__, __LINE__, "byte %zu of %zu", i, len);
            guard.data[i] = bytes[i];
        }
        tap_guard_free(&guard);
    }
    close_codec(&c);
}

TAP_MAIN({"depth", depth}, {"structs that hold themselves", loops_in_memory},
         {"symbols that are not there", symbols_that_are_not},
         {"memory", memory}, {"many small blocks", many_blocks},
         {"items without contents", empty_items},
         {"offsets past 16 bits", far_offsets},
         {"strides past 16 bits", far_strides},
         {"records too deep to be in place", deep_nest},
         {"schemas that explode", explosions},
         {"many operations", many_operations}, {"many fields", many_fields},
         {"the arena runs out", arena_runs_out},
         {"buffers and strings when encoding", encoding},
         {"strings of every length", string_lengths})
