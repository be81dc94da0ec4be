/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys land where Java puts them. Java's default partitioner hashes the key's
 * bytes with MurmurHash2 (32 bits, seed 0x9747b28c), clears the sign, and takes
 * the remainder. The hash is written down here a second time, from its
 * definition, and librdkafka's partitioner must agree with it.
 */
#include "tap.h"

#include "base/rng.h"

#include <librdkafka/rdkafka.h>

#define MULTIPLIER 0x5bd1e995u

static uint32_t scramble(uint32_t word)
{
    word *= MULTIPLIER;
    word ^= word >> 24;
    return word * MULTIPLIER;
}

static uint32_t hash(struct treaty_str s)
{
    const uint8_t *at = (const uint8_t *)s.data;
    uint32_t h = 0x9747b28cu ^ (uint32_t)s.len;
    size_t left = s.len;

    for (; left >= 4; left -= 4, at += 4)
        h = (h * MULTIPLIER) ^
            scramble((uint32_t)at[0] | (uint32_t)at[1] << 8 |
                     (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
    if (left >= 3)
        h ^= (uint32_t)at[2] << 16;
    if (left >= 2)
        h ^= (uint32_t)at[1] << 8;
    if (left >= 1)
        h = (h ^ at[0]) * MULTIPLIER;
    h ^= h >> 13;
    h *= MULTIPLIER;
    return h ^ (h >> 15);
}

/* "" worked out with pencil and paper: shifts and one product from the seed. */
static void hash_of_nothing(void)
{
    uint32_t h = 0x9747b28cu; /* no bytes, length 0 */

    h ^= 0x0004ba3du; /* h >> 13 */
    CHECK_INT(h, 0x974308b1u);
    h = 0x106e2805u; /* times the multiplier, modulo 2^32 */
    CHECK_INT((uint32_t)(0x974308b1u * MULTIPLIER), h);
    h ^= 0x000020dcu; /* h >> 15 */
    CHECK_INT(h, 0x106e08d9u);
    CHECK_INT(hash(TREATY_STR("")), h);
}

static int32_t place(struct treaty_str key, int32_t partitions)
{
    return rd_kafka_msg_partitioner_murmur2_random(NULL, key.data, key.len,
                                                   partitions, NULL, NULL);
}

static int32_t place_in_java(struct treaty_str key, int32_t partitions)
{
    return (int32_t)(hash(key) & 0x7fffffff) % partitions;
}

static void places_words(void)
{
    static const char *const words[] = {"a",
                                        "ab",
                                        "abc",
                                        "abcd",
                                        "account",
                                        "42",
                                        "\xc3\xa9t\xc3\xa9",
                                        "0123456789abcdef"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (int32_t n = 1; n < 40; n++)
            CHECK_INT(place(treaty_str_z(words[i]), n),
                      place_in_java(treaty_str_z(words[i]), n));
}

static void places_random_bytes(void)
{
    struct treaty_rng rng;
    char bytes[64];

    treaty_rng_init(&rng, 7);
    for (int i = 0; i < 2000; i++) {
        struct treaty_str key = {bytes, 1 + treaty_rng_below(&rng, 63)};

        for (size_t k = 0; k < key.len; k++)
            bytes[k] = (char)treaty_rng_next(&rng);
        CHECK_INT(place(key, 24), place_in_java(key, 24));
    }
}

TAP_MAIN({"hash of nothing", hash_of_nothing}, {"places words", places_words},
         {"places random bytes", places_random_bytes})
