/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text_inside.h"

#include "base/error.h"
#include "base/str.h"

static enum treaty_code read_time(struct treaty_text_reader *r,
                                  enum treaty_known known,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    bool is_point = known == TREATY_KNOWN_TIMESTAMP;
    struct treaty_time time;
    bool ok;

    if (value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value,
                                    is_point ? "a timestamp in a string"
                                             : "a duration in a string");
    ok = is_point ? treaty_timestamp_parse(value->text, &time)
                  : treaty_duration_parse(value->text, &time);
    if (!ok)
        return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                           "\"%.*s\" is no %s", TREATY_STR_ARG(value->text),
                           is_point
                               ? "timestamp (2006-01-02T15:04:05.678Z) of the "
                                 "years 1 to 9999"
                               : "duration (1.5s) of at most 10,000 years");
    memcpy(at + type->fields[0].offset, &time.seconds, sizeof(time.seconds));
    memcpy(at + type->fields[1].offset, &time.nanos, sizeof(time.nanos));
    return TREATY_OK;
}

/* "userId" as "user_id"; false when it has a '_' of its own. */
static bool to_path(struct treaty_str text, char *out, struct treaty_str *ret)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '_')
            return false;
        if (c >= 'A' && c <= 'Z') {
            out[len++] = '_';
            c = (char)(c - 'A' + 'a');
        }
        out[len++] = c;
    }
    *ret = (struct treaty_str){out, len};
    return true;
}

static enum treaty_code read_mask(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    struct treaty_str rest = value->text;
    struct treaty_array array = {NULL, 0};
    struct treaty_str *paths;
    struct treaty_str one;
    char *room;

    if (value->kind != TREATY_JSON_STRING)
        return treaty_text_expected(r, value, "paths in a string");
    paths = TREATY_ARENA_NEW_N(r->arena, struct treaty_str, rest.len + 1);
    room = treaty_arena_alloc_aligned(r->arena, rest.len * 2 + 1, 1);
    if (!paths || !room)
        return treaty_fail_nomem(r->err);
    while (value->text.len && treaty_str_split(&rest, ',', &one)) {
        if (!to_path(one, room, &paths[array.count]))
            return treaty_fail(r->err, TREATY_EVALUE, value->pos,
                               "\"%.*s\" is no path: names are written like "
                               "thisOne",
                               TREATY_STR_ARG(one));
        room += paths[array.count++].len;
    }
    if (array.count)
        array.items = paths;
    memcpy(at + type->fields[0].offset, &array, sizeof(array));
    return TREATY_OK;
}

/* The numbers of Value's members. */
static int32_t value_number(enum treaty_json_kind kind)
{
    static const int32_t numbers[] = {
        [TREATY_JSON_NULL] = 1,   [TREATY_JSON_NUMBER] = 2,
        [TREATY_JSON_STRING] = 3, [TREATY_JSON_BOOL] = 4,
        [TREATY_JSON_OBJECT] = 5, [TREATY_JSON_ARRAY] = 6,
    };

    return numbers[kind];
}

static enum treaty_code read_json(struct treaty_text_reader *r,
                                  const struct treaty_type *type,
                                  const struct treaty_json *value, char *at)
{
    const struct treaty_type *kind = type->fields[0].type;
    int32_t number = value_number(value->kind);

    at += type->fields[0].offset;
    for (int32_t i = 1; (uint32_t)i < kind->field_count; i++) {
        const struct treaty_field *branch = &kind->fields[i];

        if (branch->number != number)
            continue;
        memcpy(at, &i, sizeof(i));
        return treaty_text_read(r, branch->type, value, at + branch->offset);
    }
    return treaty_text_expected(r, value, "another value");
}

enum treaty_code treaty_known_read(struct treaty_text_reader *r,
                                   enum treaty_known known,
                                   const struct treaty_type *type,
                                   const struct treaty_json *value, char *at)
{
    switch (known) {
    case TREATY_KNOWN_TIMESTAMP:
    case TREATY_KNOWN_DURATION:
        /* An object is what is written where the text cannot say it. */
        if (value->kind == TREATY_JSON_OBJECT)
            break;
        return read_time(r, known, type, value, at);
    case TREATY_KNOWN_FIELD_MASK:
        if (value->kind == TREATY_JSON_OBJECT)
            break;
        return read_mask(r, type, value, at);
    case TREATY_KNOWN_BARE:
        return treaty_text_read(r, type->fields[0].type, value,
                                at + type->fields[0].offset);
    case TREATY_KNOWN_VALUE:
        return read_json(r, type, value, at);
    case TREATY_KNOWN_ANY:
        return treaty_any_read(r, type, value, at);
    case TREATY_KNOWN_NOT:
        break;
    }
    return treaty_text_read_fields(r, type, value, NULL, at);
}
