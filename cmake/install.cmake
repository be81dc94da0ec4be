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

# The manual is made from the programs' own tables, so it needs them built.
file(GLOB manual_sources CONFIGURE_DEPENDS
    docs/man/*.in docs/man/*.[1-8] include/treaty/*.h)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/man/made
    COMMAND ${CMAKE_SOURCE_DIR}/tools/manual
        ${CMAKE_BINARY_DIR} ${CMAKE_BINARY_DIR}/man
    COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/man/made
    DEPENDS treaty treaty-stream ${manual_sources} tools/manual)
add_custom_target(manual ALL DEPENDS ${CMAKE_BINARY_DIR}/man/made)
foreach(section 1 3 7)
    install(DIRECTORY ${CMAKE_BINARY_DIR}/man/man${section}
        DESTINATION ${CMAKE_INSTALL_MANDIR})
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
