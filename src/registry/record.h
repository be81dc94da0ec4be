/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_RECORD_H
#define TREATY_SRC_REGISTRY_RECORD_H

/*
 * The bytes of records (confluent.md 4.2). Compaction works on the bytes of a
 * key, so the order of its members is part of the format:
 *
 *     {"keytype":"SCHEMA","subject":S,"version":N,"magic":1}
 *     {"keytype":"CONFIG","subject":S or null,"magic":0}
 *     {"keytype":"MODE","subject":S or null,"magic":0}
 *     {"keytype":"DELETE_SUBJECT","subject":S,"magic":0}
 *
 * What Treaty adds must not look new to Confluent's reader, which dies of an
 * unknown keytype, so it is a NOOP with one more member and a value:
 *
 *     {"keytype":"NOOP","magic":0,"treaty":"HIGHID","context":"."}
 *         {"id":N}: the highest id ever given; it outlives every deletion
 *     {"keytype":"NOOP","magic":0,"treaty":"DEFAULT_LEVEL"}
 *         {"compatibilityLevel":L}: the server's default, for the SQL views
 *
 * or a member more of a value, which Confluent's reader passes over:
 *
 *     SCHEMA    "treatyOriginal": the text as it was submitted, comments and
 *               all, when it is not the canonical one
 */
#include "base/json.h"
#include "registry/state.h"

void treaty_record_schema_key(struct treaty_buf *out, struct treaty_str subject,
                              int32_t version);
/* `keytype` CONFIG, MODE or DELETE_SUBJECT; `subject.data` NULL: global. */
void treaty_record_subject_key(struct treaty_buf *out, const char *keytype,
                               struct treaty_str subject);
void treaty_record_high_id_key(struct treaty_buf *out);
void treaty_record_default_level_key(struct treaty_buf *out);

/* What a SCHEMA record says; `extra` as in struct treaty_entry. */
struct treaty_schema_record {
    struct treaty_str subject;
    int32_t version;
    int32_t id;
    bool deleted;
    struct treaty_content content;
    struct treaty_str type;
    struct treaty_str extra;
    struct treaty_str original_json; /* .data NULL: none */
};

void treaty_record_schema_value(struct treaty_buf *out,
                                const struct treaty_schema_record *record);
/* The submitted text in a SCHEMA value, as spelled there; .data NULL: none.
 * `raw` is the text of `value`. */
struct treaty_str treaty_record_original(const struct treaty_json *value,
                                         struct treaty_str raw);
/* `[{"name":...,"subject":...,"version":...},...]` */
void treaty_record_references(struct treaty_buf *out,
                              const struct treaty_reference *references,
                              size_t count);

/*
 * The entry that a SCHEMA value tells of, made in `share`; `raw` is the text
 * of `value`. TREATY_EJSON when a member is missing or of another type,
 * TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_record_read_entry(struct treaty_share *share,
                         struct treaty_arena *scratch,
                         const struct treaty_json *value, struct treaty_str raw,
                         struct treaty_entry **ret);

/* The same for CONFIG and MODE values, whose main member is `name`. */
TREATY_MUST_CHECK enum treaty_code
treaty_record_read_setting(struct treaty_share *share, struct treaty_str scope,
                           const char *name, const struct treaty_json *value,
                           struct treaty_str raw, struct treaty_setting **ret);

/* A configuration value: `{"subject":S,"compatibilityLevel":L,...}`. */
void treaty_record_config_value(struct treaty_buf *out,
                                const struct treaty_setting *setting);
void treaty_record_mode_value(struct treaty_buf *out, struct treaty_str scope,
                              struct treaty_str mode);

#endif
