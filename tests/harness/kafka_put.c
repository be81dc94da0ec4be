/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: kafka_put BOOTSTRAP TOPIC <RECORDS
 *
 * Write records byte by byte, as no producer of ours would: garbage, odd
 * headers, tombstones. A line is a record:
 *
 *     KEY VALUE-IN-HEX [NAME=VALUE...]        "-" stands for no key or value
 */
#include "stream/producer.h"

#include "base/str.h"

#include <stdio.h>

#define HEADERS_MAX 16

static void die(const struct treaty_error *err)
{
    fprintf(stderr, "kafka_put: %s\n", err->message);
    exit(2);
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = memchr(digits, c, 16);

    return at ? (int)(at - digits) : 0;
}

/* In place: what is read is always ahead of what is written. */
static struct treaty_str from_hex(char *text)
{
    size_t len = strlen(text) / 2;

    if (strcmp(text, "-") == 0)
        return (struct treaty_str){0};
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    return (struct treaty_str){text, len};
}

static void put_line(struct treaty_producer *producer, char *line)
{
    struct treaty_header headers[HEADERS_MAX];
    struct treaty_outgoing record = {.headers = headers};
    struct treaty_error err;
    char *rest = line;
    char *key = strsep(&rest, " ");
    char *value = strsep(&rest, " ");
    char *word = strsep(&rest, " ");

    if (strcmp(key, "-") != 0)
        record.key = treaty_str_z(key);
    record.value = from_hex(value);
    for (; word && record.header_count < HEADERS_MAX;
         word = strsep(&rest, " ")) {
        char *name = strsep(&word, "=");

        headers[record.header_count++] = (struct treaty_header){
            treaty_str_z(name), treaty_str_z(word ? word : "")};
    }
    if (treaty_producer_send(producer, &record, &err))
        die(&err);
}

int main(int argc, char **argv)
{
    struct treaty_producer_options options = {0};
    struct treaty_producer *producer;
    struct treaty_error err;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    if (argc != 3)
        return 2;
    options.stream.bootstrap = argv[1];
    options.topic = argv[2];
    if (treaty_producer_new(&options, &producer, &err))
        die(&err);
    for (len = getline(&line, &cap, stdin); len > 0;
         len = getline(&line, &cap, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        put_line(producer, line);
    }
    if (treaty_producer_flush(producer, 30000, &err))
        die(&err);
    free(line);
    treaty_producer_free(producer);
    return 0;
}
