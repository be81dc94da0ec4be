# SPDX-License-Identifier: Apache-2.0
"""usage: protoc_wire.py FILE MESSAGE COUNT [OPTION-OF-GEN...]

Events of `treaty gen` through protoc and back: protoc decodes what Treaty
wrote into its text form and encodes that again; Treaty must read the same
event from it. A field that protoc cannot place is printed under its number,
which it does not take back, so that nothing gets lost unseen. Prints what
differs; exit status 0 when nothing does.
"""
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TREATY = os.environ["TREATY"]
HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = os.path.join(HERE, "proto")
BUILTIN = os.path.join(os.environ["TREATY_SOURCE"], "src", "format", "protobuf", "builtin")
# [0] in a frame of schema 1: what follows is payload.
FRAME = bytes(6)[:4] + b"\x01\x00"


def run(arguments, given=b""):
    done = subprocess.run(arguments, input=given, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments[:4])}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def generate(file, message, count, form, options):
    lines = run([TREATY, "gen", "-schema", os.path.join(PROTO, file), "-I", PROTO, "-message",
                 message, "-count", count, "-seed", "11", "-o", form, *options])
    return lines.decode().splitlines()


def protoc(way, file, message, given):
    return run(["protoc", f"--{way}={message}", "-I", PROTO, "-I", BUILTIN, file], given)


def check(file, message, payload, want):
    again = protoc("encode", file, message, protoc("decode", file, message, bytes.fromhex(payload)))
    got = run([TREATY, "frame", "-writer", os.path.join(PROTO, file), "-I", PROTO, "-o", "json", "-"],
              FRAME + again)
    if json.loads(got) == json.loads(want):
        return None
    return f"Treaty wrote {want}\nprotoc gave back {got.decode()}"


def main():
    file, message, count, *options = sys.argv[1:]
    payloads = generate(file, message, count, "hex", options)
    texts = generate(file, message, count, "json", options)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda pair: check(file, message, *pair), zip(payloads, texts)))
    wrong = [difference for difference in found if difference]
    print("\n".join(wrong[:3]))
    print(f"{len(found)} events, {len(wrong)} differ")
    return len(found) != int(count) or bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
