/* SPDX-License-Identifier: Apache-2.0 */
/* Files that an application brings along: registered before what imports them,
 * once. */
#include "serde/serde.h"

#include "base/str.h"
#include "harness/registry.h"
#include "harness/responder.h"
#include "harness/tap.h"

#define LITERAL(text)                                                          \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

#define TOP                                                                    \
    "syntax = \"proto3\"; import \"left.proto\"; import \"x/right.proto\";"    \
    "import \"google/protobuf/timestamp.proto\";"                              \
    "message Top { Left left = 1; Right right = 2;"                            \
    "  google.protobuf.Timestamp at = 3; }"

static const struct treaty_source_file files[] = {
    {"x/right.proto", LITERAL("syntax = \"proto3\"; import \"base.proto\";"
                              "message Right { Base base = 1; }")},
    {"left.proto", LITERAL("syntax = \"proto3\"; import \"base.proto\";"
                           "message Left { Base base = 1; }")},
    {"base.proto",
     LITERAL("syntax = \"proto3\"; message Base { int32 a = 1; }")},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

struct world {
    struct tap_registry *registry;
    struct treaty_client *client;
    struct treaty_scratch *scratch;
    struct treaty_error err;
};

static struct world begin(void)
{
    struct world w = {.registry = tap_registry_start()};
    struct treaty_client_options options = {.unknown_retry_ms = 20};

    options.urls = tap_registry_url(w.registry);
    CHECK_INT(treaty_client_new(&options, &w.client, &w.err), TREATY_OK);
    w.scratch = treaty_scratch_new(0, NULL);
    return w;
}

static void end(struct world *w)
{
    treaty_scratch_free(w->scratch);
    treaty_client_free(w->client);
    tap_registry_stop(w->registry);
}

static struct treaty_serializer_options writes_top(const char *topic)
{
    return (struct treaty_serializer_options){
        .schema = TOP,
        .format = "PROTOBUF",
        .topic = topic,
        .imports = {.files = files, .file_count = FILES},
    };
}

/* Make a serializer and let it ask for its id. */
static enum treaty_code prepare(struct world *w,
                                const struct treaty_serializer_options *options)
{
    struct treaty_serializer *serializer = NULL;
    enum treaty_code code =
        treaty_serializer_new(w->client, options, &serializer, &w->err);

    if (code == TREATY_OK)
        code = treaty_serializer_prepare(serializer, &w->err);
    treaty_serializer_free(serializer);
    return code;
}

static void check_references(struct world *w, const char *subject,
                             const char *want)
{
    struct treaty_schema_info info = {0};
    struct treaty_buf got;

    treaty_buf_init(&got, 0);
    CHECK_INT(treaty_client_get_version(w->client, subject, 0, w->scratch,
                                        &info, &w->err),
              TREATY_OK);
    for (size_t i = 0; i < info.reference_count; i++)
        treaty_buf_printf(
            &got, "%.*s=%.*s:%d ", (int)info.references[i].name.len,
            info.references[i].name.data, (int)info.references[i].subject.len,
            info.references[i].subject.data, info.references[i].version);
    CHECK_STR_Z(treaty_buf_str(&got), want);
    treaty_buf_release(&got);
}

static void registers_a_diamond_once(void)
{
    struct world w = begin();
    struct treaty_serializer_options options = writes_top("one");

    if (!CHECK_INT(prepare(&w, &options), TREATY_OK))
        tap_note("%s", w.err.message);
    /* base, left, right, and the schema itself. */
    CHECK_INT(tap_registry_requests(w.registry), 4);
    check_references(&w, "base.proto", "");
    check_references(&w, "left.proto", "base.proto=base.proto:1 ");
    check_references(&w, "x/right.proto", "base.proto=base.proto:1 ");
    check_references(&w, "one-value",
                     "left.proto=left.proto:1 x/right.proto=x/right.proto:1 ");
    CHECK_INT(tap_registry_requests(w.registry), 8);
    /* Another topic of the same process asks for nothing but its own. */
    options = writes_top("two");
    CHECK_INT(prepare(&w, &options), TREATY_OK);
    CHECK_INT(tap_registry_requests(w.registry), 9);
    end(&w);
}

static void names_subjects_by_strategy(void)
{
    struct world w = begin();
    struct treaty_serializer_options options = writes_top("t");

    options.reference_strategy = TREATY_REFERENCE_QUALIFIED;
    CHECK_INT(prepare(&w, &options), TREATY_OK);
    check_references(&w, "x.right", "base.proto=base:1 ");
    check_references(&w, "t-value",
                     "left.proto=left:1 x/right.proto=x.right:1 ");
    end(&w);
}

/* With LOOK_UP nothing is registered, imports neither. */
static void looks_imports_up(void)
{
    struct world w = begin();
    struct treaty_serializer_options options = writes_top("t");
    struct treaty_texts subjects;

    options.id_source = TREATY_ID_LOOK_UP;
    CHECK_INT(prepare(&w, &options), TREATY_ENOSUBJECT);
    CHECK(treaty_str_starts(treaty_str_z(w.err.message),
                            TREATY_STR("import \"base.proto\": ")));
    CHECK_INT(treaty_client_subjects(w.client, w.scratch, &subjects, &w.err),
              TREATY_OK);
    CHECK_INT(subjects.count, 0);
    options.id_source = TREATY_ID_REGISTER;
    CHECK_INT(prepare(&w, &options), TREATY_OK);
    options.id_source = TREATY_ID_LOOK_UP;
    CHECK_INT(prepare(&w, &options), TREATY_OK);
    end(&w);
}

static struct treaty_str find_file(void *ctx, const char *path)
{
    size_t *asked = (size_t *)ctx;

    (*asked)++;
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(files[i].path, path) == 0)
            return files[i].text;
    return (struct treaty_str){0};
}

/* From a function, and what it lacks from the references. */
static void mixes_sources(void)
{
    static const struct treaty_reference base = {
        .name = {"base.proto", 10}, .subject = {"elsewhere", 9}, .version = 1};
    struct world w = begin();
    struct treaty_schema_request request = {
        .subject = "elsewhere",
        .type = "PROTOBUF",
        .text = files[2].text,
    };
    struct treaty_serializer_options options = writes_top("t");
    struct treaty_schema_info info;
    size_t asked = 0;

    options.imports = (struct treaty_import_source){
        .find = find_file,
        .ctx = &asked,
    };
    CHECK_INT(prepare(&w, &options), TREATY_OK);
    CHECK_INT(asked, 3);
    CHECK_INT(
        treaty_client_register(w.client, &request, w.scratch, &info, &w.err),
        TREATY_OK);
    options = writes_top("u");
    options.imports.file_count = 2; /* without base.proto */
    options.references = &base;
    options.reference_count = 1;
    options.reference_strategy = TREATY_REFERENCE_QUALIFIED;
    if (!CHECK_INT(prepare(&w, &options), TREATY_OK))
        tap_note("%s", w.err.message);
    check_references(&w, "left", "base.proto=elsewhere:1 ");
    check_references(&w, "u-value",
                     "base.proto=elsewhere:1 left.proto=left:1 "
                     "x/right.proto=x.right:1 ");
    end(&w);
}

/* What is imported and nowhere to be had, and what imports itself. */
static void refuses_what_cannot_be(void)
{
    static const struct treaty_source_file loop[] = {
        {"left.proto",
         LITERAL(
             "syntax = \"proto3\"; import \"x/right.proto\"; message Left {}")},
        {"x/right.proto",
         LITERAL(
             "syntax = \"proto3\"; import \"left.proto\"; message Right {}")},
    };
    struct world w = begin();
    struct treaty_serializer_options options = writes_top("t");

    options.imports.file_count = 1;
    CHECK_INT(treaty_code_rest_error(prepare(&w, &options)), 42201);
    options = writes_top("t");
    options.imports = (struct treaty_import_source){
        .files = loop,
        .file_count = 2,
    };
    CHECK_INT(prepare(&w, &options), TREATY_ESCHEMA);
    CHECK_STR_Z(treaty_str_z(w.err.message), "\"left.proto\" imports itself");
    CHECK_INT(tap_registry_requests(w.registry), 0);
    end(&w);
}

/* A reader's schema may import, too; nothing is registered for it. */
static void reads_with_imports(void)
{
    struct world w = begin();
    struct treaty_serializer_options s = writes_top("t");
    struct treaty_deserializer_options d = {
        .schema = TOP,
        .format = "PROTOBUF",
        .imports = s.imports,
    };
    struct treaty_serializer *serializer = NULL;
    struct treaty_deserializer *deserializer = NULL;
    struct treaty_message message;
    int64_t record[32] = {0};
    int64_t back[32] = {0};

    CHECK_INT(treaty_deserializer_new(w.client, &d, &deserializer, &w.err),
              TREATY_OK);
    CHECK_INT(tap_registry_requests(w.registry), 0);
    CHECK_INT(treaty_serializer_new(w.client, &s, &serializer, &w.err),
              TREATY_OK);
    CHECK(treaty_deserializer_record_size(deserializer) <= sizeof(record));
    CHECK_INT(treaty_serialize(serializer, record, w.scratch, &message, &w.err),
              TREATY_OK);
    if (!CHECK_INT(
            treaty_deserialize(deserializer, &message, back, w.scratch, &w.err),
            TREATY_OK))
        tap_note("%s", w.err.message);
    treaty_serializer_free(serializer);
    treaty_deserializer_free(deserializer);
    end(&w);
}

static void put_file(struct world *w, const char *subject,
                     struct treaty_str text,
                     const struct treaty_reference *references, size_t count)
{
    struct treaty_schema_request request = {
        .subject = subject,
        .type = "PROTOBUF",
        .text = text,
        .references = references,
        .reference_count = count,
    };
    struct treaty_schema_info info;

    if (!CHECK_INT(treaty_client_register(w->client, &request, w->scratch,
                                          &info, &w->err),
                   TREATY_OK))
        tap_note("%s", w->err.message);
}

/* One file, which two others import by two paths: it is fetched once. */
static void follows_two_paths(void)
{
    static const struct treaty_reference by[] = {
        {.name = LITERAL("base.proto"), .subject = LITERAL("b"), .version = 1},
        {.name = LITERAL("x/base.proto"),
         .subject = LITERAL("b"),
         .version = 1},
        {.name = LITERAL("left.proto"), .subject = LITERAL("l"), .version = 1},
    };
    const struct treaty_reference two[] = {by[2], by[1]};
    static const char *const names[] = {"base.proto", "left.proto",
                                        "x/base.proto"};
    struct world w = begin();
    struct treaty_manner manner = {0};
    struct treaty_closure closure = {0};
    struct treaty_schema_info info;
    size_t before;

    put_file(&w, "b", files[2].text, NULL, 0);
    put_file(&w, "l", files[1].text, &by[0], 1);
    put_file(&w, "t-value",
             TREATY_STR("syntax = \"proto3\"; import \"left.proto\";"
                        "import \"x/base.proto\";"
                        "message T { Left left = 1; Base base = 2; }"),
             two, 2);
    CHECK_INT(treaty_client_get_version(w.client, "t-value", 0, w.scratch,
                                        &info, &w.err),
              TREATY_OK);
    before = tap_registry_requests(w.registry);
    CHECK_INT(treaty_client_closure(w.client, &info, manner, &w.scratch->arena,
                                    &closure, &w.err),
              TREATY_OK);
    CHECK_INT(tap_registry_requests(w.registry) - before, 2);
    if (CHECK_INT(closure.count, 3))
        for (size_t i = 0; i < 3; i++)
            CHECK_STR_Z(closure.imports[i].reference.name, names[i]);
    end(&w);
}

/* A registry before 8.0: ids alone, so the version is looked up. */
static void answer_as_before_8(void *ctx,
                               const struct responder_request *request,
                               struct responder_reply *reply)
{
    bool registers = strstr(request->path, "/versions") != NULL;

    (void)ctx;
    reply->status = 200;
    reply->body = registers ? "{\"id\":5}"
                            : "{\"id\":5,\"version\":3,\"subject\":\"s\","
                              "\"schema\":\"\"}";
}

static void asks_older_registries_for_versions(void)
{
    struct responder *responder = responder_start(answer_as_before_8, NULL);
    struct treaty_client_options where = {.urls = responder_url(responder)};
    struct treaty_serializer_options options = writes_top("t");
    struct world w = {0};

    CHECK_INT(treaty_client_new(&where, &w.client, &w.err), TREATY_OK);
    if (!CHECK_INT(prepare(&w, &options), TREATY_OK))
        tap_note("%s", w.err.message);
    /* Two requests for each import, one for the schema. */
    CHECK_INT(responder_requests(responder), 7);
    treaty_client_free(w.client);
    responder_stop(responder);
}

TAP_MAIN({"registers a diamond once", registers_a_diamond_once},
         {"names subjects by strategy", names_subjects_by_strategy},
         {"looks imports up", looks_imports_up},
         {"mixes sources", mixes_sources},
         {"refuses what cannot be", refuses_what_cannot_be},
         {"reads with imports", reads_with_imports},
         {"follows two paths", follows_two_paths},
         {"asks older registries for versions",
          asks_older_registries_for_versions})
