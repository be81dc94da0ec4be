#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tool that other tests start their brokers with: a node that is killed is
# gone, comes back on its data, and nothing is left behind.
. "$(dirname "$0")/../harness/tap.sh"

kafka=$TREATY_SOURCE/tools/kafka
export TREATY_KAFKA_DIR=$tmp/own
trap '"$kafka" stop; tap_cleanup' EXIT

# The processes whose command line names our folder; the brackets keep grep
# from finding itself.
left_behind()
{
    grep -lz "^$tmp/o[w]n/" /proc/[0-9]*/cmdline 2>/dev/null | wc -l
}

# The kernel may take a moment to bury a process that was killed.
is_closed()
{
    ! tap_listens "$1"
}

check_exit "it starts" 0 "$kafka" start
list=$(cat "$tmp/out")
IFS=,: read -r _ port1 _ port2 _ port3 <<<"$list"
for port in "$port1" "$port2" "$port3"; do
    check "a node listens" tap_listens "$port"
done
check_exit "all run" 0 "$kafka" status
check_eq "three processes" "$(left_behind)" 3

check_exit "a second start changes nothing" 0 "$kafka" start
check_eq "and prints the same list" "$(cat "$tmp/out")" "$list"

check_exit "a node is killed" 0 "$kafka" kill 2
check_exit "it is missed" 1 "$kafka" status
check_has "by name" "$(cat "$tmp/out")" "2 does not run"
check "its port closes" wait_until 10 is_closed "$port2"
check_exit "the others serve" 0 tap_listens "$port1"
check_exit "it comes back" 0 "$kafka" restart 2
check "on its port" tap_listens "$port2"
check_exit "all run again" 0 "$kafka" status
check_exit "there is no fourth" 2 "$kafka" kill 4

data=$(cat "$tmp/own/data-folder")
check_exit "stopping keeps the data when told to" 0 "$kafka" stop -k
check_eq "no process is left" "$(left_behind)" 0
check "the data are there" test -d "$data/1"
check_exit "it stops again" 0 "$kafka" stop
check_exit "the data are gone" 1 test -e "$data"

done_testing
