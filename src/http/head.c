/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include "base/str.h"

/* Cut the next line off `*rest`, without its end. */
static bool next_line(struct treaty_str *rest, struct treaty_str *line)
{
    if (!rest->len || !treaty_str_split(rest, '\n', line))
        return false;
    if (line->len && line->data[line->len - 1] == '\r')
        line->len--;
    return true;
}

size_t treaty_head_size(struct treaty_str bytes)
{
    struct treaty_str rest = bytes;
    struct treaty_str line;
    bool started = false;

    while (next_line(&rest, &line)) {
        if (!line.len && started)
            return rest.data ? (size_t)(rest.data - bytes.data) : bytes.len;
        started = started || line.len != 0;
    }
    return bytes.len;
}

static bool names_a_length(struct treaty_str line)
{
    struct treaty_str name =
        treaty_str_sub(line, 0, treaty_str_find(line, ':'));

    name = treaty_str_trim(name);
    return treaty_str_eq_nocase(name, TREATY_STR("content-length")) ||
           treaty_str_eq_nocase(name, TREATY_STR("transfer-encoding"));
}

bool treaty_head_is_ambiguous(struct treaty_str head)
{
    struct treaty_str line;
    size_t count = 0;

    while (next_line(&head, &line))
        count += names_a_length(line);
    return count > 1;
}
