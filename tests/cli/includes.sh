#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Includes point downwards, and the tool that says so notices when not.
. "$(dirname "$0")/../harness/tap.sh"

check "the tree keeps the order" "$TREATY_SOURCE/tools/check-includes"

# One tree a case: a file, the line in it, and what the tool must say.
refuses()
{
    mkdir -p "$tmp/tree/$(dirname "$2")" "$tmp/tree/src" "$tmp/tree/include"
    printf '%s\n' "$3" >"$tmp/tree/$2"
    check_exit "$1" 1 "$TREATY_SOURCE/tools/check-includes" "$tmp/tree"
    check_has "$1: names it" "$(cat "$tmp/out")" "$2:1: $4"
    rm -r "$tmp/tree"
}

refuses "upwards" src/wire/frame.c '#include "serde/cache.h"' \
    "wire includes upwards: serde/cache.h"
refuses "a client that knows the registry" src/client/a.c \
    '#include "registry/catalog.h"' "client must not know of registry"
refuses "a registry that knows HTTP" src/registry/a.c \
    '#include "http/router.h"' "registry must not know of http"
refuses "an unknown room" src/attic/a.c '#include "base/buf.h"' \
    "src/attic is not in the list of rooms"
refuses "around the corner" src/wire/a.c '#include "../base/buf.h"' \
    "an include starts at src/"
refuses "a public header with private parts" include/treaty/a.h \
    '#include "base/buf.h"' "a public header includes a private one"
refuses "a public header with foreign parts" include/treaty/a.h \
    '#include <curl/curl.h>' "a public header needs a foreign one"

done_testing
