/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.c: freed memory goes back to the system, or does not; memory in large pages. */
#define _DEFAULT_SOURCE
#include "base/base.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void dp_memory_return(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

void dp_memory_keep(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20), mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

void *dp_memory_wide(size_t size)
{
    enum { PAGE = 2 << 20 };
    void *p;
    if (posix_memalign(&p, size < 2 * PAGE ? 64 : PAGE, size)) dp_malloc(SIZE_MAX); /* ends the program */
#ifdef MADV_HUGEPAGE
    if (size >= 2 * PAGE) madvise(p, size / PAGE * PAGE, MADV_HUGEPAGE);
#endif
    return memset(p, 0, size);
}
