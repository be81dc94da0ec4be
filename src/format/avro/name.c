/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/name.h"

#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "format/avro/schema.h"

struct treaty_avro_name treaty_avro_name_split(struct treaty_str full)
{
    return (struct treaty_avro_name){
        .full = full,
        .ns = treaty_str_before_last(full, '.'),
        .name = treaty_str_after_last(full, '.'),
    };
}

static struct treaty_str choose_namespace(const struct treaty_avro_spelling *in)
{
    return in->ns.data ? in->ns : in->enclosing;
}

enum treaty_code treaty_avro_name_resolve(struct treaty_arena *arena,
                                          const struct treaty_avro_spelling *in,
                                          struct treaty_avro_name *ret)
{
    struct treaty_str full = in->name;
    struct treaty_str ns;

    if (treaty_str_has(in->name, '.')) {
        /* The name brings its own namespace; ".C" brings none. */
        *ret = treaty_avro_name_split(in->name);
        if (ret->ns.len == 0)
            ret->full = ret->name;
        return TREATY_OK;
    }
    ns = choose_namespace(in);
    if (ns.len)
        full = treaty_arena_join(arena, ns, '.', in->name);
    if (!full.data)
        return TREATY_ENOMEM;
    *ret = (struct treaty_avro_name){full, ns, in->name};
    return TREATY_OK;
}

static bool is_letter(char c, enum treaty_strictness strictness)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return true;
    return strictness == TREATY_STORED && (unsigned char)c >= 0x80;
}

/* Index of the first character that may not stand there, or `s.len`. */
static size_t find_bad(struct treaty_str s, enum treaty_strictness strictness)
{
    size_t i = 0;

    while (i < s.len && (is_letter(s.data[i], strictness) ||
                         (i > 0 && s.data[i] >= '0' && s.data[i] <= '9')))
        i++;
    return i;
}

enum treaty_code treaty_avro_identifier_check(struct treaty_str s,
                                              enum treaty_strictness strictness,
                                              const char *what, size_t pos,
                                              struct treaty_error *err)
{
    size_t bad = find_bad(s, strictness);
    size_t end = bad;

    if (s.len == 0)
        return treaty_fail(err, TREATY_ENAME, pos, "%s is empty", what);
    if (bad == s.len)
        return TREATY_OK;
    if (s.data[bad] >= '0' && s.data[bad] <= '9')
        return treaty_fail(err, TREATY_ENAME, pos,
                           "%s \"%.*s\" begins with a digit; begin with a "
                           "letter or _",
                           what, TREATY_STR_ARG(s));
    if ((unsigned char)s.data[bad] < ' ')
        return treaty_fail(err, TREATY_ENAME, pos,
                           "%s contains the control character 0x%02X; use "
                           "letters, digits and _",
                           what, (unsigned)(unsigned char)s.data[bad]);
    (void)treaty_utf8_next(s, &end);
    return treaty_fail(err, TREATY_ENAME, pos,
                       "%s \"%.*s\" contains \"%.*s\"; use ASCII letters, "
                       "digits and _",
                       what, TREATY_STR_ARG(s), (int)(end - bad), s.data + bad);
}

static enum treaty_code check_namespace(struct treaty_str ns, size_t pos,
                                        struct treaty_error *err)
{
    struct treaty_str part;

    while (treaty_str_split(&ns, '.', &part)) {
        enum treaty_code code = treaty_avro_identifier_check(
            part, TREATY_NEW, "a part of the namespace", pos, err);

        if (code)
            return code;
    }
    return TREATY_OK;
}

static bool is_primitive(struct treaty_str name)
{
    for (int kind = TREATY_AVRO_NULL; kind < TREATY_AVRO_FIXED; kind++) {
        if (treaty_str_eq_z(name,
                            treaty_avro_kind_name((enum treaty_avro_kind)kind)))
            return true;
    }
    return false;
}

enum treaty_code treaty_avro_name_check(const struct treaty_avro_name *name,
                                        enum treaty_strictness strictness,
                                        const struct treaty_avro_name_place *at,
                                        struct treaty_error *err)
{
    enum treaty_code code = treaty_avro_identifier_check(
        name->name, strictness, "the name", at->name, err);

    if (code)
        return code;
    if (name->ns.len == 0 && is_primitive(name->full))
        return treaty_fail(err, TREATY_ENAME, at->name,
                           "\"%.*s\" is a primitive type and cannot be "
                           "defined; choose another name or a namespace",
                           TREATY_STR_ARG(name->full));
    if (strictness == TREATY_NEW && name->ns.len)
        return check_namespace(name->ns, at->ns, err);
    return TREATY_OK;
}

/* The reference spells out a name that a reader would take for a type. */
static bool is_type_word(struct treaty_str name)
{
    for (int kind = TREATY_AVRO_NULL; kind <= TREATY_AVRO_UNION; kind++) {
        if (treaty_str_eq_z(name,
                            treaty_avro_kind_name((enum treaty_avro_kind)kind)))
            return true;
    }
    return false;
}

struct treaty_str treaty_avro_name_relative(const struct treaty_avro_name *name,
                                            struct treaty_str ns)
{
    if (name->ns.len && treaty_str_eq(name->ns, ns) &&
        !is_type_word(name->name))
        return name->name;
    return name->full;
}
