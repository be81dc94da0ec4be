/* SPDX-License-Identifier: Apache-2.0 */
/* https: a CA of one's own, and a certificate of the client. */
#include "harness/tap.h"

#include <treaty/treaty.h>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* Certificates that vouch for themselves, in files of their own. */
struct identity {
    char cert[64];
    char key[64];
};

static char folder[] = "/tmp/treaty-client-tls-XXXXXX";
static struct identity server_files;
static struct identity client_files; /* its key has the password "sesame" */

static X509 *make_cert(EVP_PKEY *key, const char *name)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);

    (void)X509_set_version(cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    (void)X509_set_pubkey(cert, key);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                     (const unsigned char *)name, -1, -1, 0);
    (void)X509_set_issuer_name(cert, subject);
    (void)X509_sign(cert, key, EVP_sha256());
    return cert;
}

static void write_identity(const char *name, const char *password,
                           struct identity *ret)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = make_cert(key, name);
    const EVP_CIPHER *cipher = password ? EVP_aes_256_cbc() : NULL;
    FILE *file;

    snprintf(ret->cert, sizeof(ret->cert), "%s/%s.cert", folder, name);
    snprintf(ret->key, sizeof(ret->key), "%s/%s.key", folder, name);
    file = fopen(ret->cert, "w");
    CHECK(file && PEM_write_X509(file, cert) == 1);
    if (file)
        (void)fclose(file);
    file = fopen(ret->key, "w");
    CHECK(file && PEM_write_PrivateKey(file, key, cipher, NULL, 0, NULL,
                                       (void *)(uintptr_t)password) == 1);
    if (file)
        (void)fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* A server that answers every request with a schema. */
struct server {
    SSL_CTX *ctx;
    int fd;
    unsigned port;
    atomic_bool stopping;
    pthread_t thread;
};

static void answer(struct server *server, int fd)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n"
                                "Connection: close\r\n\r\n"
                                "{\"schema\":\"\\\"int\\\"\"}";
    SSL *ssl = SSL_new(server->ctx);
    char request[4096];

    (void)SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0) {
        (void)SSL_write(ssl, reply, sizeof(reply) - 1);
        (void)SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static void *serve(void *ctx)
{
    struct server *server = (struct server *)ctx;
    struct pollfd poller = {.fd = server->fd, .events = POLLIN};

    while (!atomic_load(&server->stopping)) {
        int fd = poll(&poller, 1, 20) > 0 ? accept(server->fd, NULL, NULL) : -1;

        if (fd < 0)
            continue;
        answer(server, fd);
        close(fd);
    }
    return NULL;
}

static void start(struct server *server, bool wants_client)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t len = sizeof(address);

    server->ctx = SSL_CTX_new(TLS_server_method());
    CHECK(SSL_CTX_use_certificate_file(server->ctx, server_files.cert,
                                       SSL_FILETYPE_PEM) == 1);
    CHECK(SSL_CTX_use_PrivateKey_file(server->ctx, server_files.key,
                                      SSL_FILETYPE_PEM) == 1);
    if (wants_client) {
        CHECK(SSL_CTX_load_verify_locations(server->ctx, client_files.cert,
                                            NULL) == 1);
        SSL_CTX_set_verify(server->ctx,
                           SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
    }
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server->fd, (struct sockaddr *)&address, len) == 0);
    CHECK(listen(server->fd, 8) == 0);
    CHECK(getsockname(server->fd, (struct sockaddr *)&address, &len) == 0);
    server->port = ntohs(address.sin_port);
    pthread_create(&server->thread, NULL, serve, server);
}

static void stop(struct server *server)
{
    atomic_store(&server->stopping, true);
    pthread_join(server->thread, NULL);
    close(server->fd);
    SSL_CTX_free(server->ctx);
}

static enum treaty_code get(const struct server *server,
                            struct treaty_client_options options,
                            struct treaty_error *err)
{
    struct treaty_scratch *scratch = treaty_scratch_new(0, NULL);
    struct treaty_client *client = NULL;
    struct treaty_schema_info info;
    enum treaty_code code;
    char url[64];

    snprintf(url, sizeof(url), "https://localhost:%u", server->port);
    options.urls = url;
    options.retries = -1;
    /* Under valgrind it takes seconds to read what the system trusts. */
    options.connect_timeout_ms = 60000;
    options.timeout_ms = 60000;
    options.deadline_ms = 60000;
    code = treaty_client_new(&options, &client, err);
    if (code == TREATY_OK)
        code = treaty_client_get_id(client, 1, scratch, &info, err);
    treaty_client_free(client);
    treaty_scratch_free(scratch);
    return code;
}

static void trusts_the_given_ca(void)
{
    struct server server = {0};
    struct treaty_error err = {0};

    start(&server, false);
    if (!CHECK_INT(
            get(&server,
                (struct treaty_client_options){.ca_file = server_files.cert},
                &err),
            TREATY_OK))
        tap_note("%s", err.message);
    setenv("TREATY_REGISTRY_CA", server_files.cert, 1);
    CHECK_INT(get(&server, (struct treaty_client_options){0}, &err), TREATY_OK);
    unsetenv("TREATY_REGISTRY_CA");
    stop(&server);
}

static void trusts_nobody_else(void)
{
    struct server server = {0};
    struct treaty_error err = {0};

    start(&server, false);
    CHECK_INT(get(&server, (struct treaty_client_options){0}, &err),
              TREATY_EUNREACHABLE);
    CHECK(strstr(err.message, "certificate"));
    CHECK(!treaty_error_is_definite(&err));
    CHECK_INT(get(&server,
                  (struct treaty_client_options){.ca_file = client_files.cert},
                  &err),
              TREATY_EUNREACHABLE);
    CHECK(get(&server, (struct treaty_client_options){.ca_file = "/none"},
              &err) == TREATY_EUNREACHABLE);
    stop(&server);
}

static void shows_its_certificate(void)
{
    struct treaty_client_options options = {
        .ca_file = server_files.cert,
        .cert_file = client_files.cert,
        .key_file = client_files.key,
        .key_password = "sesame",
    };
    struct server server = {0};
    struct treaty_error err = {0};

    start(&server, true);
    if (!CHECK_INT(get(&server, options, &err), TREATY_OK))
        tap_note("%s", err.message);
    options.key_password = "opensecret";
    CHECK_INT(get(&server, options, &err), TREATY_EUNREACHABLE);
    CHECK(!strstr(err.message, "opensecret"));
    options.cert_file = NULL;
    options.key_file = NULL;
    options.key_password = NULL;
    CHECK_INT(get(&server, options, &err), TREATY_EUNREACHABLE);
    stop(&server);
}

static void begins(void)
{
    /* The server's own: a client that refuses its certificate hangs up. */
    (void)signal(SIGPIPE, SIG_IGN);
    CHECK(mkdtemp(folder) != NULL);
    write_identity("localhost", NULL, &server_files);
    write_identity("client", "sesame", &client_files);
}

static void ends(void)
{
    CHECK(unlink(server_files.cert) == 0 && unlink(server_files.key) == 0);
    CHECK(unlink(client_files.cert) == 0 && unlink(client_files.key) == 0);
    CHECK(rmdir(folder) == 0);
}

TAP_MAIN({"certificates are made", begins},
         {"trusts the given CA", trusts_the_given_ca},
         {"trusts nobody else", trusts_nobody_else},
         {"shows its certificate", shows_its_certificate},
         {"certificates are removed", ends})
