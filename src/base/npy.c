/* SPDX-License-Identifier: GPL-3.0-or-later */
/* npy.c: reads arrays of NumPy's format, trusting nothing that the file says before it is checked. */
#include "base/npy.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a header says. kind and size are those of one entry; data are the n bytes behind it. */
typedef struct { char kind; int swapped, fortran, ndim; size_t size, shape[DP_NPY_DIMS], count, n; const unsigned char *data; } head;

/* The header's text and how far it is read; `seen` has a bit for each key. */
typedef struct { const char *s, *end, *name; unsigned seen; dp_error *e; } cursor;

static dp_status bad(cursor *c, const char *what)
{
    return dp_fail(c->e, DP_EINPUT, "%s: no .npy array that can be read: %s", c->name, what);
}

/* ---- the header: a literal of Python ---- */

static void blanks(cursor *c)
{
    while (c->s < c->end && strchr(" \t\r\n", *c->s) && *c->s) c->s++;
}

/* Whether `token` comes next; then it is passed. */
static int next(cursor *c, const char *token)
{
    const size_t n = strlen(token);
    blanks(c);
    if ((size_t) (c->end - c->s) < n || memcmp(c->s, token, n)) return 0;
    c->s += n;
    return 1;
}

/* A quoted string without escapes; 0: there is none, or it is too long. */
static int string(cursor *c, char out[32])
{
    blanks(c);
    if (c->s >= c->end || (*c->s != '\'' && *c->s != '"')) return 0;
    const char *from = c->s + 1, *to = memchr(from, *c->s, (size_t) (c->end - from));
    if (!to || to - from > 31 || memchr(from, '\\', (size_t) (to - from))) return 0;
    memcpy(out, from, (size_t) (to - from));
    out[to - from] = '\0';
    c->s = to + 1;
    return 1;
}

/* One length; Python 2 wrote 3L. */
static int length(cursor *c, size_t *out)
{
    size_t v = 0;
    blanks(c);
    const char *from = c->s;
    for (; c->s < c->end && *c->s >= '0' && *c->s <= '9'; c->s++) {
        const size_t digit = (size_t) (*c->s - '0');
        if (v > (SIZE_MAX - digit) / 10) return 0;
        v = 10 * v + digit;
    }
    *out = v;
    const int some = c->s > from;
    if (some && c->s < c->end && *c->s == 'L') c->s++;
    return some;
}

static dp_status read_shape(cursor *c, head *h)
{
    if (!next(c, "(")) return bad(c, "its shape is no tuple");
    while (!next(c, ")")) {
        if (h->ndim == DP_NPY_DIMS) return bad(c, "it has more than 32 axes");
        if (!length(c, &h->shape[h->ndim++])) return bad(c, "a length in its shape is no number that this machine can hold");
        if (!next(c, ",")) {
            if (!next(c, ")")) return bad(c, "its shape is malformed");
            return DP_OK;
        }
    }
    return DP_OK;
}

static dp_status read_descr(cursor *c, head *h)
{
    static const union { uint16_t word; unsigned char low; } order = {1};
    char text[32];
    unsigned long size;
    char *end;
    if (!string(c, text)) return bad(c, "its entries are records or its type is malformed; arrays of plain numbers are read");
    const char *type = text + (strchr("<>|=", text[0]) && text[0] ? 1 : 0);
    size = type[0] ? strtoul(type + 1, &end, 10) : 0;
    h->kind = type[0];
    h->size = size;
    h->swapped = (text[0] == '>' && order.low) || (text[0] == '<' && !order.low);
    if (!type[0] || end == type + 1 || *end || size > 1u << 30) return bad(c, "its type is malformed");
    return DP_OK;
}

static dp_status read_item(cursor *c, head *h)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    char key[32];
    int k = 0;
    if (!string(c, key) || !next(c, ":")) return bad(c, "its header is no dictionary");
    while (k < 3 && strcmp(key, keys[k])) k++;
    if (k == 3 || c->seen & 1u << k) return bad(c, "its header has a key twice or one that the format does not know");
    c->seen |= 1u << k;
    if (k == 0) return read_descr(c, h);
    if (k == 2) return read_shape(c, h);
    h->fortran = next(c, "True");
    return h->fortran || next(c, "False") ? DP_OK : bad(c, "its order is neither True nor False");
}

static dp_status read_dictionary(cursor *c, head *h)
{
    if (!next(c, "{")) return bad(c, "its header is no dictionary");
    for (int first = 1; !next(c, "}"); first = 0) {
        if (!first && !next(c, ",")) return bad(c, "its header is no dictionary");
        if (next(c, "}")) break;
        const dp_status status = read_item(c, h);
        if (status) return status;
    }
    blanks(c);
    if (c->s != c->end) return bad(c, "something stands behind the dictionary of its header");
    return c->seen == 7 ? DP_OK : bad(c, "its header lacks descr, fortran_order or shape");
}

/* Entries, with every product checked. An axis of length 0 makes an array without entries, whatever the others say. */
static dp_status check_size(cursor *c, head *h)
{
    h->count = 1;
    for (int i = 0; i < h->ndim; i++)
        if (h->shape[i] == 0) h->count = 0;
    for (int i = 0; i < h->ndim && h->count; i++) {
        if (h->count > SIZE_MAX / 16 / h->shape[i]) return bad(c, "its shape has more entries than this machine can hold");
        h->count *= h->shape[i];
    }
    const size_t each = h->kind == 'U' ? 4 * h->size : h->size;
    if (each && h->count > h->n / each)
        return dp_fail(c->e, DP_EINPUT, "%s: truncated: its shape asks for %zu entries of %zu bytes and %zu bytes are there", c->name, h->count, each, h->n);
    if (h->count * each != h->n) return dp_fail(c->e, DP_EINPUT, "%s: %zu bytes stand behind the array", c->name, h->n - h->count * each);
    return DP_OK;
}

static dp_status read_head(head *h, const unsigned char *bytes, size_t n, const char *name, dp_error *e)
{
    cursor c = {.name = name, .e = e};
    memset(h, 0, sizeof *h);
    if (n < 6 || memcmp(bytes, "\x93NUMPY", 6)) return bad(&c, "it does not begin as such a file does");
    if (n < 10) return bad(&c, "truncated in its first bytes");
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0) return bad(&c, "its format is of a version other than 1.0, 2.0 and 3.0");
    const size_t at = bytes[6] == 1 ? 10 : 12;
    if (n < at) return bad(&c, "truncated in its first bytes");
    size_t size = bytes[8] | (size_t) bytes[9] << 8;
    if (at == 12) size |= (size_t) bytes[10] << 16 | (size_t) bytes[11] << 24;
    if (size > n - at) return bad(&c, "truncated in its header");
    c.s = (const char *) bytes + at;
    c.end = c.s + size;
    h->data = bytes + at + size;
    h->n = n - at - size;
    const dp_status status = read_dictionary(&c, h);
    return status ? status : check_size(&c, h);
}

/* ---- entries ---- */

static uint64_t unsigned_of(const unsigned char *p, size_t size)
{
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    switch (size) {
    case 1: memcpy(&a, p, 1); return a;
    case 2: memcpy(&b, p, 2); return b;
    case 4: memcpy(&c, p, 4); return c;
    default: memcpy(&d, p, 8); return d;
    }
}

/* An integer of `size` bytes. 0: beyond 2^53, where not every integer is a double. */
static int integer(double *out, uint64_t v, size_t size, int is_signed)
{
    const uint64_t sign = (uint64_t) 1 << (8 * size - 1);
    const int negative = is_signed && v & sign;
    if (negative) v = sign - (v & (sign - 1));
    *out = negative ? -(double) v : (double) v;
    return v <= (uint64_t) 1 << 53;
}

/* IEEE binary16: a sign, 5 bits of exponent, 10 of fraction. */
static double half_of(uint64_t bits)
{
    const int exponent = (int) (bits >> 10 & 31);
    const double fraction = (double) (bits & 1023), size = exponent == 31 ? fraction > 0 ? NAN : INFINITY : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return bits >> 15 ? -size : size;
}

/* 0: an integer beyond 2^53. */
static int entry(double *out, const head *h, const unsigned char *p)
{
    unsigned char turned[8] = {0};
    float single;
    for (size_t i = 0; h->swapped && i < h->size; i++) turned[i] = p[h->size - 1 - i];
    if (h->swapped) p = turned;
    if (h->kind != 'f') return integer(out, unsigned_of(p, h->size), h->size, h->kind == 'i');
    if (h->size == 2) *out = half_of(unsigned_of(p, 2));
    else if (h->size == 4) memcpy(&single, p, 4), *out = (double) single;
    else memcpy(out, p, 8);
    return 1;
}

static int is_number(const head *h)
{
    const size_t s = h->size;
    if (h->kind == 'f') return s == 2 || s == 4 || s == 8;
    if (h->kind == 'b') return s == 1;
    return (h->kind == 'i' || h->kind == 'u') && (s == 1 || s == 2 || s == 4 || s == 8);
}

/* Where entry i of C order stands in the file. */
static size_t place(const head *h, size_t i)
{
    size_t at = 0, stride[DP_NPY_DIMS], s = 1;
    if (!h->fortran) return i;
    for (int k = 0; k < h->ndim; k++) stride[k] = s, s *= h->shape[k];
    for (int k = h->ndim - 1; k >= 0; k--) at += i % h->shape[k] * stride[k], i /= h->shape[k];
    return at;
}

dp_status dp_npy_parse(dp_array *out, const void *bytes, size_t n, const char *name, dp_error *e)
{
    head h;
    const dp_status status = read_head(&h, bytes, n, name, e);
    if (status) return status;
    if (!is_number(&h))
        return dp_fail(e, DP_EINPUT, "%s: its entries are of type '%c%zu'; float16, float32, float64 and integers are read (in Python: .astype('float64'))", name, h.kind, h.size);
    double *data = dp_malloc((h.count + 1) * sizeof *data);
    for (size_t i = 0; i < h.count; i++) {
        if (!entry(data + i, &h, h.data + place(&h, i) * h.size)) {
            free(data);
            return dp_fail(e, DP_EINPUT, "%s: entry %zu is an integer beyond 2^53, where doubles do not hold all of them", name, i);
        }
    }
    *out = (dp_array){.ndim = h.ndim, .count = h.count, .kind = h.kind, .size = (int) h.size, .data = data};
    memcpy(out->shape, h.shape, sizeof out->shape);
    return DP_OK;
}

dp_status dp_npy_read(dp_array *out, const char *path, dp_error *e)
{
    size_t n;
    dp_error mine;
    char *bytes = dp_file_read(path, &n, &mine);
    if (!bytes) return dp_fail(e, mine.status, "%s", mine.text);
    const dp_status status = dp_npy_parse(out, bytes, n, path, e);
    free(bytes);
    return status;
}

void dp_array_clear(dp_array *a)
{
    free(a->data);
    memset(a, 0, sizeof *a);
}

/* ---- strings ---- */

static void put_utf8(FILE *f, uint32_t c)
{
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
    if (c < 0x80) fputc((int) c, f);
    else if (c < 0x800) fprintf(f, "%c%c", (int) (0xC0 | c >> 6), (int) (0x80 | (c & 63)));
    else if (c < 0x10000) fprintf(f, "%c%c%c", (int) (0xE0 | c >> 12), (int) (0x80 | (c >> 6 & 63)), (int) (0x80 | (c & 63)));
    else fprintf(f, "%c%c%c%c", (int) (0xF0 | c >> 18), (int) (0x80 | (c >> 12 & 63)), (int) (0x80 | (c >> 6 & 63)), (int) (0x80 | (c & 63)));
}

dp_status dp_npy_parse_text(char **out, const void *bytes, size_t n, const char *name, dp_error *e)
{
    head h;
    size_t size;
    const dp_status status = read_head(&h, bytes, n, name, e);
    if (status) return status;
    if ((h.kind != 'S' && h.kind != 'U') || h.count != 1) return dp_fail(e, DP_EINPUT, "%s: expected one string, found an array of other entries", name);
    const size_t unit = h.kind == 'U' ? 4 : 1;
    FILE *f = open_memstream(out, &size);
    head one = h;
    one.kind = 'u';
    one.size = unit;
    for (size_t i = 0; i < h.size; i++) {
        double number;
        entry(&number, &one, h.data + i * unit);
        const uint32_t c = (uint32_t) number;
        if (c == 0) break;
        if (unit == 1) fputc((int) c, f);
        else put_utf8(f, c);
    }
    fclose(f);
    return DP_OK;
}
