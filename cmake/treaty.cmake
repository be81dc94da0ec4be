# SPDX-License-Identifier: Apache-2.0
# What every target shares: language, warnings, and how a room is built.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(TREATY_WERROR "Treat warnings as errors" OFF)
option(TREATY_FUZZ "Build the fuzz targets (clang)" OFF)
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

if(TREATY_FUZZ)
    target_compile_options(treaty_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# treaty_room(NAME SOURCE...): the objects of one folder under src/.
function(treaty_room name)
    add_library(room_${name} OBJECT ${ARGN})
    set_target_properties(room_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(room_${name} PRIVATE treaty_flags)
endfunction()

# treaty_room_uses(NAME LIBRARY...): the libraries that a room needs from
# outside, as CMake targets or plain names. The room compiles with their
# include folders, and whatever contains the room links them. After
# treaty_room, in the room's own CMakeLists.txt:
#
#     treaty_room(client client.c request.c)
#     treaty_package(libcurl)
#     treaty_room_uses(client PkgConfig::libcurl)
#
# A library that the system always has is named as it is: `m`, `dl`.
function(treaty_room_uses name)
    target_link_libraries(room_${name} PRIVATE ${ARGN})
    set_property(GLOBAL APPEND PROPERTY treaty_uses_${name} ${ARGN})
endfunction()

# treaty_package(MODULE): the target PkgConfig::MODULE from pkg-config.
function(treaty_package module)
    if(NOT TARGET PkgConfig::${module})
        find_package(PkgConfig REQUIRED)
        pkg_check_modules(${module} REQUIRED IMPORTED_TARGET GLOBAL ${module})
    endif()
endfunction()

# The objects of those rooms that exist, and what these rooms use.
function(treaty_collect rooms ret_objects ret_uses)
    set(objects "")
    set(uses "")
    foreach(room IN LISTS rooms)
        if(TARGET room_${room})
            list(APPEND objects $<TARGET_OBJECTS:room_${room}>)
            get_property(needed GLOBAL PROPERTY treaty_uses_${room})
            list(APPEND uses ${needed})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES uses)
    set(${ret_objects} ${objects} PARENT_SCOPE)
    set(${ret_uses} ${uses} PARENT_SCOPE)
endfunction()

# treaty_library(NAME ROOMS): a static library of the rooms that exist, and
# the libraries that they use.
function(treaty_library name rooms)
    treaty_collect("${rooms}" objects uses)
    if(objects)
        add_library(${name} STATIC ${objects})
        target_link_libraries(${name} PUBLIC ${uses})
    endif()
endfunction()

# treaty_public_library(STATIC ROOMS): what others link. The static library
# gets the public name, libtreaty.a; libtreaty.so has the same objects and
# exports what is marked TREATY_API. Sanitizer builds have no use for it.
function(treaty_public_library static rooms)
    set_target_properties(${static} PROPERTIES OUTPUT_NAME treaty)
    if(TREATY_SANITIZE)
        return()
    endif()
    treaty_collect("${rooms}" objects uses)
    add_library(treaty_shared SHARED ${objects})
    target_link_libraries(treaty_shared PRIVATE ${uses} m pthread)
    set_target_properties(treaty_shared PROPERTIES
        OUTPUT_NAME treaty
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
endfunction()

# treaty_program(TARGET): what every executable needs. Under TSan that is a
# stand-in for glibc's C11 threads (tests/harness/tsan_shim.c says why), which
# librdkafka must find in the program, hence the exported symbols.
function(treaty_program target)
    set(shim ${CMAKE_SOURCE_DIR}/tests/harness/tsan_shim.c)
    if(TREATY_SANITIZE MATCHES "thread" AND EXISTS ${shim})
        target_sources(${target} PRIVATE ${shim})
        target_link_options(${target} PRIVATE -rdynamic)
    endif()
endfunction()
