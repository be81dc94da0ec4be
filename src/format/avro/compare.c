/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confluent's verdict: can `reader` read what `writer` wrote? The rules are
 * those of Apache Avro's own check, surprises included (confluent.md 5.2 and
 * 12), because a registry that takes the place of another must agree with it:
 *
 *  1. A pair of nodes is judged once; its findings, with the path on which
 *     they were met first, count again wherever the pair is met again. While a
 *     pair is being judged it counts as compatible, which ends recursion.
 *  2. Branches of a union are tried as if each were a schema of its own, so a
 *     pair that is first met there has paths that begin at the branch; what is
 *     found inside is not reported, only that the branch is missing.
 *  3. A field that answers to two fields of the writer, by name and alias or
 *     by two aliases, ends the whole comparison: the only finding is then
 *     READER_FIELD_AMBIGUOUS. The reference throws there, and Confluent calls
 *     the schemas incompatible because of it.
 *
 * By rule 1 findings can multiply with each record that is used twice; past
 * FINDINGS_MAX, or PATHS_MAX bytes of paths, further ones are left out. The
 * verdict does not depend on it. Releases 8.3 and 8.5 judge Avro alike.
 */
#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/avro/format.h"
#include "format/avro/schema.h"

#include <stdlib.h>

enum {
    FINDINGS_MAX = 10000,
    PATHS_MAX = 8 << 20,
    NESTING_MAX = 2000, /* pairs within pairs: bounds the stack */
};

/*
 * A place in the reader, from the inside out; `token` NULL: `index`. The
 * positions are those of what is compared there, where it is used: a name
 * stands for a definition elsewhere.
 */
struct step {
    const struct step *up; /* NULL: the root */
    const char *token;
    uint32_t index;
    size_t reader_pos;
    size_t writer_pos;
};

/* Findings in order: one, or those of `left` and then those of `right`. */
struct rope {
    const struct treaty_finding *finding;
    const struct rope *left;
    const struct rope *right;
};

/* NULL: compatible. */
struct pair {
    uint32_t ids[2]; /* reader, writer: the key of the memo */
    bool done;
    const struct rope *findings;
};

struct comparison {
    struct treaty_findings *out;
    struct treaty_arena scratch;
    struct treaty_map memo;
    uint32_t nesting;
    size_t path_bytes;
    const struct treaty_finding *ambiguous; /* ends all, rule 3 */
    enum treaty_code failed;                /* ends all */
};

static bool is_over(const struct comparison *c)
{
    return c->ambiguous || c->failed;
}

static void fail(struct comparison *c, enum treaty_code code)
{
    if (!c->failed)
        c->failed = code;
}

/* Out comes the path from the root down, which needs the steps turned round. */
static void put_steps(struct treaty_buf *out, const struct step *last)
{
    const struct step *turned[NESTING_MAX * 4];
    size_t count = 0;

    for (; last && count < sizeof(turned) / sizeof(turned[0]); last = last->up)
        turned[count++] = last;
    if (count == 0)
        treaty_buf_put_c(out, '/');
    while (count > 0) {
        const struct step *step = turned[--count];

        treaty_buf_put_c(out, '/');
        if (step->token)
            treaty_buf_put_z(out, step->token);
        else
            treaty_buf_put_u64(out, step->index);
    }
}

static struct treaty_str print_path(struct comparison *c, const struct step *at)
{
    struct treaty_str path = {0};
    struct treaty_buf out;

    if (c->path_bytes > PATHS_MAX)
        return TREATY_STR("/");
    treaty_buf_init(&out, 0);
    put_steps(&out, at);
    if (treaty_buf_status(&out, NULL) == TREATY_OK)
        path = treaty_arena_dup(c->out->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    c->path_bytes += path.len;
    return path;
}

/* What a finding is about. */
struct subject {
    const struct step *at;
    size_t reader_pos;
    size_t writer_pos;
};

static struct treaty_finding *new_finding(struct comparison *c,
                                          const char *rule,
                                          const struct subject *subject,
                                          struct treaty_str detail)
{
    struct treaty_finding *f =
        TREATY_ARENA_NEW(&c->scratch, struct treaty_finding);

    if (!f || !detail.data) {
        fail(c, TREATY_ENOMEM);
        return NULL;
    }
    f->rule = rule;
    f->detail = detail;
    f->path = print_path(c, subject->at);
    f->reader_pos = subject->reader_pos;
    f->writer_pos = subject->writer_pos;
    f->breaking = true;
    if (!f->path.data)
        fail(c, TREATY_ENOMEM);
    return f;
}

static const struct rope *found(struct comparison *c, const char *rule,
                                const struct subject *subject,
                                struct treaty_str detail)
{
    struct rope *rope = TREATY_ARENA_NEW(&c->scratch, struct rope);

    if (!rope) {
        fail(c, TREATY_ENOMEM);
        return NULL;
    }
    rope->finding = new_finding(c, rule, subject, detail);
    return rope;
}

static const struct rope *join(struct comparison *c, const struct rope *a,
                               const struct rope *b)
{
    struct rope *rope;

    if (!a)
        return b;
    if (!b)
        return a;
    rope = TREATY_ARENA_NEW(&c->scratch, struct rope);
    if (!rope) {
        fail(c, TREATY_ENOMEM);
        return a;
    }
    rope->left = a;
    rope->right = b;
    return rope;
}

static const struct rope *compare(struct comparison *c,
                                  const struct treaty_avro_node *reader,
                                  const struct treaty_avro_node *writer,
                                  const struct step *at);

static struct subject subject_of(const struct treaty_avro_node *reader,
                                 const struct treaty_avro_node *writer,
                                 const struct step *at)
{
    if (at)
        return (struct subject){at, at->reader_pos, at->writer_pos};
    return (struct subject){at, reader->pos, writer->pos};
}

/* As the reference prints kinds: in capitals. */
static const char *const kind_words[] = {
    [TREATY_AVRO_NULL] = "NULL",     [TREATY_AVRO_BOOLEAN] = "BOOLEAN",
    [TREATY_AVRO_INT] = "INT",       [TREATY_AVRO_LONG] = "LONG",
    [TREATY_AVRO_FLOAT] = "FLOAT",   [TREATY_AVRO_DOUBLE] = "DOUBLE",
    [TREATY_AVRO_BYTES] = "BYTES",   [TREATY_AVRO_STRING] = "STRING",
    [TREATY_AVRO_FIXED] = "FIXED",   [TREATY_AVRO_ENUM] = "ENUM",
    [TREATY_AVRO_RECORD] = "RECORD", [TREATY_AVRO_ARRAY] = "ARRAY",
    [TREATY_AVRO_MAP] = "MAP",       [TREATY_AVRO_UNION] = "UNION",
};

#define BIT(kind) (1u << TREATY_AVRO_##kind)

/* The kinds, other than its own, of which a reader takes values. */
static const unsigned promotions[] = {
    [TREATY_AVRO_LONG] = BIT(INT),
    [TREATY_AVRO_FLOAT] = BIT(INT) | BIT(LONG),
    [TREATY_AVRO_DOUBLE] = BIT(INT) | BIT(LONG) | BIT(FLOAT),
    [TREATY_AVRO_BYTES] = BIT(STRING),
    [TREATY_AVRO_STRING] = BIT(BYTES),
    [TREATY_AVRO_UNION] = 0,
};

static const struct rope *mismatch(struct comparison *c,
                                   const struct treaty_avro_node *reader,
                                   const struct treaty_avro_node *writer,
                                   const struct step *at)
{
    struct subject subject = subject_of(reader, writer, at);

    if (promotions[reader->kind] & (1u << writer->kind))
        return NULL;
    return found(c, "TYPE_MISMATCH", &subject,
                 treaty_arena_printf(
                     c->out->arena,
                     "reader type: %s not compatible with writer type: %s",
                     kind_words[reader->kind], kind_words[writer->kind]));
}

static const struct rope *missing_branch(struct comparison *c,
                                         const struct subject *subject,
                                         const struct treaty_avro_node *branch)
{
    return found(c, "MISSING_UNION_BRANCH", subject,
                 treaty_arena_printf(c->out->arena,
                                     "reader union lacking writer type: %s",
                                     kind_words[branch->kind]));
}

/* Can some branch read it? */
static const struct rope *
compare_to_union(struct comparison *c, const struct treaty_avro_node *reader,
                 const struct treaty_avro_node *writer, const struct step *at)
{
    struct subject subject = subject_of(reader, writer, at);

    for (uint32_t i = 0; i < reader->branch_count && !is_over(c); i++) {
        if (!compare(c, reader->branches[i], writer, NULL))
            return NULL;
    }
    return missing_branch(c, &subject, writer);
}

/* Can the reader, a union too, read each branch? */
static const struct rope *compare_unions(struct comparison *c,
                                         const struct treaty_avro_node *reader,
                                         const struct treaty_avro_node *writer,
                                         const struct step *at)
{
    const struct subject place = subject_of(reader, writer, at);
    const struct rope *all = NULL;

    for (uint32_t i = 0; i < writer->branch_count && !is_over(c); i++) {
        const struct treaty_avro_node *branch = writer->branches[i];
        struct step step = {at, NULL, i, place.reader_pos,
                            writer->branch_pos[i]};
        struct subject subject = subject_of(reader, branch, &step);

        if (compare(c, reader, branch, NULL))
            all = join(c, all, missing_branch(c, &subject, branch));
    }
    return all;
}

static const struct rope *
compare_from_union(struct comparison *c, const struct treaty_avro_node *reader,
                   const struct treaty_avro_node *writer, const struct step *at)
{
    const struct subject place = subject_of(reader, writer, at);
    const struct rope *all = NULL;

    for (uint32_t i = 0; i < writer->branch_count && !is_over(c); i++) {
        struct step step = {at, NULL, i, place.reader_pos,
                            writer->branch_pos[i]};

        all = join(c, all, compare(c, reader, writer->branches[i], &step));
    }
    return all;
}

/* The name without namespace, or the writer's fullname as an alias. */
static bool names_match(const struct treaty_avro_node *reader,
                        const struct treaty_avro_node *writer)
{
    if (treaty_str_eq(reader->name, writer->name))
        return true;
    for (uint32_t i = 0; i < reader->alias_count; i++) {
        if (treaty_str_eq(reader->aliases[i], writer->full))
            return true;
    }
    return false;
}

static const struct rope *compare_names(struct comparison *c,
                                        const struct treaty_avro_node *reader,
                                        const struct treaty_avro_node *writer,
                                        const struct step *at)
{
    struct step step = {at, "name", 0, reader->pos, writer->pos};
    struct subject subject = subject_of(reader, writer, &step);

    if (names_match(reader, writer))
        return NULL;
    return found(c, "NAME_MISMATCH", &subject,
                 treaty_arena_printf(c->out->arena, "expected: %.*s",
                                     TREATY_STR_ARG(writer->full)));
}

static const struct rope *compare_sizes(struct comparison *c,
                                        const struct treaty_avro_node *reader,
                                        const struct treaty_avro_node *writer,
                                        const struct step *at)
{
    struct step step = {at, "size", 0, reader->pos, writer->pos};
    struct subject subject = subject_of(reader, writer, &step);

    if (reader->size == writer->size)
        return NULL;
    return found(c, "FIXED_SIZE_MISMATCH", &subject,
                 treaty_arena_printf(c->out->arena, "expected: %u, found: %u",
                                     writer->size, reader->size));
}

static int order_symbols(const void *a, const void *b)
{
    const struct treaty_str *x = a;
    const struct treaty_str *y = b;

    return treaty_utf8_cmp_utf16(*x, *y);
}

/* "[A, B]". */
static struct treaty_str print_symbols(struct comparison *c,
                                       struct treaty_str *symbols, size_t count)
{
    struct treaty_str text = {0};
    struct treaty_buf out;

    qsort(symbols, count, sizeof(symbols[0]), order_symbols);
    treaty_buf_init(&out, 0);
    treaty_buf_put_c(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            treaty_buf_put_z(&out, ", ");
        treaty_buf_put(&out, symbols[i]);
    }
    treaty_buf_put_c(&out, ']');
    if (treaty_buf_status(&out, NULL) == TREATY_OK)
        text = treaty_arena_dup(c->out->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

/* A reader with a default takes any symbol. */
static const struct rope *compare_symbols(struct comparison *c,
                                          const struct treaty_avro_node *reader,
                                          const struct treaty_avro_node *writer,
                                          const struct step *at)
{
    struct step step = {at, "symbols", 0, reader->pos, writer->pos};
    struct subject subject = subject_of(reader, writer, &step);
    struct treaty_str *missing;
    size_t count = 0;

    if (reader->default_symbol >= 0)
        return NULL;
    missing = TREATY_ARENA_NEW_N(&c->scratch, struct treaty_str,
                                 writer->symbol_count + 1);
    if (!missing) {
        fail(c, TREATY_ENOMEM);
        return NULL;
    }
    for (uint32_t i = 0; i < writer->symbol_count; i++) {
        if (treaty_avro_symbol_find(reader, writer->symbols[i]) < 0)
            missing[count++] = writer->symbols[i];
    }
    if (count == 0)
        return NULL;
    return found(c, "MISSING_ENUM_SYMBOLS", &subject,
                 print_symbols(c, missing, count));
}

/* The writer's field that a reader's field takes its values from, or NULL. */
static const struct treaty_avro_field *
find_writer_field(struct comparison *c, const struct treaty_avro_node *writer,
                  const struct treaty_avro_field *field, const struct step *at)
{
    struct subject subject = {at, field->name_pos, writer->pos};
    const struct treaty_avro_field *match =
        treaty_avro_field_find(writer, field->name);

    for (uint32_t i = 0; i < field->alias_count; i++) {
        const struct treaty_avro_field *other =
            treaty_avro_field_find(writer, field->aliases[i]);

        if (match && other) {
            c->ambiguous = new_finding(
                c, "READER_FIELD_AMBIGUOUS", &subject,
                treaty_arena_printf(
                    c->out->arena, "field %.*s answers to %.*s and %.*s",
                    TREATY_STR_ARG(field->name), TREATY_STR_ARG(match->name),
                    TREATY_STR_ARG(other->name)));
            return NULL;
        }
        if (other)
            match = other;
    }
    return match;
}

static const struct rope *compare_field(struct comparison *c,
                                        const struct treaty_avro_field *field,
                                        const struct treaty_avro_node *writer,
                                        const struct step *at)
{
    struct step type = {at, "type", 0, field->type_pos, writer->pos};
    struct subject subject = {at, field->name_pos, writer->pos};
    const struct treaty_avro_field *match =
        find_writer_field(c, writer, field, at);

    if (is_over(c))
        return NULL;
    if (match) {
        type.writer_pos = match->type_pos;
        return compare(c, field->type, match->type, &type);
    }
    if (field->default_json)
        return NULL;
    /* The reference then lets the enum read the record around the field, which
     * it cannot: the field is missing all the same, under another rule. */
    if (field->type->kind == TREATY_AVRO_ENUM &&
        field->type->default_symbol >= 0)
        return compare(c, field->type, writer, &type);
    return found(c, "READER_FIELD_MISSING_DEFAULT_VALUE", &subject,
                 treaty_arena_dup(c->out->arena, field->name));
}

static const struct rope *compare_fields(struct comparison *c,
                                         const struct treaty_avro_node *reader,
                                         const struct treaty_avro_node *writer,
                                         const struct step *at)
{
    const struct rope *all = NULL;
    struct step fields = {at, "fields", 0, reader->pos, writer->pos};

    for (uint32_t i = 0; i < reader->field_count && !is_over(c); i++) {
        struct step step = {&fields, NULL, i, reader->fields[i].name_pos,
                            writer->pos};

        all = join(c, all, compare_field(c, &reader->fields[i], writer, &step));
    }
    return all;
}

static const struct rope *compare_named(struct comparison *c,
                                        const struct treaty_avro_node *reader,
                                        const struct treaty_avro_node *writer,
                                        const struct step *at)
{
    const struct rope *names = compare_names(c, reader, writer, at);

    if (reader->kind == TREATY_AVRO_FIXED)
        return join(c, names, compare_sizes(c, reader, writer, at));
    if (reader->kind == TREATY_AVRO_ENUM)
        return join(c, names, compare_symbols(c, reader, writer, at));
    return join(c, names, compare_fields(c, reader, writer, at));
}

static const struct rope *judge(struct comparison *c,
                                const struct treaty_avro_node *reader,
                                const struct treaty_avro_node *writer,
                                const struct step *at)
{
    const bool is_array = reader->kind == TREATY_AVRO_ARRAY;
    struct step item = {at, is_array ? "items" : "values", 0, reader->item_pos,
                        writer->item_pos};

    if (reader->kind == writer->kind) {
        if (reader->item)
            return compare(c, reader->item, writer->item, &item);
        if (reader->kind == TREATY_AVRO_UNION)
            return compare_unions(c, reader, writer, at);
        if (treaty_avro_is_named(reader->kind))
            return compare_named(c, reader, writer, at);
        return NULL;
    }
    if (writer->kind == TREATY_AVRO_UNION)
        return compare_from_union(c, reader, writer, at);
    if (reader->kind == TREATY_AVRO_UNION)
        return compare_to_union(c, reader, writer, at);
    return mismatch(c, reader, writer, at);
}

static struct treaty_str key_of(const struct pair *pair)
{
    return (struct treaty_str){(const char *)pair->ids, sizeof(pair->ids)};
}

static struct pair *add_pair(struct comparison *c, const struct pair *key)
{
    struct pair *pair = TREATY_ARENA_NEW(&c->scratch, struct pair);

    if (!pair) {
        fail(c, TREATY_ENOMEM);
        return NULL;
    }
    *pair = *key;
    if (treaty_map_put(&c->memo, key_of(pair), pair) != TREATY_OK)
        fail(c, TREATY_ENOMEM);
    return pair;
}

static const struct rope *compare(struct comparison *c,
                                  const struct treaty_avro_node *reader,
                                  const struct treaty_avro_node *writer,
                                  const struct step *at)
{
    const struct pair key = {.ids = {reader->id, writer->id}};
    struct pair *pair = treaty_map_find(&c->memo, key_of(&key));

    if (is_over(c))
        return NULL;
    if (pair)
        return pair->done ? pair->findings : NULL;
    pair = add_pair(c, &key);
    if (c->nesting == NESTING_MAX)
        fail(c, TREATY_ELIMIT);
    if (is_over(c))
        return NULL;
    c->nesting++;
    pair->findings = judge(c, reader, writer, at);
    pair->done = true;
    c->nesting--;
    return pair->findings;
}

/*
 * Copy the findings out in order. Ropes share parts, so this is bounded by the
 * number that is wanted; the chain of what is still to come is on scratch.
 */
static void flatten(struct comparison *c, const struct rope *rope)
{
    struct pending {
        const struct rope *rope;
        struct pending *next;
    } *stack = NULL;

    while (rope && !c->failed && c->out->count < FINDINGS_MAX) {
        struct pending *later =
            rope->left ? TREATY_ARENA_NEW(&c->scratch, struct pending) : NULL;

        if (rope->left && !later) {
            fail(c, TREATY_ENOMEM);
        } else if (rope->left) {
            *later = (struct pending){rope->right, stack};
            stack = later;
            rope = rope->left;
        } else {
            fail(c, treaty_findings_add(c->out, rope->finding));
            rope = stack ? stack->rope : NULL;
            stack = stack ? stack->next : NULL;
        }
    }
}

enum treaty_code treaty_avro_compare(const struct treaty_schema *reader,
                                     const struct treaty_schema *writer,
                                     struct treaty_findings *out)
{
    struct comparison c = {.out = out};
    const struct rope *all;

    if (out->rules > TREATY_RULES_CONFLUENT_8_3)
        return TREATY_EUSAGE;
    treaty_arena_init(&c.scratch, 0, NULL);
    treaty_map_init(&c.memo, &c.scratch);
    all = compare(&c, treaty_avro_tree(reader)->root,
                  treaty_avro_tree(writer)->root, NULL);
    if (!c.failed && c.ambiguous)
        fail(&c, treaty_findings_add(out, c.ambiguous));
    else
        flatten(&c, all);
    treaty_arena_release(&c.scratch);
    return c.failed;
}
