/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BASE_H
#define TREATY_BASE_H

/*
 * What every other header of Treaty speaks in: text, result codes, errors and
 * the allocator hook.
 *
 * A function that can fail returns `enum treaty_code`, TREATY_OK being 0, and
 * describes the failure in a `struct treaty_error` that the caller owns. Pass
 * NULL when the code is enough. Reporting never allocates.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TREATY_API __attribute__((visibility("default")))
#define TREATY_MUST_CHECK __attribute__((warn_unused_result))
#define TREATY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define TREATY_API
#define TREATY_MUST_CHECK
#define TREATY_PRINTF(fmt, args)
#endif

/* Bytes with a length; never owned, not terminated. `.data` NULL: absent. */
struct treaty_str {
    const char *data;
    size_t len;
};

/*
 * Every code there is. The server, the tools, the client and the manual all
 * read this list, so a fact about a code stands here and nowhere else.
 *
 * X(name, HTTP status, REST error_code, exit status, sentence)
 *
 * REST error codes are those of Confluent's API; 0 means that the code never
 * leaves over HTTP by itself and becomes 500.
 */
#define TREATY_CODE_MAP(X)                                                     \
    X(OK, 200, 0, 0, "success")                                                \
    /* Trouble of our own or of the machine. */                                \
    X(ENOMEM, 503, 50301, 2, "out of memory")                                  \
    X(EINTERNAL, 500, 500, 2, "internal error")                                \
    X(EIO, 500, 500, 2, "input or output failed")                              \
    X(ESTORE, 500, 50001, 2, "the store failed; the outcome is unknown")       \
    X(ETIMEOUT, 500, 50002, 2, "the operation timed out")                      \
    X(EBUSY, 503, 503, 2, "too busy; try again later")                         \
    X(EUNREACHABLE, 503, 503, 2, "the other side cannot be reached")           \
    X(ELOCKED, 500, 500, 2, "somebody else holds the lock")                    \
    /* A request that is wrong as such. */                                     \
    X(EUSAGE, 400, 400, 2, "wrong usage")                                      \
    X(EREQUEST, 400, 400, 2, "malformed request")                              \
    X(EENTITY, 422, 422, 2, "a required member is missing")                    \
    X(ENOROUTE, 404, 404, 2, "no such route")                                  \
    X(EMETHOD, 405, 405, 2, "method not allowed here")                         \
    X(EACCEPTABLE, 406, 406, 2, "no acceptable content type")                  \
    X(EMEDIA, 415, 415, 2, "unsupported content type")                         \
    X(ETOOLARGE, 413, 413, 2, "the request is too large")                      \
    X(EURITOOLONG, 414, 414, 2, "the URL is too long")                         \
    X(EHEADERS, 431, 431, 2, "the request head is too large")                  \
    X(EEXPECT, 417, 417, 2, "the expectation cannot be met")                   \
    /* The registry's answers. */                                              \
    X(ENOSUBJECT, 404, 40401, 2, "subject not found")                          \
    X(ENOVERSION, 404, 40402, 2, "version not found")                          \
    X(ENOSCHEMA, 404, 40403, 2, "schema not found")                            \
    X(ESUBJECTSOFT, 404, 40404, 2, "subject was soft-deleted already")         \
    X(ESUBJECTLIVE, 404, 40405, 2, "subject is not soft-deleted yet")          \
    X(EVERSIONSOFT, 404, 40406, 2, "version was soft-deleted already")         \
    X(EVERSIONLIVE, 404, 40407, 2, "version is not soft-deleted yet")          \
    X(ENOCONFIG, 404, 40408, 2, "no compatibility level set here")             \
    X(ENOMODE, 404, 40409, 2, "no mode set here")                              \
    X(EINCOMPATIBLE, 409, 40901, 1, "incompatible with an earlier schema")     \
    X(ESCHEMA, 422, 42201, 2, "invalid schema")                                \
    X(EVERSION, 422, 42202, 2, "invalid version")                              \
    X(ELEVEL, 422, 42203, 2, "invalid compatibility level")                    \
    X(EMODE, 422, 42204, 2, "invalid mode")                                    \
    X(EREADONLY, 422, 42205, 2, "operation not permitted")                     \
    X(EREFERENCED, 422, 42206, 2, "other schemas refer to this one")           \
    X(EIDMISMATCH, 422, 42207, 2, "the id differs from the existing one")      \
    X(ESUBJECT, 422, 42208, 2, "invalid subject")                              \
    X(ESCHEMATOOLARGE, 422, 42209, 2, "the schema exceeds a limit")            \
    /* Texts, before they become one of the above. */                          \
    X(EJSON, 400, 400, 2, "malformed JSON")                                    \
    X(ENAME, 422, 42201, 2, "invalid name")                                    \
    X(ETYPE, 422, 42201, 2, "wrong or unknown type")                           \
    X(EDUPLICATE, 422, 42201, 2, "defined twice")                              \
    X(EDEFAULT, 422, 42201, 2, "the default does not fit its type")            \
    X(ELIMIT, 422, 42209, 2, "a limit is exceeded")                            \
    /* Events. */                                                              \
    X(EFRAME, 422, 422, 1, "not a frame of a known form")                      \
    X(ETRUNCATED, 422, 422, 1, "the event ends too early")                     \
    X(EVARINT, 422, 422, 1, "a variable-length integer is out of range")       \
    X(ELENGTH, 422, 422, 1, "a length or count is out of range")               \
    X(EUTF8, 422, 422, 1, "a string is not UTF-8")                             \
    X(EBRANCH, 422, 422, 1, "a union branch is out of range")                  \
    X(ESYMBOL, 422, 422, 1, "an enum symbol is unknown here")                  \
    X(EUNREADABLE, 422, 422, 1, "the reader's schema cannot take this value")  \
    X(ETAG, 422, 422, 1, "a field's number or wire type is out of range")      \
    X(EREQUIRED, 422, 422, 1, "a required field is missing")                   \
    X(EDEPTH, 422, 422, 1, "nested too deeply")                                \
    X(EVALUE, 422, 422, 1, "a value is outside its type")                      \
    X(ENOMESSAGE, 422, 422, 1, "the schema has no such message")               \
    X(EBIND, 422, 422, 2, "the layout does not fit the schema")

enum treaty_code {
#define TREATY_CODE_ENUM(name, http, rest, exit_status, text) TREATY_##name,
    TREATY_CODE_MAP(TREATY_CODE_ENUM)
#undef TREATY_CODE_ENUM
        TREATY_CODE_COUNT
};

/* Bytes of an error's sentence, with its NUL. */
#define TREATY_MESSAGE_MAX 352

/* `offset` of an error that has no place in an input. */
#define TREATY_NO_OFFSET SIZE_MAX

/*
 * One failure. `offset` counts bytes from the start of the input that was
 * read; line and column are worked out only when a person will read them.
 * `path` names the place inside the document (`/items/0/qty`), empty when
 * there is none. Both texts are always terminated, cut if they must be.
 */
struct treaty_error {
    enum treaty_code code;
    size_t offset;
    char path[160];
    char message[TREATY_MESSAGE_MAX];
};

/* "TREATY_ENOMEM" and the like, the sentence of the list, and its numbers. */
TREATY_API const char *treaty_code_name(enum treaty_code code);
TREATY_API const char *treaty_code_text(enum treaty_code code);
TREATY_API int treaty_code_http_status(enum treaty_code code);
TREATY_API int treaty_code_rest_error(enum treaty_code code);
TREATY_API int treaty_code_exit_status(enum treaty_code code);

/*
 * One realloc-shaped function: `size` 0 frees `old` and returns NULL, `old`
 * NULL allocates. A NULL `struct treaty_alloc *` anywhere means libc.
 */
typedef void *(*treaty_alloc_fn)(void *ctx, void *old, size_t old_size,
                                 size_t size);

struct treaty_alloc {
    treaty_alloc_fn fn;
    void *ctx;
};

#ifdef __cplusplus
}
#endif
#endif
