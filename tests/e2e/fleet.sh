#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# A small fleet of mixed versions: 24 producers and 48 consumers in two groups,
# on versions 1 to 4, over 24 partitions. No error, no mismatch, no sequence
# missing, no lag left, and a registry that is asked once for each schema and
# process. By default a minute at 200 events a second of each producer;
#
#     FLEET_RATE=1000 FLEET_SECONDS=300 tests/e2e/fleet.sh
#
# is the run that the claims are made from, and FLEET_FORMAT=protobuf the same
# in the other format (fleet_protobuf.sh).
. "$(dirname "$0")/../harness/tap.sh"

case ${FLEET_FORMAT:-avro} in
avro) form=$TREATY_SOURCE/schemas/order-v%d.avsc ;;
protobuf) form=$TREATY_SOURCE/schemas/order/protobuf/order-v%d.proto ;;
esac
schema()
{
    # shellcheck disable=SC2059
    printf "$form" "$1"
}
kafka=$TREATY_SOURCE/tools/kafka
export TREATY_KAFKA_DIR=$tmp/kafka
export TREATY_KAFKA_SETTINGS="num.partitions=24 auto.create.topics.enable=true"
trap '"$kafka" stop; tap_cleanup' EXIT
port=$(free_port)
page=$(free_port) # of the first of six instances that show their metrics
topic=fleet
rate=${FLEET_RATE:-200}
seconds=${FLEET_SECONDS:-60}
export TREATY_REGISTRY_URL=http://127.0.0.1:$port

# As measured for many processes on one machine (batches by linger).
producing=(-X linger.ms=500 -X sticky.partitioning.linger.ms=500
    -X queue.buffering.max.messages=20000)
consuming=(-X fetch.wait.max.ms=400 -X queued.max.messages.kbytes=32768)

KAFKA=$("$kafka" start -m -l) || bail "no brokers"
spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
wait_for_port "$port" || bail "the registry does not listen"
for version in 1 2 3 4; do
    check_exit "version $version is registered" 0 \
        "$TREATY" producer -bootstrap "$KAFKA" -topic $topic -quiet \
        -schema "$(schema $version)" -count 1 -seed "10$version"
done

get()
{
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
    cat <&3
    exec 3>&-
}

# Six consumers of each version in each group, and six producers of each.
for group in one two; do
    for version in 1 2 3 4; do
        show=()
        [ $group$version != one1 ] || show=(-metrics "$page")
        spawn "$group$version" "$TREATY" consumer -bootstrap "$KAFKA" \
            -topic $topic -group $group -verify -instances 6 -quiet \
            -schema "$(schema $version)" "${consuming[@]}" \
            "${show[@]}" -sequences "$tmp/$group$version.seq"
        consumers+=("$pid")
    done
done
sleep 5
start=$(date +%s)
for version in 1 2 3 4; do
    spawn "producer$version" "$TREATY" producer -bootstrap "$KAFKA" \
        -topic $topic -schema "$(schema $version)" -quiet \
        -instances 6 -seed "20$version" -rate "$rate" \
        -count $((rate * seconds)) "${producing[@]}"
    producers+=("$pid")
done
for pid in "${producers[@]}"; do
    wait "$pid"
    check_eq "producers end well" $? 0
done
note "$((24 * rate * seconds)) events in $(($(date +%s) - start)) s"
check_eq "every event is acknowledged" \
    "$(cat "$tmp"/producer?.out | grep -o '"acked":[0-9]*' |
        awk -F: '{ n += $2 } END { print n }')" $((24 * rate * seconds))

sleep 10
for i in 0 1 2 3 4 5; do
    get $((page + i)) >"$tmp/metrics"
    check "an instance shows its lag" grep -q '^consumer_lag{' "$tmp/metrics"
    check_eq "which is nothing" "$(awk '/^consumer_lag{/ { n += $2 }
        END { print n + 0 }' "$tmp/metrics")" 0
    check_eq "and no errors" "$(awk '/^deserialize_errors_total{/ { n += $2 }
        /^contract_mismatches_total{/ { n += $2 }
        END { print n + 0 }' "$tmp/metrics")" 0
done
for pid in "${consumers[@]}"; do
    kill -INT "$pid"
done
for pid in "${consumers[@]}"; do
    wait "$pid"
    check_eq "consumers end well" $? 0
done
sum()
{
    cat "$tmp/$1"?.out | grep -o "\"$2\":[0-9]*" |
        awk -F: '{ n += $2 } END { print n + 0 }'
}
for group in one two; do
    all=$((24 * rate * seconds + 4))
    note "group $group: $(sum $group consumed) consumed," \
        "$(sum $group requests) registry requests"
    check_eq "group $group rejects nothing" "$(sum $group rejected)" 0
    check_eq "group $group: no mismatch" "$(sum $group mismatched)" 0
    check_eq "group $group: all is verified" "$(sum $group anonymous)" 0
    check_eq "group $group skips nothing" "$(sum $group skipped_offsets)" 0
    # Rebalances may give an event to two members; none is left out.
    check "group $group reads it all" test "$(sum $group consumed)" -ge $all
    check "group $group asks the registry once a schema" \
        test "$(sum $group requests)" -le $((24 * 4))
done
# What the members saw, joined by seed and producer: how many numbers there are
# between 0 and the last one, and how many of them nobody saw.
join_sequences()
{
    awk '{ for (i = 5; i <= NF; i++) { split($i, r, "-")
               print $2, $3, r[1], r[2] } }' "$@" | sort -k 1,2 -k 3,3n |
        awk '{ if ($1 " " $2 != key) { key = $1 " " $2; next_one = 0 }
               if ($3 > next_one) missing += $3 - next_one
               if ($4 + 1 > next_one) { from = $3 > next_one ? $3 : next_one
                   seen += $4 + 1 - from; next_one = $4 + 1 } }
             END { print seen + 0, missing + 0 }'
}
for group in one two; do
    check_eq "group $group: every sequence is delivered" \
        "$(join_sequences "$tmp/$group"?.seq)" "$((24 * rate * seconds + 4)) 0"
done
for group in one two; do
    cat "$tmp/$group"?.err | grep -v '^$' | tail -20 >"$tmp/$group.errors"
    check_eq "group $group has nothing to complain of" \
        "$(grep -c ERROR "$tmp/$group.errors")" 0
done
check_exit "all of it is read again" 0 \
    "$TREATY" consumer -bootstrap "$KAFKA" -topic $topic -exit -verify -quiet
check_has "nothing is missing in the log" "$(cat "$tmp/out")" \
    "\"consumed\":$((24 * rate * seconds + 4))"
check_eq "of any producer" "$(grep -c '"missing":[1-9]' "$tmp/out")" 0
done_testing
