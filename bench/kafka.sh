#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Figures kafka.produce.ratio: see bench/kafka.c. Brokers and registry are
# started for the run and ended after it.
set -eu
kafka=$TREATY_SOURCE/tools/kafka
dir=$(mktemp -d)
export TREATY_KAFKA_DIR="$dir/kafka"
export TREATY_KAFKA_SETTINGS="num.partitions=12 default.replication.factor=3 min.insync.replicas=2 auto.create.topics.enable=true"
registry=
finish()
{
    [ -z "$registry" ] || kill "$registry" 2>/dev/null || :
    "$kafka" stop >&2 || :
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 143' INT TERM HUP

"$TREATY_SOURCE/tools/setup" kafka >&2
bootstrap=$("$kafka" start -m -l)
"$TREATY" registry -store memory: -listen 127.0.0.1:0 >"$dir/out" 2>"$dir/err" &
registry=$!
until grep -q listening "$dir/out" "$dir/err"; do
    kill -0 $registry
    sleep 0.05
done
url=$(sed -n 's/.*\(http:\/\/[0-9.:]*\).*/\1/p' "$dir/out" "$dir/err" | head -1)
"$TREATY_BUILD/bench/kafka" "$bootstrap" "$url"
