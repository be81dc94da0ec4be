/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/views.h"

/*
 * Keys are compared as text, which the unique index on them makes fast:
 * json_object prints the same bytes that the registry writes.
 */
#define LEVEL "json_extract(value, '$.compatibilityLevel')"
#define LEVEL_OF(key_sql)                                                      \
    "(SELECT " LEVEL " FROM journal WHERE key = " key_sql ")"

const char treaty_journal_views_sql[] =
    "DROP VIEW IF EXISTS subjects;"
    "DROP VIEW IF EXISTS versions;"
    "DROP VIEW IF EXISTS schemas;"

    "CREATE VIEW versions(subject, version, schema_id) AS"
    " SELECT s.subject, s.version, s.id"
    " FROM (SELECT \"offset\" AS at,"
    "              json_extract(key, '$.subject') AS subject,"
    "              json_extract(key, '$.version') AS version,"
    "              json_extract(value, '$.id') AS id,"
    "              coalesce(json_extract(value, '$.deleted'), 0) AS deleted"
    "       FROM journal"
    "       WHERE key GLOB '{\"keytype\":\"SCHEMA\",*'"
    "         AND value IS NOT NULL) AS s"
    " WHERE NOT s.deleted AND NOT EXISTS ("
    "   SELECT 1 FROM journal AS d"
    "   WHERE d.key = json_object('keytype', 'DELETE_SUBJECT',"
    "                             'subject', s.subject, 'magic', 0)"
    "     AND d.value IS NOT NULL AND d.\"offset\" > s.at"
    "     AND json_extract(d.value, '$.version') >= s.version)"
    " ORDER BY s.subject, s.version;"

    "CREATE VIEW subjects(subject, compatibility) AS"
    " SELECT v.subject, coalesce(" LEVEL_OF(
        "json_object('keytype', 'CONFIG', 'subject', v.subject,"
        " 'magic', 0)") "," LEVEL_OF("'{\"keytype\":\"CONFIG\",\"subject\":"
                                     "null,\"magic\":0}'") "," LEVEL_OF("'{"
                                                                        "\"keyt"
                                                                        "ype\":"
                                                                        "\"NOOP"
                                                                        "\","
                                                                        "\"magi"
                                                                        "c\":0,"
                                                                        "\"trea"
                                                                        "ty\":"
                                                                        "\"DEFA"
                                                                        "ULT_"
                                                                        "LEVEL"
                                                                        "\"}'") ","
                                                                                "   'BACKWARD')"
                                                                                " FROM (SELECT DISTINCT subject FROM versions) AS v"
                                                                                " ORDER BY v.subject;"

                                                                                "CREATE VIEW schemas(schema_id, schema_text, format) AS"
                                                                                " SELECT json_extract(value, '$.id'), json_extract(value, '$.schema'),"
                                                                                "        coalesce(json_extract(value, '$.schemaType'), 'AVRO')"
                                                                                " FROM journal"
                                                                                " WHERE key GLOB '{\"keytype\":\"SCHEMA\",*' AND value IS NOT NULL"
                                                                                " GROUP BY 1 ORDER BY 1;";
