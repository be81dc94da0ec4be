/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every option of a file, only to see whether it can be read. The walk
 * goes as the text does in the large: a message's own options before those of
 * what lies in it.
 */
#include "format/protobuf/options.h"

#include "base/error.h"

struct check {
    struct treaty_proto_interpreter in;
    struct treaty_error *err;
    enum treaty_code code; /* the first failure sticks */
};

static void check(struct check *c, enum treaty_proto_target target,
                  struct treaty_str full,
                  const struct treaty_proto_options *options)
{
    struct treaty_proto_place place = {target, full, options};
    struct treaty_proto_dynamic *message;

    if (c->code == TREATY_OK && options->count)
        c->code = treaty_proto_options_read(&c->in, &place, &message, c->err);
}

/* `outer`.`name`; the name itself when there is nothing around it. */
static struct treaty_str join(struct check *c, struct treaty_str outer,
                              struct treaty_str name)
{
    struct treaty_str full = name;

    if (outer.len)
        full = treaty_arena_join(&c->in.arena, outer, '.', name);
    if (!full.data && c->code == TREATY_OK)
        c->code = treaty_fail_nomem(c->err);
    return full;
}

static void check_fields(struct check *c,
                         struct treaty_proto_field *const *fields,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        check(c, TREATY_PROTO_TARGET_FIELD, fields[i]->full,
              &fields[i]->options);
}

static void check_extends(struct check *c,
                          const struct treaty_proto_extend *extends,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        check_fields(c, extends[i].fields, extends[i].field_count);
}

static void check_enums(struct check *c, struct treaty_proto_enum *const *enums,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_enum *e = enums[i];

        check(c, TREATY_PROTO_TARGET_ENUM, e->full, &e->options);
        /* A constant is a sibling of its enum, so the scope is the same. */
        for (uint32_t k = 0; k < e->constant_count; k++)
            check(c, TREATY_PROTO_TARGET_CONSTANT, e->full,
                  &e->constants[k].options);
    }
}

/* Loading bounds how deep messages are nested. */
static void check_messages(struct check *c,
                           struct treaty_proto_message *const *messages,
                           uint32_t count)
{
    for (uint32_t i = 0; i < count && c->code == TREATY_OK; i++) {
        const struct treaty_proto_message *m = messages[i];

        check(c, TREATY_PROTO_TARGET_MESSAGE, m->full, &m->options);
        check_fields(c, m->fields, m->field_count);
        for (uint32_t k = 0; k < m->oneof_count; k++)
            check(c, TREATY_PROTO_TARGET_ONEOF,
                  join(c, m->full, m->oneofs[k].name), &m->oneofs[k].options);
        for (uint32_t k = 0; k < m->extensions_count; k++)
            check(c, TREATY_PROTO_TARGET_RANGE, m->full,
                  &m->extensions[k].options);
        check_messages(c, m->messages, m->message_count);
        check_enums(c, m->enums, m->enum_count);
        check_extends(c, m->extends, m->extend_count);
    }
}

static void check_services(struct check *c,
                           const struct treaty_proto_file *file)
{
    for (uint32_t i = 0; i < file->service_count; i++) {
        const struct treaty_proto_service *s = &file->services[i];
        struct treaty_str full = join(c, file->package, s->name);

        check(c, TREATY_PROTO_TARGET_SERVICE, full, &s->options);
        for (uint32_t k = 0; k < s->rpc_count; k++)
            check(c, TREATY_PROTO_TARGET_RPC, join(c, full, s->rpcs[k].name),
                  &s->rpcs[k].options);
    }
}

enum treaty_code
treaty_proto_options_check(const struct treaty_proto_tree *tree,
                           const struct treaty_proto_file *file,
                           struct treaty_error *err)
{
    struct check c = {.err = err};
    enum treaty_code code =
        treaty_proto_interpreter_init(&c.in, tree, file, err);

    if (code != TREATY_OK)
        return code;
    check(&c, TREATY_PROTO_TARGET_FILE, (struct treaty_str){0}, &file->options);
    check_messages(&c, file->messages, file->message_count);
    check_enums(&c, file->enums, file->enum_count);
    check_extends(&c, file->extends, file->extend_count);
    check_services(&c, file);
    treaty_proto_interpreter_release(&c.in);
    return c.code;
}
