/* SPDX-License-Identifier: Apache-2.0 */
#include "http/inside.h"

#include "base/error.h"

#include <openssl/err.h>

static enum treaty_code refuse(SSL_CTX *ctx, const char *file,
                               struct treaty_error *err)
{
    char text[160];

    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET, "%s: %s", file,
                       text);
}

/*
 * Only HTTP/1.1 is offered: HTTP/2 of this h2o predates the fixes for its
 * floods.
 */
enum treaty_code treaty_http_tls_open(const struct treaty_http_options *options,
                                      SSL_CTX **ret, struct treaty_error *err)
{
    static const h2o_iovec_t protocols[] = {{(char *)(uintptr_t) "http/1.1", 8},
                                            {NULL, 0}};
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx)
        return treaty_fail_nomem(err);
    (void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    if (SSL_CTX_use_certificate_chain_file(ctx, options->tls_cert) != 1)
        return refuse(ctx, options->tls_cert, err);
    if (SSL_CTX_use_PrivateKey_file(ctx, options->tls_key, SSL_FILETYPE_PEM) !=
            1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return refuse(ctx, options->tls_key, err);
    h2o_ssl_register_alpn_protocols(ctx, protocols);
    *ret = ctx;
    return TREATY_OK;
}
