/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transport.h"

#include "base/str.h"

#include <curl/curl.h>

struct treaty_connection {
    CURL *curl;
    char reason[CURL_ERROR_SIZE];
    struct treaty_connection *next;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static bool curl_is_up;

static void start_curl(void)
{
    curl_is_up = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* The preference is Confluent's; "Expect:" saves a round trip before bodies. */
static struct curl_slist *make_headers(void)
{
    static const char accept[] =
        "Accept: application/vnd.schemaregistry.v1+json, "
        "application/vnd.schemaregistry+json; q=0.9, application/json; q=0.5";
    static const char *const lines[] = {
        accept,
        "Content-Type: application/vnd.schemaregistry.v1+json",
        "Expect:",
    };
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct curl_slist *longer = curl_slist_append(list, lines[i]);

        if (!longer) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

enum treaty_code treaty_transport_init(struct treaty_transport *transport,
                                       const struct treaty_tls *tls,
                                       long connect_timeout_ms)
{
    struct curl_slist *headers;

    pthread_once(&curl_once, start_curl);
    if (!curl_is_up)
        return TREATY_EINTERNAL;
    headers = make_headers();
    if (!headers)
        return TREATY_ENOMEM;
    *transport = (struct treaty_transport){
        .tls = *tls,
        .connect_timeout_ms = connect_timeout_ms,
        .headers = headers,
    };
    pthread_mutex_init(&transport->lock, NULL);
    return TREATY_OK;
}

static void free_connection(struct treaty_connection *connection)
{
    curl_easy_cleanup(connection->curl);
    free(connection);
}

void treaty_transport_release(struct treaty_transport *transport)
{
    struct treaty_connection *connection = transport->idle;

    if (!transport->headers)
        return;
    while (connection) {
        struct treaty_connection *next = connection->next;

        free_connection(connection);
        connection = next;
    }
    curl_slist_free_all((struct curl_slist *)transport->headers);
    pthread_mutex_destroy(&transport->lock);
    *transport = (struct treaty_transport){0};
}

static struct treaty_connection *new_connection(void)
{
    struct treaty_connection *connection =
        (struct treaty_connection *)calloc(1, sizeof(*connection));

    if (!connection)
        return NULL;
    connection->curl = curl_easy_init();
    if (connection->curl)
        return connection;
    free(connection);
    return NULL;
}

static struct treaty_connection *take_idle(struct treaty_transport *transport)
{
    struct treaty_connection *connection;

    pthread_mutex_lock(&transport->lock);
    connection = transport->idle;
    if (connection)
        transport->idle = connection->next;
    pthread_mutex_unlock(&transport->lock);
    return connection;
}

static void give_back(struct treaty_transport *transport,
                      struct treaty_connection *connection)
{
    pthread_mutex_lock(&transport->lock);
    connection->next = transport->idle;
    transport->idle = connection;
    pthread_mutex_unlock(&transport->lock);
}

/* Returning less than it was given makes libcurl stop the transfer. */
static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct treaty_buf *body = (struct treaty_buf *)ctx;

    treaty_buf_put_mem(body, data, size * count);
    return body->failed == TREATY_OK ? size * count : 0;
}

static void set_method(CURL *curl, const struct treaty_exchange *exchange)
{
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE"};

    if (exchange->body.data) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->body.data);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)exchange->body.len);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, names[exchange->method]);
}

static void set_credentials(CURL *curl, const struct treaty_credentials *who)
{
    if (who->token.data) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, who->token.data);
    } else if (who->user.data) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, who->user.data);
        curl_easy_setopt(curl, CURLOPT_PASSWORD,
                         who->password.data ? who->password.data : "");
    }
}

static void set_tls(CURL *curl, const struct treaty_tls *tls)
{
    if (tls->ca_file.data)
        curl_easy_setopt(curl, CURLOPT_CAINFO, tls->ca_file.data);
    if (tls->cert_file.data)
        curl_easy_setopt(curl, CURLOPT_SSLCERT, tls->cert_file.data);
    if (tls->key_file.data)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, tls->key_file.data);
    if (tls->key_password.data)
        curl_easy_setopt(curl, CURLOPT_KEYPASSWD, tls->key_password.data);
}

/*
 * A reset keeps live connections and forgets everything else. NOSIGNAL, since
 * a library must not touch its host's signals; PATH_AS_IS, since a subject may
 * be called "..".
 */
static void set_options(const struct treaty_transport *transport,
                        struct treaty_connection *connection,
                        const struct treaty_exchange *exchange,
                        struct treaty_buf *body)
{
    CURL *curl = connection->curl;

    curl_easy_reset(curl);
    connection->reason[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, connection->reason);
    curl_easy_setopt(curl, CURLOPT_URL, exchange->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "treaty/" TREATY_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER,
                     (struct curl_slist *)transport->headers);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     transport->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    set_method(curl, exchange);
    set_credentials(curl, exchange->credentials);
    set_tls(curl, &transport->tls);
}

/* Failures before a request is on its way. */
static bool is_before_request(CURLcode failure)
{
    return failure == CURLE_COULDNT_RESOLVE_HOST ||
           failure == CURLE_COULDNT_RESOLVE_PROXY ||
           failure == CURLE_COULDNT_CONNECT ||
           failure == CURLE_SSL_CONNECT_ERROR ||
           failure == CURLE_PEER_FAILED_VERIFICATION;
}

static enum treaty_code code_of(CURLcode failure)
{
    if (failure == CURLE_OUT_OF_MEMORY)
        return TREATY_ENOMEM;
    if (failure == CURLE_OPERATION_TIMEDOUT)
        return TREATY_ETIMEOUT;
    return TREATY_EUNREACHABLE;
}

static void describe_failure(const struct treaty_connection *connection,
                             CURLcode failure, const struct treaty_buf *body,
                             struct treaty_answer *ret)
{
    const char *reason = connection->reason;

    if (body->failed != TREATY_OK)
        reason = "the reply is too large";
    else if (!reason[0])
        reason = curl_easy_strerror(failure);
    ret->code = code_of(failure);
    ret->may_have_arrived = !is_before_request(failure);
    snprintf(ret->failure, sizeof(ret->failure), "%s", reason);
}

void treaty_transport_run(struct treaty_transport *transport,
                          const struct treaty_exchange *exchange,
                          struct treaty_buf *body, struct treaty_answer *ret)
{
    struct treaty_connection *connection = take_idle(transport);
    curl_off_t retry_after = 0;
    CURLcode failure;

    *ret = (struct treaty_answer){.code = TREATY_ENOMEM};
    if (!connection)
        connection = new_connection();
    if (!connection) {
        snprintf(ret->failure, sizeof(ret->failure), "out of memory");
        return;
    }

    set_options(transport, connection, exchange, body);
    failure = curl_easy_perform(connection->curl);
    if (failure == CURLE_OK) {
        ret->code = TREATY_OK;
        ret->may_have_arrived = true;
        curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE,
                          &ret->status);
        curl_easy_getinfo(connection->curl, CURLINFO_RETRY_AFTER, &retry_after);
        if (retry_after > 0)
            ret->retry_after_ms = (uint64_t)retry_after * 1000;
    } else {
        describe_failure(connection, failure, body, ret);
    }
    give_back(transport, connection);
}
