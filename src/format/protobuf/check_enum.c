/* SPDX-License-Identifier: Apache-2.0 */
/* What protoc refuses in an enum. */
#include "format/protobuf/check.h"

#include "base/error.h"

static void check_first(struct treaty_proto_checker *c,
                        const struct treaty_proto_enum *e)
{
    if (!e->constant_count)
        treaty_proto_refuse(c, TREATY_ESCHEMA, e->pos,
                            "enum \"%.*s\" has no constant; it needs one",
                            TREATY_STR_ARG(e->name));
    else if (!e->is_closed && e->constants[0].number != 0)
        treaty_proto_refuse(c, TREATY_ESCHEMA, e->constants[0].number_pos,
                            "the first constant of an open enum is 0, as that "
                            "is what an absent value is read as");
}

/* A number as the key of a map. */
static struct treaty_str key_of(const int64_t *number)
{
    return (struct treaty_str){(const char *)number, sizeof(*number)};
}

static void check_aliases(struct treaty_proto_checker *c,
                          const struct treaty_proto_enum *e)
{
    const struct treaty_proto_option *option =
        treaty_proto_option_find(&e->options, "allow_alias");
    struct treaty_map numbers;
    bool has_alias = false;

    treaty_map_init(&numbers, c->scratch);
    for (uint32_t i = 0; i < e->constant_count; i++) {
        const struct treaty_proto_constant *constant = &e->constants[i];
        struct treaty_str key = key_of(&constant->number);
        const struct treaty_proto_constant *same;
        void *found = NULL;

        if (treaty_map_add(&numbers, key, &e->constants[i], &found) !=
            TREATY_OK)
            c->code = treaty_fail_nomem(c->loader->err);
        same = found;
        if (!same)
            continue;
        has_alias = true;
        if (!e->allows_alias)
            treaty_proto_refuse(c, TREATY_EDUPLICATE, constant->number_pos,
                                "number %lld is \"%.*s\" already; if that is "
                                "meant, set option allow_alias = true",
                                (long long)constant->number,
                                TREATY_STR_ARG(same->name));
    }
    if (option && !has_alias)
        treaty_proto_refuse(c, TREATY_ESCHEMA, option->pos,
                            "\"allow_alias\" is of no use here, as no two "
                            "constants have one number; remove it");
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c & ~0x20 : c);
}

/* The next character of `s` at `*at` that is no underscore, or NUL. */
static char next_letter(struct treaty_str s, size_t *at)
{
    while (*at < s.len && s.data[*at] == '_')
        (*at)++;
    return *at < s.len ? s.data[(*at)++] : '\0';
}

/* `name` without the enum's name before it, if that leaves something; case and
 * underscores do not count. */
static struct treaty_str strip_prefix(struct treaty_str name,
                                      struct treaty_str prefix)
{
    size_t at = 0;
    size_t prefix_at = 0;

    for (;;) {
        char want = next_letter(prefix, &prefix_at);

        if (!want)
            break;
        if (lower(next_letter(name, &at)) != lower(want))
            return name;
    }
    while (at < name.len && name.data[at] == '_')
        at++;
    return at < name.len ? treaty_str_sub(name, at, name.len) : name;
}

/* The name that code generators make of a constant: FOO_BAR_BAZ of enum Foo
 * is BarBaz. `.data` NULL when out of memory. */
static struct treaty_str pascal(struct treaty_proto_checker *c,
                                struct treaty_str name)
{
    char *out = treaty_arena_alloc_aligned(c->scratch, name.len + 1, 1);
    bool up = true;
    size_t len = 0;

    if (!out) {
        c->code = treaty_fail_nomem(c->loader->err);
        return (struct treaty_str){0};
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '_') {
            up = true;
            continue;
        }
        out[len++] = up ? upper(name.data[i]) : lower(name.data[i]);
        up = false;
    }
    return (struct treaty_str){out, len};
}

static void check_similar(struct treaty_proto_checker *c,
                          const struct treaty_proto_enum *e)
{
    struct treaty_map names;

    treaty_map_init(&names, c->scratch);
    for (uint32_t i = 0; i < e->constant_count && !c->code; i++) {
        const struct treaty_proto_constant *constant = &e->constants[i];
        struct treaty_str name =
            pascal(c, strip_prefix(constant->name, e->name));
        const struct treaty_proto_constant *same;
        void *found = NULL;

        if (!name.data)
            return;
        if (treaty_map_add(&names, name, &e->constants[i], &found) != TREATY_OK)
            c->code = treaty_fail_nomem(c->loader->err);
        same = found;
        if (same && same->number != constant->number)
            treaty_proto_refuse(c, TREATY_EDUPLICATE, constant->pos,
                                "\"%.*s\" and \"%.*s\" have one name in "
                                "generated code, which leaves out the enum's "
                                "name, case and \"_\"; rename one of them",
                                TREATY_STR_ARG(same->name),
                                TREATY_STR_ARG(constant->name));
    }
}

static void check_reserved(struct treaty_proto_checker *c,
                           const struct treaty_proto_enum *e)
{
    struct treaty_proto_reserved_names reserved = {
        .statements = e->reserved,
        .count = e->reserved_count,
    };

    if (!e->reserved_count)
        return;
    treaty_proto_check_enum_numbers(c, e);
    treaty_proto_reserve_names(c, &reserved);
    for (uint32_t i = 0; i < e->constant_count; i++) {
        if (treaty_map_find(&reserved.names, e->constants[i].name))
            treaty_proto_refuse(c, TREATY_ESCHEMA, e->constants[i].pos,
                                "the name \"%.*s\" is reserved",
                                TREATY_STR_ARG(e->constants[i].name));
    }
}

void treaty_proto_check_enum(struct treaty_proto_checker *c,
                             const struct treaty_proto_enum *e)
{
    check_first(c, e);
    check_aliases(c, e);
    check_reserved(c, e);
    check_similar(c, e);
}
