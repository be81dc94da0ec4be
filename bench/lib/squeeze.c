/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/squeeze.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, ZSTD_LEVEL = 3 };

/* Room for `size` bytes in an empty buffer; NULL: there is none. */
static char *room(struct treaty_buf *out, size_t size)
{
    treaty_buf_clear(out);
    return treaty_buf_reserve(out, size);
}

static bool pack_lz4(struct treaty_str in, struct treaty_buf *out)
{
    const LZ4F_preferences_t prefs = {
        .frameInfo = {.blockMode = LZ4F_blockIndependent},
    };
    size_t size = LZ4F_compressFrameBound(in.len, &prefs);
    char *to = room(out, size);

    if (!to)
        return false;
    out->len = LZ4F_compressFrame(to, size, in.data, in.len, &prefs);
    return !LZ4F_isError(out->len);
}

static bool unpack_lz4(struct treaty_str in, size_t size,
                       struct treaty_buf *out)
{
    LZ4F_dctx *ctx;
    char *to = room(out, size);
    size_t taken = 0;
    size_t hint = 1;

    if (!to ||
        LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
        return false;
    while (hint && !LZ4F_isError(hint) && taken < in.len) {
        size_t got = size - out->len;
        size_t given = in.len - taken;

        hint = LZ4F_decompress(ctx, to + out->len, &got, in.data + taken,
                               &given, NULL);
        out->len += got;
        taken += given;
    }
    (void)LZ4F_freeDecompressionContext(ctx);
    return hint == 0 && out->len == size;
}

static bool pack_zstd(struct treaty_str in, struct treaty_buf *out)
{
    size_t size = ZSTD_compressBound(in.len);
    char *to = room(out, size);

    if (!to)
        return false;
    out->len = ZSTD_compress(to, size, in.data, in.len, ZSTD_LEVEL);
    return !ZSTD_isError(out->len);
}

static bool unpack_zstd(struct treaty_str in, size_t size,
                        struct treaty_buf *out)
{
    char *to = room(out, size);

    if (!to)
        return false;
    out->len = ZSTD_decompress(to, size, in.data, in.len);
    return out->len == size;
}

static bool pack_gzip(struct treaty_str in, struct treaty_buf *out)
{
    z_stream z = {0};
    uLong size;
    char *to;
    int end;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW,
                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size = deflateBound(&z, (uLong)in.len);
    to = room(out, size);
    z.next_in = (Bytef *)(uintptr_t)in.data;
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)to;
    z.avail_out = to ? (uInt)size : 0;
    end = deflate(&z, Z_FINISH);
    out->len = z.total_out;
    (void)deflateEnd(&z);
    return end == Z_STREAM_END;
}

static bool unpack_gzip(struct treaty_str in, size_t size,
                        struct treaty_buf *out)
{
    z_stream z = {0};
    char *to = room(out, size);
    int end;

    if (!to || inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return false;
    z.next_in = (Bytef *)(uintptr_t)in.data;
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)size;
    end = inflate(&z, Z_FINISH);
    out->len = z.total_out;
    (void)inflateEnd(&z);
    return end == Z_STREAM_END && out->len == size;
}

const struct bench_squeeze bench_squeezes[] = {
    {"lz4", pack_lz4, unpack_lz4},
    {"zstd", pack_zstd, unpack_zstd},
    {"gzip", pack_gzip, unpack_gzip},
    {NULL, NULL, NULL},
};
