/* SPDX-License-Identifier: Apache-2.0 */
/* Records that outlive what they were read from. */
#include "format/format.h"
#include "harness/tap.h"
#include "record/gen.h"
#include "record/text.h"

#include <treaty/treaty.h>

/* Every kind that refers to something, and kinds within kinds. */
static const char everything[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"s\",\"type\":\"string\"},"
    "{\"name\":\"b\",\"type\":\"bytes\"},"
    "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}},"
    "{\"name\":\"o\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"u\",\"type\":[\"int\",\"string\",{\"type\":\"array\","
    "\"items\":\"bytes\"}]},"
    "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":"
    "{\"type\":\"map\",\"values\":[\"null\",\"string\"]}}},"
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":"
    "{\"type\":\"record\",\"name\":\"I\",\"fields\":["
    "{\"name\":\"t\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"long\"}"
    "]}}},"
    "{\"name\":\"self\",\"type\":[\"null\",\"R\"]}]}";

static struct treaty_layout *make_layout(const char *text)
{
    struct treaty_source source = {.text = treaty_str_z(text)};
    struct treaty_schema *schema = NULL;
    struct treaty_layout *layout = NULL;
    struct treaty_error err;

    if (treaty_schema_parse(NULL, &source, &schema, &err) != TREATY_OK ||
        schema->format->layout(schema, &layout, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    treaty_schema_unref(schema);
    return layout;
}

static void print(const struct treaty_layout *layout, const void *record,
                  struct treaty_buf *out)
{
    treaty_buf_init(out, 0);
    treaty_record_write(out, layout->root, record, TREATY_TEXT_AVRO);
}

/* Make an event, take it over, and let go of all that it was made from. */
static void try_event(struct treaty_layout *layout, uint64_t sequence)
{
    struct treaty_gen_identity identity = {.seed = 5, .sequence = sequence};
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    void *record = calloc(1, layout->root->size);
    struct treaty_arena arena = {0};
    struct treaty_gen *gen = NULL;
    struct treaty_error err;
    struct treaty_buf before;
    struct treaty_buf after;

    CHECK_INT(treaty_gen_new(layout, TREATY_GEN_EDGE, &gen, &err), TREATY_OK);
    CHECK_INT(treaty_gen_event(gen, &identity, record, &arena), TREATY_OK);
    print(layout, record, &before);
    CHECK_INT(treaty_record_own(layout, record, scratch), TREATY_OK);
    treaty_gen_free(gen);
    treaty_arena_release(&arena);
    print(layout, record, &after);
    CHECK_STR(treaty_buf_str(&after), treaty_buf_str(&before));
    CHECK(before.len > 10);
    treaty_buf_release(&before);
    treaty_buf_release(&after);
    free(record);
    treaty_scratch_free(scratch);
}

static void outlives_its_frame(void)
{
    struct treaty_layout *layout = make_layout(everything);

    for (uint64_t i = 0; i < 300 && layout; i++)
        try_event(layout, i);
    tap_add_passed(299);
    treaty_layout_unref(layout);
}

/* What it points to is elsewhere afterwards, also without the sanitizer. */
static void copies_every_text(void)
{
    struct treaty_layout *layout =
        make_layout("{\"type\":\"array\",\"items\":\"string\"}");
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    char letters[] = "abc";
    struct treaty_str items[] = {{letters, 3}, {NULL, 0}, {"", 0}};
    struct treaty_array array = {items, 3};
    const struct treaty_str *copies;

    CHECK_INT(treaty_record_own(layout, &array, scratch), TREATY_OK);
    memset(letters, 'x', 3);
    memset(items, 0xee, sizeof(items));
    copies = (const struct treaty_str *)array.items;
    CHECK_STR_Z(copies[0], "abc");
    CHECK(!copies[1].data);
    CHECK_INT(copies[2].len, 0);
    treaty_scratch_free(scratch);
    treaty_layout_unref(layout);
}

static void copies_every_key(void)
{
    struct treaty_layout *layout =
        make_layout("{\"type\":\"map\",\"values\":\"int\"}");
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    char letters[] = "abc";
    struct {
        struct treaty_str key;
        int32_t value;
    } entry = {{letters, 3}, 7};
    struct treaty_array map = {&entry, 1};
    const struct treaty_str *key;

    CHECK_INT(treaty_type_stride(layout->root), sizeof(entry));
    CHECK_INT(treaty_record_own(layout, &map, scratch), TREATY_OK);
    memset(letters, 'x', 3);
    memset(&entry, 0xee, sizeof(entry));
    key = (const struct treaty_str *)map.items;
    CHECK_STR_Z(*key, "abc");
    treaty_scratch_free(scratch);
    treaty_layout_unref(layout);
}

struct list {
    bool has_next;
    struct list *next;
};

/* Only a record made by hand can nest so deep; the stack is not its limit. */
static void stops_at_a_depth(void)
{
    enum { DEPTH = 5000 };
    struct treaty_layout *layout =
        make_layout("{\"type\":\"record\",\"name\":\"L\",\"fields\":["
                    "{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}");
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct list *nodes = (struct list *)calloc(DEPTH, sizeof(*nodes));

    CHECK_INT(layout->root->size, sizeof(struct list));
    for (size_t i = 0; i + 1 < DEPTH; i++)
        nodes[i] = (struct list){true, &nodes[i + 1]};
    CHECK_INT(treaty_record_own(layout, nodes, scratch), TREATY_EDEPTH);
    free(nodes);
    treaty_scratch_free(scratch);
    treaty_layout_unref(layout);
}

static void survives_lack_of_memory(void)
{
    struct treaty_layout *layout =
        make_layout("{\"type\":\"map\",\"values\":\"bytes\"}");
    enum treaty_code code = TREATY_ENOMEM;
    size_t n = 0;

    while (code == TREATY_ENOMEM && n < 20) {
        struct {
            struct treaty_str key;
            struct treaty_str value;
        } entries[2] = {{{"k", 1}, {"vvv", 3}}, {{"l", 1}, {"", 0}}};
        struct treaty_array map = {entries, 2};
        struct tap_alloc state = {.fail_at = ++n};
        struct treaty_alloc alloc = tap_alloc_hook(&state);
        struct treaty_scratch *scratch = treaty_scratch_new(0, &alloc);

        if (scratch)
            code = treaty_record_own(layout, &map, scratch);
        treaty_scratch_free(scratch);
        CHECK_INT(state.live, 0);
    }
    CHECK_INT(code, TREATY_OK);
    CHECK(n > 1);
    treaty_layout_unref(layout);
}

TAP_MAIN({"outlives its frame", outlives_its_frame},
         {"copies every text", copies_every_text},
         {"copies every key", copies_every_key},
         {"stops at a depth", stops_at_a_depth},
         {"survives lack of memory", survives_lack_of_memory})
