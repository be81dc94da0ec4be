#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The installed headers are C99 and C++, each by itself, and options that are
# zeroed are valid in both.
. "$(dirname "$0")/../harness/tap.sh"
need_program cc c++

include=$TREATY_SOURCE/include
strict="-Wall -Wextra -Wpedantic -Wconversion -Werror -I$include -c -o /dev/null"
for header in "$include"/treaty/*.h; do
    name=treaty/${header##*/}
    # shellcheck disable=SC2086
    check "$name is C99" cc -std=c99 $strict -x c - <<<"#include <$name>
typedef int not_empty;"
    # shellcheck disable=SC2086
    check "$name is C++11" c++ -std=c++11 $strict -x c++ - <<<"#include <$name>
typedef int not_empty;"
done

cat >"$tmp/use.cc" <<'CODE'
#include <treaty/treaty.h>
int main()
{
    treaty_client_options client = {};
    treaty_serializer_options serializer = {};
    treaty_deserializer_options deserializer = {};
    return client.retries + serializer.fixed_id + deserializer.no_wait;
}
CODE
# shellcheck disable=SC2086
check "options are zeroed in C++" c++ -std=c++11 $strict "$tmp/use.cc"
done_testing
