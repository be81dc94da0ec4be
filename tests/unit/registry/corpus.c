/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules as data: every paragraph of tests/corpus/registry is a case that
 * starts with an empty registry (its README says how to read one). Each case
 * runs on every journal.
 */
#include "base/buf.h"
#include "base/file.h"
#include "journal/journal.h"
#include "registry/registry.h"
#include "tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/registry"
#define LET_MAX 64

struct let {
    struct treaty_str name;
    struct treaty_str text;
};

struct run {
    const char *file;
    int line;
    struct let lets[LET_MAX];
    size_t let_count;
    struct treaty_journal *journal;
    struct treaty_registry *registry;
    struct treaty_registry_reader *reader;
    struct treaty_arena arena; /* of one line */
    struct treaty_buf answer;
};

/* One line's words that steer the operation; `rest` is the schema. */
struct options {
    struct treaty_task task;
    struct treaty_reference references[16];
    enum treaty_deleted deleted;
    bool global;
    struct treaty_page page;
    struct treaty_str rest;
};

/* --- Answers ---------------------------------------------------------------
 */

static void say_code(struct run *r, enum treaty_code code)
{
    treaty_buf_put_i64(&r->answer, treaty_code_rest_error(code));
}

static void say_space(struct run *r)
{
    if (r->answer.len)
        treaty_buf_put_c(&r->answer, ' ');
}

static void say_version(struct run *r, const struct treaty_version *v)
{
    say_space(r);
    treaty_buf_printf(&r->answer, "%d v%d%s", v->entry->id, v->version,
                      v->deleted ? " deleted" : "");
}

static void say_config(struct run *r, const struct treaty_config *config)
{
    static const char *const truths[] = {"", " normalize=false",
                                         " normalize=true"};

    treaty_buf_put(&r->answer,
                   config->level.data ? config->level : TREATY_STR("-"));
    treaty_buf_put_z(&r->answer, truths[config->normalize]);
}

/* --- Operations ------------------------------------------------------------
 */

static enum treaty_code run_task(struct run *r, struct options *o,
                                 enum treaty_task_kind kind)
{
    o->task.kind = kind;
    o->task.arena = &r->arena;
    o->task.schema.text = o->rest;
    return treaty_registry_run(r->registry, &o->task);
}

static enum treaty_code op_register(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_REGISTER);

    if (code == TREATY_OK)
        say_version(r, &o->task.ret_version);
    return code;
}

static enum treaty_code op_lookup(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_LOOKUP);

    if (code == TREATY_OK)
        say_version(r, &o->task.ret_version);
    return code;
}

static enum treaty_code op_check(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_CHECK);

    if (code == TREATY_OK)
        treaty_buf_put_z(&r->answer, o->task.ret_compatible ? "yes" : "no");
    return code;
}

static enum treaty_code op_delete_subject(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_DELETE_SUBJECT);

    for (size_t i = 0; code == TREATY_OK && i < o->task.ret_deleted_count;
         i++) {
        say_space(r);
        treaty_buf_put_i64(&r->answer, o->task.ret_deleted[i]);
    }
    return code;
}

static enum treaty_code op_delete_version(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_DELETE_VERSION);

    if (code == TREATY_OK)
        treaty_buf_put_i64(&r->answer, o->task.ret_version.version);
    return code;
}

static enum treaty_code op_set_config(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_SET_CONFIG);

    if (code == TREATY_OK)
        say_config(r, &o->task.ret_config);
    return code;
}

static enum treaty_code op_delete_config(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_DELETE_CONFIG);

    if (code == TREATY_OK)
        say_config(r, &o->task.ret_config);
    return code;
}

static enum treaty_code op_set_mode(struct run *r, struct options *o)
{
    enum treaty_code code;

    if (!treaty_str_eq_z(o->rest, "null"))
        o->task.mode = o->rest;
    code = run_task(r, o, TREATY_TASK_SET_MODE);
    if (code == TREATY_OK)
        treaty_buf_put(&r->answer, o->task.ret_mode);
    return code;
}

static enum treaty_code op_delete_mode(struct run *r, struct options *o)
{
    enum treaty_code code = run_task(r, o, TREATY_TASK_DELETE_MODE);

    if (code == TREATY_OK)
        treaty_buf_put(&r->answer, o->task.ret_mode);
    return code;
}

static enum treaty_code op_config(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    struct treaty_config config;
    enum treaty_code code =
        treaty_catalog_config(c, o->task.subject, o->global, &config, NULL);

    if (code == TREATY_OK)
        say_config(r, &config);
    treaty_registry_unpin(r->reader);
    return code;
}

static enum treaty_code op_mode(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    struct treaty_str mode;
    enum treaty_code code =
        treaty_catalog_mode(c, o->task.subject, o->global, &mode, NULL);

    if (code == TREATY_OK)
        treaty_buf_put(&r->answer, mode);
    treaty_registry_unpin(r->reader);
    return code;
}

static enum treaty_code op_subjects(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    struct treaty_subject_list list;
    enum treaty_code code = treaty_catalog_subjects(c, o->rest, o->deleted,
                                                    o->page, &r->arena, &list);

    for (size_t i = 0; code == TREATY_OK && i < list.count; i++) {
        say_space(r);
        treaty_buf_put(&r->answer, list.items[i]);
    }
    treaty_registry_unpin(r->reader);
    return code;
}

static enum treaty_code op_versions(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    struct treaty_version_list list;
    enum treaty_code code = treaty_catalog_versions(
        c, o->task.subject, o->deleted, &r->arena, &list, NULL);

    for (size_t i = 0; code == TREATY_OK && i < list.count; i++) {
        say_space(r);
        treaty_buf_put_i64(&r->answer, list.items[i]->version);
    }
    treaty_registry_unpin(r->reader);
    return code;
}

static enum treaty_code op_get(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    const struct treaty_version *v;
    enum treaty_code code = treaty_catalog_version(
        c, o->task.subject, o->task.version, o->deleted, &v, NULL);

    if (code == TREATY_OK)
        say_version(r, v);
    treaty_registry_unpin(r->reader);
    return code;
}

/* By id or, when it does not look like one, by GUID. */
static enum treaty_code op_schema(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    const struct treaty_entry *e = NULL;
    uint8_t guid[16];
    int64_t id;

    if (treaty_str_to_i64(o->rest, &id))
        e = treaty_catalog_by_id(c, id);
    else if (treaty_guid_parse(o->rest, guid))
        e = treaty_catalog_by_guid(c, guid);
    if (e) {
        treaty_buf_printf(&r->answer, "%d ", e->id);
        treaty_buf_put(&r->answer, treaty_entry_text(e, &r->arena));
        if (e->references_json.len)
            treaty_buf_put_c(&r->answer, ' ');
        treaty_buf_put(&r->answer, e->references_json);
    }
    treaty_registry_unpin(r->reader);
    return e ? TREATY_OK : TREATY_ENOSCHEMA;
}

static enum treaty_code op_uses(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    struct treaty_version_list list;
    enum treaty_code code = TREATY_EUSAGE;
    int64_t id;

    if (treaty_str_to_i64(o->rest, &id))
        code = treaty_catalog_uses(c, id, o->deleted, &r->arena, &list, NULL);
    for (size_t i = 0; code == TREATY_OK && i < list.count; i++) {
        say_space(r);
        treaty_buf_put(&r->answer, list.items[i]->subject);
        treaty_buf_printf(&r->answer, ":%d", list.items[i]->version);
    }
    treaty_registry_unpin(r->reader);
    return code;
}

static enum treaty_code op_referencedby(struct run *r, struct options *o)
{
    const struct treaty_catalog *c = treaty_registry_pin(r->reader);
    struct treaty_id_list list;
    const struct treaty_version *v;
    enum treaty_code code = treaty_catalog_version(
        c, o->task.subject, o->task.version, TREATY_WITH_DELETED, &v, NULL);

    if (code == TREATY_OK)
        code = treaty_catalog_referenced_by(c, v, o->deleted, &r->arena, &list);
    for (size_t i = 0; code == TREATY_OK && i < list.count; i++) {
        say_space(r);
        treaty_buf_put_i64(&r->answer, list.items[i]);
    }
    treaty_registry_unpin(r->reader);
    return code;
}

/* --- A registry for each case -----------------------------------------------
 */

static void start(struct run *r)
{
    struct treaty_registry_options options = {.journal = r->journal};
    struct treaty_error err;

    if (treaty_registry_open(&options, &r->registry, &err) != TREATY_OK) {
        tap_fail(r->file, r->line, "open: %s", err.message);
        exit(1);
    }
    r->reader = treaty_registry_reader_new(r->registry);
}

static void stop(struct run *r)
{
    treaty_registry_reader_free(r->reader);
    treaty_registry_close(r->registry);
}

static enum treaty_code op_restart(struct run *r, struct options *o)
{
    (void)o;
    stop(r);
    start(r);
    return TREATY_OK;
}

enum { SUBJECT = 1, VERSION = 2 };

static const struct {
    const char *name;
    unsigned takes;
    enum treaty_code (*fn)(struct run *r, struct options *o);
} ops[] = {
    {"register", SUBJECT, op_register},
    {"lookup", SUBJECT, op_lookup},
    {"check", SUBJECT | VERSION, op_check},
    {"subjects", 0, op_subjects},
    {"versions", SUBJECT, op_versions},
    {"get", SUBJECT | VERSION, op_get},
    {"schema", 0, op_schema},
    {"uses", 0, op_uses},
    {"referencedby", SUBJECT | VERSION, op_referencedby},
    {"delete", SUBJECT, op_delete_subject},
    {"delete-version", SUBJECT | VERSION, op_delete_version},
    {"config", SUBJECT, op_config},
    {"set-config", SUBJECT, op_set_config},
    {"delete-config", SUBJECT, op_delete_config},
    {"mode", SUBJECT, op_mode},
    {"set-mode", SUBJECT, op_set_mode},
    {"delete-mode", SUBJECT, op_delete_mode},
    {"restart", 0, op_restart},
};

/* --- Reading lines ----------------------------------------------------------
 */

static struct treaty_str take_word(struct treaty_str *rest)
{
    struct treaty_str word =
        treaty_str_sub(*rest, 0, treaty_str_find(*rest, ' '));

    *rest = treaty_str_trim(treaty_str_sub(*rest, word.len, rest->len));
    return word;
}

/* The value of "name=value", or .data NULL. */
static struct treaty_str value_of(struct treaty_str word, const char *name)
{
    size_t n = strlen(name);

    if (!treaty_str_starts(word, treaty_str_z(name)) || word.len <= n ||
        word.data[n] != '=')
        return (struct treaty_str){0};
    return treaty_str_sub(word, n + 1, word.len);
}

/* ref=NAME:SUBJECT:VERSION */
static bool read_reference(struct options *o, struct treaty_str text)
{
    struct treaty_reference *ref =
        &o->references[o->task.schema.reference_count];
    struct treaty_str rest = text;

    if (!treaty_str_split(&rest, ':', &ref->name) ||
        !treaty_str_split(&rest, ':', &ref->subject) ||
        !treaty_version_parse(rest, &ref->version))
        return false;
    o->task.schema.references = o->references;
    o->task.schema.reference_count++;
    return true;
}

static bool read_number(struct treaty_str text, int32_t *ret)
{
    int64_t number;

    if (!text.data || !treaty_str_to_i64(text, &number))
        return false;
    *ret = (int32_t)number;
    return true;
}

static bool read_setting(struct options *o, struct treaty_str word)
{
    struct treaty_config_change *c = &o->task.config;
    struct treaty_str level = value_of(word, "level");
    struct treaty_str normalize = value_of(word, "normalize");

    if (level.data) {
        c->has_level = true;
        c->value.level =
            treaty_str_eq_z(level, "null") ? (struct treaty_str){0} : level;
        return true;
    }
    if (!normalize.data)
        return false;
    c->has_normalize = true;
    if (!treaty_str_eq_z(normalize, "null"))
        c->value.normalize =
            treaty_str_eq_z(normalize, "true") ? TREATY_TRUE : TREATY_FALSE;
    return true;
}

static bool read_flag(struct options *o, struct treaty_str word)
{
    static const struct {
        const char *name;
        size_t at; /* of the flag in struct options */
    } flags[] = {
        {"normalize", offsetof(struct options, task.schema.normalize)},
        {"deleted", offsetof(struct options, task.deleted)},
        {"permanent", offsetof(struct options, task.permanent)},
        {"force", offsetof(struct options, task.force)},
        {"verbose", offsetof(struct options, task.verbose)},
        {"default", offsetof(struct options, global)},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!treaty_str_eq_z(word, flags[i].name))
            continue;
        *(bool *)((char *)o + flags[i].at) = true;
        return true;
    }
    return false;
}

static bool read_option(struct options *o, struct treaty_str word)
{
    int32_t number;

    if (value_of(word, "ref").data)
        return read_reference(o, value_of(word, "ref"));
    if (value_of(word, "type").data) {
        o->task.schema.type = value_of(word, "type");
        return true;
    }
    if (read_number(value_of(word, "id"), &o->task.id) ||
        read_number(value_of(word, "version"), &o->task.version))
        return true;
    if (read_number(value_of(word, "offset"), &number)) {
        o->page.offset = number;
        return true;
    }
    if (read_number(value_of(word, "limit"), &number)) {
        o->page.limit = number;
        return true;
    }
    if (treaty_str_eq_z(word, "only")) {
        o->deleted = TREATY_ONLY_DELETED;
        return true;
    }
    return read_setting(o, word) || read_flag(o, word);
}

static struct treaty_str expand(const struct run *r, struct treaty_str text)
{
    if (!treaty_str_starts(text, TREATY_STR("$")))
        return text;
    for (size_t i = r->let_count; i > 0; i--) {
        if (treaty_str_eq(r->lets[i - 1].name,
                          treaty_str_sub(text, 1, text.len)))
            return r->lets[i - 1].text;
    }
    tap_fail(r->file, r->line, "no let for %.*s", (int)text.len, text.data);
    return text;
}

/* SUBJECT may be `(global)` for configurations, or `(empty)`. */
static struct treaty_str read_subject(struct treaty_str word)
{
    if (treaty_str_eq_z(word, "(global)"))
        return (struct treaty_str){0};
    if (treaty_str_eq_z(word, "(empty)"))
        return TREATY_STR("");
    return word;
}

static bool read_words(struct run *r, struct options *o, unsigned takes,
                       struct treaty_str rest)
{
    if (takes & SUBJECT)
        o->task.subject = read_subject(take_word(&rest));
    if (takes & VERSION) {
        struct treaty_str word = take_word(&rest);

        if (treaty_str_eq_z(word, "history"))
            o->task.version = TREATY_VERSION_HISTORY;
        else if (!treaty_version_parse(word, &o->task.version))
            return false;
    }
    while (rest.len) {
        struct treaty_str after = rest;

        if (!read_option(o, take_word(&after)))
            break;
        rest = after;
    }
    if (o->task.deleted && o->deleted == TREATY_LIVE)
        o->deleted = TREATY_WITH_DELETED;
    o->rest = expand(r, rest);
    return true;
}

static void run_operation(struct run *r, struct treaty_str left,
                          struct treaty_str want)
{
    struct treaty_str name = take_word(&left);
    struct options o = {0};
    enum treaty_code code = TREATY_EUSAGE;

    treaty_buf_clear(&r->answer);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (treaty_str_eq_z(name, ops[i].name) &&
            read_words(r, &o, ops[i].takes, left))
            code = ops[i].fn(r, &o);
    }
    if (code != TREATY_OK)
        say_code(r, code);
    if (!treaty_str_eq(treaty_buf_str(&r->answer), want))
        tap_fail(r->file, r->line, "got %.*s, want %.*s (%s)",
                 (int)r->answer.len, r->answer.data ? r->answer.data : "",
                 (int)want.len, want.data, o.task.error.message);
    treaty_arena_reset(&r->arena);
}

static void run_line(struct run *r, struct treaty_str line)
{
    static const char arrow[] = " ->";
    size_t at = 0;

    while (at < line.len &&
           !treaty_str_starts(treaty_str_sub(line, at, line.len),
                              treaty_str_z(arrow)))
        at++;
    run_operation(
        r, treaty_str_sub(line, 0, at),
        treaty_str_trim(treaty_str_sub(line, at + strlen(arrow), line.len)));
}

static void add_let(struct run *r, struct treaty_str line)
{
    struct treaty_str rest = treaty_str_sub(line, 4, line.len);
    struct let let;

    let.name = take_word(&rest);
    (void)take_word(&rest); /* the sign `=` */
    let.text = rest;
    if (r->let_count < LET_MAX)
        r->lets[r->let_count++] = let;
    else
        tap_fail(r->file, r->line, "too many lets");
}

/* --- Cases ------------------------------------------------------------------
 */

static void run_lines(struct run *r, struct treaty_str paragraph)
{
    struct treaty_str line;

    while (treaty_str_split(&paragraph, '\n', &line)) {
        line = treaty_str_trim(line);
        if (treaty_str_starts(line, TREATY_STR("let ")))
            add_let(r, line);
        else if (line.len && line.data[0] != '#')
            run_line(r, line);
        r->line++;
    }
}

static char store_path[64];
static char store_url[80];

static void remove_store(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[80];

        (void)snprintf(path, sizeof(path), "%s%s", store_path, suffixes[i]);
        (void)unlink(path);
    }
}

static void run_case(struct run *r, const char *url, struct treaty_str text)
{
    struct treaty_error err;

    remove_store();
    if (treaty_journal_open(treaty_str_z(url), NULL, &r->journal, &err) !=
        TREATY_OK) {
        tap_fail(r->file, r->line, "%s", err.message);
        exit(1);
    }
    start(r);
    run_lines(r, text);
    stop(r);
    treaty_journal_close(r->journal);
}

/* A paragraph of `let` lines and comments holds for the rest of the file. */
static bool is_preamble(struct treaty_str paragraph)
{
    struct treaty_str line;

    while (treaty_str_split(&paragraph, '\n', &line)) {
        if (line.len && line.data[0] != '#' &&
            !treaty_str_starts(line, TREATY_STR("let ")))
            return false;
    }
    return true;
}

static struct treaty_str take_paragraph(struct treaty_str *rest)
{
    struct treaty_str all = *rest;
    size_t at = 0;

    while (at < all.len &&
           !treaty_str_starts(treaty_str_sub(all, at, 2), TREATY_STR("\n\n")))
        at++;
    *rest = treaty_str_sub(all, at + 2, all.len);
    return treaty_str_sub(all, 0, at);
}

static size_t run_file(const char *name, const char *url)
{
    struct run r = {.file = name, .line = 1};
    struct treaty_arena arena = {0};
    struct treaty_str rest;
    char path[512];
    size_t cases = 0;

    (void)snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    CHECK_INT(treaty_file_read(&arena, path, 1 << 20, &rest, NULL), TREATY_OK);
    treaty_buf_init(&r.answer, 0);
    while (rest.len) {
        struct treaty_str paragraph = take_paragraph(&rest);
        size_t kept = r.let_count;

        if (is_preamble(paragraph)) {
            run_lines(&r, paragraph);
            kept = r.let_count;
        } else {
            run_case(&r, url, paragraph);
            cases++;
        }
        r.let_count = kept;
        r.line++;
    }
    treaty_buf_release(&r.answer);
    treaty_arena_release(&r.arena);
    treaty_arena_release(&arena);
    return cases;
}

static void run_all(const char *url)
{
    DIR *dir = opendir(CORPUS);
    struct dirent *entry;
    size_t cases = 0;

    CHECK(dir != NULL);
    if (!dir)
        return;
    for (entry = readdir(dir); entry; entry = readdir(dir)) {
        if (treaty_str_ends(treaty_str_z(entry->d_name), TREATY_STR(".test")))
            cases += run_file(entry->d_name, url);
    }
    (void)closedir(dir);
    CHECK(cases > 0);
    tap_add_passed(cases);
}

static void test_memory(void)
{
    run_all("memory:");
}

static void test_sqlite(void)
{
    char dir[] = "/tmp/treaty-corpus-XXXXXX";

    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(store_path, sizeof(store_path), "%s/db", dir);
    (void)snprintf(store_url, sizeof(store_url), "sqlite:%s", store_path);
    run_all(store_url);
    remove_store();
    CHECK_INT(rmdir(dir), 0);
}

TAP_MAIN({"rules on the memory journal", test_memory},
         {"rules on the SQLite journal", test_sqlite})
