/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-npy.c: arrays as NumPy writes them, byte by byte, in both directions; malformed files are refused in words. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/npy.h"

/* A .npy from a header's text and data, as version `major` has it; *n bytes, free() them. */
static char *npy(size_t *n, int major, const char *header, const void *data, size_t size)
{
    const size_t head = strlen(header), first = major == 1 ? 10 : 12;
    char *bytes = dp_calloc(1, first + head + size + 1);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (char) major;
    for (size_t i = 8; i < first; i++) bytes[i] = (char) (head >> 8 * (i - 8) & 255);
    memcpy(bytes + first, header, head);
    if (size) memcpy(bytes + first + head, data, size);
    *n = first + head + size;
    return bytes;
}

static void reads(dp_array *a, int major, const char *header, const void *data, size_t size)
{
    size_t n;
    dp_error e = {0};
    char *bytes = npy(&n, major, header, data, size);
    if (dp_npy_parse(a, bytes, n, "test", &e)) fail_msg("%s: %s", header, e.text);
    free(bytes);
}

static void refuses(int major, const char *header, size_t size, const char *word)
{
    static const char zeros[256];
    size_t n;
    dp_array a;
    dp_error e = {0};
    char *bytes = npy(&n, major, header, zeros, size);
    assert_int_equal(dp_npy_parse(&a, bytes, n, "test.npy", &e), DP_EINPUT);
    if (!strstr(e.text, word)) fail_msg("'%s' is not in '%s'", word, e.text);
    assert_non_null(strstr(e.text, "test.npy"));
    free(bytes);
}

/* What numpy.save(f, numpy.array([[1, 2, 3], [4, 5, 6]], '<f8')) writes: 128 bytes of header. */
static void writes_what_numpy_writes(void **state)
{
    static const double v[] = {1, 2, 3, 4, 5, 6};
    static const char head[] = "\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    const dp_npy a = {.descr = "<f8", .itemsize = 8, .ndim = 2, .shape = {2, 3}, .data = v};
    char *text;
    size_t n;
    (void) state;
    FILE *f = open_memstream(&text, &n);
    dp_npy_write(f, &a);
    fclose(f);
    assert_int_equal(n, 128 + 48);
    assert_int_equal(dp_npy_size(&a), n);
    assert_memory_equal(text, head, sizeof head - 1);
    for (size_t i = sizeof head - 1; i < 127; i++) assert_int_equal(text[i], ' ');
    assert_int_equal(text[127], '\n');
    static const unsigned char two[] = {0, 0, 0, 0, 0, 0, 0, 0x40};
    assert_memory_equal(text + 136, two, 8);
    free(text);
}

static void shapes(void **state)
{
    static const double v[] = {7, 8};
    dp_array a;
    char *text;
    size_t n;
    (void) state;
    for (int ndim = 0; ndim <= 2; ndim++) {
        dp_npy w = {.descr = "<f8", .itemsize = 8, .ndim = ndim, .shape = {2, 1}, .data = v};
        FILE *f = open_memstream(&text, &n);
        dp_npy_write(f, &w);
        fclose(f);
        assert_int_equal(n % 8, 0);
        assert_non_null(strstr(text + 10, ndim == 0 ? "()" : ndim == 1 ? "(2,)" : "(2, 1)"));
        assert_int_equal(dp_npy_parse(&a, text, n, "t", NULL), DP_OK);
        assert_int_equal(a.ndim, ndim);
        assert_int_equal(a.count, ndim ? 2 : 1);
        assert_true(a.data[0] == 7);
        dp_array_clear(&a);
        free(text);
    }
    reads(&a, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0, 99999999999), }\n", "", 0);
    assert_int_equal(a.count, 0);
    dp_array_clear(&a);
}

/* float16: 1, the next, the least, the least normal, the largest, -inf, NaN, -0. */
static void halves(void **state)
{
    static const unsigned char bits[] = {0x00, 0x3C, 0x01, 0x3C, 0x01, 0x00, 0x00, 0x04, 0xFF, 0x7B, 0x00, 0xFC, 0x01, 0x7E, 0x00, 0x80};
    static const double value[] = {1, 1 + 0x1p-10, 0x1p-24, 0x1p-14, 65504, -INFINITY};
    dp_array a;
    (void) state;
    reads(&a, 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (8,), }\n", bits, sizeof bits);
    for (size_t i = 0; i < 6; i++) assert_true(a.data[i] == value[i]);
    assert_true(isnan(a.data[6]) && a.data[7] == 0 && signbit(a.data[7]) && a.size == 2);
    dp_array_clear(&a);
}

/* 1.5, -2 and pi in every type and byte order that is read. */
static void types(void **state)
{
    static const unsigned char big8[] = {0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0}, big4[] = {0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0};
    static const unsigned char little4[] = {0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0}, big_i2[] = {0xFF, 0xFE, 0x01, 0x00}, u8[] = {0xFF, 0x01};
    static const unsigned char i8[] = {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0x20, 0};
    dp_array a;
    (void) state;
    reads(&a, 1, "{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }\n", big8, 16);
    assert_true(a.data[0] == 1.5 && a.data[1] == -2 && a.kind == 'f' && a.size == 8);
    dp_array_clear(&a);
    reads(&a, 2, "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", big4, 8);
    assert_true(a.data[0] == 1.5 && a.data[1] == -2 && a.size == 4);
    dp_array_clear(&a);
    reads(&a, 3, "{ 'shape' : ( 2L , ) , \"descr\":\"<f4\",'fortran_order':True}", little4, 8);
    assert_true(a.data[0] == 1.5 && a.data[1] == -2);
    dp_array_clear(&a);
    reads(&a, 1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}", big_i2, 4);
    assert_true(a.data[0] == -2 && a.data[1] == 256);
    dp_array_clear(&a);
    reads(&a, 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", u8, 2);
    assert_true(a.data[0] == 255 && a.data[1] == 1);
    dp_array_clear(&a);
    reads(&a, 1, "{'descr': '|i1', 'fortran_order': False, 'shape': (2,)}", u8, 2);
    assert_true(a.data[0] == -1);
    dp_array_clear(&a);
    reads(&a, 1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", i8, 16);
    assert_true(a.data[0] == -2 && a.data[1] == 9007199254740992.0);
    dp_array_clear(&a);
    reads(&a, 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", "\1", 1);
    assert_true(a.data[0] == 1);
    dp_array_clear(&a);
}

/* 2^53 + 1 is no double and must not be read as 2^53: integers are compared before they become doubles, of either sign and byte order. */
static void integers_beyond_doubles(void **state)
{
    static const struct { const char *type; unsigned char bits[8]; double value; } all[] = {
        {"<i8", {0, 0, 0, 0, 0, 0, 0x20, 0}, 0x1p53}, {"<i8", {1, 0, 0, 0, 0, 0, 0x20, 0}, 0}, {"<u8", {1, 0, 0, 0, 0, 0, 0x20, 0}, 0},
        {"<i8", {2, 0, 0, 0, 0, 0, 0x20, 0}, 0}, {">u8", {0, 0x20, 0, 0, 0, 0, 0, 1}, 0}, {">u8", {0, 0x20, 0, 0, 0, 0, 0, 0}, 0x1p53},
        {"<i8", {0, 0, 0, 0, 0, 0, 0xE0, 0xFF}, -0x1p53}, {"<i8", {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xDF, 0xFF}, 0},
        {"<i8", {0, 0, 0, 0, 0, 0, 0, 0x80}, 0}, {"<u8", {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 0}};
    (void) state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n;
        dp_array a;
        dp_error e = {0};
        char *header = dp_format("{'descr': '%s', 'fortran_order': False, 'shape': (1,)}", all[i].type), *bytes = npy(&n, 1, header, all[i].bits, 8);
        const dp_status status = dp_npy_parse(&a, bytes, n, "t", &e);
        if (status != (all[i].value == 0 ? DP_EINPUT : DP_OK)) fail_msg("number %zu is wrongly %s", i, status ? "refused" : "read");
        if (status) assert_non_null(strstr(e.text, "beyond 2^53"));
        else assert_true(a.data[0] == all[i].value), dp_array_clear(&a);
        free(header), free(bytes);
    }
}

/* Entry (i, j, k) of shape (2, 3, 4) is 100 i + 10 j + k. */
static void fortran_order(void **state)
{
    double v[24];
    dp_array a;
    (void) state;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++) v[i + 2 * (j + 3 * k)] = 100 * i + 10 * j + k;
    reads(&a, 1, "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3, 4), }\n", v, sizeof v);
    for (int i = 0; i < 24; i++) assert_true(a.data[i] == 100 * (i / 12) + 10 * (i / 4 % 3) + i % 4);
    dp_array_clear(&a);
}

static void refusals(void **state)
{
    dp_array a;
    dp_error e;
    (void) state;
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 15, "truncated");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 17, "behind the array");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }\n", 16, "more entries");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }\n", 16, "no number that this machine");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }\n", 16, "no number");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }\n", 16, "truncated");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': 2, }\n", 16, "no tuple");
    refuses(1, "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,), }\n", 16, "neither True nor False");
    refuses(1, "{'descr': '<f8', 'shape': (2,), }\n", 16, "lacks");
    refuses(1, "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 16, "twice");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}\n", 16, "does not know");
    refuses(1, "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (2,), }\n", 16, "records");
    refuses(1, "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }\n", 16, "'c16'");
    refuses(1, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", 8, "malformed");
    refuses(1, "{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }\n", 3, "astype");
    refuses(1, "{'descr': '', 'fortran_order': False, 'shape': (1,), }\n", 2, "malformed");
    refuses(1, "__import__('os').system('true')\n", 16, "no dictionary");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } 1\n", 16, "behind the dictionary");
    refuses(4, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 16, "version");
    refuses(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1), }\n", 8, "32 axes");
    size_t n;
    char *bytes = npy(&n, 1, "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }\n", "\0\0\0\0\0\0\0\0", 8);
    assert_int_equal(dp_npy_parse(&a, bytes, n, "t", &e), DP_EINPUT);
    assert_null(strstr(e.text, "boolean")); /* tables refuse them */
    free(bytes);
    static const char odd[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F";
    bytes = npy(&n, 1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n", odd, 8);
    assert_int_equal(dp_npy_parse(&a, bytes, n, "t", &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "2^53"));
    for (size_t cut = 0; cut < n; cut++) assert_int_equal(dp_npy_parse(&a, bytes, cut, "t", &e), DP_EINPUT);
    free(bytes);
    assert_int_equal(dp_npy_parse(&a, "PK\3\4 and more", 12, "t", &e), DP_EINPUT);
    assert_int_equal(dp_npy_read(&a, "/nonexistent/a.npy", &e), DP_EINPUT);
}

static void texts(void **state)
{
    static const char *const all[] = {"", "a", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82 {\"x\": 1}"};
    char *text, *back;
    size_t n;
    (void) state;
    for (int i = 0; i < 3; i++) {
        dp_npy a;
        dp_npy_text(&a, all[i]);
        FILE *f = open_memstream(&text, &n);
        dp_npy_write(f, &a);
        fclose(f);
        dp_npy_text_clear(&a);
        assert_int_equal(dp_npy_parse_text(&back, text, n, "t", NULL), DP_OK);
        assert_string_equal(back, all[i]);
        free(back);
        free(text);
    }
}

/* ---- .npz ---- */

static char *home, *path;

static int make_home(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void) state;
    home = dp_format("%s/t-npy-XXXXXX", tmp ? tmp : "/tmp");
    const int failed = mkdtemp(home) == NULL;
    path = dp_format("%s/a.npz", home);
    return failed;
}

static int remove_home(void **state)
{
    char *command = dp_format("rm -rf '%s'", home);
    (void) state;
    const int status = system(command);
    free(command);
    free(path);
    free(home);
    return status;
}

static void write_archive(void)
{
    static const double v[] = {1, -2, 1e-300, INFINITY};
    const dp_npy a = {.descr = "<f8", .itemsize = 8, .ndim = 1, .shape = {4}, .data = v}, s = {.descr = "|S3", .itemsize = 3, .ndim = 1, .shape = {2}, .data = "abcde\0"};
    dp_output o;
    dp_npy meta;
    assert_int_equal(dp_output_open(&o, path, NULL), DP_OK);
    dp_npz_writer *z = dp_npz_begin(o.f);
    assert_int_equal(dp_npz_add(z, "v", &a, NULL), DP_OK);
    assert_int_equal(dp_npz_add(z, "names", &s, NULL), DP_OK);
    dp_npy_text(&meta, "{\"a\": 1}");
    assert_int_equal(dp_npz_add(z, "meta", &meta, NULL), DP_OK);
    dp_npy_text_clear(&meta);
    dp_npz_end(z);
    assert_int_equal(dp_output_close(&o, NULL), DP_OK);
}

static void archives_come_back(void **state)
{
    dp_npz *z;
    dp_array a;
    char *meta;
    dp_error e;
    (void) state;
    write_archive();
    assert_int_equal(dp_npz_read(&z, path, &e), DP_OK);
    assert_true(dp_npz_has(z, "v") && dp_npz_has(z, "meta") && !dp_npz_has(z, "w") && !dp_npz_has(z, "v.npy"));
    assert_int_equal(dp_npz_array(&a, z, "v", &e), DP_OK);
    assert_true(a.count == 4 && a.data[1] == -2 && a.data[2] == 1e-300 && isinf(a.data[3]));
    dp_array_clear(&a);
    assert_int_equal(dp_npz_text(&meta, z, "meta", &e), DP_OK);
    assert_string_equal(meta, "{\"a\": 1}");
    free(meta);
    assert_int_equal(dp_npz_array(&a, z, "names", &e), DP_EINPUT);
    assert_int_equal(dp_npz_array(&a, z, "w", &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "'w'"));
    dp_npz_free(z);
}

/* Every array of the archive, or the first failure. */
static dp_status all_of(const char *file)
{
    dp_npz *z;
    dp_array a = {0};
    char *meta = NULL;
    dp_status status = dp_npz_read(&z, file, NULL);
    if (status) return status;
    status = dp_npz_array(&a, z, "v", NULL);
    if (!status) status = dp_npz_text(&meta, z, "meta", NULL);
    dp_array_clear(&a);
    free(meta);
    dp_npz_free(z);
    return status;
}

/* Cut anywhere it is refused; a byte changed is refused or does not matter (names, dates, a member that nobody asks for). */
static void damaged_archives(void **state)
{
    size_t n;
    dp_array a;
    dp_npz *z;
    (void) state;
    write_archive();
    char *bytes = dp_file_read(path, &n, NULL), *other = dp_format("%s/b.npz", home);
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(dp_file_write(other, bytes, cut, NULL), DP_OK);
        assert_int_equal(all_of(other), DP_EINPUT);
    }
    for (size_t i = 0; i < n; i++)
        for (int flip = 1; flip < 256; flip = flip == 1 ? 0x80 : 256) {
            bytes[i] = (char) (bytes[i] ^ flip);
            assert_int_equal(dp_file_write(other, bytes, n, NULL), DP_OK);
            if (dp_npz_read(&z, other, NULL) == DP_OK) {
                if (dp_npz_has(z, "v") && dp_npz_array(&a, z, "v", NULL) == DP_OK) {
                    assert_true(a.count == 4 && a.data[1] == -2);
                    dp_array_clear(&a);
                }
                dp_npz_free(z);
            }
            bytes[i] = (char) (bytes[i] ^ flip);
        }
    free(bytes);
    free(other);
}

/* Refused before anything is allocated for it. */
static void too_large(void **state)
{
    const dp_npy a = {.descr = "<f8", .itemsize = 8, .ndim = 2, .shape = {65536, 65536}, .data = NULL}, b = {.descr = "<f8", .itemsize = 8, .ndim = 3, .shape = {SIZE_MAX / 2, SIZE_MAX / 2, 2}, .data = NULL};
    dp_error e;
    char *text;
    size_t n;
    (void) state;
    FILE *f = open_memstream(&text, &n);
    dp_npz_writer *z = dp_npz_begin(f);
    assert_int_equal(dp_npz_add(z, "a", &a, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "4 GiB"));
    assert_int_equal(dp_npy_size(&b), 0);
    assert_int_equal(dp_npz_add(z, "b", &b, &e), DP_EINPUT);
    dp_npz_end(z);
    fclose(f);
    assert_int_equal(n, 22);
    free(text);
}

/* ---- against NumPy itself, where it is installed ---- */

static int python(const char *program)
{
    char *command = dp_format("cd '%s' && for p in python3 /usr/bin/python3; do $p -c 'import numpy' 2>/dev/null && { $p -c '%s'; exit; }; done; exit 77", home, program);
    const int status = system(command);
    free(command);
    return status;
}

static void numpy_reads_ours(void **state)
{
    (void) state;
    write_archive();
    const int status = python("import numpy, json; z = numpy.load(\"a.npz\"); v = z[\"v\"]\n"
                              "assert list(z) == [\"v\", \"names\", \"meta\"] and v.dtype == numpy.float64 and v.tolist() == [1, -2, 1e-300, numpy.inf]\n"
                              "assert z[\"names\"].tolist() == [b\"abc\", b\"de\"] and json.loads(str(z[\"meta\"])) == {\"a\": 1}\n"
                              "import zipfile; assert zipfile.ZipFile(\"a.npz\").testzip() is None");
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(status, 0);
}

static void we_read_numpys(void **state)
{
    static const char *const names[] = {"<f8", ">f8", "<f4", ">f4", "<i8", ">i4", "<u2", "|i1"};
    dp_npz *z;
    dp_array a;
    char *text;
    (void) state;
    const int status = python("import numpy\nb = numpy.arange(24).reshape(2, 3, 4)\n"
                              "d = {t + o: numpy.asarray(b, dtype=t, order=o) for t in [\"<f8\", \">f8\", \"<f4\", \">f4\", \"<i8\", \">i4\", \"<u2\", \"|i1\"] for o in \"CF\"}\n"
                              "numpy.savez_compressed(\"c.npz\", meta=\"\\u00e9\", bytes=numpy.array(b\"xyz\"), **d)\nnumpy.savez(\"d.npz\", meta=\"\\u00e9\", bytes=numpy.array(b\"xyz\"), **d)");
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(status, 0);
    for (int packed = 0; packed < 2; packed++) {
        char *file = dp_format("%s/%s", home, packed ? "c.npz" : "d.npz");
        assert_int_equal(dp_npz_read(&z, file, NULL), DP_OK);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            for (int order = 0; order < 2; order++) {
                char *name = dp_format("%s%c", names[k], "CF"[order]);
                assert_int_equal(dp_npz_array(&a, z, name, NULL), DP_OK);
                assert_true(a.ndim == 3 && a.shape[0] == 2 && a.shape[1] == 3 && a.shape[2] == 4);
                for (int i = 0; i < 24; i++) assert_true(a.data[i] == i);
                dp_array_clear(&a);
                free(name);
            }
        assert_int_equal(dp_npz_text(&text, z, "meta", NULL), DP_OK);
        assert_string_equal(text, "\xC3\xA9");
        free(text);
        assert_int_equal(dp_npz_text(&text, z, "bytes", NULL), DP_OK);
        assert_string_equal(text, "xyz");
        free(text);
        dp_npz_free(z);
        free(file);
    }
}

/* What is begun and not finished leaves nothing. */
static void outputs(void **state)
{
    dp_output o;
    dp_error e;
    char *file = dp_format("%s/sub/x", home);
    (void) state;
    assert_int_equal(dp_output_open(&o, file, &e), DP_EINPUT);
    assert_int_equal(dp_output_open(&o, path, &e), DP_OK);
    fputs("half", o.f);
    dp_output_discard(&o);
    assert_int_equal(dp_output_open(&o, "/dev/full", &e), DP_OK);
    for (int i = 0; i < 100000; i++) fputs("full", o.f);
    assert_int_equal(dp_output_close(&o, &e), DP_EIO);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_numpy_writes), cmocka_unit_test(shapes), cmocka_unit_test(halves), cmocka_unit_test(types), cmocka_unit_test(integers_beyond_doubles), cmocka_unit_test(fortran_order),
        cmocka_unit_test(refusals), cmocka_unit_test(texts), cmocka_unit_test(archives_come_back), cmocka_unit_test(damaged_archives),
        cmocka_unit_test(too_large), cmocka_unit_test(numpy_reads_ours), cmocka_unit_test(we_read_numpys), cmocka_unit_test(outputs)};
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
