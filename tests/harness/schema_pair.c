/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/schema_pair.h"

#include "base/str.h"

#include <stdio.h>

enum {
    NAMES_MAX = 16,
    FIELDS_MAX = 6,
    DEPTH_MAX = 4,
    UNION_MUTATION = 300, /* in a thousand */
};

/* A record that later places may refer to, in the texts that know it. */
struct known {
    char writer[16]; /* empty: not there */
    char reader[16];
};

struct maker {
    struct treaty_rng *rng;
    struct treaty_buf *w; /* NULL: this part is the reader's alone */
    struct treaty_buf *r;
    unsigned mutation;
    int next_name;
    struct known known[NAMES_MAX];
    size_t known_count;
    int depth;
};

static size_t below(struct maker *m, size_t bound)
{
    return (size_t)treaty_rng_below(m->rng, bound);
}

/* True at a place where the two are to differ. */
static bool differs(struct maker *m)
{
    return m->w && m->r && below(m, 1000) < m->mutation;
}

static void put(struct maker *m, const char *text)
{
    if (m->w)
        treaty_buf_put_z(m->w, text);
    if (m->r)
        treaty_buf_put_z(m->r, text);
}

static void put_number(struct maker *m, int number)
{
    if (m->w)
        treaty_buf_put_i64(m->w, number);
    if (m->r)
        treaty_buf_put_i64(m->r, number);
}

static void put_type(struct maker *m);
static void put_plain_type(struct maker *m);

/* Run `fn` for one of the texts alone. */
static void put_alone(struct maker *m, bool writer, void (*fn)(struct maker *))
{
    struct treaty_buf *w = m->w;
    struct treaty_buf *r = m->r;

    if (writer)
        m->r = NULL;
    else
        m->w = NULL;
    fn(m);
    m->w = w;
    m->r = r;
}

/* The start of a named type, up to and with its name, which is kept. */
static void put_name(struct maker *m, const char *kind, struct known *ret)
{
    int number = m->next_name++;
    char space = below(m, 8) ? 'a' : 'b';
    char reader_space = differs(m) ? 'c' : space;
    const char *suffix = differs(m) ? "x" : "";

    *ret = (struct known){{0}, {0}};
    put(m, "{\"type\":\"");
    put(m, kind);
    if (m->w) {
        (void)snprintf(ret->writer, sizeof(ret->writer), "%c.T%d", space,
                       number);
        treaty_buf_printf(m->w, "\",\"name\":\"%s\"", ret->writer);
    }
    if (!m->r)
        return;
    (void)snprintf(ret->reader, sizeof(ret->reader), "%c.T%d%s", reader_space,
                   number, suffix);
    treaty_buf_printf(m->r, "\",\"name\":\"%s\"", ret->reader);
    if (*suffix && below(m, 2))
        treaty_buf_printf(m->r, ",\"aliases\":[\"%c.T%d\"]", space, number);
}

static const char *const primitives[] = {
    "\"null\"",  "\"boolean\"", "\"int\"",   "\"long\"",
    "\"float\"", "\"double\"",  "\"bytes\"", "\"string\"",
};

enum { PRIMITIVES = sizeof(primitives) / sizeof(primitives[0]) };

static void put_primitive(struct maker *m)
{
    static const struct {
        const char *from;
        const char *to;
    } moves[] = {
        {"\"int\"", "\"long\""},     {"\"int\"", "\"double\""},
        {"\"int\"", "\"float\""},    {"\"long\"", "\"double\""},
        {"\"long\"", "\"float\""},   {"\"float\"", "\"double\""},
        {"\"string\"", "\"bytes\""}, {"\"bytes\"", "\"string\""},
        {"\"long\"", "\"int\""},     {"\"double\"", "\"float\""},
    };

    if (differs(m)) {
        size_t i = below(m, sizeof(moves) / sizeof(moves[0]));

        treaty_buf_put_z(m->w, moves[i].from);
        treaty_buf_put_z(m->r, moves[i].to);
        return;
    }
    put(m, primitives[below(m, PRIMITIVES)]);
}

static void put_fixed(struct maker *m)
{
    int size = (int)below(m, 5);
    struct known name;

    put_name(m, "fixed", &name);
    put(m, ",\"size\":");
    if (differs(m)) {
        treaty_buf_put_i64(m->w, size);
        treaty_buf_put_i64(m->r, size + 1);
    } else {
        put_number(m, size);
    }
    put(m, "}");
}

static void put_symbols(struct treaty_buf *out, unsigned mask, bool backwards)
{
    bool first = true;

    for (int i = 0; i < 6; i++) {
        int symbol = backwards ? 5 - i : i;

        if (!(mask & 1u << symbol))
            continue;
        treaty_buf_printf(out, "%s\"S%d\"", first ? "" : ",", symbol);
        first = false;
    }
}

static void put_enum(struct maker *m)
{
    unsigned mask = (unsigned)below(m, 64);
    unsigned reader;
    struct known name;

    if (below(m, 10))
        mask |= 1; /* an empty one now and then */
    reader = mask;
    if (differs(m))
        reader = (mask ^ 1u << below(m, 6)) | 2;
    put_name(m, "enum", &name);
    put(m, ",\"symbols\":[");
    if (m->w)
        put_symbols(m->w, mask, false);
    if (m->r)
        put_symbols(m->r, reader, differs(m));
    put(m, "]");
    if (reader != mask && below(m, 2))
        treaty_buf_put_z(m->r, ",\"default\":\"S1\"");
    put(m, "}");
}

/* A field that only the reader has. */
static void put_added_field(struct maker *m)
{
    static const char *const kinds[] = {
        "\"int\",\"default\":-7",
        "\"string\",\"default\":\"added\"",
        "[\"null\",\"string\"],\"default\":null",
        "[\"int\",\"null\"],\"default\":3",
        "[\"null\",\"long\",\"string\"],\"default\":\"later branch\"",
        "{\"type\":\"array\",\"items\":\"long\"},\"default\":[1,2,3]",
        "{\"type\":\"map\",\"values\":\"double\"},\"default\":{\"k\":0.5}",
        "\"bytes\",\"default\":\"\\u00ff\"",
        "\"boolean\",\"default\":true",
        "\"double\",\"default\":1",
        "\"long\"",
        "[\"null\",\"int\"]",
    };

    treaty_buf_printf(m->r, "{\"name\":\"added%d\",\"type\":%s}",
                      m->next_name++,
                      kinds[below(m, sizeof(kinds) / sizeof(kinds[0]))]);
}

static void put_field(struct maker *m, int number)
{
    put(m, "{\"name\":\"f");
    put_number(m, number);
    if (differs(m)) {
        treaty_buf_put_c(m->r, 'n');
        if (below(m, 3))
            treaty_buf_printf(m->r, "\",\"aliases\":[\"f%d\"],\"doc\":\"",
                              number);
    }
    put(m, "\",\"type\":");
    put_type(m);
    put(m, "}");
}

/* The fields of the reader, in another order than they were made in. */
static void put_shuffled(struct maker *m, struct treaty_buf *out,
                         struct treaty_buf *fields, size_t count)
{
    size_t turn = count && differs(m) ? below(m, count) : 0;
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        struct treaty_buf *field = &fields[(i + turn) % count];

        if (field->len && !first)
            treaty_buf_put_c(out, ',');
        if (field->len)
            first = false;
        treaty_buf_put(out, treaty_buf_str(field));
        treaty_buf_release(field);
    }
}

/* One field in each text, or in one of them. */
static void put_one_field(struct maker *m, struct treaty_buf *w,
                          struct treaty_buf *r, int number)
{
    struct treaty_buf *outer_w = m->w;
    struct treaty_buf *outer_r = m->r;

    m->w = outer_w ? w : NULL;
    m->r = outer_r ? r : NULL;
    if (differs(m)) {
        if (below(m, 2))
            put_added_field(m);
        m->r = NULL; /* dropped, and another one in its place perhaps */
    }
    put_field(m, number);
    m->w = outer_w;
    m->r = outer_r;
}

static void put_fields(struct maker *m)
{
    struct treaty_buf w[FIELDS_MAX] = {0};
    struct treaty_buf r[FIELDS_MAX] = {0};
    size_t count = below(m, FIELDS_MAX + 1);
    unsigned mutation = m->mutation;

    for (size_t i = 0; i < count; i++)
        put_one_field(m, &w[i], &r[i], (int)i);
    m->mutation = 0; /* the writer's order stays */
    if (m->w)
        put_shuffled(m, m->w, w, count);
    m->mutation = mutation;
    if (m->r)
        put_shuffled(m, m->r, r, count);
}

static void put_record(struct maker *m)
{
    struct known name;

    put_name(m, "record", &name);
    if (m->known_count < NAMES_MAX)
        m->known[m->known_count++] = name;
    put(m, ",\"fields\":[");
    put_fields(m);
    put(m, "]}");
}

static void put_array(struct maker *m)
{
    put(m, "{\"type\":\"array\",\"items\":");
    put_type(m);
    put(m, "}");
}

static void put_map(struct maker *m)
{
    put(m, "{\"type\":\"map\",\"values\":");
    put_type(m);
    put(m, "}");
}

/* A record that is known already, perhaps the one around this place. */
static bool put_reference(struct maker *m)
{
    const struct known *known;

    if (m->known_count == 0)
        return false;
    known = &m->known[below(m, m->known_count)];
    if ((m->w && !known->writer[0]) || (m->r && !known->reader[0]))
        return false;
    if (m->w)
        treaty_buf_printf(m->w, "\"%s\"", known->writer);
    if (m->r)
        treaty_buf_printf(m->r, "\"%s\"", known->reader);
    return true;
}

/* Where a record may hold itself, and now and then where it may not. */
static void put_recursion(struct maker *m)
{
    static const char *const around[][2] = {
        {"[\"null\",", "]"},
        {"[", ",\"null\"]"},
        {"{\"type\":\"array\",\"items\":", "}"},
        {"{\"type\":\"map\",\"values\":", "}"},
        {"[\"int\",\"string\",", "]"},
    };
    size_t i = below(m, 5);

    if (below(m, 40) == 0 && put_reference(m))
        return;
    put(m, around[i][0]);
    if (!put_reference(m))
        put(m, "\"boolean\"");
    put(m, around[i][1]);
}

static void put_nullable(struct maker *m)
{
    bool first = below(m, 3) != 0;

    put(m, first ? "[\"null\"," : "[");
    put(m, primitives[1 + below(m, PRIMITIVES - 1)]);
    put(m, first ? "]" : ",\"null\"]");
}

/* Branches of different kinds, some of which one text may lack. */
static void put_union(struct maker *m)
{
    static const char *const extra[] = {
        "{\"type\":\"array\",\"items\":\"int\"}",
        "{\"type\":\"map\",\"values\":\"string\"}",
    };
    unsigned mask = (unsigned)below(m, 1 << (PRIMITIVES + 2));
    unsigned reader = mask;
    struct treaty_buf *outs[2] = {m->w, m->r};

    if (differs(m))
        reader ^= 1u << below(m, PRIMITIVES + 2);
    for (int side = 0; side < 2; side++) {
        unsigned branches = side ? reader : mask;
        bool first = true;

        if (!outs[side])
            continue;
        treaty_buf_put_c(outs[side], '[');
        for (int i = 0; i < PRIMITIVES + 2; i++) {
            if (!(branches & 1u << i))
                continue;
            treaty_buf_printf(outs[side], "%s%s", first ? "" : ",",
                              i < PRIMITIVES ? primitives[i]
                                             : extra[i - PRIMITIVES]);
            first = false;
        }
        treaty_buf_put_c(outs[side], ']');
    }
}

/*
 * A union of records, which resolution matches by name and by fields. In wild
 * pairs there are more of them, and names seldom decide.
 */
static void put_record_union(struct maker *m)
{
    unsigned mutation = m->mutation;
    bool is_wild = mutation >= SCHEMA_PAIR_WILD;

    if (is_wild && below(m, 2))
        m->mutation = UNION_MUTATION;
    put(m, "[\"null\",");
    put_record(m);
    for (int i = 0; i < (is_wild ? 3 : 1) && below(m, 2); i++) {
        put(m, ",");
        put_record(m);
    }
    put(m, "]");
    m->mutation = mutation;
}

static void put_plain_type(struct maker *m)
{
    static void (*const makers[])(struct maker *) = {
        put_primitive, put_primitive, put_primitive, put_primitive,
        put_nullable,  put_nullable,  put_fixed,     put_enum,
        put_recursion, put_union,     put_array,     put_map,
        put_record,    put_record,    put_record,    put_record_union,
    };
    size_t choices = sizeof(makers) / sizeof(makers[0]);

    if (m->depth >= DEPTH_MAX)
        choices = 10; /* what holds nothing of its own */
    m->depth++;
    makers[below(m, choices)](m);
    m->depth--;
}

static void put_type(struct maker *m)
{
    if (differs(m) && below(m, 4) == 0) {
        put_alone(m, true, put_plain_type);
        put_alone(m, false, put_plain_type);
    } else {
        put_plain_type(m);
    }
}

void schema_pair_make(struct treaty_rng *rng, unsigned mutation,
                      struct schema_pair *ret)
{
    struct maker maker = {
        .rng = rng,
        .w = &ret->writer,
        .r = &ret->reader,
        .mutation = mutation,
    };

    treaty_buf_init(&ret->writer, 0);
    treaty_buf_init(&ret->reader, 0);
    if (below(&maker, 10))
        put_record(&maker);
    else
        put_type(&maker);
}

void schema_pair_release(struct schema_pair *pair)
{
    treaty_buf_release(&pair->writer);
    treaty_buf_release(&pair->reader);
}
