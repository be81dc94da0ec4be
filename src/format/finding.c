/* SPDX-License-Identifier: Apache-2.0 */
#include "format/finding.h"

enum treaty_code treaty_findings_add(struct treaty_findings *list,
                                     const struct treaty_finding *f)
{
    struct treaty_finding *copy =
        TREATY_ARENA_NEW(list->arena, struct treaty_finding);

    if (!copy)
        return TREATY_ENOMEM;
    *copy = *f;
    copy->next = NULL;
    if (list->last)
        list->last->next = copy;
    else
        list->first = copy;
    list->last = copy;
    list->count++;
    if (copy->breaking)
        list->breaking++;
    return TREATY_OK;
}
