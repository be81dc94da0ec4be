# SPDX-License-Identifier: Apache-2.0
"""usage: same_events.py FILE FILE

Do two files hold the same events, in any order? A line is an event in proto3
JSON, or what `treaty consumer -o json` prints about one. Members that have
their default value may be left out, and 64-bit numbers are strings in one
library and numbers in another. Prints the first differences; exit status 0
when there are none.
"""
import json
import sys
from collections import Counter

ZEROS = ("ORDER_STATUS_UNSPECIFIED", "KIND_UNSPECIFIED")


def plain(value, name=""):
    """The value without what one library writes and another does not."""
    if isinstance(value, dict):
        members = {k: plain(v, k) for k, v in value.items()}
        # What tells whether it is there may have any value.
        return {k: v for k, v in members.items() if k in ("truck", "ship", "isLate", "label")
                or v not in (0, "", None, False, [], *ZEROS)}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, str) and value.lstrip("-").isdigit() and name not in ("to", "sku", "orderId"):
        return int(value)
    return value


def events(path):
    counts = Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            if "offset" in event and "value" in event:
                event = event["value"]
            counts[json.dumps(plain(event), sort_keys=True)] += 1
    return counts


def main():
    first, second = (events(path) for path in sys.argv[1:3])
    for path, only in ((sys.argv[1], first - second), (sys.argv[2], second - first)):
        for event in list(only)[:3]:
            print(f"only in {path}: {event}")
    print(f"{sum(first.values())} and {sum(second.values())} events")
    return first != second or not first


if __name__ == "__main__":
    sys.exit(main())
