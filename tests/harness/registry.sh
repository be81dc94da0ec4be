# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What scripts that run `treaty registry` share; after harness/tap.sh.

# Ask over a socket of our own, so that nothing is put right on the way:
# METHOD TARGET [BODY]; sets $code and $body.
ask()
{
    local line length=0

    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf '%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n' "$1" "$2" >&3
    if [ $# -gt 2 ]; then
        printf 'Content-Type: application/json\r\nContent-Length: %d\r\n' \
            "${#3}" >&3
    fi
    printf '\r\n%s' "${3-}" >&3
    read -r _ code _ <&3
    while read -r line && line=${line%$'\r'} && [ -n "$line" ]; do
        case $line in
        Content-Length:*) length=${line#*: } ;;
        esac
    done <&3
    body=$(head -c "$length" <&3)
    exec 3>&-
}

# Start a registry and wait for its line; sets $pid, $url and $port. It is run
# by the command $start_with, if that is not empty.
start_with=()
start()
{
    local name=$1

    shift
    spawn "$name" "${start_with[@]}" "$TREATY" registry -listen 127.0.0.1:0 "$@"
    wait_until 20 grep -q '^listening on ' "$tmp/$name.out" ||
        bail "the registry did not start: $(cat "$tmp/$name.err")"
    url=$(sed -n 's/^listening on //p' "$tmp/$name.out")
    port=${url##*:}
}
