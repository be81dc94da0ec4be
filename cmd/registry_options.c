/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/registry_options.h"

#include "base/str.h"

/* A copy of a secret; what stood in argv becomes a row of "x". */
static const char *take_secret(struct treaty_arena *arena, const char *text)
{
    struct treaty_str copy = treaty_arena_dup(arena, treaty_str_z(text));

    if (copy.data)
        memset((void *)(uintptr_t)text, 'x', copy.len);
    return copy.data;
}

/* "NAME:PASSWORD", or a name alone: the password may be in the environment. */
static bool take_user(struct treaty_arena *arena, const char *text,
                      struct treaty_client_options *ret)
{
    char *user = (char *)(uintptr_t)take_secret(arena, text);
    char *colon = user ? strchr(user, ':') : NULL;

    if (!user)
        return false;
    if (colon) {
        *colon = '\0';
        ret->password = colon + 1;
    }
    ret->user = user;
    return true;
}

/*
 * URLs may carry credentials, too: those are taken out of argv as a whole.
 */
static bool has_credentials(const char *urls)
{
    return strchr(urls, '@') != NULL;
}

bool treaty_registry_options_read(const struct treaty_registry_options *options,
                                  struct treaty_arena *arena,
                                  struct treaty_client_options *ret)
{
    ret->urls = options->urls;
    ret->ca_file = options->ca;
    ret->cert_file = options->cert;
    ret->key_file = options->key;
    ret->lookup_rate = (uint32_t)options->lookup_rate;
    if (options->urls && has_credentials(options->urls)) {
        ret->urls = take_secret(arena, options->urls);
        if (!ret->urls)
            return false;
    }
    if (options->token) {
        ret->token = take_secret(arena, options->token);
        if (!ret->token)
            return false;
    }
    return !options->user || take_user(arena, options->user, ret);
}
