#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The disk under the journal fills up while the registry runs: writes get
# 50001, reads go on, and once there is room again writes succeed without a
# restart, with nothing lost that was acknowledged and nothing there that was
# not. First with a file system that is really full, then with a limit on the
# size of files, which any user can set.
. "$(dirname "$0")/../harness/tap.sh"
. "$TREATY_SOURCE/tests/harness/registry.sh"

# Register a schema under a name of its own.
register()
{
    ask POST "/subjects/s$1/versions" \
        "{\"schema\":\"{\\\"type\\\":\\\"enum\\\",\\\"name\\\":\\\"E$1\\\",\
\\\"symbols\\\":[\\\"$(printf 'x%.0s' {1..2000})\\\"]}\"}"
}

id_of()
{
    sed -n 's/^{"id":\([0-9]*\),.*/\1/p' <<<"$body"
}

# Register until it fails; sets $last, the number of the last one taken, and
# $last_id.
fill_up()
{
    last=0
    while register $((last + 1)) && [ "$code" = 200 ]; do
        last=$((last + 1))
        last_id=$(id_of)
        [ $last -lt 2000 ] || bail "the disk does not fill up"
    done
}

# What must hold while nothing can be written.
check_full()
{
    local again

    check_has "$1: a write gets 50001" "$code $body" '500 {"error_code":50001,'
    register $((last + 1))
    check_has "$1: and again" "$code $body" '500 {"error_code":50001,'
    ask PUT /config '{"compatibility":"FULL"}'
    check_has "$1: so does a configuration" "$code $body" \
        '500 {"error_code":50001,'
    ask GET "/schemas/ids/$last_id"
    check_eq "$1: reads go on" "$code" 200
    ask GET "/subjects/s$last/versions"
    check_eq "$1: also of the last one" "$code $body" "200 [1]"
    ask GET "/subjects/s$((last + 1))/versions"
    check_eq "$1: what was refused is not there" "$code" 404
    register "$last"
    again=$(id_of)
    check_eq "$1: what is registered already has its id" "$code $again" \
        "200 $last_id"
    ask GET /health/live
    check_eq "$1: the process is well" "$code" 200
    ask GET /metrics
    check_has "$1: failed commits are counted" \
        "$(grep '^treaty_registry_commits_failed' <<<"$body" | grep -v ' 0$')" \
        treaty_registry_commits_failed
}

# What must hold with room again.
check_recovered()
{
    register $((last + 1))
    check_eq "$1: writes succeed again" "$code" 200
    check "$1: with an id never given before" test "$(id_of)" -gt "$last_id"
    last_id=$(id_of)
    ask PUT /config '{"compatibility":"FULL"}'
    check_eq "$1: configurations, too" "$code" 200
    check "$1: it is the same process" kill -0 "$pid"
    stop_process "$pid"
    check_eq "$1: it stops well" "$status" 0
}

# What a new process finds at $1.
check_kept()
{
    start again -store "sqlite:$2"
    ask GET /subjects
    check_eq "$1: all that was acknowledged is kept, and no more" \
        "$(grep -o '"s[0-9]*"' <<<"$body" | wc -l)" $((last + 2))
    ask GET "/schemas/ids/$last_id"
    check_eq "$1: the last one, too" "$code" 200
    stop_process "$pid"
}

# A file system of 1 MiB in a mount namespace, which needs no rights where user
# namespaces are allowed. Its files are reached through /proc.
full_file_system()
{
    local name="full file system" there

    mkdir "$tmp/small"
    if ! unshare -rm mount -t tmpfs -o size=1m none "$tmp/small" 2>/dev/null
    then
        skip "$name" "no file system can be mounted"
        return
    fi
    # shellcheck disable=SC2016
    start_with=(unshare -rm sh -c
        'mount -t tmpfs -o size=1m none "$0" && exec "$@"' "$tmp/small")
    start mounted -store "sqlite:$tmp/small/store.db"
    start_with=()
    there=/proc/$pid/root$tmp/small
    register 0
    check_eq "$name: it registers" "$code" 200
    head -c 400000 /dev/zero >"$there/ballast"
    fill_up
    check_full "$name"
    note "full after $last schemas"
    rm "$there/ballast"
    check_recovered "$name"
}

# The signal that a process gets beyond its limit is ignored, so the write
# fails as on a full disk.
limited_files()
{
    local name="limited files"

    trap '' XFSZ
    start limited -store "sqlite:$tmp/store.db"
    trap - XFSZ
    register 0
    check_eq "$name: it registers" "$code" 200
    prlimit --pid "$pid" --fsize=500000:
    fill_up
    check_full "$name"
    prlimit --pid "$pid" --fsize=unlimited:
    check_recovered "$name"
    check_kept "$name" "$tmp/store.db"
}

full_file_system
limited_files
done_testing
