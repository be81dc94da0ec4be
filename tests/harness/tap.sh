# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What test scripts in bash share. A script begins with
#
#     #!/bin/bash
#     . "$(dirname "$0")/../harness/tap.sh"
#
# and ends with done_testing. It runs in a temporary folder of its own,
# $tmp, which is removed at the end together with every process started by
# `spawn`. Checks go on after a failure, so that one run shows all that is
# wrong. In the environment are TREATY, TREATY_BUILD and TREATY_SOURCE (see
# tools/test); run by hand, a script takes the development build.
#
#     ok NAME | not_ok NAME [WHY]    a result
#     skip NAME WHY                  a test that cannot run here
#     skip_all WHY                   the whole script cannot; exits
#     check NAME COMMAND...          passes when the command exits with 0
#     check_eq NAME GOT WANT         passes when the texts are equal
#     check_has NAME TEXT PART       passes when the text contains the part
#     check_exit NAME STATUS CMD...  passes when the command exits so; its
#                                    output is in $tmp/out and $tmp/err
#     note TEXT...                   a comment in the output
#     bail WHY                       the rest makes no sense; exits
#     spawn NAME COMMAND...          start in the background: output goes to
#                                    $tmp/NAME.out and .err, $pid is set
#     stop_process PID [SIGNAL]      end it (TERM), and wait; sets $status
#     wait_for_port PORT [SECONDS]   until something listens on 127.0.0.1
#     wait_until SECONDS COMMAND...  until the command succeeds
#     free_port                      prints a port that is free now
#     need_program NAME...           skip the script when one is missing
#     need_kafka                     set $KAFKA, start brokers if need be

set -u

TREATY_SOURCE=${TREATY_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." &&
    pwd)}
TREATY_BUILD=${TREATY_BUILD:-$TREATY_SOURCE/build/dev}
TREATY=${TREATY:-$TREATY_BUILD/treaty}
export TREATY TREATY_BUILD TREATY_SOURCE

tap_count=0
tap_failed=0
tap_pids=()
tap_own_kafka=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/treaty-test.XXXXXX")
status=0

tap_cleanup()
{
    local pid

    for pid in "${tap_pids[@]}"; do
        kill -9 "$pid" 2>/dev/null
    done
    wait 2>/dev/null
    [ -z "$tap_own_kafka" ] || "$TREATY_SOURCE/tools/kafka" stop
    cd /
    rm -rf "$tmp"
}
trap tap_cleanup EXIT
trap 'exit 143' TERM INT HUP

cd "$tmp" || exit 1

note()
{
    printf '%s\n' "$*" | sed 's/^/# /'
}

ok()
{
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

not_ok()
{
    tap_count=$((tap_count + 1))
    tap_failed=$((tap_failed + 1))
    note "${BASH_SOURCE[-1]##*/}:${BASH_LINENO[-2]}: ${2:-failed}"
    echo "not ok $tap_count - $1"
}

skip()
{
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

skip_all()
{
    echo "1..0 # SKIP $1"
    exit 0
}

bail()
{
    echo "Bail out! $*"
    exit 1
}

check()
{
    local name=$1 out

    shift
    if out=$("$@" 2>&1); then
        ok "$name"
    else
        not_ok "$name" "exit status $? of: $*
$(echo "$out" | tail -20)"
    fi
}

check_eq()
{
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "got:  $2
want: $3"
    fi
}

check_has()
{
    case $2 in
    *"$3"*) ok "$1" ;;
    *)
        not_ok "$1" "does not contain: $3
got: ${2:0:1000}"
        ;;
    esac
}

check_exit()
{
    local name=$1 want=$2

    shift 2
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    if [ "$status" = "$want" ]; then
        ok "$name"
    else
        not_ok "$name" "exit status $status, not $want, of: $*
$(tail -5 "$tmp/out")
$(tail -15 "$tmp/err")"
    fi
}

# Descriptors above 2 stay here: a process that inherits one may hold a lock
# or keep a pipe open.
spawn()
{
    local name=$1

    shift
    "$@" </dev/null >"$tmp/$name.out" 2>"$tmp/$name.err" \
        3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    pid=$!
    tap_pids+=("$pid")
}

stop_process()
{
    kill "-${2:-TERM}" "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    status=$?
}

wait_until()
{
    local end=$((SECONDS + $1))

    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

tap_listens()
{
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

wait_for_port()
{
    wait_until "${2:-10}" tap_listens "$1"
}

# Below the range from which the kernel picks ports for clients.
free_port()
{
    local port

    while :; do
        port=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
        tap_listens $port || break
    done
    echo $port
}

need_program()
{
    local program

    for program in "$@"; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
}

need_kafka()
{
    [ -z "${KAFKA-}" ] || return 0
    export TREATY_KAFKA_DIR=$tmp/kafka
    tap_own_kafka=yes
    KAFKA=$("$TREATY_SOURCE/tools/kafka" start) || bail "no brokers"
    export KAFKA
}

done_testing()
{
    echo "1..$tap_count"
    [ $tap_failed -eq 0 ]
    exit
}
