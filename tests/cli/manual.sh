#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual is complete, and formats without complaint.
. "$(dirname "$0")/../harness/tap.sh"
need_program man groff

pages=$TREATY_SOURCE/build/dev/man
program=$TREATY_SOURCE/build/dev/treaty
public=$TREATY_SOURCE/include/treaty

# A page as a reader sees it, in one line. Words are not broken at the end.
page()
{
    MANWIDTH=200 LC_ALL=C.UTF-8 man -l --nh --nj "$pages/man${1##*.}/$1" |
        tr -s ' \n' ' '
}

for file in "$pages"/man*/*; do
    warnings=$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$file" \
        2>&1 >/dev/null)
    check_eq "${file##*/} formats" "$warnings" ""
done

commands=$("$program" --help | awk '/^Commands:/ { on = 1; next }
    /^$/ { on = 0 } on && NF > 1 { print $1 }')
check "there are commands" test -n "$commands"
index=$(page treaty.1)
for command in $commands; do
    check_has "treaty(1) lists $command" "$index" "treaty-$command(1)"
    text=$(page "treaty-$command.1")
    for flag in $("$program" "$command" --help |
        sed -n 's/^  \(-[a-z0-9-]*\).*/\1/p'); do
        check_has "treaty-$command(1) has $flag" "$text" " $flag "
    done
done

codes=$(page treaty-codes.7)
for code in $(sed -n 's/^ *X(\([A-Z0-9]*\),.*/\1/p' "$public/base.h"); do
    check_has "treaty-codes(7) has TREATY_$code" "$codes" " TREATY_$code "
done

library=$(page libtreaty.3)
for symbol in $(grep -ho 'treaty_[a-z0-9_]*(' "$public"/*.h | tr -d '(' |
    sort -u); do
    grep -q "[a-z] \**$symbol(\|^$symbol(" "$public"/*.h || continue
    check_has "libtreaty(3) has $symbol" "$library" " $symbol "
done

# Every metric is in a METRICS section, and what is in one exists. A table of
# metrics has no other text that looks like a name.
name='"[a-z][a-z]*\(_[a-z][a-z]*\)\{1,\}"'
metrics=$(grep -l '\.kind = TREATY_METRIC_' -r "$TREATY_SOURCE/src" \
    "$TREATY_SOURCE/cmd" --include='*.c' | xargs grep -oh "$name" |
    tr -d '"' | sort -u)
told=$(cat "$pages"/man1/* |
    sed -n '/^\.SH METRICS/,/^\.SH [^M]/s/^\.BR* //p' | tr -d '\\"' |
    sed 's/{[a-z,]*}//g' | grep -o '[a-z]*\(_[a-z]*\)\{1,\}' | sort -u)
check "there are metrics" test "$(wc -l <<<"$metrics")" -gt 30
check_eq "the pages tell of every metric and of no other" "$told" "$metrics"

# Pages name each other; nothing leads nowhere.
for name in $(grep -h '^\.BR ' "$pages"/man*/* | sort -u |
    sed -n 's/^\.BR \([^ ]*\) (\([1-8]\)),*$/\1.\2/p' | sed 's/\\//g'); do
    check "$name exists" test -f "$pages/man${name##*.}/$name"
done

done_testing
