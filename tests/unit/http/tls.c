/* SPDX-License-Identifier: Apache-2.0 */
/* https, with a certificate made on the spot. */
#include "http/http.h"

#include "harness/net.h"
#include "harness/tap.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static char cert_path[100];
static char key_path[100];

static X509 *make_cert(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    (void)X509_set_version(cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    (void)X509_set_pubkey(cert, key);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     (const unsigned char *)"localhost", -1, -1,
                                     0);
    (void)X509_set_issuer_name(cert, name);
    (void)X509_sign(cert, key, EVP_sha256());
    return cert;
}

static void write_files(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_cert(key);
    FILE *file;

    (void)snprintf(cert_path, sizeof(cert_path), "/tmp/treaty-tls-%d.cert",
                   (int)getpid());
    (void)snprintf(key_path, sizeof(key_path), "/tmp/treaty-tls-%d.key",
                   (int)getpid());
    file = fopen(cert_path, "w");
    if (file) {
        CHECK(PEM_write_X509(file, cert) == 1);
        (void)fclose(file);
    }
    file = fopen(key_path, "w");
    if (file) {
        CHECK(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
        (void)fclose(file);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void post_echo(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply(req, 200, treaty_http_body(req));
}

static const struct treaty_http_route routes[] = {
    {"POST", "/echo", post_echo, 0}};
static const struct treaty_http_media produces[] = {{"text/plain", 1}};
static const char *const consumes[] = {"text/plain"};

static struct treaty_http_options options_with_tls(void)
{
    return (struct treaty_http_options){.listen = "127.0.0.1:0",
                                        .routes = routes,
                                        .route_count = 1,
                                        .produces = produces,
                                        .produces_count = 1,
                                        .consumes = consumes,
                                        .consumes_count = 1,
                                        .tls_cert = cert_path,
                                        .tls_key = key_path};
}

/* A client that would rather speak HTTP/2. */
static SSL *connect_tls(SSL_CTX *ctx, int fd)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL *ssl = SSL_new(ctx);

    CHECK(SSL_set_alpn_protos(ssl, protocols, sizeof(protocols) - 1) == 0);
    (void)SSL_set_fd(ssl, fd);
    CHECK(SSL_connect(ssl) == 1);
    return ssl;
}

static int read_all(SSL *ssl, char *out, size_t size)
{
    int got = 0;
    int n = 1;

    while (n > 0 && (size_t)got + 1 < size) {
        n = SSL_read(ssl, out + got, (int)size - got - 1);
        got += n > 0 ? n : 0;
    }
    out[got] = '\0';
    return got;
}

static void serves_https(void)
{
    static const char request[] = "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                  "Connection: close\r\n"
                                  "Content-Length: 4\r\n\r\nping";
    struct treaty_http_options options = options_with_tls();
    struct treaty_http_server *server = NULL;
    struct treaty_error err;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char reply[2000];
    const unsigned char *protocol = NULL;
    unsigned len = 0;
    int n;
    int fd;
    SSL *ssl;

    if (!CHECK(!treaty_http_server_start(&options, &server, &err)))
        return;
    CHECK(strncmp(treaty_http_server_url(server), "https://127.0.0.1:", 18) ==
          0);
    fd = tap_connect(treaty_http_server_port(server));
    ssl = connect_tls(ctx, fd);
    SSL_get0_alpn_selected(ssl, &protocol, &len);
    CHECK_STR_Z(((struct treaty_str){(const char *)protocol, len}), "http/1.1");
    CHECK(SSL_write(ssl, request, sizeof(request) - 1) > 0);
    n = read_all(ssl, reply, sizeof(reply));
    CHECK(strncmp(reply, "HTTP/1.1 200", 12) == 0);
    CHECK(n > 4 && strcmp(reply + n - 4, "ping") == 0);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)close(fd);
    treaty_http_server_stop(server);
}

/* The body is sent in full before the reply is looked for. */
static void refuses_large_bodies(void)
{
    static const char head[] = "POST /echo HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 8388608\r\n\r\n";
    static char block[1 << 20];
    struct treaty_http_options options = options_with_tls();
    struct treaty_http_server *server = NULL;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char reply[2000];
    int sent = 0;
    int fd;
    SSL *ssl;

    options.body_max = 1 << 20;
    options.linger_ms = 60000; /* a slow machine is not what is tried */
    if (!CHECK(!treaty_http_server_start(&options, &server, NULL)))
        return;
    (void)signal(SIGPIPE, SIG_IGN);
    fd = tap_connect(treaty_http_server_port(server));
    ssl = connect_tls(ctx, fd);
    CHECK(SSL_write(ssl, head, sizeof(head) - 1) > 0);
    while (sent < 8 && SSL_write(ssl, block, sizeof(block)) > 0)
        sent++;
    CHECK_INT(sent, 8);
    CHECK(read_all(ssl, reply, sizeof(reply)) > 0);
    CHECK(strncmp(reply, "HTTP/1.1 413", 12) == 0);
    CHECK(strstr(reply, "{\"error_code\":413,") != NULL);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)close(fd);
    treaty_http_server_stop(server);
}

static void refuses_bad_files(void)
{
    struct treaty_http_options options = options_with_tls();
    struct treaty_http_server *server = NULL;
    struct treaty_error err;

    options.tls_cert = "/nonexistent.cert";
    CHECK_INT(treaty_http_server_start(&options, &server, &err), TREATY_EUSAGE);
    CHECK(strstr(err.message, "/nonexistent.cert") != NULL);
    options = options_with_tls();
    options.tls_key = cert_path; /* no key in it */
    CHECK_INT(treaty_http_server_start(&options, &server, &err), TREATY_EUSAGE);
    CHECK(strstr(err.message, cert_path) != NULL);
    CHECK(!server);
}

/* Somebody who speaks plain HTTP, or nothing, to a TLS port. */
static void survives_plain_text(void)
{
    struct treaty_http_options options = options_with_tls();
    struct treaty_http_server *server = NULL;
    struct tap_reply reply;

    if (!CHECK(!treaty_http_server_start(&options, &server, NULL)))
        return;
    tap_ask(treaty_http_server_port(server),
            "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", &reply);
    CHECK_INT(reply.status, 0); /* an alert, if anything, then the end */
    tap_reply_free(&reply);
    treaty_http_server_stop(server);
}

static void clean_up(void)
{
    CHECK(unlink(cert_path) == 0);
    CHECK(unlink(key_path) == 0);
}

TAP_MAIN({"makes a certificate", write_files}, {"serves https", serves_https},
         {"refuses large bodies", refuses_large_bodies},
         {"refuses bad files", refuses_bad_files},
         {"survives plain text", survives_plain_text}, {"cleans up", clean_up})
