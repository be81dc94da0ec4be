/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_REGISTRY_OPTIONS_H
#define TREATY_CMD_REGISTRY_OPTIONS_H

/*
 * The flags that every command with a registry client has, and what they
 * become.
 *
 *     struct options { struct treaty_registry_options registry; ... };
 *     static const struct treaty_flag flags[] = {
 *         TREATY_REGISTRY_FLAGS(struct options, registry), ...
 */
#include "base/arena.h"
#include "cmd/flags.h"

#include <treaty/client.h>

struct treaty_registry_options {
    const char *urls;
    const char *user; /* "NAME:PASSWORD" */
    const char *token;
    const char *ca;
    const char *cert;
    const char *key;
    int64_t lookup_rate; /* 0: the client's default */
};

#define TREATY_REGISTRY_FLAG(type, member, name, arg, help)                    \
    {                                                                          \
        name, arg, help, TREATY_FLAG_TEXT, offsetof(type, member), 0, 0        \
    }

#define TREATY_REGISTRY_FLAGS(type, member)                                    \
    TREATY_REGISTRY_FLAG(type, member.urls, "registry", "URL",                 \
                         "schema registries, separated by commas; else "       \
                         "$TREATY_REGISTRY_URL"),                              \
        TREATY_REGISTRY_FLAG(type, member.user, "registry-user",               \
                             "NAME:PASSWORD",                                  \
                             "credentials; else in the URL, or "               \
                             "$TREATY_REGISTRY_USER and _PASSWORD"),           \
        TREATY_REGISTRY_FLAG(type, member.token, "registry-token", "TOKEN",    \
                             "bearer token; else $TREATY_REGISTRY_TOKEN"),     \
        TREATY_REGISTRY_FLAG(type, member.ca, "registry-ca", "FILE",           \
                             "certificate authorities of the registry, PEM"),  \
        TREATY_REGISTRY_FLAG(type, member.cert, "registry-cert", "FILE",       \
                             "the client's own certificate, PEM"),             \
        TREATY_REGISTRY_FLAG(type, member.key, "registry-key", "FILE",         \
                             "the key of that certificate, PEM")

/*
 * What the flags say, as options of a client; the texts lie on `arena` or in
 * argv. Secrets are copied and then overwritten in argv, so that the list of
 * processes does not show them for longer than it takes to start. False
 * without memory.
 */
bool treaty_registry_options_read(const struct treaty_registry_options *options,
                                  struct treaty_arena *arena,
                                  struct treaty_client_options *ret);

#endif
