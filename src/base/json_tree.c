/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/map.h"
#include "base/str.h"

const struct treaty_json *treaty_json_get_str(const struct treaty_json *object,
                                              struct treaty_str name)
{
    const struct treaty_json *found = NULL;

    if (!object || object->kind != TREATY_JSON_OBJECT)
        return NULL;
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        if (treaty_str_eq(m->name, name))
            found = m;
    }
    return found;
}

const struct treaty_json *treaty_json_get(const struct treaty_json *object,
                                          const char *name)
{
    return treaty_json_get_str(object, treaty_str_z(name));
}

bool treaty_json_is_shadowed(const struct treaty_json *member)
{
    for (const struct treaty_json *m = member->next; m; m = m->next) {
        if (treaty_str_eq(m->name, member->name))
            return true;
    }
    return false;
}

bool treaty_json_to_i64(const struct treaty_json *number, int64_t *ret)
{
    if (number->kind != TREATY_JSON_NUMBER || !number->is_integer)
        return false;
    return treaty_str_to_i64(number->text, ret);
}

const char *treaty_json_kind_text(enum treaty_json_kind kind)
{
    static const char *const texts[] = {
        [TREATY_JSON_NULL] = "null",       [TREATY_JSON_BOOL] = "a boolean",
        [TREATY_JSON_NUMBER] = "a number", [TREATY_JSON_STRING] = "a string",
        [TREATY_JSON_ARRAY] = "an array",  [TREATY_JSON_OBJECT] = "an object",
    };

    return texts[kind];
}
