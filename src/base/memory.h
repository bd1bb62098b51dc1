/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.h: what the C library keeps of freed memory, and memory in large pages. */
#ifndef DP_BASE_MEMORY_H
#define DP_BASE_MEMORY_H

#include <stddef.h>

/* Gives freed memory back to the system, where the C library would keep it for later (glibc). */
void dp_memory_return(void);
/* Freed memory is kept for the next use, up to 64 MiB, and blocks below 32 MiB are cut from it: a step that is done again and again finds its pages there (glibc; it gets so far
   by itself once a block of that size was freed). */
void dp_memory_keep(void);

/* size bytes, all 0, for free(); never NULL. From 4 MiB on they begin at a page of 2 MiB and are asked for in such (Linux): who goes through all of them step after step spares
   up to a fifth of the time. */
void *dp_memory_wide(size_t size);

#endif
