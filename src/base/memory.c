/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.c: freed memory goes back to the system, or does not. */
#include "base/memory.h"

#include <stdlib.h>
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
