/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_JOURNAL_VIEWS_H
#define TREATY_SRC_JOURNAL_VIEWS_H

/*
 * What a person with the `sqlite3` shell sees, without a server:
 *
 *     subjects(subject, compatibility)         live subjects, effective level
 *     versions(subject, version, schema_id)    live versions
 *     schemas(schema_id, schema_text, format)  a row for each id
 *
 * They say in SQL what the registry says in C: a DELETE_SUBJECT record deletes
 * the versions up to its own that were written before it; a level comes from
 * the subject, else from the global configuration, else from the server's
 * default, which the registry leaves in the journal for this purpose.
 */
extern const char treaty_journal_views_sql[];

#endif
