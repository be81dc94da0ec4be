/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/tap.h"
#include "message_shapes.h"
#include "record/gen.h"
#include "record/text.h"

enum { EVENTS = 150 };

struct maker {
    struct treaty_layout *layout;
    struct treaty_gen *gen;
    struct treaty_arena arena;
    struct treaty_buf first;
    struct treaty_buf second;
};

static bool open_maker(struct maker *m, const struct treaty_type *type,
                       enum treaty_gen_style style)
{
    struct treaty_arena none = {0};
    struct treaty_error err = {0};

    *m = (struct maker){0};
    treaty_buf_init(&m->first, 0);
    treaty_buf_init(&m->second, 0);
    if (!treaty_layout_make(&none, type, &m->layout, &err) &&
        !treaty_gen_new(m->layout, style, &m->gen, &err))
        return true;
    tap_fail(__FILE__, __LINE__, "%s", err.message);
    return false;
}

static void close_maker(struct maker *m)
{
    treaty_gen_free(m->gen);
    treaty_layout_unref(m->layout);
    treaty_arena_release(&m->arena);
    treaty_buf_release(&m->first);
    treaty_buf_release(&m->second);
}

static void *make(struct maker *m, uint64_t sequence)
{
    struct treaty_gen_identity identity = {1, sequence, 7};
    void *record;

    treaty_arena_reset(&m->arena);
    record = treaty_arena_calloc(&m->arena, 1, m->layout->root->size + 1);
    CHECK_INT(treaty_gen_event(m->gen, &identity, record, &m->arena),
              TREATY_OK);
    return record;
}

/* Written, read and written again: the same text. */
static bool comes_back(struct maker *m, const void *record)
{
    const struct treaty_type *type = m->layout->root;
    void *again = treaty_arena_calloc(&m->arena, 1, type->size + 1);
    const struct treaty_json *value = NULL;
    struct treaty_error err = {0};

    treaty_buf_clear(&m->first);
    treaty_buf_clear(&m->second);
    treaty_record_write(&m->first, type, record, TREATY_TEXT_PLAIN);
    if (treaty_json_parse(&m->arena, treaty_buf_str(&m->first), NULL, &value,
                          &err) ||
        treaty_record_read(&m->arena, type, value, TREATY_TEXT_PLAIN, again,
                           &err)) {
        tap_fail(__FILE__, __LINE__, "%s (%s): %.*s", err.message, err.path,
                 (int)m->first.len, m->first.data);
        return false;
    }
    treaty_record_write(&m->second, type, again, TREATY_TEXT_PLAIN);
    return tap_check_str(treaty_buf_str(&m->second), treaty_buf_str(&m->first),
                         __FILE__, __LINE__, "the text of what was read");
}

static void check_events(const struct treaty_type *type,
                         enum treaty_gen_style style)
{
    struct maker m;

    if (open_maker(&m, type, style)) {
        for (uint64_t i = 0; i < EVENTS; i++) {
            if (!comes_back(&m, make(&m, i)))
                break;
        }
    }
    close_maker(&m);
    forget_messages();
}

static void events_have_texts(void)
{
    check_events(scalars(), TREATY_GEN_LIKELY);
    check_events(scalars(), TREATY_GEN_EDGE);
    check_events(shapes(), TREATY_GEN_LIKELY);
    check_events(shapes(), TREATY_GEN_EDGE);
    check_events(with_required(), TREATY_GEN_EDGE);
}

static const struct treaty_field *field_called(const struct treaty_type *type,
                                               const char *name)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (treaty_str_eq_z(type->fields[i].name, name))
            return &type->fields[i];
    }
    return &type->fields[0];
}

static void every_branch_is_drawn(void)
{
    size_t drawn[4] = {0};
    struct maker m;

    if (open_maker(&m, shapes(), TREATY_GEN_EDGE)) {
        const struct treaty_field *choice =
            field_called(m.layout->root, "choice");

        for (uint64_t i = 0; i < EVENTS; i++) {
            int32_t branch;

            memcpy(&branch, (char *)make(&m, i) + choice->offset,
                   sizeof(branch));
            if (CHECK(branch >= 0 && branch < 4))
                drawn[branch]++;
        }
    }
    for (size_t i = 0; i < 4; i++)
        CHECK(drawn[i] > EVENTS / 10);
    close_maker(&m);
    forget_messages();
}

/* Keys are texts in JSON, so this sees whether two are alike. */
static void keys_differ(void)
{
    const struct treaty_json_options once = {.flags =
                                                 TREATY_JSON_DUPLICATES_FAIL};
    struct maker m;

    if (open_maker(&m, shapes(), TREATY_GEN_EDGE)) {
        for (uint64_t i = 0; i < EVENTS; i++) {
            const struct treaty_json *value;

            treaty_buf_clear(&m.first);
            treaty_record_write(&m.first, m.layout->root, make(&m, i),
                                TREATY_TEXT_PLAIN);
            CHECK_INT(treaty_json_parse(&m.arena, treaty_buf_str(&m.first),
                                        &once, &value, NULL),
                      TREATY_OK);
        }
    }
    close_maker(&m);
    forget_messages();
}

static const struct treaty_type *status_message(const struct treaty_str *names,
                                                const int32_t *numbers,
                                                uint32_t count)
{
    return MESSAGE("x.Event",
                   {"status", NULL, 1,
                    message_enum("x.Status", names, numbers, count, true),
                    false});
}

static void check_symbols(const struct treaty_str *names,
                          const int32_t *numbers, uint32_t count,
                          uint32_t expected)
{
    uint32_t drawn = 0;
    struct maker m;

    if (open_maker(&m, status_message(names, numbers, count),
                   TREATY_GEN_LIKELY)) {
        for (uint64_t i = 0; i < EVENTS; i++) {
            struct treaty_enum value;

            memcpy(&value, make(&m, i), sizeof(value));
            CHECK_INT(value.raw, numbers[value.symbol]);
            drawn |= 1u << value.symbol;
        }
    }
    CHECK_INT(drawn, expected);
    close_maker(&m);
    forget_messages();
}

static void zero_without_a_meaning_is_not_drawn(void)
{
    static const struct treaty_str names[] = {{"ORDER_STATUS_UNSPECIFIED", 24},
                                              {"PLACED", 6},
                                              {"PAID", 4},
                                              {"SETTLED", 7},
                                              {"UNKNOWN", 7}};
    static const int32_t numbers[] = {0, 1, 2, 2, 9};
    static const struct treaty_str zero[] = {{"X_UNKNOWN", 9}};
    static const struct treaty_str real[] = {{"NOTUNKNOWN", 10}, {"B", 1}};

    /* PLACED, PAID and the UNKNOWN that is no zero; SETTLED is PAID. */
    check_symbols(names, numbers, 5, 1u << 1 | 1u << 2 | 1u << 4);
    check_symbols(zero, numbers, 1, 1);
    check_symbols(real, numbers, 2, 3);
}

static const struct treaty_type *in_order(void)
{
    return MESSAGE("x.M", {"a", NULL, 1, L(INT64), false},
                   {"pick", NULL, 0,
                    ONEOF({"b", NULL, 2, L(STRING), false},
                          {"c", NULL, 4, L(INT32), false}),
                    false},
                   {"d", NULL, 3, L(DOUBLE), false});
}

/* As a registry prints it: oneofs behind fields. */
static const struct treaty_type *out_of_order(void)
{
    return MESSAGE("x.M", {"d", NULL, 3, L(DOUBLE), false},
                   {"a", NULL, 1, L(INT64), false},
                   {"pick", NULL, 0,
                    ONEOF({"c", NULL, 4, L(INT32), false},
                          {"b", NULL, 2, L(STRING), false}),
                    false});
}

static void check_same_fields(struct maker *a, struct maker *b, uint64_t i)
{
    static const char *const paths[] = {"a", "pick", "d"};
    const void *one = make(a, i);
    const void *two = make(b, i);

    for (size_t p = 0; p < 3; p++) {
        struct treaty_value x;
        struct treaty_value y;

        CHECK_INT(treaty_record_get(a->layout, one, paths[p], &x, NULL), 0);
        CHECK_INT(treaty_record_get(b->layout, two, paths[p], &y, NULL), 0);
        if (!CHECK_INT(x.kind, y.kind) || x.kind == TREATY_KIND_NULL)
            continue;
        if (x.kind == TREATY_KIND_STRING)
            CHECK_STR(x.as.str, y.as.str);
        else
            CHECK_INT(x.as.i64, y.as.i64);
    }
}

static void the_order_of_the_text_is_nothing(void)
{
    struct maker a = {0};
    struct maker b = {0};

    if (open_maker(&a, in_order(), TREATY_GEN_EDGE) &&
        open_maker(&b, out_of_order(), TREATY_GEN_EDGE)) {
        for (uint64_t i = 0; i < EVENTS; i++)
            check_same_fields(&a, &b, i);
    }
    close_maker(&a);
    close_maker(&b);
    forget_messages();
}

TAP_MAIN({"made events can be written and read", events_have_texts},
         {"a oneof draws each member, and none", every_branch_is_drawn},
         {"the keys of a map differ", keys_differ},
         {"fields are drawn in the order of their numbers",
          the_order_of_the_text_is_nothing},
         {"a zero without a meaning is not drawn",
          zero_without_a_meaning_is_not_drawn})
