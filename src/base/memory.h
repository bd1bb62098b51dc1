/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.h: what the C library keeps of freed memory. */
#ifndef DP_BASE_MEMORY_H
#define DP_BASE_MEMORY_H

/* Gives freed memory back to the system, where the C library would keep it for later (glibc). */
void dp_memory_return(void);
/* Freed memory is kept for the next use, up to 64 MiB, and blocks below 32 MiB are cut from it: a step that is done again and again finds its pages there (glibc; it gets so far
   by itself once a block of that size was freed). */
void dp_memory_keep(void);

#endif
