/* SPDX-License-Identifier: Apache-2.0 */
#include <treaty/record.h>

#include "harness/model.h"
#include "harness/tap.h"

#define SCHEMA                                                                 \
    "{\"type\":\"record\",\"name\":\"A\",\"fields\":["                         \
    "{\"name\":\"id\",\"type\":\"long\"},"                                     \
    "{\"name\":\"to\",\"type\":{\"type\":\"record\",\"name\":\"P\","           \
    "\"fields\":[{\"name\":\"name\",\"type\":\"string\"}]}},"                  \
    "{\"name\":\"note\",\"type\":[\"null\",\"string\"]},"                      \
    "{\"name\":\"items\",\"type\":{\"type\":\"array\",\"items\":\"P\"}},"      \
    "{\"name\":\"tags\",\"type\":{\"type\":\"map\",\"values\":\"double\"}},"   \
    "{\"name\":\"any\",\"type\":[\"int\",\"P\"]},"                             \
    "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\","              \
    "\"symbols\":[\"X\",\"Y\"]}},{\"name\":\"ok\",\"type\":\"boolean\"}]}"

#define EVENT                                                                  \
    "{\"id\":-5,\"to\":{\"name\":\"Ann\"},\"note\":null,"                      \
    "\"items\":[{\"name\":\"a\"},{\"name\":\"b\"}],"                           \
    "\"tags\":{\"k\":1.5},\"any\":{\"name\":\"u\"},\"e\":\"Y\",\"ok\":true}"

static struct model model;
static struct treaty_arena arena;
static void *record;

static void open_event(void)
{
    model = model_open(SCHEMA);
    record = model_read(&model, &arena, EVENT);
}

static void close_event(void)
{
    treaty_arena_release(&arena);
    model_close(&model);
}

static struct treaty_value get(const char *path)
{
    struct treaty_value value = {.kind = TREATY_KIND_UNION};

    CHECK_INT(treaty_record_get(model.layout, record, path, &value, NULL),
              TREATY_OK);
    return value;
}

static void values_are_found(void)
{
    open_event();
    CHECK_INT(get("id").as.i64, -5);
    CHECK_STR_Z(get("to.name").as.str, "Ann");
    CHECK_STR_Z(get("items[1].name").as.str, "b");
    CHECK(get("tags{k}").as.f64 == 1.5);
    CHECK_STR_Z(get("any.name").as.str, "u");
    CHECK_STR_Z(get("e").symbol, "Y");
    CHECK_INT(get("e").as.enumeration.symbol, 1);
    CHECK_INT(get("ok").as.i64, 1);
    CHECK_INT(get("items").as.array.count, 2);
    CHECK_INT(get("").kind, TREATY_KIND_RECORD);
    close_event();
}

static void absent_is_no_error(void)
{
    open_event();
    CHECK_INT(get("note").kind, TREATY_KIND_NULL);
    CHECK_INT(get("items[2]").kind, TREATY_KIND_NULL);
    CHECK_INT(get("items[2].name").kind, TREATY_KIND_NULL);
    CHECK_INT(get("tags{j}").kind, TREATY_KIND_NULL);
    close_event();
}

static void wrong_paths_are_refused(void)
{
    static const struct wrong {
        const char *path;
        size_t offset;
    } wrongs[] = {
        {"nobody", 0},   {"to.nobody", 3}, {"id.x", 4},   {"id[0]", 2},
        {"items[x]", 5}, {"items[0", 5},   {"tags{k", 4}, {"to{k}", 2},
    };

    open_event();
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct treaty_value value;
        struct treaty_error err = {0};

        CHECK_INT(treaty_record_get(model.layout, record, wrongs[i].path,
                                    &value, &err),
                  TREATY_EUSAGE);
        CHECK_INT(err.offset, wrongs[i].offset);
    }
    close_event();
}

TAP_MAIN({"values are found by path", values_are_found},
         {"what is not there is absent", absent_is_no_error},
         {"a path that does not fit is refused", wrong_paths_are_refused})
