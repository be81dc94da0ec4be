# SPDX-License-Identifier: Apache-2.0
# What every target shares: language, warnings, and how a room is built.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(TREATY_WERROR "Treat warnings as errors" OFF)
set(TREATY_SANITIZE "" CACHE STRING "address,undefined or thread or fuzzer")

add_library(treaty_flags INTERFACE)
target_compile_definitions(treaty_flags INTERFACE
    _GNU_SOURCE TREATY_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    TREATY_VERSION="${PROJECT_VERSION}")
target_include_directories(treaty_flags INTERFACE
    ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(treaty_flags INTERFACE
    -include ${CMAKE_SOURCE_DIR}/src/base/banned.h
    -fvisibility=hidden
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
    -Wmissing-prototypes -Wwrite-strings -Wvla -Wundef -Wcast-qual
    -Wpointer-arith -Wformat=2 -Wimplicit-fallthrough)
if(TREATY_WERROR)
    target_compile_options(treaty_flags INTERFACE -Werror)
endif()
if(TREATY_SANITIZE)
    target_compile_options(treaty_flags INTERFACE
        -fsanitize=${TREATY_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(treaty_flags INTERFACE -fsanitize=${TREATY_SANITIZE})
endif()

# treaty_room(NAME SOURCE...): the objects of one folder under src/.
function(treaty_room name)
    add_library(room_${name} OBJECT ${ARGN})
    set_target_properties(room_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(room_${name} PRIVATE treaty_flags)
endfunction()

# treaty_library(NAME ROOMS): a static library of the rooms that exist.
function(treaty_library name rooms)
    set(objects "")
    foreach(room IN LISTS rooms)
        if(TARGET room_${room})
            list(APPEND objects $<TARGET_OBJECTS:room_${room}>)
        endif()
    endforeach()
    if(objects)
        add_library(${name} STATIC ${objects})
    endif()
endfunction()
