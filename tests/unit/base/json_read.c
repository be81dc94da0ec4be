/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the files of tests/corpus/json. A case is a paragraph of `key: text`
 * lines:
 *
 *     input: [1, "a"]            several lines are joined by line ends
 *     flags: comments nan        see flag_rows
 *     depth: 2                   depth_max; size: size_max; values: value_max
 *     tree:  array 0-8 (number 1-2 1, string 4-7 a)
 *     error: EJSON 4 1:5 trailing comma: ...
 *
 * `<XX>` is the byte with that hexadecimal number, in inputs and, for what is
 * not printable, in results; a line that begins with # is a comment. An error
 * has its code, offset, line and column, and message; `-` without an offset.
 */
#include "base/json.h"

#include "base/file.h"
#include "base/locate.h"
#include "harness/tap.h"

#include <dirent.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/json"

static const struct {
    const char *name;
    unsigned flag;
} flag_rows[] = {
    {"comments", TREATY_JSON_COMMENTS},
    {"nan", TREATY_JSON_NAN},
    {"trailing", TREATY_JSON_TRAILING},
    {"duplicates-fail", TREATY_JSON_DUPLICATES_FAIL},
    {"lone-surrogates", TREATY_JSON_LONE_SURROGATES},
};

struct sample {
    const char *file;
    int line;
    size_t input_lines;
    struct treaty_buf input;
    struct treaty_json_options options;
    struct treaty_str want; /* the line `tree:` or `error:`, key included */
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Append `s` with each `<XX>` resolved. */
static void put_raw(struct treaty_buf *out, struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] == '<' && i + 3 < s.len && s.data[i + 3] == '>' &&
            hex(s.data[i + 1]) >= 0 && hex(s.data[i + 2]) >= 0) {
            treaty_buf_put_c(
                out, (char)(hex(s.data[i + 1]) << 4 | hex(s.data[i + 2])));
            i += 3;
        } else {
            treaty_buf_put_c(out, s.data[i]);
        }
    }
}

static void put_shown(struct treaty_buf *out, struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c < 0x20 || c == 0x7f)
            treaty_buf_printf(out, "<%02X>", c);
        else
            treaty_buf_put_c(out, s.data[i]);
    }
}

static void dump(struct treaty_buf *out, const struct treaty_json *value)
{
    static const char *const kinds[] = {"null",   "bool",  "number",
                                        "string", "array", "object"};
    uint32_t count = 0;

    treaty_buf_printf(out, "%s %zu-%zu", kinds[value->kind], value->pos,
                      value->end);
    if (value->kind < TREATY_JSON_ARRAY) {
        if (value->kind == TREATY_JSON_NUMBER && value->is_integer)
            treaty_buf_put_z(out, " integer");
        treaty_buf_put_z(out, value->text.len ? " " : "");
        put_shown(out, value->text);
        CHECK(value->kind != TREATY_JSON_BOOL ||
              value->truth == treaty_str_eq_z(value->text, "true"));
        return;
    }
    treaty_buf_put_z(out, " (");
    for (const struct treaty_json *c = value->child; c; c = c->next) {
        if (count++)
            treaty_buf_put_z(out, ", ");
        if (value->kind == TREATY_JSON_OBJECT) {
            put_shown(out, c->name);
            treaty_buf_printf(out, "@%zu: ", c->name_pos);
        }
        dump(out, c);
    }
    CHECK_INT(value->count, count);
    treaty_buf_put_c(out, ')');
}

static void describe_error(struct treaty_buf *out, struct treaty_str text,
                           const struct treaty_error *err)
{
    struct treaty_place place;

    treaty_buf_printf(out, "error: %s ",
                      treaty_code_name(err->code) + strlen("TREATY_"));
    if (err->offset == TREATY_NO_OFFSET) {
        treaty_buf_put_z(out, "-");
    } else {
        CHECK(err->offset <= text.len);
        place = treaty_locate(text, err->offset);
        treaty_buf_printf(out, "%zu %zu:%zu", err->offset, place.line,
                          place.column);
    }
    treaty_buf_put_c(out, ' ');
    put_shown(out, treaty_str_z(err->message));
}

/* Read the sample with its text flush against an unreadable page. */
static void run_sample(const struct sample *sample, bool front)
{
    struct tap_guard guard =
        tap_guard_copy(sample->input.data, sample->input.len, front);
    struct treaty_str text = {guard.data, sample->input.len};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    const struct treaty_json *root = NULL;
    struct treaty_buf got;
    enum treaty_code code =
        treaty_json_parse(&arena, text, &sample->options, &root, &err);

    treaty_buf_init(&got, 0);
    if (code) {
        CHECK_INT(err.code, code);
        CHECK(!root);
        describe_error(&got, text, &err);
    } else {
        treaty_buf_put_z(&got, "tree: ");
        dump(&got, root);
    }
    if (!treaty_str_eq(treaty_buf_str(&got), sample->want))
        tap_fail(sample->file, sample->line, "got  %.*s\nwant %.*s",
                 (int)got.len, got.data, (int)sample->want.len,
                 sample->want.data);
    treaty_buf_release(&got);
    treaty_arena_release(&arena);
    tap_guard_free(&guard);
}

static void read_flags(struct sample *sample, struct treaty_str names)
{
    struct treaty_str name;

    while (treaty_str_split(&names, ' ', &name)) {
        size_t i = 0;

        while (i < sizeof(flag_rows) / sizeof(flag_rows[0]) &&
               !treaty_str_eq_z(name, flag_rows[i].name))
            i++;
        if (CHECK(i < sizeof(flag_rows) / sizeof(flag_rows[0])))
            sample->options.flags |= flag_rows[i].flag;
    }
}

static void read_line(struct sample *sample, struct treaty_str line)
{
    size_t colon = treaty_str_find(line, ':');
    struct treaty_str key = treaty_str_sub(line, 0, colon);
    struct treaty_str text = treaty_str_sub(line, colon + 1, line.len);
    uint64_t number = 0;

    if (text.len && text.data[0] == ' ')
        text = treaty_str_sub(text, 1, text.len);
    if (treaty_str_eq_z(key, "input")) {
        if (sample->input_lines++)
            treaty_buf_put_c(&sample->input, '\n');
        put_raw(&sample->input, text);
    } else if (treaty_str_eq_z(key, "flags")) {
        read_flags(sample, text);
    } else if (treaty_str_eq_z(key, "depth")) {
        CHECK(treaty_str_to_u64(text, &number));
        sample->options.depth_max = (uint32_t)number;
    } else if (treaty_str_eq_z(key, "size")) {
        CHECK(treaty_str_to_u64(text, &number));
        sample->options.size_max = number;
    } else if (treaty_str_eq_z(key, "values")) {
        CHECK(treaty_str_to_u64(text, &number));
        sample->options.value_max = number;
    } else if (treaty_str_eq_z(key, "tree") || treaty_str_eq_z(key, "error")) {
        sample->want = line;
    } else {
        tap_fail(sample->file, sample->line, "unknown key");
    }
}

/* Run the sample if there is one, and forget it. */
static size_t finish_sample(struct sample *sample)
{
    size_t ran = sample->want.data != NULL;

    if (ran) {
        run_sample(sample, false);
        run_sample(sample, true);
    } else {
        CHECK_INT(sample->input_lines, 0);
    }
    treaty_buf_clear(&sample->input);
    sample->input_lines = 0;
    sample->options = (struct treaty_json_options){0};
    sample->want = (struct treaty_str){0};
    return ran;
}

static size_t run_file(const char *path)
{
    struct treaty_arena arena = {0};
    struct sample sample = {.file = path};
    struct treaty_str text, line;
    size_t ran = 0;

    treaty_buf_init(&sample.input, 0);
    CHECK_INT(treaty_file_read(&arena, path, 0, &text, NULL), TREATY_OK);
    for (int number = 1; treaty_str_split(&text, '\n', &line); number++) {
        if (line.len == 0) {
            ran += finish_sample(&sample);
        } else if (line.data[0] != '#') {
            sample.line = number;
            read_line(&sample, line);
        }
    }
    ran += finish_sample(&sample);
    treaty_buf_release(&sample.input);
    treaty_arena_release(&arena);
    return ran;
}

static void corpus(void)
{
    DIR *dir = opendir(CORPUS);
    size_t ran = 0;

    if (!CHECK(dir))
        return;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[512];

        if (!treaty_str_ends(treaty_str_z(e->d_name), TREATY_STR(".test")))
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", CORPUS, e->d_name);
        ran += run_file(path);
    }
    (void)closedir(dir);
    CHECK(ran > 100);
    tap_add_passed(ran);
}

/* Texts with everything in them. */
static const char *const rich[] = {
    "{\"a\": [1, -2.5e+3, true, false, null], \"b\\n\\u00e9\": "
    "{\"c\": \"\\ud83d\\ude00\\\\\"}, \"\": \"\xc3\xa9\xe2\x82\xac\"}",
    "/* one */ [ // two\n NaN, -Infinity, Infinity, \"\\ud800\" ]",
    "[{\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,"
    "\"k8\":8,\"k9\":9,\"k10\":10,\"k11\":11,\"k12\":1,\"k13\":1,\"k14\":1},{},"
    "[[[]]]]",
};

enum { ALL_FLAGS = 0x1f & ~TREATY_JSON_TRAILING };

static void every_prefix_is_safe(void)
{
    for (size_t n = 0; n < sizeof(rich) / sizeof(rich[0]); n++) {
        const struct treaty_json_options options = {.flags = ALL_FLAGS};
        size_t len = strlen(rich[n]);

        for (size_t cut = 0; cut <= len; cut++) {
            struct tap_guard guard = tap_guard_copy(rich[n], cut, false);
            struct treaty_arena arena = {0};
            struct treaty_error err = {0};
            const struct treaty_json *root;
            enum treaty_code code =
                treaty_json_parse(&arena, (struct treaty_str){guard.data, cut},
                                  &options, &root, &err);

            CHECK_INT(code == TREATY_OK, cut == len);
            CHECK(code == TREATY_OK || err.offset <= cut);
            treaty_arena_release(&arena);
            tap_guard_free(&guard);
        }
    }
}

static void out_of_memory_is_reported(void)
{
    for (size_t n = 0; n < sizeof(rich) / sizeof(rich[0]); n++) {
        const struct treaty_json_options options = {.flags = ALL_FLAGS};
        enum treaty_code code = TREATY_ENOMEM;

        for (size_t at = 1; code; at++) {
            struct tap_alloc state = {.fail_at = at};
            struct treaty_alloc alloc = tap_alloc_hook(&state);
            struct treaty_arena arena;
            const struct treaty_json *root = NULL;

            treaty_arena_init(&arena, 0, &alloc);
            code = treaty_json_parse(&arena, treaty_str_z(rich[n]), &options,
                                     &root, NULL);
            if (code)
                CHECK_INT(code, TREATY_ENOMEM);
            CHECK((code == TREATY_OK) == (root != NULL));
            treaty_arena_release(&arena);
            CHECK_INT(state.live, 0);
        }
    }
}

/*
 * The bound of the arena fails every allocation of the document in turn, which
 * the larger blocks of the allocator do not.
 */
static void full_arena_is_reported(void)
{
    for (size_t n = 0; n < sizeof(rich) / sizeof(rich[0]); n++) {
        const struct treaty_json_options options = {.flags = ALL_FLAGS};
        enum treaty_code code = TREATY_ENOMEM;
        size_t size_max = 1;

        for (; code && size_max < 1 << 20; size_max++) {
            struct treaty_arena arena;
            const struct treaty_json *root = NULL;

            treaty_arena_init(&arena, size_max, NULL);
            code = treaty_json_parse(&arena, treaty_str_z(rich[n]), &options,
                                     &root, NULL);
            if (code)
                CHECK_INT(code, TREATY_ENOMEM);
            CHECK((code == TREATY_OK) == (root != NULL));
            treaty_arena_release(&arena);
        }
        CHECK_INT(code, TREATY_OK);
    }
}

/* `{"n0":0,"n1":0,...}`, the last name being that of member `repeated`. */
static void put_wide(struct treaty_buf *out, size_t members, size_t repeated)
{
    treaty_buf_clear(out);
    for (size_t i = 0; i < members; i++) {
        size_t name = i + 1 == members ? repeated : i;

        treaty_buf_printf(out, "%c\"n%zu\":0", i ? ',' : '{', name);
    }
    treaty_buf_put_c(out, '}');
}

/* Repeated names are found however many members there are. */
static void wide_objects(void)
{
    static const size_t sizes[] = {2, 7, 8, 9, 10, 17, 1000, 100000};
    const struct treaty_json_options options = {
        .flags = TREATY_JSON_DUPLICATES_FAIL};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct treaty_arena arena = {0};
        const struct treaty_json *root = NULL;

        put_wide(&text, sizes[i], sizes[i]);
        CHECK_INT(treaty_json_parse(&arena, treaty_buf_str(&text), &options,
                                    &root, NULL),
                  TREATY_OK);
        CHECK_INT(root->count, sizes[i]);
        for (size_t repeated = 0; repeated + 1 < sizes[i];
             repeated += sizes[i] / 2) {
            put_wide(&text, sizes[i], repeated);
            CHECK_INT(treaty_json_parse(&arena, treaty_buf_str(&text), &options,
                                        &root, NULL),
                      TREATY_EDUPLICATE);
        }
        treaty_arena_release(&arena);
    }
    treaty_buf_release(&text);
}

static enum treaty_code parse_nested(uint32_t levels, uint32_t depth_max)
{
    const struct treaty_json_options options = {.depth_max = depth_max};
    struct treaty_arena arena = {0};
    const struct treaty_json *root;
    struct treaty_buf text;
    enum treaty_code code;

    treaty_buf_init(&text, 0);
    for (uint32_t i = 0; i < levels; i++)
        treaty_buf_put_c(&text, '[');
    for (uint32_t i = 0; i < levels; i++)
        treaty_buf_put_c(&text, ']');
    code =
        treaty_json_parse(&arena, treaty_buf_str(&text), &options, &root, NULL);
    treaty_arena_release(&arena);
    treaty_buf_release(&text);
    return code;
}

static void limits(void)
{
    struct treaty_arena arena = {0};
    struct treaty_json_options options = {.size_max = SIZE_MAX};
    const struct treaty_json *root;
    struct treaty_buf text;

    CHECK_INT(parse_nested(256, 0), TREATY_OK);
    CHECK_INT(parse_nested(257, 0), TREATY_EDEPTH);
    CHECK_INT(parse_nested(100000, 100000), TREATY_OK);
    CHECK_INT(parse_nested(100001, 100000), TREATY_EDEPTH);

    treaty_buf_init(&text, 0);
    treaty_buf_put_c(&text, '1');
    while (text.len < 16 << 20)
        treaty_buf_put_z(&text, "               ");
    text.len = 16 << 20;
    CHECK_INT(
        treaty_json_parse(&arena, treaty_buf_str(&text), NULL, &root, NULL),
        TREATY_OK);
    treaty_buf_put_c(&text, ' ');
    CHECK_INT(
        treaty_json_parse(&arena, treaty_buf_str(&text), NULL, &root, NULL),
        TREATY_ELIMIT);
    CHECK_INT(
        treaty_json_parse(&arena, treaty_buf_str(&text), &options, &root, NULL),
        TREATY_OK);
    /* Refused by its length alone: nothing of it is looked at. */
    CHECK_INT(treaty_json_parse(&arena,
                                (struct treaty_str){text.data, SIZE_MAX},
                                &options, &root, NULL),
              TREATY_ELIMIT);
    treaty_buf_release(&text);
    treaty_arena_release(&arena);
}

TAP_MAIN({"corpus", corpus}, {"every prefix is safe", every_prefix_is_safe},
         {"out of memory is reported", out_of_memory_is_reported},
         {"full arena is reported", full_arena_is_reported},
         {"wide objects", wide_objects}, {"limits", limits})
