/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/journal.h"

#include "base/error.h"
#include "base/str.h"

static const struct treaty_journal_backend *const backends[] = {
    &treaty_journal_memory,
    &treaty_journal_sqlite,
};

static const struct treaty_journal_backend *find(struct treaty_str scheme)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (treaty_str_eq_z(scheme, backends[i]->scheme))
            return backends[i];
    return NULL;
}

enum treaty_code
treaty_journal_open(struct treaty_str url,
                    const struct treaty_journal_options *options,
                    struct treaty_journal **ret, struct treaty_error *err)
{
    static const struct treaty_journal_options none;
    size_t colon = treaty_str_find(url, ':');
    const struct treaty_journal_backend *backend =
        find(treaty_str_sub(url, 0, colon));

    if (colon == url.len || !backend)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "\"%.*s\" is not a store: give sqlite:PATH or "
                           "memory:",
                           TREATY_STR_ARG(url));
    return backend->open(treaty_str_sub(url, colon + 1, url.len),
                         options ? options : &none, ret, err);
}

void treaty_journal_close(struct treaty_journal *journal)
{
    if (journal)
        journal->backend->close(journal);
}

enum treaty_code treaty_journal_append(struct treaty_journal *journal,
                                       struct treaty_journal_record *records,
                                       size_t count, struct treaty_error *err)
{
    if (count == 0)
        return TREATY_OK;
    return journal->backend->append(journal, records, count, err);
}

enum treaty_code treaty_journal_read(struct treaty_journal *journal,
                                     int64_t from, treaty_journal_fn fn,
                                     void *ctx, struct treaty_error *err)
{
    return journal->backend->read(journal, from, fn, ctx, err);
}

int64_t treaty_journal_end(struct treaty_journal *journal)
{
    return journal->backend->end(journal);
}

void treaty_journal_stat(const struct treaty_journal *journal,
                         struct treaty_journal_stat *ret)
{
    journal->backend->stat(journal, ret);
}
