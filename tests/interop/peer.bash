# SPDX-License-Identifier: Apache-2.0
#
# What the scripts protobuf_*.sh share: a registry, descriptors from protoc,
# and the exchange of events with a peer, both ways, in each of which every
# value is compared. A peer is a function
#
#     peer produce|consume TOPIC KIND COUNT FILE
#
# KIND order is treaty.example.Order, the first message of its file. KIND leg is
# treaty.interop.Shipment.Leg: neither the first message nor one at the top,
# and its file imports another.

interop=$TREATY_SOURCE/tests/interop
export SCHEMAS=$TREATY_SOURCE/schemas/order/protobuf:$interop/proto
export DESCRIPTORS=$tmp/descriptors.bin
events=50
# The brokers may have served a run before this one.
run=$RANDOM

start_registry()
{
    local port

    need_program protoc
    need_program python3
    need_kafka
    protoc --include_imports --descriptor_set_out="$DESCRIPTORS" \
        -I "$TREATY_SOURCE/schemas/order/protobuf" -I "$interop/proto" \
        -I "$TREATY_SOURCE/src/format/protobuf/builtin" \
        order-v2.proto interop/shipment.proto || bail "protoc failed"
    port=$(free_port)
    spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
    registry=$pid
    wait_for_port "$port" || bail "the registry does not listen"
    export REGISTRY=http://127.0.0.1:$port
}

stop_registry()
{
    stop_process "$registry"
    check_eq "the registry stops cleanly" "$status" 0
}

check_same()
{
    if python3 "$interop/same_events.py" "$2" "$3" >"$tmp/diff"; then
        ok "$1"
    else
        not_ok "$1" "$(cat "$tmp/diff")"
    fi
}

# Read $events events of a topic into a file: TOPIC FILE [OPTION...].
treaty_reads()
{
    local topic=$1 file=$2

    shift 2
    check_exit "treaty consumer reads $topic" 0 \
        "$TREATY" consumer -bootstrap "$KAFKA" -registry "$REGISTRY" \
        -topic "$topic" -offset beginning -count $events -exit -o json "$@"
    cp "$tmp/out" "$file"
}

# NAME TOPIC KIND [OPTION...]: what the peer writes, Treaty reads.
from_peer()
{
    local name=$1 topic=$2 kind=$3

    shift 3
    check_exit "$name writes events of kind $kind to $topic" 0 \
        peer produce "$topic" "$kind" $events "$tmp/$topic.written"
    [ "$status" = 0 ] || return 0
    treaty_reads "$topic" "$tmp/$topic.read" "$@"
    check_same "Treaty reads from $topic what $name wrote" \
        "$tmp/$topic.written" "$tmp/$topic.read"
}

# NAME TOPIC KIND OPTION...: what Treaty writes, the peer reads. kafkajs knows
# no other compression than gzip.
to_peer()
{
    local name=$1 topic=$2 kind=$3

    shift 3
    check_exit "treaty producer writes events of kind $kind to $topic" 0 \
        "$TREATY" producer -bootstrap "$KAFKA" -registry "$REGISTRY" -quiet \
        -topic "$topic" -format protobuf -X compression.codec=gzip "$@"
    [ "$status" = 0 ] || return 0
    treaty_reads "$topic" "$tmp/$topic.expected"
    check_exit "$name reads $topic" 0 \
        peer consume "$topic" "$kind" $events "$tmp/$topic.read"
    check_same "$name reads from $topic what Treaty wrote" \
        "$tmp/$topic.expected" "$tmp/$topic.read"
}

# What a peer has printed, a line an event, is what `treaty producer -in` takes.
exchange()
{
    local name=$1 orders=$TREATY_SOURCE/schemas/order/protobuf

    from_peer "$name" "$name-orders-$run" order -format protobuf \
        -schema "$orders/order-v3.proto"
    from_peer "$name" "$name-legs-$run" leg
    to_peer "$name" "orders-to-$name-$run" order \
        -schema "$orders/order-v2.proto" -count $events -seed 7
    to_peer "$name" "legs-to-$name-$run" leg \
        -schema "$interop/proto/interop/shipment.proto" -I "$interop/proto" \
        -message treaty.interop.Shipment.Leg -in "$tmp/$name-legs-$run.written"
}
