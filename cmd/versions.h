/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_VERSIONS_H
#define TREATY_CMD_VERSIONS_H

/*
 * Which version of a subject an id is: for people, who think in versions. The
 * subject's versions are asked for when an unknown id turns up; an id that is
 * not of this subject is asked about once.
 */
#include <treaty/client.h>

struct treaty_versions {
    struct treaty_client *client;
    const char *subject;
    struct treaty_scratch *scratch;
    struct treaty_version_row *rows;
    size_t count;
    size_t cap;
    int32_t latest; /* the highest version that was asked for */
};

struct treaty_version_row {
    int32_t id;
    int32_t version; /* 0: not of this subject */
};

void treaty_versions_init(struct treaty_versions *versions,
                          struct treaty_client *client, const char *subject);
void treaty_versions_release(struct treaty_versions *versions);

/* 0 when it is none of the subject's, or nobody can tell now. */
int32_t treaty_versions_of(struct treaty_versions *versions, int32_t id);

#endif
