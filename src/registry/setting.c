/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration and mode as they take effect: a subject's own, else the
 * global one, else the server's default (confluent.md 2.2 and 2.3).
 */
#include "base/error.h"
#include "base/str.h"
#include "registry/state.h"

const struct treaty_setting *
treaty_catalog_own_config(const struct treaty_catalog *catalog,
                          struct treaty_str scope)
{
    if (!scope.data)
        return catalog->global_config;
    return treaty_sorted_find(&catalog->configs, treaty_order_setting, &scope);
}

const struct treaty_setting *
treaty_catalog_own_mode(const struct treaty_catalog *catalog,
                        struct treaty_str scope)
{
    if (!scope.data)
        return catalog->global_mode;
    return treaty_sorted_find(&catalog->modes, treaty_order_setting, &scope);
}

static struct treaty_str value_of(const struct treaty_setting *setting,
                                  struct treaty_str otherwise)
{
    return setting && setting->value.data ? setting->value : otherwise;
}

struct treaty_str treaty_catalog_level(const struct treaty_catalog *catalog,
                                       struct treaty_str subject)
{
    struct treaty_str level =
        value_of(catalog->default_level, TREATY_STR("BACKWARD"));

    level = value_of(catalog->global_config, level);
    return value_of(treaty_catalog_own_config(catalog, subject), level);
}

static enum treaty_tristate
effective_normalize(const struct treaty_catalog *catalog,
                    struct treaty_str subject)
{
    const struct treaty_setting *own =
        treaty_catalog_own_config(catalog, subject);

    if ((!own || own->normalize == TREATY_UNSET) && catalog->global_config)
        return catalog->global_config->normalize;
    return own ? own->normalize : TREATY_UNSET;
}

bool treaty_catalog_normalizes(const struct treaty_catalog *catalog,
                               struct treaty_str subject)
{
    return effective_normalize(catalog, subject) == TREATY_TRUE;
}

enum treaty_code treaty_catalog_config(const struct treaty_catalog *catalog,
                                       struct treaty_str scope,
                                       bool default_to_global,
                                       struct treaty_config *ret,
                                       struct treaty_error *err)
{
    const struct treaty_setting *own =
        treaty_catalog_own_config(catalog, scope);

    if (scope.data && !own && !default_to_global)
        return treaty_fail(err, TREATY_ENOCONFIG, TREATY_NO_OFFSET,
                           "subject '%.*s' has no configuration of its own",
                           TREATY_STR_ARG(scope));
    if (!scope.data || default_to_global)
        *ret = (struct treaty_config){treaty_catalog_level(catalog, scope),
                                      effective_normalize(catalog, scope)};
    else
        *ret = (struct treaty_config){own->value, own->normalize};
    return TREATY_OK;
}

enum treaty_code treaty_catalog_mode(const struct treaty_catalog *catalog,
                                     struct treaty_str scope,
                                     bool default_to_global,
                                     struct treaty_str *ret,
                                     struct treaty_error *err)
{
    const struct treaty_setting *own = treaty_catalog_own_mode(catalog, scope);

    if (scope.data && !own && !default_to_global)
        return treaty_fail(err, TREATY_ENOMODE, TREATY_NO_OFFSET,
                           "subject '%.*s' has no mode of its own",
                           TREATY_STR_ARG(scope));
    *ret =
        value_of(own, value_of(catalog->global_mode, TREATY_STR("READWRITE")));
    return TREATY_OK;
}
