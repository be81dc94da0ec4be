# SPDX-License-Identifier: Apache-2.0
# What `make install` puts where; the programs say so themselves, in
# cmd/CMakeLists.txt.
include(GNUInstallDirs)

if(TREATY_SANITIZE OR CMAKE_CROSSCOMPILING)
    return()
endif()

install(TARGETS treaty_core treaty_shared
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/treaty DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")

file(GLOB pages CONFIGURE_DEPENDS docs/man/*.[1-8])
foreach(page IN LISTS pages)
    string(REGEX REPLACE ".*\\." "" section ${page})
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# treaty.pc finds its own prefix, since `cmake --install --prefix` may choose
# another one than the build was told.
treaty_collect("${LIBRARY_ROOMS}" objects uses)
set(modules "")
set(libraries "-lm -pthread")
foreach(use IN LISTS uses)
    if(use MATCHES "^PkgConfig::(.*)$")
        list(APPEND modules ${CMAKE_MATCH_1})
    elseif(use MATCHES "^Threads::")
        continue()
    else()
        list(APPEND libraries -l${use})
    endif()
endforeach()
list(JOIN modules ", " modules)
list(JOIN libraries " " libraries)
file(WRITE ${CMAKE_BINARY_DIR}/treaty.pc
"prefix=\${pcfiledir}/../..
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}

Name: treaty
Description: Serializing events against a schema registry
Version: ${PROJECT_VERSION}
Requires.private: ${modules}
Libs: -L\${libdir} -ltreaty
Libs.private: ${libraries}
Cflags: -I\${includedir}
")
install(FILES ${CMAKE_BINARY_DIR}/treaty.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
