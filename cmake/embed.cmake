# SPDX-License-Identifier: Apache-2.0
#
# treaty_embed(OUT ARRAY FILE...): a header with a table {name, text} of text
# files, so that a program can carry them. NULL ends the table.
function(treaty_embed out array)
    set(rows "")
    foreach(file IN LISTS ARGN)
        get_filename_component(name ${file} NAME)
        file(READ ${file} hex HEX)
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" text "${hex}")
        # A hex escape swallows what follows, so each one is a literal.
        string(REGEX REPLACE "(\\\\x[0-9a-f][0-9a-f])" "\"\\1\"" text "${text}")
        string(APPEND rows "    {\"${name}\", ${text}},\n")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    endforeach()
    file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"/* Made by cmake/embed.cmake. */
static const struct {
    const char *name;
    const char *text;
} ${array}[] = {
@rows@    {NULL, NULL},
};
")
endfunction()
