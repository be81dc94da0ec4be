#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# protoc decodes what Treaty writes, and Treaty reads what protoc encodes, over
# generated events with a field of every type.
. "$(dirname "$0")/../harness/tap.sh"

need_program protoc python3
wire=$TREATY_SOURCE/tests/interop/protoc_wire.py

check "proto3: likely events" \
    python3 "$wire" interop/every.proto treaty.interop.Every 40
check "proto3: events at the bounds of their types" \
    python3 "$wire" interop/every.proto treaty.interop.Every 80 -edge
check "proto2: likely events" \
    python3 "$wire" interop/every2.proto treaty.interop.Every2 40
check "proto2: events at the bounds of their types" \
    python3 "$wire" interop/every2.proto treaty.interop.Every2 80 -edge
done_testing
