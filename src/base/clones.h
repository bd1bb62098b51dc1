/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clones.h: one function compiled for three instruction sets, chosen when the program starts; for loops that give the same bits in lanes of any width. */
#ifndef DP_BASE_CLONES_H
#define DP_BASE_CLONES_H

#if !defined(DP_PLAIN) && !defined(DP_NO_AVX512) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif !defined(DP_PLAIN) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

#endif
