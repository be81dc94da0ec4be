#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The official JavaScript client's Protobuf serde against `treaty registry`,
# producer and consumer, both ways.
. "$(dirname "$0")/../harness/tap.sh"
. "$TREATY_SOURCE/tests/interop/peer.bash"

needs=20
version=$(node --version 2>/dev/null)
version=${version#v}
[ "${version%%.*}" -ge $needs ] 2>/dev/null ||
    skip_all "Node $needs or newer is not here"

modules=$TREATY_SOURCE/build/interop/js
export NODE_PATH=$modules/node_modules
[ -d "$NODE_PATH" ] || bail "tools/setup test has not filled $modules"

peer()
{
    node "$interop/js/interop.js" "$@"
}

start_registry
exchange js
stop_registry
done_testing
