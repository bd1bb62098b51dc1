/* SPDX-License-Identifier: GPL-3.0-or-later */
/* npz.c: zip archives of .npy arrays: written stored and without times, read stored or deflated with every length checked. */
#include "base/npy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- writing ---- */

typedef struct { char *name; uint32_t crc, size, offset; } member;
struct dp_npz_writer { FILE *f; member *m; size_t n; uint64_t at; };

enum { DATE = 0x21 }; /* 1 January 1980, the earliest date of the format */

static void put(FILE *f, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) fputc((int) (v >> 8 * i & 255), f);
}

dp_npz_writer *dp_npz_begin(FILE *f)
{
    dp_npz_writer *z = dp_calloc(1, sizeof *z);
    z->f = f;
    return z;
}

/* Version 2.0, no flags, stored, the date; then what both kinds of header share. */
static void put_common(FILE *f, const member *m)
{
    put(f, 20, 2), put(f, 0, 2), put(f, 0, 2), put(f, 0, 2), put(f, DATE, 2);
    put(f, m->crc, 4), put(f, m->size, 4), put(f, m->size, 4), put(f, (uint32_t) strlen(m->name), 2);
}

static void to_checksum(void *to, const void *bytes, size_t n)
{
    uLong *crc = to;
    const Bytef *p = bytes;
    for (size_t step; n; n -= step, p += step) {
        step = n < 1u << 30 ? n : 1u << 30;
        *crc = crc32(*crc, p, (uInt) step);
    }
}

dp_status dp_npz_add(dp_npz_writer *z, const char *name, const dp_npy *a, dp_error *e)
{
    const size_t size = dp_npy_size(a);
    const uint64_t behind = z->at + 30 + strlen(name) + 4 + size; /* bytes in front of the next member */
    uLong crc = crc32(0, NULL, 0);
    if (size == 0 || size > UINT32_MAX || behind > UINT32_MAX)
        return dp_fail(e, DP_EINPUT, "the array '%s' does not fit a .npz of less than 4 GiB; write .h5, or .npy for one array", name);
    dp_npy_emit(to_checksum, &crc, a);
    z->m = dp_realloc(z->m, (z->n + 1) * sizeof *z->m);
    member *m = z->m + z->n++;
    *m = (member){dp_format("%s.npy", name), (uint32_t) crc, (uint32_t) size, (uint32_t) z->at};
    put(z->f, 0x04034b50, 4);
    put_common(z->f, m);
    put(z->f, 0, 2);
    fputs(m->name, z->f);
    dp_npy_write(z->f, a);
    z->at = behind;
    return DP_OK;
}

void dp_npz_end(dp_npz_writer *z)
{
    uint32_t size = 0;
    for (size_t i = 0; i < z->n; i++) {
        const member *m = z->m + i;
        put(z->f, 0x02014b50, 4), put(z->f, 3 << 8 | 20, 2); /* made on Unix */
        put_common(z->f, m);
        put(z->f, 0, 2), put(z->f, 0, 2), put(z->f, 0, 2), put(z->f, 0, 2);
        put(z->f, (uint32_t) 0100644 << 16, 4), put(z->f, m->offset, 4);
        fputs(m->name, z->f);
        size += 46 + (uint32_t) strlen(m->name);
        free(m->name);
    }
    put(z->f, 0x06054b50, 4), put(z->f, 0, 4), put(z->f, (uint32_t) z->n, 2), put(z->f, (uint32_t) z->n, 2);
    put(z->f, size, 4), put(z->f, (uint32_t) z->at, 4), put(z->f, 0, 2);
    free(z->m);
    free(z);
}

/* ---- reading ---- */

/* What the directory says of a member; data are its `packed` bytes. */
typedef struct { char *name; int method; uint32_t crc; uint64_t packed, size, offset; const unsigned char *data; } entry;
struct dp_npz { char *path; unsigned char *bytes; size_t n, count; entry *m; };

static uint64_t get(const unsigned char *p, int bytes)
{
    uint64_t v = 0;
    while (bytes--) v = v << 8 | p[bytes];
    return v;
}

static dp_status bad(const dp_npz *z, const char *what, dp_error *e)
{
    return dp_fail(e, DP_EINPUT, "%s: no .npz that can be read: %s", z->path, what);
}

/* The end record: it stands last, with a comment of at most 65535 bytes behind it; (size_t) -1: there is none. */
static size_t find_end(const dp_npz *z)
{
    for (size_t back = 22; back <= z->n && back <= 22 + 65535; back++)
        if (get(z->bytes + z->n - back, 4) == 0x06054b50 && get(z->bytes + z->n - back + 20, 2) == back - 22) return z->n - back;
    return (size_t) -1;
}

/* Sizes beyond 32 bits stand in the extra field with the key 1, those that are needed, in this order. */
static int wide(entry *m, const unsigned char *extra, size_t n)
{
    uint64_t *const value[] = {&m->size, &m->packed, &m->offset};
    int missing = 0;
    for (int i = 0; i < 3; i++) missing += *value[i] == UINT32_MAX;
    for (size_t key, size; missing && n >= 4; n -= 4 + size, extra += 4 + size) {
        key = (size_t) get(extra, 2);
        size = (size_t) get(extra + 2, 2);
        if (size > n - 4) return 0;
        for (size_t i = 0, at = 4; key == 1 && i < 3; i++)
            if (*value[i] == UINT32_MAX && at + 8 <= 4 + size) *value[i] = get(extra + at, 8), at += 8, missing--;
    }
    return missing == 0;
}

/* One record of the directory at *at; the member's data are found through its local header. */
static dp_status read_member(dp_npz *z, size_t *at, dp_error *e)
{
    const unsigned char *p = z->bytes + *at;
    if (z->n - *at < 46 || get(p, 4) != 0x02014b50) return bad(z, "its directory is truncated", e);
    const size_t name = (size_t) get(p + 28, 2), extra = (size_t) get(p + 30, 2), comment = (size_t) get(p + 32, 2);
    if (z->n - *at - 46 < name + extra + comment) return bad(z, "its directory is truncated", e);
    entry *m = z->m + z->count++;
    *m = (entry){NULL, (int) get(p + 10, 2), (uint32_t) get(p + 16, 4), get(p + 20, 4), get(p + 24, 4), get(p + 42, 4), NULL};
    m->name = dp_format("%.*s", (int) name, (const char *) p + 46);
    *at += 46 + name + extra + comment;
    if (get(p + 8, 2) & 1) return bad(z, "it is encrypted", e);
    if (!wide(m, p + 46 + name, extra)) return bad(z, "a member's sizes are missing", e);
    if (m->offset > z->n || z->n - m->offset < 30) return bad(z, "a member begins beyond its end", e);
    const unsigned char *local = z->bytes + m->offset;
    const uint64_t skip = 30 + get(local + 26, 2) + get(local + 28, 2), room = z->n - m->offset;
    if (get(local, 4) != 0x04034b50 || skip > room || m->packed > room - skip) return bad(z, "a member is truncated", e);
    m->data = local + skip;
    return DP_OK;
}

static dp_status read_directory(dp_npz *z, dp_error *e)
{
    const size_t end = find_end(z);
    if (end == (size_t) -1) return bad(z, "it has no zip directory (truncated?)", e);
    const size_t count = (size_t) get(z->bytes + end + 10, 2);
    size_t at = (size_t) get(z->bytes + end + 16, 4);
    if (at > end) return bad(z, "its directory begins beyond its end", e);
    z->m = dp_calloc(count + 1, sizeof *z->m);
    for (size_t i = 0; i < count; i++) {
        const dp_status status = read_member(z, &at, e);
        if (status) return status;
    }
    return DP_OK;
}

dp_status dp_npz_read(dp_npz **out, const char *path, dp_error *e)
{
    dp_npz *z = dp_calloc(1, sizeof *z);
    dp_error mine = {0};
    z->path = dp_strdup(path);
    z->bytes = (unsigned char *) dp_file_read(path, &z->n, &mine);
    dp_status status = z->bytes ? read_directory(z, &mine) : mine.status;
    if (!status) {
        *out = z;
        return DP_OK;
    }
    dp_npz_free(z);
    return dp_fail(e, status, "%s", mine.text);
}

void dp_npz_free(dp_npz *z)
{
    if (!z) return;
    for (size_t i = 0; i < z->count; i++) free(z->m[i].name);
    free(z->m);
    free(z->bytes);
    free(z->path);
    free(z);
}

static const entry *find(const dp_npz *z, const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < z->count; i++)
        if (!strncmp(z->m[i].name, name, n) && !strcmp(z->m[i].name + n, ".npy")) return z->m + i;
    return NULL;
}

int dp_npz_has(const dp_npz *z, const char *name)
{
    return find(z, name) != NULL;
}

/* Exactly m->size bytes come out of exactly m->packed, or 0. Deflate shrinks by less than 1032. */
static int unpack(unsigned char *to, const entry *m)
{
    z_stream s = {0};
    uint64_t in = m->packed, out = m->size;
    int state = Z_OK;
    if (inflateInit2(&s, -15) != Z_OK) return 0;
    s.next_in = (Bytef *) (uintptr_t) m->data;
    s.next_out = to;
    while (state == Z_OK) {
        const uInt given = in < 1u << 30 ? (uInt) in : 1u << 30, room = out < 1u << 30 ? (uInt) out : 1u << 30;
        s.avail_in = given;
        s.avail_out = room;
        state = inflate(&s, Z_NO_FLUSH);
        in -= given - s.avail_in;
        out -= room - s.avail_out;
    }
    inflateEnd(&s);
    return state == Z_STREAM_END && in == 0 && out == 0;
}

/* The member's own bytes, checked; NULL with `e` filled. */
static unsigned char *member_bytes(const dp_npz *z, const char *name, size_t *n, dp_error *e)
{
    const entry *m = find(z, name);
    if (!m) return dp_fail(e, DP_EINPUT, "%s: there is no array '%s'", z->path, name), NULL;
    if (m->method != 0 && m->method != 8) return bad(z, "a member is packed in a way other than deflate", e), NULL;
    if (m->method == 0 ? m->size != m->packed : m->size / 1032 > m->packed) return bad(z, "a member's sizes contradict each other", e), NULL;
    unsigned char *bytes = dp_malloc((size_t) m->size + 1);
    const int ok = m->method == 8 ? unpack(bytes, m) : (memcpy(bytes, m->data, (size_t) m->size), 1);
    uLong crc = crc32(0, NULL, 0);
    if (ok) to_checksum(&crc, bytes, (size_t) m->size);
    *n = (size_t) m->size;
    if (ok && (uint32_t) crc == m->crc) return bytes;
    free(bytes);
    return dp_fail(e, DP_EINPUT, "%s: the array '%s' is damaged: %s", z->path, name, ok ? "its checksum is wrong" : "it cannot be unpacked"), NULL;
}

/* Unpacks a member and hands it, with its name for messages, to one of the two parsers. */
static dp_status parse_member(dp_array *array, char **text, const dp_npz *z, const char *name, dp_error *e)
{
    size_t n;
    unsigned char *bytes = member_bytes(z, name, &n, e);
    if (!bytes) return DP_EINPUT;
    char *where = dp_format("%s: %s", z->path, name);
    const dp_status status = array ? dp_npy_parse(array, bytes, n, where, e) : dp_npy_parse_text(text, bytes, n, where, e);
    free(where);
    free(bytes);
    return status;
}

dp_status dp_npz_array(dp_array *out, const dp_npz *z, const char *name, dp_error *e)
{
    return parse_member(out, NULL, z, name, e);
}

dp_status dp_npz_text(char **out, const dp_npz *z, const char *name, dp_error *e)
{
    return parse_member(NULL, out, z, name, e);
}
