#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is installed serves C and C++ programs that know nothing of the tree.
. "$(dirname "$0")/../harness/tap.sh"
need_program pkg-config gcc g++

prefix=$tmp/prefix
check "it installs" \
    cmake --install "$TREATY_SOURCE/build/dev" --prefix "$prefix"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

# A header must stand alone, under strict warnings, in both languages.
for header in "$prefix"/include/treaty/*.h; do
    name=${header##*/}
    echo "#include <treaty/$name>" >"$tmp/alone.c"
    cp "$tmp/alone.c" "$tmp/alone.cc"
    # shellcheck disable=SC2046
    check "$name in C" gcc -std=c11 -Wall -Wextra -Wpedantic -Werror \
        -fsyntax-only $(pkg-config --cflags treaty) "$tmp/alone.c"
    # shellcheck disable=SC2046
    check "$name in C++" g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror \
        -fsyntax-only $(pkg-config --cflags treaty) "$tmp/alone.cc"
done

cat >"$tmp/program.c" <<'END'
#include <stdio.h>
#include <treaty/base.h>

int main(void)
{
    puts(treaty_code_name(TREATY_ENOMEM));
    return 0;
}
END
cp "$tmp/program.c" "$tmp/program.cc"

# shellcheck disable=SC2046
flags=$(pkg-config --cflags --libs treaty)
others=$(pkg-config --print-requires-private treaty)
private="${others:+$(pkg-config --libs $others)} -pthread -lm"

# COMPILER SOURCE LINK-FLAGS, and what the program prints.
links()
{
    # shellcheck disable=SC2086
    check "$1" "$2" "$tmp/$3" -o "$tmp/program" $4
    check_eq "$1: it runs" \
        "$(LD_LIBRARY_PATH=$prefix/lib "$tmp/program")" TREATY_ENOMEM
}

links "C, shared" gcc program.c "$flags"
check_has "the shared library has a version" \
    "$(LD_LIBRARY_PATH=$prefix/lib ldd "$tmp/program")" libtreaty.so.0
links "C++, shared" g++ program.cc "$flags"
links "C, static" gcc program.c \
    "$(pkg-config --cflags treaty) $prefix/lib/libtreaty.a $private"

check "only public symbols are exported" \
    "$TREATY_SOURCE/tools/check-symbols" "$TREATY_SOURCE/build/dev"

for page in man1/treaty.1 man3/libtreaty.3 man7/treaty-codes.7; do
    check "$page" test -f "$prefix/share/man/$page"
done
check "the program runs" "$prefix/bin/treaty" version

done_testing
