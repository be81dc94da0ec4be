#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# The same fleet, in Protobuf.
FLEET_FORMAT=protobuf exec "$(dirname "$0")/fleet.sh"
