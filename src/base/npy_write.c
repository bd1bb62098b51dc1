/* SPDX-License-Identifier: GPL-3.0-or-later */
/* npy_write.c: writes arrays in NumPy's format 1.0 (2.0 for long headers), little endian, data at a multiple of 64 bytes. */
#include "base/npy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int big_endian(void)
{
    static const union { uint16_t word; unsigned char low; } order = {1};
    return !order.low;
}

/* Magic, length and dictionary, padded so that the data begin at a multiple of 64; *n bytes. */
static char *header(size_t *n, const dp_npy *a)
{
    char *text, *whole;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    const char *quote = a->descr[0] == '[' ? "" : "'";
    fprintf(f, "{'descr': %s%s%s, 'fortran_order': False, 'shape': (", quote, a->descr, quote);
    for (int i = 0; i < a->ndim; i++) fprintf(f, i ? ", %zu" : "%zu", a->shape[i]);
    fprintf(f, "%s), }", a->ndim == 1 ? "," : "");
    fclose(f);
    const size_t first = size + 1 + 10 + 63 > 65535 ? 12 : 10, padded = (first + size + 1 + 63) / 64 * 64 - first;
    whole = dp_malloc(first + padded);
    memcpy(whole, first == 10 ? "\x93NUMPY\1\0" : "\x93NUMPY\2\0", 8);
    for (size_t i = 8; i < first; i++) whole[i] = (char) (padded >> 8 * (i - 8) & 255);
    memset(whole + first, ' ', padded);
    memcpy(whole + first, text, size);
    whole[first + padded - 1] = '\n';
    free(text);
    *n = first + padded;
    return whole;
}

static int count(size_t *out, const dp_npy *a)
{
    size_t n = a->itemsize;
    for (int i = 0; i < a->ndim; i++) {
        if (a->shape[i] && n > SIZE_MAX / 2 / a->shape[i]) return 0;
        n *= a->shape[i];
    }
    *out = n;
    return 1;
}

size_t dp_npy_size(const dp_npy *a)
{
    size_t head, data;
    if (!count(&data, a)) return 0;
    free(header(&head, a));
    return head + data;
}

/* Numbers of 8 bytes (4 in strings of type U) are turned around on machines of the other order. */
static void emit_turned(dp_npy_sink *sink, void *to, const unsigned char *p, size_t n, size_t unit)
{
    unsigned char turned[8];
    for (; n; n -= unit, p += unit) {
        for (size_t i = 0; i < unit; i++) turned[i] = p[unit - 1 - i];
        sink(to, turned, unit);
    }
}

void dp_npy_emit(dp_npy_sink *sink, void *to, const dp_npy *a)
{
    size_t head, n = 0;
    char *text = header(&head, a);
    sink(to, text, head);
    free(text);
    if (!count(&n, a) || n == 0) return;
    if (big_endian() && a->descr[0] != '|') emit_turned(sink, to, a->data, n, a->descr[1] == 'U' ? 4 : 8);
    else sink(to, a->data, n);
}

static void to_stream(void *to, const void *p, size_t n)
{
    fwrite(p, 1, n, to);
}

void dp_npy_write(FILE *f, const dp_npy *a)
{
    dp_npy_emit(to_stream, f, a);
}

/* One character at *s as a code point; what is no UTF-8 becomes U+FFFD. */
static uint32_t decode(const char **s)
{
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const int n = dp_utf8_length(*s);
    uint32_t c = n ? (unsigned char) **s & mask[n] : 0xFFFD;
    for (int i = 1; i < n; i++) c = c << 6 | ((unsigned char) (*s)[i] & 63);
    *s += n ? n : 1;
    return c;
}

void dp_npy_text(dp_npy *a, const char *utf8)
{
    uint32_t *data = dp_calloc(strlen(utf8) + 1, sizeof *data);
    size_t n = 0;
    while (*utf8) data[n++] = decode(&utf8);
    if (n == 0) n = 1;
    *a = (dp_npy){.descr = dp_format("<U%zu", n), .itemsize = 4 * n, .data = data};
}

void dp_npy_text_clear(dp_npy *a)
{
    free((char *) (uintptr_t) a->descr);
    free((void *) (uintptr_t) a->data);
    memset(a, 0, sizeof *a);
}
