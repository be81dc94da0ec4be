#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same orders, in Protobuf.
ORDERS_FORMAT=protobuf exec "$(dirname "$0")/orders.sh"
