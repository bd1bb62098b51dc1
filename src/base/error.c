/* SPDX-License-Identifier: GPL-3.0-or-later */
/* error.c: recording why a call failed, and allocation that either succeeds or ends the program. */
#include "base/base.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Cuts a message that filled its buffer at a character boundary (UTF-8) and marks the cut. */
static void mark_cut(char *text, size_t size)
{
    size_t end = size - 4;
    while (end > 0 && ((unsigned char) text[end] & 0xC0) == 0x80) end--;
    memcpy(text + end, "...", 4);
}

dp_status dp_fail(dp_error *e, dp_status status, const char *format, ...)
{
    if (e == NULL) return status;
    char text[sizeof e->text]; /* apart: the arguments may point into e->text */
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (n < 0) strcpy(text, "(a message that cannot be formatted)");
    else if ((size_t) n >= sizeof text) mark_cut(text, sizeof text);
    e->status = status;
    memcpy(e->text, text, sizeof text);
    return status;
}

static void *checked(void *p, size_t size)
{
    if (p != NULL) return p;
    fprintf(stderr, "driftproof: out of memory (%zu bytes asked)\n", size);
    exit(3);
}

void *dp_malloc(size_t size)
{
    return checked(malloc(size ? size : 1), size);
}

void *dp_calloc(size_t count, size_t size)
{
    if (count == 0 || size == 0) count = size = 1;
    return checked(calloc(count, size), size > SIZE_MAX / count ? SIZE_MAX : count * size);
}

void *dp_realloc(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1), size);
}

char *dp_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(dp_malloc(n), text, n);
}

char *dp_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = dp_vformat(format, args);
    va_end(args);
    return text;
}

char *dp_vformat(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    char *text = dp_malloc((size_t) (n > 0 ? n : 0) + 1);
    text[0] = '\0';
    if (n > 0) vsnprintf(text, (size_t) n + 1, format, again);
    va_end(again);
    return text;
}
