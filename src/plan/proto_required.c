/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are all required fields there? The loop knows that of each run of bytes. But
 * a message may come in several runs, whose fields are merged, and then only
 * all of them together must have what is required. So when a run lacks
 * something, which no sound writer causes, the event is looked through once
 * more here, with the runs of each message side by side.
 *
 * Of the entries of a map that share a key only the last one counts.
 *
 * The event was decoded without a fault before, so nothing malformed is met.
 */
#include "base/error.h"
#include "plan/path.h"
#include "plan/proto_run.h"

#include <string.h>

/* A run of bytes of one message. */
struct part {
    const uint8_t *at;
    const uint8_t *end;
    struct part *next;
};

/* The parts of a message in the order of the event. */
struct whole {
    struct part *first;
    struct part *last;
};

struct checker {
    const struct treaty_proto_decode *run;
    struct treaty_arena scratch;
    struct treaty_path path;
    struct treaty_error *err;
    enum treaty_code code;
};

/* One message while its parts are gone through. */
struct scan {
    const struct treaty_proto_program *program;
    bool *seen;                 /* by number among the required */
    struct whole *parts;        /* of submessages, by tag row */
    struct treaty_map *entries; /* of maps, by tag row: key to its bytes */
    uint32_t *members;          /* of oneofs: the tag row that is on, + 1 */
};

static bool check(struct checker *c, uint32_t program,
                  const struct whole *whole);

static bool fail_nomem(struct checker *c)
{
    c->code = treaty_fail_nomem(c->err);
    return false;
}

static bool add_part(struct checker *c, struct whole *whole, const uint8_t *at,
                     const uint8_t *end)
{
    struct part *part = TREATY_ARENA_NEW(&c->scratch, struct part);

    if (!part)
        return fail_nomem(c);
    *part = (struct part){at, end, NULL};
    if (whole->last)
        whole->last->next = part;
    else
        whole->first = part;
    whole->last = part;
    return true;
}

static void push_name(struct checker *c, const struct treaty_proto_tag *tag)
{
    treaty_path_put(&c->path, (struct treaty_str){"/", 1});
    treaty_path_put(&c->path, c->run->plan->proto->names[tag->op]);
}

/* Where the tag that ends a group of `number` starts. */
static const uint8_t *group_end(const uint8_t *at, const uint8_t *end,
                                uint32_t number)
{
    enum treaty_code code;

    while (at) {
        struct treaty_varint tag = treaty_decode_varint(at, end);

        if (tag.value == (number << 3 | TREATY_WIRE_GROUP_END))
            break;
        at = treaty_proto_skip(tag.next, end, (uint32_t)tag.value, UINT32_MAX,
                               &code);
    }
    return at;
}

/* The bytes of a message within the value that ends at `next`. */
static bool body_of(struct checker *c, const struct treaty_proto_tag *tag,
                    const uint8_t *at, const uint8_t *next, struct whole *whole)
{
    if ((tag->tag & 7) == TREATY_WIRE_GROUP)
        next = group_end(at, next, tag->tag >> 3);
    else
        at = treaty_decode_varint(at, next).next;
    return add_part(c, whole, at, next);
}

/* An item of its own, which nothing is merged with. */
static bool check_item(struct checker *c, const struct treaty_proto_tag *tag,
                       const uint8_t *at, const uint8_t *next)
{
    struct whole item = {0};
    size_t mark = c->path.len;

    push_name(c, tag);
    if (!body_of(c, tag, at, next, &item) ||
        !check(c, (uint32_t)tag->message, &item))
        return false;
    c->path.len = mark;
    return true;
}

/* Of what reads a key: the number that it makes of the bits on the wire. */
static uint64_t cut_key(uint8_t kind, uint64_t raw)
{
    if (kind == TREATY_READ_BOOL)
        return raw != 0;
    if (kind == TREATY_READ_INT32 || kind == TREATY_READ_SINT32)
        return (uint32_t)raw;
    return raw;
}

/* The key that is read from `at` to `end` by the operation of `tag`. */
static struct treaty_str read_key(struct checker *c,
                                  const struct treaty_proto_tag *tag,
                                  const uint8_t *at, const uint8_t *end)
{
    const struct treaty_proto_read *read = &c->run->plan->proto->reads[tag->op];
    uint64_t number = 0;

    if ((tag->tag & 7) == TREATY_WIRE_LEN) {
        at = treaty_decode_varint(at, end).next;
        return treaty_arena_dup(
            &c->scratch,
            (struct treaty_str){(const char *)at, (size_t)(end - at)});
    }
    if ((tag->tag & 7) == TREATY_WIRE_VARINT)
        number = cut_key(read->kind, treaty_decode_varint(at, end).value);
    else
        memcpy(&number, at, (size_t)(end - at));
    /* Zero is as if it were left out. */
    return treaty_arena_dup(&c->scratch,
                            (struct treaty_str){(const char *)&number,
                                                number ? sizeof(number) : 0});
}

/* A tag of the key's number may also be known as one to skip: a writer's, of
 * another form than the key has. */
static bool is_key(const struct checker *c, const struct treaty_proto_tag *tag)
{
    uint8_t kind = c->run->plan->proto->reads[tag->op].kind;

    return tag->tag >> 3 == 1 && kind < TREATY_READ_SKIP_VARINT;
}

/* The bytes that tell an entry's key from another's; on the scratch. */
static struct treaty_str key_of(struct checker *c,
                                const struct treaty_proto_program *entry,
                                const struct part *part)
{
    struct treaty_str key = {"", 0};
    const uint8_t *at = part->at;
    enum treaty_code code;

    while (at && at < part->end) {
        struct treaty_varint raw = treaty_decode_varint(at, part->end);
        const struct treaty_proto_tag *tag =
            treaty_proto_find_tag(entry, (uint32_t)raw.value);

        at = treaty_proto_skip(raw.next, part->end, (uint32_t)raw.value,
                               UINT32_MAX, &code);
        if (at && tag && is_key(c, tag))
            key = read_key(c, tag, raw.next, at);
    }
    return key;
}

/* An entry, in the place of one with its key before. */
static bool take_entry(struct checker *c, struct scan *s,
                       const struct treaty_proto_tag *tag, const uint8_t *at,
                       const uint8_t *next)
{
    struct treaty_map *map = &s->entries[tag - s->program->tags];
    struct whole entry = {0};
    struct treaty_str key;

    if (!map->arena)
        treaty_map_init(map, &c->scratch);
    if (!body_of(c, tag, at, next, &entry))
        return false;
    key = key_of(c, &c->run->plan->proto->programs[tag->message], entry.first);
    if (key.data && treaty_map_put(map, key, entry.first) == TREATY_OK)
        return true;
    return fail_nomem(c);
}

/* A closed enum's value counts when it has a constant. */
static bool counts(const struct checker *c, const struct treaty_proto_tag *tag,
                   const uint8_t *at, const uint8_t *next)
{
    const struct treaty_proto_symbols *row;
    int32_t number;

    if (tag->closed == TREATY_PROTO_NONE || tag->is_packed)
        return true;
    row = &c->run->plan->proto->symbols[tag->closed];
    number = (int32_t)(uint32_t)treaty_decode_varint(at, next).value;
    return treaty_proto_symbol(row, number) != TREATY_PROTO_UNDEFINED;
}

static bool take_field(struct checker *c, struct scan *s,
                       const struct treaty_proto_tag *tag, const uint8_t *at,
                       const uint8_t *next)
{
    uint32_t row = (uint32_t)(tag - s->program->tags);

    if (!counts(c, tag, at, next))
        return true;
    if (tag->required != TREATY_PROTO_NONE)
        s->seen[tag->required] = true;
    if (tag->oneof != TREATY_PROTO_NONE) {
        uint32_t *member = &s->members[tag->oneof];

        if (*member && *member != row + 1)
            s->parts[*member - 1] = (struct whole){0};
        *member = row + 1;
    }
    if (tag->message == TREATY_PROTO_NONE)
        return true;
    if (c->run->plan->proto->programs[tag->message].is_entry)
        return take_entry(c, s, tag, at, next);
    if (tag->is_repeated)
        return check_item(c, tag, at, next);
    return body_of(c, tag, at, next, &s->parts[row]);
}

static bool scan_part(struct checker *c, struct scan *s,
                      const struct part *part)
{
    const uint8_t *at = part->at;
    enum treaty_code code;

    while (at && at < part->end) {
        struct treaty_varint raw = treaty_decode_varint(at, part->end);
        uint32_t tag = (uint32_t)raw.value;
        const struct treaty_proto_tag *row =
            treaty_proto_find_tag(s->program, tag);
        const uint8_t *next =
            treaty_proto_skip(raw.next, part->end, tag, UINT32_MAX, &code);

        if (!next) {
            c->code = treaty_fail(c->err, code, TREATY_NO_OFFSET, "%s",
                                  treaty_code_text(code));
            return false;
        }
        if (row && !take_field(c, s, row, raw.next, next))
            return false;
        at = next;
    }
    return true;
}

static bool report(struct checker *c, struct treaty_str name,
                   const struct whole *whole)
{
    size_t offset = (size_t)(whole->last->end - c->run->start);

    c->code = treaty_fail(c->err, TREATY_EREQUIRED, offset,
                          "required field \"%.*s\" is missing", (int)name.len,
                          name.data);
    treaty_path_put(&c->path, (struct treaty_str){"/", 1});
    treaty_path_put(&c->path, name);
    return false;
}

static bool check_entries(struct checker *c, const struct scan *s, uint32_t row)
{
    const struct treaty_map *map = &s->entries[row];

    for (const struct treaty_map_entry *entry = treaty_map_next(map, NULL);
         entry; entry = treaty_map_next(map, entry)) {
        struct part *part = entry->value;
        const struct whole whole = {part, part};

        if (!check(c, (uint32_t)s->program->tags[row].message, &whole))
            return false;
    }
    return true;
}

static bool check_parts(struct checker *c, const struct scan *s)
{
    for (uint32_t i = 0; i < s->program->tag_count; i++) {
        size_t mark = c->path.len;
        bool is_map = s->entries[i].live > 0;

        if (!is_map && !s->parts[i].first)
            continue;
        push_name(c, &s->program->tags[i]);
        if (is_map && !check_entries(c, s, i))
            return false;
        if (!is_map &&
            !check(c, (uint32_t)s->program->tags[i].message, &s->parts[i]))
            return false;
        c->path.len = mark;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the decode was. */
static bool check(struct checker *c, uint32_t program,
                  const struct whole *whole)
{
    struct scan s = {.program = &c->run->plan->proto->programs[program]};

    s.seen =
        TREATY_ARENA_NEW_N(&c->scratch, bool, s.program->required_count + 1);
    s.parts =
        TREATY_ARENA_NEW_N(&c->scratch, struct whole, s.program->tag_count + 1);
    s.entries = TREATY_ARENA_NEW_N(&c->scratch, struct treaty_map,
                                   (size_t)s.program->tag_count + 1);
    s.members =
        TREATY_ARENA_NEW_N(&c->scratch, uint32_t, s.program->tag_count + 1);
    if (!s.seen || !s.parts || !s.members || !s.entries)
        return fail_nomem(c);
    for (const struct part *part = whole->first; part; part = part->next) {
        if (!scan_part(c, &s, part))
            return false;
    }
    for (uint32_t i = 0; i < s.program->required_count; i++) {
        if (!s.seen[i])
            return report(c, s.program->required_names[i], whole);
    }
    return check_parts(c, &s);
}

enum treaty_code
treaty_proto_check_required(const struct treaty_proto_decode *run,
                            struct treaty_error *err)
{
    struct checker c = {.run = run, .err = err};
    struct whole event = {0};

    if (add_part(&c, &event, run->start, run->stop) && !check(&c, 0, &event) &&
        err && c.code == TREATY_EREQUIRED)
        treaty_error_set_path(err, treaty_path_str(&c.path));
    treaty_arena_release(&c.scratch);
    return c.code;
}
