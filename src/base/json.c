/* SPDX-License-Identifier: GPL-3.0-or-later */
/* json.c: writing JSON values and digests, byte for byte the same in every locale. */
#include "base/base.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sha2.h>

static void put_ascii(FILE *f, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = strchr(from, c);
    if (at != NULL) fprintf(f, "\\%c", to[at - from]);
    else if (c < 0x20 || c == 0x7F) fprintf(f, "\\u%04x", c);
    else fputc(c, f);
}

/* A byte that is no UTF-8 becomes U+FFFD; NULL becomes null. */
void dp_json_string(FILE *f, const char *text)
{
    if (text == NULL) {
        fputs("null", f);
        return;
    }
    fputc('"', f);
    for (const char *s = text; *s != '\0';) {
        int n = dp_utf8_length(s);
        if (n == 1) put_ascii(f, (unsigned char) *s);
        else if (n == 0) fputs("\\ufffd", f);
        else fwrite(s, 1, (size_t) n, f);
        s += n ? n : 1;
    }
    fputc('"', f);
}

void dp_json_double(FILE *f, double v)
{
    if (!isfinite(v)) {
        fputs(isnan(v) ? "\"nan\"" : v > 0 ? "\"inf\"" : "\"-inf\"", f);
        return;
    }
    char text[64];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    const char *point = localeconv()->decimal_point, *at = strstr(text, point);
    if (at == NULL) fputs(text, f);
    else fprintf(f, "%.*s.%s", (int) (at - text), text, at + strlen(point));
}

void dp_json_arb(FILE *f, const arb_t v, slong digits)
{
    char *mid, *rad;
    dp_arb_decimal(&mid, &rad, v, digits);
    fputs("{\"mid\": ", f);
    dp_json_string(f, mid);
    fputs(", \"rad\": ", f);
    dp_json_string(f, rad);
    fputc('}', f);
    free(mid);
    free(rad);
}

void dp_sha256(char out[65], const void *data, size_t n)
{
    SHA2_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Init(&context);
    SHA256Update(&context, data, n);
    SHA256Final(digest, &context);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
