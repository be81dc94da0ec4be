/* SPDX-License-Identifier: Apache-2.0 */
#include "server/inside.h"

#define H(name) treaty_server_##name

/* All that is served; what is not here is 404 with error_code 404, which the
 * official clients take as "this registry has no such feature". */
const struct treaty_http_route treaty_server_routes[] = {
    {"GET", "/", H(root), 0},
    {"POST", "/", H(root), 0},

    {"GET", "/schemas/ids/{id}", H(schema_by_id), 0},
    {"GET", "/schemas/ids/{id}/schema", H(schema_text_by_id), 0},
    {"GET", "/schemas/ids/{id}/subjects", H(schema_subjects), 0},
    {"GET", "/schemas/ids/{id}/versions", H(schema_versions), 0},
    {"GET", "/schemas/guids/{guid}", H(schema_by_guid), 0},
    {"GET", "/schemas/guids/{guid}/ids", H(schema_guid_ids), 0},
    {"GET", "/schemas/types", H(schema_types), 0},

    {"GET", "/subjects", H(subject_list), 0},
    {"POST", "/subjects/{s}", H(subject_lookup), 0},
    {"DELETE", "/subjects/{s}", H(subject_delete), 0},
    {"GET", "/subjects/{s}/versions", H(version_list), 0},
    {"POST", "/subjects/{s}/versions", H(version_register), 0},
    {"GET", "/subjects/{s}/versions/{v}", H(version_get), 0},
    {"DELETE", "/subjects/{s}/versions/{v}", H(version_delete), 0},
    {"GET", "/subjects/{s}/versions/{v}/schema", H(version_text), 0},
    {"GET", "/subjects/{s}/versions/{v}/referencedby", H(version_referenced_by),
     0},

    {"POST", "/compatibility/subjects/{s}/versions", H(compatibility_all), 0},
    {"POST", "/compatibility/subjects/{s}/versions/{v}", H(compatibility_one),
     0},

    {"GET", "/config", H(config_get), 0},
    {"PUT", "/config", H(config_put), 0},
    {"DELETE", "/config", H(config_delete), 0},
    {"GET", "/config/{s}", H(config_get), 0},
    {"PUT", "/config/{s}", H(config_put), 0},
    {"DELETE", "/config/{s}", H(config_delete), 0},

    {"GET", "/mode", H(mode_get), 0},
    {"PUT", "/mode", H(mode_put), 0},
    {"DELETE", "/mode", H(mode_delete), 0},
    {"GET", "/mode/{s}", H(mode_get), 0},
    {"PUT", "/mode/{s}", H(mode_put), 0},
    {"DELETE", "/mode/{s}", H(mode_delete), 0},

    {"GET", "/health/live", H(health_live), 0},
    {"GET", "/health/ready", H(health_ready), 0},
    {"GET", "/metrics", H(metrics), TREATY_HTTP_ANY_ACCEPT},
};

const size_t treaty_server_route_count =
    sizeof(treaty_server_routes) / sizeof(treaty_server_routes[0]);
