#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The test runner counts right, above all what must count as failed.
. "$(dirname "$0")/../harness/tap.sh"

label=run-tests-self.$$
runner=$TREATY_SOURCE/tools/run-tests
trap 'rm -rf "$TREATY_SOURCE/build/test/$label"; tap_cleanup' EXIT

# NAME, what the program prints and does, the last line that the runner owes.
judged()
{
    printf '#!/bin/sh\n%s\n' "$2" >"$tmp/program"
    chmod +x "$tmp/program"
    out=$("$runner" -l "$label" -t 2 "$tmp/program")
    status=$?
    check_eq "$1" "$(echo "$out" | tail -1)" "$3"
    case $3 in
    *" 0 failed"*) check_eq "$1: exit status" $status 0 ;;
    *) check_eq "$1: exit status" $status 1 ;;
    esac
}

unset CI
judged "all pass" 'echo "ok 1 - a"; echo "ok 2 - b"; echo 1..2' \
    "2 passed, 0 failed, 0 skipped"
judged "cases of a corpus" \
    'echo "ok 1 - a"; echo "# also passed: 40"; echo 1..1' \
    "41 passed, 0 failed, 0 skipped"
judged "one fails" 'echo "ok 1 - a"; echo "# why"; echo "not ok 2 - b"
    echo 1..2; exit 1' "1 passed, 1 failed, 0 skipped"
check_has "it says why" "$out" "# why"
judged "no plan" 'echo "ok 1 - a"' "1 passed, 1 failed, 0 skipped"
judged "too few tests" 'echo 1..3; echo "ok 1 - a"' \
    "1 passed, 1 failed, 0 skipped"
judged "nothing at all" 'exit 0' "0 passed, 1 failed, 0 skipped"
judged "an error after all" 'echo "ok 1 - a"; echo 1..1; exit 3' \
    "1 passed, 1 failed, 0 skipped"
judged "a crash" 'echo "ok 1 - a"; echo 1..1; kill -SEGV $$' \
    "1 passed, 1 failed, 0 skipped"
judged "too slow" 'echo "ok 1 - a"; echo 1..1; exec sleep 30' \
    "1 passed, 1 failed, 0 skipped"
judged "giving up" 'echo "ok 1 - a"; echo "Bail out! no"; exit 1' \
    "1 passed, 1 failed, 0 skipped"
judged "a skip" 'echo "ok 1 - a # SKIP no disk"; echo 1..1' \
    "0 passed, 0 failed, 1 skipped"
export CI=yes
judged "a skip that is not listed" \
    'echo "ok 1 - a # SKIP no disk"; echo 1..1' \
    "0 passed, 1 failed, 0 skipped"

done_testing
