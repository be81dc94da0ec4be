#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The official Python client's Protobuf serde against `treaty registry`,
# producer and consumer, both ways and in both forms of frames.
. "$(dirname "$0")/../harness/tap.sh"
. "$TREATY_SOURCE/tests/interop/peer.bash"

venv=$TREATY_SOURCE/build/venv
[ -x "$venv/bin/python" ] || bail "tools/setup test has not made build/venv"

place=
peer()
{
    # shellcheck disable=SC2086
    "$venv/bin/python" "$interop/protobuf.py" "$@" $place
}

start_registry
exchange python
place=header
from_peer python "python-headers-$run" leg
stop_registry
done_testing
