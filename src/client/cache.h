/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_CLIENT_CACHE_H
#define TREATY_SRC_CLIENT_CACHE_H

/*
 * What a client keeps for its serializers and deserializers, each thing asked
 * for once however many threads want it:
 *
 *     id or GUID          -> schema, parsed           treaty_client_schema
 *     schema and subject  -> id                       treaty_client_id_of
 *     writer, reader, layout, options -> plan         treaty_client_plan,
 *                                        where both are a message of a schema
 *
 * All of it lives until the client is freed. What can never work, because a
 * schema does not parse or a plan cannot be made, is kept as well, with its
 * reason: asking again would not help.
 */
#include "client/closure.h"
#include "wire/frame.h"

struct treaty_cached_schema {
    struct treaty_table_key key;
    int32_t id; /* 0: it was fetched by GUID */
    uint8_t guid[16];
    struct treaty_schema *schema; /* NULL: `failure` says why */
    const struct treaty_error *failure;
    struct treaty_cached_schema *next; /* all of them, for the end */
};

/*
 * The schema that a frame names. TREATY_ENOSCHEMA when the registry does not
 * know it, and said so twice; TREATY_EUNREADABLE when it cannot be used;
 * otherwise an infrastructure code, TREATY_EBUSY with `no_wait` for what
 * would need time.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_client_schema(struct treaty_client *client,
                     const struct treaty_frame *frame, bool no_wait,
                     const struct treaty_cached_schema **ret,
                     struct treaty_error *err);

/* A schema that is to be written, under the id that the registry gave it. */
struct treaty_cached_id {
    int32_t id;
    int32_t version; /* 0: nobody wanted to know, and the registry is silent */
    uint8_t guid[16];
};

/*
 * The id of a text under `subject`, registering it unless `look_up`. Fails as
 * treaty_client_register does.
 */
struct treaty_id_request {
    const struct treaty_format *format;
    struct treaty_str text;      /* what is sent */
    struct treaty_str canonical; /* as far as it is known; or `text` again */
    const struct treaty_reference *references;
    size_t reference_count;
    const char *subject;
    bool look_up;
    bool normalize;
    bool wants_version; /* older registries must be asked for it */
};
TREATY_MUST_CHECK enum treaty_code treaty_client_id_of(
    struct treaty_client *client, const struct treaty_id_request *request,
    const struct treaty_cached_id **ret, struct treaty_error *err);

/*
 * The subject's latest schema, as it was when this client first asked.
 * TREATY_EUNREADABLE when it cannot be used.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_client_latest(struct treaty_client *client, const char *subject,
                     const struct treaty_cached_schema **ret,
                     struct treaty_error *err);

struct treaty_cached_plan {
    const struct treaty_cached_schema *writer;
    struct treaty_schema *written; /* the writer's, or a part of it */
    struct treaty_plan *plan;      /* NULL: `failure` says why */
    struct treaty_layout *layout;
    struct treaty_schema *reader;
    const struct treaty_error *failure;
    struct treaty_cached_plan *next; /* all of them, for the end */
};

struct treaty_plan_request {
    const struct treaty_cached_schema *writer;
    struct treaty_schema *written; /* the writer's, or a part of it */
    struct treaty_schema *reader;  /* NULL: as the writer wrote it */
    uint8_t reader_guid[16];
    struct treaty_layout *layout; /* NULL: the reader's natural one */
    struct treaty_plan_options options;
};

/*
 * An event of one message is not read as another one that the reader's schema
 * has beside it: that plan's `failure` is TREATY_EUNREADABLE.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_client_plan(struct treaty_client *client,
                   const struct treaty_plan_request *request,
                   struct treaty_cached_plan **ret, struct treaty_error *err);

/* Report what was kept as impossible. */
enum treaty_code treaty_fail_again(struct treaty_error *err,
                                   const struct treaty_error *failure);

/* Give back what the caches hold; the end of a client. */
void treaty_client_release_caches(struct treaty_client *client);

#endif
