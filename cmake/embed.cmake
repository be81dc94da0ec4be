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

# treaty_embed_tree(OUT ARRAY ROOT FILE...): the same for files below ROOT,
# which are named by their paths from there and may be of any length: each is
# an array of ASCII characters, since compilers bound literals.
function(treaty_embed_tree out array root)
    set(texts "")
    set(rows "")
    set(index 0)
    foreach(name IN LISTS ARGN)
        file(READ ${root}/${name} hex HEX)
        string(LENGTH "${hex}" length)
        math(EXPR length "${length} / 2")
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," text "${hex}")
        string(APPEND texts
            "static const char ${array}_${index}[] = {${text}};\n")
        string(APPEND rows
            "    {\"${name}\", ${array}_${index}, ${length}},\n")
        math(EXPR index "${index} + 1")
        set_property(DIRECTORY APPEND PROPERTY
            CMAKE_CONFIGURE_DEPENDS ${root}/${name})
    endforeach()
    file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
"/* Made by cmake/embed.cmake. */
@texts@
static const struct {
    const char *name;
    const char *text;
    size_t length;
} ${array}[] = {
@rows@};
")
endfunction()
