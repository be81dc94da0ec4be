/* SPDX-License-Identifier: Apache-2.0 */
#include "record/gen_text.h"

#include "base/str.h"

#include <pthread.h>

enum {
    POOL_SIZE = 16384, /* bytes of each flat pool, a power of two */
    POOL_SLACK = 512,  /* so that any start has room for the longest text */
    PHRASES = 256,
    PHRASE_MAX = 80,
    KEYS = 64,
};

/* A pool that is cut at any byte, or at starts of words. */
struct pool {
    char bytes[POOL_SIZE + POOL_SLACK];
    uint16_t start[POOL_SIZE]; /* where words begin */
    uint32_t start_count;
};

struct phrase {
    char bytes[PHRASE_MAX];
    uint32_t len;
};

static struct pool words;
static struct pool letters; /* words with letters of two to four bytes */
static char hex_pool[POOL_SIZE + POOL_SLACK];
static char code_pool[POOL_SIZE + POOL_SLACK];
static struct phrase emails[PHRASES];
static struct phrase addresses[PHRASES];
static struct phrase keys[KEYS];
static pthread_once_t pools_once = PTHREAD_ONCE_INIT;

static const char *const plain_words[] = {
    "order", "paid",   "ship",    "parcel", "left",    "at",
    "door",  "please", "call",    "before", "the",     "second",
    "floor", "gift",   "wrap",    "with",   "care",    "fragile",
    "blue",  "ribbon", "deliver", "after",  "noon",    "ring",
    "twice", "and",    "wait",    "return", "receipt", "invoice",
    "to",    "office", "number",  "seven",  "late",    "customer"};

static const char *const letter_words[] = {"caf\xc3\xa9",
                                           "stra\xc3\x9f"
                                           "e",
                                           "\xe6\xbc\xa2\xe5\xad\x97",
                                           "na\xc3\xafve",
                                           "\xf0\x9f\x93\xa6",
                                           "\xce\xb4\xce\xad\xce\xbc\xce\xb1",
                                           "m\xc3\xbcnchen",
                                           "order",
                                           "\xe2\x82\xac",
                                           "parcel"};

static const char *const currencies[] = {"USD", "EUR", "GBP", "JPY",
                                         "CHF", "SEK", "INR", "BRL"};

static const char *const agents[] = {
    "treaty-shop/4.2 (web; checkout) build-1907",
    "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Shop/128.0",
    "Shop-Android/9.14.2 (phone; 14; en_GB) okhttp-like/4.12 wifi",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) WebKit/605.1.15 (like "
    "KHTML) Version/17.5 Safari/605.1.15"};

/* Fill a pool with words, a space between two, and note where they begin. */
static void fill_words(struct pool *pool, const char *const *list, size_t count,
                       struct treaty_rng *rng)
{
    size_t at = 0;

    while (at < POOL_SIZE + POOL_SLACK) {
        struct treaty_str word =
            treaty_str_z(list[treaty_rng_below(rng, count)]);

        if (at + word.len + 1 > sizeof(pool->bytes))
            break;
        if (at < POOL_SIZE)
            pool->start[pool->start_count++] = (uint16_t)at;
        memcpy(pool->bytes + at, word.data, word.len);
        pool->bytes[at + word.len] = ' ';
        at += word.len + 1;
    }
    memset(pool->bytes + at, '.', sizeof(pool->bytes) - at);
}

static void fill_alphabet(char *pool, const char *alphabet,
                          struct treaty_rng *rng)
{
    size_t len = strlen(alphabet);

    for (size_t i = 0; i < POOL_SIZE + POOL_SLACK; i++)
        pool[i] = alphabet[treaty_rng_below(rng, len)];
}

static const char *any_word(struct treaty_rng *rng)
{
    size_t count = sizeof(plain_words) / sizeof(plain_words[0]);

    return plain_words[treaty_rng_below(rng, count)];
}

/* `snprintf` tells how long the text would be; this is how long it is. */
static uint32_t phrase_len(int len)
{
    return (uint32_t)(len < PHRASE_MAX ? len : PHRASE_MAX - 1);
}

static void fill_phrases(struct treaty_rng *rng)
{
    for (size_t i = 0; i < PHRASES; i++) {
        const char *a = any_word(rng);
        const char *b = any_word(rng);
        unsigned number = (unsigned)treaty_rng_below(rng, 9000) + 1000;

        emails[i].len = phrase_len(snprintf(
            emails[i].bytes, PHRASE_MAX, "%s.%s%u@shop.example", a, b, number));
        addresses[i].len = phrase_len(snprintf(
            addresses[i].bytes, PHRASE_MAX,
            "12 %s %s Street, Building B, %u Harbour Town", b, a, number));
    }
}

static void fill_keys(void)
{
    for (size_t i = 0; i < KEYS; i++)
        keys[i].len =
            (uint32_t)snprintf(keys[i].bytes, PHRASE_MAX, "key-%zu", i);
}

/* Every machine makes the same pools: the seed is a constant. */
static void make_pools(void)
{
    struct treaty_rng rng;

    treaty_rng_init(&rng, 0x7265617479u);
    fill_words(&words, plain_words,
               sizeof(plain_words) / sizeof(plain_words[0]), &rng);
    fill_words(&letters, letter_words,
               sizeof(letter_words) / sizeof(letter_words[0]), &rng);
    fill_alphabet(hex_pool, "0123456789abcdef", &rng);
    fill_alphabet(code_pool, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", &rng);
    fill_phrases(&rng);
    fill_keys();
}

/* What a name asks for; the last row answers for every other name. */
static const struct hint {
    const char *name;
    struct treaty_gen_text text;
} hints[] = {
    {"currency", {TREATY_GEN_CURRENCY, 3, 1, 0, 1}},
    {"sku", {TREATY_GEN_CODE, 16, 1, 0, 1}},
    {"trace_id", {TREATY_GEN_HEX, 32, 1, 0, 1}},
    {"order_id", {TREATY_GEN_HEX, 36, 1, 0, 1}},
    {"note", {TREATY_GEN_NOTE, 70, 201, 0, 1}},
    {"customer_email", {TREATY_GEN_EMAIL, 0, 1, 0, 1}},
    {"shipping_address", {TREATY_GEN_ADDRESS, 0, 1, 0, 1}},
    {"user_agent", {TREATY_GEN_AGENT, 0, 1, 0, 1}},
    {"account_id", {TREATY_GEN_CODE, 12, 1, 1, 1000000000}},
    {"ts", {TREATY_GEN_WORDS, 4, 20, 1700000000000, 100000000000}},
    {"amount_cents", {TREATY_GEN_WORDS, 4, 20, 100, 1000000}},
    {"price_cents", {TREATY_GEN_WORDS, 4, 20, 50, 50000}},
    {"qty", {TREATY_GEN_WORDS, 4, 20, 1, 9}},
    {"", {TREATY_GEN_WORDS, 4, 21, 0, 1000000}},
};

struct treaty_gen_text treaty_gen_text_for(struct treaty_str field_name)
{
    size_t last = sizeof(hints) / sizeof(hints[0]) - 1;

    (void)pthread_once(&pools_once, make_pools);
    for (size_t i = 0; i < last; i++) {
        if (treaty_str_eq(field_name, treaty_str_z(hints[i].name)))
            return hints[i].text;
    }
    return hints[last].text;
}

static uint32_t len_of(const struct treaty_gen_text *text, uint64_t bits)
{
    return text->len_min + (uint32_t)((bits >> 32) * text->len_span >> 32);
}

static struct treaty_str cut_words(const struct pool *pool, uint64_t bits,
                                   uint32_t len)
{
    uint32_t word = (uint32_t)((bits & 0xffffffffu) * pool->start_count >> 32);
    const char *from = pool->bytes + pool->start[word];

    /* Never end inside a character. */
    while ((from[len] & 0xc0) == 0x80)
        len--;
    return (struct treaty_str){from, len};
}

static struct treaty_str cut_any(const char *pool, uint64_t bits, uint32_t len)
{
    return (struct treaty_str){pool + (bits & (POOL_SIZE - 1)), len};
}

static struct treaty_str of_phrase(const struct phrase *phrase)
{
    return (struct treaty_str){phrase->bytes, phrase->len};
}

struct treaty_str treaty_gen_text_pick(const struct treaty_gen_text *text,
                                       struct treaty_rng *rng)
{
    uint64_t bits = treaty_rng_next(rng);
    uint32_t len = len_of(text, bits);

    switch (text->class) {
    case TREATY_GEN_WORDS:
        return cut_words(&words, bits, len);
    case TREATY_GEN_NOTE:
        if ((bits & 0xff) < 26)
            return cut_words(&letters, bits, len);
        return cut_words(&words, bits, len);
    case TREATY_GEN_HEX:
        return cut_any(hex_pool, bits, len);
    case TREATY_GEN_CODE:
        return cut_any(code_pool, bits, len);
    case TREATY_GEN_CURRENCY:
        return (struct treaty_str){currencies[bits & 7], 3};
    case TREATY_GEN_EMAIL:
        return of_phrase(&emails[bits & (PHRASES - 1)]);
    case TREATY_GEN_ADDRESS:
        return of_phrase(&addresses[bits & (PHRASES - 1)]);
    case TREATY_GEN_AGENT:
        return treaty_str_z(agents[bits & 3]);
    }
    return TREATY_STR("");
}

int64_t treaty_gen_text_number(const struct treaty_gen_text *text,
                               struct treaty_rng *rng, int64_t most)
{
    int64_t value = text->number_min +
                    (int64_t)treaty_rng_below(rng, (uint64_t)text->number_span);

    return value < most ? value : most;
}

struct treaty_str treaty_gen_text_odd(struct treaty_rng *rng)
{
    uint64_t bits = treaty_rng_next(rng);

    switch (bits & 7) {
    case 0:
        return TREATY_STR("");
    case 1:
        return (struct treaty_str){"a\0b", 3};
    case 2:
        return TREATY_STR("\"quoted\\\" \n\t\x01\x7f");
    case 3:
        return TREATY_STR("\xf0\x9f\x93\xa6");
    case 4:
        return cut_words(&letters, bits >> 3, (uint32_t)(bits >> 56) + 1);
    case 5:
        return cut_words(&words, bits >> 3, (uint32_t)(bits >> 56) + 128);
    default:
        return cut_words(&words, bits >> 3, (uint32_t)(bits >> 58));
    }
}

struct treaty_str treaty_gen_text_key(size_t i, struct treaty_rng *rng)
{
    (void)treaty_rng_next(rng);
    return of_phrase(&keys[i % KEYS]);
}
