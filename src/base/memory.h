/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory.h: what the C library keeps of freed memory. */
#ifndef DP_BASE_MEMORY_H
#define DP_BASE_MEMORY_H

/* Gives freed memory back to the system, where the C library would keep it for later (glibc). */
void dp_memory_return(void);

#endif
