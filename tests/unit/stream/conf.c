/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conf.h"

#include "tap.h"

#include <unistd.h>

static struct treaty_arena arena;

static struct treaty_props empty(void)
{
    treaty_arena_release(&arena);
    return (struct treaty_props){.arena = &arena};
}

static void takes_assignments(void)
{
    struct treaty_props props = empty();

    CHECK_INT(treaty_props_add(&props, TREATY_STR("linger.ms=5"), NULL), 0);
    CHECK_INT(treaty_props_add(&props, TREATY_STR("a = b=c "), NULL), 0);
    CHECK_INT(treaty_props_add(&props, TREATY_STR("linger.ms=7"), NULL), 0);
    CHECK_INT(treaty_props_add(&props, TREATY_STR("empty="), NULL), 0);
    CHECK_STR_Z(treaty_str_z(treaty_props_get(&props, "linger.ms")), "7");
    CHECK_STR_Z(treaty_str_z(treaty_props_get(&props, "a")), " b=c ");
    CHECK_STR_Z(treaty_str_z(treaty_props_get(&props, "empty")), "");
    CHECK(!treaty_props_get(&props, "linger"));
}

static void refuses_what_is_no_assignment(void)
{
    struct treaty_props props = empty();
    struct treaty_error err;

    CHECK_INT(treaty_props_add(&props, TREATY_STR("hunter2"), &err),
              TREATY_EUSAGE);
    CHECK(!strstr(err.message, "hunter2")); /* it may be a password */
    CHECK_INT(treaty_props_add(&props, TREATY_STR("=x"), &err), TREATY_EUSAGE);
    CHECK_INT(treaty_props_add(&props, TREATY_STR(""), &err), TREATY_EUSAGE);
    CHECK(!props.first);
}

static enum treaty_code read_text(struct treaty_props *props, const char *text,
                                  struct treaty_error *err)
{
    char path[] = "/tmp/treaty-props-XXXXXX";
    int fd = mkstemp(path);
    enum treaty_code code;

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    code = treaty_props_read(props, path, err);
    unlink(path);
    return code;
}

static void reads_files(void)
{
    struct treaty_props props = empty();
    struct treaty_error err;

    CHECK_INT(read_text(&props,
                        "# a comment\n\n  security.protocol = SASL_SSL \r\n"
                        "sasl.password=a#b=c",
                        &err),
              0);
    CHECK_STR_Z(treaty_str_z(treaty_props_get(&props, "security.protocol")),
                "SASL_SSL");
    CHECK_STR_Z(treaty_str_z(treaty_props_get(&props, "sasl.password")),
                "a#b=c");
    CHECK_INT(read_text(&props, "a=b\n\nsecret\n", &err), TREATY_EUSAGE);
    CHECK(strstr(err.message, ":3:"));
    CHECK(!strstr(err.message, "secret"));
    CHECK_INT(treaty_props_read(&props, "/nowhere/at/all", &err), TREATY_EIO);
}

static const struct treaty_prop_default defaults[] = {
    {"linger.ms", "50"},
    {"acks", "all"},
    {NULL, NULL},
};

static void check_value(rd_kafka_conf_t *conf, const char *key,
                        const char *want)
{
    char value[256];
    size_t size = sizeof(value);

    CHECK_INT(rd_kafka_conf_get(conf, key, value, &size), RD_KAFKA_CONF_OK);
    CHECK_STR_Z(treaty_str_z(value), want);
}

static void lets_people_override_defaults(void)
{
    struct treaty_props props = empty();
    struct treaty_stream_options options = {
        .props = &props, .bootstrap = "a:1", .client_id = "me-0"};
    struct treaty_error err;
    rd_kafka_conf_t *conf;

    CHECK_INT(treaty_props_add(&props, TREATY_STR("linger.ms=7"), NULL), 0);
    if (!CHECK_INT(treaty_stream_conf(&options, defaults, &conf, &err), 0))
        return;
    check_value(conf, "linger.ms", "7");
    check_value(conf, "bootstrap.servers", "a:1");
    check_value(conf, "client.id", "me-0");
    rd_kafka_conf_destroy(conf);
}

static void names_the_property_that_is_wrong(void)
{
    struct treaty_props props = empty();
    struct treaty_stream_options options = {.props = &props};
    struct treaty_error err;
    rd_kafka_conf_t *conf = NULL;

    CHECK_INT(treaty_props_add(&props, TREATY_STR("linger.sm=7"), NULL), 0);
    CHECK_INT(treaty_stream_conf(&options, defaults, &conf, &err),
              TREATY_EUSAGE);
    CHECK(strstr(err.message, "linger.sm"));
    props = empty();
    CHECK_INT(treaty_props_add(&props, TREATY_STR("linger.ms=hunter2"), NULL),
              0);
    CHECK_INT(treaty_stream_conf(&options, defaults, &conf, &err),
              TREATY_EUSAGE);
    CHECK(strstr(err.message, "linger.ms"));
    CHECK(!strstr(err.message, "hunter2"));
    CHECK(!conf);
}

TAP_MAIN({"takes assignments", takes_assignments},
         {"refuses what is no assignment", refuses_what_is_no_assignment},
         {"reads files", reads_files},
         {"lets people override defaults", lets_people_override_defaults},
         {"names the property that is wrong", names_the_property_that_is_wrong})
