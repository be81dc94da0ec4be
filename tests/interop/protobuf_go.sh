#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Go's franz-go, its registry client and serde, and google.golang.org/protobuf
# against `treaty registry`, producer and consumer, both ways.
. "$(dirname "$0")/../harness/tap.sh"
. "$TREATY_SOURCE/tests/interop/peer.bash"

needs=1.26
version=$(go env GOVERSION 2>/dev/null)
version=${version#go}
[ -n "$version" ] &&
    [ "$(printf '%s\n' "$needs" "$version" | sort -V | head -1)" = "$needs" ] ||
    skip_all "Go $needs or newer is not here"

program=$TREATY_SOURCE/build/interop/go/interop
[ -x "$program" ] || bail "tools/setup test has not built $program"

peer()
{
    # It learns from the registry what it reads.
    [ "$1" = produce ] || set -- "$1" "$2" "$4" "$5"
    "$program" "$@"
}

start_registry
exchange go
stop_registry
done_testing
