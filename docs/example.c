/* SPDX-License-Identifier: Apache-2.0 */
/* Writes an event in one version of a schema and reads it in the next one.
 * cc example.c -ltreaty; TREATY_REGISTRY_URL=http://127.0.0.1:8081 ./a.out */
#include <stdio.h>
#include <treaty/treaty.h>

#define PING_V1                                                                \
    "{\"type\":\"record\",\"name\":\"Ping\",\"fields\":["                      \
    "{\"name\":\"host\",\"type\":\"string\"},{\"name\":\"ms\",\"type\":"       \
    "\"int\"}"
#define PING_V2                                                                \
    PING_V1 ",{\"name\":\"zone\",\"type\":\"string\",\"default\":\"here\"}"

struct ping_v1 { /* in the order of the schema: no table is needed */
    struct treaty_str host;
    int32_t ms;
};
struct ping_v2 { /* in an order of its own, and without `ms` */
    struct treaty_str zone, host;
};
static const struct treaty_binding fields[] = {
    {.path = "zone", offsetof(struct ping_v2, zone), TREATY_KIND_STRING},
    {.path = "host", offsetof(struct ping_v2, host), TREATY_KIND_STRING}};

int main(void)
{
    struct treaty_serializer_options write = {PING_V1 "]}", .topic = "pings"};
    struct treaty_deserializer_options read = {
        PING_V2 "]}", .bindings = fields, .binding_count = 2,
        .record_size = sizeof(struct ping_v2)};
    struct treaty_error err = {TREATY_ENOMEM, .message = "out of memory"};
    struct treaty_client *client = NULL;
    struct treaty_serializer *ser = NULL;
    struct treaty_deserializer *de = NULL;
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct ping_v1 ping = {{"db-1", 4}, 7};
    struct ping_v2 pong;
    struct treaty_message frame;

    if (!scratch || treaty_client_new(NULL, &client, &err) ||
        treaty_serializer_new(client, &write, &ser, &err) ||
        treaty_deserializer_new(client, &read, &de, &err) ||
        treaty_serialize(ser, &ping, scratch, &frame, &err) ||
        treaty_deserialize(de, &frame, &pong, scratch, &err))
        printf("%s: %s\n", treaty_code_name(err.code), err.message);
    else
        printf("%zu bytes: %s is in zone %.*s\n", frame.value.len,
               ping.host.data, (int)pong.zone.len, pong.zone.data);
    treaty_deserializer_free(de);
    treaty_serializer_free(ser);
    treaty_client_free(client);
    treaty_scratch_free(scratch);
    return 0;
}
